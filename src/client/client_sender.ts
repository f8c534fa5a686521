/**
 * What a client sends by: its own transport, one that is shared, a fetch, or the platform's.
 *
 * @module
 */
import type { Fetch } from "../message/fetch.ts";
import type { ClientConfiguration } from "./client_config.ts";
import { explainedFetch } from "./explained_fetch.ts";
import { type Transport, transport } from "./transport.ts";
import { platformFetch } from "./transport_default.ts";
import type { TransportOptions } from "./transport_options.ts";

/** The transport that is made for a client alone, if its configuration has options for one. */
export function ownTransport({ transport: given }: ClientConfiguration): Transport | undefined {
  return given === undefined || isTransport(given) ? undefined : transport(given);
}

/** The innermost fetch of a client. */
export function sender(config: ClientConfiguration, own: Transport | undefined): Fetch {
  const { fetch, transport: given } = config;
  if (own !== undefined) return own.fetch;
  if (given !== undefined && isTransport(given)) return given.fetch;
  return fetch === undefined ? platformFetch : explainedFetch(fetch);
}

/** Whether it is a transport already, rather than options for one. */
export function isTransport(given: TransportOptions | Transport): given is Transport {
  return "fetch" in given && typeof given.fetch === "function";
}
