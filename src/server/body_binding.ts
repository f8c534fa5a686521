/**
 * The payload (spec 2.3.4.4): decoded by its media type, then checked by its schema.
 *
 * @module
 */
import { PayloadBindingError, PayloadValidationError } from "../message/errors.ts";
import {
  type BodyKind,
  chooseKind,
  decodePayload,
  incompatibleType,
} from "../message/payload_decode.ts";
import { Body, BodyChoice } from "../schema/body.ts";
import { field as toField } from "../schema/field.ts";
import { brokenConstraints, describeIssues } from "../schema/issues.ts";
import { Failure, Scalar } from "../schema/scalar.ts";
import { type Issue, type Result, type Schema, validate } from "../schema/standard.ts";
import { typeName } from "../schema/type_name.ts";
import type { Continuation, Exchange } from "./exchange.ts";
import { relax } from "./lax.ts";

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
  /** The schema of the decoded value, to be named in messages. */
  readonly schema: Schema;
  /** The name of the declared type, where a media type cannot give it. */
  readonly typeName?: string;
  /** Gives the issues of a decoded value, or the value as the schema yields it. */
  readonly check: ((value: unknown) => Result | Promise<Result>) | undefined;
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
  const readers = schema instanceof BodyChoice ? schema.members.map(readerOf) : [readerOf(schema)];
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
  reader: Reader,
  value: unknown,
  pending: Result | Promise<Result>,
  rules: BodyRules,
): Promise<unknown> {
  const result = await pending;
  if (result.issues === undefined) return result.value;
  return await again(exchange, reader, value, result.issues, rules);
}

function readerOf(schema: Schema): Reader {
  if (schema instanceof Body) {
    const inner = schema.schema;
    const check = inner === undefined ? undefined : (value: unknown) => validate(inner, value);
    return { kind: schema.kind, schema: inner ?? schema, check };
  }
  if (schema instanceof Scalar) return scalarReader(schema);
  return foreignReader(schema);
}

/** Another library's text is read as ours is; everything else as its media type has it. */
function foreignReader(schema: Schema): Reader {
  let kind: BodyKind | undefined;
  return {
    // Asked at the first request: describing a schema takes longer than anything else at start.
    get kind(): BodyKind {
      return kind ??= typeName(schema) === "string" ? "text" : "any";
    },
    schema,
    check: (value) => validate(schema, value),
  };
}

/** A scalar's own conversion from text is for parameters: JSON has types, and a body must fit. */
function scalarReader(schema: Scalar): Reader {
  const { rule } = schema;
  const name = typeName(schema);
  const isText = name === "string";
  return {
    kind: isText ? "text" : "json",
    schema,
    typeName: name,
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
): Reader {
  if (readers.length === 1) return readers[0] as Reader;
  const contentType = request.headers.get("content-type");
  const kinds = readers.map((reader) => reader.kind);
  const kind = chooseKind(contentType, kinds);
  if (kind !== undefined) return readers[kinds.indexOf(kind)] as Reader;
  throw incompatibleType(kinds.join("|"), contentType);
}

/** With lax binding, what the issues point at is put right and checked once more. */
async function again(
  { request }: Exchange,
  { check, schema }: Reader,
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
  const constraints = brokenConstraints(issues);
  const detail = describeIssues(issues);
  if (constraints !== undefined) {
    return new PayloadValidationError(`payload validation failed: ${constraints} ${detail}`);
  }
  // What JSON can say, this JSON did not; what a form or a text never says is another matter.
  const contentType = headers.get("content-type");
  if (chooseKind(contentType, ["json"]) !== undefined) {
    return new PayloadBindingError(`data binding failed: ${detail}`);
  }
  return incompatibleType(typeName(schema), contentType, detail);
}
