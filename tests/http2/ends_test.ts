/**
 * A server that ends at every moment of an exchange, in every way it can: whoever calls is told, and is
 * never given a part of a body as the whole.
 *
 * @module
 */
import assert from "node:assert/strict";
import { HttpError } from "@pirouette/http";
import { Http2Client } from "@pirouette/http/http2";
import { withHttp2Server } from "../support/http2_server.ts";
import { type TcpServer, tcpServer } from "../support/tcp_server.ts";
import { within } from "../support/within.ts";

/** A frame (RFC 9113 section 4.1). */
function frame(type: number, flags: number, stream: number, ...payload: number[]): Uint8Array {
  return new Uint8Array([0, 0, payload.length, type, flags, 0, 0, 0, stream, ...payload]);
}

const codes = (text: string): number[] => [...new TextEncoder().encode(text)];
const settings = frame(4, 0, 0);
const acknowledged = frame(4, 1, 0);
const hints = frame(1, 4, 1, 8, 3, ...codes("103"));
const head = frame(1, 4, 1, 0x88);
const half = frame(0, 0, 1, ...codes("abc"));
const last = frame(0, 1, 1, ...codes("def"));
const trailers = frame(1, 5, 1, 0, 1, ...codes("x"), 1, ...codes("y"));
const reset = (code: number): Uint8Array => frame(3, 0, 1, 0, 0, 0, code);

/** Responses, each with what its body is as a whole. */
const responses: readonly (readonly [body: string, pieces: readonly Uint8Array[]])[] = [
  ["abcdef", [settings, acknowledged, hints, head, half, last]],
  ["abc", [settings, acknowledged, head, half, trailers]],
];

/** How it ends: by these bytes, and then the connection does. */
const ends: readonly Uint8Array[] = [
  new Uint8Array(),
  reset(0),
  reset(2),
  reset(8),
  reset(11),
  frame(7, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0),
  frame(7, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2),
];

/** Whether a request's head is among the frames behind a preface. */
function hasHead(bytes: readonly number[]): boolean {
  for (let at = 24; at + 9 <= bytes.length;) {
    if (bytes[at + 3] === 1) return true;
    at += 9 + bytes[at]! * 65_536 + bytes[at + 1]! * 256 + bytes[at + 2]!;
  }
  return false;
}

/** A server that says its settings, waits for the request, and says the rest; `lasts` keeps it open. */
function saying(pieces: readonly Uint8Array[], lasts: boolean): TcpServer {
  return tcpServer(async ({ socket }) => {
    const [first, ...rest] = pieces;
    if (first !== settings) return;
    await socket.write(first);
    const seen: number[] = [];
    const buffer = new Uint8Array(4096);
    while (!hasHead(seen)) {
      const count = await socket.read(buffer);
      if (count === null) return;
      seen.push(...buffer.subarray(0, count));
    }
    for (const piece of rest) await socket.write(piece);
    while (lasts && await socket.read(buffer) !== null);
  });
}

for (const way of ["fetch", "submit"] as const) {
  Deno.test(`http2 client: a server that ends at any moment is told of (${way})`, async () => {
    for (const [whole, pieces] of responses) {
      for (const end of ends) {
        for (let count = 0; count <= pieces.length; count++) {
          // A reset alone tells that there is nothing more to come.
          const lasts = end.length > 0 && end[3] === 3 && count > 0;
          const isWhole = count === pieces.length;
          await using server = saying([...pieces.slice(0, count), end], lasts);
          const client = new Http2Client(server.url);
          const what = `${whole}, ${count} pieces, then ${end}`;
          try {
            const call = way === "fetch"
              ? client.fetch(server.url)
              : client.submit("GET", "/").response;
            const text = await within(call.then((response) => response.text()), what, 3_000);
            assert.equal(text, whole, what);
            assert.ok(isWhole, `a part was taken for the whole: ${what}`);
          } catch (error) {
            assert.ok(error instanceof HttpError, `${what}: ${error}`);
            // What was said as a whole may be lost with its connection, and is not by a polite end.
            assert.ok(!isWhole || end.length > 0 && end[12] !== 0, `${what}: ${error}`);
          }
          server.drop();
          await within(client.close(), `closing after ${what}`, 3_000);
        }
      }
    }
  });
}

Deno.test("http2 client: a server that accepts and says nothing is left in time", async () => {
  await using server = tcpServer(async ({ socket }) => {
    const buffer = new Uint8Array(4096);
    while (await socket.read(buffer) !== null);
  });
  // The platform's own clock: what is waited for is a socket.
  await using client = new Http2Client(server.url, { connectTimeout: 50 });
  await assert.rejects(within(client.fetch(server.url), "the end"), {
    name: "ClientConnectorError",
    message: /no connection was there within 50 ms/,
  });
});

Deno.test("http2 client: a request's body that breaks off is never sent as a whole", async () => {
  const ended: string[] = [];
  const closed: string[] = [];
  await withHttp2Server((stream, path) => {
    stream.resume();
    stream.on("end", () => {
      if (!stream.aborted) ended.push(path);
    });
    stream.on("close", () => closed.push(`${path} ${stream.rstCode}`));
  }, async ({ url }) => {
    await using client = new Http2Client(url);
    const piece = new TextEncoder().encode("a part");
    const call = async (
      path: string,
      pull: (controller: ReadableStreamDefaultController<Uint8Array>) => void,
      signal?: AbortSignal,
    ): Promise<void> => {
      const init = { method: "POST", body: new ReadableStream({ pull }), signal: signal ?? null };
      await assert.rejects(within(client.fetch(`${url}${path}`, init), path));
    };
    await call("/at-once", (controller) => controller.error(new Error("It fails")));
    let sent = 0;
    await call("/later", (controller) => {
      if (sent++ === 0) controller.enqueue(piece);
      else setTimeout(() => controller.error(new Error("It fails")), 10);
    });
    const aborting = new AbortController();
    await call("/aborted", (controller) => {
      controller.enqueue(piece);
      setTimeout(() => aborting.abort(), 10);
    }, aborting.signal);
  });
  assert.deepEqual(ended, []);
  assert.deepEqual(closed, ["/at-once 8", "/later 8", "/aborted 8"]);
});
