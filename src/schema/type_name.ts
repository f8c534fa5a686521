/**
 * The name of a type as the specification writes it, for messages: `int`, `string[]`, `map<int>`.
 *
 * It is read from a JSON Schema; what that does not tell is `anydata`.
 *
 * @module
 */
import { jsonSchemaOf } from "./json_schema.ts";
import type { JsonSchema, Schema } from "./standard.ts";

/** How deep a name goes into lists and maps; a schema may refer to itself. */
const deepest = 4;

/** The name of what a schema takes in. A record goes by its title, else as `record`. */
export function typeName(schema: Schema): string {
  return nameOf(jsonSchemaOf(schema, "input"), deepest);
}

function nameOf(schema: unknown, depth: number): string {
  if (typeof schema !== "object" || schema === null || depth === 0) return "anydata";
  const { type, title, format, items, properties, additionalProperties } = schema as JsonSchema;
  switch (type) {
    case "integer":
      return "int";
    case "number":
      return "float";
    case "boolean":
      return "boolean";
    case "string":
      return format === "decimal" ? "decimal" : "string";
    case "null":
      return "()";
    case "array":
      return `${nameOf(items, depth - 1)}[]`;
    case "object":
      if (typeof title === "string") return title;
      return properties === undefined && isObject(additionalProperties)
        ? `map<${nameOf(additionalProperties, depth - 1)}>`
        : "record";
    default:
      return "anydata";
  }
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
