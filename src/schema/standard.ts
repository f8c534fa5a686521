/**
 * Standard Schema as this library uses it: one name for "anything that validates", and the types
 * to read what it yields. Zod, Valibot, ArkType and the scalars of this folder are all Schemas.
 *
 * @module
 */
import type { StandardSchemaV1 } from "@standard-schema/spec";

/** Any Standard Schema that yields `Output`, whatever it takes in. */
export type Schema<Output = unknown> = StandardSchemaV1<unknown, Output>;

/** What a schema yields. */
export type Infer<S> = S extends StandardSchemaV1<unknown, infer Output> ? Output : never;

/** One thing a schema found wrong, with the path to it inside the value. */
export type Issue = StandardSchemaV1.Issue;

/** What validating gives: a value, or the list of issues. */
export type Result<Output = unknown> = StandardSchemaV1.Result<Output>;

/** Validates `value`; the result is a promise only where the schema is asynchronous. */
export function validate<Output>(
  schema: Schema<Output>,
  value: unknown,
): Result<Output> | Promise<Result<Output>> {
  return schema["~standard"].validate(value);
}

/** Whether `value` is a Standard Schema. Some, as ArkType's, are functions. */
export function isSchema(value: unknown): value is Schema {
  return value !== null && (typeof value === "object" || typeof value === "function") &&
    "~standard" in value;
}

/**
 * The path of an issue as a JSONPath-like text, `$` for the value itself: `$.tags[1].name`.
 */
export function issuePath(issue: Issue): string {
  let path = "$";
  for (const segment of issue.path ?? []) {
    const key = typeof segment === "object" ? segment.key : segment;
    path += typeof key === "number" ? `[${key}]` : `.${String(key)}`;
  }
  return path;
}
