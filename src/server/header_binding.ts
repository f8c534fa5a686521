/**
 * Header fields (spec 2.3.4.5): declared ones out of the request's, by their names in any case.
 *
 * @module
 */
import { HeaderBindingError, HeaderValidationError } from "../message/errors.ts";
import { type Field, fields as toFields } from "../schema/field.ts";
import { headerParts, headerRecord } from "../schema/header_parts.ts";
import { recordShape } from "../schema/json_schema.ts";
import { brokenConstraints, describeIssues } from "../schema/issues.ts";
import { isSchema, type Result, type Schema, validate } from "../schema/standard.ts";
import { attended, bindFields, type FieldRules, type Sent } from "./field_binding.ts";
import type { Binding } from "./query_binding.ts";
import type { Fields } from "./resource.ts";

/** The binding of declared header fields: a record, or a promise of one. */
export function headerBinding(declared: Fields | Schema, nilableAsOptional: boolean): Binding {
  if (isSchema(declared)) return wholeHeaders(declared);
  const fields = toFields(declared);
  const rules: FieldRules = { errors, nilableAsOptional };
  return ({ request: { headers } }) =>
    bindFields(fields, (field) => sentFor(field, headers), rules);
}

const errors: FieldRules["errors"] = {
  missing: ({ wireName }) => new HeaderBindingError(`no header value found for '${wireName}'`),
  unfit: ({ wireName }, detail) =>
    new HeaderBindingError(`header binding failed for parameter: '${wireName}': ${detail}`),
  invalid: (detail) => new HeaderValidationError(`header validation failed: ${detail}`),
};

/** What was sent: a header field without a value counts as its name alone. */
function sentFor(field: Field, headers: Headers): Sent {
  const value = headers.get(field.wireName);
  if (value === null) return undefined;
  if (value === "") return null;
  if (!value.includes(",")) return value;
  const parts = headerParts(field, value);
  return parts === "" ? null : parts;
}

function wholeHeaders(schema: Schema): Binding {
  const shape = recordShape(schema);
  return ({ request: { headers } }) => {
    const result = validate(schema, headerRecord(headers, shape));
    return result instanceof Promise ? attended(result.then(accept)) : accept(result);
  };
}

function accept(result: Result): unknown {
  if (result.issues === undefined) return result.value;
  const detail = describeIssues(result.issues);
  const constraints = brokenConstraints(result.issues);
  if (constraints !== undefined) throw errors.invalid(`${constraints} ${detail}`);
  throw new HeaderBindingError(`header binding failed: ${detail}`);
}
