/**
 * Header and trailer fields as Node's HTTP/2 takes them: an object without a prototype, names in lower
 * case, and none that HTTP/2 has no place for (RFC 9113 section 8.2.2).
 *
 * @module
 */
import type { OutgoingHttpHeaders } from "node:http2";
import type { FieldList } from "../../message/connection.ts";

/** Fields of a connection, which HTTP/2 keeps in its frames. */
const ofConnection: ReadonlySet<string> = new Set([
  "connection",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "transfer-encoding",
  "upgrade",
]);

/** Fields that say how a message is framed or routed, and come too late in trailers. */
const notInTrailers: ReadonlySet<string> = new Set([
  ...ofConnection,
  "authorization",
  "content-encoding",
  "content-length",
  "content-range",
  "content-type",
  "host",
  "set-cookie",
  "trailer",
]);

/** Fields without any, to which more are added. */
export function noHttp2Fields(): OutgoingHttpHeaders {
  return Object.create(null) as OutgoingHttpHeaders;
}

/** Adds one field; where its name is there already, one more of it. */
export function addHttp2Field(fields: OutgoingHttpHeaders, name: string, value: string): void {
  if (ofConnection.has(name)) return;
  const known = fields[name];
  if (known === undefined) fields[name] = value;
  else if (Array.isArray(known)) known.push(value);
  else fields[name] = name === "set-cookie" ? [String(known), value] : `${known}, ${value}`;
}

/**
 * The fields of a response, its status among them. What `Trailer` announces is left to whoever knows
 * whether it comes.
 */
export function http2Head(status: number, headers: Headers): OutgoingHttpHeaders {
  const fields = noHttp2Fields();
  fields[":status"] = status;
  headers.forEach((value, name) => {
    if (name !== "trailer") addHttp2Field(fields, name, value);
  });
  return fields;
}

/** A list of fields, whose names may be in any case, added to `fields`. */
export function addHttp2List(fields: OutgoingHttpHeaders, list: FieldList): OutgoingHttpHeaders {
  for (const [name, value] of list) addHttp2Field(fields, name.toLowerCase(), value);
  return fields;
}

/** Trailer fields, without those that may not be any (RFC 9110 section 6.5.1). */
export function http2Trailers(given: HeadersInit): OutgoingHttpHeaders {
  const fields = noHttp2Fields();
  new Headers(given).forEach((value, name) => {
    if (!notInTrailers.has(name)) addHttp2Field(fields, name, value);
  });
  return fields;
}
