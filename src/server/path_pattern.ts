/**
 * A path pattern made ready for the segment tree: which of it the tree can walk (text, `:name`, a
 * trailing `*`, `:name*`, `:name+` or `:name?`), and which needs a tail of its own.
 *
 * A pattern that may leave out its end (`/a/:b?`) becomes two variants, with and without it, so
 * that each is ranked by what it asks of a path.
 *
 * @module
 */
import { type Part, patternParts } from "./pattern_parts.ts";
import { patternTail, type Tail } from "./pattern_tail.ts";

/** What comes after the steps: nothing, anything, one or more segments, or a tail. */
export type Ending = "end" | "wild" | "segments" | Tail;

/** One way through the tree. */
export interface Variant {
  /** Literal text, and `null` for a segment that is a parameter. */
  readonly steps: readonly (string | null)[];
  /** What comes after the last step. */
  readonly ending: Ending;
  /** How many of the pattern's groups this variant captures; the others are absent. */
  readonly captures: number;
  /** 0 for the whole pattern, 1 without its optional end, 2 without its rest parameter. */
  readonly absence: 0 | 1 | 2;
}

/** A pattern that was read and understood. */
export interface PathPattern {
  /** The pattern as it was given. */
  readonly source: string;
  /** Equal for patterns that differ in nothing but the names of their parameters. */
  readonly shape: string;
  /** The names of its groups, in order. */
  readonly names: readonly string[];
  /** Whether the group of that index may span several segments: a rest parameter. */
  readonly rests: readonly boolean[];
  /** The ways in which it matches, the most specific first. */
  readonly variants: readonly Variant[];
}

/**
 * Reads and classifies a pathname pattern (URL Pattern Standard).
 *
 * @throws {TypeError} when it is not one.
 */
export function pathPattern(source: string): PathPattern {
  const parts = patternParts(source);
  const groups = parts.filter((part) => part.kind !== "text");
  const last = parts.at(-1);
  const rests = groups.map((part) =>
    part.kind === "segment" && (part.modifier === "*" || part.modifier === "+") ||
    part.kind === "wildcard" && part === last
  );
  const shape = JSON.stringify(
    parts.map(({ kind, value, prefix, suffix, modifier }) =>
      kind === "text" && modifier === "" ? value : [kind, value, prefix, suffix, modifier]
    ),
  );
  return {
    source,
    shape,
    names: groups.map((part) => part.name),
    rests,
    variants: variants(parts),
  };
}

function variants(parts: readonly Part[]): Variant[] {
  const last = parts.at(-1);
  const absence = last === undefined ? 0 : absenceOf(last);
  if (last === undefined || absence === 0) return [variant(parts)];
  const before = variant(parts.slice(0, -1), absence);
  // Only where what comes before is of a fixed number of segments is one variant never the other.
  const { ending } = before;
  const isFixed = ending === "end" || typeof ending === "object" && ending.isFixed;
  if (!isFixed) return [variant(parts)];
  const present = last.kind === "segment" && last.modifier === "*" ? "+" : "";
  return [variant([...parts.slice(0, -1), { ...last, modifier: present }]), before];
}

/** What kind of absence a last part allows, if it begins a segment. */
function absenceOf({ kind, value, prefix, suffix, modifier }: Part): 0 | 1 | 2 {
  if (modifier !== "?" && modifier !== "*") return 0;
  if (kind === "text") return value.startsWith("/") && modifier === "?" ? 1 : 0;
  if (prefix !== "/" || suffix !== "") return 0;
  if (kind === "wildcard") return 2;
  if (modifier === "?") return 1;
  return kind === "segment" ? 2 : 0;
}

function variant(parts: readonly Part[], absence: 0 | 1 | 2 = 0): Variant {
  const steps: (string | null)[] = [];
  let captures = 0;
  let text = "";
  const finish = (rest: string, ending: Ending, more: number): Variant => ({
    steps: rest === "" ? steps : [...steps, rest],
    ending,
    captures: captures + more,
    absence,
  });
  for (const [index, part] of parts.entries()) {
    if (part.kind === "text" && part.modifier === "") {
      text += part.value;
      continue;
    }
    const before = text + part.prefix;
    const beginsSegment = before.endsWith("/") && (steps.length > 0 || before.startsWith("/"));
    const isLast = index === parts.length - 1;
    if (beginsSegment && part.suffix === "") {
      if (part.kind === "segment" && part.modifier === "" && endsSegment(parts, index)) {
        steps.push(before, null);
        captures++;
        text = "";
        continue;
      }
      if (isLast && part.kind === "wildcard" && part.modifier === "") {
        return finish(before, "wild", 1);
      }
      if (isLast && part.prefix === "/" && part.modifier === "+" && part.kind !== "text") {
        if (part.kind === "wildcard") return finish(before, "wild", 1);
        if (part.kind === "segment") return finish(before, "segments", 1);
      }
    }
    const rest = parts.slice(index + 1);
    const groups = parts.slice(index).filter((one) => one.kind !== "text").length;
    if (beginsSegment && part.modifier === "" && part.prefix !== "") {
      return finish(before, patternTail([{ ...part, prefix: "" }, ...rest]), groups);
    }
    const cut = text.lastIndexOf("/") + 1;
    const head: Part[] = cut === text.length ? [] : [{
      ...part,
      kind: "text",
      value: text.slice(cut),
      prefix: "",
      suffix: "",
      modifier: "",
    }];
    return finish(text.slice(0, cut), patternTail([...head, part, ...rest]), groups);
  }
  return finish(text, "end", 0);
}

/** Whether a segment certainly ends where the part at `index` does. */
function endsSegment(parts: readonly Part[], index: number): boolean {
  const next = parts[index + 1];
  if (next === undefined) return true;
  const begin = next.kind === "text" ? next.value : next.prefix;
  if (!begin.startsWith("/")) return false;
  return next.modifier === "" || next.modifier === "+" || index + 2 === parts.length;
}
