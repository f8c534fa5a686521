/**
 * The media types that a link to a resource says its answers have (spec 7.2), as far as the
 * resource declares them.
 *
 * A handler's return type is gone at run time. What is left are `mediaType`, `produces` and the
 * schemas of `responses`; a schema that does not tell what it yields adds no type, and a resource
 * that declares none of them has none.
 *
 * @module
 */
import { Body, BodyChoice } from "../schema/body.ts";
import { jsonSchemaOf } from "../schema/json_schema.ts";
import type { JsonSchema, Schema } from "../schema/standard.ts";
import type { Spec } from "./resource.ts";

/** What values of each kind of body are sent as; an XML or form object is plain JSON by itself. */
const typesOfKinds: Readonly<Record<string, string>> = {
  text: "text/plain",
  bytes: "application/octet-stream",
  stream: "application/octet-stream",
  json: "application/json",
};

/** Unions in unions are followed this far: they may refer in circles. */
const maxDepth = 8;

/**
 * The types that successful answers of a resource have: its `mediaType`, else what it `produces`,
 * else those that `responses` leads to, with the service's prefix in them as they are sent.
 */
export function linkTypes(spec: Spec, subtypePrefix?: string): string[] {
  const { mediaType, produces = [], responses = {} } = spec;
  if (mediaType !== undefined) return [mediaType];
  if (produces.length > 0) return [...new Set(produces)];
  const types = new Set<string>();
  for (const [status, schema] of Object.entries(responses)) {
    if (!/^2\d\d$/.test(status)) continue;
    for (const type of typesOf(schema)) types.add(prefixed(type, subtypePrefix));
  }
  return [...types];
}

function typesOf(schema: Schema): string[] {
  if (schema instanceof BodyChoice) return schema.members.flatMap(typesOf);
  if (schema instanceof Body && schema.kind !== "any") {
    const type = typesOfKinds[schema.kind];
    return type === undefined ? [] : [type];
  }
  const described = jsonSchemaOf(schema, "output");
  return described === undefined ? [] : typesOfJson(described, maxDepth);
}

/** A string is sent as text, every other value that JSON Schema knows as JSON. */
function typesOfJson(described: JsonSchema, depth: number): string[] {
  const { type, enum: values, anyOf, oneOf } = described;
  if (type !== undefined) return [type].flat().flatMap(typeOfName);
  if ("const" in described) return typeOfName(nameOf(described.const));
  if (Array.isArray(values)) return values.map(nameOf).flatMap(typeOfName);
  const members = [anyOf, oneOf].filter(Array.isArray).flat();
  return depth === 0 ? [] : members.flatMap((member) => typesOfJson(Object(member), depth - 1));
}

function nameOf(value: unknown): string {
  return value === null ? "null" : typeof value;
}

/** An answer that may be null is mostly something else. */
function typeOfName(name: unknown): string[] {
  if (name === "null") return [];
  return [name === "string" ? "text/plain" : "application/json"];
}

function prefixed(type: string, subtypePrefix: string | undefined): string {
  return subtypePrefix === undefined ? type : type.replace("/", `/${subtypePrefix}+`);
}
