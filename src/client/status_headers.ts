/**
 * Header fields of a response bound by its status: the declared ones, by their names in any case
 * (spec 2.4.1.9). Those of a request are bound in `server/header_binding.ts`, in the same way.
 *
 * @module
 */
import {
  HeaderBindingError,
  HeaderNotFoundError,
  HeaderValidationError,
} from "../message/errors.ts";
import { type Field, fields as toFields } from "../schema/field.ts";
import { headerParts, headerRecord } from "../schema/header_parts.ts";
import { recordShape } from "../schema/json_schema.ts";
import { complaintOf } from "../schema/payload_reader.ts";
import { Failure } from "../schema/scalar.ts";
import { isSchema, type Issue, type Schema, validate } from "../schema/standard.ts";
import type { HeaderFields } from "./status_responses.ts";

/** Binds the header fields of a response. */
export type HeaderReader = (headers: Headers) => Promise<unknown>;

/**
 * The reader of declared header fields.
 *
 * It rejects with {@linkcode HeaderBindingError} where a field is missing or not of its type, and with
 * {@linkcode HeaderValidationError} where it breaks a constraint. Without `validation` a field that
 * does is taken: as the text that was sent, or its number.
 *
 * @throws {TypeError} when one is no schema, or has a name that no field can have.
 */
export function headerReader(
  declared: HeaderFields | Schema,
  validation: boolean,
): HeaderReader {
  if (isSchema(declared)) return wholeHeaders(declared, validation);
  const fields = toFields(declared);
  for (const { wireName } of fields) checkName(wireName);
  return async (headers) => {
    const record: Record<string, unknown> = {};
    for (const field of fields) {
      const value = await bindField(field, partsOf(field, headers), validation);
      // Defined, not assigned: a property may be called __proto__.
      Object.defineProperty(record, field.name, { ...property, value });
    }
    return record;
  };
}

const property: PropertyDescriptor = { enumerable: true, configurable: true, writable: true };

function checkName(name: string): void {
  try {
    new Headers().has(name);
  } catch (cause) {
    throw new TypeError(`No header field can be called "${name}": name it by a token`, { cause });
  }
}

/** What was sent for a field; `undefined` for nothing. */
function partsOf(field: Field, headers: Headers): string | readonly string[] | undefined {
  if (field.wireName.toLowerCase() === "set-cookie") {
    const cookies = headers.getSetCookie();
    return field.many === true && cookies.length > 0 ? cookies : cookies[0];
  }
  const value = headers.get(field.wireName);
  return value === null ? undefined : headerParts(field, value);
}

async function bindField(
  field: Field,
  sent: string | readonly string[] | undefined,
  validation: boolean,
): Promise<unknown> {
  if (sent === undefined) return await absent(field);
  const { scalar } = field;
  if (scalar === undefined) {
    const result = await validate(field.schema, sent);
    return result.issues === undefined
      ? result.value
      : refuse(field, result.issues, validation, () => sent);
  }
  const { fromText, fromTexts, jsonSchema } = scalar.rule;
  const value = fromTexts !== undefined
    ? fromTexts(typeof sent === "string" ? [sent] : sent)
    : fromText(sent as string);
  if (!(value instanceof Failure)) return value;
  return refuse(field, value.issues, validation, () => unchecked(sent, jsonSchema));
}

async function absent(field: Field): Promise<unknown> {
  if (field.hasDefault) return field.defaultValue;
  if (field.nilable) return undefined;
  if (field.asksWhenAbsent) {
    const result = await validate(field.schema, undefined);
    if (result.issues === undefined) return result.value;
  }
  throw new HeaderBindingError("header binding failed", {
    cause: new HeaderNotFoundError(`no header value found for '${field.wireName}'`),
  });
}

function refuse(
  { wireName }: Field,
  issues: readonly Issue[],
  validation: boolean,
  otherwise: () => unknown,
): unknown {
  const within = issues.map((issue) => ({ ...issue, path: [wireName, ...issue.path ?? []] }));
  const { isConstraint, detail } = complaintOf(within);
  if (!isConstraint) {
    throw new HeaderBindingError(`header binding failed for parameter: '${wireName}'`, {
      cause: new TypeError(detail),
    });
  }
  if (!validation) return otherwise();
  throw new HeaderValidationError(`header binding failed: ${detail}`);
}

/** A value of the declared type, whatever its constraints. */
function unchecked(
  sent: string | readonly string[],
  schema: Readonly<Record<string, unknown>>,
): unknown {
  const { type, items } = schema;
  if (typeof sent !== "string") {
    return sent.map((text) => unchecked(text, (items ?? {}) as Record<string, unknown>));
  }
  return type === "integer" || type === "number" ? Number(sent) : sent;
}

function wholeHeaders(schema: Schema, validation: boolean): HeaderReader {
  const shape = recordShape(schema);
  return async (headers) => {
    const record = headerRecord(headers, shape);
    const result = await validate(schema, record);
    if (result.issues === undefined) return result.value;
    const { isConstraint, detail } = complaintOf(result.issues);
    if (!isConstraint) {
      throw new HeaderBindingError("header binding failed", { cause: new TypeError(detail) });
    }
    if (!validation) return record;
    throw new HeaderValidationError(`header binding failed: ${detail}`);
  };
}
