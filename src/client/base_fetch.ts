/**
 * A fetch that is kept to what a base URL allows.
 *
 * What is checked is what is sent: an address is read once, as text, so that an object whose text
 * changes, or a URL that is changed while layers wait, leads nowhere else.
 *
 * @module
 */
import { InitializingOutboundRequestError } from "../message/client_errors.ts";
import type { Fetch } from "../message/fetch.ts";
import type { BaseURL } from "./base_url.ts";

/** What the platform itself takes for the address of a request, whatever its class says. */
const platformUrl = Object.getOwnPropertyDescriptor(Request.prototype, "url")?.get;

/** Has a fetch take paths below a base URL, and refuse addresses that may not be called. */
export function baseFetch(base: BaseURL, next: Fetch): Fetch {
  return (input, init) => {
    try {
      if (typeof input === "string") return next(base.resolve(input), init);
      if (input instanceof URL) return next(base.resolve(String(input)), init);
      if (!(input instanceof Request)) throw noAddress(input);
      const url: string = platformUrl?.call(input) ?? input.url;
      base.check(url);
      // Layers look at the property; one that tells something else would mislead them.
      return next(input.url === url ? input : new Request(input), init);
    } catch (error) {
      return Promise.reject(error);
    }
  };
}

function noAddress(input: unknown): Error {
  const what = input === null ? "null" : typeof input;
  return new InitializingOutboundRequestError(
    `Cannot call ${what}: pass a path, a URL or a Request`,
  );
}
