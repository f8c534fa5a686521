/**
 * The circuit breaker cases (spec 2.4.1.5), and what the original library's own tests hold beyond them.
 * Times are virtual; a timeout layer stands for a client's `timeout`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Client, type Fetch, stack } from "@pirouette/http";
import { VirtualClock } from "@pirouette/http/testing";
import { circuitBreaker } from "../../src/layers/circuit_breaker.ts";
import type { CircuitBreakerConfig } from "../../src/layers/circuit_breaker_config.ts";
import { CircuitBreaker } from "../../src/layers/circuit_breaker_object.ts";
import { timeout } from "../../src/layers/timeout.ts";
import {
  CircuitBreakerConfigError,
  GenericClientError,
  IdleTimeoutError,
  UnsupportedActionError,
  UpstreamServiceUnavailableError,
} from "../../src/message/client_errors.ts";
import { conformance } from "./cases.ts";

const url = "http://backend.example/hello";
const window = { timeWindow: 60_000, bucketSize: 20_000 };
const unavailable =
  /^Upstream service unavailable\. Requests to upstream service will be suspended for \d+ seconds\.$/;

/** A backend that answers each call as the list says, its last entry for ever. */
class Backend {
  readonly clock = new VirtualClock();
  readonly breaker: CircuitBreaker;
  calls = 0;
  readonly #answers: readonly (number | "hangs")[];
  readonly #client: Fetch;

  constructor(config: CircuitBreakerConfig, ...answers: readonly (number | "hangs")[]) {
    const { clock } = this;
    this.#answers = answers;
    this.breaker = new CircuitBreaker({ clock, ...config });
    this.#client = stack(
      (_, init) => this.#answer(init?.signal ?? undefined),
      circuitBreaker({ breaker: this.breaker }),
      timeout({ headers: 2_000, clock }),
    );
  }

  /** What a call ends with: a status, or the name of an error. */
  async call(method = "GET"): Promise<number | string> {
    const ended = this.#client(url, { method }).then(
      ({ status }) => status,
      (error: Error) => {
        if (error instanceof UpstreamServiceUnavailableError) {
          assert.match(error.message, unavailable);
        }
        if (error instanceof IdleTimeoutError) {
          assert.equal(
            error.message,
            "Idle timeout triggered before initiating inbound response",
          );
        }
        return error.name;
      },
    );
    await this.clock.advance(0);
    if (this.clock.pendingTimers > 0) await this.clock.advance(2_000);
    return await ended;
  }

  async run(count: number): Promise<(number | string)[]> {
    const seen = [];
    for (let at = 0; at < count; at++) seen.push(await this.call());
    return seen;
  }

  #answer(signal: AbortSignal | undefined): Promise<Response> {
    const answer = this.#answers[Math.min(this.calls++, this.#answers.length - 1)] ?? 200;
    if (answer !== "hangs") return Promise.resolve(new Response("Hello", { status: answer }));
    return new Promise((_, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason));
    });
  }
}

const refused = "UpstreamServiceUnavailableError";
const timedOut = "IdleTimeoutError";

conformance("circuitbreaker", {
  "status code failures": async () => {
    const backend = new Backend({
      rollingWindow: { ...window, requestVolumeThreshold: 3 },
      failureThreshold: 0.3,
      resetTime: 1_000,
      statusCodes: [501, 502, 503],
    }, 503);
    assert.deepEqual(await backend.run(5), [503, 503, 503, refused, refused]);
  },
  "trip on timeout then recover": async () => {
    const backend = new Backend(
      {
        rollingWindow: { ...window, requestVolumeThreshold: 0 },
        failureThreshold: 0.3,
        resetTime: 5_000,
        statusCodes: [501, 502, 503],
      },
      200,
      200,
      "hangs",
      200,
    );
    assert.deepEqual(await backend.run(5), [200, 200, timedOut, refused, refused]);
    await backend.clock.advance(5_000);
    assert.equal(backend.breaker.currentState(), "HALF_OPEN");
    assert.deepEqual(await backend.run(2), [200, 200]);
    assert.equal(backend.breaker.currentState(), "CLOSED");
  },
  "failed trial re-opens": async () => {
    const backend = new Backend(
      {
        rollingWindow: { ...window, requestVolumeThreshold: 0 },
        failureThreshold: 0.3,
        resetTime: 2_000,
        statusCodes: [501, 502, 503],
      },
      503,
      503,
      200,
    );
    assert.deepEqual(await backend.run(2), [503, refused]);
    await backend.clock.advance(3_000);
    assert.deepEqual(await backend.run(2), [503, refused]);
    assert.equal(backend.calls, 2);
  },
  "config validation": () => {
    for (const failureThreshold of [2, 1.01, -0.1, NaN]) {
      assert.throws(
        () => new CircuitBreaker({ failureThreshold }),
        (error: Error) =>
          error instanceof CircuitBreakerConfigError &&
          error.message === "Invalid failure threshold. Failure threshold value should between " +
              `0 to 1, found ${failureThreshold}`,
      );
    }
    assert.throws(
      () => circuitBreaker({ rollingWindow: { timeWindow: 2_000, bucketSize: 3_000 } }),
      (error: Error) =>
        error instanceof GenericClientError &&
        error.message ===
          "Circuit breaker 'timeWindow' value should be greater than the 'bucketSize' value.",
    );
    // As there, one bucket that is the window is none too many.
    new CircuitBreaker({ rollingWindow: { timeWindow: 3_000, bucketSize: 3_000 } });
  },
  "request volume threshold": async () => {
    const rollingWindow = { requestVolumeThreshold: 6 };
    for (const config of [{ rollingWindow }, { rollingWindow, statusCodes: [500] }]) {
      const backend = new Backend(config, 500);
      assert.deepEqual(await backend.run(7), [500, 500, 500, 500, 500, 500, refused]);
    }
  },
});

Deno.test("circuitbreaker, original: forced open, and forced closed, whatever the method", async () => {
  for (const method of ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]) {
    const backend = new Backend({
      rollingWindow: { ...window, requestVolumeThreshold: 0 },
      failureThreshold: 0.2,
      resetTime: 1_000,
      statusCodes: [501, 502, 503],
    }, 200);
    const control = new Client("http://backend.example", { circuitBreaker: backend.breaker });
    control.circuitBreakerForceClose();
    assert.equal(await backend.call(method), 200);
    control.circuitBreakerForceOpen();
    assert.equal(control.getCircuitBreakerCurrentState(), "OPEN");
    assert.equal(await backend.call(method), refused);
    assert.equal(await backend.call(method), refused);
    control.circuitBreakerForceClose();
    assert.equal(control.getCircuitBreakerCurrentState(), "CLOSED");
    assert.equal(await backend.call(method), 200);
  }
});

Deno.test("circuitbreaker, original: forced closed after timeouts opened it", async () => {
  const backend = new Backend(
    {
      rollingWindow: { ...window, requestVolumeThreshold: 2 },
      failureThreshold: 0.6,
      resetTime: 1_000,
      statusCodes: [501, 502, 503],
    },
    "hangs",
    "hangs",
    200,
  );
  assert.deepEqual(await backend.run(3), [timedOut, timedOut, refused]);
  backend.breaker.forceClose();
  assert.deepEqual(await backend.run(2), [200, 200]);
});

Deno.test("circuitbreaker, original: without status codes no status is a failure", async () => {
  const backend = new Backend(
    {
      rollingWindow: { timeWindow: 60_000, bucketSize: 5_000, requestVolumeThreshold: 0 },
      failureThreshold: 0.2,
      resetTime: 60_000,
      statusCodes: [],
    },
    200,
    200,
    500,
    200,
  );
  assert.deepEqual(await backend.run(5), [200, 200, 500, 200, 200]);
});

Deno.test("circuitbreaker, original: a connection that is refused opens it", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const guarded = stack(
    fetch,
    circuitBreaker({ rollingWindow: { requestVolumeThreshold: 0 }, failureThreshold: 0.2 }),
  );
  const address = `http://127.0.0.1:${port}/hello`;
  await assert.rejects(guarded(address), TypeError);
  await assert.rejects(guarded(address), { name: refused, message: unavailable, status: 503 });
});

Deno.test("circuitbreaker, original: a client without one has nothing to switch", () => {
  const control = new Client("http://backend.example");
  for (
    const method of [
      "circuitBreakerForceClose",
      "circuitBreakerForceOpen",
      "getCircuitBreakerCurrentState",
    ] as const
  ) {
    assert.throws(
      () => control[method](),
      (error: Error) =>
        error instanceof UnsupportedActionError && error.message.startsWith(
          `illegal method invocation. '${method}()' is allowed for clients which have ` +
            "configured with circuit breaker configurations",
        ),
    );
  }
});
