/**
 * Standard Schema as this library uses it: one name for "anything that validates", and the types
 * to read what it yields. Zod, Valibot, ArkType and the scalars of this folder are all Schemas.
 *
 * The interfaces repeat those of `@standard-schema/spec` 1.1 that a reader needs, as that
 * specification provides for, so that this library's types stand on nothing else's; a type test
 * holds the two together.
 *
 * @module
 */
/** Any Standard Schema that yields `Output`, whatever it takes in. */
export interface Schema<Output = unknown> {
  /** The Standard Schema interface. */
  readonly "~standard": StandardProps<Output>;
}

/** What a schema yields. */
export type Infer<S> = S extends Schema<infer Output> ? Output : never;

/** The Standard Schema interface of a schema, and Standard JSON Schema where it is offered. */
export interface StandardProps<Output = unknown> {
  /** The version of the standard. */
  readonly version: 1;
  /** The library that the schema is of, as `zod`. */
  readonly vendor: string;
  /** Validates a value; the result is a promise only where the schema is asynchronous. */
  readonly validate: (value: unknown) => Result<Output> | Promise<Result<Output>>;
  /** The types that the schema takes in and yields; never there at run time. */
  readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  /** What describes the schema as JSON Schema; Valibot, for one, does not offer it. */
  readonly jsonSchema?: JsonSchemaConverter | undefined;
}

/** Describes a schema as JSON Schema; either method may throw for what it cannot describe. */
export interface JsonSchemaConverter {
  /** The JSON Schema of what the schema takes in. */
  readonly input: (options: JsonSchemaOptions) => Record<string, unknown>;
  /** The JSON Schema of what the schema yields. */
  readonly output: (options: JsonSchemaOptions) => Record<string, unknown>;
}

/** A JSON Schema document, or a part of one. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** How a JSON Schema is to be written. */
export interface JsonSchemaOptions {
  /** The dialect: `draft-2020-12`, `draft-07`, `openapi-3.0`, or another that the library knows. */
  readonly target: string;
  /** Options that only some libraries understand. */
  readonly libraryOptions?: Record<string, unknown> | undefined;
}

/** One thing a schema found wrong, with the path to it inside the value. */
export interface Issue {
  /** What is wrong, in words. */
  readonly message: string;
  /** The keys that lead from the value to what is wrong in it. */
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined;
}

/** What validating gives: a value, or the list of issues. */
export type Result<Output = unknown> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly Issue[] };

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
