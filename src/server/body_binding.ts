/**
 * The payload (spec 2.3.4.4): decoded by its media type, then checked by its schema.
 *
 * @module
 */
import { chooseKind } from "../message/body_kind.ts";
import { PayloadBindingError, PayloadValidationError } from "../message/errors.ts";
import { decodePayload, incompatibleType } from "../message/payload_decode.ts";
import { field as toField } from "../schema/field.ts";
import { relax } from "../schema/lax.ts";
import {
  complaintOf,
  type PayloadReader,
  payloadReaders,
  readerFor,
} from "../schema/payload_reader.ts";
import type { Issue, Result, Schema } from "../schema/standard.ts";
import { typeName } from "../schema/type_name.ts";
import type { Continuation, Exchange } from "./exchange.ts";

/** How a payload binds. */
export interface BodyRules {
  /** The most bytes to read; -1 for no limit. */
  readonly limit: number;
  /** Whether nulls and absent fields may stand for each other. */
  readonly lax: boolean;
}

/**
 * Binds a payload and goes on with it. It is told how to go on, rather than waited for, because
 * every promise between the payload and the answer costs every request that has one.
 */
export type BodyBinding = (exchange: Exchange, next: Continuation) => Promise<Response>;

/** The binding of a declared payload. */
export function bodyBinding(declared: Schema, rules: BodyRules): BodyBinding {
  const field = toField("body", declared);
  const { schema } = field;
  const readers = payloadReaders(schema);
  const limit = rules.limit === -1 ? Infinity : rules.limit;
  const nilable = field.nilable || field.hasDefault;
  return (exchange, next) => {
    const reader = choose(exchange, readers);
    const { kind, check, typeName: name } = reader;
    exchange.reading = true;
    const decoded = decodePayload(exchange.request, { kind, limit, nilable, typeName: name });
    return exchange.later(decoded, (value) => {
      exchange.reading = false;
      if (value === undefined) return next(field.defaultValue);
      if (check === undefined) return next(value);
      const result = check(value);
      return !(result instanceof Promise) && result.issues === undefined
        ? next(result.value)
        : settle(exchange, reader, value, result, rules).then(next);
    });
  };
}

/** The value of a payload that has to be waited for, or put right, or is refused. */
async function settle(
  exchange: Exchange,
  reader: PayloadReader,
  value: unknown,
  pending: Result | Promise<Result>,
  rules: BodyRules,
): Promise<unknown> {
  const result = await pending;
  if (result.issues === undefined) return result.value;
  return await again(exchange, reader, value, result.issues, rules);
}

function choose({ request }: Exchange, readers: readonly PayloadReader[]): PayloadReader {
  if (readers.length === 1) return readers[0] as PayloadReader;
  const contentType = request.headers.get("content-type");
  const reader = readerFor(contentType, readers);
  if (reader !== undefined) return reader;
  throw incompatibleType(readers.map(({ kind }) => kind).join("|"), contentType);
}

/** With lax binding, what the issues point at is put right and checked once more. */
async function again(
  { request }: Exchange,
  { check, schema }: PayloadReader,
  value: unknown,
  issues: readonly Issue[],
  { lax }: BodyRules,
): Promise<unknown> {
  if (lax && check !== undefined && relax(value, issues)) {
    const second = await check(value);
    if (second.issues === undefined) return second.value;
  }
  throw unfit(request, schema, issues);
}

function unfit({ headers }: Request, schema: Schema, issues: readonly Issue[]): Error {
  const { isConstraint, detail } = complaintOf(issues);
  if (isConstraint) return new PayloadValidationError(`payload validation failed: ${detail}`);
  // What JSON can say, this JSON did not; what a form or a text never says is another matter.
  const contentType = headers.get("content-type");
  if (chooseKind(contentType, ["json"]) !== undefined) {
    return new PayloadBindingError(`data binding failed: ${detail}`);
  }
  return incompatibleType(typeName(schema), contentType, detail);
}
