/** Each scalar's table: what text and values it takes, and what it says of the others. @module */
import assert from "node:assert/strict";
import {
  bigint,
  boolean,
  decimal,
  Failure,
  float,
  int,
  oneOf,
  type Scalar,
  string,
} from "../../src/schema/mod.ts";

const long = "9".repeat(5000);

/** A scalar, what each text gives, and the texts that it refuses. */
const texts: readonly [string, Scalar, readonly (readonly [string, unknown])[], string[]][] = [
  ["int", int(), [
    ["0", 0],
    ["-0", 0],
    ["007", 7],
    ["-12", -12],
    ["9007199254740991", 9007199254740991],
    ["-9007199254740991", -9007199254740991],
    ["0".repeat(400) + "5", 5],
  ], [
    "",
    "-",
    "--1",
    "+5",
    " 1",
    "1 ",
    "1.0",
    "1e3",
    "0x10",
    "1_000",
    "ten",
    "٣",
    "NaN",
    "9007199254740992",
    "-9007199254740992",
    long,
  ]],
  ["float", float(), [
    ["1", 1],
    ["-0.5", -0.5],
    ["6.02e23", 6.02e23],
    ["6E-3", 0.006],
    ["1e+2", 100],
    ["00.5", 0.5],
    ["1e-999", 0],
  ], [
    "",
    ".5",
    "5.",
    ".",
    "-",
    "e5",
    "1e",
    "1e+",
    "1.e5",
    "+1",
    " 1",
    "1 ",
    "0x1p3",
    "Infinity",
    "NaN",
    "1e999",
    "1.2.3",
    "1,5",
    "1f",
  ]],
  ["bigint", bigint(), [
    ["0", 0n],
    ["-0", 0n],
    ["123456789012345678901234567890", 123456789012345678901234567890n],
    ["-007", -7n],
  ], ["", "-", "1.0", "1n", "0x1", "1e3", " 1", "\n1", long]],
  ["decimal", decimal(), [
    ["0", "0"],
    ["-0", "0"],
    ["-0.00", "0.00"],
    ["007.50", "7.50"],
    ["000", "0"],
    ["-00.10", "-0.10"],
    ["0.1", "0.1"],
    ["123456789012345678901234567890.123456789", "123456789012345678901234567890.123456789"],
  ], ["", ".", ".5", "5.", "-", "1e3", "1,5", "+1", " 1", "NaN", "1.2.3", long]],
  ["boolean", boolean(), [
    ["true", true],
    ["false", false],
    ["True", true],
    ["FALSE", false],
  ], ["", "1", "0", "yes", " true", "truer", "falsefalse"]],
  ["string", string(), [["", ""], [" a ", " a "], ["ü\0😀", "ü\0😀"]], []],
  ["oneOf", oneOf("asc", "DESC"), [["asc", "asc"], ["DESC", "DESC"]], [
    "",
    "ASC",
    "desc",
    "__proto__",
    "constructor",
  ]],
  ["oneOf numbers", oneOf(1, 2.5, "three"), [["1", 1], ["2.5", 2.5], ["three", "three"]], [
    "1.0",
    "3",
    " 1",
  ]],
];

for (const [name, scalar, accepted, refused] of texts) {
  Deno.test(`${name}: text is converted or refused`, () => {
    for (const [text, value] of accepted) {
      assert.ok(Object.is(scalar.rule.fromText(text), value), `${name} ${JSON.stringify(text)}`);
      assert.deepEqual(scalar["~standard"].validate(text), { value });
    }
    for (const text of refused) {
      const failure = scalar.rule.fromText(text);
      assert.ok(failure instanceof Failure, `${name} must refuse ${JSON.stringify(text)}`);
      assert.equal(failure.kind, name.startsWith("oneOf") ? "choice" : "conversion");
      assert.equal(failure.constraint, undefined);
      assert.ok("issues" in scalar["~standard"].validate(text));
    }
  });
}

/** Typed values, as from JSON: a scalar, those taken, those refused. */
const values: readonly [Scalar, readonly (readonly [unknown, unknown])[], readonly unknown[]][] = [
  [int(), [[1, 1], [-0, 0]], ["1", 1.5, 2 ** 53, NaN, Infinity, 1n, null, true, [1], {}]],
  [float(), [[1.5, 1.5]], ["1.5", NaN, Infinity, null, new Number(1)]],
  [bigint(), [[1n, 1n], [1, 1n], ["12", 12n]], [1.5, 2 ** 53, "x", null, true]],
  [
    decimal(),
    [["1.50", "1.50"], [1.5, "1.5"], [-0.25, "-0.25"], [123456789012345, "123456789012345"]],
    [0.1 + 0.2, 1e21, 1e-7, NaN, 1n, null, "x"],
  ],
  [boolean(), [[true, true]], ["true", 1, 0, null]],
  [string(), [["", ""]], [1, null, ["a"], new String("a")]],
  [oneOf(1, "a"), [[1, 1], ["a", "a"]], ["1", "b", null, {}, [1], { toString: () => "a" }]],
];

for (const [scalar, accepted, refused] of values) {
  Deno.test(`${scalar.rule.expected}: a typed value is checked, not converted`, () => {
    for (const [given, value] of accepted) {
      assert.ok(Object.is(scalar.rule.fromValue(given), value), String(given));
    }
    for (const given of refused) assert.ok(scalar.rule.fromValue(given) instanceof Failure);
  });
}

/** What is broken, and how: scalar, text, constraints, the issue's message. */
const constraints: readonly [Scalar, string, string, string][] = [
  [int({ min: 1 }), "0", "minValue", "expected at least 1, received 0"],
  [int({ max: 127 }), "50000000", "maxValue", "expected at most 127, received 50000000"],
  [float({ min: 0.5 }), "0.25", "minValue", "expected at least 0.5, received 0.25"],
  [bigint({ max: 10n }), "11", "maxValue", 'expected at most 10, received "11"'],
  [decimal({ min: "0.01" }), "0.009", "minValue", 'expected at least 0.01, received "0.009"'],
  [string({ minLength: 2 }), "", "minLength", 'expected at least 2 characters, received ""'],
  [string({ maxLength: 2 }), "abc", "maxLength", 'expected at most 2 characters, received "abc"'],
  [
    string({ pattern: /[a-z]+/ }),
    "t1m3",
    "pattern",
    'expected text matching /[a-z]+/, received "t1m3"',
  ],
];

for (const [scalar, text, constraint, message] of constraints) {
  Deno.test(`constraint: ${message}`, () => {
    const failure = scalar.rule.fromText(text);
    assert.ok(failure instanceof Failure);
    assert.equal(failure.kind, "constraint");
    assert.equal(failure.constraint, constraint);
    assert.equal(failure.message, `Validation failed for '$:${constraint}' constraint(s).`);
    assert.deepEqual(failure.issues.map((issue) => issue.message), [message]);
  });
}

Deno.test("constraint: bounds are inclusive", () => {
  assert.equal(int({ min: 1, max: 1 }).rule.fromText("1"), 1);
  assert.equal(decimal({ min: "1.0", max: "1.00" }).rule.fromText("1.000"), "1.000");
  assert.equal(string({ minLength: 2, maxLength: 2 }).rule.fromText("ab"), "ab");
});

Deno.test("constraint: all broken ones are told, a pattern only within maxLength", () => {
  const name = string({ minLength: 3, maxLength: 5, pattern: /[a-z]+/ });
  const both = name.rule.fromText("1");
  assert.ok(both instanceof Failure);
  assert.equal(both.message, "Validation failed for '$:minLength','$:pattern' constraint(s).");
  const long = name.rule.fromText("123456");
  assert.ok(long instanceof Failure);
  assert.equal(long.message, "Validation failed for '$:maxLength' constraint(s).");
});

Deno.test("string: length counts code points", () => {
  const two = string({ minLength: 2, maxLength: 2 });
  assert.equal(two.rule.fromText("😀😀"), "😀😀");
  assert.ok(two.rule.fromText("😀") instanceof Failure);
  assert.ok(two.rule.fromText("😀😀😀") instanceof Failure);
  assert.equal(two.rule.fromText("\ud800a"), "\ud800a");
});

Deno.test("string: a pattern matches the whole text, alternatives included, and keeps its flags", () => {
  const word = string({ pattern: /a|bc/i });
  assert.equal(word.rule.fromText("BC"), "BC");
  assert.ok(word.rule.fromText("ac") instanceof Failure);
  assert.ok(word.rule.fromText("a\n") instanceof Failure);
});

Deno.test("decimal: bounds compare by value, whatever the signs and lengths", () => {
  const accepts = (min: string, text: string): boolean =>
    !(decimal({ min }).rule.fromText(text) instanceof Failure);
  const ordered = [
    "-10",
    "-9.5",
    "-1.50",
    "-0.1",
    "0.0",
    "0.01",
    "0.1",
    "1.4",
    "1.50",
    "9",
    "10.1",
  ];
  for (const [low, min] of ordered.entries()) {
    for (const [high, text] of ordered.entries()) {
      assert.equal(accepts(min, text), high >= low, `${text} >= ${min}`);
    }
  }
});

Deno.test("failure: the value is quoted and shortened", () => {
  const message = (text: string): string => {
    const failure = int().rule.fromText(text);
    assert.ok(failure instanceof Failure);
    return failure.message;
  };
  assert.equal(message("ten"), 'expected int, received "ten"');
  assert.equal(message('"\n\u0007'), 'expected int, received "\\"\\n\\u0007"');
  assert.equal(message("x".repeat(99)), `expected int, received "${"x".repeat(40)}"…`);
  assert.equal(
    message("9007199254740992"),
    'expected int from -9007199254740991 to 9007199254740991, received "9007199254740992"',
  );
});

Deno.test("failure: a value's kind is told, its content is not asked", () => {
  const hostile = {
    toString() {
      throw new Error("asked");
    },
  };
  const message = (value: unknown): string => {
    const failure = int().rule.fromValue(value);
    assert.ok(failure instanceof Failure);
    return failure.message;
  };
  assert.equal(message(hostile), "expected int, received an object");
  assert.equal(message([1]), "expected int, received an array");
  assert.equal(message(null), "expected int, received null");
  assert.equal(message(undefined), "expected int, received nothing");
  assert.equal(message(5n), "expected int, received a bigint");
  assert.equal(message(Symbol("s")), "expected int, received a symbol");
});

Deno.test("oneOf: a long list of choices is cut off in messages", () => {
  const failure = oneOf(Array.from({ length: 12 }, (_, index) => index)).rule.fromText("x");
  assert.ok(failure instanceof Failure);
  assert.equal(failure.message, 'expected one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, …, received "x"');
});

Deno.test("scalar: an absent value gives the default, or is refused", () => {
  assert.deepEqual(int({ default: 20 })["~standard"].validate(undefined), { value: 20 });
  assert.deepEqual(decimal({ default: "05" })["~standard"].validate(undefined), { value: "5" });
  assert.deepEqual(boolean({ default: false })["~standard"].validate(undefined), { value: false });
  assert.deepEqual(string({ default: "" })["~standard"].validate(undefined), { value: "" });
  assert.deepEqual(int()["~standard"].validate(undefined), {
    issues: [{ message: "expected int, received nothing", path: [] }],
  });
});
