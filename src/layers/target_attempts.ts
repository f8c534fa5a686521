/**
 * What a layer that tries again tells the load balance inside it: what came of the attempts before, so
 * that the next one goes elsewhere.
 *
 * It hands on the very responses and errors it got. Where a layer between the two makes others of them,
 * or a new `Request` of the call, that is lost, and an attempt may meet the same target again.
 *
 * @module
 */
import type { Fetch } from "../message/fetch.ts";

/** Where an init carries what came of earlier attempts. */
const earlier: unique symbol = Symbol("earlier attempts");

/** An init that may say so. */
type TellingInit = RequestInit & { [earlier]?: readonly unknown[] };

/**
 * A fetch whose calls are told what came of earlier attempts of the same call.
 *
 * @param outcomes the responses they got and the errors they failed with
 */
export function afterAttempts(next: Fetch, outcomes: readonly unknown[]): Fetch {
  return (input, init) => {
    const telling: TellingInit = { ...init, [earlier]: outcomes };
    return next(input, telling);
  };
}

/** What came of earlier attempts of a call. */
export function earlierAttempts(init: RequestInit | undefined): readonly unknown[] {
  return (init as TellingInit | undefined)?.[earlier] ?? [];
}

/** The init without that, for those whom it does not concern; nothing where nothing is left. */
export function withoutAttempts(init: RequestInit | undefined): RequestInit | undefined {
  if (earlierAttempts(init).length === 0) return init;
  const rest: RequestInit = { ...init };
  Reflect.deleteProperty(rest, earlier);
  return Object.keys(rest).length === 0 ? undefined : rest;
}
