/**
 * What a hook returns or throws, and what it means for the pipeline.
 *
 * @module
 */
import { InterceptorReturnError } from "../message/listener_errors.ts";
import { isInterceptor } from "./interceptor.ts";
import { Next } from "./next.ts";

/** An answer, at once or later. */
export type Answer = Response | Promise<Response>;

/** What a hook threw, on its way to where hooks' outcomes are judged. */
export class Thrown {
  /** Keeps what was thrown. */
  constructor(readonly error: unknown) {}
}

/** Whether it has to be waited for. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return value instanceof Promise ||
    (typeof value === "object" && value !== null && !(value instanceof Next) && "then" in value &&
      typeof value.then === "function");
}

/** Whether a hook returned another interceptor, in place of going on to the one that is next. */
export function isForeign(value: unknown): boolean {
  return typeof value === "object" && value !== null && !(value instanceof Response) &&
    isInterceptor(value);
}

/** The error of a hook that went on to what is not next. */
export function mismatch(isEnd: boolean): InterceptorReturnError {
  const what = isEnd ? "target service" : "next interceptor service";
  return new InterceptorReturnError(`${what} did not match with the configuration`);
}

/** The answer of a hook that returns nothing and does not go on. */
export function nothing(): Response {
  return new Response(null, { status: 202 });
}

/** Error hooks are given an error, whatever was thrown. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error
    ? thrown
    : new Error("What was thrown is not an error", { cause: thrown });
}
