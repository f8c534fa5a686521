/**
 * What lasts is told when its listener stops, and ends well.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  get,
  type Layer,
  Listener,
  ok,
  type RequestContext,
  type RunningServer,
  serve,
  service,
} from "@pirouette/http";
import { VirtualClock } from "@pirouette/http/testing";
import { transports } from "../support/over_transports.ts";
import { within } from "../support/within.ts";

const host = "127.0.0.1";

/** Serves an event stream that a test feeds, and tells how it ended. */
function eventStream(): {
  readonly handler: () => Response;
  readonly say: (text: string) => void;
  readonly cancelled: Promise<unknown>;
} {
  const cancelled = Promise.withResolvers<unknown>();
  let controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
  const handler = (): Response => {
    const body = new ReadableStream({
      start: (given) => void (controller = given),
      cancel: cancelled.resolve,
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  };
  const say = (text: string): void => controller.enqueue(new TextEncoder().encode(text));
  return { handler, say, cancelled: cancelled.promise };
}

/** Reads until `text` has come. */
async function readUpTo(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  text: string,
): Promise<void> {
  const decoder = new TextDecoder();
  let seen = "";
  while (!seen.endsWith(text)) {
    const { done, value } = await within(reader.read(), text);
    if (done) throw new Error(`The stream ended with ${seen}`);
    seen += decoder.decode(value, { stream: true });
  }
}

/** Reads to the end. */
async function readRest(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done, value } = await within(reader.read(), "the end of the stream");
    if (done) return rest;
    rest += decoder.decode(value, { stream: true });
  }
}

async function open(server: RunningServer, path = "/"): Promise<
  ReadableStreamDefaultReader<Uint8Array>
> {
  const response = await fetch(server.url + path);
  assert.equal(response.status, 200);
  assert.ok(response.body);
  return response.body.getReader();
}

for (const transport of transports) {
  Deno.test(`stopping: an event stream ends between two events (${transport})`, async () => {
    const clock = new VirtualClock();
    const { handler, say, cancelled } = eventStream();
    const server = await serve(service({}, [get("/", handler)]), {
      host,
      port: 0,
      clock,
      transport,
    });
    const reader = await open(server);
    say("data: 1\n\n");
    await readUpTo(reader, "data: 1\n\n");
    await within(server.gracefulStop(), "the stop");
    assert.equal(await readRest(reader), "");
    const reason = await within(cancelled, "the source being told");
    assert.ok(reason instanceof DOMException);
    assert.deepEqual([reason.name, reason.message], ["AbortError", "The server is stopping"]);
    assert.equal(clock.pendingTimers, 0);
  });

  Deno.test(`stopping: an event that has begun is sent to its end (${transport})`, async () => {
    const { handler, say, cancelled } = eventStream();
    const server = await serve(service({}, [get("/", handler)]), { host, port: 0, transport });
    const reader = await open(server);
    say("data: 1\n\nda");
    await readUpTo(reader, "da");
    const stopping = server.gracefulStop();
    say("ta: 2\n\ndata: 3\n\n");
    assert.equal(await readRest(reader), "ta: 2\n\n");
    await within(stopping, "the stop");
    await within(cancelled, "the source being told");
  });

  Deno.test(`stopping: a handler that lasts can listen to it (${transport})`, async () => {
    const told: string[] = [];
    async function* ticks(context: RequestContext): AsyncGenerator<Uint8Array> {
      yield new TextEncoder().encode("first ");
      const { promise, resolve } = Promise.withResolvers<void>();
      context.stopping.addEventListener("abort", () => resolve());
      await promise;
      told.push(context.stopping.reason.name);
      yield new TextEncoder().encode("last");
    }
    const lasting = service({}, [get("/", ({ context }) => ok({ body: ticks(context) }))]);
    const server = await serve(lasting, { host, port: 0, transport });
    const reader = await open(server);
    await readUpTo(reader, "first ");
    assert.equal(server.stopping.aborted, false);
    const stopping = server.gracefulStop();
    assert.equal(server.stopping.aborted, true);
    assert.equal(await readRest(reader), "last");
    await within(stopping, "the stop");
    assert.deepEqual(told, ["AbortError"]);
  });
}

Deno.test("stopping: events end at any kind of line end, wherever pieces are cut", async () => {
  for (const end of ["\n\n", "\r\r", "\r\n\r\n", "\n\r\n", "\r\n\n"]) {
    // The CR of a CR LF has ended the event already; what is left of it tells nobody anything.
    const whole = end.endsWith("\r\n") ? 8 : 9;
    for (let cut = 1; cut < whole + end.length; cut++) {
      const { handler, say } = eventStream();
      const server = await serve(service({}, [get("/", handler)]), { host, port: 0 });
      const reader = await open(server);
      const text = `data: one${end}data: two${end}`;
      say(text.slice(0, cut));
      await readUpTo(reader, text.slice(0, cut));
      const stopping = server.gracefulStop();
      say(text.slice(cut));
      const rest = `data: one${end}`.slice(cut);
      assert.equal(await readRest(reader), rest, JSON.stringify([end, cut]));
      await within(stopping, "the stop");
    }
  }
});

Deno.test("stopping: an event stream that a layer or a bare handler makes ends as well", async () => {
  const first = eventStream();
  const around: Layer = () => () => Promise.resolve(first.handler());
  const second = eventStream();
  const server = await new Listener(0, { host })
    .attach(service({ basePath: "/layer", layers: [around] }, [get("/", () => "")]))
    .attach(() => Promise.resolve(second.handler()))
    .start();
  const readers = [await open(server, "/layer"), await open(server, "/bare")];
  for (const { say } of [first, second]) say(": hello\n\n");
  for (const reader of readers) await readUpTo(reader, ": hello\n\n");
  await within(server.gracefulStop(), "the stop");
  for (const reader of readers) assert.equal(await readRest(reader), "");
  await within(Promise.all([first.cancelled, second.cancelled]), "the sources being told");
});

Deno.test("stopping: an event stream is otherwise left as it is", async () => {
  const { handler, say, cancelled } = eventStream();
  await using server = await serve(service({}, [get("/", handler)]), { host, port: 0 });
  const controller = new AbortController();
  const response = await fetch(server.url, { signal: controller.signal });
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  const reader = response.body?.getReader();
  assert.ok(reader);
  say("data: 1\r\n\r\ndata: 2");
  await readUpTo(reader, "data: 2");
  controller.abort();
  await assert.rejects(reader.read());
  await within(cancelled, "the source being told");
});

Deno.test("stopping: an event stream that fails is broken off, and does not hold up a stop", async () => {
  const failing = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode("data: 1\n\n")),
    pull: () => Promise.reject(new Error("no more")),
  }, { highWaterMark: 0 });
  const headers = { "content-type": "text/event-stream" };
  const answer = service({}, [get("/", () => new Response(failing, { headers }))]);
  const server = await serve(answer, { host, port: 0 });
  await assert.rejects(async () => await (await fetch(server.url)).text());
  await within(server.gracefulStop(), "the stop");
});

Deno.test("stopping: a stop at once tells of it too", async () => {
  const called = Promise.withResolvers<AbortSignal>();
  const waiting = service({}, [
    get("/", ({ context }) => {
      called.resolve(context.stopping);
      return new Promise<string>(() => {});
    }),
  ]);
  const server = await serve(waiting, { host, port: 0 });
  const answer = assert.rejects(fetch(server.url));
  const signal = await called.promise;
  assert.equal(signal.aborted, false);
  await server.immediateStop();
  assert.equal(signal.aborted, true);
  await answer;
});

Deno.test("stopping: in process nothing stops", async () => {
  const asked = service({}, [get("/", ({ context }) => String(context.stopping.aborted))]);
  assert.equal(await (await asked.fetch("http://x/")).text(), "false");
});

Deno.test("stopping: one that is still starting is stopped once it has started", async () => {
  for (const stop of ["gracefulStop", "immediateStop"] as const) {
    const listener = new Listener(0, { host });
    const starting = listener.start();
    await listener[stop]();
    const server = await starting;
    await within(server.finished, "the end");
    assert.equal(server.stopping.aborted, true);
  }
});
