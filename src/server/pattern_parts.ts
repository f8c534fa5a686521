/**
 * A path pattern read into parts, as the URL Pattern Standard (§2.1 and §2.2) reads a pathname:
 * literal text, `:name`, `*`, `(regular expression)`, `{groups}` and the modifiers `?`, `*`, `+`.
 *
 * Literal text is canonicalised as the standard does; nothing is matched here.
 *
 * @module
 */

/** How often a part may stand: once, once or never, at least once, any number of times. */
export type Modifier = "" | "?" | "+" | "*";

/** One piece of a pattern. */
export interface Part {
  /** Text, one segment or less (`:name`), anything (`*`), or a regular expression. */
  readonly kind: "text" | "segment" | "wildcard" | "regexp";
  /** The text, or the source of the regular expression; empty for the others. */
  readonly value: string;
  /** The group's name: what follows the colon, or its number. Empty for text. */
  readonly name: string;
  /** Text before the group that is repeated or left out with it. */
  readonly prefix: string;
  /** Text after the group that is repeated or left out with it. */
  readonly suffix: string;
  /** How often the part may stand. */
  readonly modifier: Modifier;
  /** How many named groups the regular expression has inside, each of which is a capture. */
  readonly inner: number;
}

/**
 * Reads a pathname pattern into its parts.
 *
 * @throws {TypeError} when the pattern is not a valid URL pattern pathname.
 */
export function patternParts(pattern: string): Part[] {
  const tokens = tokenize(pattern);
  const parts: Part[] = [];
  const names = new Set<string>();
  let at = 0;
  let text = "";
  let unnamed = 0;

  const take = (...kinds: readonly Kind[]): Token | undefined => {
    const token = tokens[at];
    if (token === undefined || !kinds.includes(token.kind)) return undefined;
    at++;
    return token;
  };
  const group = (name: Token | undefined): Token | undefined =>
    take("regexp") ?? (name === undefined ? take("*") : undefined);
  const modifier = (): Modifier => (take("modifier", "*")?.value ?? "") as Modifier;
  const readText = (): string => {
    let read = "";
    for (let token; (token = take("char", "escaped")) !== undefined;) read += token.value;
    return read;
  };
  const flush = (): void => {
    if (text !== "") parts.push(textPart(canonicalText(text), ""));
    text = "";
  };
  const push = (
    prefix: string,
    name: Token | undefined,
    value: Token | undefined,
    suffix: string,
    times: Modifier,
  ): void => {
    if (name === undefined && value === undefined) {
      if (times === "") text += prefix;
      else {
        flush();
        if (prefix !== "") parts.push(textPart(canonicalText(prefix), times));
      }
      return;
    }
    flush();
    const key = name?.value ?? String(unnamed++);
    if (names.has(key)) throw invalid(pattern, `the name "${key}" is used twice`);
    names.add(key);
    const source = value?.kind === "*" ? ".*" : value?.value ?? "[^/]+?";
    parts.push({
      kind: groupKind(source),
      value: groupKind(source) === "regexp" ? source : "",
      name: key,
      prefix: canonicalText(prefix),
      suffix: canonicalText(suffix),
      modifier: times,
      inner: value?.inner ?? 0,
    });
  };

  while (at < tokens.length) {
    const char = take("char");
    const name = take("name");
    const value = group(name);
    if (name !== undefined || value !== undefined) {
      const prefix = char?.value === "/" ? "/" : "";
      if (prefix === "") text += char?.value ?? "";
      push(prefix, name, value, "", modifier());
      continue;
    }
    const literal = char ?? take("escaped");
    if (literal !== undefined) {
      text += literal.value;
      continue;
    }
    const opened = tokens[at];
    if (take("{") === undefined) {
      throw invalid(pattern, `"${opened?.value}" at ${opened?.at} has nothing before it`);
    }
    const prefix = readText();
    const inName = take("name");
    const inValue = group(inName);
    const suffix = readText();
    if (take("}") === undefined) throw invalid(pattern, `the group at ${opened?.at} is not closed`);
    push(prefix, inName, inValue, suffix, modifier());
  }
  flush();
  return parts;
}

function textPart(value: string, modifier: Modifier): Part {
  return { kind: "text", value, name: "", prefix: "", suffix: "", modifier, inner: 0 };
}

function groupKind(source: string): "segment" | "wildcard" | "regexp" {
  if (source === "[^/]+?") return "segment";
  return source === ".*" ? "wildcard" : "regexp";
}

type Kind = "char" | "escaped" | "name" | "regexp" | "*" | "modifier" | "{" | "}";

interface Token {
  readonly kind: Kind;
  readonly value: string;
  readonly at: number;
  readonly inner: number;
}

const NAME = /[\p{ID_Start}_$][\p{ID_Continue}$\u200c\u200d]*/uy;

function tokenize(pattern: string): Token[] {
  const tokens: Token[] = [];
  const add = (kind: Kind, value: string, at: number, inner = 0): void => {
    tokens.push({ kind, value, at, inner });
  };
  for (let at = 0; at < pattern.length;) {
    const char = String.fromCodePoint(pattern.codePointAt(at) ?? 0);
    if (char === "*" || char === "{" || char === "}") add(char, char, at);
    else if (char === "+" || char === "?") add("modifier", char, at);
    else if (char === "\\") {
      const code = pattern.codePointAt(at + 1);
      if (code === undefined) throw invalid(pattern, "it ends with an escape");
      const escaped = String.fromCodePoint(code);
      add("escaped", escaped, at);
      at += escaped.length;
    } else if (char === ":") {
      NAME.lastIndex = at + 1;
      const name = NAME.exec(pattern)?.[0];
      if (name === undefined) {
        throw invalid(pattern, `the colon at ${at} has no name after it; a literal colon is "\\:"`);
      }
      add("name", name, at);
      at += name.length;
    } else if (char === "(") {
      const { source, inner } = regexpSource(pattern, at);
      add("regexp", source, at, inner);
      at += source.length + 1;
    } else add("char", char, at);
    at += char.length;
  }
  return tokens;
}

/** The regular expression between the parentheses that begin at `open` (standard §2.1.2). */
function regexpSource(pattern: string, open: number): { source: string; inner: number } {
  let depth = 1;
  let inner = 0;
  for (let at = open + 1; at < pattern.length; at++) {
    const char = pattern[at] ?? "";
    if (char > "\x7f") throw invalid(pattern, `the group at ${open} is not ASCII`);
    if (char === "\\") at++;
    else if (char === "(") {
      if (pattern[at + 1] !== "?") {
        throw invalid(pattern, `the group at ${open} captures inside; write "(?:" there`);
      }
      if (pattern[at + 2] === "<" && !"=!".includes(pattern[at + 3] ?? "=")) inner++;
      depth++;
    } else if (char === ")" && --depth === 0) {
      const source = pattern.slice(open + 1, at);
      if (source === "" || source.startsWith("?")) {
        throw invalid(pattern, `the group at ${open} must have a plain regular expression`);
      }
      return { source, inner };
    }
  }
  throw invalid(pattern, `the group at ${open} is not closed`);
}

/** Literal text as a URL's parser would write it: encoded, and without dot segments. */
function canonicalText(text: string): string {
  if (/^[\w\-~!$&'()+,;=:@|[\]^%*/]*$/.test(text)) return text;
  const escaped = text.replace(/[?#\\]/g, (char) => `%${char.charCodeAt(0).toString(16)}`);
  // A chunk that begins inside a segment must not lose its dots, so it is given a beginning.
  const lead = text.startsWith("/") ? "" : "/-";
  return new URL(`http://pattern${lead}${escaped}`).pathname.slice(lead.length)
    .replace(/%3f|%5c/g, (code) => code.toUpperCase());
}

function invalid(pattern: string, why: string): TypeError {
  const shown = pattern.length > 80 ? `${pattern.slice(0, 80)}…` : pattern;
  return new TypeError(`Cannot read path pattern "${shown}": ${why}`);
}
