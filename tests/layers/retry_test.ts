/** Retries: what is tried again, when, how often, what the caller gets, and what is left behind. @module */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Fetch, stack } from "@pirouette/http";
import { VirtualClock } from "@pirouette/http/testing";
import {
  AllRetryAttemptsFailed,
  ClientConnectorError,
  IdleTimeoutError,
  SslError,
  UpstreamServiceUnavailableError,
} from "../../src/message/client_errors.ts";
import { retry, type RetryNotice, type RetryOptions } from "../../src/layers/retry.ts";
import { RetryBudget } from "../../src/layers/retry_budget.ts";
import { replayable } from "../../src/layers/replay_body.ts";
import { timeout } from "../../src/layers/timeout.ts";

const url = "http://a.example/";

/** What an attempt ends in: a status, a response or an error. */
type Answer = number | Response | Error;

interface Script {
  readonly fetch: Fetch;
  readonly clock: VirtualClock;
  /** When each attempt was sent. */
  readonly sent: number[];
  readonly inputs: [input: Request | URL | string, init: RequestInit | undefined][];
  /** How many bodies of responses were cancelled. */
  readonly cancelled: () => number;
}

/** Retries around a fetch that answers as the script says, its last line for good. */
function scripted(script: readonly Answer[], options: RetryOptions = {}): Script {
  const clock = new VirtualClock();
  const sent: number[] = [];
  const inputs: Script["inputs"] = [];
  let cancelled = 0;
  const below: Fetch = (input, init) => {
    const answer = script[Math.min(sent.length, script.length - 1)] ?? 200;
    sent.push(clock.now());
    inputs.push([input, init]);
    if (answer instanceof Error) return Promise.reject(answer);
    if (answer instanceof Response) return Promise.resolve(answer);
    const body = new ReadableStream({ cancel: () => void cancelled++ });
    return Promise.resolve(new Response(body, { status: answer }));
  };
  const fetch = stack(below, retry({ jitter: "none", clock, ...options }));
  return { fetch, clock, sent, inputs, cancelled: () => cancelled };
}

/** What a call settled to, with all the time it wants. */
async function done(
  { clock }: Script,
  call: Promise<Response>,
): Promise<{ status?: number; error?: unknown }> {
  const seen: { status?: number; error?: unknown } = {};
  call.then(({ status }) => seen.status = status, (error) => seen.error = error);
  await clock.advance(3_600_000);
  assert.equal(clock.pendingTimers, 0);
  return seen;
}

const refused = new ClientConnectorError("refused");
const late = new IdleTimeoutError("late");

Deno.test("retry: what is tried again", async () => {
  const table: [answer: Answer, attempts: number][] = [
    [200, 1],
    [302, 1],
    [400, 1],
    [401, 1],
    [404, 1],
    [408, 3],
    [425, 3],
    [429, 3],
    [500, 1],
    [501, 1],
    [502, 3],
    [503, 3],
    [504, 3],
    [refused, 3],
    [late, 3],
    [new TypeError("error sending request", { cause: new Error("refused") }), 3],
    [new DOMException("late", "TimeoutError"), 3],
    [new DOMException("gone", "AbortError"), 1],
    [new SslError("untrusted"), 1],
    [new UpstreamServiceUnavailableError("open"), 1],
    [new TypeError("Invalid URL"), 1],
    [new Error("a mistake"), 1],
  ];
  for (const [answer, attempts] of table) {
    const script = scripted([answer]);
    await done(script, script.fetch(url));
    assert.equal(script.sent.length, attempts, String(answer));
  }
});

Deno.test("retry: the statuses are an option", async () => {
  for (const [statusCodes, attempts] of [[[500], 3], [[], 1], [[503], 1]] as const) {
    const script = scripted([500], { statusCodes });
    assert.deepEqual(await done(script, script.fetch(url)), { status: 500 });
    assert.equal(script.sent.length, attempts);
  }
});

Deno.test("retry: methods that may be repeated", async () => {
  const table: [method: string, options: RetryOptions, headers: HeadersInit, attempts: number][] = [
    ["get", {}, {}, 3],
    ["HEAD", {}, {}, 3],
    ["OPTIONS", {}, {}, 3],
    ["PUT", {}, {}, 3],
    ["DELETE", {}, {}, 3],
    ["QUERY", {}, {}, 3],
    ["POST", {}, {}, 1],
    ["PATCH", {}, {}, 1],
    ["REPORT", {}, {}, 1],
    ["POST", {}, { "Idempotency-Key": '"8e03978e"' }, 3],
    ["PATCH", {}, [["idempotency-key", "1"]], 3],
    ["POST", {}, new Headers({ "idempotency-key": "1" }), 3],
    ["POST", { methods: "all" }, {}, 3],
    ["POST", { methods: ["post"] }, {}, 3],
    ["GET", { methods: ["POST"] }, {}, 1],
    ["REPORT", { methods: ["REPORT"] }, {}, 3],
  ];
  for (const [method, options, headers, attempts] of table) {
    for (const asRequest of [false, true]) {
      const script = scripted([503], options);
      const init = { method, headers };
      await done(
        script,
        asRequest ? script.fetch(new Request(url, init)) : script.fetch(url, init),
      );
      assert.equal(script.sent.length, attempts, `${method} ${JSON.stringify(options)}`);
    }
  }
});

Deno.test("retry: the caller gets the answer that came in the end", async () => {
  const script = scripted([503, refused, 200]);
  assert.deepEqual(await done(script, script.fetch(url)), { status: 200 });
  assert.deepEqual(script.sent, [0, 100, 300]);
  assert.equal(script.cancelled(), 1);
});

Deno.test("retry: when statuses ran out the last response is returned, unread and unwaited", async () => {
  const script = scripted([503]);
  const response = script.fetch(url);
  await script.clock.advance(300);
  assert.equal(script.clock.pendingTimers, 0);
  assert.equal((await response).status, 503);
  assert.equal((await response).bodyUsed, false);
  assert.deepEqual(script.sent, [0, 100, 300]);
  assert.equal(script.cancelled(), 2);
  await (await response).body?.cancel();
});

Deno.test("retry: when errors ran out every one is told", async () => {
  const script = scripted([refused, 503, late]);
  const { error } = await done(script, script.fetch(url));
  assert.ok(error instanceof AllRetryAttemptsFailed);
  assert.equal(error.name, "AllRetryAttemptsFailed");
  assert.equal(error.message, "All the retry attempts failed. The request was sent 3 times");
  assert.ok(error.cause instanceof AggregateError);
  const [first, second, third] = error.cause.errors;
  assert.equal(first, refused);
  assert.equal(second.message, "Attempt 2 was answered with 503");
  assert.equal(third, late);
});

Deno.test("retry: what waiting cannot mend is told as it is", async () => {
  const untrusted = new SslError("untrusted");
  const script = scripted([refused, untrusted]);
  assert.deepEqual(await done(script, script.fetch(url)), { error: untrusted });
  const once = scripted([refused], { budget: { ratio: 0.5, perSecond: 0 } });
  assert.deepEqual(await done(once, once.fetch(url)), { error: refused });
});

Deno.test("retry: waits", async () => {
  const table: [options: RetryOptions, waits: number[]][] = [
    [{}, [100, 200]],
    [{ count: 7 }, [100, 200, 400, 800, 1_600, 3_200, 5_000]],
    [{ count: 3, interval: 0 }, [0, 0, 0]],
    [{ count: 4, interval: 3_000, backOffFactor: 0.5 }, [3_000, 1_500, 750, 375]],
    [{ count: 3, backOffFactor: 0 }, [100, 100, 100]],
    [{ count: 3, backOffFactor: -2 }, [100, 100, 100]],
    [{ count: 3, backOffFactor: 3, maxInterval: 250 }, [100, 250, 250]],
    [{ count: 3, backOffFactor: 3, maxWaitInterval: 250 }, [100, 250, 250]],
    [{ count: 3, interval: 40_000, maxWaitInterval: 0 }, [40_000, 60_000, 60_000]],
    [{ count: 2, interval: 8_000 }, [8_000, 8_000]],
    [{ count: 2, jitter: "full", random: () => 0.25 }, [25, 50]],
    [{ count: 2, jitter: "equal", random: () => 0.5 }, [75, 150]],
    [{ count: 3, interval: 4_000, jitter: "full", random: () => 0.5 }, [2_000, 2_500, 2_500]],
  ];
  for (const [options, waits] of table) {
    const script = scripted([503], options);
    await done(script, script.fetch(url));
    const waited = script.sent.slice(1).map((at, index) => at - (script.sent[index] ?? 0));
    assert.deepEqual(waited, waits, JSON.stringify(options));
  }
});

Deno.test("retry: a Retry-After is never shortened", async () => {
  const date = "Sun, 06 Nov 1994 08:49:37 GMT";
  const table: [
    headers: Record<string, string>,
    options: RetryOptions,
    waited: number | undefined,
  ][] = [
    [{ "retry-after": "2" }, {}, 2_000],
    [{ "retry-after": "0" }, {}, 100],
    [{ "retry-after": "7" }, { maxInterval: 200 }, 7_000],
    [{ "retry-after": "Sun, 06 Nov 1994 08:49:41 GMT", date }, {}, 4_000],
    [{ "retry-after": "Sunday, 06-Nov-94 08:49:41 GMT", date }, {}, 4_000],
    [{ "retry-after": "Sun Nov  6 08:49:41 1994", date }, {}, 4_000],
    [{ "retry-after": "Sun, 06 Nov 1994 08:49:31 GMT", date }, {}, 100],
    [{ "retry-after": "Sun, 06 Nov 1994 08:49:31 GMT" }, {}, 100],
    [{ "retry-after": "soon" }, {}, 100],
    [{ "retry-after": "-1" }, {}, 100],
    [{ "retry-after": "1, 2" }, {}, 100],
    [{ "retry-after": "30" }, {}, 30_000],
    [{ "retry-after": "31" }, {}, undefined],
    [{ "retry-after": "9".repeat(400) }, {}, undefined],
    [{ "retry-after": "Fri, 01 Jan 2100 00:00:00 GMT" }, {}, undefined],
    [{ "retry-after": "60" }, { retryAfter: 60_000 }, 60_000],
    [{ "retry-after": "60" }, { retryAfter: false }, 100],
    [{ "retry-after": "3" }, { total: 3_000 }, undefined],
    [{ "retry-after": "3" }, { total: 3_001 }, 3_000],
    [{ "retry-after": "2" }, { jitter: "full", random: () => 0.5 }, 2_050],
  ];
  for (const [headers, options, waited] of table) {
    const answer = new Response("busy", { status: 429, headers });
    const script = scripted([answer, 200], options);
    const { status } = await done(script, script.fetch(url));
    const label = JSON.stringify([headers, options]);
    assert.equal(status, waited === undefined ? 429 : 200, label);
    assert.equal(script.sent[1], waited, label);
    // What is returned can be read.
    if (waited === undefined) assert.equal(await answer.text(), "busy");
  }
});

Deno.test("retry: what cannot begin in time is not waited for", async () => {
  const script = scripted([refused], { count: 9, total: 1_000 });
  const call = script.fetch(url).catch((error) => error);
  await script.clock.advance(700);
  assert.equal(script.clock.pendingTimers, 0);
  assert.match(
    (await call).message,
    /^All the retry attempts failed\. The request was sent 4 times, not again as there is no time left$/,
  );
  assert.deepEqual(script.sent, [0, 100, 300, 700]);
});

Deno.test("retry: the body goes along each time", async () => {
  const bodies: [string, () => BodyInit][] = [
    ["text", () => "hello"],
    ["bytes", () => new TextEncoder().encode("hello")],
    ["a Blob", () => new Blob(["hello"])],
    ["a stream", () => new Blob(["hello"]).stream()],
    ["a factory", () => replayable(() => new Blob(["hello"]).stream())],
  ];
  for (const [name, body] of bodies) {
    for (const asRequest of [false, true]) {
      const received: string[] = [];
      const below: Fetch = async (input, init) => {
        received.push(await new Request(input, init).text());
        return new Response(null, { status: 503 });
      };
      const clock = new VirtualClock();
      const fetch = stack(below, retry({ clock }));
      const init = { method: "PUT", body: body() };
      const call = asRequest ? fetch(new Request(url, init)) : fetch(url, init);
      for (let turn = 0; turn < 50; turn++) await clock.advance(100);
      assert.equal((await call).status, 503);
      assert.deepEqual(received, ["hello", "hello", "hello"], name);
    }
  }
});

Deno.test("retry: a stream body over bufferLimit is sent once", async () => {
  for (const asRequest of [false, true]) {
    for (const [bufferLimit, attempts] of [[4, 1], [5, 3]] as const) {
      let sent = 0;
      const below: Fetch = async (input, init) => {
        sent++;
        await new Request(input, init).text();
        throw refused;
      };
      const clock = new VirtualClock();
      const fetch = stack(below, retry({ clock, bufferLimit }));
      const init = { method: "PUT", body: new Blob(["hello"]).stream() };
      const call = asRequest ? fetch(new Request(url, init)) : fetch(url, init);
      const failed = assert.rejects(
        call,
        attempts === 1 ? ClientConnectorError : AllRetryAttemptsFailed,
      );
      for (let turn = 0; turn < 50; turn++) await clock.advance(100);
      await failed;
      assert.equal(sent, attempts);
    }
  }
});

Deno.test("retry: a call that is not repeated goes on untouched", async () => {
  const script = scripted([503]);
  const body = new Blob(["hello"]).stream();
  const init = { method: "POST", body };
  assert.equal((await script.fetch(url, init)).status, 503);
  assert.equal(script.inputs[0]?.[0], url);
  assert.equal(script.inputs[0]?.[1], init);
  assert.equal(body.locked, false);
});

Deno.test("retry: the caller's abort ends the wait with its reason", async () => {
  const reason = new Error("left the page");
  for (const asRequest of [false, true]) {
    const script = scripted([503]);
    const controller = new AbortController();
    const init = { signal: controller.signal };
    const call = asRequest ? script.fetch(new Request(url, init)) : script.fetch(url, init);
    const failed = assert.rejects(call, (error) => error === reason);
    await script.clock.advance(50);
    assert.equal(script.clock.pendingTimers, 1);
    controller.abort(reason);
    await failed;
    assert.equal(script.clock.pendingTimers, 0);
    assert.equal(script.sent.length, 1);
    assert.equal(script.cancelled(), 1);
  }
});

Deno.test("retry: nothing stays on the caller's signal", async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const counted = Object.assign(signal, {
    addEventListener: () => void listeners++,
    removeEventListener: () => void listeners--,
  });
  const script = scripted([503, refused, 200]);
  assert.deepEqual(await done(script, script.fetch(url, { signal: counted })), { status: 200 });
  assert.equal(script.sent.length, 3);
  assert.equal(listeners, 0);
});

Deno.test("retry: what fails because the caller aborted is not tried again", async () => {
  const controller = new AbortController();
  let sent = 0;
  const below: Fetch = () => {
    sent++;
    controller.abort();
    return Promise.reject(refused);
  };
  const fetch = stack(below, retry());
  await assert.rejects(fetch(url, { signal: controller.signal }), (error) => error === refused);
  assert.equal(sent, 1);
});

Deno.test("retry: a total timeout above ends the wait, one below is tried again", async () => {
  const clock = new VirtualClock();
  let sent = 0;
  const below: Fetch = (_input, init) => {
    sent++;
    return new Promise((_, reject) => {
      init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
    });
  };
  const fetch = stack(
    below,
    timeout({ total: 1_050, clock }),
    retry({ jitter: "none", count: 5, clock }),
    timeout({ attempt: 400, clock }),
  );
  const call = fetch(url).catch((error) => error);
  await clock.advance(1_049);
  // The third would begin at 1,100.
  assert.equal(sent, 2);
  await clock.advance(1);
  const error = await call;
  assert.ok(error instanceof IdleTimeoutError);
  assert.equal(error.phase, "total");
  assert.equal(clock.pendingTimers, 0);
});

Deno.test("retry: the program decides, where it does", async () => {
  const asked: unknown[][] = [];
  const script = scripted([200, 503, 400, new SslError("untrusted"), 503], {
    count: 9,
    shouldRetry: ({ attempt, method, url, response, error }) => {
      asked.push([attempt, method, url, response?.status ?? (error as Error).name]);
      if (response?.status === 200 || error !== undefined) return true;
      return response?.status === 400 ? Promise.resolve(true) : attempt === 5 ? false : undefined;
    },
  });
  assert.deepEqual(await done(script, script.fetch(url)), { status: 503 });
  assert.deepEqual(asked, [
    [1, "GET", url, 200],
    [2, "GET", url, 503],
    [3, "GET", url, 400],
    [4, "GET", url, "SslError"],
    [5, "GET", url, 503],
  ]);
});

Deno.test("retry: the program is told of each retry", async () => {
  const told: RetryNotice[] = [];
  const script = scripted([503, refused, 200], { onRetry: (notice) => void told.push(notice) });
  await done(script, script.fetch(url));
  assert.deepEqual(
    told.map(({ attempt, delay, method, url, response, error }) => {
      return [attempt, delay, method, url, response?.status, error];
    }),
    [[1, 100, "GET", url, 503, undefined], [2, 200, "GET", url, undefined, refused]],
  );
});

Deno.test("retry: what the program's functions throw ends the call, and frees the response", async () => {
  for (const name of ["onRetry", "shouldRetry"] as const) {
    const mistake = new Error("a mistake");
    const script = scripted([503], { [name]: () => Promise.reject(mistake) });
    assert.deepEqual(await done(script, script.fetch(url)), { error: mistake });
    assert.equal(script.cancelled(), 1);
  }
});

Deno.test("retry: the budget is shared, and says when it is used up", async () => {
  const clock = new VirtualClock();
  const budget = new RetryBudget({ ratio: 0, perSecond: 0.31, burst: 3, clock });
  const one = scripted([refused], { budget });
  const other = scripted([refused], { budget });
  await done(one, one.fetch(url));
  const { error } = await done(other, other.fetch(url));
  assert.deepEqual([one.sent.length, other.sent.length], [3, 2]);
  assert.equal(
    (error as Error).message,
    "All the retry attempts failed. The request was sent 2 times, not again as the retry budget is used up",
  );
  const { calls, retries, refused: denied } = budget.metrics;
  assert.deepEqual([calls, retries, denied], [2, 3, 1]);
});

Deno.test("retry: a service that is down is not called three times as often", async () => {
  for (const [budget, most] of [[{}, 1_300], [false, 3_000]] as const) {
    const script = scripted([503], { budget });
    const calls = [];
    for (let count = 0; count < 1_000; count++) {
      calls.push(script.fetch(url));
      await script.clock.advance(1);
    }
    await script.clock.advance(10_000);
    for (const call of calls) await (await call).body?.cancel();
    assert.ok(
      script.sent.length <= most && script.sent.length >= most - 110,
      String(script.sent.length),
    );
  }
});

Deno.test("retry: a call that is answered goes on untouched", async () => {
  const script = scripted([200]);
  const init = { headers: { a: "1" } };
  await script.fetch(url, init);
  const request = new Request(url);
  await script.fetch(request);
  assert.equal(script.inputs[0]?.[1], init);
  assert.equal(script.inputs[1]?.[0], request);
});

Deno.test("retry: what cannot be sent rejects, and fields that can be read once are read once", async () => {
  const script = scripted([503]);
  const bad = { method: "POST", headers: { "bad name": "1" } };
  await assert.rejects(script.fetch(url, bad), TypeError);
  const read = new Request(url, { method: "PUT", body: "x" });
  await read.text();
  await assert.rejects(script.fetch(read, { headers: { a: "1" } }), TypeError);
  const headers = new Map([["idempotency-key", "1"]]).entries() as unknown as Headers;
  await done(script, script.fetch(url, { method: "POST", headers }));
  assert.equal(script.sent.length, 3);
  for (const [, init] of script.inputs) {
    assert.equal(new Headers(init?.headers).get("idempotency-key"), "1");
  }
});

Deno.test("retry: is what a model says that reads the script", async () => {
  const outcome = fc.constantFrom<keyof typeof outcomes>(...keys);
  const options = fc.record({
    count: fc.integer({ min: 1, max: 5 }),
    interval: fc.nat(300),
    backOffFactor: fc.constantFrom(-1, 0.5, 1, 2, 4),
    maxInterval: fc.integer({ min: 300, max: 1_000 }),
    retryAfter: fc.constantFrom<number | false>(false, 500, 3_000),
    total: fc.integer({ min: 301, max: 5_000 }),
  });
  const schedule = fc.array(outcome, { minLength: 1, maxLength: 7 });
  await fc.assert(
    fc.asyncProperty(options, schedule, async (given, names) => {
      const script = scripted(names.map((name) => outcomes[name]()), { ...given, budget: false });
      const { status, error } = await done(script, script.fetch(url));
      const model = expected(given, names);
      assert.deepEqual(script.sent, model.sent);
      const last = outcomes[model.last]();
      if (model.isWrapped) assert.ok(error instanceof AllRetryAttemptsFailed);
      else if (last instanceof Error) assert.equal((error as Error).message, last.message);
      else assert.equal(status, last.status);
    }),
    settings,
  );
});

const settings = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 10_000 };

const outcomes = {
  fine: () => new Response("fine"),
  missing: () => new Response("missing", { status: 404 }),
  busy: () => new Response("busy", { status: 503 }),
  told: () => new Response("told", { status: 429, headers: { "retry-after": "2" } }),
  late: () => new IdleTimeoutError("late"),
  untrusted: () => new SslError("untrusted"),
};

const keys = Object.keys(outcomes) as (keyof typeof outcomes)[];

/** What a caller would expect of the options, in the order of their documentation. */
function expected(
  options: Required<
    Pick<
      RetryOptions,
      "count" | "interval" | "backOffFactor" | "maxInterval" | "retryAfter" | "total"
    >
  >,
  names: readonly (keyof typeof outcomes)[],
): { sent: number[]; last: keyof typeof outcomes; isWrapped: boolean } {
  const sent = [0];
  let now = 0;
  let wait = options.interval;
  for (;;) {
    const last = names[Math.min(sent.length, names.length) - 1] ?? "fine";
    const fails = last === "busy" || last === "told" || last === "late";
    const isWrapped = last === "late" && sent.length > 1;
    if (!fails) return { sent, last, isWrapped: false };
    if (sent.length > options.count) return { sent, last, isWrapped };
    const asked = last === "told" && options.retryAfter !== false ? 2_000 : 0;
    if (options.retryAfter !== false && asked > options.retryAfter) {
      return { sent, last, isWrapped };
    }
    const delay = Math.max(wait, asked);
    if (now + delay >= options.total) return { sent, last, isWrapped };
    now += delay;
    sent.push(now);
    const factor = options.backOffFactor > 0 ? options.backOffFactor : 1;
    wait = Math.min(options.maxInterval, wait * factor);
  }
}

Deno.test("retry: configurations that make no sense are refused", () => {
  const table: [options: unknown, message: RegExp][] = [
    [{ retries: 3 }, /^TypeError: retry has no option "retries": use one of count, interval/],
    [
      { count: 0 },
      /^RangeError: retry needs a whole number from 1 for count, not 0: leave retry out/,
    ],
    [{ count: 1.5 }, /^RangeError: .*count, not 1\.5/],
    [{ interval: -1 }, /^RangeError: .*milliseconds from 0 .* for interval, not -1$/],
    [{ interval: NaN }, /^RangeError: .*interval, not NaN/],
    [{ backOffFactor: NaN }, /^RangeError: .*backOffFactor, not NaN/],
    [{ maxInterval: 0 }, /^RangeError: .*above 0 .*maxInterval, not 0/],
    [{ interval: 900, maxInterval: 800 }, /^RangeError: retry never waits interval \(900 ms\)/],
    [{ maxInterval: 1_000, maxWaitInterval: 1_000 }, /^TypeError: .*leave out one of them/],
    [{ jitter: "some" }, /^TypeError: retry has no jitter "some": use "full", "equal" or "none"$/],
    [{ statusCodes: 503 }, /^TypeError: retry needs a list for statusCodes/],
    [{ statusCodes: [42] }, /^RangeError: retry needs statuses .*not 42$/],
    [{ methods: "GET" }, /^TypeError: retry needs a list for methods/],
    [{ methods: [1] }, /^TypeError: retry needs a list for methods/],
    [{ retryAfter: 0 }, /^RangeError: .*above 0 .*retryAfter, not 0/],
    [{ retryAfter: true }, /^RangeError: .*retryAfter, not true/],
    [{ bufferLimit: -1 }, /^RangeError: .*bufferLimit, not -1/],
    [{ total: 0 }, /^RangeError: .*total, not 0/],
    [{ total: 100, jitter: "none" }, /^RangeError: retry never repeats a call/],
    [{ budget: 3 }, /^TypeError: retry needs a RetryBudget, its options or false for budget$/],
    [{ budget: { percent: 3 } }, /^TypeError: A RetryBudget has no option "percent"/],
    [{ shouldRetry: true }, /^TypeError: retry needs a function for shouldRetry$/],
    [{ onRetry: {} }, /^TypeError: retry needs a function for onRetry$/],
    [{ random: 4 }, /^TypeError: retry needs a function for random$/],
  ];
  for (const [options, message] of table) {
    assert.throws(() => retry(options as RetryOptions), message, JSON.stringify(options));
  }
});
