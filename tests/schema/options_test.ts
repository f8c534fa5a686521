/** A schema that could never hold is refused when it is made. @module */
import assert from "node:assert/strict";
import {
  array,
  bigint,
  boolean,
  decimal,
  field,
  float,
  int,
  json,
  named,
  oneOf,
  optional,
  type Schema,
  string,
} from "../../src/schema/mod.ts";

/** What a caller without types may write. */
const loose = {
  array: array as (...args: unknown[]) => Schema,
  bigint: bigint as (...args: unknown[]) => Schema,
  boolean: boolean as (...args: unknown[]) => Schema,
  decimal: decimal as (...args: unknown[]) => Schema,
  float: float as (...args: unknown[]) => Schema,
  int: int as (...args: unknown[]) => Schema,
  json: json as (...args: unknown[]) => Schema,
  named: named as (...args: unknown[]) => Schema,
  oneOf: oneOf as unknown as (...args: unknown[]) => Schema,
  optional: optional as (...args: unknown[]) => Schema,
  string: string as (...args: unknown[]) => Schema,
};

const refused: readonly [() => unknown, RegExp][] = [
  [
    () => loose.int({ minimum: 1 }),
    /^int has no option "minimum": its options are min, max, default$/,
  ],
  [() => loose.int(5), /^int takes an object of options, got 5$/],
  [() => loose.int(null), /^int takes an object of options, got null$/],
  [() => int({ min: 5, max: 1 }), /^int option "min" 5 exceeds "max" 1: nothing would fit$/],
  [() => int({ min: 0.5 }), /^int option "min" must be a safe integer, got 0.5$/],
  [() => int({ max: NaN }), /^int option "max" must be a safe integer, got NaN$/],
  [
    () => int({ min: 1, default: 0 }),
    /^int option "default" must be .*: expected at least 1, received 0$/,
  ],
  [
    () => loose.int({ default: "1" }),
    /^int option "default" must be .*: expected int, received "1"$/,
  ],
  [() => float({ min: Infinity }), /^float option "min" must be a finite number, got Infinity$/],
  [() => loose.bigint({ min: 1 }), /^bigint option "min" must be a bigint, got 1$/],
  [() => bigint({ min: 2n, max: 1n }), /^bigint option "min" 2 exceeds "max" 1/],
  [() => decimal({ min: "1e3" }), /^decimal option "min" must be text such as "0.5", got "1e3"$/],
  [() => loose.decimal({ default: 1.5 }), /^decimal option "default" must be text/],
  [() => decimal({ min: "2", max: "1.99" }), /^decimal option "min" 2 exceeds "max" 1.99/],
  [
    () => string({ minLength: -1 }),
    /^string option "minLength" must be a whole number from 0, got -1$/,
  ],
  [
    () => string({ minLength: 3, maxLength: 2 }),
    /^string option "minLength" 3 exceeds "maxLength" 2/,
  ],
  [() => string({ pattern: /a/g }), /^string option "pattern" \/a\/g must not have flag "g"/],
  [() => string({ pattern: /a/y }), /must not have flag "y"/],
  [() => string({ pattern: /a/m }), /must not have flag "m"/],
  [() => loose.string({ pattern: "a" }), /^string option "pattern" must be a RegExp, got "a"$/],
  [() => string({ maxLength: 1, default: "ab" }), /^string option "default" must be/],
  [() => loose.boolean({ default: "true" }), /^boolean option "default" must be/],
  [() => loose.oneOf(), /^oneOf needs at least one value$/],
  [() => oneOf([]), /^oneOf needs at least one value$/],
  [() => oneOf("a", "a"), /^oneOf lists "a" twice/],
  [() => oneOf("1", 1), /^oneOf lists 1 twice/],
  [() => oneOf(NaN), /^oneOf option "values" must be texts or finite numbers, got NaN$/],
  [() => loose.oneOf({}), /^oneOf option "values" must be/],
  [() => loose.oneOf(["a"], { default: "b" }), /^oneOf option "default" must be/],
  [
    () => loose.array(),
    /^array takes a schema such as int\(\) or any Standard Schema, got nothing$/,
  ],
  [
    () => array(int(), { separator: "" }),
    /^array option "separator" must be at least one character/,
  ],
  [() => array(int(), { minLength: 2, maxLength: 1 }), /^array option "minLength" 2 exceeds/],
  [() => array(int(), { minLength: 1, default: [] }), /^array option "default" must be/],
  [() => loose.array(int(), { default: ["1"] }), /^array option "default" must be/],
  [() => array(optional(int())), /^array items must be plain/],
  [() => array(named("x", int())), /^array items must be plain/],
  [() => array(int({ default: 1 })), /^array items must be plain/],
  [() => array(array(int())), /^array items must be plain/],
  [() => loose.optional("x"), /^optional takes a schema/],
  [() => loose.named(int()), /^named takes the wire name as text first, got an object$/],
  [() => loose.named("x"), /^named takes a schema/],
  [() => loose.json(null), /^json takes a schema/],
  [() => field("limit", {} as Schema), /^Field "limit" takes a schema .*, got an object$/],
];

for (const [make, message] of refused) {
  Deno.test(`options: ${message.source}`, () => {
    assert.throws(make, (error) => error instanceof TypeError && message.test(error.message));
  });
}

Deno.test("options: a polluted prototype adds none", () => {
  const polluted = Object.prototype as unknown as Record<string, unknown>;
  const names = ["min", "max", "default", "pattern", "maxLength", "separator", "unknown"];
  try {
    for (const name of names) polluted[name] = 1;
    assert.equal(int({}).hasDefault, false);
    assert.equal(int({}).rule.fromText("5"), 5);
    assert.equal(string({}).rule.fromText("text"), "text");
    assert.deepEqual(array(int(), {})["~standard"].validate(["1", "2"]), { value: [1, 2] });
  } finally {
    for (const name of names) delete polluted[name];
  }
});

Deno.test("options: undefined is as good as not given", () => {
  assert.equal(loose.int({ min: undefined, default: undefined })["~standard"].vendor, "pirouette");
});
