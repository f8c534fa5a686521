/**
 * Runs a check twice: in process, and through a real socket with the platform's own client.
 *
 * @module
 */
import { serve, type Service } from "@pirouette/http";

/** Asks the service under test; a path, with its query. */
export type Ask = (path: string, init?: RequestInit) => Promise<Response>;

/** The two ways to a service. */
export type TransportName = "in process" | "socket";

/** Runs `check` over both transports, one after the other. */
export async function onBothTransports(
  service: Service,
  check: (ask: Ask, transport: TransportName) => Promise<void>,
): Promise<void> {
  await check((path, init) => service.fetch(`http://127.0.0.1${path}`, init), "in process");
  await using server = await serve(service, { port: 0, host: "127.0.0.1" });
  await check((path, init) => fetch(server.url + path, init), "socket");
}
