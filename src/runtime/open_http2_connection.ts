/**
 * Opens connections for HTTP/2 clients by Node's `node:http2`, which Deno has as well; it is loaded at
 * the first call.
 *
 * @module
 */
import type { Http2Connection, Http2ConnectSettings } from "./http2_connection.ts";

/**
 * Connects to the host and port of `origin`.
 *
 * @param signal ends the attempt, with its reason
 * @throws {Error} (as a rejection) what the platform says where that fails.
 */
export async function openHttp2Connection(
  origin: URL,
  settings: Http2ConnectSettings,
  signal: AbortSignal,
): Promise<Http2Connection> {
  const { nodeHttp2Connection } = await import("./node_http2_client.ts");
  return await nodeHttp2Connection(origin, settings, signal);
}
