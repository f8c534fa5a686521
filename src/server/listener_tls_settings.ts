/**
 * Checks the TLS of a listener and reads its files.
 *
 * @module
 */
import type { ServerTlsSettings } from "../runtime/server_tls.ts";
import type { ListenerSecureSocket } from "./listener_tls.ts";

/** What a transport is given. */
export function loadTls(_tls: ListenerSecureSocket): Promise<ServerTlsSettings> {
  return Promise.reject(new Error("Not here yet"));
}
