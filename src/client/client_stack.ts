/**
 * The layers of a client in their one order, outermost first: the program's own, redirects, cookies,
 * and innermost what sends.
 *
 * @module
 */
import { type Fetch, type Layer, stack } from "../message/fetch.ts";
import { defaultHeaders } from "../layers/default_headers.ts";
import { redirect } from "../layers/redirect.ts";
import type { ClientConfiguration } from "./client_config.ts";

/** Puts the layers that a configuration asks for around what sends. */
export function clientStack(config: ClientConfiguration, origin: string, send: Fetch): Fetch {
  const { followRedirects = false, headers, layers = [] } = config;
  const own: Layer[] = headers === undefined
    ? []
    : [defaultHeaders(headers, { origins: [origin] })];
  own.push(...layers);
  if (followRedirects === false) own.push(unfollowed);
  else own.push(redirect(followRedirects === true ? {} : followRedirects));
  return stack(send, ...own);
}

/** The platform would follow redirects of its own accord; what an init says of them stands. */
function unfollowed(next: Fetch): Fetch {
  return (input, init) => {
    if (init === undefined) return next(input, { redirect: "manual" });
    if (init.redirect !== undefined) return next(input, init);
    return next(input, { ...init, redirect: "manual" });
  };
}
