/**
 * A schema that says something about the wire beside another schema: that the value may be absent,
 * or that it goes by another name. Made by `optional` and `named`.
 *
 * @module
 */
import type { Result, Schema, StandardProps } from "./standard.ts";

/** What a {@linkcode Wrapped} schema says. */
export interface WireFacts {
  /** Whether the value may be absent, and is `undefined` then. */
  readonly nilable?: boolean;
  /** The name on the wire where it is not the property's. */
  readonly wireName?: string;
}

/** A schema with wire facts. Validating passes to the inner schema, except for an absent value. */
export class Wrapped<Output = unknown> implements Schema<Output> {
  /** The schema of a value that is there. */
  readonly inner: Schema;
  /** Whether the value may be absent, and is `undefined` then. */
  readonly nilable: boolean;
  /** The name on the wire where it is not the property's. */
  readonly wireName: string | undefined;
  /** The Standard Schema interface, and Standard JSON Schema where the inner schema offers it. */
  readonly "~standard": StandardProps<Output>;

  /** Wraps a schema. */
  constructor(inner: Schema, facts: WireFacts) {
    this.inner = inner;
    this.nilable = facts.nilable ?? false;
    this.wireName = facts.wireName;
    const { jsonSchema } = inner["~standard"];
    this["~standard"] = {
      version: 1,
      vendor: "pirouette",
      validate: (value) => this.#validate(value),
      ...(jsonSchema === undefined ? undefined : { jsonSchema }),
    };
  }

  #validate(
    value: unknown,
  ): Result<Output> | Promise<Result<Output>> {
    // An inner default comes before the absence that this wrapper allows: `string? foo = "baz"`.
    const result = this.inner["~standard"].validate(value);
    if (value !== undefined || !this.nilable) return result as Result<Output>;
    const absent = (inner: Result<unknown>): Result<Output> =>
      (inner.issues === undefined ? inner : { value: undefined }) as Result<
        Output
      >;
    return result instanceof Promise ? result.then(absent) : absent(result);
  }
}
