/**
 * The methods by which a client's circuit breaker is looked at and switched (spec 2.4.1.5).
 *
 * @module
 */
import { UnsupportedActionError } from "../message/client_errors.ts";
import type { CircuitBreaker } from "./circuit_breaker_object.ts";
import type { CircuitState } from "./circuit_breaker_state.ts";

/** The circuit breaker of a client, if it has one. */
export class CircuitBreakerControl {
  readonly #breaker: CircuitBreaker | undefined;

  /** Controls a breaker; where there is none each method throws. */
  constructor(breaker: CircuitBreaker | undefined) {
    this.#breaker = breaker;
  }

  /**
   * Closes all circuits and forgets the calls so far.
   *
   * @throws {UnsupportedActionError} when the client has no circuit breaker.
   */
  circuitBreakerForceClose(): void {
    this.#for("circuitBreakerForceClose").forceClose();
  }

  /**
   * Opens all circuits for the reset time.
   *
   * @throws {UnsupportedActionError} when the client has no circuit breaker.
   */
  circuitBreakerForceOpen(): void {
    this.#for("circuitBreakerForceOpen").forceOpen();
  }

  /**
   * The state that a call would meet.
   *
   * @throws {UnsupportedActionError} when the client has no circuit breaker.
   */
  getCircuitBreakerCurrentState(): CircuitState {
    return this.#for("getCircuitBreakerCurrentState").currentState();
  }

  #for(method: string): CircuitBreaker {
    if (this.#breaker !== undefined) return this.#breaker;
    // Programs that know the original library compare the beginning of this text.
    throw new UnsupportedActionError(
      `illegal method invocation. '${method}()' is allowed for clients which have configured with circuit breaker configurations: set circuitBreaker`,
    );
  }
}
