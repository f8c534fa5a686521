/**
 * Where a text stops being JSON, in words of ours: those of `JSON.parse` differ between engines.
 *
 * Only runs on text that `JSON.parse` refused. One pass, no recursion.
 *
 * @module
 */
import { shorten } from "./payload_failure.ts";

/** What may come next. */
type Expected = "value" | "value or ]" | "key" | "key or }" | ":" | ", or end" | "nothing";

/** The first fault of a text that is no JSON: `unrecognized token 'WSO2': at line 1, column 1`. */
export function describeJsonError(text: string): string {
  const fault = firstFault(text);
  if (fault >= text.length) return "unexpected end of the JSON payload";
  const lineStart = text.lastIndexOf("\n", fault - 1) + 1;
  const line = countLines(text, lineStart);
  const token = shorten(text.slice(fault, endOfToken(text, fault)));
  return `unrecognized token '${token}': at line ${line}, column ${fault - lineStart + 1}`;
}

function countLines(text: string, end: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at !== -1 && at < end; at = text.indexOf("\n", at + 1)) line++;
  return line;
}

/** What is quoted: up to the next white space, bracket, comma, colon, quote or control character. */
function endOfToken(text: string, from: number): number {
  let at = from + 1;
  if (isDelimiter(text.charCodeAt(from))) return at;
  const limit = Math.min(text.length, from + 64);
  while (at < limit && !isDelimiter(text.charCodeAt(at))) at++;
  return at;
}

function isDelimiter(code: number): boolean {
  return code <= 0x20 || '{}[],:"'.includes(String.fromCharCode(code));
}

/** The index of the first token that cannot stand where it is; the length if there is none. */
function firstFault(text: string): number {
  const open: string[] = [];
  let expected: Expected = "value";
  let at = skipSpace(text, 0);
  while (at < text.length) {
    const char = text.charAt(at);
    const next = after(char, expected, open);
    if (next === undefined) return at;
    const end = endOfLexeme(text, at);
    if (end === -1) return at;
    expected = next;
    at = skipSpace(text, end);
  }
  return text.length;
}

/** What may come after a token that begins with `char`; `undefined` if it may not stand here. */
function after(char: string, expected: Expected, open: string[]): Expected | undefined {
  const isKeyNext = expected === "key" || expected === "key or }";
  if (char === '"' && isKeyNext) return ":";
  if (char === ":" && expected === ":") return "value";
  if (char === "," && expected === ", or end") return open.at(-1) === "{" ? "key" : "value";
  if (char === "}" || char === "]") {
    const opener = char === "}" ? "{" : "[";
    const mayClose = expected === ", or end" ||
      expected === (char === "}" ? "key or }" : "value or ]");
    if (!mayClose || open.pop() !== opener) return undefined;
    return open.length === 0 ? "nothing" : ", or end";
  }
  if (expected !== "value" && expected !== "value or ]") return undefined;
  if (char === "{" || char === "[") {
    open.push(char);
    return char === "{" ? "key or }" : "value or ]";
  }
  if (char === "," || char === ":") return undefined;
  return open.length === 0 ? "nothing" : ", or end";
}

/** The index after the token at `from`, or -1 if it is none. */
function endOfLexeme(text: string, from: number): number {
  const char = text.charAt(from);
  if ("{}[],:".includes(char)) return from + 1;
  if (char === '"') return endOfString(text, from);
  let end = from;
  while (end < text.length && !isDelimiter(text.charCodeAt(end))) end++;
  if (end - from > 1000) return -1;
  const word = text.slice(from, end);
  const isWord = word === "true" || word === "false" || word === "null" ||
    /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(word);
  return isWord ? end : -1;
}

/** A string that is never closed ends with the text, so that its end is what is reported. */
function endOfString(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at + 1;
    if (code < 0x20) return -1;
    if (code !== 0x5c) continue;
    const escape = text.charAt(++at);
    if (escape === "u") {
      if (!/^[0-9a-fA-F]{4}$/.test(text.slice(at + 1, at + 5))) return -1;
      at += 4;
    } else if (!'"\\/bfnrt'.includes(escape)) return -1;
  }
  return text.length;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && " \t\n\r".includes(text.charAt(at))) at++;
  return at;
}
