/**
 * Header fields as `node:http2` tells a client of them.
 *
 * @module
 */
import type * as http2 from "node:http2";
import type { FieldList } from "../../message/connection.ts";

/** Names and values in turn. */
export type FlatFields = readonly string[];

/** Header fields in order, as they were sent, without the pseudo ones. */
export function listFields(
  raw: FlatFields | undefined,
  headers: http2.IncomingHttpHeaders,
): FieldList {
  const fields: [string, string][] = [];
  if (Array.isArray(raw)) {
    for (let at = 0; at + 1 < raw.length; at += 2) add(fields, raw[at], raw[at + 1]);
    return fields;
  }
  for (const [name, value] of Object.entries(headers)) {
    if (Array.isArray(value)) { for (const one of value) add(fields, name, one); }
    else add(fields, name, value);
  }
  return fields;
}

function add(fields: [string, string][], name: unknown, value: unknown): void {
  if (typeof name === "string" && !name.startsWith(":")) fields.push([name, String(value)]);
}
