/**
 * The payload (spec 2.3.4.4): decoded by its media type, then checked by its schema.
 *
 * @module
 */
import { PayloadBindingError, PayloadValidationError } from "../message/errors.ts";
import { type BodyKind, chooseKind, decodePayload } from "../message/payload_decode.ts";
import { Body, BodyChoice } from "../schema/body.ts";
import { field as toField } from "../schema/field.ts";
import { brokenConstraints, describeIssues } from "../schema/issues.ts";
import { Failure, Scalar } from "../schema/scalar.ts";
import { type Issue, type Result, type Schema, validate } from "../schema/standard.ts";
import type { Exchange } from "./exchange.ts";
import { relax } from "./lax.ts";
import type { Binding } from "./query_binding.ts";

/** How a payload binds. */
export interface BodyRules {
  /** The most bytes to read; -1 for no limit. */
  readonly limit: number;
  /** Whether nulls and absent fields may stand for each other. */
  readonly lax: boolean;
}

/** How one kind of payload is read and checked. */
interface Reader {
  readonly kind: BodyKind;
  /** Gives the issues of a decoded value, or the value as the schema yields it. */
  readonly check: ((value: unknown) => Result | Promise<Result>) | undefined;
}

/** The binding of a declared payload: always a promise, since a body has to be waited for. */
export function bodyBinding(declared: Schema, rules: BodyRules): Binding {
  const { nilable, hasDefault, schema, defaultValue } = toField("body", declared);
  const readers = schema instanceof BodyChoice ? schema.members.map(readerOf) : [readerOf(schema)];
  const kinds = readers.map((reader) => reader.kind);
  const options = {
    limit: rules.limit === -1 ? Infinity : rules.limit,
    nilable: nilable || hasDefault,
  };
  return async (exchange) => {
    const reader = choose(exchange, readers, kinds);
    const value = await read(exchange, { ...options, kind: reader.kind });
    if (value === undefined) return defaultValue;
    if (reader.check === undefined) return value;
    const result = await reader.check(value);
    if (result.issues === undefined) return result.value;
    return await again(reader, value, result.issues, rules);
  };
}

function readerOf(schema: Schema): Reader {
  if (schema instanceof Body) {
    const inner = schema.schema;
    const check = inner === undefined ? undefined : (value: unknown) => validate(inner, value);
    return { kind: schema.kind, check };
  }
  if (schema instanceof Scalar) return scalarReader(schema);
  return { kind: "any", check: (value) => validate(schema, value) };
}

/** A scalar's own conversion from text is for parameters: JSON has types, and a body must fit. */
function scalarReader({ rule }: Scalar): Reader {
  const isText = rule.jsonSchema["type"] === "string";
  return {
    kind: isText ? "text" : "json",
    check: (value) => {
      const output = isText && typeof value === "string"
        ? rule.fromText(value)
        : rule.fromValue(value);
      return output instanceof Failure ? { issues: output.issues } : { value: output };
    },
  };
}

function choose(
  { request }: Exchange,
  readers: readonly Reader[],
  kinds: readonly BodyKind[],
): Reader {
  const [first] = readers as [Reader, ...Reader[]];
  if (readers.length === 1) return first;
  const contentType = request.headers.get("content-type");
  const kind = chooseKind(contentType, kinds);
  if (kind !== undefined) return readers[kinds.indexOf(kind)] as Reader;
  throw new PayloadBindingError(
    `data binding failed: incompatible type found: '${
      kinds.join("|")
    }': the payload is ${contentType}`,
  );
}

async function read(
  exchange: Exchange,
  options: Parameters<typeof decodePayload>[1],
): Promise<unknown> {
  exchange.reading = true;
  try {
    return await decodePayload(exchange.request, options);
  } finally {
    exchange.reading = false;
  }
}

/** With lax binding, what the issues point at is put right and checked once more. */
async function again(
  { check }: Reader,
  value: unknown,
  issues: readonly Issue[],
  { lax }: BodyRules,
): Promise<unknown> {
  if (lax && check !== undefined && relax(value, issues)) {
    const second = await check(value);
    if (second.issues === undefined) return second.value;
  }
  throw unfit(issues);
}

function unfit(issues: readonly Issue[]): PayloadBindingError {
  const constraints = brokenConstraints(issues);
  const detail = describeIssues(issues);
  if (constraints === undefined) return new PayloadBindingError(`data binding failed: ${detail}`);
  return new PayloadValidationError(`payload validation failed: ${constraints} ${detail}`);
}
