/** Deadlines of calls: for the head, whose abort it was, what stays behind, and what is refused. @module */
import assert from "node:assert/strict";
import { type Fetch, get, post, serve, service, stack } from "@pirouette/http";
import { VirtualClock } from "@pirouette/http/testing";
import { IdleTimeoutError } from "../../src/message/client_errors.ts";
import { timeout, type TimeoutOptions } from "../../src/layers/timeout.ts";
import { within } from "../support/within.ts";

const url = "http://a.example/";

/** Never answers, and leaves its signal alone. */
const deaf: Fetch = () => new Promise(() => {});

/** Never answers, but ends as `fetch` does when its signal is aborted. */
const blackHole: Fetch = (input, init) =>
  new Promise((_, reject) => {
    const signal = init?.signal ?? (input as Request).signal;
    signal.addEventListener("abort", () => reject(signal.reason));
  });

/** What a promise settled to, without waiting for it. */
function outcome<T>(promise: Promise<T>): { value?: T; error?: unknown } {
  const seen: { value?: T; error?: unknown } = {};
  promise.then((value) => seen.value = value, (error) => seen.error = error);
  return seen;
}

const noHead = "Idle timeout triggered before initiating inbound response";

Deno.test("timeout: the head is waited for as long as the limit says, not longer", async () => {
  const table: [options: TimeoutOptions | number, phase: string, message: string][] = [
    [2_000, "headers", noHead],
    [{ headers: 2_000 }, "headers", noHead],
    [{ headers: 2_000, total: 9_000, bodyIdle: 500 }, "headers", noHead],
    [{ attempt: 2_000 }, "headers", noHead],
    [{ attempt: 2_000, total: 9_000 }, "headers", noHead],
    [
      { total: 2_000 },
      "total",
      "Total timeout of 2000 ms triggered before initiating inbound response",
    ],
  ];
  for (const [options, phase, message] of table) {
    for (const below of [deaf, blackHole]) {
      const clock = new VirtualClock();
      const given = typeof options === "number" ? { headers: options, bodyIdle: options } : options;
      const seen = outcome(stack(below, timeout({ ...given, clock }))(url));
      await clock.advance(1_999);
      assert.deepEqual(seen, {});
      await clock.advance(1);
      assert.ok(seen.error instanceof IdleTimeoutError, JSON.stringify(options));
      const { name, code, status, limit } = seen.error;
      assert.deepEqual(
        [name, code, status, limit, seen.error.phase, seen.error.message],
        ["IdleTimeoutError", "IDLE_TIMEOUT", 504, 2_000, phase, message],
      );
      assert.equal(clock.pendingTimers, 0);
    }
  }
});

Deno.test("timeout: without a limit for the head it is waited for", async () => {
  const clock = new VirtualClock();
  const seen = outcome(stack(deaf, timeout({ bodyIdle: 10, clock }))(url));
  await clock.advance(1_000_000);
  assert.deepEqual([seen, clock.pendingTimers], [{}, 0]);
});

Deno.test("timeout: the fetch below is aborted with the error", async () => {
  const clock = new VirtualClock();
  let signal: AbortSignal | null | undefined;
  const below: Fetch = (_input, init) => {
    signal = init?.signal;
    return deaf(url);
  };
  const seen = outcome(stack(below, timeout({ attempt: 10, clock }))(url));
  assert.equal(signal?.aborted, false);
  await clock.advance(10);
  assert.ok(seen.error instanceof IdleTimeoutError);
  assert.equal(signal?.reason, seen.error);
});

Deno.test("timeout: input and init go on as they came, but for the signal", async () => {
  const sent: [input: unknown, init: RequestInit | undefined][] = [];
  const below: Fetch = (input, init) => {
    sent.push([input, init]);
    return Promise.resolve(new Response());
  };
  const fetch = stack(below, timeout(1_000));
  const request = new Request(url);
  const init = { method: "POST", body: "x", headers: { a: "b" } };
  await fetch(url, init);
  await fetch(url);
  await fetch(request);
  assert.deepEqual(sent.map(([input]) => input), [url, url, request]);
  const rest = sent.map(([_, given]) => ({ ...given, signal: null }));
  assert.deepEqual(rest, [{ ...init, signal: null }, { signal: null }, { signal: null }]);
  assert.equal(new Set(sent.map(([_, given]) => given?.signal)).size, 3);
});

Deno.test("timeout: what the fetch below fails with is passed on", async () => {
  const failing: Fetch[] = [
    () => Promise.reject(new TypeError("refused")),
    () => {
      throw new TypeError("refused");
    },
  ];
  for (const below of failing) {
    const clock = new VirtualClock();
    const seen = outcome(stack(below, timeout({ headers: 10, clock }))(url));
    await clock.advance(0);
    assert.equal(String(seen.error), "TypeError: refused");
    assert.equal(clock.pendingTimers, 0);
  }
});

Deno.test("timeout: an answer that comes too late is cancelled, a failure is not unhandled", async () => {
  const clock = new VirtualClock();
  let cancelled: unknown;
  const body = new ReadableStream({ cancel: (reason) => void (cancelled = [reason]) });
  const late: Fetch[] = [
    () => new Promise((resolve) => clock.setTimer(() => resolve(new Response(body)), 20)),
    () => new Promise((_, reject) => clock.setTimer(() => reject(new Error("late")), 20)),
  ];
  for (const below of late) {
    const seen = outcome(stack(below, timeout({ headers: 10, clock }))(url));
    await clock.advance(30);
    assert.ok(seen.error instanceof IdleTimeoutError);
  }
  assert.deepEqual(cancelled, [undefined]);
});

Deno.test("timeout: the caller's abort passes with its reason", async () => {
  const aborts: [how: string, call: (fetch: Fetch, signal: AbortSignal) => Promise<Response>][] = [
    ["init", (fetch, signal) => fetch(url, { signal })],
    ["request", (fetch, signal) => fetch(new Request(url, { signal }))],
    ["init over request", (fetch, signal) => fetch(new Request(url), { signal })],
  ];
  for (const [how, call] of aborts) {
    for (const below of [deaf, blackHole]) {
      const clock = new VirtualClock();
      const fetch = stack(below, timeout({ attempt: 1_000, clock }));
      const caller = new AbortController();
      const reason = new Error("enough");
      const seen = outcome(call(fetch, caller.signal));
      await clock.advance(999);
      caller.abort(reason);
      await clock.advance(10);
      assert.deepEqual([seen.error === reason, clock.pendingTimers], [true, 0], how);
      const again = outcome(call(fetch, caller.signal));
      await clock.advance(0);
      assert.deepEqual([again.error === reason, clock.pendingTimers], [true, 0], `${how}, before`);
    }
  }
});

Deno.test("timeout: signal null takes the request's away, as in fetch", async () => {
  const clock = new VirtualClock();
  const caller = new AbortController();
  const request = new Request(url, { signal: caller.signal });
  const fetch = stack(deaf, timeout({ attempt: 1_000, clock }));
  const seen = outcome(fetch(request, { signal: null }));
  caller.abort();
  await clock.advance(1_000);
  assert.ok(seen.error instanceof IdleTimeoutError);
});

Deno.test("timeout: the abort of a caller reaches the fetch below after the head, too", async () => {
  const caller = new AbortController();
  let signal: AbortSignal | null | undefined;
  const below: Fetch = (_input, init) => {
    signal = init?.signal;
    return Promise.resolve(new Response("x"));
  };
  await stack(below, timeout(1_000))(url, { signal: caller.signal });
  caller.abort("enough");
  assert.equal(signal?.reason, "enough");
});

Deno.test("timeout: 10,000 calls leave no listener on a signal that lives on", async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...given: Parameters<typeof addEventListener>) => {
    listeners++;
    return addEventListener.apply(signal, given);
  };
  signal.removeEventListener = (...given: Parameters<typeof removeEventListener>) => {
    listeners--;
    return removeEventListener.apply(signal, given);
  };
  const clock = new VirtualClock();
  let count = 0;
  const below: Fetch = () => {
    if (++count % 3 === 0) return Promise.reject(new Error("no"));
    return Promise.resolve(new Response(count % 3 === 1 ? "x" : null));
  };
  const fetch = stack(below, timeout({ headers: 1_000, bodyIdle: 1_000, clock }));
  for (let call = 0; call < 10_000; call++) {
    const response = await fetch(url, { signal }).catch(() => undefined);
    if (call % 2 === 0) await response?.text();
  }
  const seen = outcome(stack(deaf, timeout({ headers: 1_000, clock }))(url, { signal }));
  await clock.advance(1_000);
  assert.ok(seen.error instanceof IdleTimeoutError);
  assert.deepEqual([listeners, clock.pendingTimers], [0, 0]);
});

Deno.test("timeout: 100,000 calls leave no timer, and share one while they run", async () => {
  const clock = new VirtualClock();
  let timers = 0;
  const counting = {
    now: () => clock.now(),
    setTimer: (action: () => void, delay: number) => {
      timers++;
      return clock.setTimer(action, delay);
    },
  };
  let count = 0;
  const below: Fetch = () => {
    const kind = ++count % 4;
    if (kind === 0) return Promise.reject(new Error("no"));
    return Promise.resolve(new Response(["", "x", null, "dropped"][kind]));
  };
  const fetch = stack(below, timeout({ headers: 1_000, bodyIdle: 1_000, clock: counting }));
  for (let round = 0; round < 1_000; round++) {
    const calls = Array.from({ length: 100 }, async () => {
      const response = await fetch(url).catch(() => undefined);
      if (await (response?.status === 200 ? response.clone() : undefined)?.text() === "dropped") {
        return;
      }
      await response?.text();
    });
    await Promise.all(calls);
    assert.ok(clock.pendingTimers <= 1);
  }
  await clock.advance(0);
  assert.equal(clock.pendingTimers, 0);
  assert.equal(count, 100_000);
  // One for each time that the calls began anew, or fewer.
  assert.ok(timers <= 1_000, `${timers} timers`);
});

Deno.test("timeout: a call leaves no timer of the platform behind", async () => {
  // The sanitizer of the test runner would tell.
  const fetch = stack(() => Promise.resolve(Response.json({ a: 1 })), timeout(30_000));
  for (let call = 0; call < 10; call++) assert.deepEqual(await (await fetch(url)).json(), { a: 1 });
  await fetch(url);
});

Deno.test("timeout: options that make no sense are refused", () => {
  const range = "timeout needs milliseconds above 0 and at most 2147483647 for";
  const table: [options: unknown, message: string][] = [
    [{}, "TypeError: timeout has no limit: set one of headers, bodyIdle, boundBodyIdle, attempt"],
    [{ clock: new VirtualClock() }, "TypeError: timeout has no limit"],
    [{ atempt: 1 }, 'TypeError: timeout has no option "atempt": use one of headers'],
    [0, `RangeError: ${range} headers, not 0: leave it out for no limit`],
    [-1, `RangeError: ${range} headers, not -1`],
    [NaN, `RangeError: ${range} headers, not NaN`],
    [{ total: Infinity }, `RangeError: ${range} total, not Infinity`],
    [{ attempt: 2 ** 31 }, `RangeError: ${range} attempt, not 2147483648`],
    [{ attempt: "5s" }, `RangeError: ${range} attempt, not 5s`],
    [{ attempt: 20, total: 10 }, "RangeError: timeout never reaches attempt (20 ms), as total (10"],
    [{ headers: 20, attempt: 10 }, "RangeError: timeout never reaches headers (20 ms), as attempt"],
    [{ bodyIdle: 20, total: 10 }, "RangeError: timeout never reaches bodyIdle (20 ms), as total"],
    [
      { boundBodyIdle: 5, bodyIdle: 5 },
      "TypeError: timeout has boundBodyIdle for some bodies and b",
    ],
    [
      { boundBodyIdle: 5, total: 9 },
      "TypeError: timeout has boundBodyIdle for some bodies and tot",
    ],
    [undefined, "TypeError: timeout needs milliseconds or options, not undefined"],
    ["5s", "TypeError: timeout needs milliseconds or options, not 5s"],
    [null, "TypeError: timeout needs milliseconds or options, not null"],
  ];
  for (const [options, message] of table) {
    assert.throws(
      () => timeout(options as TimeoutOptions),
      (error) => String(error).startsWith(message) && !String(error).endsWith("."),
      message,
    );
  }
  timeout({ headers: 10, bodyIdle: 10, attempt: 10, total: 10 });
});

Deno.test("timeout: an error made by hand waits for the head, and keeps its cause", () => {
  const cause = new Error("why");
  const plain = new IdleTimeoutError("late", { cause });
  assert.deepEqual([plain.phase, plain.limit, plain.cause], ["headers", undefined, cause]);
  assert.deepEqual(Object.keys(plain), []);
  assert.ok(!("cause" in new IdleTimeoutError("late", { phase: "body" })));
});

Deno.test("timeout: a polluted prototype sets no limit", () => {
  const prototype = Object.prototype as { total?: number };
  prototype.total = 1;
  try {
    assert.throws(() => timeout({}), /timeout has no limit/);
    timeout({ headers: 10 });
  } finally {
    delete prototype.total;
  }
});

Deno.test("timeout: around a service, the handler's request is aborted and 504 answered", async () => {
  const clock = new VirtualClock();
  let reason: unknown;
  const slow = service({ layers: [timeout({ attempt: 1_000, clock })] }, [
    get("/slow", ({ request }) =>
      new Promise<string>((_, reject) => {
        request.signal.addEventListener("abort", () => {
          reason = request.signal.reason;
          reject(reason);
        });
      })),
    post("/echo", ({ request }) => request.text()),
  ]);
  const seen = outcome(slow.fetch("http://a.example/slow"));
  await clock.advance(1_000);
  assert.equal(seen.value?.status, 504);
  assert.ok(reason instanceof IdleTimeoutError);
  await seen.value?.body?.cancel();
  const echo = await slow.fetch("http://a.example/echo", { method: "POST", body: "hello" });
  assert.match(await echo.text(), /hello/);
});

Deno.test("timeout: what a server passes beside a request comes through", async () => {
  const info = { remoteAddr: { transport: "tcp", hostname: "10.0.0.1", port: 1 } };
  let sent: Request | undefined;
  const timed = stack((input, init) => {
    assert.equal(init, info);
    if (input instanceof Request) sent = input;
    return Promise.resolve(new Response("x"));
  }, timeout(1_000));
  await timed(new Request(url, { headers: { a: "b" } }), info as RequestInit);
  assert.equal(sent?.headers.get("a"), "b");

  const hello = service({ layers: [timeout(1_000)] }, [get("/", () => "hi")]);
  await using server = await serve(hello, { port: 0, host: "127.0.0.1" });
  const response = await within(fetch(server.url), "an answer");
  assert.equal(await response.text(), "hi");
});
