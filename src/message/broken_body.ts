/**
 * Telling that the body of a request broke off, because its client went away or gave it up, from all
 * else that can fail: it is nobody's fault here, and must look like nobody's panic. Anyone could end a
 * program that takes it for one by hanging up in the middle of an upload.
 *
 * Bodies that this library reads itself are marked; those of `Deno.serve` are known by the words of
 * Deno 2.9.6, because nothing else tells them apart.
 *
 * @module
 */

const marked = new WeakSet<object>();

/** Causes that are looked at: chains are short, and one may lead back to its beginning. */
const maxCauses = 16;

/** Marks an error as one of a client that has left, or refused what it was sent. */
export function markDeparture<E extends Error>(error: E): E {
  marked.add(error);
  return error;
}

/** The error of a request's body that broke off, as `fetch` has it. */
export function brokenBody(cause?: unknown): TypeError {
  return markDeparture(new TypeError("The body of the request broke off", { cause }));
}

/** Whether an error says, itself or by what it was caused, that the client has left. */
export function isDepartureError(error: unknown): boolean {
  let one = error;
  for (let index = 0; index < maxCauses && one instanceof Error; index++) {
    if (marked.has(one) || isDenos(one)) return true;
    one = one.cause;
  }
  return false;
}

/** What reading a request of `Deno.serve` fails with. */
const unavailable = /^Cannot read (?:request )?body as underlying resource unavailable$/;

function isDenos({ name, message }: Error): boolean {
  return name === "Http" || name === "BadResource" && unavailable.test(message);
}
