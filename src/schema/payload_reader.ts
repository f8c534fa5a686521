/**
 * How a declared payload is read from a message and checked, on either side: one reader for each
 * kind of body that its schema allows.
 *
 * @module
 */
import { type BodyKind, chooseKind } from "../message/body_kind.ts";
import { Body, BodyChoice } from "./body.ts";
import { brokenConstraints, describeIssues } from "./issues.ts";
import { Failure, Scalar } from "./scalar.ts";
import { type Issue, type Result, type Schema, validate } from "./standard.ts";
import { typeName } from "./type_name.ts";

/** How one kind of payload is read and checked. */
export interface PayloadReader {
  /** How the body is decoded. */
  readonly kind: BodyKind;
  /** The schema of the decoded value, to be named in messages. */
  readonly schema: Schema;
  /** The name of the declared type, where a media type cannot give it. */
  readonly typeName?: string;
  /** Gives the issues of a decoded value, or the value as the schema yields it. */
  readonly check: ((value: unknown) => Result | Promise<Result>) | undefined;
}

/** The readers of a declared payload, in order; `schema` has no `optional` or `named` around it. */
export function payloadReaders(schema: Schema): readonly PayloadReader[] {
  return schema instanceof BodyChoice ? schema.members.map(readerOf) : [readerOf(schema)];
}

/**
 * The reader for a content type: the first whose kind it gives; `undefined` if there is none. A
 * single reader is not asked.
 *
 * @throws {MediaTypeBindingError} (400) when there are several and `contentType` is no media type.
 */
export function readerFor(
  contentType: string | null,
  readers: readonly PayloadReader[],
): PayloadReader | undefined {
  if (readers.length === 1) return readers[0];
  const kinds = readers.map((reader) => reader.kind);
  const kind = chooseKind(contentType, kinds);
  return kind === undefined ? undefined : readers[kinds.indexOf(kind)];
}

/** What was found wrong with a payload, in words. */
export interface PayloadComplaint {
  /** Whether only constraints were broken, rather than the type. */
  readonly isConstraint: boolean;
  /** The issues in words, each with its path. */
  readonly detail: string;
}

/** Puts issues into words. */
export function complaintOf(issues: readonly Issue[]): PayloadComplaint {
  const constraints = brokenConstraints(issues);
  const described = describeIssues(issues);
  return {
    isConstraint: constraints !== undefined,
    detail: constraints === undefined ? described : `${constraints} ${described}`,
  };
}

function readerOf(schema: Schema): PayloadReader {
  if (schema instanceof Body) {
    const inner = schema.schema;
    const check = inner === undefined ? undefined : (value: unknown) => validate(inner, value);
    return { kind: schema.kind, schema: inner ?? schema, check };
  }
  if (schema instanceof Scalar) return scalarReader(schema);
  return foreignReader(schema);
}

/** Another library's text is read as ours is; everything else as its media type has it. */
function foreignReader(schema: Schema): PayloadReader {
  let kind: BodyKind | undefined;
  return {
    // Asked at the first message: describing a schema takes longer than anything else at start.
    get kind(): BodyKind {
      return kind ??= typeName(schema) === "string" ? "text" : "any";
    },
    schema,
    check: (value) => validate(schema, value),
  };
}

/** A scalar's own conversion from text is for parameters: JSON has types, and a body must fit. */
function scalarReader(schema: Scalar): PayloadReader {
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
