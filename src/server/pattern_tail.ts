/**
 * The end of a path pattern that is more than text and whole-segment parameters, from the segment
 * where that begins: several parameters in one segment (`/:from-:to`, `/:name.:extension`),
 * regular expressions, groups, and modifiers before the end.
 *
 * Segments of text and parameters are matched in linear time, whatever the path. Everything else
 * is one regular expression, built as the URL Pattern Standard (§2.3) says, which is asked only
 * about paths of up to {@linkcode maxRegExpPath} characters.
 *
 * @module
 */
import type { Part } from "./pattern_parts.ts";

/**
 * The longest path end, in characters, that a regular expression is asked about; a longer one does
 * not match. It bounds the time a badly chosen expression can take.
 */
export const maxRegExpPath = 2048;

/** The end of a pattern. */
export interface Tail {
  /** How specific each segment is: 0 text, 1 constrained, 2 a parameter, 3 a rest of segments, 4 a rest of anything. */
  readonly ranks: readonly number[];
  /** Whether it certainly matches one number of segments only. */
  readonly isFixed: boolean;
  /**
   * Whether the path from `from` to `end` matches; if so the offsets of the groups are written in
   * pairs to `slots` from index `at`, the ends complemented; -1 for a group that took no part.
   */
  match(url: string, from: number, end: number, slots: Int32Array, at: number): boolean;
}

/** The tail that matches what `parts` say. */
export function patternTail(parts: readonly Part[]): Tail {
  const segments = mixedSegments(parts);
  return segments === undefined ? regexpTail(parts) : segmentsTail(segments, ranks(parts));
}

/** The texts around the parameters of each segment, if that is all that the parts are. */
function mixedSegments(parts: readonly Part[]): string[][] | undefined {
  const segments: string[][] = [[""]];
  const add = (text: string): void => {
    for (const [index, piece] of text.split("/").entries()) {
      if (index > 0) segments.push([""]);
      const segment = segments.at(-1) ?? [];
      segment.push((segment.pop() ?? "") + piece);
    }
  };
  for (const part of parts) {
    if (part.modifier !== "") return undefined;
    if (part.kind === "text") add(part.value);
    else if (part.kind === "segment") {
      add(part.prefix);
      segments.at(-1)?.push("");
      add(part.suffix);
    } else return undefined;
  }
  return segments;
}

function segmentsTail(segments: readonly (readonly string[])[], ranks: readonly number[]): Tail {
  return {
    ranks,
    isFixed: true,
    match(url, from, end, slots, at) {
      let start = from;
      for (const [index, texts] of segments.entries()) {
        const slash = url.indexOf("/", start);
        const stop = slash === -1 || slash > end ? end : slash;
        // Only the last segment ends at the end of the path.
        if ((stop === end) !== (index === segments.length - 1)) return false;
        if (!matchSegment(texts, url, start, stop, slots, at)) return false;
        at += 2 * (texts.length - 1);
        start = stop + 1;
      }
      return true;
    },
  };
}

/**
 * Matches one segment: every parameter but the last takes as little as it can, which is what the
 * lazy groups of the standard come to, found by searching forward only.
 */
function matchSegment(
  texts: readonly string[],
  url: string,
  start: number,
  stop: number,
  slots: Int32Array,
  at: number,
): boolean {
  const [first = "", ...others] = texts;
  const last = others.pop();
  if (last === undefined) return stop - start === first.length && url.startsWith(first, start);
  let from = start + first.length;
  const lastStart = stop - last.length;
  if (!url.startsWith(first, start) || from >= lastStart) return false;
  if (!url.startsWith(last, lastStart)) return false;
  for (const text of others) {
    const found = url.indexOf(text, from + 1);
    if (found === -1 || found + text.length >= lastStart) return false;
    slots[at++] = from;
    slots[at++] = ~found;
    from = found + text.length;
  }
  slots[at] = from;
  slots[at + 1] = ~lastStart;
  return true;
}

function regexpTail(parts: readonly Part[]): Tail {
  let source = "";
  let capture = 1;
  const captures: number[] = [];
  for (const part of parts) {
    source += partSource(part);
    if (part.kind === "text") continue;
    captures.push(capture);
    capture += 1 + part.inner;
  }
  const expression = compile(`^(?:${source})$`);
  return {
    ranks: ranks(parts),
    isFixed: parts.every(staysInSegment),
    match(url, from, end, slots, at) {
      if (end - from > maxRegExpPath) return false;
      const indices = expression.exec(url.slice(from, end))?.indices;
      if (indices === undefined) return false;
      for (const index of captures) {
        // Absent where the group took no part, which the type does not say.
        const pair: [number, number] | undefined = indices[index];
        slots[at++] = pair === undefined ? -1 : pair[0] + from;
        slots[at++] = pair === undefined ? -1 : ~(pair[1] + from);
      }
      return true;
    },
  };
}

/** Whether a part certainly stands once and cannot match a slash that it does not show. */
function staysInSegment({ kind, value, modifier }: Part): boolean {
  if (modifier !== "" || kind === "wildcard") return false;
  return kind !== "regexp" || /^(?:\\[dw]|\[[\w-]+\]|[\w|+*?-]|\{[\d,]+\})+$/.test(value);
}

/** The regular expression of one part (standard §2.3, "generate a regular expression"). */
function partSource({ kind, value, prefix, suffix, modifier }: Part): string {
  if (kind === "text") return modifier === "" ? escape(value) : `(?:${escape(value)})${modifier}`;
  const group = kind === "regexp" ? value : kind === "segment" ? "[^/]+?" : ".*";
  const isRepeated = modifier === "+" || modifier === "*";
  const before = escape(prefix);
  const after = escape(suffix);
  if (before === "" && after === "") {
    return isRepeated ? `((?:${group})${modifier})` : `(${group})${modifier}`;
  }
  if (!isRepeated) return `(?:${before}(${group})${after})${modifier}`;
  const repeated = `(?:${before}((?:${group})(?:${after}${before}(?:${group}))*)${after})`;
  return modifier === "*" ? `${repeated}?` : repeated;
}

function escape(text: string): string {
  return text.replace(/[.+*?^${}()[\]|/\\]/g, "\\$&");
}

/** The standard asks for the `v` flag; some engines of it still read patterns with `u`. */
function compile(source: string): RegExp {
  try {
    return new RegExp(source, "dv");
  } catch {
    try {
      return new RegExp(source, "du");
    } catch (cause) {
      throw new TypeError(`Cannot use "${source}" in a path pattern: not a regular expression`, {
        cause,
      });
    }
  }
}

function ranks(parts: readonly Part[]): number[] {
  const segments: Set<"text" | "name" | "segments" | "rest" | "constrained">[] = [new Set()];
  const addText = (text: string): void => {
    for (const [index, piece] of text.split("/").entries()) {
      if (index > 0) segments.push(new Set());
      if (piece !== "") segments.at(-1)?.add("text");
    }
  };
  for (const { kind, value, prefix, suffix, modifier } of parts) {
    addText(kind === "text" ? value : prefix);
    if (kind === "wildcard") segments.at(-1)?.add("rest");
    else if (kind === "segment" && /[+*]/.test(modifier)) segments.at(-1)?.add("segments");
    else if (modifier !== "" || kind === "regexp") segments.at(-1)?.add("constrained");
    else if (kind === "segment") segments.at(-1)?.add("name");
    addText(suffix);
  }
  return segments.map((found) => {
    if (found.size === 0 || found.size === 1 && found.has("text")) return 0;
    if (found.size > 1 || found.has("constrained")) return 1;
    if (found.has("name")) return 2;
    return found.has("segments") ? 3 : 4;
  });
}
