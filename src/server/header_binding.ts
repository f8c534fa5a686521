/**
 * Header fields (spec 2.3.4.5): declared ones out of the request's, by their names in any case.
 *
 * @module
 */
import { HeaderBindingError, HeaderValidationError } from "../message/errors.ts";
import { type Field, fields as toFields } from "../schema/field.ts";
import { recordShape } from "../schema/json_schema.ts";
import { brokenConstraints, describeIssues } from "../schema/issues.ts";
import { isSchema, type Result, type Schema, validate } from "../schema/standard.ts";
import {
  attended,
  bindField,
  type FieldRules,
  type Sent,
  setField,
  whenSet,
} from "./field_binding.ts";
import type { Binding } from "./query_binding.ts";
import type { Fields } from "./resource.ts";

/** The binding of declared header fields: a record, or a promise of one. */
export function headerBinding(declared: Fields | Schema, nilableAsOptional: boolean): Binding {
  if (isSchema(declared)) return wholeHeaders(declared);
  const fields = toFields(declared);
  const rules: FieldRules = { errors, nilableAsOptional };
  return ({ request: { headers } }) => {
    const record: Record<string, unknown> = {};
    let pending: Promise<unknown>[] | undefined;
    for (const field of fields) {
      const value = bindField(field, sentFor(field, headers), rules);
      pending = setField(record, field.name, value, pending);
    }
    return whenSet(record, pending);
  };
}

const errors: FieldRules["errors"] = {
  missing: ({ wireName }) => new HeaderBindingError(`no header value found for '${wireName}'`),
  unfit: ({ wireName }, detail) =>
    new HeaderBindingError(`header binding failed for parameter: '${wireName}': ${detail}`),
  invalid: (detail) => new HeaderValidationError(`header validation failed: ${detail}`),
};

/**
 * What was sent: a header field without a value counts as its name alone.
 *
 * The platform joins repeated fields with commas. A list takes them apart; text is given whole,
 * since a comma may be its own; of anything else, which has no commas, the first is taken.
 */
function sentFor(field: Field, headers: Headers): Sent {
  const value = headers.get(field.wireName);
  if (value === null) return undefined;
  if (value === "") return null;
  if (!value.includes(",")) return value;
  if (field.many === true) return splitList(value);
  const isText = field.scalar === undefined || field.scalar.rule.jsonSchema["type"] === "string";
  return isText ? value : splitList(value)[0] ?? null;
}

/** The members of a comma-separated list (RFC 9110 section 5.6.1); a quoted comma is no separator. */
function splitList(value: string): string[] {
  const members: string[] = [];
  let start = 0;
  let quoted = false;
  for (let index = 0; index <= value.length; index++) {
    const character = value[index];
    if (quoted && character === "\\") index++;
    else if (character === '"') quoted = !quoted;
    else if (index === value.length || (character === "," && !quoted)) {
      const member = value.slice(start, index).trim();
      if (member !== "") members.push(member);
      start = index + 1;
    }
  }
  return members;
}

function wholeHeaders(schema: Schema): Binding {
  const shape = recordShape(schema);
  return ({ request: { headers } }) => {
    const record: Record<string, string | string[]> = Object.fromEntries(headers);
    for (const [name, { many }] of shape ?? []) {
      const value = headers.get(name);
      if (value === null) continue;
      // The schema may spell the name in capitals; the platform tells all names in small letters.
      record[name] = many ? splitList(value) : value;
    }
    const result = validate(schema, record);
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
