/**
 * Structured values in one text: a query parameter, header or cookie that holds JSON, as
 * `?student={"name":"Kim","age":20}`.
 *
 * @module
 */
import { requireSchema } from "./compose.ts";
import { jsonSchemaOf } from "./json_schema.ts";
import { conversion, converter, type Failure, Scalar } from "./scalar.ts";
import type { Infer, Result, Schema, StandardProps } from "./standard.ts";

/** The deepest nesting that a JSON text in a parameter may have. */
export const DEEPEST_JSON = 100;

/**
 * A text that holds JSON. Without a schema its value is `unknown`; with one, the parsed value is
 * validated by it.
 *
 * Keys named `__proto__` are dropped, because code that copies properties would set a prototype;
 * nesting beyond {@linkcode DEEPEST_JSON} is refused before parsing.
 *
 * @throws {TypeError} when `schema` is no Standard Schema.
 *
 * @example
 * ```ts
 * import { json } from "@pirouette/http";
 * import { z } from "zod";
 *
 * const query = { student: json(z.object({ name: z.string(), age: z.int() })) };
 * ```
 */
export function json(): Scalar<unknown>;
/** The same, with the value that the text holds validated by `schema`. */
export function json<S extends Schema>(schema: S): Schema<Infer<S>>;
export function json(schema?: Schema): Schema {
  if (schema === undefined) return new Scalar(TEXT_RULE);
  requireSchema("json", schema);
  return new JsonText(schema);
}

/** A schema of a text whose JSON another schema validates, perhaps asynchronously. */
class JsonText implements Schema {
  readonly "~standard": StandardProps;

  constructor(inner: Schema) {
    this["~standard"] = {
      version: 1,
      vendor: "pirouette",
      validate: (value) => validateText(inner, value),
      jsonSchema: {
        input: converter(() => TEXT_RULE.jsonSchema),
        output: converter((target) => jsonSchemaOf(inner, "output", target) ?? {}),
      },
    };
  }
}

const TEXT_RULE = {
  expected: "JSON",
  fromText: (text: string): unknown => parse(text),
  fromValue: (value: unknown): unknown => value,
  jsonSchema: { type: "string", contentMediaType: "application/json" },
};

function validateText(inner: Schema, value: unknown): Result | Promise<Result> {
  if (typeof value !== "string") return { issues: conversion("JSON text", value).issues };
  if (isTooDeep(value)) return { issues: tooDeep(value).issues };
  const parsed = tryParse(value);
  if (parsed === INVALID) return { issues: conversion("JSON", value).issues };
  return inner["~standard"].validate(parsed);
}

function parse(text: string): unknown | Failure {
  if (isTooDeep(text)) return tooDeep(text);
  const value = tryParse(text);
  return value === INVALID ? conversion("JSON", text) : value;
}

const INVALID = Symbol("invalid JSON");

function tryParse(text: string): unknown {
  // An escape may spell the key too; a reviver is slow, so that it runs only where it could matter.
  const suspect = text.includes("__proto__") || text.includes("\\u");
  try {
    return suspect ? JSON.parse(text, withoutProto) : JSON.parse(text);
  } catch {
    return INVALID;
  }
}

/** A reviver drops the property that it gives `undefined` for. */
function withoutProto(key: string, value: unknown): unknown {
  return key === "__proto__" ? undefined : value;
}

function tooDeep(text: string): Failure {
  return conversion(`JSON of at most ${DEEPEST_JSON} levels`, text);
}

/** Counts brackets outside of texts; in what is not JSON the answer does not matter. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (quoted && code === BACKSLASH) index++;
    else if (code === QUOTE) quoted = !quoted;
    else if (!quoted && (code === BRACE || code === BRACKET) && ++depth > DEEPEST_JSON) return true;
    else if (!quoted && (code === BRACE + 2 || code === BRACKET + 2)) depth--;
  }
  return false;
}

const QUOTE = 0x22;
const BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const BRACE = 0x7b;
