/**
 * Header fields that say of the bytes of a body what they are (RFC 9110 sections 8.4, 8.6 and 14.3; RFC
 * 9530), and are wrong once it is written in others. An `ETag` is not among them: it is weakened.
 *
 * @module
 */

const fields: readonly string[] = [
  "accept-ranges",
  "content-digest",
  "content-encoding",
  "content-length",
  "content-md5",
  "digest",
  "repr-digest",
];

/** Takes the fields away that say what the bytes of a body are. */
export function dropByteFields(headers: Headers): void {
  for (const name of fields) headers.delete(name);
}
