/**
 * Path parameters (spec 2.3.3): declared ones converted, the others as text.
 *
 * @module
 */
import {
  InitializingInboundRequestError,
  PathParameterBindingError,
  ResourceNotFoundError,
  ResourcePathValidationError,
} from "../message/listener_errors.ts";
import { type Field, field as toField } from "../schema/field.ts";
import { brokenConstraints, describeIssues } from "../schema/issues.ts";
import { Failure } from "../schema/scalar.ts";
import { isSchema, type Result, type Schema, validate } from "../schema/standard.ts";
import type { Exchange } from "./exchange.ts";
import { attended, setField, whenSet } from "./field_binding.ts";
import type { Match, PathValue } from "./match.ts";
import type { Binding } from "./query_binding.ts";
import type { Fields } from "./resource.ts";

/** The binding of declared path parameters: a record, or a promise of one. */
export function pathBinding(declared: Fields | Schema): Binding {
  if (isSchema(declared)) return wholePath(declared);
  const fields = new Map(
    Object.entries(declared).map(([name, schema]) => [name, toField(name, schema)]),
  );
  /** The field of each parameter, in the order of the template. */
  let ordered: readonly (Field | undefined)[] = [];
  /** The names of that template, which is nearly always one and the same. */
  let known: readonly string[] | undefined;
  return (exchange) => {
    const match = exchange.match as Match<unknown>;
    const { names } = match.route;
    if (names !== known) {
      ordered = names.map((name) => fields.get(name));
      known = names;
    }
    const record: Record<string, unknown> = {};
    let pending: Promise<unknown>[] | undefined;
    for (let index = 0; index < names.length; index++) {
      const name = names[index] as string;
      const value = readParameter(match, index);
      const field = ordered[index];
      const bound = field === undefined ? value : bind(exchange, field, value);
      pending = setField(record, name, bound, pending);
    }
    return whenSet(record, pending);
  };
}

function readParameter(match: Match<unknown>, index: number): PathValue {
  try {
    return match.param(index);
  } catch (cause) {
    throw new InitializingInboundRequestError("The path is malformed", { cause });
  }
}

function bind(exchange: Exchange, field: Field, value: PathValue): unknown {
  if (value === undefined) return field.defaultValue;
  const { scalar, schema, name } = field;
  if (scalar === undefined) {
    const result = validate(schema, value);
    return result instanceof Promise
      ? result.then((done) => accept(name, done))
      : accept(name, result);
  }
  const bound = typeof value === "string" ? scalar.rule.fromText(value) : fromTexts(field, value);
  if (!(bound instanceof Failure)) return bound;
  switch (bound.kind) {
    case "choice": {
      // A value that is none of those listed names something that is not there.
      const { target, method } = exchange;
      throw new ResourceNotFoundError(
        `no matching resource found for path : ${target} , method : ${method}`,
      );
    }
    case "constraint":
      throw invalid(`${bound.message} ${name}: ${describeIssues(bound.issues)}`);
    case "conversion":
      throw unfit(name, bound.message);
  }
}

function fromTexts({ scalar }: Field, texts: readonly string[]): unknown {
  const rule = scalar?.rule;
  return rule?.fromTexts === undefined ? rule?.fromText(texts.join("/")) : rule.fromTexts(texts);
}

function accept(name: string, result: Result): unknown {
  if (result.issues === undefined) return result.value;
  const detail = describeIssues(result.issues);
  const constraints = brokenConstraints(result.issues);
  throw constraints === undefined
    ? unfit(name, detail)
    : invalid(`${constraints} ${name}: ${detail}`);
}

function invalid(detail: string): ResourcePathValidationError {
  return new ResourcePathValidationError(`path validation failed: ${detail}`);
}

function unfit(name: string, detail: string): PathParameterBindingError {
  return new PathParameterBindingError(`error in casting path parameter : '${name}': ${detail}`);
}

function wholePath(schema: Schema): Binding {
  return (exchange) => {
    const match = exchange.match as Match<unknown>;
    const names = match.route.names.map((name, index) => [name, readParameter(match, index)]);
    const result = validate(schema, Object.fromEntries(names));
    return result instanceof Promise ? attended(result.then(acceptWhole)) : acceptWhole(result);
  };
}

function acceptWhole(result: Result): unknown {
  if (result.issues === undefined) return result.value;
  const detail = describeIssues(result.issues);
  const constraints = brokenConstraints(result.issues);
  if (constraints !== undefined) throw invalid(`${constraints} ${detail}`);
  throw new PathParameterBindingError(`error in casting path parameters: ${detail}`);
}
