/**
 * Writes a distinguished name as text (RFC 4514), so that no value can pass for two.
 *
 * @module
 */
import { DerReader, Tag } from "./der.ts";

/** The types that have a short name (RFC 4514 section 3); of any other, the identifier is written. */
const shortNames: Readonly<Record<string, string>> = {
  "2.5.4.3": "CN",
  "2.5.4.6": "C",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.9": "STREET",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
  "0.9.2342.19200300.100.1.1": "UID",
  "0.9.2342.19200300.100.1.25": "DC",
};

/** How the kinds of strings are read, by their tags. */
const encodings: Readonly<Record<number, string>> = {
  0x0c: "utf-8",
  0x12: "utf-8",
  0x13: "utf-8",
  0x14: "latin1",
  0x16: "utf-8",
  0x1e: "utf-16be",
};

/**
 * A name as text, the most significant part last, as `CN=client,O=Example`.
 *
 * @param content what the sequence of its parts contains
 * @throws {SyntaxError} when the bytes are no name.
 */
export function distinguishedName(content: Uint8Array): string {
  const reader = new DerReader(content);
  const parts: string[] = [];
  while (!reader.isAtEnd) {
    const values = reader.inside(Tag.set);
    const part: string[] = [];
    while (!values.isAtEnd) part.push(attribute(values.inside(Tag.sequence)));
    parts.push(part.join("+"));
  }
  return parts.reverse().join(",");
}

function attribute(reader: DerReader): string {
  const type = reader.oid();
  const { tag, content, whole } = reader.next();
  const name = shortNames[type];
  const encoding = encodings[tag];
  if (name === undefined || encoding === undefined) return `${name ?? type}=#${hex(whole)}`;
  return `${name}=${escape(new TextDecoder(encoding).decode(content))}`;
}

function escape(text: string): string {
  return text.replaceAll(/["+,;<>\\]|^[ #]|(?<=.) $|\p{Cc}/gu, (character) => {
    if (!/\p{Cc}/u.test(character)) return `\\${character}`;
    return hex(new TextEncoder().encode(character)).replaceAll(/../g, "\\$&");
  });
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
