/** One format for all errors, whoever made them: the router, a schema, a handler, the rate limit. */
import { type Interceptor, reasonPhrase } from "../../mod.ts";
import { type RateLimitHit, requestIdOf } from "../../src/layers/mod.ts";
import { id } from "./audit.ts";

/** The body of every error answer. */
export interface UniformError {
  readonly error: {
    readonly status: number;
    readonly message: string;
    /** What to quote when asking for help. */
    readonly requestId?: string | undefined;
  };
}

/** Writes the body; status and header fields, as `Allow`, stay those of the error's own answer. */
export const uniformErrors: Interceptor = {
  responseError({ error, response: { status }, context }) {
    // What a fault says is for the log alone.
    const message = status < 500 ? error.message : "";
    return uniform(status, message || reasonPhrase(status), context.get(id));
  },
};

/** Layers stand around all interceptors: what they refuse is answered here, in the same format. */
export function tooManyRequests(request: Request, { retryAfter }: RateLimitHit): Response {
  const message = `Try again in ${retryAfter} s`;
  return Response.json(uniform(429, message, requestIdOf(request)), { status: 429 });
}

function uniform(status: number, message: string, requestId: string | undefined): UniformError {
  return { error: { status, message, requestId } };
}
