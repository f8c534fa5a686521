/**
 * Binds declared fields to what was sent for them: the rules that query parameters, header fields
 * and path parameters share.
 *
 * @module
 */
import type { HttpError } from "../message/errors.ts";
import { Failure } from "../schema/scalar.ts";
import type { Field } from "../schema/field.ts";
import { brokenConstraints, describeIssues } from "../schema/issues.ts";
import { type Issue, type Result, validate } from "../schema/standard.ts";

/** What was sent for a field: texts, nothing (`undefined`), or its name without a value (`null`). */
export type Sent = string | readonly string[] | null | undefined;

/** The errors of one source of fields. */
export interface FieldErrors {
  /** A required field was not sent. */
  readonly missing: (field: Field) => HttpError;
  /** What was sent is not of the declared type. */
  readonly unfit: (field: Field, detail: string) => HttpError;
  /** What was sent is of the declared type but breaks a constraint. */
  readonly invalid: (detail: string) => HttpError;
  /** Whether what is sent may be a secret, so that no message repeats it. @default false */
  readonly isSecret?: boolean;
}

/** How one source of fields binds. */
export interface FieldRules {
  /** The errors to throw. */
  readonly errors: FieldErrors;
  /** Whether an optional field may be left out altogether (`treatNilableAsOptional`). */
  readonly nilableAsOptional: boolean;
}

/**
 * Binds fields to what was sent for each.
 *
 * @returns a record, or a promise of it where a schema takes its time
 * @throws {HttpError} of `rules.errors` when a field is missing or does not fit.
 */
export function bindFields(
  fields: readonly Field[],
  sentFor: (field: Field) => Sent,
  rules: FieldRules,
): unknown {
  const record: Record<string, unknown> = {};
  let pending: Promise<unknown>[] | undefined;
  for (const field of fields) {
    pending = setField(record, field.name, bindField(field, sentFor(field), rules), pending);
  }
  return whenSet(record, pending);
}

/**
 * Sets a property of a record, now or when its value comes.
 *
 * @returns what the record waits for
 */
export function setField(
  record: Record<string, unknown>,
  name: string,
  value: unknown,
  pending: Promise<unknown>[] | undefined,
): Promise<unknown>[] | undefined {
  if (value instanceof Promise) {
    const set = value.then((done) => setField(record, name, done, undefined));
    return [...pending ?? [], attended(set)];
  }
  if (name !== "__proto__") record[name] = value;
  else Object.defineProperty(record, name, { value, enumerable: true });
  return pending;
}

/** The record, or a promise of it where it waits for something. */
export function whenSet(
  record: Record<string, unknown>,
  pending: readonly Promise<unknown>[] | undefined,
): unknown {
  return pending === undefined ? record : attended(Promise.all(pending).then(() => record));
}

/**
 * A promise that may fail while nobody waits for it: where another part of the request fails at
 * once, an asynchronous schema that fails later must not end the process.
 */
export function attended<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

/**
 * The value of one field.
 *
 * @throws {HttpError} of `rules.errors` when the field is missing or does not fit.
 */
export function bindField(field: Field, sent: Sent, rules: FieldRules): unknown {
  if (sent === undefined || sent === null) return bindAbsent(field, sent, rules);
  const { scalar, many } = field;
  if (scalar !== undefined) {
    const { fromText, fromTexts } = scalar.rule;
    const value = fromTexts !== undefined
      ? fromTexts(typeof sent === "string" ? [sent] : sent)
      : fromText(typeof sent === "string" ? sent : sent[0] ?? "");
    return value instanceof Failure ? refuse(field, value, rules.errors) : value;
  }
  const texts = typeof sent === "string" ? [sent] : sent;
  const single = many === false || (many === undefined && texts.length === 1);
  const result = validate(field.schema, single ? texts[0] : texts);
  if (result instanceof Promise) return result.then((done) => accept(field, done, rules.errors));
  return accept(field, result, rules.errors);
}

function bindAbsent(field: Field, sent: null | undefined, rules: FieldRules): unknown {
  if (field.hasDefault) return field.defaultValue;
  if (field.nilable) {
    if (sent === null || rules.nilableAsOptional) return undefined;
    throw rules.errors.missing(field);
  }
  if (!field.asksWhenAbsent) throw rules.errors.missing(field);
  return Promise.resolve(validate(field.schema, undefined)).then((result) => {
    if (result.issues !== undefined) throw rules.errors.missing(field);
    return result.value;
  });
}

function refuse(field: Field, failure: Failure, errors: FieldErrors): never {
  if (failure.kind === "constraint") throw invalid(field, failure.message, failure.issues, errors);
  const expected = errors.isSecret === true ? field.scalar?.rule.expected : undefined;
  throw errors.unfit(field, expected === undefined ? failure.message : `expected ${expected}`);
}

function accept(field: Field, result: Result, errors: FieldErrors): unknown {
  if (result.issues === undefined) return result.value;
  const constraints = brokenConstraints(result.issues);
  if (constraints === undefined) {
    // Some libraries repeat what they were given.
    const hides = errors.isSecret === true;
    throw errors.unfit(field, hides ? "it does not fit" : describeIssues(result.issues));
  }
  throw invalid(field, constraints, result.issues, errors);
}

function invalid(
  field: Field,
  constraints: string,
  issues: readonly Issue[],
  errors: FieldErrors,
): HttpError {
  const broken = `${constraints} ${field.wireName}`;
  return errors.invalid(
    errors.isSecret === true ? broken : `${broken}: ${describeIssues(issues)}`,
  );
}
