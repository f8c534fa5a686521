/**
 * Paths with parameters in them, each encoded so that it stays the one segment it is meant to be
 * (RFC 3986 section 3.3).
 *
 * @module
 */
import { InitializingOutboundRequestError } from "../message/client_errors.ts";

/** What may stand for a path segment; a list stands for several of them. */
export type PathValue = string | number | bigint | boolean;

/**
 * A path whose parameters are percent-encoded, to be written as a template; those behind a `?` too.
 *
 * A parameter cannot lead anywhere else: `/` becomes `%2F`, and one that would make its segment
 * empty, `.` or `..` is refused, as no encoding keeps these from being taken for what they look
 * like. A list becomes segments, joined by `/`.
 *
 * @throws {InitializingOutboundRequestError} when a segment would be empty, `.` or `..`, and when a
 * parameter is none of the above or has half a surrogate pair.
 *
 * @example
 * ```ts
 * import { path } from "@pirouette/http";
 *
 * const title = "AC/DC live";
 * path`/albums/${title}/tracks/${3}`; // "/albums/AC%2FDC%20live/tracks/3"
 * path`/files/${["music", "a b.flac"]}`; // "/files/music/a%20b.flac"
 * ```
 */
export function path(
  template: TemplateStringsArray,
  ...values: readonly (PathValue | readonly PathValue[])[]
): string {
  let text = template[0] ?? "";
  let isSuspicious = false;
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    const encoded = Array.isArray(value)
      ? value.map(encodeValue).join("/")
      : encodeValue(value as PathValue);
    // Any other character beside dots makes the segment an ordinary one.
    if (Array.isArray(value) || mayClimb(encoded)) isSuspicious = true;
    text += encoded + (template[index + 1] ?? "");
  }
  if (isSuspicious) refuseClimbing(template, values);
  return text;
}

function encodeValue(value: PathValue): string {
  switch (typeof value) {
    case "string":
      try {
        return encodeURIComponent(value);
      } catch (cause) {
        throw refusal("a parameter has half a surrogate pair, pass whole characters", cause);
      }
    case "number":
    case "bigint":
    case "boolean":
      return encodeURIComponent(String(value));
    default:
      throw refusal(`a parameter is ${value === null ? "null" : typeof value}, pass text`);
  }
}

function mayClimb(encoded: string): boolean {
  return encoded === "" || encoded === "." || encoded === "..";
}

/** Looks at each segment that a parameter is part of. */
function refuseClimbing(
  template: TemplateStringsArray,
  values: readonly (PathValue | readonly PathValue[])[],
): void {
  let segment = "";
  let isOurs = false;
  const end = (): void => {
    if (isOurs && /^(?:\.|%2e){0,2}$/i.test(segment)) {
      const shown = segment === "" ? "empty" : `"${segment}"`;
      throw refusal(`a parameter makes a segment ${shown}, which leads to another place`);
    }
    segment = "";
    isOurs = false;
  };
  for (const [index, literal] of template.entries()) {
    const [first = "", ...others] = literal.split(/[?#]/, 1)[0]?.split(/[/\\]/) ?? [];
    segment += first;
    for (const other of others) {
      end();
      segment = other;
    }
    // What follows is a query or a fragment: nothing climbs there.
    if (/[?#]/.test(literal)) break;
    if (index === values.length) break;
    const value = values[index] as PathValue | readonly PathValue[];
    const items: readonly PathValue[] = Array.isArray(value) ? value : [value];
    isOurs = true;
    for (const [at, item] of items.entries()) {
      if (at > 0) end();
      segment += encodeValue(item);
      isOurs = true;
    }
  }
  end();
}

function refusal(why: string, cause?: unknown): Error {
  return new InitializingOutboundRequestError(
    `Cannot make a path: ${why}`,
    cause === undefined ? undefined : { cause },
  );
}
