/**
 * What the original library's own tests hold of what a client sends (spec 2.4.2): messages by their
 * type, content types, header fields and methods, beyond the published cases.
 */
import assert from "node:assert/strict";
import {
  any,
  Client,
  type HttpError,
  type MessageOptions,
  serve,
  service,
  stream,
  Xml,
} from "@pirouette/http";

interface Reached {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const echo = service({}, [
  any("/*", { body: stream() }, async ({ request, body }) => ({
    method: request.method,
    headers: Object.fromEntries(request.headers),
    body: body === null ? "" : await new Response(body).text(),
  })),
]);

/** A check against a server on a socket, as some of it is up to the transport. */
function overSocket(check: (api: Client) => Promise<void>): () => Promise<void> {
  return async () => {
    await using server = await serve(echo, { port: 0, host: "127.0.0.1" });
    await check(new Client(server.url));
  };
}

async function reached(response: Promise<Response>): Promise<Reached> {
  return await (await response).json();
}

Deno.test(
  "original client, messages: each type is sent as it is written",
  overSocket(async (api) => {
    const abc = new TextEncoder().encode("abc");
    const customer = { name: "ballerina", aa: "<book>Hello World</book>", bb: [97, 98, 99] };
    const table: readonly (readonly [message: unknown, type: RegExp, body: string])[] = [
      ["Sample Text", /^text\/plain/, "Sample Text"],
      [new Xml({ yy: "Sample Xml" }), /^application\/xml$/, "<yy>Sample Xml</yy>"],
      [{ name: "apple", color: "red" }, /^application\/json$/, '{"name":"apple","color":"red"}'],
      [abc, /^application\/octet-stream$/, "abc"],
      [abc.buffer, /^application\/octet-stream$/, "abc"],
      [ReadableStream.from([abc]), /^application\/octet-stream$/, "abc"],
      [139, /^application\/json$/, "139"],
      [1.39, /^application\/json$/, "1.39"],
      [true, /^application\/json$/, "true"],
      [{ sam: 50, jhon: 60 }, /^application\/json$/, '{"sam":50,"jhon":60}'],
      [[{ sam: 1 }, [2]], /^application\/json$/, '[{"sam":1},[2]]'],
      [{ a: customer }, /^application\/json$/, JSON.stringify({ a: customer })],
      // Nil is no message there, and JSON here: to send none, leave it out.
      [null, /^application\/json$/, "null"],
    ];
    for (const [message, type, body] of table) {
      const sent = await reached(api.post("/mytest", message));
      assert.match(sent.headers["content-type"] ?? "", type);
      assert.equal(sent.body, body);
    }
  }),
);

Deno.test(
  "original client, messages: parts are sent as a form",
  overSocket(async (api) => {
    const parts = new FormData();
    parts.append("one", new Blob(['{"name":"wso2"}'], { type: "application/json" }));
    parts.append("two", "Hello");
    const sent = await reached(api.post("/multiparts", parts));
    assert.match(sent.headers["content-type"] ?? "", /^multipart\/form-data; ?boundary=/);
    const type = sent.headers["content-type"] ?? "";
    const form = await new Response(sent.body, { headers: { "content-type": type } }).formData();
    assert.equal(form.get("two"), "Hello");
    assert.equal(await (form.get("one") as File).text(), '{"name":"wso2"}');
  }),
);

Deno.test(
  "original client, messages: text with a media type is sent as it is, and JSON text quoted",
  overSocket(async (api) => {
    const payload = "a\nb\n";
    for (const mediaType of ["application/json", "text/xml"]) {
      const sent = await reached(api.post("/_bulk", payload, { mediaType }));
      assert.deepEqual([sent.body, sent.headers["content-type"]], [payload, mediaType]);
    }
    const quoted = await reached(
      api.post("/_bulk", JSON.stringify(payload), { mediaType: "application/json" }),
    );
    assert.equal(quoted.body, '"a\\nb\\n"');
  }),
);

Deno.test(
  "original client, messages: a length is told where there is a message, or a method that has one",
  overSocket(async (api) => {
    assert.equal((await reached(api.post("/nil"))).headers["content-length"], "0");
    assert.equal((await reached(api.put("/nil"))).headers["content-length"], "0");
    assert.equal((await reached(api.get("/nil"))).headers["content-length"], undefined);
    assert.equal((await reached(api.execute("GET", "/nil"))).headers["content-length"], undefined);
    assert.equal(
      (await reached(api.get("/nil", { headers: { X_test: "One header" } })))
        .headers["content-length"],
      undefined,
    );
    assert.equal((await reached(api.post("/text", "hello"))).headers["content-length"], "5");
    assert.equal((await reached(api.post("/json", { a: 1 }))).headers["content-length"], "7");
  }),
);

Deno.test(
  "original client, messages: a value that cannot be written is a client's error",
  overSocket(async (api) => {
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    await assert.rejects(api.post("/json", cyclic), (error: HttpError) => {
      assert.equal(error.name, "InitializingOutboundRequestError");
      assert.match(error.message, /contains itself/);
      return true;
    });
    const form = "application/x-www-form-urlencoded";
    for (const message of [[1], { a: { b: 1 } }, { a: () => 1 }]) {
      await assert.rejects(api.post("/form", message, { mediaType: form }), {
        name: "InitializingOutboundRequestError",
        message: /^unsupported content for application\/x-www-form-urlencoded media type/,
      });
    }
  }),
);

/** How the original's tests name what to send, in the options of ours. */
const headerTable: readonly (readonly [MessageOptions, type: RegExp, x: string, y: string])[] = [
  [{ headers: { "x-type": "joe", "y-type": ["yello", "go"] } }, /^text\/plain/, "joe", "yello, go"],
  [
    { headers: { "x-type": ["monica"], "y-type": ["chan", "go"] }, mediaType: "application/json" },
    /^application\/json$/,
    "monica",
    "chan, go",
  ],
  [
    { headers: { "x-type": "yello", "y-type": "ross", "content-type": "application/xml" } },
    /^application\/xml$/,
    "yello",
    "ross",
  ],
  [
    { headers: { "x-type": "a", "y-type": "b", "Content-Type": "x/y" }, mediaType: "text/css" },
    /^text\/css$/,
    "a",
    "b",
  ],
];

Deno.test(
  "original client, messages: header fields and media type, with every method that has a message",
  overSocket(async (api) => {
    for (const [options, type, x, y] of headerTable) {
      const calls: readonly (readonly [method: string, call: Promise<Response>])[] = [
        ["POST", api.post("/mytest/headers", "abc", options)],
        ["PUT", api.put("/mytest/headers", "abc", options)],
        ["PATCH", api.patch("/mytest/headers", "abc", options)],
        ["DELETE", api.delete("/mytest/headers", "abc", options)],
        ["POST", api.execute("POST", "/mytest/headers", "abc", options)],
        ["MOVE", api.execute("MOVE", "/mytest/headers", "abc", options)],
      ];
      for (const [method, call] of calls) {
        const sent = await reached(call);
        assert.equal(sent.method, method);
        assert.equal(sent.body, "abc");
        assert.match(sent.headers["content-type"] ?? "", type);
        assert.deepEqual([sent.headers["x-type"], sent.headers["y-type"]], [x, y]);
      }
    }
    const headers = { "x-type": "hello", "y-type": ["yello", "elle"] };
    for (const call of [api.get("/any", { headers }), api.options("/any", { headers })]) {
      assert.equal((await reached(call)).headers["y-type"], "yello, elle");
    }
  }),
);

Deno.test(
  "original client, messages: a client names itself, unless the program does",
  overSocket(async (api) => {
    assert.ok((await reached(api.get("/"))).headers["user-agent"]);
    const headers = { "User-Agent": "slim" };
    assert.equal((await reached(api.get("/", { headers }))).headers["user-agent"], "slim");
  }),
);

Deno.test(
  "original client, methods: an empty one is that of the request, or an error",
  overSocket(async (api) => {
    const request = new Request("http://front/", { method: "PURGE", body: "x" });
    assert.equal((await reached(api.execute("", "/quote", request))).method, "PURGE");
    for (const message of [undefined, "x"]) {
      await assert.rejects(api.execute("", "/quote", message), {
        name: "InitializingOutboundRequestError",
        message: /^HTTP Verb cannot be empty/,
      });
    }
  }),
);

Deno.test(
  "original client, methods: GET has no message, as fetch has none for it",
  overSocket(async (api) => {
    for (const method of ["GET", "HEAD", "get"]) {
      await assert.rejects(api.execute(method, "/mytest", "abc"), {
        name: "InitializingOutboundRequestError",
        message: /^Cannot send a message with (?:GET|HEAD)/,
      });
    }
  }),
);

Deno.test(
  "original client, messages: what was sent can be sent again",
  overSocket(async (api) => {
    const message = { name: "apple" };
    const headers = new Headers({ test1: "value1" });
    const first = await reached(api.post("/datasource", message, { headers }));
    headers.set("test2", "value2");
    const second = await reached(api.post("/datasource", message, { headers }));
    assert.equal(first.headers["test2"], undefined);
    assert.equal(second.headers["test2"], "value2");
    assert.equal(first.body, second.body);
    // A stream was empty the second time there.
    const once = ReadableStream.from([new TextEncoder().encode("Hello")]);
    assert.equal((await reached(api.post("/consume", once))).body, "Hello");
    await assert.rejects(api.post("/consume", once), {
      name: "InitializingOutboundRequestError",
      message: /^Cannot send the stream: /,
    });
  }),
);
