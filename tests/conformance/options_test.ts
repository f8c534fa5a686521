/** The options table: what answers OPTIONS where no resource does (spec 2.3.1, 2.3.6). */
import assert from "node:assert/strict";
import {
  any,
  del,
  get,
  noContent,
  options,
  post,
  put,
  resource,
  serve,
  type Service,
  service,
} from "@pirouette/http";
import { ask, expectAnswer, expectError } from "./ask.ts";
import { conformance } from "./cases.ts";

const ping = () => "pong";

const many = service({ basePath: "/options" }, [
  post("/test", ping),
  options("/hi", () => noContent({ headers: { allow: "POST, OPTIONS" } })),
  get("/getme", ping),
  put("/putme", ping),
  del("/deleteme", ping),
  get("/test", ping),
]);

/** Asks for the options of a path, in process and over a socket. */
async function expectAllow(service: Service, path: string, allow: string): Promise<void> {
  await using server = await serve(service, { port: 0, host: "127.0.0.1" });
  for (const whom of [service, server]) {
    const response = await ask(whom, `OPTIONS ${path}`);
    assert.equal(response.status, 204, path);
    assert.equal(response.headers.get("allow"), allow, path);
    assert.equal(response.headers.get("link"), null);
    assert.equal(await response.text(), "");
  }
}

conformance("options", {
  "no definition, no Link": async () => {
    const greeting = service({ basePath: "/greeting" }, [get("/", ping)]);
    await expectAllow(greeting, "/greeting", "GET, OPTIONS");
    await expectAllow(greeting, "/greeting/", "GET, OPTIONS");
    await expectAllow(service({}, [get("/", ping)]), "/", "GET, OPTIONS");
  },

  "implicit OPTIONS on a multi-method path keeps declaration order": async () => {
    await expectAllow(many, "/options/test", "POST, GET, OPTIONS");
    await expectAllow(many, "/options/getme?a=b", "GET, OPTIONS");
    const orders = service({}, [
      del("/x", ping),
      get("/:id", ping),
      post("/x", ping),
      resource("MOVE", "/x", ping),
      get("/x", ping),
    ]);
    await expectAllow(orders, "/y", "GET, OPTIONS");
    const { headers } = await ask(orders, "OPTIONS /x");
    assert.deepEqual(headers.get("allow")?.split(", ").filter((one) => one !== "GET"), [
      "DELETE",
      "POST",
      "MOVE",
      "OPTIONS",
    ]);
    const all = service({}, [any("/all", ping), options("/all", () => "mine")]);
    await expectAnswer(all, "OPTIONS /all", "mine");
    await expectAnswer(service({}, [any("/all", ping)]), "OPTIONS /all", "pong");
    await expectError(many, "OPTIONS /options/nothing", 404, "no matching resource found for path");
    await expectError(many, "OPTIONS /nothing", 404, "no matching service found for path");
  },

  "implicit OPTIONS on the base path unions all methods": async () => {
    await expectAllow(many, "/options", "POST, OPTIONS, GET, PUT, DELETE");
    await expectAllow(many, "/options/", "POST, OPTIONS, GET, PUT, DELETE");
    const response = await ask(many, "OPTIONS /options/hi");
    assert.equal(response.status, 204);
    assert.equal(response.headers.get("allow"), "POST, OPTIONS");
    await expectAllow(
      service({ basePath: "/one" }, [put("/a", ping), any("/b", ping)]),
      "/one",
      "PUT, GET, POST, PATCH, DELETE, OPTIONS, HEAD",
    );
  },

  "introspection link on OPTIONS": async () => {
    // The link comes with the OpenAPI documents: until then there is no definition to link to.
    await expectAllow(many, "/options/test", "POST, GET, OPTIONS");
  },
}, {
  "introspection link on OPTIONS": "services have no OpenAPI definition yet",
});
