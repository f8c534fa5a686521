/**
 * Lists of values: of scalars, converted item by item, or of any other schema's values.
 *
 * On the wire a list is a repeated key or header, or the rest of a path. Only where the schema
 * names a separator is one text taken apart.
 *
 * @module
 */
import { requireSchema } from "./compose.ts";
import { jsonSchemaOf } from "./json_schema.ts";
import { checkLengths, checkOption, readDefault, readOptions } from "./options.ts";
import {
  broken,
  conversion,
  converter,
  Failure,
  type FailureIssue,
  type FailureKind,
  type Rule,
  Scalar,
} from "./scalar.ts";
import type { Infer, Issue, JsonSchema, Result, Schema, StandardProps } from "./standard.ts";
import { Wrapped } from "./wrapped.ts";

/** Options of {@linkcode array}. */
export interface ArrayOptions<Item = unknown> {
  /**
   * What parts the items inside one text, as `","`; blanks around an item are dropped, and an empty
   * text is an empty list. In a query, an encoded separator is part of an item. @default none
   */
  readonly separator?: string;
  /** The least number of items. @default 0 */
  readonly minLength?: number;
  /** The most items. @default none */
  readonly maxLength?: number;
  /** The list when nothing was sent; without it the list is required. @default none */
  readonly default?: readonly Item[];
}

/**
 * A list of what `item` describes.
 *
 * @throws {TypeError} when an option is unknown, of the wrong type, or contradicts another, and for
 * items that are lists, optional, named or have a default, none of which the wire can show.
 *
 * @example
 * ```ts
 * import { array, int } from "@pirouette/http";
 *
 * const ids = array(int(), { separator: ",", maxLength: 50 }); // yields number[]
 * ```
 */
export function array<S extends Schema>(
  item: S,
  options?: ArrayOptions<NoInfer<Infer<S>>>,
): Schema<Infer<S>[]> {
  requireSchema("array", item);
  const read = readOptions("array", options, ["separator", "minLength", "maxLength", "default"]);
  checkLengths("array", read);
  const isText = (value: unknown): boolean => typeof value === "string" && value !== "";
  checkOption("array", "separator", read.separator, "at least one character", isText);
  checkOption("array", "default", read.default, "an array", Array.isArray);
  if (item instanceof Wrapped || item instanceof List || isListOrDefault(item)) {
    throw new TypeError(
      "array items must be plain: put optional(), named() and a default around the array, " +
        "and a list of lists into json()",
    );
  }
  if (!(item instanceof Scalar)) return new List(item, read) as Schema<Infer<S>[]>;
  const rule = listRule(item.rule, read);
  return new Scalar(rule, readDefault("array", read.default, rule)) as Schema<Infer<S>[]>;
}

/** A list whose items are validated by another library's schema, perhaps asynchronously. */
export class List implements Schema<unknown[]> {
  /** What parts the items inside one text. */
  readonly separator: string | undefined;
  /** Whether there is a list for when nothing was sent. */
  readonly hasDefault: boolean;
  /** The Standard Schema and Standard JSON Schema interfaces. */
  readonly "~standard": StandardProps<unknown[]>;
  readonly #item: Schema;
  readonly #options: ArrayOptions;

  /** Makes a list of `item`; its options are checked already. */
  constructor(item: Schema, options: ArrayOptions) {
    this.separator = options.separator;
    this.hasDefault = options.default !== undefined;
    this.#item = item;
    this.#options = this.hasDefault ? { ...options, default: [...options.default ?? []] } : options;
    const jsonSchema = (side: "input" | "output") =>
      converter((target) => listSchema(jsonSchemaOf(item, side, target) ?? {}, options));
    this["~standard"] = {
      version: 1,
      vendor: "pirouette",
      validate: (value) => this.#validate(value),
      jsonSchema: { input: jsonSchema("input"), output: jsonSchema("output") },
    };
  }

  /** The list for when nothing was sent: a copy, so that nobody edits the next one's. */
  get defaultValue(): unknown[] | undefined {
    return this.#options.default?.slice();
  }

  #validate(value: unknown): Result<unknown[]> | Promise<Result<unknown[]>> {
    if (value === undefined && this.hasDefault) return { value: this.defaultValue ?? [] };
    const items = typeof value === "string" ? splitList(value, this.separator) : value;
    if (!Array.isArray(items)) return { issues: conversion("array", value).issues };
    const issue = lengthIssue(items.length, this.#options);
    if (issue !== undefined) return { issues: [issue] };
    const results = Array.from(items, (item) => this.#item["~standard"].validate(item));
    const settled = results.filter((result) => !(result instanceof Promise));
    return settled.length === results.length
      ? gather(settled as Result[])
      : Promise.all(results).then(gather);
  }
}

/**
 * The items of one text: the text itself without a separator, else its parts without the blanks
 * around them; an empty text has none.
 */
export function splitList(text: string, separator: string | undefined): string[] {
  if (separator === undefined) return [text];
  return text === "" ? [] : text.split(separator).map(trimBlanks);
}

/** As many items are reported wrong as a reader may want to see. */
const MOST_ISSUES = 100;

function listRule(item: Rule, options: ArrayOptions): Rule<unknown[]> {
  const expected = `array of ${item.expected}`;
  const fromTexts = (texts: readonly string[]): unknown[] | Failure =>
    convertAll(texts, item.fromText, options);
  return {
    expected,
    separator: options.separator,
    fromTexts,
    fromText: (text) => fromTexts(splitList(text, options.separator)),
    fromValue: (value) =>
      Array.isArray(value)
        ? convertAll(value, item.fromValue, options)
        : conversion(expected, value),
    jsonSchema: listSchema(item.jsonSchema, options),
  };
}

function convertAll<From>(
  sources: readonly From[],
  convert: (source: From) => unknown,
  options: ArrayOptions,
): unknown[] | Failure {
  const tooMany = lengthIssue(sources.length, options);
  if (tooMany !== undefined) return new Failure("constraint", [tooMany]);
  const values: unknown[] = [];
  const failures: Failure[] = [];
  const issues: FailureIssue[] = [];
  for (let index = 0; index < sources.length && issues.length < MOST_ISSUES; index++) {
    const value = convert(sources[index] as From);
    if (!(value instanceof Failure)) {
      values.push(value);
      continue;
    }
    failures.push(value);
    for (const issue of value.issues) issues.push({ ...issue, path: [index, ...issue.path] });
  }
  return failures.length === 0 ? values : new Failure(gravest(failures), issues);
}

/** A list with an item that has not even the type is a conversion failure, whatever else it has. */
function gravest(failures: readonly Failure[]): FailureKind {
  const kinds = failures.map((failure) => failure.kind);
  if (kinds.includes("conversion")) return "conversion";
  return kinds.includes("choice") ? "choice" : "constraint";
}

function lengthIssue(length: number, options: ArrayOptions): FailureIssue | undefined {
  const { minLength = 0, maxLength = Infinity } = options;
  if (length < minLength) return broken("minLength", `at least ${minLength} items`, length);
  return length > maxLength ? broken("maxLength", `at most ${maxLength} items`, length) : undefined;
}

function gather(results: readonly Result[]): Result<unknown[]> {
  const values: unknown[] = [];
  const issues: Issue[] = [];
  for (const [index, result] of results.entries()) {
    if (result.issues === undefined) values.push(result.value);
    else for (const issue of result.issues) issues.push(within(index, issue));
    if (issues.length >= MOST_ISSUES) break;
  }
  return issues.length === 0 ? { value: values } : { issues };
}

function within(index: number, issue: Issue): Issue {
  return { message: issue.message, path: [index, ...issue.path ?? []] };
}

function listSchema(items: JsonSchema, options: ArrayOptions): JsonSchema {
  return {
    type: "array",
    items,
    ...(options.minLength === undefined ? undefined : { minItems: options.minLength }),
    ...(options.maxLength === undefined ? undefined : { maxItems: options.maxLength }),
  };
}

function isListOrDefault(item: Schema): boolean {
  return item instanceof Scalar && (item.hasDefault || item.rule.fromTexts !== undefined);
}

/** Spaces and tabs only: what RFC 9110, section 5.6.3 allows around list items. */
function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && (text[start] === " " || text[start] === "\t")) start++;
  while (end > start && (text[end - 1] === " " || text[end - 1] === "\t")) end--;
  return text.slice(start, end);
}
