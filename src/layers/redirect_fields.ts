/**
 * Which header fields of a request go on with a redirect.
 *
 * @module
 */

/** Fields about content, which a request without a body must not have. */
const ofContent: readonly string[] = [
  "content-digest",
  "content-encoding",
  "content-language",
  "content-length",
  "content-location",
  "content-type",
  "digest",
  "expect",
  "repr-digest",
  "trailer",
  "transfer-encoding",
];

/**
 * Fields that another origin may see. All others may well be secrets, whatever their names: keys of
 * APIs, sessions, the address before (`Referer`).
 */
const harmless: ReadonlySet<string> = new Set([
  ...ofContent,
  "accept",
  "accept-charset",
  "accept-encoding",
  "accept-language",
  "cache-control",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "pragma",
  "prefer",
  "range",
  "user-agent",
]);

/** How the next request differs from the one before. */
export interface RedirectedFields {
  /** Whether it has lost its body. */
  readonly losesBody: boolean;
  /** Whether it goes to another origin. */
  readonly crosses: boolean;
  /** Whether all fields may be seen there. */
  readonly allowAuthHeaders: boolean;
}

/** The fields of the next request; `headers` is left as it is. */
export function redirectedFields(
  headers: HeadersInit | undefined,
  { losesBody, crosses, allowAuthHeaders }: RedirectedFields,
): HeadersInit | undefined {
  if (headers === undefined || (!losesBody && !crosses)) return headers;
  const kept = new Headers(headers);
  if (losesBody) { for (const name of ofContent) kept.delete(name); }
  // The name of the host before would send the request astray.
  if (crosses) kept.delete("host");
  if (crosses && !allowAuthHeaders) {
    for (const name of [...kept.keys()]) if (!harmless.has(name)) kept.delete(name);
  }
  return kept;
}
