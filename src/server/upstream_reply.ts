/**
 * What a remote service answered with, passed on when the error that carries it reaches a listener:
 * the same status, header fields and body.
 *
 * The body was decoded and is written anew, and the answer becomes one of this origin; fields that
 * would then say something untrue are left out (RFC 9110 section 7.6.1).
 *
 * @module
 */
import { dropByteFields } from "../message/byte_fields.ts";
import type { ApplicationResponseDetail } from "../message/client_errors.ts";
import { withoutHopByHop } from "../message/hop_by_hop.ts";
import { isJson, isXml, mediaTypeEssence, parseMediaType } from "../message/media_type.ts";
import { Reply } from "../message/reply.ts";
import { Xml, type XmlObject } from "../message/xml.ts";

/**
 * Fields that speak for an origin: here they would let another host set cookies, which are often
 * those of this program's own session there, or open what this service's CORS rules close.
 */
const ofOrigin: readonly string[] = [
  "access-control-allow-credentials",
  "access-control-allow-headers",
  "access-control-allow-methods",
  "access-control-allow-origin",
  "access-control-allow-private-network",
  "access-control-expose-headers",
  "access-control-max-age",
  "alt-svc",
  "clear-site-data",
  "server",
  "set-cookie",
  "set-cookie2",
  "strict-transport-security",
];

/** The reply that passes on an answer that has a body, and a status of 400 to 599. */
export function upstreamReply(
  { statusCode, headers: given, body }: ApplicationResponseDetail,
): Reply {
  const headers = forwardedHeaders(given);
  const contentType = headers.get("content-type");
  if (contentType === null) return new Reply(statusCode, { headers, body });
  const essence = mediaTypeEssence(contentType);
  // A boundary is chosen when the parts are written.
  if (body instanceof FormData || essence.startsWith("multipart/")) {
    headers.delete("content-type");
    return new Reply(statusCode, { headers, body });
  }
  return new Reply(statusCode, {
    headers,
    mediaType: inUtf8(contentType),
    body: undecoded(body, essence),
  });
}

/** A value as it is written as what it was decoded from. */
function undecoded(body: unknown, essence: string): unknown {
  // A string is JSON only in its quotes, and an object that has its root is a document already.
  if (typeof body === "string" && isJson(essence)) return JSON.stringify(body);
  return isXml(essence) && isTree(body) ? new Xml(body) : body;
}

function isTree(body: unknown): body is XmlObject {
  return typeof body === "object" && body !== null && !(body instanceof Xml) &&
    !ArrayBuffer.isView(body) && Object.keys(body).length === 1;
}

/** The header fields of an answer that may be passed on. */
export function forwardedHeaders(given: Headers): Headers {
  const headers = withoutHopByHop(given);
  dropByteFields(headers);
  for (const name of ofOrigin) headers.delete(name);
  return headers;
}

/** The media type of a text that is written in UTF-8, whatever it was read from. */
function inUtf8(contentType: string): string {
  const charset = parseMediaType(contentType)?.params.charset?.toLowerCase();
  if (charset === undefined || charset === "utf-8") return contentType;
  return `${mediaTypeEssence(contentType)};charset=utf-8`;
}
