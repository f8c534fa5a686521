/**
 * From the body of a message to a value: by its media type first, then by the kind of value that
 * is wanted (spec 2.3.4.4).
 *
 * | media type                        | `any` gives        | also gives                         |
 * | --------------------------------- | ------------------ | ---------------------------------- |
 * | JSON, `+json`                     | `json`: the value  | `text` of a JSON string, `bytes` of an array of 0 to 255 |
 * | XML, `+xml`                       | `xml`: a tree      |                                    |
 * | `application/x-www-form-urlencoded` | `form`: a record | `text`: as it was sent             |
 * | `multipart/form-data`             | `form`: a record with files | `bytes`                   |
 * | `text/*`                          | `text`             | `bytes`                            |
 * | `text/event-stream`               | `text`             | `bytes`, and `events` as they come |
 * | `application/octet-stream`        | `bytes`            |                                    |
 * | `image audio video font model multipart/*` | `bytes`   | every kind, as the program knows best |
 * | none, and any other               | `json`             | every kind, as the program knows best |
 *
 * `stream` hands over the body of any type unread. The content codings of a request are undone first,
 * those of a `stream` as it is read; a program that reads `request.body` itself gets it as it came.
 * Schemas are not looked at here.
 *
 * @module
 */
import { type BodyKind, familyOf, GIVES, isPlainJson } from "./body_kind.ts";
import { decodeText, readContent, readText, readTextAs } from "./body_reader.ts";
import { decodeContent } from "./decode_content.ts";
import { type MultipartRecord, parseForm, parseMultipart } from "./form.ts";
import { parseJson } from "./json.ts";
import { isText, mediaTypeEssence, parseMediaType } from "./media_type.ts";
import { payloadFailure, shorten } from "./payload_failure.ts";
import { parseEvents } from "./sse_parse.ts";
import { parseXml } from "./xml_parse.ts";
import { xmlEncoding } from "./xml_text.ts";

/** What is wanted of a body. */
export interface DecodeOptions {
  /** The kind of value. */
  readonly kind: BodyKind;
  /** The most bytes to read; a `stream` is not held to it. */
  readonly limit: number;
  /**
   * The `Content-Type` of the message, for who has asked for it already.
   *
   * @default asked for
   */
  readonly contentType?: string | null;
  /**
   * Whether an empty body gives `undefined`. Otherwise it is an error, except as text and bytes.
   *
   * @default false
   */
  readonly nilable?: boolean;
  /**
   * The name of the declared type, for messages.
   *
   * @default the kind's name in the specification, as `byte[]`
   */
  readonly typeName?: string | undefined;
}

/**
 * Reads the body of a message and decodes it.
 *
 * @throws {PayloadBindingError} (400) when the media type cannot give the kind, the body is not what
 * its media type says, is empty, or breaks off.
 * @throws {MediaTypeBindingError} (400) when the `Content-Type` is no media type.
 * @throws {UnsupportedRequestMediaTypeError} (415) when its charset or its content coding is not known.
 * @throws {PayloadTooLargeError} (413) when the body is over the limit.
 * @throws {ReadingInboundResponseBodyError} (502) in place of the last, and when it breaks off, where
 * the message is a response.
 */
export function decodePayload(
  message: Request | Response,
  options: DecodeOptions,
): Promise<unknown> {
  const { kind, contentType = message.headers.get("content-type") } = options;
  if (isPlainJson(contentType) && (kind === "json" || kind === "any")) {
    return decodeJson(message, options, undefined);
  }
  if (kind === "stream") {
    // A coding that is not known rejects, as every other error does.
    return new Promise((resolve) => resolve(openStream(message)));
  }
  return decodeBy(message, options, contentType);
}

async function decodeBy(
  message: Request | Response,
  options: DecodeOptions,
  contentType: string | null,
): Promise<unknown> {
  const family = familyOf(contentType);
  const [natural = "json"] = GIVES[family];
  const anything = family === "media" ? "bytes" : natural;
  const kind = options.kind === "any" ? anything : options.kind;
  if (!GIVES[family].includes(kind)) throw incompatible(kind, options, contentType);
  const charset = charsetOf(contentType);
  switch (kind) {
    case "events": {
      const content = openStream(message);
      return content === null ? undefined : parseEvents(content);
    }
    case "xml":
      return await decodeXml(message, options, charset);
    case "form":
      return family === "multipart"
        ? await decodeMultipart(message, options, contentType ?? "")
        : await decodeForm(message, options, charset);
    case "text":
      return family === "json"
        ? await decodeJsonString(message, options, charset)
        : orNil(await readText(message, options.limit, charset), options);
    case "bytes":
      return family === "json"
        ? await decodeJsonBytes(message, options, charset)
        : orNil(await readContent(message, options.limit), options);
    default:
      return await decodeJson(message, options, charset);
  }
}

function openStream(message: Request | Response): ReadableStream<Uint8Array<ArrayBuffer>> | null {
  const { body } = message;
  if (body === null || message instanceof Response) return body;
  const coding = message.headers.get("content-encoding");
  return coding === null ? body : decodeContent(body, coding, Infinity);
}

function charsetOf(contentType: string | null): string | undefined {
  if (contentType === null || !contentType.includes(";")) return undefined;
  return parseMediaType(contentType)?.params.charset;
}

function orNil<Value extends string | Uint8Array>(
  value: Value,
  { nilable = false }: DecodeOptions,
): Value | undefined {
  return nilable && value.length === 0 ? undefined : value;
}

/** Chained rather than awaited: each step that is awaited costs every JSON body a microtask. */
function decodeJson(
  message: Request | Response,
  options: DecodeOptions,
  charset: string | undefined,
): Promise<unknown> {
  return readTextAs(message, options.limit, charset, (text) => {
    return text === "" ? nilOr(options, "the payload is empty: send JSON") : parseJson(text);
  });
}

async function decodeJsonString(
  message: Request | Response,
  options: DecodeOptions,
  charset: string | undefined,
): Promise<string | undefined> {
  const value = await decodeJson(message, options, charset);
  if (value === undefined || typeof value === "string") return value;
  throw incompatible("text", options, "JSON that is no string");
}

async function decodeJsonBytes(
  message: Request | Response,
  options: DecodeOptions,
  charset: string | undefined,
): Promise<Uint8Array | undefined> {
  const value = await decodeJson(message, options, charset);
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every(isByte)) return Uint8Array.from(value);
  throw incompatible("bytes", options, "JSON that is no array of 0 to 255");
}

function isByte(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 255;
}

async function decodeXml(
  message: Request | Response,
  options: DecodeOptions,
  charset: string | undefined,
): Promise<unknown> {
  const bytes = await readContent(message, options.limit);
  if (bytes.length === 0) return nilOr(options, "the payload is empty: send XML");
  return parseXml(decodeText(bytes, charset ?? xmlEncoding(bytes)));
}

async function decodeForm(
  message: Request | Response,
  options: DecodeOptions,
  charset: string | undefined,
): Promise<unknown> {
  const text = await readText(message, options.limit, charset);
  return text === "" && options.nilable ? undefined : parseForm(text);
}

async function decodeMultipart(
  message: Request | Response,
  options: DecodeOptions,
  contentType: string,
): Promise<MultipartRecord | undefined> {
  const bytes = await readContent(message, options.limit);
  return bytes.length === 0 && options.nilable ? undefined : parseMultipart(bytes, contentType);
}

function nilOr({ nilable = false }: DecodeOptions, otherwise: string): undefined {
  if (!nilable) throw payloadFailure(otherwise);
}

const TYPE_NAMES: Readonly<Record<BodyKind, string>> = {
  any: "anydata",
  text: "string",
  json: "json",
  xml: "xml",
  form: "map<string>",
  bytes: "byte[]",
  stream: "stream",
  events: "stream<SseEvent>",
};

function incompatible(kind: BodyKind, options: DecodeOptions, found: string | null): Error {
  return incompatibleType(options.typeName ?? TYPE_NAMES[kind], found);
}

/**
 * The error of a payload whose media type cannot give the declared type, in the words of the
 * original: of a list in a text or in bytes they name the items.
 *
 * @param found the media type, or what else the payload is
 */
export function incompatibleType(typeName: string, found: string | null, detail?: string): Error {
  const essence = mediaTypeEssence(found ?? "");
  const isFlat = isText(essence) || essence === "application/octet-stream";
  const isList = typeName.endsWith("[]") && typeName !== TYPE_NAMES.bytes;
  const what = isFlat && isList
    ? `incompatible array element type found: '${typeName.slice(0, -2)}'`
    : `incompatible type found: '${typeName}'`;
  const shown = detail ?? `the payload is ${shorten(found ?? "")}`;
  return payloadFailure(`${what}: ${shown}`);
}
