/**
 * Which transport a listener takes: the runtime's fastest, unless its configuration asks for what only
 * the one over Node's modules can do.
 *
 * @module
 */
import { GenericListenerError } from "../message/listener_errors.ts";
import { serverRuntime } from "../runtime/open_transport.ts";
import type { TransportName } from "../runtime/transport.ts";
import type { ListenerConfiguration } from "./listener_config.ts";
import { nodeOnlyTls } from "./listener_tls.ts";

/**
 * The transport for a configuration.
 *
 * @throws {TypeError} when `transport` is no name of one.
 * @throws {GenericListenerError} when the runtime has none, or not the one that is asked for, or that
 * one cannot honour another option.
 */
export function chooseTransport(config: ListenerConfiguration): TransportName {
  const { transport = "auto" } = config;
  if (transport !== "auto" && transport !== "deno" && transport !== "node") {
    throw new TypeError(`A listener has transport "${transport}": use "auto", "deno" or "node"`);
  }
  const runtime = serverRuntime();
  if (runtime === undefined) {
    throw new GenericListenerError(
      "A listener runs on Deno and Node only: hand the service's fetch to the platform here",
    );
  }
  const needed = nodeOnly(config);
  if (transport === "deno" && runtime !== "deno") {
    throw new GenericListenerError('The transport "deno" is Deno\'s own: use "node" here');
  }
  if (transport === "deno" && needed !== undefined) {
    throw new GenericListenerError(
      `The transport "deno" cannot honour ${needed}: leave it out, or use "node"`,
    );
  }
  // Deno.serve shares a port only behind an unstable flag, and cannot close it alone.
  const shares = transport === "auto" && config.reusePort === true;
  const takesNode = transport === "node" || runtime === "node" || needed !== undefined || shares;
  return takesNode ? "node_http" : "deno_serve";
}

/** Bytes of a head that `Deno.serve` takes over HTTP/2 (2.9.6); it cannot be told otherwise. */
const denoHeadSize = 16_384;

/** The first option that only the transport over Node's modules can honour. */
function nodeOnly(config: ListenerConfiguration): string | undefined {
  const { httpVersion = "auto", tls } = config;
  if (httpVersion !== "auto") return `httpVersion: "${httpVersion}"`;
  for (const name of ["http1Settings", "http2Settings", "socketLimits"] as const) {
    const given = Object.entries(config[name] ?? {}).find(([, value]) => value !== undefined);
    if (given !== undefined) return `${name}.${given[0]}`;
  }
  for (const name of ["maxHeaderSize", "maxUriLength"] as const) {
    const size = config.requestLimits?.[name];
    if (size !== undefined && size > denoHeadSize) return `requestLimits.${name}: ${size}`;
  }
  return tls && nodeOnlyTls(tls);
}
