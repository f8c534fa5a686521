/**
 * What the contract is held against: each transport on each runtime where it is there, and each way to
 * speak HTTP to it.
 *
 * @module
 */

/** A version of HTTP, in the clear or over TLS: `h2c` is HTTP/2 with prior knowledge. */
export type Protocol = "h1" | "h1-TLS" | "h2-TLS" | "h2c";

/** All of them. */
export const protocols: readonly Protocol[] = ["h1", "h1-TLS", "h2-TLS", "h2c"];

/** The versions of HTTP/1. */
export const h1: readonly Protocol[] = ["h1", "h1-TLS"];

/** The versions of HTTP/2. */
export const h2: readonly Protocol[] = ["h2-TLS", "h2c"];

/** Those over TLS. */
export const encrypted: readonly Protocol[] = ["h1-TLS", "h2-TLS"];

/** A program that runs programs. */
export type Runtime = "Deno" | "Node 20" | "Node 22" | "Node 24";

/** A transport at a runtime: a column of the table. */
export interface Column {
  /** The transport, as `server.transport` says it. */
  readonly transport: "deno_serve" | "node_http";
  /** Where it runs. */
  readonly runtime: Runtime;
}

/** All of them. */
export const columns: readonly Column[] = [
  { transport: "deno_serve", runtime: "Deno" },
  { transport: "node_http", runtime: "Deno" },
  { transport: "node_http", runtime: "Node 20" },
  { transport: "node_http", runtime: "Node 22" },
  { transport: "node_http", runtime: "Node 24" },
];

/** What one case is held against at a time. */
export interface Target extends Column {
  /** How it is spoken to. */
  readonly protocol: Protocol;
}

/** Where a listener is, and how to speak to it. */
export interface Place {
  /** The port on 127.0.0.1. */
  readonly port: number;
  /** The authority in PEM that certifies it; `undefined` where nothing is encrypted. */
  readonly ca: string | undefined;
  /** The file it is in. */
  readonly caFile: string | undefined;
}

/** How a column is called, in tests and in the table. */
export function columnName({ transport, runtime }: Column): string {
  return `${transport} on ${runtime}`;
}

/** Whether a protocol is a version of HTTP/2. */
export function isH2(protocol: Protocol): boolean {
  return protocol === "h2-TLS" || protocol === "h2c";
}
