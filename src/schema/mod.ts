/**
 * Schemas: scalars that convert wire text, helpers around them, and what the rest of the library
 * needs to read any Standard Schema.
 *
 * @module
 */
export { array, type ArrayOptions, splitList } from "./array.ts";
export { boolean, type BooleanOptions } from "./boolean.ts";
export {
  Body,
  type BodyKind,
  byMediaType,
  bytes,
  events,
  form,
  type FormValue,
  stream,
  text,
  xml,
} from "./body.ts";
export { named, optional } from "./compose.ts";
export { decimal, type DecimalOptions } from "./decimal.ts";
export { type Field, field, fields } from "./field.ts";
export { json } from "./json.ts";
export { isList, jsonSchemaOf, type PropertyShape, recordShape } from "./json_schema.ts";
export {
  bigint,
  type BigintOptions,
  float,
  type FloatOptions,
  int,
  type IntOptions,
} from "./numbers.ts";
export { Failure, type FailureIssue, type FailureKind, type Rule, Scalar } from "./scalar.ts";
export {
  type Infer,
  isSchema,
  type Issue,
  issuePath,
  type JsonSchema,
  type JsonSchemaConverter,
  type JsonSchemaOptions,
  type Result,
  type Schema,
  type StandardProps,
  validate,
} from "./standard.ts";
export { oneOf, type OneOfOptions, string, type StringOptions } from "./text.ts";
