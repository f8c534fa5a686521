/**
 * From a value to a body and its content type (spec 2.3.5 and 2.4.2).
 *
 * | value                                            | content type                            |
 * | ------------------------------------------------ | --------------------------------------- |
 * | `undefined`                                      | none, and no body                       |
 * | string                                           | `text/plain;charset=UTF-8` (platform)   |
 * | {@linkcode Xml}                                  | `application/xml`                       |
 * | `ArrayBuffer` and its views, a stream or async iterable of bytes | `application/octet-stream` |
 * | `Blob`, `File`                                   | its type, or `application/octet-stream` |
 * | `URLSearchParams`                                | `application/x-www-form-urlencoded;charset=UTF-8` (platform) |
 * | `FormData`                                       | `multipart/form-data` and its boundary (platform) |
 * | number, boolean, bigint, `null`, array, `Date`, any other object | `application/json`      |
 *
 * A value is known by its class, never by its shape: an object with the fields of a reply, a
 * response or {@linkcode Xml} is data and becomes JSON.
 *
 * @module
 */
import { HttpError } from "./errors.ts";
import { encodeForm } from "./form.ts";
import { isForm, isJson, isText, isXml, mediaTypeEssence } from "./media_type.ts";
import { serializeXml, Xml } from "./xml.ts";

/** A body and its content type. */
export interface Encoded {
  /** What `Request` and `Response` take as a body. */
  readonly body: BodyInit | null;
  /** The content type; `undefined` where the platform sets the right one for the body itself. */
  readonly contentType: string | undefined;
}

/** How to encode a value. */
export interface EncodeOptions {
  /**
   * The content type, in place of the default of the value's type. A form type writes a record as
   * a form, an XML type an object as XML (under `root` where it has
   * not one element of its own), a text type a number as text; anything else writes JSON.
   * A string, bytes and XML are sent as they are. `FormData` keeps its own, for its boundary.
   *
   * @default decided by the value
   */
  readonly mediaType?: string | undefined;
  /**
   * Goes before the subtype where the content type is decided by the value: with `vnd.acme`, JSON
   * is `application/vnd.acme+json`.
   *
   * @default none
   */
  readonly subtypePrefix?: string | undefined;
  /**
   * Whether a string with a JSON media type is written as a JSON string, rather than sent as it is.
   *
   * @default false
   */
  readonly quoteStrings?: boolean;
}

/**
 * Encodes a value.
 *
 * @throws {HttpError} when the value cannot be written in the media type: a function, an object
 * that contains itself, a record with more than one level as a form.
 *
 * @example
 * ```ts
 * import { encodePayload } from "@pirouette/http";
 *
 * const { body, contentType } = encodePayload({ title: "Blue Train" });
 * console.log(body, contentType); // {"title":"Blue Train"} application/json
 * ```
 */
export function encodePayload(value: unknown, options: EncodeOptions = {}): Encoded {
  switch (typeof value) {
    case "string":
      return encodeString(value, options);
    case "object":
      return value === null ? json(value, options) : encodeObject(value, options);
    case "number":
    case "boolean":
    case "bigint":
      return encodeScalar(value, options);
    case "undefined":
      return { body: null, contentType: undefined };
    default:
      throw new HttpError(`Cannot send a ${typeof value} as a body: send data`);
  }
}

function encodeString(value: string, options: EncodeOptions): Encoded {
  const { mediaType, quoteStrings = false } = options;
  if (mediaType === undefined) {
    return { body: value, contentType: prefixed("text", "plain", options) };
  }
  const isQuoted = quoteStrings && isJson(mediaTypeEssence(mediaType));
  return { body: isQuoted ? JSON.stringify(value) : value, contentType: mediaType };
}

function encodeScalar(value: number | boolean | bigint, options: EncodeOptions): Encoded {
  const { mediaType } = options;
  if (mediaType === undefined || !isText(mediaTypeEssence(mediaType))) return json(value, options);
  return { body: String(value), contentType: mediaType };
}

function encodeObject(value: object, options: EncodeOptions): Encoded {
  const { mediaType } = options;
  if (value instanceof Xml) return typed(value.toString(), "application", "xml", options);
  if (
    ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof ReadableStream
  ) {
    return typed(value as BodyInit, "application", "octet-stream", options);
  }
  if (value instanceof Blob) {
    return value.type === ""
      ? typed(value, "application", "octet-stream", options)
      : { body: value, contentType: mediaType };
  }
  if (value instanceof URLSearchParams) return { body: value, contentType: mediaType };
  if (value instanceof FormData) return { body: value, contentType: undefined };
  if (isAsyncIterable(value)) {
    return typed(ReadableStream.from(value), "application", "octet-stream", options);
  }
  return mediaType === undefined ? json(value, options) : encodeAs(mediaType, value, options);
}

function isAsyncIterable(value: object): value is AsyncIterable<Uint8Array> {
  return Symbol.asyncIterator in value && typeof value[Symbol.asyncIterator] === "function";
}

function encodeAs(mediaType: string, value: object, options: EncodeOptions): Encoded {
  const essence = mediaTypeEssence(mediaType);
  if (isForm(essence)) return { body: encodeForm(value), contentType: mediaType };
  if (isXml(essence)) return { body: serializeXml(rooted(value)), contentType: mediaType };
  if (!essence.startsWith("multipart/")) return json(value, options);
  throw new HttpError(`Cannot send an object as ${essence}: send FormData`);
}

/** The value under a root element: its own where it has one, else `root`, with a list's items. */
function rooted(value: object): object {
  if (Array.isArray(value)) return { root: { item: value } };
  const [first, ...others] = Object.values(value).filter((item) => item !== undefined);
  const hasRoot = others.length === 0 && typeof first === "object" && !Array.isArray(first);
  return hasRoot ? value : { root: value };
}

function json(value: unknown, options: EncodeOptions): Encoded {
  const { mediaType } = options;
  if (mediaType !== undefined && isForm(mediaTypeEssence(mediaType))) {
    // Which says that it is no record: an object was written as one before.
    return typed(encodeForm(value), "application", "x-www-form-urlencoded", options);
  }
  return typed(stringify(value), "application", "json", options);
}

function typed(body: BodyInit, type: string, subtype: string, options: EncodeOptions): Encoded {
  const contentType = options.mediaType ?? prefixed(type, subtype, options) ?? `${type}/${subtype}`;
  return { body, contentType };
}

/** The type with its prefix; `undefined` where there is none. */
function prefixed(
  type: string,
  subtype: string,
  { subtypePrefix }: EncodeOptions,
): string | undefined {
  return subtypePrefix === undefined ? undefined : `${type}/${subtypePrefix}+${subtype}`;
}

function stringify(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch {
    text = stringifyWithBigints(value);
  }
  if (text === undefined) throw new HttpError("Cannot send the value as JSON: it is no data");
  return text;
}

/** TypeScript does not know it yet; the runtimes do, but Node only since 22. */
const { rawJSON } = JSON as JSON & { rawJSON?(text: string): unknown };

function stringifyWithBigints(value: unknown): string | undefined {
  try {
    if (rawJSON === undefined) return stringifyWithMarks(value);
    return JSON.stringify(
      value,
      (_key, item) => typeof item === "bigint" ? rawJSON(String(item)) : item,
    );
  } catch (cause) {
    // The engine's words name classes and fields of the program: they are for the log.
    throw new HttpError("Cannot send the value as JSON: it contains itself, or is no data", {
      cause,
    });
  }
}

/** Big integers go through as text that nobody can have sent, and lose its marks at the end. */
function stringifyWithMarks(value: unknown): string | undefined {
  const mark = `bigint-${crypto.randomUUID()}:`;
  const text = JSON.stringify(
    value,
    (_key, item) => typeof item === "bigint" ? `${mark}${item}` : item,
  );
  return text?.replaceAll(new RegExp(`"${mark}(-?[0-9]+)"`, "g"), "$1");
}
