/**
 * Opens connections for HTTP/2 clients by Node's `node:http2`, which Deno has as well; it is loaded at
 * the first call, as is whatever else their TLS needs.
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
export type Http2Connect = (origin: URL, signal: AbortSignal) => Promise<Http2Connection>;

/** What makes the connections of a client; key stores are opened once. */
export function http2Connect(settings: Http2ConnectSettings): Http2Connect {
  let loading: Promise<Http2Connect> | undefined;
  return async (origin, signal) => await (await (loading ??= load(settings)))(origin, signal);
}

async function load(settings: Http2ConnectSettings): Promise<Http2Connect> {
  const { keyStore, trustStore, status } = settings.tls;
  const { nodeHttp2Connection } = await import("./http2_client/client.ts");
  let { tls } = settings;
  if (keyStore !== undefined || trustStore !== undefined) {
    const { openTlsStores } = await import("./tls/client_stores.ts");
    tls = await openTlsStores(tls);
  }
  if (status?.ocsp === undefined) {
    return (origin, signal) => nodeHttp2Connection(origin, { ...settings, tls }, signal);
  }
  const { certificateStatusCheck } = await import("./tls/certificate_status.ts");
  const check = certificateStatusCheck(status);
  return (origin, signal) => nodeHttp2Connection(origin, { ...settings, tls }, signal, check);
}
