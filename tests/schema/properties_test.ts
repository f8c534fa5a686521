/** Properties of the scalars that hold for every text. @module */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  array,
  bigint,
  boolean,
  decimal,
  Failure,
  float,
  int,
  json,
  oneOf,
  Scalar,
  string,
} from "../../src/schema/mod.ts";

const seed = Number(Deno.env.get("FC_SEED") ?? Date.now());
const settings = { seed, verbose: true };

/** Texts that look like numbers more often than chance would have them. */
const numberish = fc.array(fc.constantFrom(..."0123456789-+.eE_ xn,"), { maxLength: 30 })
  .map((characters) => characters.join(""));
const texts = fc.oneof(numberish, fc.string({ unit: "binary", maxLength: 60 }), fc.json());

Deno.test("int: every safe integer round-trips", () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => int().rule.fromText(String(value)) === value),
    settings,
  );
});

Deno.test("int: a text is refused exactly where digits or the safe range are left", () => {
  fc.assert(
    fc.property(fc.oneof(numberish, fc.bigInt().map(String)), (text) => {
      const expected = /^-?[0-9]+$/.test(text) && Number.isSafeInteger(Number(text));
      const value = int().rule.fromText(text);
      assert.equal(value instanceof Failure, !expected, text);
      if (expected) assert.equal(value, Number(text) + 0);
    }),
    settings,
  );
});

Deno.test("float: every finite number round-trips, and the grammar is JSON's with leading zeros", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      // The shortest text writes -0 as 0.
      assert.equal(float().rule.fromText(String(value)), value + 0);
    }),
    settings,
  );
  fc.assert(
    fc.property(numberish, (text) => {
      const expected = /^-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$/.test(text) &&
        Number.isFinite(Number(text));
      assert.equal(!(float().rule.fromText(text) instanceof Failure), expected, text);
    }),
    settings,
  );
});

Deno.test("bigint: every bigint round-trips", () => {
  fc.assert(
    fc.property(fc.bigInt(), (value) => bigint().rule.fromText(String(value)) === value),
    settings,
  );
});

Deno.test("decimal: no digit is lost, and what it gives it takes unchanged", () => {
  const digits = fc.array(fc.constantFrom(..."0123456789"), { minLength: 1, maxLength: 50 })
    .map((list) => list.join(""));
  fc.assert(
    fc.property(fc.constantFrom("", "-"), digits, fc.option(digits), (sign, whole, fraction) => {
      const text = sign + whole + (fraction === null ? "" : `.${fraction}`);
      const value = decimal().rule.fromText(text);
      assert.ok(typeof value === "string");
      assert.equal(decimal().rule.fromText(value), value);
      const [gotWhole = "", gotFraction] = value.replace("-", "").split(".");
      assert.equal(BigInt(gotWhole), BigInt(whole));
      assert.equal(gotFraction, fraction ?? undefined);
      assert.equal(value.startsWith("-"), sign === "-" && /[1-9]/.test(text));
    }),
    settings,
  );
});

Deno.test("decimal: bounds agree with exact arithmetic", () => {
  const scaled = fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n });
  const write = (value: bigint): string => {
    const magnitude = (value < 0n ? -value : value).toString().padStart(7, "0");
    return `${value < 0n ? "-" : ""}${magnitude.slice(0, -6)}.${magnitude.slice(-6)}`;
  };
  fc.assert(
    fc.property(scaled, scaled, (a, b) => {
      const refused = decimal({ min: write(b) }).rule.fromText(write(a)) instanceof Failure;
      assert.equal(refused, a < b);
    }),
    settings,
  );
});

Deno.test("scalars: random text and values give a value or a failure, and nothing throws", () => {
  const list = array(int(), { separator: ",", maxLength: 3 });
  assert.ok(list instanceof Scalar);
  const scalars = [
    int({ min: 0 }),
    float({ max: 10 }),
    bigint({ min: 0n }),
    decimal({ min: "0", max: "1000" }),
    boolean(),
    string({ minLength: 2, maxLength: 10, pattern: /[a-z0-9]+/ }),
    oneOf("a", 1),
    list,
  ] as const;
  fc.assert(
    fc.property(texts, fc.anything({ withBigInt: true, withSparseArray: true }), (text, value) => {
      assert.ok(!(json()["~standard"].validate(value) instanceof Promise));
      for (const scalar of scalars) {
        const output: unknown = scalar.rule.fromText(text);
        if (output instanceof Failure) assert.ok(output.message.length < 1000);
        scalar.rule.fromValue(value);
        const result = scalar["~standard"].validate(value);
        assert.ok("value" in result || "issues" in result);
      }
    }),
    settings,
  );
});
