/** The client cases (spec 2.4): what a call sends, and what it makes of the answer. */
import assert from "node:assert/strict";
import {
  any,
  byMediaType,
  Client,
  type ClientConfiguration,
  type Fetch,
  get,
  head,
  IdleTimeoutError,
  InitializingOutboundRequestError,
  json,
  NoContentError,
  optional,
  PayloadBindingError,
  post,
  serve,
  type Service,
  service,
  stream,
  text,
  xml,
} from "@pirouette/http";
import { VirtualClock } from "../../src/testing/virtual_clock.ts";
import { answering, refusal } from "./answering.ts";
import { conformance } from "./cases.ts";

/** Tells what reached it. */
const echo = service({}, [
  any("/*", { body: stream() }, async ({ request, body }) => ({
    method: request.method,
    // No server is sent the fragment, but in process it is there.
    target: request.url.replace(/^https?:\/\/[^/]*|#.*$/g, ""),
    contentType: request.headers.get("content-type"),
    body: body === null ? "" : await new Response(body).text(),
  })),
]);

interface Reached {
  readonly method: string;
  readonly target: string;
  readonly contentType: string | null;
  readonly body: string;
}

function reaching(base = "http://localhost:9100"): Client {
  return new Client(base, { fetch: echo.fetch });
}

async function reached(response: Promise<Response>): Promise<Reached> {
  return await (await response).json();
}

const form = "application/x-www-form-urlencoded";

/** Answers with more than 1,024 bytes in one place or another. */
const oversized = service({}, [
  get("/header", () => new Response("Hello", { headers: { "x-header": "a".repeat(2_048) } })),
  get("/body", () => "a".repeat(2_048)),
  get("/small", () => "Small payload"),
  head("/body", () => new Response(null, { headers: { "content-length": "2048" } })),
]);

conformance("client", {
  "form encoding of map payload": async () => {
    const { post: send } = reaching();
    const sent = await reached(send("/", { key1: "value1", key2: "value2" }, { mediaType: form }));
    assert.equal(sent.body, "key1=value1&key2=value2");
    assert.equal(sent.contentType, form);
    for (const message of [[{ key1: "value1" }], { key1: { key2: "value2" } }, [1]]) {
      const error = await refusal(send("/", message, { mediaType: form }));
      assert.ok(error instanceof InitializingOutboundRequestError);
      assert.match(error.message, new RegExp(`^unsupported content for ${form} media type`));
    }
  },
  "array query values": async () => {
    const query = { names: ["John", 4, true, 5.64] };
    const sent = await reached(reaching().put("/foo/baz", "Hello", { query }));
    assert.deepEqual([sent.method, sent.target], ["PUT", "/foo/baz?names=John,4,true,5.64"]);
    const spaced = await reached(reaching().get("/foo", { query: { names: ["a b", "c"] } }));
    assert.equal(spaced.target, "/foo?names=a%20b,c");
  },
  "response limits": async () => {
    const limited = (limits: ClientConfiguration["responseLimits"]): Client =>
      new Client("http://localhost", { fetch: oversized.fetch, responseLimits: limits ?? {} });
    const headers = limited({ maxHeaderSize: 1_024 });
    const header = await refusal(headers.get("/header"));
    assert.match(header.message, /^Response max header size exceeds: /);
    assert.equal(await headers.get("/small", { as: text() }), "Small payload");
    const bodies = limited({ maxEntityBodySize: 1_024 });
    const body = await refusal(bodies.get("/body", { as: text() }));
    assert.match(
      body.message,
      /^Response max entity body size exceeds: Entity body is larger than 1024 bytes/,
    );
    assert.equal(await bodies.get("/small", { as: text() }), "Small payload");
    const response = await bodies.head("/body");
    assert.equal(response.headers.get("content-length"), "2048");
    assert.throws(
      () => limited({ maxStatusLineLength: 1_024 } as ClientConfiguration["responseLimits"]),
      /maxStatusLineLength/,
    );
  },
  "Host header override": async () => {
    const mock = { headers: { Host: "mock.com" } };
    const hosts: Service = service({}, [
      any("/host", ({ request }) => new URL(request.url).host),
      any("/front", ({ request }) => api.forward("/host", request)),
      post("/named", ({ request }) => api.post("/host", request, mock)),
    ]);
    await using server = await serve(hosts, { port: 0, host: "127.0.0.1" });
    const api = new Client(server.url);
    const { host } = new URL(server.url);
    assert.equal(await api.get("/host", { as: text() }), host);
    assert.equal(await api.get("/host", { as: text(), ...mock }), "mock.com");
    assert.equal(await api.post("/host", "x", { as: text(), ...mock }), "mock.com");
    // Passed on, the host that was asked for is no longer the one that is asked.
    assert.equal(await api.get("/front", { as: text(), ...mock }), host);
    assert.equal(await api.post("/named", "x", { as: text() }), "mock.com");
  },
  "content-type precedence": async () => {
    const { post: send } = reaching();
    const headers = { "content-type": "application/xml" };
    const type = async (call: Promise<Response>): Promise<string | null> =>
      (await reached(call)).contentType;
    assert.match(await type(send("/", "abc")) ?? "", /^text\/plain/);
    assert.equal(await type(send("/", { a: "b" })), "application/json");
    assert.equal(await type(send("/", "abc", { headers })), "application/xml");
    assert.equal(
      await type(send("/", "abc", { headers, mediaType: "application/json" })),
      "application/json",
    );
  },
  "path joining": async () => {
    const table: readonly (readonly [base: string, path: string, target: string])[] = [
      ["http://localhost:9100/", "url", "/url"],
      ["http://localhost:9100/url/", "", "/url/"],
      ["http://localhost:9100/url", "", "/url"],
      ["http://localhost:9100/url", "?abc=go&xyz=no", "/url?abc=go&xyz=no"],
      ["http://localhost:9100/url", "#foo", "/url"],
      ["http://localhost:9100//url", "//test", "/url/test"],
      ["http://localhost:9100", "/url//test", "/url/test"],
    ];
    for (const [base, path, target] of table) {
      const sent = await reached(reaching(base).get(path));
      assert.equal(sent.target, target, `${base} + ${path}`);
    }
    const error = await refusal(reaching("http://localhost:9521").get("url"));
    assert.match(error.message, /^malformed URL specified/);
  },
  "timeout error": async () => {
    const clock = new VirtualClock();
    const silent: Fetch = (_, init) =>
      new Promise((_, reject) => {
        init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
      });
    const timeout = { headers: 2_000, clock };
    const call = refusal(new Client("http://localhost", { fetch: silent, timeout }).get("/slow"));
    await clock.advance(2_000);
    const error = await call;
    assert.ok(error instanceof IdleTimeoutError);
    assert.match(error.message, /^Idle timeout triggered before initiating inbound response/);
  },
  "binding incompatible media type": async () => {
    const table: readonly (readonly [type: string, body: string, message: RegExp])[] = [
      ["application/json", "{}", /^incompatible xml found for 'application\/json' mime type/],
      ["text/plain", "a", /^incompatible xml found for 'text\/plain' mime type/],
    ];
    for (const [type, body, message] of table) {
      const error = await refusal(
        answering({ body: body, type: type }).post("/", "want xml", { as: xml() }),
      );
      assert.ok(error instanceof PayloadBindingError);
      assert.match(error.message, message);
    }
    // Without a type there is nothing to be incompatible with: what is declared decides.
    assert.deepEqual({ ...await answering({ body: "<a>b</a>" }).post("/", "", { as: xml() }) }, {
      a: "b",
    });
  },
  "nilable target with empty body": async () => {
    const table = [["application/json", json()], ["text/plain", text()], [
      "application/xml",
      xml(),
    ]] as const;
    for (const [type, kind] of table) {
      for (
        const api of [
          answering({ body: "", type: type }),
          answering({ body: null, type: type }),
          answering({ body: null }),
        ]
      ) {
        assert.equal(await api.post("/", "want", { as: optional(kind) }), undefined);
        const error = await refusal(api.post("/", "want", { as: kind }));
        assert.ok(error instanceof NoContentError);
        assert.equal(error.message, "No content");
      }
    }
    const either = optional(byMediaType(xml(), text()));
    assert.equal(
      await answering({ body: "", type: "text/plain" }).get("/", { as: either }),
      undefined,
    );
  },
});
