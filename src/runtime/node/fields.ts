/**
 * The header fields of a response as Node's modules take them, without those that are the
 * connection's own affair.
 *
 * @module
 */
import type { FieldList } from "../../message/connection.ts";

/** The header fields to send. */
export interface SentFields {
  /** Names and values in turn. */
  readonly flat: string[];
  /** The length that is declared; `undefined` where none is. */
  readonly length: number | undefined;
  /** Whether the connection is to be closed afterwards. */
  readonly closes: boolean;
  /** The trailer fields that are announced; not sent unless there are any. */
  readonly trailer: string | undefined;
}

/** The fields that say how a message is sent on one connection (RFC 9110 section 7.6.1). */
const ofConnection: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
]);

/** What is sent of a response's header fields; `Set-Cookie` once for each. */
export function sentFields(headers: Headers): SentFields {
  const flat: string[] = [];
  let length: number | undefined;
  let closes = false;
  let trailer: string | undefined;
  headers.forEach((value, name) => {
    if (name === "content-length") {
      // What is no length would end the message where the client does not expect it.
      if (/^\d+$/.test(value)) length = Number(value);
    } else if (name === "connection") {
      if (/\bclose\b/i.test(value)) closes = true;
    } else if (name === "trailer") {
      trailer = value;
    } else if (!ofConnection.has(name)) {
      flat.push(name, value);
    }
  });
  return { flat, length, closes, trailer };
}

/** Fields given as pairs, as Node takes them: values of one name as a list. */
export function nodeFields(fields: FieldList): Record<string, string | string[]> {
  const record: Record<string, string | string[]> = Object.create(null);
  for (const [name, value] of fields) {
    const key = name.toLowerCase();
    const before = record[key];
    if (before === undefined) record[key] = value;
    else record[key] = [...(Array.isArray(before) ? before : [before]), value];
  }
  return record;
}
