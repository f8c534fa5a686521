/**
 * What a scripted service remembers of a call.
 *
 * @module
 */
import type { BodyOutcome } from "./fault_body.ts";

/** What became of a call: it waits for its head, was answered, failed, or was aborted. */
export type CallOutcome = "waiting" | "answered" | "failed" | "aborted";

/** One call that arrived. */
export class FaultCall {
  /** Which call it is, from 1. */
  readonly number: number;
  /** When it came, in milliseconds of the clock. */
  readonly at: number;
  /** The request as it was sent; its body is in {@linkcode FaultCall.body}. */
  readonly request: Request;
  /** The signal it came with. */
  readonly signal: AbortSignal | undefined;
  /** The body of the request once it arrived; `undefined` where there is none. */
  body: Uint8Array | undefined = undefined;
  /** What became of it. */
  outcome: CallOutcome = "waiting";
  /** What became of the body of the response; `none` where there is none. */
  responseBody: BodyOutcome | "none" = "none";

  /** Remembers a call. */
  constructor(number: number, at: number, request: Request, signal: AbortSignal | undefined) {
    this.number = number;
    this.at = at;
    this.request = request;
    this.signal = signal;
  }

  /** The method of the request. */
  get method(): string {
    return this.request.method;
  }

  /** The whole address of the request. */
  get url(): string {
    return this.request.url;
  }

  /** The header fields of the request. */
  get headers(): Headers {
    return this.request.headers;
  }

  /** The body of the request as text, empty where there is none. */
  get text(): string {
    return new TextDecoder().decode(this.body);
  }
}
