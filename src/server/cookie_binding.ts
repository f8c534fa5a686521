/**
 * Cookies of a request: declared ones out of its `Cookie` field, by their names, in which case counts
 * (RFC 6265bis section 5.8.1).
 *
 * They bind as header fields do, and fail with the errors of header fields, which they are; but as
 * cookies are secrets mostly, no message repeats what was sent. Nothing is decoded and no signature
 * checked: a `CookieSigner` does that.
 *
 * @module
 */
import { HeaderBindingError, HeaderValidationError } from "../message/errors.ts";
import { parseCookies } from "../message/cookie_parse.ts";
import { splitList } from "../schema/array.ts";
import { type Field, fields as toFields } from "../schema/field.ts";
import { brokenConstraints } from "../schema/issues.ts";
import { recordShape } from "../schema/json_schema.ts";
import { isSchema, issuePath, type Result, type Schema, validate } from "../schema/standard.ts";
import { attended, bindFields, type FieldRules, type Sent } from "./field_binding.ts";
import type { Binding } from "./query_binding.ts";
import type { Fields } from "./resource.ts";

/** The binding of declared cookies: a record, or a promise of one. */
export function cookieBinding(declared: Fields | Schema, nilableAsOptional: boolean): Binding {
  if (isSchema(declared)) return wholeCookies(declared);
  const fields = toFields(declared);
  const rules: FieldRules = { errors, nilableAsOptional };
  return ({ request: { headers } }) => {
    const sent = allCookies(headers);
    return bindFields(fields, (field) => sentFor(field, sent.get(field.wireName)), rules);
  };
}

const errors: FieldRules["errors"] = {
  missing: ({ wireName }) => new HeaderBindingError(`no cookie value found for '${wireName}'`),
  unfit: ({ wireName }, detail) =>
    new HeaderBindingError(`cookie binding failed for parameter: '${wireName}': ${detail}`),
  invalid: (detail) => new HeaderValidationError(`cookie validation failed: ${detail}`),
  isSecret: true,
};

/** As many places are told as a reader may want to see. */
const MOST_TOLD = 20;

/** The values of each name in the order sent. */
function allCookies(headers: Headers): Map<string, string[]> {
  const cookies = new Map<string, string[]>();
  for (const { name, value } of parseCookies(headers.get("cookie") ?? "")) {
    const before = cookies.get(name);
    if (before === undefined) cookies.set(name, [value]);
    else before.push(value);
  }
  return cookies;
}

/**
 * What was sent: one without a value counts as its name alone, as header fields do. Of several with one
 * name the first counts, which clients send for the longest path; a list takes them all.
 */
function sentFor(field: Field, values: readonly string[] | undefined): Sent {
  const [first] = values ?? [];
  if (values === undefined || first === undefined) return undefined;
  const { separator } = field;
  if (field.many !== true) return first === "" ? null : first;
  const list = separator === undefined
    ? values.filter((value) => value !== "")
    : values.flatMap((value) => value === "" ? [] : splitList(value, separator));
  return list.length === 0 ? null : list;
}

function wholeCookies(schema: Schema): Binding {
  const shape = recordShape(schema);
  return ({ request: { headers } }) => {
    const cookies = [...allCookies(headers)].map(([name, values]) =>
      [name, shape?.get(name)?.many === true ? values : values[0]] as const
    );
    // fromEntries defines properties, so that a cookie named __proto__ is one like any other.
    const result = validate(schema, Object.fromEntries(cookies));
    return result instanceof Promise ? attended(result.then(accept)) : accept(result);
  };
}

function accept(result: Result): unknown {
  if (result.issues === undefined) return result.value;
  const constraints = brokenConstraints(result.issues);
  if (constraints !== undefined) throw errors.invalid(constraints);
  const paths = new Set(result.issues.slice(0, MOST_TOLD).map(issuePath));
  throw new HeaderBindingError(`cookie binding failed: ${[...paths].join(", ")} does not fit`);
}
