/**
 * Parsing XML that somebody else wrote, to the tree that `xml.ts` describes.
 *
 * fast-xml-parser does the parsing and is loaded when the first XML arrives (22 ms). What it must
 * not see, `xml_scan.ts` refuses first. References are replaced here, each once, so nothing expands.
 *
 * @module
 */
import { payloadFailure } from "./payload_failure.ts";
import type { XmlObject, XmlValue } from "./xml.ts";
import { malformedXml, MAX_XML_DEPTH, scanXml, type XmlLimits } from "./xml_scan.ts";
import { decodeReferences } from "./xml_text.ts";

/**
 * Parses an XML document.
 *
 * White space between elements is dropped, that within a text kept. Names keep their prefixes.
 *
 * @throws {PayloadBindingError} (400) when it is not well-formed, has a DOCTYPE or an element named
 * `__proto__`, or exceeds a limit.
 *
 * @example
 * ```ts
 * import { parseXml } from "@pirouette/http";
 *
 * const tree = await parseXml('<album id="7"><title>Blue Train</title></album>');
 * console.log(tree); // { album: { "@id": "7", title: "Blue Train" } }
 * ```
 */
export async function parseXml(text: string, limits: XmlLimits = {}): Promise<XmlObject> {
  const source = text.startsWith("\uFEFF") ? text.slice(1) : text;
  const content = scanXml(source, limits);
  const { XMLParser, XMLValidator } = await import("fast-xml-parser");
  const verdict = XMLValidator.validate(source);
  if (verdict !== true) {
    const { line, col, msg } = verdict.err;
    throw malformedXml(`${msg.slice(0, 80)} (line ${line}, column ${col ?? 1})`);
  }
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: "@",
    textNodeName: TEXT,
    cdataPropName: CDATA,
    trimValues: false,
    parseTagValue: false,
    parseAttributeValue: false,
    processEntities: false,
    maxNestedTags: limits.maxDepth ?? MAX_XML_DEPTH,
    jPath: false,
    onDangerousProperty: (name) => name,
    // It refuses an element named "constructor", which is a plain name to us.
    transformTagName: (name) => MARK + name,
  });
  let nodes: ParsedNode[];
  try {
    nodes = parser.parse(content);
  } catch (cause) {
    throw malformedXml("it cannot be parsed", cause);
  }
  const tree: XmlObject = Object.create(null);
  for (const node of nodes) addElement(tree, node);
  return tree;
}

const TEXT = "#text";
const CDATA = "#cdata";
const ATTRIBUTES = ":@";
const MARK = "<";

/** What fast-xml-parser gives in document order: the name with what is inside, and attributes. */
type ParsedNode = Record<string, unknown>;

function addElement(parent: XmlObject, node: ParsedNode): void {
  const marked = nameOf(node);
  // It marks the name of an empty element twice.
  const name = marked.slice(marked.lastIndexOf(MARK) + 1);
  if (name === "__proto__") throw payloadFailure("the element '__proto__' is not allowed");
  const value = elementValue(node[marked] as ParsedNode[], node[ATTRIBUTES]);
  const before = parent[name];
  if (before === undefined) parent[name] = value;
  else if (Array.isArray(before)) before.push(value);
  else parent[name] = [before, value];
}

function nameOf(node: ParsedNode): string {
  for (const key of Object.keys(node)) if (key !== ATTRIBUTES) return key;
  return "";
}

function elementValue(children: readonly ParsedNode[], attributes: unknown): XmlValue {
  const value: XmlObject = Object.create(null);
  let text = "";
  let hasCdata = false;
  let hasElement = false;
  for (const [name, raw] of Object.entries(attributes ?? {})) {
    value[name] = resolve(String(raw).replace(/[\t\n\r]/g, " "));
  }
  const hasAttribute = attributes !== undefined;
  for (const child of children) {
    if (TEXT in child) text += resolve(String(child[TEXT]));
    else if (CDATA in child) {
      text += cdataText(child[CDATA]);
      hasCdata = true;
    } else {
      addElement(value, child);
      hasElement = true;
    }
  }
  if (!hasElement && !hasAttribute) return text;
  const isLayout = hasElement && !hasCdata && text.trim() === "";
  if (text !== "" && !isLayout) value[TEXT] = text;
  return value;
}

function cdataText(parts: unknown): string {
  return (parts as ParsedNode[]).map((part) => String(part[TEXT])).join("");
}

function resolve(text: string): string {
  const resolved = decodeReferences(text);
  if (resolved === undefined) throw malformedXml("it refers to an unknown entity or character");
  return resolved;
}
