/**
 * The time a request may take: what the client is told when it is up, what the handler is told, and
 * what becomes of an answer that comes later. All of it on a clock that only the tests move.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  get,
  json,
  type Layer,
  type ListenerConfiguration,
  post,
  type Resource,
  type RunningServer,
  serve,
  service,
  type ServiceConfig,
} from "@pirouette/http";
import { VirtualClock } from "@pirouette/http/testing";
import { transports } from "../support/over_transports.ts";
import { RawConnection, rawRequest } from "../support/raw_http.ts";

const TIMEOUT = 1_000;

interface Timed extends AsyncDisposable {
  readonly clock: VirtualClock;
  readonly server: RunningServer;
  readonly told: readonly unknown[];
}

/** Serves resources that have a second of the clock's time each. */
async function serveTimed(
  resources: readonly Resource[],
  options: ListenerConfiguration & Pick<ServiceConfig, "layers"> = {},
): Promise<Timed> {
  const { layers = [], ...config } = options;
  const clock = new VirtualClock();
  const told: unknown[] = [];
  const server = await serve(
    service({ layers, onError: (error) => told.push(error) }, resources),
    { host: "127.0.0.1", port: 0, clock, timeout: TIMEOUT, ...config },
  );
  return { clock, server, told, [Symbol.asyncDispose]: () => server.immediateStop() };
}

/** Says how many timers there are; where Node's modules listen, connections have theirs besides. */
function assertTimers(clock: VirtualClock, count: number, message?: string): void {
  if (!transports.includes("deno")) return;
  assert.equal(clock.pendingTimers, count, message);
}

/** Tells when requests have come as far as the resource. */
function arrivals(): { layer: Layer; come(count: number): Promise<void> } {
  let arrived = 0;
  let wanted = Infinity;
  let reached = Promise.withResolvers<void>();
  const layer: Layer = (next) => (input, init) => {
    const answer = next(input, init);
    if (++arrived >= wanted) reached.resolve();
    return answer;
  };
  const come = (count: number): Promise<void> => {
    wanted = count;
    reached = Promise.withResolvers<void>();
    if (arrived >= wanted) reached.resolve();
    return reached.promise;
  };
  return { layer, come };
}

Deno.test("deadlines: a handler that is too slow is answered for with 503", async () => {
  const { layer, come } = arrivals();
  const late = Promise.withResolvers<string>();
  await using timed = await serveTimed([get("/slow", () => late.promise)], { layers: [layer] });
  const { clock, server, told } = timed;
  const answer = fetch(`${server.url}/slow?x=1`);
  await come(1);
  await clock.advance(TIMEOUT - 1);
  assertTimers(clock, 1);
  await clock.advance(1);
  const response = await answer;
  const { timestamp, ...payload } = await response.json();
  assert.equal(response.status, 503);
  assert.ok(!Number.isNaN(Date.parse(timestamp)));
  assert.deepEqual(payload, {
    status: 503,
    reason: "Service Unavailable",
    message: "The request was not answered in time",
    path: "/slow?x=1",
    method: "GET",
  });
  assert.deepEqual(told, []);
  assertTimers(clock, 0);
  late.resolve("too late");
});

Deno.test("deadlines: a handler that is in time is not disturbed", async () => {
  const { layer, come } = arrivals();
  const ready = Promise.withResolvers<string>();
  await using timed = await serveTimed([get("/", () => ready.promise)], { layers: [layer] });
  const { clock, server } = timed;
  const answer = fetch(server.url);
  await come(1);
  await clock.advance(TIMEOUT - 1);
  ready.resolve("just in time");
  assert.equal(await (await answer).text(), "just in time");
  await clock.advance(10 * TIMEOUT);
  assert.equal(await (await fetch(server.url)).text(), "just in time");
});

Deno.test("deadlines: a payload that does not come in is answered with 408", async () => {
  const framings: Readonly<Record<string, readonly [string, string]>> = {
    "a length": ["Content-Length: 100", '{"a":'],
    "chunks": ["Transfer-Encoding: chunked", '5\r\n{"a":\r\n'],
    "nothing of it": ["Content-Length: 100", ""],
  };
  for (const [name, [framing, sent]] of Object.entries(framings)) {
    const { layer, come } = arrivals();
    let handled = 0;
    const count = post("/", { body: json() }, () => String(++handled));
    await using timed = await serveTimed([count], { layers: [layer] });
    const { clock, server, told } = timed;
    using connection = await RawConnection.open(server);
    const fields = ["Host: x", "Content-Type: application/json", framing];
    await connection.send(rawRequest("POST / HTTP/1.1", fields, sent));
    await come(1);
    await clock.advance(TIMEOUT);
    const response = await connection.read();
    const { message } = JSON.parse(response?.body ?? "{}");
    assert.deepEqual([response?.status, message], [408, "The request was not received in time"]);
    assert.equal(handled, 0, name);
    assert.deepEqual(told, []);
    assertTimers(clock, 0);
  }
});

Deno.test("deadlines: once the payload is there, the time is the handler's", async () => {
  const handling = Promise.withResolvers<void>();
  const late = Promise.withResolvers<string>();
  const slow = post("/", { body: json() }, () => {
    handling.resolve();
    return late.promise;
  });
  await using timed = await serveTimed([slow]);
  const headers = { "content-type": "application/json" };
  const answer = fetch(timed.server.url, { method: "POST", body: "{}", headers });
  await handling.promise;
  await timed.clock.advance(TIMEOUT);
  const response = await answer;
  await response.body?.cancel();
  assert.equal(response.status, 503);
  late.resolve("too late");
});

Deno.test("deadlines: whoever holds a signal of the request is told", async () => {
  const reasons: unknown[] = [];
  const holders: Readonly<Record<string, (call: Held) => AbortSignal>> = {
    context: ({ context }) => context.signal,
    request: ({ request }) => request.signal,
  };
  type Held = { context: { signal: AbortSignal }; request: Request };
  const { layer, come } = arrivals();
  const late = Promise.withResolvers<string>();
  await using timed = await serveTimed([
    get("/:holder", (call) => {
      const signal = holders[call.path.holder]?.(call);
      assert.equal(signal?.aborted, false);
      signal?.addEventListener("abort", () => reasons.push(signal.reason));
      return late.promise;
    }),
    get("/late/:holder", async (call) => {
      const answer = await late.promise;
      // First asked for when it is over already.
      const signal = holders[call.path.holder]?.(call);
      if (signal?.aborted) reasons.push(signal.reason);
      return answer;
    }),
  ], { layers: [layer] });
  const { clock, server } = timed;
  const paths = Object.keys(holders).flatMap((holder) => [`/${holder}`, `/late/${holder}`]);
  const answers = paths.map((path) => fetch(server.url + path));
  await come(paths.length);
  await clock.advance(TIMEOUT - 1);
  assert.equal(reasons.length, 0);
  await clock.advance(1);
  for (const answer of answers) {
    const response = await answer;
    await response.body?.cancel();
    assert.equal(response.status, 503);
  }
  assert.equal(reasons.length, 2);
  late.resolve("too late");
  await clock.advance(0);
  assert.equal(reasons.length, 4);
  for (const reason of reasons) {
    assert.ok(reason instanceof DOMException);
    assert.equal(reason.name, "TimeoutError");
  }
});

Deno.test("deadlines: a request that is answered in time has its signal left alone", async () => {
  const signals: AbortSignal[] = [];
  await using timed = await serveTimed([
    get("/", async ({ request, context }) => {
      signals.push(request.signal, context.signal);
      await Promise.resolve();
      return "done";
    }),
  ]);
  assert.equal(await (await fetch(timed.server.url)).text(), "done");
  await timed.clock.advance(2 * TIMEOUT);
  assert.deepEqual(signals.map((signal) => signal.aborted), [false, false]);
});

Deno.test("deadlines: an answer that comes too late is dropped, and its stream cancelled", async () => {
  const { layer, come } = arrivals();
  const late = Promise.withResolvers<unknown>();
  await using timed = await serveTimed([get("/", () => late.promise)], { layers: [layer] });
  const { clock, server, told } = timed;
  const answer = fetch(server.url);
  await come(1);
  await clock.advance(TIMEOUT);
  const response = await answer;
  assert.equal(response.status, 503);
  const body = await response.text();
  const cancelled = Promise.withResolvers<void>();
  late.resolve(new ReadableStream({ cancel: () => cancelled.resolve() }));
  await cancelled.promise;
  assert.ok(!body.includes("late"));
  assert.deepEqual(told, []);
});

Deno.test("deadlines: an error that comes too late is told to onError all the same", async () => {
  const { layer, come } = arrivals();
  const late = Promise.withResolvers<string>();
  await using timed = await serveTimed([get("/", () => late.promise)], { layers: [layer] });
  const { clock, server, told } = timed;
  const answer = fetch(server.url);
  await come(1);
  await clock.advance(TIMEOUT);
  assert.equal((await answer).status, 503);
  await (await answer).body?.cancel();
  const error = new Error("private");
  late.reject(error);
  await clock.advance(0);
  assert.deepEqual(told, [error]);
});

Deno.test("deadlines: any number of requests share one timer, each with its own time", async () => {
  const { layer, come } = arrivals();
  const never = new Promise<string>(() => {});
  await using timed = await serveTimed([get("/", () => never)], { layers: [layer] });
  const { clock, server } = timed;
  const statuses: number[] = [];
  const ask = async (): Promise<void> => {
    const response = await fetch(server.url);
    await response.body?.cancel();
    statuses.push(response.status);
  };
  const first = Array.from({ length: 20 }, ask);
  await come(20);
  assertTimers(clock, 1);
  await clock.advance(TIMEOUT / 2);
  const second = Array.from({ length: 20 }, ask);
  await come(40);
  assertTimers(clock, 1);
  await clock.advance(TIMEOUT / 2);
  await Promise.all(first);
  assert.equal(statuses.length, 20);
  assertTimers(clock, 1);
  await clock.advance(TIMEOUT / 2 - 1);
  assert.equal(statuses.length, 20);
  await clock.advance(1);
  await Promise.all(second);
  assert.deepEqual(new Set(statuses), new Set([503]));
  assert.equal(statuses.length, 40);
  assertTimers(clock, 0);
});

Deno.test("deadlines: a handler that need not be waited for has none", async () => {
  await using timed = await serveTimed([get("/", () => "at once")]);
  assert.equal(await (await fetch(timed.server.url)).text(), "at once");
  assertTimers(timed.clock, 0);
});

Deno.test("deadlines: a stream that has begun may take its time", async () => {
  const source = Promise.withResolvers<ReadableStreamDefaultController<Uint8Array>>();
  await using timed = await serveTimed([
    get("/", async () => {
      await Promise.resolve();
      return new ReadableStream({ start: source.resolve });
    }),
  ]);
  const response = await fetch(timed.server.url);
  const controller = await source.promise;
  await timed.clock.advance(10 * TIMEOUT);
  controller.enqueue(new TextEncoder().encode("still here"));
  controller.close();
  assert.equal(await response.text(), "still here");
});

Deno.test("deadlines: timeout 0 is none, and 60 seconds is the default", async () => {
  const { layer, come } = arrivals();
  const ready = Promise.withResolvers<string>();
  const slow = get("/", () => ready.promise);
  await using endless = await serveTimed([slow], { layers: [layer], timeout: 0 });
  const clock = new VirtualClock();
  const usual = service({ layers: [layer] }, [slow]);
  await using standard = await serve(usual, { host: "127.0.0.1", port: 0, clock });
  const answers = [fetch(endless.server.url), fetch(standard.url)] as const;
  await come(2);
  assertTimers(endless.clock, 0);
  await endless.clock.advance(3_600_000);
  await clock.advance(59_999);
  assertTimers(clock, 1);
  await clock.advance(1);
  const late = await answers[1];
  await late.body?.cancel();
  assert.equal(late.status, 503);
  ready.resolve("in its own time");
  assert.equal(await (await answers[0]).text(), "in its own time");
});

Deno.test("deadlines: none is left once the server has stopped", async () => {
  for (const stop of ["gracefulStop", "immediateStop"] as const) {
    const { layer, come } = arrivals();
    const ready = Promise.withResolvers<string>();
    const timed = await serveTimed([get("/", () => ready.promise)], { layers: [layer] });
    const { clock, server } = timed;
    const answer = fetch(server.url).then((response) => response.text(), () => "broken off");
    await come(1);
    assertTimers(clock, 1);
    const stopping = server[stop]();
    const isGraceful = stop === "gracefulStop";
    if (isGraceful) ready.resolve("answered");
    await stopping;
    assert.equal(await answer, isGraceful ? "answered" : "broken off");
    assertTimers(clock, 0, stop);
    ready.resolve("for nobody");
  }
});

Deno.test("deadlines: in process there are none", async () => {
  const signals: AbortSignal[] = [];
  const controller = new AbortController();
  const quick = service({}, [
    get("/", ({ request, context }) => {
      signals.push(request.signal, context.signal);
      return "done";
    }),
  ]);
  await quick.fetch("http://localhost/", { signal: controller.signal });
  controller.abort("gone");
  assert.deepEqual(signals.map(({ reason }) => reason), ["gone", "gone"]);
});
