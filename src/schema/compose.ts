/**
 * Schemas made of schemas, for the wire: `optional` and `named`. Both take any Standard Schema.
 *
 * @module
 */
import { excerpt } from "./scalar.ts";
import { type Infer, isSchema, type Schema } from "./standard.ts";
import { Wrapped } from "./wrapped.ts";

/**
 * A value that may be absent, and is `undefined` then. A default inside takes precedence.
 *
 * @throws {TypeError} when `schema` is no Standard Schema.
 *
 * @example
 * ```ts
 * import { int, optional } from "@pirouette/http";
 *
 * const limit = optional(int()); // yields number | undefined
 * ```
 */
export function optional<S extends Schema>(schema: S): Schema<Infer<S> | undefined> {
  requireSchema("optional", schema);
  return new Wrapped(schema, { nilable: true });
}

/**
 * A value that goes by another name on the wire than its property's. An empty name means the
 * property's own.
 *
 * @throws {TypeError} when `name` is no text or `schema` no Standard Schema.
 *
 * @example
 * ```ts
 * import { int, named } from "@pirouette/http";
 *
 * const headers = { limit: named("X-Rate-Limit", int()) };
 * ```
 */
export function named<S extends Schema>(name: string, schema: S): Schema<Infer<S>> {
  if (typeof name !== "string") {
    throw new TypeError(`named takes the wire name as text first, got ${excerpt(name)}`);
  }
  requireSchema("named", schema);
  return new Wrapped(schema, name === "" ? {} : { wireName: name });
}

/**
 * Refuses what is not a schema.
 *
 * @throws {TypeError} when `value` is no Standard Schema.
 */
export function requireSchema(owner: string, value: unknown): void {
  if (isSchema(value)) return;
  throw new TypeError(
    `${owner} takes a schema such as int() or any Standard Schema, got ${excerpt(value)}`,
  );
}
