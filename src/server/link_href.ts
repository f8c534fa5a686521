/**
 * The target of a link to a resource: its path as a template that people and clients fill in
 * (spec 7.2).
 *
 * @module
 */
import { type Part, patternParts } from "./pattern_parts.ts";

/**
 * The path of a pattern under a base path, with `{id}` for a parameter and `*` for one that may span
 * segments. Regular expressions and modifiers are left out: what is optional is written.
 *
 * @throws {TypeError} when the pattern is not one.
 */
export function linkHref(basePath: string, pattern: string): string {
  const parts = patternParts(pattern);
  return basePath.replace(/\/$/, "") + parts.map(written).join("");
}

function written({ kind, value, name, prefix, suffix, modifier }: Part): string {
  if (kind === "text") return value;
  const isRest = kind === "wildcard" || modifier === "*" || modifier === "+";
  return prefix + (isRest ? "*" : `{${name}}`) + suffix;
}
