/**
 * Which kinds of value a media type gives (spec 2.3.4.4): the table of `payload_decode.ts`, asked before
 * any body is read.
 *
 * @module
 */
import { MediaTypeBindingError } from "./errors.ts";
import { isForm, isJson, isText, isXml, mediaTypeEssence } from "./media_type.ts";
import { shorten } from "./payload_failure.ts";

/** The kind of value that is wanted of a body; `any` leaves it to the media type. */
export type BodyKind = "any" | "text" | "json" | "xml" | "form" | "bytes" | "stream" | "events";

/**
 * Whether a content type is JSON in UTF-8, written as nearly every program writes it: what need not be
 * parsed to be known. `false` says nothing.
 */
export function isPlainJson(contentType: string | null): boolean {
  return contentType === "application/json" ||
    (contentType !== null && JSON_WITH_CHARSET.has(contentType));
}

const JSON_WITH_CHARSET: ReadonlySet<string> = new Set([
  "application/json; charset=utf-8",
  "application/json;charset=utf-8",
  "application/json; charset=UTF-8",
  "application/json;charset=UTF-8",
]);

/**
 * Which of several kinds to read from a media type: the one that it gives best; the first for a type
 * that leaves the choice to the program. `undefined` if it can give none.
 *
 * @throws {MediaTypeBindingError} (400) when `contentType` is no media type.
 */
export function chooseKind(
  contentType: string | null,
  kinds: readonly BodyKind[],
): BodyKind | undefined {
  const gives = GIVES[familyOf(contentType)];
  if (gives === EVERY_KIND) return kinds.find((kind) => gives.includes(kind));
  return gives.find((kind) => kinds.includes(kind));
}

/** Media types that are read alike. */
export type Family =
  | "json"
  | "xml"
  | "form"
  | "multipart"
  | "text"
  | "events"
  | "binary"
  | "media"
  | "other";

const EVERY_KIND: readonly BodyKind[] = ["json", "text", "xml", "form", "bytes"];

/** The kinds that media types give, best first. */
export const GIVES: Readonly<Record<Family, readonly BodyKind[]>> = {
  json: ["json", "text", "bytes"],
  xml: ["xml"],
  form: ["form", "text"],
  multipart: ["form", "bytes"],
  text: ["text", "bytes"],
  events: ["text", "bytes", "events"],
  binary: ["bytes"],
  media: EVERY_KIND,
  other: EVERY_KIND,
};

/**
 * The family of a content type.
 *
 * @throws {MediaTypeBindingError} (400) when it is no media type.
 */
export function familyOf(contentType: string | null): Family {
  if (contentType === null || contentType === "") return "other";
  const essence = mediaTypeEssence(contentType);
  if (essence === "") {
    throw new MediaTypeBindingError(
      `Cannot read the Content-Type "${shorten(contentType)}": send a type as "application/json"`,
    );
  }
  if (isJson(essence)) return "json";
  if (isXml(essence)) return "xml";
  if (isForm(essence)) return "form";
  if (essence === "multipart/form-data") return "multipart";
  if (essence === "text/event-stream") return "events";
  if (isText(essence)) return "text";
  if (essence === "application/octet-stream") return "binary";
  return /^(?:image|audio|video|font|model|multipart)\//.test(essence) ? "media" : "other";
}
