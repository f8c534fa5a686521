/**
 * One call through a timeout layer, until its head is there.
 *
 * It waits beside the fetch below, so that it ends in time even where that one ignores its signal.
 *
 * @module
 */
import { callSignal } from "../message/call_signal.ts";
import { isConnection } from "../message/connection.ts";
import type { Fetch } from "../message/fetch.ts";
import { watchBody } from "./timeout_body.ts";
import { headTimeout, type TimeoutPolicy } from "./timeout_policy.ts";
import type { Waiting } from "./timeout_queue.ts";

/**
 * Makes a call that waits no longer than the policy says.
 *
 * Rejects with an {@linkcode IdleTimeoutError} when it took too long, with the caller's own reason
 * when the caller aborted it, else with what the fetch below rejects with.
 */
export function timedCall(
  policy: TimeoutPolicy,
  next: Fetch,
  input: Request | URL | string,
  init: RequestInit | undefined,
): Promise<Response> {
  const caller = callSignal(input, init);
  if (caller?.aborted) {
    dropBody(input, init, caller.reason);
    return Promise.reject(caller.reason);
  }
  return new Promise((resolve, reject) => {
    new TimedCall(policy, caller, resolve, reject).send(next, input, init);
  });
}

class TimedCall implements Waiting {
  due = 0;
  before: Waiting | undefined = undefined;
  after: Waiting | undefined = undefined;
  readonly #policy: TimeoutPolicy;
  readonly #caller: AbortSignal | undefined;
  readonly #resolve: (response: Response) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #controller = new AbortController();
  readonly #start: number;
  #isOver = false;

  constructor(
    policy: TimeoutPolicy,
    caller: AbortSignal | undefined,
    resolve: (response: Response) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#policy = policy;
    this.#caller = caller;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#start = policy.clock.now();
  }

  send(next: Fetch, input: Request | URL | string, init: RequestInit | undefined): void {
    const { head, heads } = this.#policy;
    if (head !== undefined) heads.add(this, this.#start, head.delay);
    this.#caller?.addEventListener("abort", this);
    let answer: Promise<Response>;
    try {
      answer = sendWith(this.#signal(), next, input, init);
    } catch (error) {
      this.#fail(error);
      return;
    }
    answer.then((response) => this.#receive(response), (error) => this.#fail(error));
  }

  expire(): void {
    const { head } = this.#policy;
    if (head === undefined) return;
    const error = headTimeout(head);
    this.#end();
    this.#reject(error);
    this.#controller.abort(error);
  }

  /** The caller aborted. */
  handleEvent(): void {
    this.#fail(this.#caller?.reason);
  }

  /** Only a signal of the caller's needs joining, which costs 2 µs and leaves no listener. */
  #signal(): AbortSignal {
    const own = this.#controller.signal;
    return this.#caller === undefined ? own : AbortSignal.any([this.#caller, own]);
  }

  #receive(response: Response): void {
    if (this.#isOver) {
      // Nobody waits for it any more.
      response.body?.cancel().catch(() => {});
      return;
    }
    this.#leave();
    if (!this.#policy.coversBody) return this.#resolve(response);
    try {
      this.#resolve(watchBody(response, this.#policy, this.#start, this.#controller));
    } catch (error) {
      this.#reject(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#leave();
    this.#reject(error);
  }

  #leave(): void {
    if (this.#policy.head !== undefined) this.#policy.heads.remove(this);
    this.#end();
  }

  #end(): void {
    this.#isOver = true;
    this.#caller?.removeEventListener("abort", this);
  }
}

/** A stream that will never be sent is told so, as by `fetch`: it may hold a file open. */
function dropBody(
  input: Request | URL | string,
  init: RequestInit | undefined,
  reason: unknown,
): void {
  const body = init?.body ?? (input instanceof Request ? input.body : null);
  if (body instanceof ReadableStream && !body.locked) body.cancel(reason).catch(() => {});
}

function sendWith(
  signal: AbortSignal,
  next: Fetch,
  input: Request | URL | string,
  init: RequestInit | undefined,
): Promise<Response> {
  if (init === undefined) return next(input, { signal });
  // What a server passes beside a request is no init, and must come through as it is.
  if (isConnection(init)) return next(new Request(input, { signal }), init);
  return next(input, { ...init, signal });
}
