/**
 * Circuit breaking as a layer (spec 2.4.1.5): calls to a target that fails are refused for a while
 * without being sent, so that it can recover and nobody waits in vain.
 *
 * What a call ends with is known when the head of its response is there; a body that breaks off later
 * is the caller's to see. It sends nothing again: that is for a retry layer above.
 *
 * @module
 */
import { CircuitBreakerConfigError } from "../message/client_errors.ts";
import type { Layer } from "../message/fetch.ts";
import { ownOptions } from "../message/options.ts";
import type { CircuitBreakerConfig } from "./circuit_breaker_config.ts";
import { CircuitBreaker } from "./circuit_breaker_object.ts";

/** Options of {@linkcode circuitBreaker}: the configuration of a breaker, or one that is there already. */
export interface CircuitBreakerOptions extends CircuitBreakerConfig {
  /**
   * The circuits to go by, in place of all other options: to share them, to look at them, or to switch
   * them by hand.
   *
   * @default those of a breaker of its own
   */
  readonly breaker?: CircuitBreaker;
}

/**
 * Refuses calls to targets that fail, or are slow, with {@linkcode CircuitOpenError}: an
 * {@linkcode UpstreamServiceUnavailableError} that says when to come back.
 *
 * Failures are errors of the network, timeouts and, unless it is told otherwise, 5xx. A call that the
 * caller aborts, that is malformed, or that a layer below refuses is none. Put it outside the timeout
 * of an attempt, so that it sees the timeout, and inside retry and failover, so that they ask it
 * each time.
 *
 * @throws {CircuitBreakerConfigError} when a value is out of its range, or has no effect beside the
 * others.
 * @throws {GenericClientError} when the window is shorter than its buckets.
 * @throws {TypeError} when an option is unknown.
 *
 * @example
 * ```ts
 * import { circuitBreaker, stack, timeout } from "@pirouette/http/layers";
 *
 * const guarded = stack(
 *   fetch,
 *   circuitBreaker({ failureThreshold: 0.5, resetTime: 5_000 }),
 *   timeout({ attempt: 2_000 }),
 * );
 * const response = await guarded("https://albums.example/latest");
 * ```
 */
export function circuitBreaker(options: CircuitBreakerOptions = {}): Layer {
  const breaker = breakerOf(options);
  return (next) => (input, init) => breaker.send(next, input, init);
}

/**
 * The breaker that a configuration asks for: the one it is, or a new one; `undefined` where it says
 * that there is to be none.
 *
 * @throws {CircuitBreakerConfigError} when it is none of these, or as {@linkcode circuitBreaker}.
 *
 * @example
 * ```ts
 * import { circuitBreaker, circuitBreakerOf } from "@pirouette/http/layers";
 *
 * const breaker = circuitBreakerOf({ resetTime: 10_000 });
 * const guarded = breaker === undefined ? fetch : circuitBreaker({ breaker })(fetch);
 * ```
 */
export function circuitBreakerOf(
  config: boolean | CircuitBreaker | CircuitBreakerConfig | undefined,
): CircuitBreaker | undefined {
  if (config === undefined || config === false) return undefined;
  if (config === true) return new CircuitBreaker();
  if (config instanceof CircuitBreaker) return config;
  if (typeof config !== "object" || config === null) {
    throw new CircuitBreakerConfigError(
      `Cannot break circuits by a ${typeof config}: give true, a CircuitBreaker or its configuration`,
    );
  }
  return new CircuitBreaker(config);
}

function breakerOf(options: CircuitBreakerOptions): CircuitBreaker {
  const { breaker, ...config } = ownOptions(options);
  if (breaker === undefined) return new CircuitBreaker(config);
  if (!(breaker instanceof CircuitBreaker)) {
    throw new CircuitBreakerConfigError("circuitBreaker needs a CircuitBreaker for breaker");
  }
  const [other] = Object.keys(config);
  if (other !== undefined) {
    throw new CircuitBreakerConfigError(
      `${other} has no effect beside breaker: give it to the CircuitBreaker`,
    );
  }
  return breaker;
}
