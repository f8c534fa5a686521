/**
 * Puts a resource's links into what its handler returned (spec 7.2.2): as `_links` into a JSON
 * object, else as a `Link` header field.
 *
 * @module
 */
import { isJson, mediaTypeEssence } from "../message/media_type.ts";
import { Reply, type ReplyHeaders } from "../message/reply.ts";
import type { ResourceLinks } from "./resource_links.ts";

/** What decides, beside the value, where the links go. */
export interface LinkRules {
  /** The status of a plain value. */
  readonly status: number;
  /** The content type of a plain value, where the resource names it. */
  readonly mediaType: string | undefined;
}

/** What is known of one answer. */
export interface LinkedAnswer {
  /** The media type that was negotiated, where the resource lists any. */
  readonly negotiated: string | undefined;
  /**
   * What the handler returned, where a schema made the value of it.
   *
   * @default the value
   */
  readonly returned?: unknown;
}

/**
 * The value to encode in place of `value`, which is never changed itself.
 *
 * A plain object that is to be sent as JSON is copied with `_links` as its last key. Everything
 * else goes with a `Link` header field: other values, other media types, no body at all, an object
 * that has a `_links` of its own, and one that is closed (`Object.freeze`, `seal`,
 * `preventExtensions`). A `Link` field that a reply has stays the only one. A `Response`, an error,
 * and a reply of another status than 2xx have no links.
 *
 * @param value what the handler returned; `undefined` stands for the 202 without a body.
 */
export function withLinks(
  value: unknown,
  links: ResourceLinks,
  rules: LinkRules,
  answer: LinkedAnswer,
): unknown {
  if (value instanceof Response || value instanceof Error) return value;
  const returned = answer.returned ?? value;
  if (value instanceof Reply) {
    if (value.status < 200 || value.status > 299) return value;
    const body = returned instanceof Reply ? returned.body : returned;
    return linkedReply(value, links, rules, { ...answer, returned: body });
  }
  const mediaType = rules.mediaType ?? answer.negotiated;
  if (takesLinks(value, mediaType) && !isClosed(returned)) return injected(value, links);
  return new Reply(value === undefined ? 202 : rules.status, {
    body: value,
    headers: { link: links.header },
  });
}

function linkedReply(
  reply: Reply,
  links: ResourceLinks,
  rules: LinkRules,
  { negotiated, returned }: LinkedAnswer,
): Reply {
  const { status, body, headers, mediaType } = reply;
  const type = mediaType ?? rules.mediaType ?? fieldOf(headers, "content-type") ?? negotiated;
  const goesInside = takesLinks(body, type) && !isClosed(returned);
  const linkedHeaders = goesInside ? headers : withLinkField(headers, links.header);
  return new Reply(status, {
    body: goesInside ? injected(body, links) : body,
    ...(linkedHeaders === undefined ? {} : { headers: linkedHeaders }),
    ...(mediaType === undefined ? {} : { mediaType }),
  });
}

/** Whether a value becomes a JSON object that is open to another key. */
function takesLinks(value: unknown, mediaType: string | undefined): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  // What `toJSON` makes of itself would be sent, and without the links.
  if (Object.hasOwn(value, "_links") || "toJSON" in value) return false;
  return !isClosed(value) && (mediaType === undefined || isJson(mediaTypeEssence(mediaType)));
}

function isClosed(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Object.isExtensible(value);
}

/** Spreading defines keys rather than setting them, so that `__proto__` stays a key. */
function injected(body: object, { links }: ResourceLinks): object {
  return { ...body, _links: links };
}

function withLinkField(headers: ReplyHeaders | undefined, link: string): ReplyHeaders | undefined {
  if (headers === undefined) return { link };
  if (fieldOf(headers, "link") !== undefined) return headers;
  if (isList(headers)) return [...headers, ["link", link]];
  return { ...headers, link };
}

function fieldOf(headers: ReplyHeaders | undefined, wanted: string): string | undefined {
  if (headers === undefined) return undefined;
  const entries = isList(headers) ? headers : Object.entries(headers);
  for (const [name = "", value] of entries) {
    if (name.toLowerCase() === wanted) return String(value);
  }
  return undefined;
}

function isList(headers: ReplyHeaders): headers is Headers | [string, string][] {
  return Symbol.iterator in headers;
}
