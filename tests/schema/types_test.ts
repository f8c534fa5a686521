/** Inference of the schemas: this file fails to compile when it regresses. @module */
import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";
import { type } from "arktype";
import * as v from "valibot";
import { z } from "zod";
import {
  array,
  bigint,
  boolean,
  decimal,
  float,
  type Infer,
  int,
  json,
  named,
  oneOf,
  optional,
  type Schema,
  string,
} from "../../src/schema/mod.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;

/** Compiles only where the schema yields exactly `Output`. */
function yields<Output>() {
  return <S extends Schema>(
    _schema: S,
    ..._same: Same<Infer<S>, Output> extends true ? [] : ["the types differ"]
  ): void => {};
}

enum Color {
  Red = "red",
  Blue = "blue",
}

Deno.test("types: schemas yield what they say", () => {
  yields<number>()(int());
  yields<number>()(int({ default: 20 }));
  yields<number>()(float());
  yields<bigint>()(bigint());
  yields<string>()(decimal());
  yields<boolean>()(boolean());
  yields<string>()(string({ pattern: /a/ }));
  yields<"a" | "b">()(oneOf("a", "b"));
  yields<"a" | "b">()(oneOf(["a", "b"], { default: "a" }));
  yields<1 | 2 | "x">()(oneOf(1, 2, "x"));
  const color: Schema<Color> = oneOf(Object.values(Color));
  yields<Color>()(color);
  // @ts-expect-error the enum has two members
  const red: Schema<Color.Red> = oneOf(Object.values(Color));
  void red;
  yields<number[]>()(array(int()));
  yields<("a" | "b")[]>()(array(oneOf("a", "b"), { default: ["a"] }));
  yields<number | undefined>()(optional(int()));
  yields<number[] | undefined>()(optional(array(int())));
  yields<number>()(named("X-Rate", int()));
  yields<string | undefined>()(optional(named("x", string())));
  yields<unknown>()(json());
  yields<{ name: string }>()(json(z.object({ name: z.string() })));
  yields<{ a: number }[]>()(array(type({ a: "number" })));
  yields<string | undefined>()(optional(v.string()));
  yields<number>()(named("n", z.coerce.number()));
  yields<Date | undefined>()(z.coerce.date().optional());

  // @ts-expect-error a default that is none of the choices
  void (() => oneOf(["a", "b"], { default: "c" }));
  // @ts-expect-error an unknown option
  void (() => int({ minimum: 1 }));
  // @ts-expect-error a bound of another type
  void (() => bigint({ min: 1 }));
  // @ts-expect-error a default of another type than the items
  void (() => array(int(), { default: ["1"] }));
  // @ts-expect-error not a schema
  void (() => optional(5));
  // @ts-expect-error the name is missing
  void (() => named(int()));
  // @ts-expect-error another type than it yields
  yields<string>()(int());
  // @ts-expect-error optional is not the same
  yields<number>()(optional(int()));
});

Deno.test("types: ours are Standard Schemas, and any Standard Schema is ours", () => {
  const theirs: StandardSchemaV1<unknown, number> = int();
  const ours: Schema<number> = theirs as StandardSchemaV1<string, number>;
  const both = <S extends StandardSchemaV1 & StandardJSONSchemaV1>(schema: S): Schema => schema;
  both(z.string());
  const some: readonly Schema[] = [ours, z.string(), v.string(), type("string")];
  void some;
});
