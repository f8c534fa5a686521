/**
 * SECURITY.md row 8 for a whole service: a body over its limit is answered 413 before the handler
 * runs, however it is framed, and no more of it is asked for.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  bytes,
  form,
  get,
  json,
  post,
  serve,
  service,
  type ServiceConfig,
  stream,
  text,
  xml,
} from "@pirouette/http";
import { overTransports } from "../support/over_transports.ts";
import { RawConnection, rawRequest, type RawResponse, sendRaw } from "../support/raw_http.ts";
import { within } from "../support/within.ts";

const LIMIT = 10;

/** Counts the calls of its handlers. */
function limited(config: ServiceConfig = { maxEntityBodySize: LIMIT }) {
  const calls: string[] = [];
  const called = service(config, [
    get("/ok", () => "ok"),
    post("/json", { body: json() }, () => calls.push("json")),
    post("/text", { body: text() }, () => calls.push("text")),
    post("/bytes", { body: bytes() }, () => calls.push("bytes")),
    post("/form", { body: form() }, () => calls.push("form")),
    post("/xml", { body: xml() }, () => calls.push("xml")),
    post("/unbound", () => calls.push("unbound")),
    post("/%E2%82%AC", { body: json() }, () => calls.push("rebuilt")),
  ]);
  return { service: called, calls };
}

const bound = ["/json", "/text", "/bytes", "/form", "/xml", "/€", "/%e2%82%ac"];

/** Media types by which each of the resources reads a body. */
const mediaTypes: Readonly<Record<string, string>> = {
  "/text": "text/plain",
  "/bytes": "application/octet-stream",
  "/form": "multipart/form-data; boundary=b",
  "/xml": "application/xml",
};

function head(path: string, ...fields: readonly string[]): string {
  const target = path.startsWith("/%") ? path : encodeURI(path);
  const contentType = `Content-Type: ${mediaTypes[path] ?? "application/json"}`;
  return rawRequest(`POST ${target} HTTP/1.1`, ["Host: x", contentType, ...fields]);
}

function chunk(body: string): string {
  return `${body.length.toString(16)}\r\n${body}\r\n`;
}

const over = " ".repeat(LIMIT + 1);

/** Framings of a body over the limit; those that are ambiguous are refused by the parser. */
const framings:
  readonly (readonly [what: string, fields: string[], body: string, status: number])[] = [
    ["a length", [`Content-Length: ${over.length}`], over, 413],
    ["a length, and nothing sent yet", ["Content-Length: 1000000000"], "", 413],
    ["a length beyond every integer", ["Content-Length: 18446744073709551615"], "", 413],
    ["chunks", ["Transfer-Encoding: chunked"], `${chunk(over)}0\r\n\r\n`, 413],
    ["chunks without an end", ["Transfer-Encoding: chunked"], chunk(over), 413],
    ["chunks of one byte", ["Transfer-Encoding: chunked"], chunk(" ").repeat(LIMIT + 1), 413],
    ["a chunk without an end", ["Transfer-Encoding: chunked"], `FFFFFFF\r\n${over}`, 413],
    ["ChunKed", ["Transfer-Encoding: ChunKed"], chunk(over), 413],
    ["CHUNKED, transfer-encoding", ["transfer-encoding: CHUNKED"], chunk(over), 413],
    ["length, then chunks", ["Content-Length: 3", "Transfer-Encoding: chunked"], chunk(over), 400],
    ["chunks, then length", ["Transfer-Encoding: chunked", "Content-Length: 3"], chunk(over), 400],
    ["length, then ChunKed", ["Content-Length: 3", "Transfer-Encoding: ChunKed"], chunk(over), 400],
    [
      "length, then another coding",
      ["Content-Length: 3", "Transfer-Encoding: x"],
      chunk(over),
      400,
    ],
    ["two lengths", ["Content-Length: 3", "Content-Length: 11"], over, 400],
    ["a list of lengths", ["Content-Length: 3, 11"], over, 400],
    ["a signed length", ["Content-Length: +11"], over, 400],
    ["a negative length", ["Content-Length: -1"], over, 400],
    ["a hexadecimal length", ["Content-Length: 0xb"], over, 400],
    ["chunked, and not last", ["Transfer-Encoding: chunked, identity"], chunk(over), 400],
    [
      "chunked twice",
      ["Transfer-Encoding: chunked", "Transfer-Encoding: identity"],
      chunk(over),
      400,
    ],
    ["a space before the colon", ["Transfer-Encoding : chunked"], chunk(over), 400],
  ];

overTransports(
  "security 8: body limit: over it, the handler is not called, however the body is framed",
  async (listening, t) => {
    const { service: called, calls } = limited();
    await using server = await serve(called, listening);
    for (const [what, fields, body, status] of framings) {
      await t.step(what, async () => {
        for (const path of bound) {
          const response = await sendRaw(server, head(path, ...fields) + body);
          assert.equal(response?.status, status, path);
        }
        assert.deepEqual(calls, []);
      });
    }
  },
);

overTransports("security 8: body limit: at the limit the handler is called", async (listening) => {
  const { service: called, calls } = limited();
  await using server = await serve(called, listening);
  const body = "[1,2,3,45]";
  assert.equal(body.length, LIMIT);
  for (const path of ["/json", "/%e2%82%ac"]) {
    const length = await sendRaw(server, head(path, `Content-Length: ${LIMIT}`) + body);
    assert.equal(length?.status, 201);
    const chunks = chunk(body.slice(0, 4)) + chunk(body.slice(4)) + chunk("");
    const chunked = await sendRaw(server, head(path, "Transfer-Encoding: chunked") + chunks);
    assert.equal(chunked?.status, 201);
  }
  assert.equal(calls.length, 4);
});

overTransports(
  "security 8: body limit: a length that lies about what follows moves no byte into another request",
  async (listening) => {
    const { service: called, calls } = limited();
    await using server = await serve(called, listening);
    // More than it says: what is left over is the next request on the connection, and no good one.
    using longer = await RawConnection.open(server);
    await longer.send(`${head("/json", "Content-Length: 2")}{}XXXX`);
    assert.equal((await longer.read())?.status, 201);
    await longer.send(rawRequest("GET /ok HTTP/1.1", ["Host: x"]));
    const next = await longer.read();
    assert.ok(next === undefined || next.status >= 400);
    // Less than it says: the end is waited for, and it is no end when the client leaves instead.
    using shorter = await RawConnection.open(server);
    await shorter.send(`${head("/json", "Content-Length: 9")}{}`);
    await shorter.closeWrite();
    const answer = await shorter.read();
    // `node:http` of Deno (2.9.6) closes a connection whose client will send no more.
    assert.ok(answer?.status === 400 || (listening.transport === "node" && answer === undefined));
    assert.deepEqual(calls, ["json"]);
  },
);

Deno.test("security 8: body limit: a source in process is cancelled at the first chunk too many", async () => {
  const { service: called, calls } = limited();
  for (const path of bound) {
    let pulls = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    const body = new ReadableStream({
      pull(controller) {
        pulls++;
        controller.enqueue(new Uint8Array(4));
      },
      cancel: () => resolve(),
    }, { highWaterMark: 0 });
    const headers = { "content-type": mediaTypes[path] ?? "application/json" };
    const response = await called.fetch(`http://x${path}`, { method: "POST", body, headers });
    assert.equal(response.status, 413, path);
    await within(promise, `${path}: cancellation`);
    assert.ok(pulls <= 4, `${path}: ${pulls}`);
  }
  assert.deepEqual(calls, []);
});

overTransports(
  "security 8: body limit: the resource's goes before the service's, that before the listener's",
  async (listening) => {
    const ask = async (server: { port: number }, path: string, length: number): Promise<number> => {
      const response = await sendRaw(
        server,
        head(path, `Content-Length: ${length}`) + "1".repeat(length),
      );
      return (response as RawResponse).status;
    };
    const resources = [
      post("/own", { body: json(), maxEntityBodySize: 5 }, () => "a"),
      post("/none", { body: json(), maxEntityBodySize: -1 }, () => "a"),
      post("/", { body: json() }, () => "a"),
    ];
    const own = service({ basePath: "/own", maxEntityBodySize: 8 }, resources);
    const inherited = service({ basePath: "/inherited" }, resources);
    await using server = await serve([own, inherited], {
      ...listening,
      requestLimits: { maxEntityBodySize: 6 },
    });
    const table = [
      ["/own/own", 5, 201],
      ["/own/own", 6, 413],
      ["/own", 8, 201],
      ["/own", 9, 413],
      ["/inherited/own", 6, 413],
      ["/inherited", 6, 201],
      ["/inherited", 7, 413],
      ["/inherited/none", 100, 201],
    ] as const;
    for (const [path, length, status] of table) {
      assert.equal(await ask(server, path, length), status, `${path} ${length}`);
    }
  },
);

overTransports(
  "security 8: body limit: without one it is 10 MiB, and a stream has none",
  async (listening) => {
    const called = service({}, [
      post("/text", { body: text() }, ({ body }) => body.length),
      post("/stream", { body: stream() }, () => "a"),
      post("/unbound", () => "a"),
    ]);
    await using server = await serve(called, listening);
    const status = async (path: string, length: number): Promise<number | undefined> => {
      return (await sendRaw(server, head(path, `Content-Length: ${length}`)))?.status;
    };
    assert.equal(await status("/text", 10 * 1024 * 1024 + 1), 413);
    assert.equal(await status("/stream", 1e9), 201);
    assert.equal(await status("/unbound", 1e9), 201);
    const whole = await fetch(`${server.url}/text`, {
      method: "POST",
      body: "x".repeat(10 * 1024 * 1024),
    });
    assert.equal(whole.status, 201);
    assert.equal(await whole.json(), 10 * 1024 * 1024);
  },
);
