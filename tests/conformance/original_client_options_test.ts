/**
 * What the original library's own tests hold of a configured client (spec 2.4.1): limits, idle time,
 * redirects, codings, and what it is told of the one before it, beyond the published cases.
 */
import assert from "node:assert/strict";
import {
  any,
  byMediaType,
  bytes,
  Client,
  type ClientConfiguration,
  get,
  IdleTimeoutError,
  json,
  optional,
  post,
  serve,
  service,
  text,
  Xml,
  xml,
} from "@pirouette/http";
import { VirtualClock } from "../../src/testing/virtual_clock.ts";
import { within } from "../support/within.ts";
import { refusal } from "./answering.ts";

/** A body of chunks of these sizes, whose length nobody tells. */
function chunks(sizes: readonly number[]): ReadableStream<Uint8Array> {
  return ReadableStream.from(sizes.map((size) => new Uint8Array(size).fill(0x61)));
}

const sized = service({}, [
  get("/chunks/:sizes", ({ path }) => new Response(chunks(path.sizes.split("-").map(Number)))),
  get("/text/:size", ({ path }) => "a".repeat(Number(path.size))),
]);

Deno.test("original client, limits: a body is counted, whether its length is told or not", async () => {
  await using server = await serve(sized, { port: 0, host: "127.0.0.1" });
  const api = new Client(server.url, { responseLimits: { maxEntityBodySize: 1_024 } });
  const as = text();
  const message = "Response max entity body size exceeds: Entity body is larger than 1024 bytes";
  for (const path of ["/chunks/400-400-400", "/text/2048"]) {
    const error = await refusal(api.get(path, { as }));
    assert.equal(error.name, "ReadingInboundResponseBodyError");
    assert.ok(error.message.startsWith(message), error.message);
  }
  // Each response has its own count, on a connection that is used again too.
  assert.equal((await api.get("/text/900", { as })).length, 900);
  assert.equal((await api.get("/text/200", { as })).length, 200);
  assert.equal((await api.get("/chunks/400-400-224", { as })).length, 1_024);
});

/** A response whose body comes when it is told to, and breaks off as its call is aborted. */
function dripping(): { readonly config: ClientConfiguration; drip(): void; end(): void } {
  let controller: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({
    start(given) {
      controller = given;
    },
  });
  return {
    config: {
      fetch: (_, init) => {
        const { signal } = init ?? {};
        signal?.addEventListener("abort", () => controller.error(signal.reason));
        return Promise.resolve(new Response(body, { headers: { "content-type": "text/plain" } }));
      },
    },
    drip: () => controller.enqueue(new Uint8Array(300).fill(0x61)),
    end: () => controller.close(),
  };
}

Deno.test("original client, idle time: a body that comes slowly but steadily is no idle one", async () => {
  const clock = new VirtualClock();
  const { config, drip, end } = dripping();
  const api = new Client("http://h", { ...config, timeout: { bodyIdle: 1_000, clock } });
  const read = api.get("/", { as: text() });
  for (let count = 0; count < 6; count++) {
    await clock.advance(300);
    drip();
  }
  await clock.advance(300);
  end();
  assert.equal((await within(read, "the body")).length, 1_800);
});

Deno.test("original client, idle time: a body that stops ends the call", async () => {
  const clock = new VirtualClock();
  const { config, drip } = dripping();
  const api = new Client("http://h", { ...config, timeout: { bodyIdle: 1_000, clock } });
  const read = refusal(api.get("/", { as: text() }));
  drip();
  await clock.advance(300);
  await clock.advance(2_000);
  const error = await within(read, "the error");
  assert.ok(error instanceof IdleTimeoutError, `${error}`);
  assert.match(
    error.message,
    /^Idle timeout triggered while reading inbound response entity body/,
  );
});

Deno.test("original client, redirects: what is bound is what they lead to", async () => {
  const target = service({}, [
    post("/redirect", () => new Response(null, { status: 303, headers: { location: "/json" } })),
    get("/json", () => ({ id: "chamil" })),
  ]);
  await using server = await serve(target, { port: 0, host: "127.0.0.1" });
  const api = new Client(server.url, { followRedirects: { maxCount: 5 } });
  assert.deepEqual(await api.post("/redirect", "want json", { as: json() }), { id: "chamil" });
  // What is not followed is an answer; as it has no content, it is bound to nil.
  const still = new Client(server.url);
  assert.equal(await still.post("/redirect", "x", { as: optional(json()) }), undefined);
});

Deno.test("original client, passing on: a request, or what was bound of one", async () => {
  const either = byMediaType(json(), xml(), text(), bytes());
  const echo = service({}, [
    any("/echo", async ({ request }) =>
      new Response(await request.text(), {
        headers: { "content-type": request.headers.get("content-type") ?? "" },
      })),
  ]);
  await using server = await serve(echo, { port: 0, host: "127.0.0.1" });
  const api = new Client(server.url, { followRedirects: { maxCount: 5 } });
  const front = service({}, [
    post("/request", ({ request }) => api.post("/echo", request)),
    post("/payload", { body: either }, async ({ body, request }) => {
      const type = request.headers.get("content-type") ?? "";
      const message = type.includes("xml") ? new Xml(body as object) : body;
      return await api.post("/echo", message, { mediaType: type });
    }),
  ]);
  await using gateway = await serve(front, { port: 0, host: "127.0.0.1" });
  const asker = new Client(gateway.url);
  const people = [{ name: "John", age: 30, address: ["Colombo", "Sri Lanka"] }];
  for (const path of ["/request", "/payload"]) {
    assert.equal(await asker.post(path, "Hello World", { as: text() }), "Hello World");
    assert.deepEqual(await asker.post(path, people, { as: json() }), people);
    const message = await asker.post(path, new Xml({ message: { "#text": "Hello World" } }), {
      as: xml(),
    });
    assert.deepEqual({ ...message }, { message: "Hello World" });
  }
});

Deno.test("original client, codings: asked for as the configuration says", async () => {
  const asked = service({}, [
    any("/", ({ request }) => request.headers.get("accept-encoding") ?? "none"),
  ]);
  await using server = await serve(asked, { port: 0, host: "127.0.0.1" });
  const coding = (
    config: ClientConfiguration,
    headers: Record<string, string> = {},
  ): Promise<string> =>
    new Client(server.url, config).post("/", "accept encoding test", { as: text(), headers });
  // The original asks for none by itself; the platform does, and undoes them.
  assert.match(await coding({}), /gzip/);
  assert.match(await coding({ compression: "AUTO" }), /gzip/);
  for (const name of ["deflate", "gzip"]) {
    assert.match(await coding({ compression: "ALWAYS" }), new RegExp(`\\b${name}\\b`));
  }
  // The original leaves the field out, which asks for anything (RFC 9110 section 12.5.3).
  assert.equal(await coding({ compression: "NEVER" }), "identity");
  assert.equal(await coding({ compression: "NEVER" }, { "accept-encoding": "gzip" }), "identity");
});

Deno.test("original client, forwarded: a request that is passed on says where it came from", async () => {
  const backend = service({}, [
    get("/", ({ request }) => request.headers.get("forwarded") ?? "nothing"),
  ]);
  await using server = await serve(backend, { port: 0, host: "127.0.0.1" });
  const table: readonly (readonly [ClientConfiguration["forwarded"], RegExp])[] = [
    ["disable", /^nothing$/],
    ["enable", /^for="?127\.0\.0\.1(?::\d+)?"?;.*\bproto=http\b/],
  ];
  for (const [forwarded, field] of table) {
    const api = new Client(server.url, { forwarded: forwarded ?? "disable" });
    const front = service({}, [
      get("/forward", ({ request }) => api.forward("/", request)),
      get("/execute", ({ request }) => api.execute("GET", "/", request)),
      get("/own", () => api.get("/")),
    ]);
    await using gateway = await serve(front, { port: 0, host: "127.0.0.1" });
    for (const path of ["/forward", "/execute"]) {
      assert.match(await (await fetch(gateway.url + path)).text(), field);
    }
    // A call of the program's own comes from nobody else.
    assert.equal(await (await fetch(`${gateway.url}/own`)).text(), "nothing");
  }
});

Deno.test("original client, connections: who is not there is a connector's error, passed on as 502", async () => {
  // Bound and closed, so that nobody listens there.
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const api = new Client(`http://127.0.0.1:${port}`);
  const calls: readonly (() => Promise<unknown>)[] = [
    () => api.get("/bar"),
    () => api.get("/bar", { as: json() }),
    () => api.post("/bar", "x"),
  ];
  for (const call of calls) {
    const error = await refusal(call());
    assert.equal(error.name, "ClientConnectorError");
    assert.match(error.message, /connect/);
  }
  const front = service({ onError: () => {} }, [get("/", () => api.get("/bar"))]);
  const response = await front.fetch("http://front/");
  assert.equal(response.status, 502);
  assert.match((await response.json()).message, /connect/);
});
