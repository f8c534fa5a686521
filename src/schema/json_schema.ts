/**
 * Reads JSON Schema out of any schema that offers the Standard JSON Schema interface, as Zod,
 * ArkType and the scalars of this folder do, and Valibot does not.
 *
 * The binder asks it one thing: which fields are lists. OpenAPI asks for the whole document.
 *
 * @module
 */
import type { JsonSchema, Schema } from "./standard.ts";

/**
 * The JSON Schema of what a schema takes in or yields, or undefined when it offers none.
 *
 * What JSON Schema cannot express (a date, a bigint, a narrowing) is left open instead of failing
 * the whole document, where the library knows how to.
 */
export function jsonSchemaOf(
  schema: Schema,
  side: "input" | "output",
  target: string = "draft-2020-12",
): JsonSchema | undefined {
  try {
    return schema["~standard"].jsonSchema?.[side]({ target, libraryOptions: LENIENT });
  } catch {
    // The interface allows to throw for what cannot be described.
    return undefined;
  }
}

/**
 * Whether a schema's input is a list: `true` or `false`, undefined when it may be both or is not
 * known. Third-party schemas tell it only through Standard JSON Schema.
 */
export function isList(schema: Schema): boolean | undefined {
  const root = jsonSchemaOf(schema, "input");
  return root === undefined ? undefined : classify(startReading(root), root);
}

/** What the binder knows of one property of a record schema. */
export interface PropertyShape {
  /** Whether the property is a list; undefined when it may be both or is not known. */
  readonly many: boolean | undefined;
}

/**
 * The properties of a whole-record schema, or undefined when it does not tell them: it then gets
 * one text where one value was sent, and a list of texts where there were several.
 */
export function recordShape(schema: Schema): ReadonlyMap<string, PropertyShape> | undefined {
  const root = jsonSchemaOf(schema, "input");
  if (root === undefined) return undefined;
  const shape = new Map<string, PropertyShape>();
  collect(startReading(root), root, shape);
  return shape.size === 0 ? undefined : shape;
}

/** How Zod and ArkType are told to leave open what they cannot describe; others ignore it. */
const LENIENT: Record<string, unknown> = {
  unrepresentable: "any",
  fallback: (context: { readonly base: unknown }): unknown => context.base,
};

/** How many references in a row are followed: one may refer to itself. */
const MOST_HOPS = 16;

function collect(reading: Reading, schema: JsonSchema, shape: Map<string, PropertyShape>): void {
  const here = resolve(schema, reading.root);
  if (reading.collected.has(here)) return;
  reading.collected.add(here);
  for (const [name, property] of Object.entries(record(here.properties) ?? {})) {
    const part = record(property);
    const many = part === undefined ? undefined : classify(reading, part);
    // A union of records may describe a property twice: where the two differ, it may be both.
    const agrees = !shape.has(name) || shape.get(name)?.many === many;
    shape.set(name, { many: agrees ? many : undefined });
  }
  for (const part of [...parts(here.allOf), ...parts(here.anyOf), ...parts(here.oneOf)]) {
    collect(reading, part, shape);
  }
}

/** One reading of a document. Each part is looked at once, as unions may refer in circles. */
interface Reading {
  readonly root: JsonSchema;
  readonly classified: Map<JsonSchema, boolean | undefined>;
  readonly collected: Set<JsonSchema>;
}

function startReading(root: JsonSchema): Reading {
  return { root, classified: new Map(), collected: new Set() };
}

function classify(reading: Reading, schema: JsonSchema): boolean | undefined {
  const here = resolve(schema, reading.root);
  if (reading.classified.has(here)) return reading.classified.get(here);
  reading.classified.set(here, undefined);
  const many = decide(reading, here);
  reading.classified.set(here, many);
  return many;
}

function decide(reading: Reading, here: JsonSchema): boolean | undefined {
  if (typeof here.type === "string") return here.type === "array";
  if (Array.isArray(here.type)) return agreed(here.type.filter(isNotNull).map(isArrayType));
  if (here.const !== undefined) return Array.isArray(here.const);
  if (Array.isArray(here.enum)) return agreed(here.enum.map(Array.isArray));
  const union = [...parts(here.anyOf), ...parts(here.oneOf)].filter(isPresent);
  if (union.length > 0) return agreed(union.map((part) => classify(reading, part)));
  const all = parts(here.allOf).map((part) => classify(reading, part));
  return all.find((many) => many !== undefined);
}

/** A union's member that says something: ArkType writes `undefined` as the empty schema. */
function isPresent(part: JsonSchema): boolean {
  return part.type !== "null" && part.const !== null && Object.keys(part).length > 0;
}

function agreed(answers: readonly (boolean | undefined)[]): boolean | undefined {
  return answers.every((answer) => answer === answers[0]) ? answers[0] : undefined;
}

/** Follows references inside the document: `#`, `#/$defs/Name`. Others stay as they are. */
function resolve(schema: JsonSchema, root: JsonSchema): JsonSchema {
  let here = schema;
  for (let hops = 0; hops < MOST_HOPS && typeof here.$ref === "string"; hops++) {
    const target = pointed(here.$ref, root);
    if (target === undefined) return here;
    here = target;
  }
  return here;
}

function pointed(reference: string, root: JsonSchema): JsonSchema | undefined {
  if (!reference.startsWith("#")) return undefined;
  let here: JsonSchema | undefined = root;
  for (const token of reference.slice(1).split("/").slice(1)) {
    const key: string = token.replaceAll("~1", "/").replaceAll("~0", "~");
    here = here !== undefined && Object.hasOwn(here, key) ? record(here[key]) : undefined;
  }
  return here;
}

function parts(value: unknown): readonly JsonSchema[] {
  return Array.isArray(value) ? value.filter((part) => record(part) !== undefined) : [];
}

function record(value: unknown): JsonSchema | undefined {
  return typeof value === "object" && value !== null ? value as JsonSchema : undefined;
}

function isNotNull(type: unknown): boolean {
  return type !== "null";
}

function isArrayType(type: unknown): boolean {
  return type === "array";
}
