/**
 * The first look at XML that somebody else wrote: holds the limits and refuses what is dangerous or
 * what fast-xml-parser lets pass, in one pass without recursion.
 *
 * There is no DOCTYPE, and with it no entity but the five predefined ones; one root element with
 * nothing beside it; no `<` in an attribute.
 *
 * @module
 */
import { payloadFailure, shorten } from "./payload_failure.ts";
import { isXmlText } from "./xml_text.ts";

/** What a document may have at most. */
export interface XmlLimits {
  /**
   * Characters of the document.
   *
   * @default 4 Mi (4,194,304)
   */
  readonly maxLength?: number;
  /**
   * Levels of elements.
   *
   * @default 64
   */
  readonly maxDepth?: number;
  /**
   * Elements and attributes together.
   *
   * @default 100,000
   */
  readonly maxNodes?: number;
}

const MAX_LENGTH = 4_194_304;
/** How deep elements may nest where nothing else is said: 64 levels. */
export const MAX_XML_DEPTH = 64;
const MAX_NODES = 100_000;

const [BANG, SLASH, LESS, GREATER, QUESTION] = [0x21, 0x2f, 0x3c, 0x3e, 0x3f];

/**
 * Checks a document; gives it without comments and processing instructions.
 *
 * @throws {PayloadBindingError} (400) when it exceeds a limit or has what is refused.
 */
export function scanXml(text: string, limits: XmlLimits): string {
  const { maxLength = MAX_LENGTH, maxDepth = MAX_XML_DEPTH, maxNodes = MAX_NODES } = limits;
  if (text.length > maxLength) throw payloadFailure(`the XML is over ${maxLength} characters`);
  if (!isXmlText(text)) throw malformedXml("it has a character that XML does not allow");
  let [depth, roots, nodes, kept, keptTo, at] = [0, 0, 0, "", 0, 0];
  for (;;) {
    const start = text.indexOf("<", at);
    if (depth === 0) checkOutside(text.slice(at, start === -1 ? text.length : start));
    if (start === -1) break;
    const next = text.charCodeAt(start + 1);
    if (next === BANG && text.startsWith("[CDATA[", start + 2)) {
      if (depth === 0) checkOutside("[CDATA[");
      at = endAfter(text, "]]>", start + 9);
      continue;
    }
    if (next === QUESTION || next === BANG) {
      kept += text.slice(keptTo, start);
      at = keptTo = next === QUESTION ? endOfInstruction(text, start) : endOfComment(text, start);
      continue;
    }
    const tag = endOfTag(text, start + 1);
    at = tag.end;
    if (next === SLASH) {
      depth--;
      continue;
    }
    if (depth === 0 && ++roots > 1) throw malformedXml("it has more than one root element");
    if (text.charCodeAt(at - 2) !== SLASH) depth++;
    nodes += 1 + tag.attributes;
    if (depth > maxDepth) throw payloadFailure(`the XML nests deeper than ${maxDepth} levels`);
    if (nodes > maxNodes) throw payloadFailure(`the XML has more than ${maxNodes} nodes`);
  }
  if (depth > 0) throw malformedXml(`${depth} of its elements are not closed`);
  return kept + text.slice(keptTo);
}

function checkOutside(text: string): void {
  if (/[^\t\n\r ]/.test(text)) throw malformedXml("it has text outside its root element");
}

/** The XML declaration looks like an instruction, and may only be the very first thing. */
function endOfInstruction(text: string, start: number): number {
  if (start > 0 && /^<\?xml[\t\n\r ?]/i.test(text.slice(start, start + 6))) {
    throw malformedXml("its XML declaration is not at its beginning");
  }
  return endAfter(text, "?>", start + 2);
}

function endOfComment(text: string, at: number): number {
  if (text.startsWith("<!--", at)) return endAfter(text, "-->", at + 4);
  if (text.startsWith("<!DOCTYPE", at)) throw payloadFailure("a DOCTYPE is not allowed in XML");
  throw malformedXml("'<!' begins neither a comment nor a CDATA section");
}

function endAfter(text: string, closing: string, from: number): number {
  const end = text.indexOf(closing, from);
  if (end === -1) throw malformedXml(`'${closing}' is missing`);
  return end + closing.length;
}

/** The index after the `>` of a tag, and how many quoted values are before it. */
function endOfTag(text: string, from: number): { end: number; attributes: number } {
  let attributes = 0;
  let quote = 0;
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === LESS) break;
    if (quote !== 0) {
      if (code === quote) quote = 0;
    } else if (code === 0x22 || code === 0x27) {
      quote = code;
      attributes++;
    } else if (code === GREATER) return { end: at + 1, attributes };
  }
  throw malformedXml(`the tag '${shorten(text.slice(from - 1, from + 40))}' is not closed`);
}

/** Makes the error of XML that is not well-formed. */
export function malformedXml(detail: string, cause?: unknown): Error {
  return payloadFailure(`malformed XML: ${detail}`, cause);
}
