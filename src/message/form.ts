/**
 * Forms: `application/x-www-form-urlencoded` text (URL standard, section 5) to a record and back,
 * and `multipart/form-data` (RFC 7578) to a record.
 *
 * A name is never taken apart: `a.b` and `a[b]` are names like any other.
 *
 * @module
 */
import { HttpError } from "./errors.ts";
import { parseMediaType } from "./media_type.ts";
import { payloadFailure, shorten } from "./payload_failure.ts";

/**
 * The fields of a form by name; an array where a name is repeated. It has no prototype, so a field
 * named `constructor` is a plain entry.
 */
export type FormRecord = Record<string, string | string[]>;

/** The fields of a multipart form; files are among them. It has no prototype. */
export type MultipartRecord = Record<string, string | File | (string | File)[]>;

/** How many fields a form may have: 1,000. */
export const MAX_FORM_FIELDS = 1_000;

/**
 * Parses URL-encoded form text. A field without a name is dropped, one without `=` is empty.
 *
 * @throws {PayloadBindingError} (400) when the text is empty, a `%` begins no escape, the escapes
 * are not UTF-8, there are more than 1,000 fields, or one is named `__proto__`.
 */
export function parseForm(text: string): FormRecord {
  if (text === "") throw payloadFailure("String payload is null: send at least one field");
  const fields = noFields<string>();
  let count = 0;
  for (let start = 0; start < text.length;) {
    const next = text.indexOf("&", start);
    const end = next === -1 ? text.length : next;
    // Looked for within the pair: from `start` on, a text of "&" alone would take quadratic time.
    const pair = text.slice(start, end);
    const equals = pair.indexOf("=");
    const name = equals === -1 ? pair : pair.slice(0, equals);
    if (name !== "") {
      if (++count > MAX_FORM_FIELDS) throw tooManyFields();
      addField(fields, decode(name), equals === -1 ? "" : decode(pair.slice(equals + 1)));
    }
    start = end + 1;
  }
  return fields;
}

function decode(encoded: string): string {
  const text = encoded.includes("+") ? encoded.replaceAll("+", " ") : encoded;
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    const shown = shorten(encoded);
    throw payloadFailure(`malformed percent-encoding in the form field '${shown}'`, cause);
  }
}

/**
 * Parses a multipart form of the given `Content-Type`, whose boundary it needs.
 *
 * The platform parses; before it does, the parts are counted and the closing boundary is looked
 * for, as it takes a form that was cut off for a shorter one. In text that is not UTF-8 it puts
 * U+FFFD.
 *
 * @throws {PayloadBindingError} (400) when it is malformed or cut off, has no part or more than
 * 1,000, or one is named `__proto__`.
 */
export async function parseMultipart(
  bytes: Uint8Array<ArrayBuffer>,
  contentType: string,
): Promise<MultipartRecord> {
  const boundary = parseMediaType(contentType)?.params.boundary;
  if (boundary === undefined) throw payloadFailure("the multipart payload names no boundary");
  checkParts(new TextDecoder().decode(bytes), `--${boundary}`);
  const message = new Response(bytes, { headers: { "content-type": contentType } });
  const form = await message.formData().catch((cause) => {
    throw payloadFailure("malformed multipart payload", cause);
  });
  const fields = noFields<string | File>();
  let isEmpty = true;
  for (const [name, value] of form) {
    addField(fields, name, value);
    isEmpty = false;
  }
  if (isEmpty) throw emptyMultipart();
  return fields;
}

function checkParts(text: string, delimiter: string): void {
  if (text === "") throw emptyMultipart();
  if (!text.includes(`${delimiter}--`)) {
    throw payloadFailure("the multipart payload has no closing boundary");
  }
  let count = -1;
  for (let at = text.indexOf(delimiter); at !== -1; at = text.indexOf(delimiter, at + 1)) {
    if (++count > MAX_FORM_FIELDS) throw tooManyFields();
  }
}

function emptyMultipart(): Error {
  return payloadFailure("the multipart payload is empty: send at least one part");
}

function noFields<Value>(): Record<string, Value | Value[]> {
  return Object.create(null);
}

function addField<Value extends string | File>(
  fields: Record<string, Value | Value[]>,
  name: string,
  value: Value,
): void {
  if (name === "__proto__") throw payloadFailure("the field '__proto__' is not allowed");
  const before = fields[name];
  if (before === undefined) fields[name] = value;
  else if (Array.isArray(before)) before.push(value);
  else fields[name] = [before, value];
}

function tooManyFields(): Error {
  return payloadFailure(`the form has too many fields: send at most ${MAX_FORM_FIELDS}`);
}

/**
 * Writes a flat record as URL-encoded form text. An array gives a field for each item; `undefined`
 * and `null` give none.
 *
 * @throws {HttpError} when it is no record, or a value in it is neither text, number, boolean nor
 * bigint.
 */
export function encodeForm(record: unknown): string {
  if (typeof record !== "object" || record === null || Array.isArray(record)) {
    throw unsupported(`${typeof record} is not a record of fields`);
  }
  const fields = new URLSearchParams();
  for (const [name, value] of Object.entries(record)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item === undefined || item === null) continue;
      fields.append(name, scalarText(name, item));
    }
  }
  return fields.toString();
}

function scalarText(name: string, value: unknown): string {
  switch (typeof value) {
    case "string":
    case "number":
    case "boolean":
    case "bigint":
      return String(value);
    default:
      throw unsupported(`the field '${shorten(name)}' is not text, number or boolean`);
  }
}

function unsupported(detail: string): HttpError {
  return new HttpError(
    `unsupported content for application/x-www-form-urlencoded media type: ${detail}`,
  );
}
