/**
 * Which media types are worth compressing: text in the widest sense, and binary formats that are
 * not compressed themselves.
 *
 * Streams of events and of JSON lines are not among them: the platform's compressors cannot be
 * flushed, so that what was sent would wait for what is sent next.
 *
 * @module
 */

/** Besides `text/*` and the structured suffixes. */
const COMPRESSIBLE: ReadonlySet<string> = new Set([
  "application/dart",
  "application/ecmascript",
  "application/graphql",
  "application/javascript",
  "application/json",
  "application/json5",
  "application/postscript",
  "application/rtf",
  "application/sql",
  "application/tar",
  "application/toml",
  "application/vnd.ms-fontobject",
  "application/wasm",
  "application/x-javascript",
  "application/x-sh",
  "application/x-tar",
  "application/x-www-form-urlencoded",
  "application/xml",
  "application/xml-dtd",
  "application/yaml",
  "font/collection",
  "font/otf",
  "font/ttf",
  "image/bmp",
  "image/vnd.adobe.photoshop",
  "image/vnd.microsoft.icon",
  "image/x-icon",
  "image/x-ms-bmp",
  "message/rfc822",
  "model/gltf-binary",
]);

const SUFFIXES: readonly string[] = ["+json", "+xml", "+text", "+yaml"];

/** Whether bodies of a type are worth compressing. */
export function isCompressible(essence: string): boolean {
  if (COMPRESSIBLE.has(essence)) return true;
  if (essence.startsWith("text/")) return !isEventStream(essence);
  return SUFFIXES.some((suffix) => essence.endsWith(suffix));
}

/** Whether a type is that of server-sent events. */
export function isEventStream(essence: string): boolean {
  return essence === "text/event-stream";
}
