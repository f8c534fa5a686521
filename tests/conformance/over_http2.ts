/**
 * Asking over HTTP/2, without TLS.
 *
 * @module
 */
import {
  Client,
  type ListenerConfiguration,
  type RunningServer,
  serve,
  type Service,
} from "@pirouette/http";
import { Http2Client } from "@pirouette/http/http2";

/** Serves over HTTP/2 and HTTP/1.1, on the same port. */
export function startHttp2(
  served: Service,
  config: ListenerConfiguration = {},
): Promise<RunningServer> {
  return serve(served, { port: 0, host: "127.0.0.1", transport: "node", ...config });
}

/** Serves, and asks over HTTP/2. */
export async function overHttp2(
  served: Service,
  check: (api: Client, http2: Http2Client, server: RunningServer) => Promise<void>,
  config: ListenerConfiguration = {},
): Promise<void> {
  await using server = await startHttp2(served, config);
  await using http2 = new Http2Client(server.url);
  await check(new Client(server.url, { fetch: http2.fetch }), http2, server);
}
