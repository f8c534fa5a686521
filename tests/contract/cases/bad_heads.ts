/**
 * Heads of HTTP/1.1 that no client should send (RFC 9112; SECURITY.md rows 3 and 8).
 *
 * @module
 */
import { type Case, type RawCase, rawCases } from "../case.ts";

function get(...fields: string[]): string {
  return ["GET /text HTTP/1.1", ...fields, "", ""].join("\r\n");
}

function post(fields: readonly string[], body: string): string {
  return ["POST /echo HTTP/1.1", "Host: x", ...fields, "", body].join("\r\n");
}

const chunked = "Transfer-Encoding: chunked";

const hosts: readonly RawCase[] = [
  { name: "security 3: two Hosts", bytes: get("Host: x", "Host: y"), status: 400 },
  { name: "security 3: two Hosts alike", bytes: get("Host: x", "Host: x"), status: 400 },
  {
    name: "security 3: no Host",
    bytes: get(),
    status: 400,
    otherwise: {
      transport: "deno_serve",
      status: 200,
      cell: "none at all is let be",
      because: "Deno.serve makes a URL without it, and the path is what was sent",
    },
  },
  { name: "security 3: a Host with a slash", bytes: get("Host: x/admin"), status: [400, 404] },
  ...["user@x", "x?", "x#", "x\\y", "x y", "x\ty", "<x>", "x:y", ":80", "[::1", "x%2f"].map(
    (host): RawCase => ({
      name: `security 3: Host: ${host}`,
      bytes: get(`Host: ${host}`),
      status: 400,
    }),
  ),
];

const lines: readonly RawCase[] = [
  { name: "no target", bytes: "GET HTTP/1.1\r\nHost: x\r\n\r\n", status: 400 },
  { name: "a relative target", bytes: "GET text HTTP/1.1\r\nHost: x\r\n\r\n", status: 400 },
  { name: "a space in the target", bytes: "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", status: 400 },
  { name: "a NUL in the target", bytes: "GET /a\0b HTTP/1.1\r\nHost: x\r\n\r\n", status: 400 },
  { name: "a control in the target", bytes: "GET /a\x01 HTTP/1.1\r\nHost: x\r\n\r\n", status: 400 },
  { name: "bytes beyond ASCII", bytes: "GET /a\xff HTTP/1.1\r\nHost: x\r\n\r\n", status: 400 },
  { name: "an asterisk for GET", bytes: "GET * HTTP/1.1\r\nHost: x\r\n\r\n", status: [400, 404] },
  { name: "a method that is none", bytes: "G(T /text HTTP/1.1\r\nHost: x\r\n\r\n", status: 400 },
  { name: "HTTP/0.9", bytes: "GET /text\r\n\r\n", status: 400 },
  { name: "HTTP/2.0", bytes: "GET /text HTTP/2.0\r\nHost: x\r\n\r\n", status: [400, 505] },
  { name: "TLS in the clear", bytes: "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", status: [400, 0] },
];

const malformed: readonly RawCase[] = [
  { name: "a continued line", bytes: get("Host: x", "X: a", " b"), status: 400 },
  { name: "a field without a colon", bytes: get("Host: x", "X"), status: 400 },
  { name: "a field without a name", bytes: get("Host: x", ": x"), status: 400 },
  { name: "a space before the colon", bytes: get("Host: x", "X : a"), status: 400 },
  { name: "a NUL in a value", bytes: get("Host: x", "X: a\0b"), status: 400 },
  { name: "a CR in a value", bytes: get("Host: x", "X: a\rY: b"), status: 400 },
];

const lengths: readonly RawCase[] = [
  {
    name: "security 8: two lengths",
    bytes: post(["Content-Length: 2", "Content-Length: 3"], "{} "),
    status: 400,
    closes: true,
  },
  {
    name: "security 8: a list of lengths",
    bytes: post(["Content-Length: 2, 3"], "{} "),
    status: 400,
    closes: true,
  },
  ...["two", "+2", "-2", "0x2", "2 2", "99999999999999999999"].map((length): RawCase => ({
    name: `security 8: a length of ${length}`,
    bytes: post([`Content-Length: ${length}`], "{}"),
    status: [400, 413],
    closes: true,
  })),
  {
    name: "security 8: a length and chunks",
    bytes: post(["Content-Length: 2", chunked], "2\r\n{}\r\n0\r\n\r\n"),
    status: 400,
    closes: true,
  },
  {
    name: "security 8: chunks and a length",
    bytes: post([chunked, "Content-Length: 2"], "2\r\n{}\r\n0\r\n\r\n"),
    status: 400,
    closes: true,
  },
  {
    name: "security 8: another coding",
    bytes: post(["Transfer-Encoding: gzip"], "{}"),
    status: [400, 501],
    closes: true,
  },
  {
    name: "security 8: a coding after chunked",
    bytes: post(["Transfer-Encoding: chunked, gzip"], "2\r\n{}\r\n0\r\n\r\n"),
    status: [400, 501],
    closes: true,
  },
  {
    name: "security 8: chunked with a vertical tab",
    bytes: post(["Transfer-Encoding: \x0bchunked"], "2\r\n{}\r\n0\r\n\r\n"),
    status: [400, 501],
    closes: true,
  },
  {
    name: "security 8: Transfer-Encoding: ChunKed is chunked",
    bytes: post(["Transfer-Encoding: ChunKed"], "2\r\n{}\r\n0\r\n\r\n"),
    status: 200,
  },
  {
    name: "security 8: chunks on HTTP/1.0",
    bytes: `POST /echo HTTP/1.0\r\nHost: x\r\n${chunked}\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
    status: 400,
    otherwise: {
      transport: "node_http",
      status: 200,
      cell: "chunks on HTTP/1.0 are read, then it closes",
      because: "RFC 9112 section 6.1 asks for no more than that the connection is closed",
    },
    closes: true,
  },
];

/** The cases. */
export const badHeads: readonly Case[] = [
  ...rawCases("Malformed Host is refused", hosts),
  ...rawCases("Malformed request lines are refused", lines),
  ...rawCases("Malformed fields are refused", malformed),
  ...rawCases("Ambiguous lengths are refused", lengths),
];
