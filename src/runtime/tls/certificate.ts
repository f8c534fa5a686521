/**
 * Reads a certificate (RFC 5280): whom it is for, who signed it, how long it is valid.
 *
 * Names are read from the bytes, because the texts that the platforms make of them differ, and one
 * of them lets a name that contains a separator pass for two. Nothing is verified here.
 *
 * @module
 */
import type { PeerCertificate } from "../../message/connection.ts";
import { distinguishedName } from "./certificate_name.ts";
import { DerReader, Tag } from "./der.ts";

/** A certificate, and what only a server asks of its own. */
export interface Certificate extends Omit<PeerCertificate, "fingerprint256"> {
  /** Where its authority answers whether it was revoked (RFC 6960), if it says so. */
  readonly ocspUrl: string | undefined;
  /** The bytes of the issuer's name. */
  readonly issuerName: Uint8Array;
  /** The bytes of the subject's name. */
  readonly subjectName: Uint8Array;
  /** The bytes of the serial number. */
  readonly serial: Uint8Array;
  /** The bytes of the subject's public key, without its algorithm. */
  readonly publicKey: Uint8Array;
}

/**
 * Reads a certificate.
 *
 * @throws {SyntaxError} when the bytes are none.
 */
export function readCertificate(given: Uint8Array): Certificate {
  const raw = new Uint8Array(given);
  const fields = new DerReader(raw).inside(Tag.sequence).inside(Tag.sequence);
  fields.optional(0xa0);
  const serial = fields.expect(Tag.integer);
  fields.expect(Tag.sequence);
  const issuer = fields.next();
  const validity = fields.inside(Tag.sequence);
  const validFrom = readTime(validity);
  const validTo = readTime(validity);
  const subject = fields.next();
  const keyInfo = fields.inside(Tag.sequence);
  keyInfo.expect(Tag.sequence);
  const publicKey = keyInfo.expect(Tag.bitString).subarray(1);
  fields.optional(0x81);
  fields.optional(0x82);
  const extensions = readExtensions(fields.optional(0xa3));
  return {
    subject: distinguishedName(subject.content),
    issuer: distinguishedName(issuer.content),
    subjectAltNames: readAltNames(extensions.get("2.5.29.17")),
    serialNumber: serialText(serial),
    validFrom,
    validTo,
    raw,
    ocspUrl: readOcspUrl(extensions.get("1.3.6.1.5.5.7.1.1")),
    issuerName: issuer.whole,
    subjectName: subject.whole,
    serial,
    publicKey,
  };
}

/**
 * The certificates in a text in PEM, in order.
 *
 * @throws {SyntaxError} when one of them is no base64.
 */
export function certificatesOfPem(text: string): Uint8Array<ArrayBuffer>[] {
  const [, ...parts] = text.split("-----BEGIN CERTIFICATE-----");
  return parts.map((part) => {
    const end = part.indexOf("-----END CERTIFICATE-----");
    if (end === -1) throw new SyntaxError("A certificate in PEM has no end");
    return Uint8Array.from(
      decodeBase64(part.slice(0, end)),
      (character) => character.charCodeAt(0),
    );
  });
}

/** A certificate in PEM (RFC 7468). */
export function pemOfCertificate(der: Uint8Array): string {
  let binary = "";
  for (const byte of der) binary += String.fromCharCode(byte);
  const lines = btoa(binary).match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function decodeBase64(text: string): string {
  try {
    return atob(text);
  } catch {
    throw new SyntaxError("A certificate in PEM is no base64");
  }
}

/** UTCTime or GeneralizedTime, as RFC 5280 section 4.1.2.5 restricts them. */
function readTime(fields: DerReader): Date {
  const { tag, content } = fields.next();
  const text = new TextDecoder().decode(content);
  const parts = /^(\d{2}|\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (parts === null || tag !== (parts[1]!.length === 2 ? 0x17 : 0x18)) {
    throw new SyntaxError("A certificate has a time that cannot be read");
  }
  const [year, month, ...rest] = parts.slice(1).map(Number) as [number, number, ...number[]];
  const short = year < 50 ? 2000 + year : 1900 + year;
  const [day, hour, minute, second] = rest;
  return new Date(Date.UTC(tag === 0x17 ? short : year, month - 1, day, hour, minute, second));
}

/** What the extensions contain, by their identifiers; the first one of each. */
function readExtensions(content: Uint8Array | undefined): Map<string, Uint8Array> {
  const extensions = new Map<string, Uint8Array>();
  if (content === undefined) return extensions;
  const list = new DerReader(content).inside(Tag.sequence);
  while (!list.isAtEnd) {
    const extension = list.inside(Tag.sequence);
    const name = extension.oid();
    extension.optional(0x01);
    if (!extensions.has(name)) extensions.set(name, extension.expect(Tag.octetString));
  }
  return extensions;
}

/** The kinds of names (RFC 5280 section 4.2.1.6) that are text, by their tags. */
const textNames: Readonly<Record<number, string>> = { 0x81: "email", 0x82: "DNS", 0x86: "URI" };

function readAltNames(content: Uint8Array | undefined): string[] {
  if (content === undefined) return [];
  const names: string[] = [];
  const list = new DerReader(content).inside(Tag.sequence);
  while (!list.isAtEnd) {
    const { tag, content } = list.next();
    const kind = textNames[tag];
    if (kind !== undefined) {
      // What is no visible ASCII is no such name, and could pass for another where it is shown.
      if (content.every((byte) => byte > 0x20 && byte < 0x7f)) {
        names.push(`${kind}:${new TextDecoder().decode(content)}`);
      }
    } else if (tag === 0x87) {
      names.push(`IP:${addressText(content)}`);
    } else if (tag === 0xa4) {
      names.push(`DirName:${distinguishedName(new DerReader(content).expect(Tag.sequence))}`);
    }
  }
  return names;
}

function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups: string[] = [];
  for (let index = 0; index + 1 < bytes.length; index += 2) {
    groups.push((bytes[index]! * 256 + bytes[index + 1]!).toString(16));
  }
  // The URL parser writes an IPv6 address as RFC 5952 has it.
  return bytes.length === 16 ? new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1) : "";
}

function readOcspUrl(content: Uint8Array | undefined): string | undefined {
  if (content === undefined) return undefined;
  const list = new DerReader(content).inside(Tag.sequence);
  while (!list.isAtEnd) {
    const access = list.inside(Tag.sequence);
    const method = access.oid();
    const { tag, content } = access.next();
    if (method === "1.3.6.1.5.5.7.48.1" && tag === 0x86) return new TextDecoder().decode(content);
  }
  return undefined;
}

/** As `openssl x509 -serial` writes it. */
function serialText(serial: Uint8Array): string {
  const start = serial.length > 1 && serial[0] === 0 ? 1 : 0;
  const pairs = Array.from(serial.subarray(start), (byte) => byte.toString(16).padStart(2, "0"));
  return pairs.join("").toUpperCase();
}
