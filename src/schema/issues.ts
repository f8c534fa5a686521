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

/** The issues in words, each with its path; fields that are not declared come first. */
export function describeIssues(issues: readonly Issue[]): string {
  const all = [
    ...issues.flatMap((issue) => undeclared(issue) ?? []),
    ...issues.filter((issue) => undeclared(issue) === undefined).map(describe),
  ];
  const more = all.length - mostTold;
  return all.slice(0, mostTold).join("; ") + (more > 0 ? `; and ${more} more` : "");
}

function describe(issue: Issue): string {
  const path = issuePath(issue);
  return path === "$" ? issue.message : `${path}: ${issue.message}`;
}

/** What an issue says of fields that a closed record does not have, if it is about these. */
function undeclared(issue: Issue): readonly string[] | undefined {
  const { code, keys, type, expected } = issue as {
    readonly [Key in "code" | "keys" | "type" | "expected"]?: unknown;
  };
  // Zod lists them all at once; Valibot and ArkType give each an issue of its own.
  if (code === "unrecognized_keys" && Array.isArray(keys)) {
    return keys.map((key) => undefinedField(key, issuePath(issue)));
  }
  const isOne = type === "strict_object" && expected === "never" ||
    code === "predicate" && expected === "removed";
  if (!isOne) return undefined;
  const path = [...issue.path ?? []];
  const last = path.pop();
  return [
    undefinedField(typeof last === "object" ? last.key : last, issuePath({ ...issue, path })),
  ];
}

/** The name is the client's own: it is shortened. */
function undefinedField(key: unknown, at: string): string {
  const name = String(key);
  const shown = name.length > 40 ? `${name.slice(0, 40)}…` : name;
  return `undefined field '${shown}'${at === "$" ? "" : ` at ${at}`}`;
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
  if (undeclared(issue) !== undefined) return undefined;
  const { constraint, kind, type, code } = issue as {
    readonly [Key in "constraint" | "kind" | "type" | "code"]?: unknown;
  };
  if (typeof constraint === "string") return constraint;
  if (kind === "validation") return String(type);
  return constraintCodes.has(code) ? String(code) : undefined;
}
