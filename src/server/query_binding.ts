/**
 * Query parameters (spec 2.3.4.3): declared fields out of the query as it was sent, in one pass
 * and without a `URL` or `URLSearchParams`.
 *
 * @module
 */
import {
  QueryParameterBindingError,
  QueryParameterValidationError,
} from "../message/listener_errors.ts";
import { splitList } from "../schema/array.ts";
import { type Field, fields as toFields } from "../schema/field.ts";
import { recordShape } from "../schema/json_schema.ts";
import { brokenConstraints, describeIssues } from "../schema/issues.ts";
import { isSchema, type Result, type Schema, validate } from "../schema/standard.ts";
import type { Exchange } from "./exchange.ts";
import {
  attended,
  bindField,
  type FieldRules,
  type Sent,
  setField,
  whenSet,
} from "./field_binding.ts";
import type { Fields } from "./resource.ts";

/** Binds the query of a request. */
export type Binding = (exchange: Exchange) => unknown;

/** The binding of a declared query: a record, or a promise of one. */
export function queryBinding(declared: Fields | Schema, nilableAsOptional: boolean): Binding {
  if (isSchema(declared)) return wholeQuery(declared);
  const fields = toFields(declared);
  const rules: FieldRules = { errors, nilableAsOptional };
  return (exchange) => {
    const { url, pathEnd, end } = exchange;
    const sent = collect(url, pathEnd + 1, end, fields);
    const record: Record<string, unknown> = {};
    let pending: Promise<unknown>[] | undefined;
    for (let index = 0; index < fields.length; index++) {
      const field = fields[index] as Field;
      const value = bindField(field, splitSent(field, sent[index]), rules);
      pending = setField(record, field.name, value, pending);
    }
    return whenSet(record, pending);
  };
}

const errors: FieldRules["errors"] = {
  missing: ({ wireName }) =>
    new QueryParameterBindingError(`no query param value found for '${wireName}'`),
  unfit: ({ wireName }, detail) =>
    new QueryParameterBindingError(`error in casting query param : '${wireName}': ${detail}`),
  invalid: (detail) => new QueryParameterValidationError(`query validation failed: ${detail}`),
};

const ampersand = 0x26;
const equals = 0x3d;
const percent = 0x25;
const plus = 0x2b;

/** The texts of each field, found in one pass over the query. */
function collect(
  url: string,
  start: number,
  end: number,
  fields: readonly Field[],
): (string | string[] | null | undefined)[] {
  const sent: (string | string[] | null | undefined)[] = [];
  let at = start;
  while (at < end) {
    let keyEnd = -1;
    let isKeyEncoded = false;
    let isEncoded = false;
    let index = at;
    for (; index < end; index++) {
      const code = url.charCodeAt(index);
      if (code === ampersand) break;
      if (code === percent || code === plus) {
        isEncoded = true;
      } else if (code === equals && keyEnd === -1) {
        keyEnd = index;
        isKeyEncoded = isEncoded;
        isEncoded = false;
      }
    }
    const isBare = keyEnd === -1;
    const found = isBare
      ? fieldAt(url, at, index, isEncoded, fields)
      : fieldAt(url, at, keyEnd, isKeyEncoded, fields);
    if (found !== -1) {
      const field = fields[found] as Field;
      const text = isBare ? null : readText(field, url.slice(keyEnd + 1, index), isEncoded);
      sent[found] = append(sent[found], text, field);
    }
    at = index + 1;
  }
  return sent;
}

/** The text of a value; of one with a separator as it was sent, since it is split before. */
function readText(field: Field, raw: string, isEncoded: boolean): string {
  return isEncoded && field.separator === undefined ? decodeOf(field, raw) : raw;
}

function fieldAt(
  url: string,
  start: number,
  end: number,
  encoded: boolean,
  fields: readonly Field[],
): number {
  if (encoded) {
    const key = decode(url.slice(start, end));
    return key === undefined ? -1 : fields.findIndex((field) => field.wireName === key);
  }
  for (let index = 0; index < fields.length; index++) {
    const { wireName } = fields[index] as Field;
    if (wireName.length === end - start && isAt(url, start, wireName)) return index;
  }
  return -1;
}

/** What `startsWith` says, in a third of its time on names as short as these. */
function isAt(url: string, start: number, name: string): boolean {
  for (let index = 0; index < name.length; index++) {
    if (url.charCodeAt(start + index) !== name.charCodeAt(index)) return false;
  }
  return true;
}

/** A name without a value counts only where none of its repetitions has one. */
function append(
  before: string | string[] | null | undefined,
  raw: string | null,
  field: Field,
): string | string[] | null {
  if (raw === null) return before ?? null;
  if (before === undefined || before === null) return raw;
  if (field.many === false) return before;
  if (typeof before === "string") return [before, raw];
  before.push(raw);
  return before;
}

/** Splits at the separator before it decodes: an encoded one is part of an item. */
function splitSent(field: Field, sent: string | string[] | null | undefined): Sent {
  if (field.separator === undefined || sent === undefined || sent === null) return sent;
  const texts: string[] = [];
  for (const raw of typeof sent === "string" ? [sent] : sent) {
    for (const part of splitList(raw, field.separator)) texts.push(decodeOf(field, part));
  }
  return texts;
}

function decodeOf(field: Field, raw: string): string {
  const text = decode(raw);
  if (text === undefined) throw errors.unfit(field, "malformed percent-encoding");
  return text;
}

/** Percent-decodes, with `+` as a space; `undefined` where the encoding is malformed. */
function decode(raw: string): string | undefined {
  const spaced = raw.includes("+") ? raw.replaceAll("+", " ") : raw;
  if (!spaced.includes("%")) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return undefined;
  }
}

function wholeQuery(schema: Schema): Binding {
  const shape = recordShape(schema);
  return (exchange) => {
    const record = new Map<string, string | string[]>();
    for (const [name, value] of new URLSearchParams(exchange.rawQuery)) {
      const before = record.get(name);
      if (before === undefined) record.set(name, shape?.get(name)?.many === true ? [value] : value);
      else if (typeof before !== "string") before.push(value);
      else if (shape?.get(name)?.many !== false) record.set(name, [before, value]);
    }
    // fromEntries defines properties, so that a parameter named __proto__ is one like any other.
    const result = validate(schema, Object.fromEntries(record));
    return result instanceof Promise ? attended(result.then(accept)) : accept(result);
  };
}

function accept(result: Result): unknown {
  if (result.issues === undefined) return result.value;
  const detail = describeIssues(result.issues);
  const constraints = brokenConstraints(result.issues);
  if (constraints !== undefined) throw errors.invalid(`${constraints} ${detail}`);
  throw new QueryParameterBindingError(`error in casting query params: ${detail}`);
}
