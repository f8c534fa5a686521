/**
 * Serving with one call.
 *
 * @module
 */
import type { Fetch } from "../message/fetch.ts";
import { ownOptions } from "../message/options.ts";
import { Listener } from "./listener.ts";
import type { ListenerConfiguration } from "./listener_config.ts";
import type { RunningServer } from "./running_server.ts";
import type { Service } from "./service_config.ts";

/** How to serve: a port, and all that a listener takes. */
export interface ServeOptions extends ListenerConfiguration {
  /**
   * The port; 0 for a free one.
   *
   * @default 9090
   */
  readonly port?: number;
}

/**
 * Serves a service, several, or any handler.
 *
 * @throws {GenericListenerError} (as a rejection) when it cannot listen there, when a time or limit
 * is negative, or when two services have the same base path.
 *
 * @example
 * ```ts
 * import { get, serve, service } from "@pirouette/http";
 *
 * await using server = await serve(service({}, [get("/", () => "Hello")]), { port: 0 });
 * console.log(server.url);
 * ```
 */
export async function serve(
  what: Service | readonly Service[] | Fetch,
  options: ServeOptions = {},
): Promise<RunningServer> {
  const { port = 9090, ...config } = ownOptions(options);
  const listener = new Listener(port, config);
  for (const one of isList(what) ? what : [what]) listener.attach(one);
  return await listener.start();
}

function isList(what: Service | readonly Service[] | Fetch): what is readonly Service[] {
  return Array.isArray(what);
}
