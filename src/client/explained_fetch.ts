/**
 * A fetch of the program's own as the innermost one: where it fails as the platform's does, because it
 * is that or calls it, the failure is an error of this library too.
 *
 * @module
 */
import type { Fetch } from "../message/fetch.ts";
import { explainFailure } from "./transport_failure.ts";

/**
 * Has a fetch reject with errors of this library where the platform's failed. A `TypeError` of the
 * program's own stays as it is: its words are not for whoever is told of a client's errors.
 */
export function explainedFetch(fetch: Fetch): Fetch {
  const isPlatforms = fetch === globalThis.fetch;
  return (input, init) =>
    fetch(input, init).catch((error) => {
      if (!isPlatforms && !isFailedFetch(error)) throw error;
      const isRequest = input instanceof Request;
      throw explainFailure(error, {
        url: isRequest ? input.url : String(input),
        signal: init?.signal ?? (isRequest ? input.signal : null),
        hasBody: (init?.body ?? (isRequest ? input.body : null)) !== null,
      });
    });
}

/** Deno and Node begin so whatever failed on the way; mistakes of a call have other words. */
function isFailedFetch(error: unknown): boolean {
  return error instanceof TypeError && /^fetch failed/i.test(error.message);
}
