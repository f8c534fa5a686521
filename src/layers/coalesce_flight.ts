/**
 * One request that several callers wait for, each with its own way out.
 *
 * It is aborted when the last caller has left. Callers can join until the head of the response is
 * there; those of one alone get the response as it is.
 *
 * @module
 */
import type { Fetch } from "../message/fetch.ts";
import { watchUse } from "./used_body.ts";
import { SharedBody } from "./coalesce_body.ts";
import type { CallKey } from "./coalesce_key.ts";
import { withBody } from "./response_copy.ts";

/** How requests are shared. */
export interface FlightOptions {
  /** How many bytes a reader of the body may be behind the fastest. */
  readonly bufferLimit: number;
  /** Told when nobody can join a request any more. */
  readonly onClosed: (flight: Flight) => void;
}

/** One shared request. */
export class Flight {
  /** What it is. */
  readonly key: CallKey;
  readonly #options: FlightOptions;
  /** Those who wait; the first caller is not among them where it has no signal, and so stays. */
  readonly #callers: FlightCaller[] = [];
  /** Aborts the request; none where its first caller cannot leave. */
  #controller: AbortController | undefined = undefined;
  #isOver = false;

  /** Prepares a request. */
  constructor(key: CallKey, options: FlightOptions) {
    this.key = key;
    this.#options = options;
  }

  /** Sends the request of the first caller. */
  start(
    next: Fetch,
    input: Request | URL | string,
    init: RequestInit | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Response> {
    if (signal === undefined) {
      return send(next, input, init).then((response) => this.#receiveFirst(response), (error) => {
        this.#fail(error);
        throw error;
      });
    }
    const answer = this.join(signal, () => next(input, init));
    const { signal: own } = this.#controller = new AbortController();
    const sent = input instanceof Request
      ? send(next, new Request(input, { signal: own }), undefined)
      : send(next, input, { ...init, signal: own });
    sent.then((response) => this.#receive(response), (error) => this.#fail(error));
    return answer;
  }

  /**
   * Waits for the answer.
   *
   * @param sendAlone makes the call by itself, where the response turns out to be for one caller only
   */
  join(signal: AbortSignal | undefined, sendAlone: () => Promise<Response>): Promise<Response> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      this.#callers.push(new FlightCaller(this, signal, sendAlone, resolve, reject));
    });
  }

  /** Lets a caller go that aborted. */
  leave(caller: FlightCaller, reason: unknown): void {
    this.#callers.splice(this.#callers.indexOf(caller), 1);
    if (this.#callers.length > 0 || this.#controller === undefined || this.#isOver) return;
    this.#close();
    this.#controller.abort(reason);
  }

  /** Gives the response to those who wait; what is for the first caller is returned. */
  #receiveFirst(response: Response): Response {
    this.#close();
    const callers = this.#callers.splice(0);
    if (callers.length === 0) return response;
    const copies = this.#copiesOf(response, [undefined, ...callers.map(({ signal }) => signal)]);
    if (copies === undefined) {
      for (const caller of callers) caller.goAlone();
      return response;
    }
    for (const [at, caller] of callers.entries()) caller.take(copies[at + 1] ?? response);
    return copies[0] ?? response;
  }

  #receive(response: Response): void {
    if (this.#isOver) return void response.body?.cancel().catch(() => {});
    this.#close();
    const [first, ...others] = this.#callers.splice(0);
    if (first === undefined) return;
    const signals = [first.signal, ...others.map(({ signal }) => signal)];
    const copies = others.length === 0 ? undefined : this.#copiesOf(response, signals);
    if (copies === undefined) {
      first.take(this.#alone(response, first));
      for (const caller of others) caller.goAlone();
      return;
    }
    for (const [at, caller] of [first, ...others].entries()) caller.take(copies[at] ?? response);
  }

  /** The response for each of several signals; `undefined` where it is for one caller only. */
  #copiesOf(
    response: Response,
    signals: readonly (AbortSignal | undefined)[],
  ): Response[] | undefined {
    const { bufferLimit } = this.#options;
    if (isForOne(response, bufferLimit)) return undefined;
    // Nothing can be read of a network error, or changed.
    if (response.status < 200) return signals.map(() => response);
    const { body } = response;
    const shared = body === null ? undefined : new SharedBody(body, bufferLimit);
    return signals.map((signal) => withBody(response, shared?.branch(signal) ?? null));
  }

  /** The response for one caller, whose signal still ends it though the request had another. */
  #alone(response: Response, { signal }: FlightCaller): Response {
    const controller = this.#controller;
    if (controller === undefined || signal === undefined) return response;
    const abort = (): void => controller.abort(signal.reason);
    signal.addEventListener("abort", abort);
    const end = (): void => signal.removeEventListener("abort", abort);
    return watchUse(response, { owner: this, begin() {}, pause() {}, end });
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#close();
    for (const caller of this.#callers.splice(0)) caller.fail(error);
  }

  #close(): void {
    this.#isOver = true;
    this.#options.onClosed(this);
  }
}

/** One who waits. */
export class FlightCaller {
  /** Its own. */
  readonly signal: AbortSignal | undefined;
  readonly #flight: Flight;
  readonly #sendAlone: () => Promise<Response>;
  readonly #resolve: (response: Response | Promise<Response>) => void;
  readonly #reject: (reason: unknown) => void;

  /** Begins to wait, and to listen to the signal. */
  constructor(
    flight: Flight,
    signal: AbortSignal | undefined,
    sendAlone: () => Promise<Response>,
    resolve: (response: Response | Promise<Response>) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#flight = flight;
    this.signal = signal;
    this.#sendAlone = sendAlone;
    this.#resolve = resolve;
    this.#reject = reject;
    signal?.addEventListener("abort", this);
  }

  /** Gives it the answer. */
  take(response: Response): void {
    this.signal?.removeEventListener("abort", this);
    this.#resolve(response);
  }

  /** Lets it make the call by itself. */
  goAlone(): void {
    this.signal?.removeEventListener("abort", this);
    this.#resolve(this.#sendAlone());
  }

  /** Tells it of a failure. */
  fail(error: unknown): void {
    this.signal?.removeEventListener("abort", this);
    this.#reject(error);
  }

  /** The caller aborted. */
  handleEvent(): void {
    this.signal?.removeEventListener("abort", this);
    this.#flight.leave(this, this.signal?.reason);
    this.#reject(this.signal?.reason);
  }
}

/** What `next` gives; what it throws is a failure like others. */
function send(
  next: Fetch,
  input: Request | URL | string,
  init: RequestInit | undefined,
): Promise<Response> {
  try {
    return next(input, init);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Whether a response begins a session of its own, or is too long to be kept for slow readers. */
function isForOne({ headers }: Response, bufferLimit: number): boolean {
  return headers.has("set-cookie") || Number(headers.get("content-length")) > bufferLimit;
}
