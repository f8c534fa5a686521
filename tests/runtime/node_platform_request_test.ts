/**
 * The platform's request on Node's transport: what was read of it is gone, whichever way it was read,
 * and what was not read can be handed on.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { type Fetch, serve, type ServeOptions } from "@pirouette/http";

const options: ServeOptions = { port: 0, host: "127.0.0.1", transport: "node" };

/** What a handler makes of its request, asked over a socket. */
async function answered(handler: (request: Request) => Promise<unknown>, body?: BodyInit) {
  const answer: Fetch = async (request) => Response.json(await handler(request as Request));
  await using server = await serve(answer, options);
  const response = await fetch(server.url, { method: "POST", body: body ?? "[1]" });
  return await response.json();
}

const readings: Record<string, (request: Request) => Promise<unknown>> = {
  json: (request) => request.json(),
  text: (request) => request.text(),
  bytes: (request) => request.bytes(),
  arrayBuffer: (request) => request.arrayBuffer(),
  blob: (request) => request.blob(),
};

for (const [name, read] of Object.entries(readings)) {
  Deno.test(`platform request: read by ${name}, its body is gone`, async () => {
    const seen = await answered(async (request) => {
      const before = request.bodyUsed;
      await read(request);
      await assert.rejects(request.text(), TypeError);
      assert.throws(() => request.clone(), TypeError);
      assert.throws(() => new Request(request), TypeError);
      await assert.rejects(fetch(request), TypeError);
      return [before, request.bodyUsed, request.body?.locked];
    });
    assert.deepEqual(seen, [false, true, true]);
  });
}

Deno.test("platform request: what was not read can be cloned, handed on, and read as a stream", async () => {
  const seen = await answered(async (request) => {
    const clone = request.clone();
    const copy = new Request("http://x/", request);
    return [await clone.text(), await copy.json(), request.bodyUsed];
  });
  assert.deepEqual(seen, ["[1]", [1], true]);
  assert.deepEqual(
    await answered(async (request) => {
      const reader = request.body!.getReader();
      await assert.rejects(request.text(), TypeError);
      reader.releaseLock();
      return await request.text();
    }),
    "[1]",
  );
});

Deno.test("platform request: bytes of any value and length come back", async () => {
  const echo: Fetch = async (request) => new Response(await (request as Request).bytes());
  await using server = await serve(echo, options);
  for (const length of [0, 1, 256, 16_384, 16_385, 65_536, 65_537, 300_000]) {
    const body = Uint8Array.from({ length }, (_, index) => index % 256);
    const response = await fetch(server.url, { method: "POST", body });
    assert.equal(response.headers.get("content-length"), String(length));
    assert.ok(Buffer.from(await response.bytes()).equals(body), `${length} bytes`);
  }
});

Deno.test("platform request: a body that is no JSON, or breaks a text, is told of", async () => {
  const seen = await answered(async (request) => {
    await assert.rejects(request.json(), SyntaxError);
    return request.bodyUsed;
  }, "[");
  assert.equal(seen, true);
  assert.equal(
    await answered((request) => request.text(), new Uint8Array([0xef, 0xbb, 0xbf, 65])),
    "A",
  );
});
