/**
 * XML as a value: what a handler returns, or a client sends, to have `application/xml`.
 *
 * A tree has the same shape whether it is read or written. An element is its text; or, where it has
 * attributes or other elements inside, an object of them: attributes under their name after an
 * `@`, elements under their name (an array where the name is repeated), text beside them under
 * `#text`. The outermost object has the root element alone: `{ album: { "@id": "7", title: "X" } }`.
 *
 * @module
 */
import { HttpError } from "./errors.ts";
import { escapeXmlAttribute, escapeXmlText, isXmlName, isXmlText } from "./xml_text.ts";

/** A value in a tree that is read from XML: text stays text, nothing is guessed to be a number. */
export type XmlValue = string | XmlObject | XmlValue[];

/** An element with attributes or elements inside, read from XML. It has no prototype. */
export interface XmlObject {
  /** An attribute under `@name`, an element under `name`, the text under `#text`. */
  [name: string]: XmlValue;
}

/**
 * XML to send: a tree that is written when it is needed, or source text, which is not checked.
 *
 * @example
 * ```ts
 * import { get, Xml } from "@pirouette/http";
 *
 * const album = get("/album", () => new Xml({ album: { "@id": 7, title: "Blue Train" } }));
 * // <album id="7"><title>Blue Train</title></album>
 * ```
 */
export class Xml {
  readonly #content: string | object;

  /** Keeps a tree, or source text as it is. */
  constructor(content: string | object) {
    this.#content = content;
  }

  /**
   * The source text.
   *
   * @throws {HttpError} when the tree cannot be written, as {@linkcode serializeXml}.
   */
  toString(): string {
    return typeof this.#content === "string" ? this.#content : serializeXml(this.#content);
  }
}

/** How deep elements may nest when they are written; an object inside itself meets this limit. */
const MAX_DEPTH = 512;

/**
 * Writes a tree as XML. Numbers, booleans and bigints are written as text, a `Date` as ISO 8601;
 * `null` gives an empty element, `undefined` none.
 *
 * @throws {HttpError} when there is not exactly one root element, a name is no XML name, text has a
 * character that XML does not allow, or elements nest deeper than 512 levels.
 */
export function serializeXml(tree: object): string {
  const roots = Object.entries(tree).filter(([, value]) => value !== undefined);
  const [root] = roots;
  if (root === undefined || roots.length > 1 || Array.isArray(root[1])) {
    throw cannot("the tree needs exactly one root element");
  }
  return element(root[0], root[1], MAX_DEPTH);
}

function element(name: string, value: unknown, depthLeft: number): string {
  if (depthLeft === 0) throw cannot(`elements nest deeper than ${MAX_DEPTH} levels`);
  checkName(name);
  if (value === null || typeof value !== "object" || value instanceof Date) {
    return enclose(name, "", value === null ? "" : escapeXmlText(textOf(name, value)));
  }
  let attributes = "";
  let content = "";
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue;
    if (key.startsWith("@")) attributes += attribute(key.slice(1), item);
    else if (key === "#text") content += escapeXmlText(textOf(key, item));
    else content += elements(key, Array.isArray(item) ? item : [item], depthLeft - 1);
  }
  return enclose(name, attributes, content);
}

function elements(name: string, values: readonly unknown[], depthLeft: number): string {
  let content = "";
  for (const value of values) {
    if (value !== undefined) content += element(name, value, depthLeft);
  }
  return content;
}

function enclose(name: string, attributes: string, content: string): string {
  const start = `<${name}${attributes}`;
  return content === "" ? `${start}/>` : `${start}>${content}</${name}>`;
}

function attribute(name: string, value: unknown): string {
  checkName(name);
  return ` ${name}="${value === null ? "" : escapeXmlAttribute(textOf(name, value))}"`;
}

function checkName(name: string): void {
  if (!isXmlName(name)) throw cannot(`${JSON.stringify(name.slice(0, 40))} is no XML name`);
}

function textOf(name: string, value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  switch (typeof value) {
    case "string":
      if (isXmlText(value)) return value;
      throw cannot(`the text of "${name}" has a character that XML does not allow`);
    case "number":
    case "boolean":
    case "bigint":
      return String(value);
    default:
      throw cannot(`"${name}" is neither text, number nor boolean`);
  }
}

function cannot(why: string): HttpError {
  return new HttpError(`Cannot write the value as XML: ${why}`);
}
