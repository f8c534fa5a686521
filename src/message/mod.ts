/**
 * What servers and clients have in common: the shape of a fetch, messages and their parts, errors.
 *
 * @module
 */
export { asRequest, type Fetch, type Layer, stack } from "./fetch.ts";

// Messages.
export * from "./replies.ts";
export {
  type BodilessReply,
  type HeaderFieldValue,
  Reply,
  reply,
  type ReplyHeaders,
  type ReplyOptions,
  type StatusReply,
} from "./reply.ts";
export {
  problem,
  type ProblemDetails,
  type ProblemMembers,
  type ProblemOptions,
} from "./problem.ts";
export { Cookie, type CookieOptions, type SameSite } from "./cookie.ts";
export { type CookiePair, parseCookies, parseSetCookie, readCookies } from "./cookie_parse.ts";
export { formatCookies, removeCookie, setCookie } from "./cookie_fields.ts";
export { parseCookieDate } from "./cookie_date.ts";
export { isBodiless, reasonPhrase } from "./status.ts";
export type { Clock, Timer } from "./clock.ts";
export { type HeaderValue, InvalidHeaderValueError, parseHeader, unquote } from "./header_value.ts";
export {
  type MediaType,
  mediaTypeEssence,
  mediaTypeMatches,
  parseMediaType,
  serializeMediaType,
} from "./media_type.ts";
export {
  matchesConsumes,
  negotiateMediaType,
  parseQualityList,
  type QualityValue,
} from "./negotiation.ts";
export {
  buildRequestCacheControl,
  buildResponseCacheControl,
  type CacheControl,
  type CacheControlTime,
  parseCacheControl,
  type RequestCacheControl,
  type ResponseCacheControl,
} from "./cache_control.ts";
export { type Encoded, type EncodeOptions, encodePayload } from "./payload_encode.ts";
export type { SseEvent } from "./sse_event.ts";
export { parseEvents } from "./sse_parse.ts";
export { serializeXml, Xml, type XmlObject, type XmlValue } from "./xml.ts";
export { parseXml } from "./xml_parse.ts";
export type { XmlLimits } from "./xml_scan.ts";
export { buildLink, type Link, parseLink } from "./link.ts";
export { etagOf, listMatches, strongMatch, type TagComparison, weaken, weakMatch } from "./etag.ts";
export { formatHttpDate, parseHttpDate } from "./http_date.ts";
export { type ByteRange, maxRanges, parseRange } from "./byte_range.ts";
export {
  evaluatePreconditions,
  type PreconditionOutcome,
  rangeApplies,
  type Validators,
} from "./preconditions.ts";
export {
  type PartBody,
  type PartSource,
  partsResponse,
  rangesFor,
  unsatisfiedRange,
} from "./partial_content.ts";
export { mimeTypeOf, unknownMimeType } from "./mime_types.ts";
export { type ForwardedElement, parseForwarded } from "./forwarded.ts";
export { formatIpAddress, type IpAddress, parseIpAddress } from "./ip_address.ts";
export { negotiateCoding } from "./content_coding.ts";
export * from "./structured_field_values.ts";
export {
  parseDictionary,
  parseItem,
  parseList,
  StructuredFieldError,
} from "./structured_fields.ts";
export * from "./structured_fields_serialize.ts";
export type { KeyStore, PemSource } from "./pem_source.ts";
export type { PeerCertificate, TlsConnection } from "./connection.ts";
export { responseTrailers, type Trailers, withTrailers } from "./trailers.ts";

// Errors.
export {
  HeaderBindingError,
  HeaderNotFoundError,
  HeaderValidationError,
  HttpError,
  MediaTypeBindingError,
  MediaTypeValidationError,
  PayloadBindingError,
  PayloadValidationError,
} from "./errors.ts";
export * from "./listener_errors.ts";
export { UnsupportedContentCodingError } from "./decode_content.ts";
export * from "./client_errors.ts";
export { CircuitOpenError, type CircuitOpenErrorOptions } from "./circuit_open_error.ts";
export { BulkheadFullError, CallRefusedError, CallThrottledError } from "./overload_errors.ts";
export {
  StatusCodeBindingClientRequestError,
  type StatusCodeBindingDetail,
  type StatusCodeBindingErrorOptions,
  StatusCodeBindingRemoteServerError,
  StatusCodeResponseBindingError,
} from "./status_binding_errors.ts";
export * from "./status_code_error.ts";
export * from "./status_errors.ts";
