/**
 * Circuit breaking: what counts as a failure, what a refused call is told, trials, states by hand, and
 * what is kept. The state machine as a whole is in `circuit_breaker_model_test.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Fetch, get, serve, service, stack } from "@pirouette/http";
import { VirtualClock } from "@pirouette/http/testing";
import { circuitBreaker, circuitBreakerOf } from "../../src/layers/circuit_breaker.ts";
import type { CircuitBreakerConfig } from "../../src/layers/circuit_breaker_config.ts";
import { CircuitBreaker } from "../../src/layers/circuit_breaker_object.ts";
import { retry } from "../../src/layers/retry.ts";
import type { CircuitStateChange } from "../../src/layers/circuit_breaker_state.ts";
import { timeout } from "../../src/layers/timeout.ts";
import { CircuitOpenError } from "../../src/message/circuit_open_error.ts";
import {
  ClientAuthError,
  ClientConnectorError,
  GenericClientError,
  IdleTimeoutError,
  MaximumWaitTimeExceededError,
  ReadingInboundResponseHeadersError,
  SslError,
  UpstreamServiceUnavailableError,
} from "../../src/message/client_errors.ts";
import { sayingServer } from "../support/tcp_server.ts";

const url = "http://a.example/";
const eager = { requestVolumeThreshold: 1 };

/** A fetch whose answers are settled by hand. */
class Pending {
  readonly answers: PromiseWithResolvers<Response>[] = [];

  readonly fetch: Fetch = () => {
    const answer = Promise.withResolvers<Response>();
    this.answers.push(answer);
    return answer.promise;
  };
}

function answering(...statuses: number[]): Fetch {
  let at = 0;
  return () => {
    const status = statuses[Math.min(at++, statuses.length - 1)] ?? 200;
    return Promise.resolve(new Response(null, { status }));
  };
}

async function refusal(answer: Promise<Response>): Promise<CircuitOpenError> {
  const error = await answer.then(() => undefined, (reason) => reason);
  assert.ok(error instanceof CircuitOpenError, String(error));
  return error;
}

/** Whether one call that ends like this opens the circuit. */
async function opens(next: Fetch, config: CircuitBreakerConfig = {}): Promise<boolean> {
  const breaker = new CircuitBreaker({ rollingWindow: eager, failureThreshold: 0, ...config });
  await breaker.send(next, url).catch(() => {});
  return breaker.currentState() === "OPEN";
}

Deno.test("circuit breaker: which statuses are failures", async () => {
  for (const status of [200, 204, 304, 400, 404, 408, 429, 499]) {
    assert.equal(await opens(answering(status)), false, String(status));
  }
  for (const status of [500, 501, 503, 599]) assert.equal(await opens(answering(status)), true);
  assert.equal(await opens(answering(500), { statusCodes: [429, 503] }), false);
  assert.equal(await opens(answering(429), { statusCodes: [429, 503] }), true);
  assert.equal(await opens(answering(500), { statusCodes: [] }), false);
});

Deno.test("circuit breaker: which errors are failures", async () => {
  const network = new TypeError("error sending request", { cause: new Error("refused") });
  const table: [error: unknown, isFailure: boolean][] = [
    [new IdleTimeoutError("late"), true],
    [new ClientConnectorError("refused"), true],
    [new ReadingInboundResponseHeadersError("broken"), true],
    [new SslError("untrusted"), true],
    [network, true],
    [new DOMException("late", "TimeoutError"), true],
    [new Error("who knows"), true],
    ["who knows", true],
    [undefined, true],
    [new TypeError("Invalid URL"), false],
    [new RangeError("Invalid status"), false],
    [new DOMException("aborted", "AbortError"), false],
    [new GenericClientError("misused"), false],
    [new MaximumWaitTimeExceededError("no connection free"), false],
    [new ClientAuthError("no token"), false],
    [new UpstreamServiceUnavailableError("refused below"), false],
  ];
  for (const [error, isFailure] of table) {
    assert.equal(await opens(() => Promise.reject(error)), isFailure, String(error));
    const throwing: Fetch = () => {
      throw error;
    };
    assert.equal(await opens(throwing), isFailure, String(error));
  }
});

Deno.test("circuit breaker: what the caller aborts is no failure, whoever carries the signal", async () => {
  for (const reason of [new Error("enough"), new DOMException("late", "TimeoutError")]) {
    for (const carry of ["init", "request"] as const) {
      const breaker = new CircuitBreaker({ rollingWindow: eager, failureThreshold: 0 });
      const controller = new AbortController();
      const pending = new Pending();
      const { signal } = controller;
      const call = carry === "init"
        ? breaker.send(pending.fetch, url, { signal })
        : breaker.send(pending.fetch, new Request(url, { signal }));
      controller.abort(reason);
      pending.answers[0]?.reject(reason);
      await assert.rejects(call, (error) => error === reason);
      assert.equal(breaker.metrics().total, 0);
    }
  }
});

Deno.test("circuit breaker: isFailure decides, and its mistakes cost no response", async () => {
  const seen: unknown[] = [];
  const errors: unknown[] = [];
  const mistake = new Error("mistake");
  const breaker = new CircuitBreaker({
    rollingWindow: { size: 10, requestVolumeThreshold: 10 },
    clock: new VirtualClock(),
    onError: (error) => errors.push(error),
    isFailure({ response, error, isAborted, duration }) {
      seen.push([response?.status, error, isAborted, duration]);
      if (response?.status === 500) throw mistake;
      return response?.status === 404;
    },
  });
  const next = answering(404, 503, 500);
  for (const status of [404, 503, 500]) {
    assert.equal((await breaker.send(next, url)).status, status);
  }
  const signal = AbortSignal.abort("enough");
  await assert.rejects(breaker.send(() => Promise.reject("enough"), url, { signal }));
  assert.deepEqual(seen, [
    [404, undefined, false, 0],
    [503, undefined, false, 0],
    [500, undefined, false, 0],
    [undefined, "enough", true, 0],
  ]);
  assert.deepEqual(errors, [mistake]);
  const { total, failed } = breaker.metrics();
  assert.deepEqual([total, failed], [3, 1]);
});

Deno.test("circuit breaker: slow calls open it, those included that were aborted too late", async () => {
  const clock = new VirtualClock();
  const changes: CircuitStateChange[] = [];
  const breaker = new CircuitBreaker({
    clock,
    rollingWindow: { requestVolumeThreshold: 4 },
    slowCallDuration: 1_000,
    onStateChange: (change) => changes.push(change),
  });
  const call = async (time: number, aborts = false): Promise<void> => {
    const pending = new Pending();
    const controller = new AbortController();
    const answer = breaker.send(pending.fetch, url, { signal: controller.signal });
    await clock.advance(time);
    if (aborts) {
      controller.abort();
      pending.answers[0]?.reject(controller.signal.reason);
    } else pending.answers[0]?.resolve(new Response());
    await answer.catch(() => {});
  };
  await call(500, true);
  await call(1_000);
  await call(1_001);
  await call(1_001, true);
  assert.deepEqual(breaker.metrics().slowRatio, 2 / 3);
  assert.equal(breaker.currentState(), "CLOSED");
  await call(5_000);
  assert.deepEqual(changes.map(({ to, reason }) => [to, reason]), [["OPEN", "slow-calls"]]);
  // A trial that is slow is none that succeeded.
  await clock.advance(5_000);
  await call(2_000);
  assert.equal(breaker.currentState(), "OPEN");
  assert.equal(changes.at(-1)?.reason, "trial-failed");
});

Deno.test("circuit breaker: a refused call is told how long, why, and costs nothing below", async () => {
  const clock = new VirtualClock();
  const breaker = new CircuitBreaker({ clock, rollingWindow: { consecutive: 2 } });
  const broken = new ClientConnectorError("Cannot connect to a.example");
  let calls = 0;
  const next: Fetch = () => {
    calls++;
    return Promise.reject(broken);
  };
  for (let at = 0; at < 2; at++) await assert.rejects(breaker.send(next, url), broken);
  await clock.advance(1_500);
  const error = await refusal(breaker.send(next, new URL("http://a.example/other?secret=1")));
  assert.deepEqual(
    [error.name, error.code, error.status, error.target, error.retryAfter, error.message],
    [
      "UpstreamServiceUnavailableError",
      "UPSTREAM_SERVICE_UNAVAILABLE",
      503,
      "http://a.example",
      3_500,
      "Upstream service unavailable. Requests to upstream service will be suspended for 4 seconds.",
    ],
  );
  assert.ok(error instanceof UpstreamServiceUnavailableError);
  assert.equal(error.cause, broken);
  assert.equal(calls, 2);
  assert.equal(breaker.metrics().rejected, 1);
  // What opened it stays to be seen while it is open.
  assert.deepEqual([breaker.metrics().failed, breaker.metrics().failureRatio], [2, 1]);
});

Deno.test("circuit breaker: a caller who aborted gets the own reason from an open circuit", async () => {
  const breaker = new CircuitBreaker();
  breaker.isolate();
  const signal = AbortSignal.abort("enough");
  await assert.rejects(
    breaker.send(answering(200), url, { signal }),
    (reason) => reason === "enough",
  );
  await assert.rejects(
    breaker.send(answering(200), new Request(url, { signal })),
    (reason) => reason === "enough",
  );
  assert.equal(breaker.metrics().rejected, 0);
});

Deno.test("circuit breaker: of 1,000 callers in half-open exactly n go through", async () => {
  for (const trialRequests of [1, 3, 10]) {
    const clock = new VirtualClock();
    const breaker = new CircuitBreaker({ clock, trialRequests });
    breaker.forceOpen();
    await refusal(breaker.send(answering(200), url));
    await clock.advance(5_000);
    const pending = new Pending();
    const answers = Array.from({ length: 1_000 }, () => breaker.send(pending.fetch, url));
    const ends = Promise.allSettled(answers);
    assert.equal(pending.answers.length, trialRequests);
    assert.equal(breaker.metrics().trials, trialRequests);
    for (const { resolve } of pending.answers) resolve(new Response());
    const results = await ends;
    const refused = results.filter(({ status }) => status === "rejected");
    assert.equal(refused.length, 1_000 - trialRequests);
    for (const result of refused) {
      assert.ok(result.status === "rejected" && result.reason instanceof CircuitOpenError);
      assert.equal(result.reason.retryAfter, 0);
      assert.match(result.reason.message, / for 1 seconds\.$/);
    }
    assert.equal(breaker.currentState(), "CLOSED");
  }
});

Deno.test("circuit breaker: the first trial that fails opens it again, for twice as long", async () => {
  const clock = new VirtualClock();
  const breaker = new CircuitBreaker({
    clock,
    rollingWindow: eager,
    trialRequests: 3,
    resetTime: 1_000,
    maxResetTime: 5_000,
  });
  await breaker.send(answering(500), url);
  for (const suspended of [1_000, 2_000, 4_000, 5_000, 5_000]) {
    assert.equal(breaker.metrics().suspendedFor, suspended);
    await clock.advance(suspended);
    const [first, second] = [new Pending(), new Pending()];
    const calls = [breaker.send(first.fetch, url), breaker.send(second.fetch, url)];
    first.answers[0]?.resolve(new Response(null, { status: 503 }));
    await calls[0];
    assert.equal(breaker.currentState(), "OPEN");
    // The other one is of an earlier epoch, and has no say.
    second.answers[0]?.resolve(new Response());
    await calls[1];
    assert.equal(breaker.currentState(), "OPEN");
  }
  await clock.advance(5_000);
  for (let at = 0; at < 3; at++) await breaker.send(answering(200), url);
  assert.equal(breaker.currentState(), "CLOSED");
  await breaker.send(answering(500), url);
  assert.equal(breaker.metrics().suspendedFor, 1_000);
});

Deno.test("circuit breaker: a trial that says nothing gives its place back, one that hangs loses it", async () => {
  const clock = new VirtualClock();
  const breaker = new CircuitBreaker({ clock, rollingWindow: eager, trialTimeout: 10_000 });
  await breaker.send(answering(500), url);
  await clock.advance(5_000);
  const controller = new AbortController();
  const aborted = new Pending();
  const call = breaker.send(aborted.fetch, url, { signal: controller.signal });
  await refusal(breaker.send(answering(200), url));
  controller.abort("enough");
  aborted.answers[0]?.reject("enough");
  await assert.rejects(call, (reason) => reason === "enough");

  const hanging = new Pending();
  const hung = breaker.send(hanging.fetch, url);
  await clock.advance(9_999);
  await refusal(breaker.send(answering(200), url));
  await clock.advance(1);
  await breaker.send(answering(200), url);
  assert.equal(breaker.currentState(), "CLOSED");
  hanging.answers[0]?.resolve(new Response(null, { status: 500 }));
  await hung;
  assert.equal(breaker.metrics().total, 0);
});

Deno.test("circuit breaker: what was sent before it opened says nothing after it closed", async () => {
  const breaker = new CircuitBreaker({ rollingWindow: eager });
  const pending = new Pending();
  const calls = Array.from({ length: 5 }, () => breaker.send(pending.fetch, url));
  pending.answers[0]?.resolve(new Response(null, { status: 500 }));
  await calls[0];
  breaker.forceClose();
  for (const { reject } of pending.answers.slice(1)) reject(new Error("late"));
  await Promise.allSettled(calls);
  assert.equal(breaker.currentState(), "CLOSED");
  assert.equal(breaker.metrics().total, 0);
});

Deno.test("circuit breaker: its states by hand", async () => {
  const clock = new VirtualClock();
  const breaker = new CircuitBreaker({ clock });
  const next = answering(200);
  await breaker.send(next, url);
  breaker.forceOpen("http://a.example");
  assert.equal((await refusal(breaker.send(next, url))).retryAfter, 5_000);
  await breaker.send(next, "http://b.example/");
  assert.deepEqual(breaker.targets(), ["http://a.example", "http://b.example"]);
  assert.equal(breaker.currentState("http://b.example"), "CLOSED");
  assert.equal(breaker.currentState("http://c.example"), "CLOSED");
  assert.equal(breaker.currentState(), "OPEN");
  await clock.advance(5_000);
  assert.equal(breaker.currentState(), "HALF_OPEN");
  await breaker.send(next, url);
  assert.equal(breaker.currentState(), "CLOSED");

  breaker.isolate("http://a.example");
  breaker.forceOpen("http://a.example");
  await clock.advance(86_400_000);
  const error = await refusal(breaker.send(next, url));
  assert.equal(error.retryAfter, Infinity);
  assert.match(error.message, /will be suspended until its circuit is closed\.$/);
  assert.equal(breaker.metrics("http://a.example").isIsolated, true);
  breaker.reset("http://a.example");
  await breaker.send(next, url);
  assert.deepEqual(breaker.metrics("http://a.example"), {
    state: "CLOSED",
    isIsolated: false,
    total: 1,
    failed: 0,
    slow: 0,
    failureRatio: 0,
    slowRatio: 0,
    suspendedFor: 0,
    openings: 0,
    rejected: 0,
    trials: 0,
  });
});

Deno.test("circuit breaker: what is said of all holds for targets that nobody called yet", async () => {
  const clock = new VirtualClock();
  const breaker = new CircuitBreaker({ clock });
  breaker.forceOpen();
  assert.equal(breaker.currentState(), "OPEN");
  assert.equal(breaker.metrics().suspendedFor, 5_000);
  await clock.advance(2_000);
  assert.equal((await refusal(breaker.send(answering(200), url))).retryAfter, 3_000);
  await clock.advance(3_000);
  await breaker.send(answering(200), "http://b.example/");
  breaker.isolate();
  await refusal(breaker.send(answering(200), "http://c.example/"));
  breaker.forceClose();
  await breaker.send(answering(200), "http://c.example/");
  assert.equal(breaker.currentState(), "CLOSED");
});

Deno.test("circuit breaker: changes are told, and listeners that fail are not in the way", async () => {
  const clock = new VirtualClock();
  const [changes, later, errors]: [CircuitStateChange[], string[], unknown[]] = [[], [], []];
  const breaker = new CircuitBreaker({
    clock,
    rollingWindow: eager,
    onError: (error) => errors.push(error),
    onStateChange(change) {
      changes.push(change);
      throw new Error("mistake");
    },
  });
  const end = breaker.subscribe(({ to }) => later.push(to));
  const cause = new ClientConnectorError("refused");
  await breaker.send(() => Promise.reject(cause), url).catch(() => {});
  await clock.advance(5_000);
  await breaker.send(answering(200), url);
  end();
  breaker.isolate();
  const target = "http://a.example";
  assert.deepEqual(changes, [
    { target, from: "CLOSED", to: "OPEN", reason: "failures", suspendedFor: 5_000, cause },
    { target, from: "OPEN", to: "HALF_OPEN", reason: "reset-time-over", suspendedFor: 0 },
    { target, from: "HALF_OPEN", to: "CLOSED", reason: "trials-succeeded", suspendedFor: 0 },
    { target, from: "CLOSED", to: "OPEN", reason: "forced", suspendedFor: Infinity },
  ]);
  assert.deepEqual(later, ["OPEN", "HALF_OPEN", "CLOSED"]);
  assert.equal(errors.length, 4);
});

Deno.test("circuit breaker: who is told of a change may make another", async () => {
  const clock = new VirtualClock();
  let react: (change: CircuitStateChange) => void = () => {};
  const breaker: CircuitBreaker = new CircuitBreaker({
    clock,
    rollingWindow: eager,
    onStateChange: (change) => react(change),
  });
  react = ({ to }) => to === "HALF_OPEN" && breaker.isolate();
  await breaker.send(answering(500), url);
  await clock.advance(5_000);
  assert.equal((await refusal(breaker.send(answering(200), url))).retryAfter, Infinity);
  breaker.forceClose();
  react = ({ to }) => to === "HALF_OPEN" && breaker.forceClose();
  await breaker.send(answering(500), url);
  await clock.advance(5_000);
  assert.equal((await breaker.send(answering(404), url)).status, 404);
  assert.deepEqual([breaker.metrics().trials, breaker.metrics().total], [0, 1]);
  react = ({ to }) => to === "OPEN" && breaker.forceClose();
  await breaker.send(answering(500), url);
  assert.equal(breaker.currentState(), "CLOSED");
});

Deno.test("circuit breaker: input and init go on as they came, and so does the response", async () => {
  const response = new Response("Hello");
  const seen: unknown[] = [];
  const guarded = stack((...parts) => {
    seen.push(...parts);
    return Promise.resolve(response);
  }, circuitBreaker({ slowCallDuration: 1_000 }));
  const init = { method: "POST", body: "x" };
  const request = new Request(url);
  assert.equal(await guarded(url, init), response);
  assert.equal(await guarded(request), response);
  assert.equal(seen[0], url);
  assert.equal(seen[1], init);
  assert.equal(seen[2], request);
  assert.equal(seen[3], undefined);
});

Deno.test("circuit breaker: the circuit outlives the layers around a call", async () => {
  const breaker = new CircuitBreaker({ rollingWindow: eager });
  await stack(answering(500), circuitBreaker({ breaker }))(url);
  await refusal(stack(answering(200), circuitBreaker({ breaker }))(url));
});

Deno.test("circuit breaker: inside a timeout it does not see, outside it does", async () => {
  const clock = new VirtualClock();
  const hanging: Fetch = (_, init) =>
    new Promise((_, reject) => {
      init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
    });
  const call = async (breaker: CircuitBreaker, isOutside: boolean): Promise<string> => {
    const layers = [circuitBreaker({ breaker }), timeout({ attempt: 1_000, clock })];
    const answer = stack(hanging, ...isOutside ? layers : layers.reverse())(url);
    const ended = assert.rejects(answer, IdleTimeoutError);
    await clock.advance(1_000);
    await ended;
    return breaker.currentState();
  };
  assert.equal(await call(new CircuitBreaker({ clock, rollingWindow: eager }), true), "OPEN");
  assert.equal(await call(new CircuitBreaker({ clock, rollingWindow: eager }), false), "CLOSED");
});

Deno.test("circuit breaker: a server that talks no HTTP, over the global fetch", async () => {
  await using broken = sayingServer("SSH-2.0-OpenSSH_9.6\r\n");
  const guarded = stack(fetch, circuitBreaker({ rollingWindow: { consecutive: 2 } }));
  await assert.rejects(guarded(broken.url), TypeError);
  await assert.rejects(guarded(broken.url), TypeError);
  const error = await refusal(guarded(broken.url));
  assert.equal(error.target, broken.url);
  assert.equal(broken.accepted, 2);
});

Deno.test("circuit breaker: in a gateway an open circuit is a 503 without its cause", async () => {
  const breaker = new CircuitBreaker({ rollingWindow: eager });
  const upstream = stack(
    () => Promise.reject(new Error("password=hunter2")),
    circuitBreaker({ breaker }),
  );
  await assert.rejects(upstream(url));
  const told: unknown[] = [];
  const gateway = service({ onError: (error) => told.push(error) }, [
    get("/", () => upstream(url)),
  ]);
  await using server = await serve(gateway, { port: 0 });
  const response = await fetch(server.url);
  assert.equal(response.status, 503);
  const text = await response.text();
  assert.match(text, /Upstream service unavailable\./);
  assert.doesNotMatch(text, /hunter2/);
  assert.ok(told[0] instanceof CircuitOpenError);
});

Deno.test("circuit breaker: what a configuration may be", () => {
  const breaker = new CircuitBreaker();
  assert.equal(circuitBreakerOf(undefined), undefined);
  assert.equal(circuitBreakerOf(false), undefined);
  assert.equal(circuitBreakerOf(breaker), breaker);
  assert.ok(circuitBreakerOf(true) instanceof CircuitBreaker);
  assert.equal(circuitBreakerOf({ resetTime: 7 })?.policy.resetTime, 7);
  assert.throws(() => circuitBreakerOf("yes" as never), { name: "CircuitBreakerConfigError" });
  const layer = circuitBreaker({ breaker });
  assert.equal(typeof layer(fetch), "function");
  assert.throws(
    () => circuitBreaker({ breaker, resetTime: 5 }),
    /resetTime has no effect beside breaker/,
  );
  assert.throws(() => circuitBreaker({ breaker: {} as never }), /needs a CircuitBreaker/);
});

Deno.test("circuit breaker: each refusal is an error of its own, and its trace names the caller", async () => {
  const breaker = new CircuitBreaker();
  breaker.isolate();
  const guarded = stack(answering(200), retry(), circuitBreaker({ breaker }));
  async function callOfMine(): Promise<Response> {
    return await guarded(url);
  }
  const [first, second] = await Promise.all([refusal(callOfMine()), refusal(callOfMine())]);
  assert.notEqual(first, second);
  assert.match(String(first.stack), /callOfMine/);
  // It says the state when it was made, not when it is caught.
  breaker.forceClose();
  assert.equal(first.retryAfter, Infinity);
});
