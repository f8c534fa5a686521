/** SECURITY.md row 8: the body limit holds however the body is framed, and ends the reading. */
import assert from "node:assert/strict";
import { readBytes } from "../../src/message/body_reader.ts";
import { PayloadTooLargeError } from "../../src/message/status_errors.ts";

const LIMIT = 10;

function post(body: BodyInit, headers: HeadersInit = {}): Request {
  return new Request("http://localhost/", { method: "POST", body, headers });
}

/** A body without end; tells how much was asked of it, and whether it was cancelled. */
function endless() {
  const seen = { pulls: 0, cancelled: false };
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      seen.pulls++;
      controller.enqueue(new Uint8Array(4));
    },
    cancel() {
      seen.cancelled = true;
    },
  }, { highWaterMark: 0 });
  return { seen, body };
}

Deno.test("security 8: body limit: a declared length over it is refused unread", async () => {
  const { seen, body } = endless();
  const message = post(body, { "content-length": String(LIMIT + 1) });
  await assert.rejects(readBytes(message, LIMIT), PayloadTooLargeError);
  assert.equal(seen.pulls, 0);
  assert.equal(message.bodyUsed, false);
});

for (const length of ["99999999999999999999999999", "1".repeat(400)]) {
  Deno.test(`security 8: body limit: a declared length of ${length.length} digits is over it`, async () => {
    const message = post("x", { "content-length": length });
    await assert.rejects(readBytes(message, LIMIT), PayloadTooLargeError);
  });
}

Deno.test("security 8: body limit: a body without length is cancelled at the first byte too many", async () => {
  const { seen, body } = endless();
  await assert.rejects(readBytes(post(body), LIMIT), PayloadTooLargeError);
  assert.equal(seen.cancelled, true);
  assert.ok(seen.pulls <= 4, `${seen.pulls} chunks were read`);
});

Deno.test("security 8: body limit: a source whose cancellation never settles does not hold up the answer", async () => {
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(100)),
    cancel: () => new Promise<never>(() => {}),
  });
  await assert.rejects(readBytes(post(body), LIMIT), PayloadTooLargeError);
});

for (const length of ["3", "-1", "+3", "3, 3", "0x3", " ", "NaN"]) {
  Deno.test(`security 8: body limit: a body that declares "${length}" and has more is refused`, async () => {
    const message = post("x".repeat(LIMIT + 1), { "content-length": length });
    await assert.rejects(readBytes(message, LIMIT), PayloadTooLargeError);
  });
}

Deno.test("security 8: body limit: a compressed response's length says nothing", async () => {
  const response = new Response("x".repeat(LIMIT + 1), {
    headers: { "content-length": "3", "content-encoding": "gzip" },
  });
  await assert.rejects(readBytes(response, LIMIT), { name: "ReadingInboundResponseBodyError" });
});

/** Sends raw bytes to a server that reads bodies under the limit; gives the status line. */
async function statusOf(...writes: readonly string[]): Promise<string> {
  await using server = Deno.serve({ port: 0, onListen() {} }, async (request) => {
    try {
      return new Response(String((await readBytes(request, LIMIT)).length));
    } catch (error) {
      return new Response(null, { status: error instanceof PayloadTooLargeError ? 413 : 400 });
    }
  });
  using connection = await Deno.connect({ port: server.addr.port });
  for (const text of writes) await connection.write(new TextEncoder().encode(text));
  const answer = new Uint8Array(4096);
  const length = await connection.read(answer) ?? 0;
  return new TextDecoder().decode(answer.subarray(0, length)).split("\r\n", 1)[0] ?? "";
}

const head = (...fields: readonly string[]) =>
  ["POST / HTTP/1.1", "Host: localhost", ...fields, "", ""].join("\r\n");
const chunk = (size: number) => `${size.toString(16)}\r\n${"x".repeat(size)}\r\n`;

const ON_THE_WIRE: readonly (readonly [what: string, status: number, ...writes: string[]])[] = [
  ["a length within it", 200, head("Content-Length: 10"), "x".repeat(10)],
  ["a length over it, without its body", 413, head("Content-Length: 1000000")],
  ["chunks within it", 200, head("Transfer-Encoding: chunked"), chunk(10), "0\r\n\r\n"],
  ["chunks over it, without an end", 413, head("Transfer-Encoding: chunked"), chunk(6), chunk(6)],
  ["oddly cased chunks over it", 413, head("Transfer-Encoding: ChunKed"), chunk(6), chunk(6)],
  ["length, then chunks", 400, head("Content-Length: 3", "Transfer-Encoding: chunked"), chunk(20)],
  ["chunks, then length", 400, head("Transfer-Encoding: chunked", "Content-Length: 3"), chunk(20)],
  ["two lengths that differ", 400, head("Content-Length: 3", "Content-Length: 40"), "x".repeat(40)],
];

for (const [what, status, ...writes] of ON_THE_WIRE) {
  Deno.test(`security 8: body limit, on the wire: ${what} is answered ${status}`, async () => {
    assert.match(await statusOf(...writes), new RegExp(`^HTTP/1.1 ${status} `));
  });
}

Deno.test("security 8: body limit, on the wire: a client that leaves in the middle is a 400 and nothing more", async () => {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  await using server = Deno.serve({ port: 0, onListen() {} }, async (request) => {
    await readBytes(request, LIMIT).then(resolve, resolve);
    return new Response(null, { status: 400 });
  });
  const connection = await Deno.connect({ port: server.addr.port });
  await connection.write(new TextEncoder().encode(head("Content-Length: 10") + "xxx"));
  connection.close();
  const error = await promise;
  assert.ok(error instanceof Error);
  assert.equal(error.name, "PayloadBindingError");
});
