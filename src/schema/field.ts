/**
 * How one property is bound from the wire, read once from its schema when a resource is made.
 *
 * Scalars tell everything themselves. Of another library's schema, what it does with an absent
 * value is found by asking it: making a field validates `undefined` once, so a schema should not
 * have side effects. Whether it is a list comes from its JSON Schema, where it offers one.
 *
 * @module
 */
import { List } from "./array.ts";
import { requireSchema } from "./compose.ts";
import { isList } from "./json_schema.ts";
import { Scalar } from "./scalar.ts";
import type { Result, Schema } from "./standard.ts";
import { Wrapped } from "./wrapped.ts";

/** How one property is bound. */
export interface Field {
  /** The property that the program reads. */
  readonly name: string;
  /** The name on the wire, the property's unless `named` says otherwise. */
  readonly wireName: string;
  /**
   * Whether all values sent are bound, as a list, or the first only; undefined when the schema does
   * not tell: then one value is given as a text and several as a list of texts.
   */
  readonly many: boolean | undefined;
  /** What parts the items inside one text; only lists have it. */
  readonly separator: string | undefined;
  /** Whether the value may be absent, and is `undefined` then. */
  readonly nilable: boolean;
  /** Whether there is a value for when nothing was sent; it comes before `nilable`. */
  readonly hasDefault: boolean;
  /** The value for when nothing was sent, made anew at each reading where it could be edited. */
  readonly defaultValue: unknown;
  /**
   * Whether only validating `undefined`, and waiting for it, tells what an absent value gives: an
   * asynchronous schema of another library. `nilable` and `hasDefault` are false then.
   */
  readonly asksWhenAbsent: boolean;
  /** The scalar that converts the text, or undefined where `schema` must validate it. */
  readonly scalar: Scalar | undefined;
  /** The schema of a value that was sent, without `optional` and `named` around it. */
  readonly schema: Schema;
}

/**
 * Reads how a property is bound.
 *
 * @throws {TypeError} when `schema` is no Standard Schema.
 */
export function field(name: string, schema: Schema): Field {
  requireSchema(`Field "${name}"`, schema);
  let inner = schema;
  let wireName: string | undefined;
  let nilable = false;
  while (inner instanceof Wrapped) {
    wireName ??= inner.wireName;
    nilable ||= inner.nilable;
    inner = inner.inner;
  }
  const known = inner instanceof Scalar || inner instanceof List ? ours(inner) : theirs(inner);
  return {
    name,
    wireName: wireName ?? name,
    many: known.many,
    separator: known.separator,
    nilable: nilable || known.nilable,
    hasDefault: known.hasDefault,
    get defaultValue(): unknown {
      return known.makeDefault();
    },
    asksWhenAbsent: known.asksWhenAbsent,
    scalar: inner instanceof Scalar ? inner : undefined,
    schema: inner,
  };
}

/**
 * Reads how each property of a record is bound; only its own properties count, so that a polluted
 * prototype adds no field.
 *
 * @throws {TypeError} when a property is no Standard Schema.
 */
export function fields(record: Readonly<Record<string, Schema>>): readonly Field[] {
  return Object.entries(record).map(([name, schema]) => field(name, schema));
}

type Known = Pick<Field, "many" | "separator" | "nilable" | "hasDefault" | "asksWhenAbsent"> & {
  readonly makeDefault: () => unknown;
};

function ours(schema: Scalar | List): Known {
  return {
    many: schema instanceof List || schema.rule.fromTexts !== undefined,
    separator: schema instanceof List ? schema.separator : schema.rule.separator,
    nilable: false,
    hasDefault: schema.hasDefault,
    asksWhenAbsent: false,
    makeDefault: () => schema.defaultValue,
  };
}

function theirs(schema: Schema): Known {
  const absent = askAbsent(schema);
  const value = absent === "later" ? undefined : absent?.value;
  return {
    many: isList(schema),
    separator: undefined,
    nilable: absent !== undefined && absent !== "later" && isNil(value),
    hasDefault: !isNil(value),
    asksWhenAbsent: absent === "later",
    makeDefault: () => {
      const again = askAbsent(schema);
      return again === "later" ? value : again?.value;
    },
  };
}

/** What a schema gives for an absent value: undefined when it is refused. */
function askAbsent(schema: Schema): { readonly value: unknown } | "later" | undefined {
  let result: Result | Promise<Result>;
  try {
    result = schema["~standard"].validate(undefined);
  } catch {
    return undefined;
  }
  if (result instanceof Promise) {
    // Nobody waits for this one: the binder asks again, for each message.
    result.catch(() => {});
    return "later";
  }
  // A coercing schema makes a text of anything: a missing value must not be bound as "undefined".
  if (result.issues !== undefined || result.value === "undefined") return undefined;
  return { value: result.value };
}

function isNil(value: unknown): boolean {
  return value === undefined || value === null;
}
