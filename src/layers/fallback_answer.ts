/**
 * The answers of a fallback: what a program gave once, made anew for each call that needs it.
 *
 * @module
 */
import type { Awaitable } from "../stores/store.ts";

/** A call that failed: it has an error or a response. */
export interface FallbackFailure {
  /** What the call rejected with; `undefined` where there is a response. */
  readonly error: unknown;
  /** What came back; `undefined` where the call rejected. It is cancelled once there is another. */
  readonly response: Response | undefined;
  /** What was passed to fetch first. */
  readonly input: Request | URL | string;
  /** What was passed to fetch second. */
  readonly init: RequestInit | undefined;
}

/** Gives the answer to a call that failed; with `undefined` the failure is the answer after all. */
export type FallbackFunction = (failure: FallbackFailure) => Awaitable<unknown>;

/** Makes an answer; `undefined` where there is none. */
export type Answerer = (failure: FallbackFailure) => Awaitable<Response | undefined>;

/**
 * What makes the answers.
 *
 * @throws {TypeError} when there is none, or it is a response that was read before or a value that JSON
 * does not have.
 */
export function answererOf(to: unknown): Answerer {
  if (typeof to === "function") return async (failure) => asResponse(await to(failure));
  if (to instanceof Response) return copierOf(to);
  const text = JSON.stringify(to);
  if (text === undefined) {
    throw new TypeError("fallback has no answer: set to to a response, a function or a JSON value");
  }
  return (failure) =>
    new Response(isHead(failure) ? null : text, {
      headers: { "content-type": "application/json" },
    });
}

function asResponse(value: unknown): Response | undefined {
  if (value === undefined || value instanceof Response) return value;
  return Response.json(value);
}

function copierOf(template: Response): Answerer {
  if (template.bodyUsed) {
    throw new TypeError("fallback was given a response that was read before: give a clone");
  }
  const { status, statusText, headers } = template;
  // Once, when it is needed first: clones of clones would keep what nobody reads.
  let bytes: Promise<Uint8Array<ArrayBuffer>> | undefined;
  return async (failure) => {
    const body = await (bytes ??= template.bytes());
    const isBodiless = status === 204 || status === 205 || status === 304 || isHead(failure);
    return new Response(isBodiless ? null : body, { status, statusText, headers });
  };
}

function isHead({ input, init }: FallbackFailure): boolean {
  return (init?.method ?? (input instanceof Request ? input.method : "GET")) === "HEAD";
}
