/** Bodies of any length: backpressure, bounded memory, and both ends told when the other fails. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { get, serve, service } from "@pirouette/http";
import { compress, compressor } from "../../src/layers/compress.ts";
import { within } from "../support/within.ts";

const PROPERTY = {
  seed: Number(Deno.env.get("FC_SEED") ?? Date.now()),
  numRuns: 60,
  verbose: true,
};

const KIB = 1024;
const MIB = 1024 * KIB;

const formats = { gzip: "gzip", deflate: "deflate", br: "brotli" } as const;
type Coding = keyof typeof formats;

async function squeezed(body: BodyInit, coding: Coding = "gzip"): Promise<Response> {
  const request = new Request("http://localhost/", { headers: { "accept-encoding": coding } });
  const response = new Response(body, { headers: { "content-type": "text/plain" } });
  const answer = await compressor({ minimumSize: 0 })(request, response);
  assert.equal(answer.headers.get("content-encoding"), coding);
  return answer;
}

function decompressed(response: Response, coding: Coding): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { body } = response;
  assert.ok(body !== null);
  return body.pipeThrough(new DecompressionStream(formats[coding]));
}

/** Bytes that compress to less than half. */
function textLike(length: number): Uint8Array<ArrayBuffer> {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return 97 + (state & 7);
  });
}

/** A source of `total` bytes in chunks; tells how many were asked for, and why it ended. */
function source(total: number, chunk: Uint8Array<ArrayBuffer>) {
  const seen = { sent: 0, cancelled: undefined as unknown };
  const { promise: cancelled, resolve } = Promise.withResolvers<unknown>();
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (seen.sent >= total) return controller.close();
      seen.sent += chunk.length;
      controller.enqueue(chunk.slice());
    },
    cancel: (reason) => resolve(reason),
  }, { highWaterMark: 0 });
  return { seen, body, cancelled };
}

Deno.test("compress: a stream is compressed as it is read, no faster", async () => {
  const { seen, body, cancelled } = source(1024 * MIB, textLike(64 * KIB));
  const answer = await squeezed(body);
  assert.ok(seen.sent <= MIB, `${seen.sent} bytes before the first is read`);
  const reader = answer.body?.getReader();
  let received = 0;
  while (received < 100 * KIB) received += (await reader?.read())?.value?.length ?? Infinity;
  assert.ok(seen.sent <= 2 * MIB, `${seen.sent} bytes for ${received}`);
  await reader?.cancel("enough");
  assert.equal(await within(cancelled, "the source is cancelled"), "enough");
});

Deno.test("compress: a long stream grows the process by less than 64 MiB", async () => {
  // A process of its own: other tests share the memory of this one.
  const program = new URL("./compress_growth.ts", import.meta.url);
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", program.pathname, "96"],
    stdin: "null",
    stderr: "inherit",
  }).output();
  assert.ok(success);
  const growth = Number(new TextDecoder().decode(stdout));
  assert.ok(growth < 64, `${growth} MiB`);
});

Deno.test("compress: one huge chunk is compressed slice by slice", async () => {
  const bytes = textLike(8 * MIB);
  const answer = await squeezed(bytes);
  const reader = answer.body?.getReader();
  let largest = 0;
  for (;;) {
    const { done, value } = await reader?.read() ?? {};
    if (done !== false) break;
    largest = Math.max(largest, value?.length ?? 0);
  }
  assert.ok(largest <= 128 * KIB, `${largest}`);
});

Deno.test("compress: a source that says nothing yet holds up no headers, and is cancelled", async () => {
  const { promise: cancelled, resolve } = Promise.withResolvers<unknown>();
  const silent = new ReadableStream<Uint8Array>({ cancel: (reason) => resolve(reason) });
  const answer = await within(squeezed(silent), "the answer's headers");
  await answer.body?.cancel("gone");
  assert.equal(await within(cancelled, "the source is cancelled"), "gone");
});

Deno.test("compress: a source that is slow at first arrives whole", async () => {
  const { promise: begin, resolve } = Promise.withResolvers<void>();
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      controller.enqueue(new TextEncoder().encode("first, "));
      await begin;
      controller.enqueue(new TextEncoder().encode("second"));
      controller.close();
    },
  });
  const answer = await squeezed(body);
  resolve();
  assert.equal(await new Response(decompressed(answer, "gzip")).text(), "first, second");
});

const FAILURES: [when: string, pulls: number][] = [["at once", 0], ["later", 1], [
  "much later",
  50,
]];

for (const [when, pulls] of FAILURES) {
  Deno.test(`compress: an error of the source ${when} reaches the reader`, async () => {
    const failure = new Error("the disk is gone");
    let count = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (count++ < pulls) controller.enqueue(textLike(8 * KIB));
        else controller.error(failure);
      },
    });
    const answer = await squeezed(body);
    await assert.rejects(answer.bytes(), (error) => error === failure);
  });
}

Deno.test("compress: chunks that are no bytes fail where they are read", async () => {
  for (const chunk of ["text", 5, {}, null]) {
    const { promise: cancelled, resolve } = Promise.withResolvers<void>();
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(chunk),
      cancel: () => resolve(),
    });
    const answer = squeezed(body).then((response) => response.bytes());
    await assert.rejects(answer, TypeError);
    await within(cancelled, "the source is cancelled");
  }
});

Deno.test("compress: any body in any chunks goes there and back, in each coding", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 40 * KIB, size: "max" }), { maxLength: 5 }),
      fc.constantFrom<Coding>("gzip", "deflate", "br"),
      async (chunks, coding) => {
        const body = ReadableStream.from(chunks.map((chunk) => new Uint8Array(chunk)));
        const request = new Request("http://localhost/", {
          headers: { "accept-encoding": coding },
        });
        const given = new Response(body, { headers: { "content-type": "text/plain" } });
        const answer = await compressor({ minimumSize: 0 })(request, given);
        const expected = await new Blob(chunks.map((chunk) => new Uint8Array(chunk))).bytes();
        const isCompressed = answer.headers.get("content-encoding") === coding;
        assert.equal(isCompressed || expected.length === 0, true);
        const actual = isCompressed ? new Response(decompressed(answer, coding)) : answer;
        assert.deepEqual(await actual.bytes(), expected);
      },
    ),
    PROPERTY,
  );
});

Deno.test("compress: a client that goes away ends the source", async () => {
  const { promise: cancelled, resolve } = Promise.withResolvers<void>();
  const endless = service({ layers: [compress()] }, [
    get("/", () => {
      const chunk = crypto.getRandomValues(new Uint8Array(16_384));
      const body = new ReadableStream({
        pull: (controller) => controller.enqueue(chunk.slice()),
        cancel: () => resolve(),
      });
      return new Response(body, { headers: { "content-type": "text/plain" } });
    }),
  ]);
  await using server = await serve(endless, { port: 0, host: "127.0.0.1" });
  const leave = new AbortController();
  const { signal } = leave;
  const response = await fetch(server.url, { headers: { "accept-encoding": "br" }, signal });
  await response.body?.getReader().read();
  leave.abort();
  await within(cancelled, "the source is cancelled");
});
