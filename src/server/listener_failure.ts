/**
 * Why a listener cannot listen, in words that do not depend on what refuses it, and what to do.
 *
 * @module
 */
import { GenericListenerError } from "../message/listener_errors.ts";

/** What a runtime calls it, by the error's `code` or its name, and what is said. */
const remedies: Readonly<Record<string, string>> = {
  EADDRINUSE:
    "the port is taken: choose another one, 0 for any, or set reusePort where it is taken",
  EADDRNOTAVAIL: "this machine does not have that address: use one of its own, or 0.0.0.0 for all",
  EACCES: "the system does not allow it: use a port from 1024 on, or give the process the right to",
  ENOTFOUND: "the host name is not known: use one of this machine, or an IP address",
  NotCapable: "the program may not listen there: run it with --allow-net",
};

/** Other names for the same: Deno's own, and `EINVAL`, which it gives for an address in `node:net`. */
const sameAs: Readonly<Record<string, string>> = {
  AddrInUse: "EADDRINUSE",
  AddrNotAvailable: "EADDRNOTAVAIL",
  EINVAL: "EADDRNOTAVAIL",
  PermissionDenied: "EACCES",
  EPERM: "EACCES",
  EAI_AGAIN: "ENOTFOUND",
  EAI_NODATA: "ENOTFOUND",
};

/** The error of a listener that cannot listen on a host and port. */
export function listenFailure(host: string, port: number, cause: unknown): GenericListenerError {
  const where = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  const why = remedyOf(cause) ?? (cause instanceof Error ? cause.message : String(cause));
  return new GenericListenerError(`Cannot listen on ${where}: ${why}`, { cause });
}

function remedyOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : cause.name;
  // Deno has no name of its own for a lookup that failed.
  if (cause.message.startsWith("failed to lookup address")) return remedies.ENOTFOUND;
  const known = Object.hasOwn(sameAs, code) ? sameAs[code] : code;
  return known !== undefined && Object.hasOwn(remedies, known) ? remedies[known] : undefined;
}
