/**
 * From what a handler returned to a `Response`: default statuses and content types
 * (spec 2.3.5), replies, responses as they are.
 *
 * The headers are collected first and the Response is built once: changing one afterwards costs
 * more than building it.
 *
 * @module
 */
import type { Connection } from "../message/connection.ts";
import type { HttpError } from "../message/errors.ts";
import { InitializingOutboundResponseError } from "../message/listener_errors.ts";
import { type Encoded, encodePayload } from "../message/payload_encode.ts";
import { Reply, type ReplyHeaders } from "../message/reply.ts";
import { keepTrailers } from "../message/trailers.ts";
import { withLinks } from "./link_injection.ts";
import type { ResourceLinks } from "./resource_links.ts";
import type { ResponseCaching } from "./response_cache.ts";
import { isFieldValue, sendable } from "./sendable.ts";
import { dropUnsent } from "./unsent.ts";
import { type Issue, issuePath, type Result, type Schema, validate } from "../schema/standard.ts";

/** How the replies of one resource are encoded. */
export interface ReplyRules {
  /** The init of a plain value; `undefined` for 200, which costs less than saying so. */
  readonly init: { readonly status: number } | undefined;
  /** The status of a plain value. */
  readonly status: number;
  /** The content type of a plain value, in place of the default of its type. */
  readonly mediaType: string | undefined;
  /** The vendor prefix of content types that are chosen by a value's type. */
  readonly subtypePrefix: string | undefined;
  /** What is said about caching; `undefined` where nothing is. */
  readonly caching?: ResponseCaching | undefined;
  /** The links that go with what a handler returns; `undefined` where there are none. */
  readonly links?: ResourceLinks | undefined;
  /** Whether there is no more to know than the status: no media type, prefix, schema, caching, links. */
  readonly isSimple: boolean;
  /** The schemas of bodies by status; `undefined` where none is declared or none is checked. */
  readonly responses: Readonly<Record<number, Schema>> | undefined;
}

/** What a reply answers, as far as it matters here. */
export interface Answered {
  /** The exchange as it was received: only rules about caching ask for it. */
  readonly received: { readonly request: Request };
  /** Makes the response, where its transport has one that costs less than the platform's. */
  readonly maker: Connection | undefined;
}

/**
 * The response of a string or plain data under rules that say nothing, which is what most handlers
 * return; `undefined` for everything else, which is for {@linkcode encodeReply}.
 */
export function encodeSimply(
  value: unknown,
  rules: ReplyRules,
  maker?: Connection,
): Response | undefined {
  if (!rules.isSimple) return undefined;
  if (typeof value === "string") {
    return maker?.respond?.(value, rules.status, plainText) ?? new Response(value, rules.init);
  }
  return isPlainData(value) ? jsonResponse(value as object, rules, maker) : undefined;
}

/** The content type that the platform gives a text. */
const plainText = "text/plain;charset=UTF-8";

/**
 * Encodes what a handler returned; `undefined` is the caller's case and must not come here.
 *
 * @param answered what is answered, for rules about caching and transports that make responses
 */
export function encodeReply(
  value: unknown,
  rules: ReplyRules,
  negotiated?: string,
  answered?: Answered,
): Response | Promise<Response> {
  if (value instanceof Response) return sendable(value);
  if (value instanceof Error) throw value;
  return rules.responses === undefined
    ? encodeUnchecked(value, rules, negotiated, answered)
    : encodeChecked(value, rules, rules.responses, negotiated, answered);
}

/** Encodes a value that is checked; `returned` is what it was before a schema made it anew. */
function encodeUnchecked(
  checked: unknown,
  rules: ReplyRules,
  negotiated: string | undefined,
  answered: Answered | undefined,
  returned: unknown = checked,
): Response {
  const value = rules.links === undefined
    ? checked
    : withLinks(checked, rules.links, rules, { negotiated, returned });
  const isReply = value instanceof Reply;
  const encoded = isReply
    ? encodeBody(value, rules, negotiated)
    : encode(value, rules.mediaType ?? negotiated, rules, negotiated);
  const response = build(
    isReply ? value.status : rules.status,
    isReply ? value.headers : undefined,
    encoded,
    answered?.maker,
  );
  if (isReply && value.trailers !== undefined) keepTrailers(response, value.trailers);
  if (answered !== undefined && rules.caching !== undefined) {
    rules.caching.mark(answered.received.request, response, encoded?.body ?? null);
  }
  return response;
}

/** Whether a value is an object or array without a class of its own, and so certainly JSON. */
export function isPlainData(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === Array.prototype;
}

function jsonResponse(
  value: object,
  { init, status }: ReplyRules,
  maker: Connection | undefined,
): Response {
  try {
    if (maker?.respond !== undefined) {
      const text = JSON.stringify(value);
      if (text !== undefined) return maker.respond(text, status, "application/json");
    }
    return init === undefined ? Response.json(value) : Response.json(value, init);
  } catch {
    // A bigint or a cycle: the general encoder knows the one and explains the other.
    const encoded = encodePayload(value);
    return new Response(encoded.body, { ...init, headers: { "content-type": "application/json" } });
  }
}

function encodeBody(
  reply: Reply,
  rules: ReplyRules,
  negotiated: string | undefined,
): Encoded | undefined {
  const { body, headers, mediaType } = reply;
  if (body === undefined) return undefined;
  const own = mediaType ?? rules.mediaType ?? contentTypeOf(headers) ?? negotiated;
  return encode(body, own, rules, negotiated);
}

function encode(
  value: unknown,
  mediaType: string | undefined,
  rules: ReplyRules,
  negotiated: string | undefined,
): Encoded {
  return encodePayload(value, {
    mediaType,
    subtypePrefix: rules.subtypePrefix,
    // A type out of `produces` says how a string is to be written; `mediaType` says what it is.
    quoteStrings: mediaType !== undefined && mediaType === negotiated &&
      rules.mediaType === undefined,
  });
}

function build(
  status: number,
  headers: ReplyHeaders | undefined,
  encoded: Encoded | undefined,
  maker: Connection | undefined,
): Response {
  try {
    // The platform would send 101 of its own accord, and the client wait for another protocol.
    if (status < 200) throw new RangeError("An informational status answers nothing");
    const body = encoded?.body ?? null;
    if (maker?.respond !== undefined && isWhole(body)) {
      return made(maker.respond(body, status, undefined), headers, encoded);
    }
    const init: ResponseInit = { status };
    if (headers !== undefined || encoded?.contentType !== undefined) {
      init.headers = toHeaders(headers, encoded?.contentType);
    }
    return new Response(body, init);
  } catch (cause) {
    dropUnsent(encoded?.body);
    const what = `Cannot send a reply of status ${status}: its status or a header is not sendable`;
    throw new InitializingOutboundResponseError(what, { cause });
  }
}

/** Whether a body is there as a whole. */
function isWhole(body: BodyInit | null): body is string | Uint8Array<ArrayBuffer> | null {
  return body === null || typeof body === "string" || body instanceof Uint8Array;
}

/** A response that a transport has made, with its header fields. */
function made(
  response: Response,
  given: ReplyHeaders | undefined,
  encoded: Encoded | undefined,
): Response {
  const contentType = encoded?.contentType;
  const isText = contentType === undefined && typeof encoded?.body === "string";
  if (given === undefined && contentType === undefined && !isText) return response;
  const { headers } = response;
  fillHeaders(headers, given, contentType);
  if (isText && !headers.has("content-type")) headers.set("content-type", plainText);
  return response;
}

/** Header fields as the platform takes them, with the content type that was decided. */
export function toHeaders(
  given: ReplyHeaders | undefined,
  contentType: string | undefined,
): HeadersInit {
  if (given === undefined) {
    return contentType === undefined ? {} : { "content-type": toFieldValue(contentType) };
  }
  const headers = new Headers();
  fillHeaders(headers, given, contentType);
  return headers;
}

function fillHeaders(
  headers: Headers,
  given: ReplyHeaders | undefined,
  contentType: string | undefined,
): void {
  for (const [name, value] of entriesOf(given ?? {})) {
    if (Array.isArray(value)) { for (const one of value) headers.append(name, toFieldValue(one)); }
    else headers.append(name, toFieldValue(value));
  }
  if (contentType !== undefined) headers.set("content-type", toFieldValue(contentType));
}

function toFieldValue(value: unknown): string {
  const text = String(value);
  if (!isFieldValue(text)) throw new TypeError("A header field has a control character");
  return text;
}

function entriesOf(given: ReplyHeaders): Iterable<readonly [string, unknown]> {
  if (Symbol.iterator in given) return given as Iterable<[string, string]>;
  return Object.entries(given);
}

function contentTypeOf(headers: ReplyHeaders | undefined): string | undefined {
  if (headers === undefined) return undefined;
  for (const [name, value] of entriesOf(headers)) {
    if (name.length === 12 && name.toLowerCase() === "content-type") return String(value);
  }
  return undefined;
}

function encodeChecked(
  value: unknown,
  rules: ReplyRules,
  responses: Readonly<Record<number, Schema>>,
  negotiated: string | undefined,
  answered: Answered | undefined,
): Response | Promise<Response> {
  const status = value instanceof Reply ? value.status : rules.status;
  const schema = Object.hasOwn(responses, status) ? responses[status] : undefined;
  if (schema === undefined) return encodeUnchecked(value, rules, negotiated, answered);
  const finish = (result: Result): Response => {
    if (result.issues !== undefined) throw responseMismatch(status, result.issues);
    if (!(value instanceof Reply)) {
      return encodeUnchecked(result.value, rules, negotiated, answered, value);
    }
    const checked = new Reply(status, {
      body: result.value,
      ...(value.headers === undefined ? {} : { headers: value.headers }),
      ...(value.mediaType === undefined ? {} : { mediaType: value.mediaType }),
    });
    return encodeUnchecked(checked, rules, negotiated, answered, value);
  };
  const result = validate(schema, value instanceof Reply ? value.body : value);
  return result instanceof Promise ? result.then(finish) : finish(result);
}

/** The details are for the log: to a client they would say what this program keeps. */
function responseMismatch(
  status: number,
  issues: readonly Issue[],
): HttpError {
  const details = issues.map((issue) => `${issuePath(issue)}: ${issue.message}`).join("; ");
  return new InitializingOutboundResponseError(
    `The body of status ${status} is not what this resource declares`,
    { cause: new TypeError(details) },
  );
}
