/**
 * Structured values in one text: a query parameter, header or cookie that holds JSON, as
 * `?student={"name":"Kim","age":20}`.
 *
 * @module
 */
import { Body } from "./body.ts";
import { requireSchema } from "./compose.ts";
import { jsonSchemaOf } from "./json_schema.ts";
import { conversion, converter, type Failure } from "./scalar.ts";
import type { Infer, Result, Schema } from "./standard.ts";

/** The deepest nesting that a JSON text in a parameter may have. */
export const DEEPEST_JSON = 100;

/**
 * JSON: in a parameter a text that holds it, as a body one of a JSON media type. Without a schema
 * its value is `unknown`; with one, the parsed value is validated by it.
 *
 * Keys named `__proto__` are dropped, because code that copies properties would set a prototype;
 * in a parameter, nesting beyond {@linkcode DEEPEST_JSON} is refused before parsing.
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
export function json(): Body<unknown>;
/** The same, with the value validated by `schema`. */
export function json<S extends Schema>(schema: S): Body<Infer<S>>;
export function json(schema?: Schema): Body {
  if (schema !== undefined) requireSchema("json", schema);
  return new Body("json", schema, {
    version: 1,
    vendor: "pirouette",
    validate: (value) => validateText(schema, value),
    jsonSchema: {
      input: converter(() => ({ type: "string", contentMediaType: "application/json" })),
      output: converter((target) =>
        schema === undefined ? {} : jsonSchemaOf(schema, "output", target) ?? {}
      ),
    },
  });
}

function validateText(
  inner: Schema | undefined,
  value: unknown,
): Result | Promise<Result> {
  if (typeof value !== "string") return { issues: conversion("JSON text", value).issues };
  if (isTooDeep(value)) return { issues: tooDeep(value).issues };
  const parsed = tryParse(value);
  if (parsed === INVALID) return { issues: conversion("JSON", value).issues };
  return inner === undefined ? { value: parsed } : inner["~standard"].validate(parsed);
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
