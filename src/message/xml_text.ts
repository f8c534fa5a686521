/**
 * The characters of XML 1.0: which may stand in a document and in a name, and how those with a
 * meaning are written.
 *
 * @module
 */

/** The five names that stand for a character without a DOCTYPE (XML 1.0 section 4.6). */
const NAMED: ReadonlyMap<string, string> = new Map([
  ["lt", "<"],
  ["gt", ">"],
  ["amp", "&"],
  ["quot", '"'],
  ["apos", "'"],
]);

/** A reference is shorter than this; the rest of the text is not searched for its end. */
const MAX_REFERENCE_LENGTH = 16;

/**
 * Replaces `&lt;` and the like and `&#…;` by what they stand for, once; `undefined` when there is a
 * reference to anything else, or to a character that may not stand in XML.
 */
export function decodeReferences(text: string): string | undefined {
  let at = text.indexOf("&");
  if (at === -1) return text;
  let decoded = "";
  let from = 0;
  for (; at !== -1; at = text.indexOf("&", from)) {
    const length = text.slice(at, at + MAX_REFERENCE_LENGTH).indexOf(";");
    const name = text.slice(at + 1, at + Math.max(length, 1));
    const character = NAMED.get(name) ?? numeric(name);
    if (character === undefined) return undefined;
    decoded += text.slice(from, at) + character;
    from = at + length + 1;
  }
  return decoded + text.slice(from);
}

function numeric(name: string): string | undefined {
  const match = /^#(?:x([0-9a-fA-F]+)|([0-9]+))$/.exec(name);
  if (match === null) return undefined;
  const [, hex, decimal] = match;
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  if (code > 0x10ffff) return undefined;
  const character = String.fromCodePoint(code);
  return isXmlText(character) ? character : undefined;
}

/** Whether all of `text` may stand in a document (XML 1.0 section 2.2). */
export function isXmlText(text: string): boolean {
  return !/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u.test(text);
}

/** Whether `text` is a name (XML 1.0 section 2.3). */
export function isXmlName(text: string): boolean {
  return NAME.test(text);
}

const NAME_START = ":A-Z_a-z\\u{C0}-\\u{D6}\\u{D8}-\\u{F6}\\u{F8}-\\u{2FF}\\u{370}-\\u{37D}" +
  "\\u{37F}-\\u{1FFF}\\u{200C}\\u{200D}\\u{2070}-\\u{218F}\\u{2C00}-\\u{2FEF}\\u{3001}-\\u{D7FF}" +
  "\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFFD}\\u{10000}-\\u{EFFFF}";
const NAME = new RegExp(
  `^[${NAME_START}][${NAME_START}\\-.0-9\\u{B7}\\u{300}-\\u{36F}\\u{203F}\\u{2040}]*$`,
  "u",
);

const ESCAPES: Readonly<Record<string, string>> = {
  "<": "&lt;",
  ">": "&gt;",
  "&": "&amp;",
  '"': "&quot;",
  "\t": "&#9;",
  "\n": "&#10;",
  "\r": "&#13;",
};

/** Writes `text` so that it reads back as it is between tags. */
export function escapeXmlText(text: string): string {
  return text.replace(/[<>&\r]/g, escapeCharacter);
}

/** Writes `text` so that it reads back as it is between double quotes. */
export function escapeXmlAttribute(text: string): string {
  return text.replace(/[<>&"\t\n\r]/g, escapeCharacter);
}

function escapeCharacter(character: string): string {
  return ESCAPES[character] ?? character;
}

/**
 * The encoding that a document names itself, by a byte order mark or in its XML declaration
 * (XML 1.0 appendix F); `undefined` where it names none and so is UTF-8.
 */
export function xmlEncoding(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  const start = String.fromCharCode(...bytes.subarray(0, 128));
  const end = start.indexOf("?>");
  if (!start.startsWith("<?xml") || end === -1) return undefined;
  return /\sencoding\s*=\s*["']([A-Za-z][\w.-]*)["']/.exec(start.slice(0, end))?.[1];
}
