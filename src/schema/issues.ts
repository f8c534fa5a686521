/**
 * What schemas found wrong, in words, and whether it is a type or a constraint that was broken.
 *
 * Standard Schema does not tell these two apart, but the libraries do, each in its way; an issue of
 * a library that does not counts as a broken type.
 *
 * @module
 */
import { type Issue, issuePath } from "./standard.ts";

/** As many issues are told as a reader may want to see. */
const mostTold = 20;

/** The issues in words, each with its path. */
export function describeIssues(issues: readonly Issue[]): string {
  const told = issues.slice(0, mostTold).map((issue) => {
    const path = issuePath(issue);
    return path === "$" ? issue.message : `${path}: ${issue.message}`;
  });
  const more = issues.length - told.length;
  return told.join("; ") + (more > 0 ? `; and ${more} more` : "");
}

/**
 * The constraints that were broken, as the specification words them, if nothing else was:
 * `Validation failed for '$.name:minLength' constraint(s).`
 */
export function brokenConstraints(issues: readonly Issue[]): string | undefined {
  const broken: string[] = [];
  for (const issue of issues) {
    const constraint = constraintOf(issue);
    if (constraint === undefined) return undefined;
    if (broken.length < mostTold) broken.push(`'${issuePath(issue)}:${constraint}'`);
  }
  return `Validation failed for ${broken.join(",")} constraint(s).`;
}

/** What Zod and ArkType call the constraints among their issue codes. */
const constraintCodes: ReadonlySet<unknown> = new Set([
  "too_small",
  "too_big",
  "invalid_format",
  "not_multiple_of",
  "custom",
  "after",
  "before",
  "divisor",
  "exactLength",
  "max",
  "maxLength",
  "min",
  "minLength",
  "pattern",
  "predicate",
]);

/** The name of the broken constraint: ours, Valibot's, Zod's or ArkType's. */
function constraintOf(issue: Issue): string | undefined {
  const { constraint, kind, type, code } = issue as {
    readonly [Key in "constraint" | "kind" | "type" | "code"]?: unknown;
  };
  if (typeof constraint === "string") return constraint;
  if (kind === "validation") return String(type);
  return constraintCodes.has(code) ? String(code) : undefined;
}
