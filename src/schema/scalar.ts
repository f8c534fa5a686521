/**
 * A scalar: a schema that turns one piece of wire text (a path segment, a query value, a header)
 * into a typed value, without allocating anything on the way.
 *
 * A scalar is a Standard Schema and offers the Standard JSON Schema interface, so it works wherever
 * Zod or Valibot do. Binding goes through its {@linkcode Rule} instead, which answers with the value
 * itself or a {@linkcode Failure}. Whether a value may be absent is not a scalar's question: see
 * `optional` and the `default` options.
 *
 * @module
 */
import {
  type Issue,
  issuePath,
  type JsonSchema,
  type JsonSchemaOptions,
  type Result,
  type Schema,
  type StandardProps,
} from "./standard.ts";

/** How a scalar reads what it is given; what the binder calls. */
export interface Rule<Output = unknown> {
  /** What is expected, as error messages name it: `int`, `string`, `array of int`. */
  readonly expected: string;
  /** Converts wire text, already percent-decoded. */
  readonly fromText: (text: string) => Output | Failure;
  /** Checks a value that has a type already, as one out of a JSON body; it converts no text. */
  readonly fromValue: (value: unknown) => Output | Failure;
  /** Converts several wire texts, already split and decoded, to a list; only arrays have it. */
  readonly fromTexts?: (texts: readonly string[]) => Output | Failure;
  /** What parts the items of a list inside one text; only arrays may have it. */
  readonly separator?: string | undefined;
  /** The JSON Schema of the value. */
  readonly jsonSchema: JsonSchema;
}

/**
 * A schema of one wire value; made by `string`, `int`, `boolean` and their like.
 *
 * Validating through `~standard` takes wire text as well as the value itself, and `undefined` where
 * there is a default.
 */
export class Scalar<Output = unknown> implements Schema<Output> {
  /** How this scalar reads text and values. */
  readonly rule: Rule<Output>;
  /** Whether there is a value for when nothing was sent. */
  readonly hasDefault: boolean;
  /** The Standard Schema and Standard JSON Schema interfaces. */
  readonly "~standard": StandardProps<Output>;
  readonly #default: Output | undefined;

  /** Makes a scalar of a rule; `defaultValue` stands in for a value that was not sent. */
  constructor(rule: Rule<Output>, defaultValue?: Output) {
    this.rule = rule;
    this.hasDefault = defaultValue !== undefined;
    this.#default = defaultValue;
    const jsonSchema = converter(() => describe(rule, defaultValue));
    this["~standard"] = {
      version: 1,
      vendor: "pirouette",
      validate: (value) => this.#validate(value),
      jsonSchema: { input: jsonSchema, output: jsonSchema },
    };
  }

  /** The value for when nothing was sent; a list is copied, so that nobody edits the next one's. */
  get defaultValue(): Output | undefined {
    return Array.isArray(this.#default) ? this.#default.slice() as Output : this.#default;
  }

  #validate(value: unknown): Result<Output> {
    if (value === undefined && this.hasDefault) return { value: this.defaultValue as Output };
    const output = this.#read(value);
    return output instanceof Failure ? { issues: output.issues } : { value: output };
  }

  #read(value: unknown): Output | Failure {
    if (typeof value === "string") return this.rule.fromText(value);
    if (this.rule.fromTexts !== undefined && isTexts(value)) return this.rule.fromTexts(value);
    return this.rule.fromValue(value);
  }
}

/**
 * Why a value was refused: `conversion` when it is not of the type, `choice` when it is none of the
 * listed values, `constraint` when it has the type but breaks a rule of it.
 */
export type FailureKind = "conversion" | "choice" | "constraint";

/** One thing a scalar found wrong. */
export interface FailureIssue extends Issue {
  /** Where in a list the item is; empty for the value itself. */
  readonly path: readonly number[];
  /** The broken constraint, as `minLength` or `maxValue`; undefined where conversion failed. */
  readonly constraint?: string;
}

/** What a {@linkcode Rule} gives in place of a value that it refuses; it is never thrown. */
export class Failure {
  /** Why the value was refused. */
  readonly kind: FailureKind;
  /** Everything that was found wrong, at least one; a list reports its first hundred. */
  readonly issues: readonly FailureIssue[];

  /** Makes a failure of the issues found. */
  constructor(kind: FailureKind, issues: readonly FailureIssue[]) {
    this.kind = kind;
    this.issues = issues;
  }

  /** The first broken constraint, as `minLength`; undefined where conversion failed. */
  get constraint(): string | undefined {
    return this.issues[0]?.constraint;
  }

  /**
   * The failure in words: `expected int, received "ten"`, or for constraints the text that the
   * original library sends: `Validation failed for '$:minLength' constraint(s).`
   */
  get message(): string {
    if (this.kind === "constraint") {
      const broken = this.issues.map((issue) => `'${issuePath(issue)}:${issue.constraint}'`);
      return `Validation failed for ${broken.join(",")} constraint(s).`;
    }
    const more = this.issues.length - 3;
    const told = this.issues.slice(0, 3).map((issue) =>
      issue.path.length === 0 ? issue.message : `${issue.message} at ${issuePath(issue)}`
    );
    return told.join("; ") + (more > 0 ? `; and ${more} more` : "");
  }
}

/** The failure of a value that is not what was expected: `expected int, received "ten"`. */
export function conversion(
  expected: string,
  received: unknown,
  kind: FailureKind = "conversion",
): Failure {
  const message = `expected ${expected}, received ${excerpt(received)}`;
  return new Failure(kind, [{ message, path: [] }]);
}

/** The issue of a value that breaks a constraint: `expected at most 3 items, received 4`. */
export function broken(constraint: string, expected: string, received: unknown): FailureIssue {
  const message = `expected ${expected}, received ${excerpt(received)}`;
  return { message, path: [], constraint };
}

/** A value as an error message shows it: quoted and shortened text, the kind of an object. */
export function excerpt(value: unknown): string {
  if (typeof value === "string") {
    return value.length > 40 ? `${JSON.stringify(value.slice(0, 40))}…` : JSON.stringify(value);
  }
  if (value === undefined) return "nothing";
  if (value === null || typeof value === "boolean" || typeof value === "number") return `${value}`;
  if (typeof value !== "object") return `a ${typeof value}`;
  return Array.isArray(value) ? "an array" : "an object";
}

/**
 * A Standard JSON Schema converter of a description that reads the same in every supported target.
 *
 * The converter throws for a target other than draft 2020-12, draft-07 and OpenAPI 3.0, as the
 * interface asks.
 */
export function converter(
  make: (target: string) => JsonSchema,
): (options: JsonSchemaOptions) => Record<string, unknown> {
  return ({ target }) => {
    if (!["draft-2020-12", "draft-07", "openapi-3.0"].includes(target)) {
      throw new TypeError(
        `JSON Schema target ${excerpt(target)} is not supported: use "draft-2020-12"`,
      );
    }
    return { ...make(target) };
  };
}

function describe(rule: Rule, defaultValue: unknown): JsonSchema {
  if (defaultValue === undefined) return rule.jsonSchema;
  // JSON has no bigint: a default that it cannot hold exactly is left out.
  const shown = typeof defaultValue === "bigint" ? Number(defaultValue) : defaultValue;
  if (typeof defaultValue === "bigint" && !Number.isSafeInteger(shown)) return rule.jsonSchema;
  if (Array.isArray(shown) && shown.some((item) => typeof item === "bigint")) {
    return rule.jsonSchema;
  }
  return { ...rule.jsonSchema, default: shown };
}

function isTexts(value: unknown): value is readonly string[] {
  // Unlike `every`, `findIndex` sees the holes of a list too.
  return Array.isArray(value) && value.findIndex((item) => typeof item !== "string") === -1;
}
