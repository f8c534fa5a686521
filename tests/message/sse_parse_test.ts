/** Server-sent events out of bytes. @module */
import assert from "node:assert/strict";
import fc from "fast-check";
import { parseEvents, type SseEvent } from "@pirouette/http";
import { MAX_EVENT_LENGTH } from "../../src/message/sse_parse.ts";

async function eventsOf(...pieces: readonly (string | Uint8Array)[]): Promise<SseEvent[]> {
  const bytes = pieces.map((piece) =>
    typeof piece === "string" ? new TextEncoder().encode(piece) : piece
  );
  return await Array.fromAsync(parseEvents(ReadableStream.from(bytes)));
}

function event(data: string, more: Partial<SseEvent> = {}): SseEvent {
  return { event: "message", data, id: "", ...more };
}

Deno.test("events: what a stream says, as the HTML standard reads it", async () => {
  const table: readonly (readonly [text: string, events: readonly SseEvent[]])[] = [
    ["data: YHOO\ndata: +2\ndata: 10\n\n", [event("YHOO\n+2\n10")]],
    [
      ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
      [event("first event", { id: "1" }), event("second event"), event(" third event")],
    ],
    ["data\n\ndata\ndata\n\ndata:", [event(""), event("\n")]],
    ["data:test\n\ndata: test\n\n", [event("test"), event("test")]],
    ["event: add\ndata: 1\n\ndata: 2\n\n", [event("1", { event: "add" }), event("2")]],
    ["event: add\n\ndata: 2\n\n", [event("2")]],
    ["id: 7\n\ndata: a\n\ndata: b\n\n", [event("a", { id: "7" }), event("b", { id: "7" })]],
    ["id: 7\ndata: a\n\nid: 8\0\ndata: b\n\n", [event("a", { id: "7" }), event("b", { id: "7" })]],
    ["retry: 50\ndata: a\n\nretry: 1s\ndata: b\n\n", [event("a", { retry: 50 }), event("b")]],
    ["retry: -1\ndata: a\n\n", [event("a")]],
    ["Data: a\n data: b\ndata : c\nother: d\n\n", []],
    ["\ufeffdata: a\n\n\ufeffdata: b\n\n", [event("a")]],
    ["data: a\rdata: b\r\rdata: c\r\n\r\n", [event("a\nb"), event("c")]],
    ["data: not ended\n", []],
    ["", []],
    ["__proto__: a\ndata: b\n\n", [event("b")]],
  ];
  for (const [text, expected] of table) assert.deepEqual(await eventsOf(text), expected, text);
});

Deno.test("events: wherever the chunks are cut, the events are the same", async () => {
  const line = fc.oneof(
    fc.constantFrom("data: a", "data", "id: 1", "event: x", "retry: 5", ": c", "", "data: ü€😀"),
    fc.string({ maxLength: 8 }).map((text) => text.replaceAll(/[\r\n]/g, "")),
  );
  const text = fc.array(fc.tuple(line, fc.constantFrom("\n", "\r", "\r\n")), { maxLength: 20 })
    .map((lines) => lines.flat().join(""));
  await fc.assert(
    fc.asyncProperty(text, fc.array(fc.nat(40), { maxLength: 12 }), async (whole, cuts) => {
      const bytes = new TextEncoder().encode(whole);
      const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b)];
      const pieces = at.map((start, index) => bytes.slice(start, at[index + 1]));
      assert.deepEqual(await eventsOf(...pieces), await eventsOf(whole));
    }),
    { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()) },
  );
});

Deno.test("events: an event comes before the next is sent, and leaving the loop cancels", async () => {
  let cancelled = false;
  let pulled = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(new TextEncoder().encode(`data: ${++pulled}\n\n`));
    },
    cancel() {
      cancelled = true;
    },
  }, { highWaterMark: 0 });
  for await (const { data } of parseEvents(body)) {
    assert.equal(data, String(pulled));
    if (pulled === 3) break;
  }
  assert(cancelled);
});

Deno.test("events: a stream that breaks off, or never ends an event, is an error", async () => {
  const broken = new ReadableStream<Uint8Array>({
    pull: () => Promise.reject(new TypeError("reset")),
  });
  const name = "ReadingInboundResponseBodyError";
  await assert.rejects(Array.fromAsync(parseEvents(broken)), { name, message: /broke off/ });
  for (const piece of ["a".repeat(65_536), `data: ${"a".repeat(65_000)}\n`]) {
    let sent = 0;
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += piece.length;
        controller.enqueue(new TextEncoder().encode(piece));
      },
      cancel() {
        cancelled = true;
      },
    });
    await assert.rejects(Array.fromAsync(parseEvents(endless)), {
      name,
      message: /over its limit/,
    });
    assert(sent < 2 * MAX_EVENT_LENGTH && cancelled);
  }
});

Deno.test("events: an abort is told as it was meant, any other failure as one of the body", async () => {
  const table: readonly (readonly [cause: unknown, name: string])[] = [
    [new DOMException("The operation was aborted", "AbortError"), "AbortError"],
    [AbortSignal.abort().reason, "AbortError"],
    [new DOMException("too late", "TimeoutError"), "TimeoutError"],
    [new TypeError("terminated"), "ReadingInboundResponseBodyError"],
    [new Error("of a service in this process"), "ReadingInboundResponseBodyError"],
  ];
  for (const [cause, name] of table) {
    const body = new ReadableStream({ pull: (controller) => controller.error(cause) });
    const reading = Array.fromAsync(parseEvents(body));
    await assert.rejects(reading, (error: Error) => {
      assert.equal(error.name, name);
      return error === cause || error.cause === cause;
    });
  }
});
