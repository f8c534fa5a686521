/** The media table: what a resource consumes and produces (spec 4.2, 4.3). */
import assert from "node:assert/strict";
import { get, ok, post, put, service, string } from "@pirouette/http";
import { ask, expectAnswer, expectError } from "./ask.ts";
import { conformance } from "./cases.ts";

const produces = ["text/xml", "application/xml  "];

const media = service({ basePath: "/echo66" }, [
  post("/test1", { consumes: ["application/xml"] }, () => "test1"),
  get("/test2", { produces: produces.map((type) => type.trim()) }, () => "<test2/>"),
  post("/test3", {
    consumes: ["application/xhtml+xml", "text/plain"],
    produces: ["text/css", "application/json"],
  }, () => "test3"),
  post("/test4", { consumes: ["appliCation/XML"] }, () => "test4"),
  put("/test5", { consumes: ["image/*", "text/plain;charset=utf-8"] }, () => "test5"),
  get("/test6", { mediaType: "application/person+json" }, () => ({ name: "Kim" })),
  get("/test7", () => "test7"),
]);

const unacceptable = "Request is not acceptable";

conformance("media", {
  "produces mismatch": async () => {
    for (const accept of ["multipart/*;q=0.3, text/html", ":,;,v567br", "text/xml;q=0, */x"]) {
      await expectError(media, "GET /echo66/test2", 406, unacceptable, { headers: { accept } });
    }
    for (const accept of ["application/*;q=0", "*/*;q=0", "text/*;q=0, application/xml;q=0"]) {
      await expectError(media, "GET /echo66/test2", 406, unacceptable, { headers: { accept } });
    }
    const plain = { "content-type": "text/plain" };
    await expectError(media, "POST /echo66/test3", 406, unacceptable, {
      headers: { ...plain, accept: "text/html" },
      body: "x",
    });
    // A media type named for the answer is one that is produced.
    const accept = "application/xml";
    await expectError(media, "GET /echo66/test6", 406, unacceptable, { headers: { accept } });
    // A resource that names none answers whatever is asked for.
    await expectAnswer(media, "GET /echo66/test7", "test7", { headers: { accept } });
  },

  "consumes ignores parameters and case": async () => {
    const send = (type: string) => ({ status: 201, headers: { "content-type": type }, body: "x" });
    for (
      const type of [
        "application/xml; charset=ISO-8859-4",
        "application/xml",
        "APPLICATION/xml;a=b;c=d",
        "application/xml ; charset=utf-8",
      ]
    ) {
      await expectAnswer(media, "POST /echo66/test4", "test4", send(type));
      await expectAnswer(media, "POST /echo66/test1", "test1", send(type));
    }
    await expectAnswer(media, "POST /echo66/test3", "test3", send("Text/Plain"));
    await expectAnswer(media, "PUT /echo66/test5", "test5", { ...send("image/PNG"), status: 200 });
    await expectAnswer(media, "PUT /echo66/test5", "test5", { ...send("text/plain"), status: 200 });
    for (
      const type of ["application/json", "text/xml", "application/xml+x", "application", "xml"]
    ) {
      const { headers, body } = send(type);
      const message = `content-type : ${type}`;
      await expectError(media, "POST /echo66/test1", 415, message, { headers, body });
    }
    await expectError(media, "POST /echo66/test1", 415, "content-type : none");
  },

  "produces with wildcards": async () => {
    for (const accept of ["*/*, text/html;q=0.7", "text/*;q=0.3", "TEXT/XML", "text/xml;q=0.001"]) {
      await expectAnswer(media, "GET /echo66/test2", "<test2/>", { headers: { accept } });
    }
    await expectAnswer(media, "GET /echo66/test2", "<test2/>");
    const chosen: Record<string, string> = {
      "": "text/xml",
      "*/*": "text/xml",
      "application/*": "application/xml",
      "text/xml;q=0.1, application/xml": "application/xml",
      "text/*;q=0.5, application/xml;q=0.4": "text/xml",
      "text/xml;q=0, */*;q=0.1": "application/xml",
    };
    for (const [accept, type] of Object.entries(chosen)) {
      const response = await ask(media, "GET /echo66/test2", { headers: { accept } });
      assert.equal(response.headers.get("content-type"), type, accept);
      await response.body?.cancel();
    }
    // What a reply says of its own media type is what it is.
    const own = service({}, [
      get(
        "/",
        { produces: ["text/html", "text/plain"] },
        () => ok({ body: "x", mediaType: "a/b" }),
      ),
      post("/", { consumes: ["text/*"], body: string() }, ({ body }) => body),
    ]);
    const response = await ask(own, "GET /", { headers: { accept: "text/plain" } });
    assert.equal(response.headers.get("content-type"), "a/b");
    const headers = { "content-type": "text/csv" };
    await expectAnswer(own, "POST /", "1,2", { status: 201, headers, body: "1,2" });
  },
});
