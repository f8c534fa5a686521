/**
 * The signal of a fetch call.
 *
 * @module
 */

/** The signal that the caller gave; an init's takes the place of the request's, as in `fetch`. */
export function callSignal(
  input: Request | URL | string,
  init?: RequestInit,
): AbortSignal | undefined {
  const given = init?.signal;
  if (given !== undefined) return given ?? undefined;
  return input instanceof Request ? input.signal : undefined;
}
