/**
 * One call through a circuit: let through, tried or refused, and what it ended with counted.
 *
 * What a call ends with is known when the head of its response is there.
 *
 * @module
 */
import { callSignal } from "../message/call_signal.ts";
import { CircuitOpenError, type CircuitOpenErrorOptions } from "../message/circuit_open_error.ts";
import type { Fetch } from "../message/fetch.ts";
import type { Circuit } from "./circuit_breaker_circuit.ts";
import { unlessAborted } from "./circuit_breaker_claim.ts";
import { isFailedCall, isFailedResponse } from "./circuit_breaker_judge.ts";
import type { CircuitPolicy } from "./circuit_breaker_policy.ts";
import type { SharedCircuit } from "./circuit_breaker_shared.ts";
import type { SharedClaim } from "./circuit_breaker_shared_state.ts";

/** Makes calls through circuits. */
export class CircuitCalls {
  readonly #policy: CircuitPolicy;
  readonly #timesCalls: boolean;
  /** Whether it matters when a call ends: asking for the time is most of what a circuit costs. */
  readonly #needsTime: boolean;

  /** Makes calls as the policy says. */
  constructor(policy: CircuitPolicy) {
    this.#policy = policy;
    this.#timesCalls = policy.slowCallDuration !== Infinity || policy.isFailure !== undefined;
    this.#needsTime = this.#timesCalls || policy.window.kind === "time";
  }

  /** Makes a call, or rejects with {@linkcode CircuitOpenError}. */
  send(
    circuit: Circuit,
    next: Fetch,
    input: Request | URL | string,
    init: RequestInit | undefined,
  ): Promise<Response> {
    if (circuit.isClosed) return this.#pass(circuit, next, input, init, undefined);
    if (!circuit.enter()) return refuse(circuit, input, init);
    const { agreement } = circuit;
    return agreement === undefined
      ? this.#pass(circuit, next, input, init, undefined)
      : this.#ask(circuit, agreement, next, input, init);
  }

  /** Makes a trial, if the other instances leave it to this one. */
  async #ask(
    circuit: Circuit,
    agreement: SharedCircuit,
    next: Fetch,
    input: Request | URL | string,
    init: RequestInit | undefined,
  ): Promise<Response> {
    const { epoch } = circuit;
    const claiming = agreement.claim();
    let claim: SharedClaim;
    try {
      claim = await unlessAborted(claiming, callSignal(input, init));
    } catch (reason) {
      if (epoch === circuit.epoch) circuit.leave(undefined);
      claiming.then((late) => agreement.settle(late, undefined));
      throw reason;
    }
    if (epoch !== circuit.epoch) {
      // Something else decided meanwhile.
      agreement.settle(claim, undefined);
      return await this.send(circuit, next, input, init);
    }
    if (claim.kind === "trial" || claim.kind === "alone") {
      return await this.#pass(circuit, next, input, init, claim);
    }
    if (claim.kind === "busy") circuit.pause();
    else {
      circuit.leave(undefined);
      circuit.adopt(claim);
    }
    return circuit.isClosed
      ? await this.#pass(circuit, next, input, init, undefined)
      : await refuse(circuit, input, init);
  }

  /** Lets a call through and looks at what it ends with. */
  #pass(
    circuit: Circuit,
    next: Fetch,
    input: Request | URL | string,
    init: RequestInit | undefined,
    claim: SharedClaim | undefined,
  ): Promise<Response> {
    const { epoch } = circuit;
    const start = this.#timesCalls ? this.#policy.clock.now() : 0;
    let answer: Promise<Response>;
    try {
      answer = next(input, init);
    } catch (error) {
      answer = Promise.reject(error);
    }
    return answer.then(
      (response) => {
        if (epoch === circuit.epoch) this.#received(circuit, start, response, claim);
        return response;
      },
      (error) => {
        if (epoch === circuit.epoch) {
          const isAborted = callSignal(input, init)?.aborted === true;
          this.#failed(circuit, start, error, isAborted, claim);
        }
        throw error;
      },
    );
  }

  #received(
    circuit: Circuit,
    start: number,
    response: Response,
    claim: SharedClaim | undefined,
  ): void {
    const now = this.#needsTime ? this.#policy.clock.now() : 0;
    const duration = this.#timesCalls ? now - start : 0;
    const failed = isFailedResponse(this.#policy, response, duration);
    circuit.count(now, failed, duration > this.#policy.slowCallDuration, undefined, claim);
  }

  #failed(
    circuit: Circuit,
    start: number,
    error: unknown,
    isAborted: boolean,
    claim: SharedClaim | undefined,
  ): void {
    const now = this.#policy.clock.now();
    const duration = this.#timesCalls ? now - start : 0;
    const failed = isFailedCall(this.#policy, error, isAborted, duration);
    const slow = duration > this.#policy.slowCallDuration;
    // One that was aborted when it had already taken too long tells that much.
    if (failed || slow) circuit.count(now, failed, slow, error, claim);
    else circuit.leave(claim);
  }
}

function refuse(
  circuit: Circuit,
  input: Request | URL | string,
  init: RequestInit | undefined,
): Promise<Response> {
  const signal = callSignal(input, init);
  return signal?.aborted ? Promise.reject(signal.reason) : reject(circuit.refuse());
}

/**
 * Most of what a refusal costs is the trace of the error's stack, the more the deeper it is. So the
 * error is made when the layers above have returned; who awaits it is in the trace all the same.
 */
async function reject(options: CircuitOpenErrorOptions): Promise<never> {
  await undefined;
  throw new CircuitOpenError(options);
}
