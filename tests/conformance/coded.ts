/**
 * Asking a service for a coded answer, in process and over a socket, and comparing what comes.
 *
 * @module
 */
import assert from "node:assert/strict";
import zlib from "node:zlib";
import { serve, type Service } from "@pirouette/http";
import { rawRequest, sendRaw } from "../support/raw_http.ts";

/** An answer: its coding, and its body without it. */
export interface Coded {
  /** The `Content-Encoding`; null where there is none. */
  readonly coding: string | null;
  /** The body as text, decoded. */
  readonly body: string;
}

/** Asks with the `Accept-Encoding` that is given, or with none at all, and compares the answer. */
export async function expectCoded(
  asked: Service,
  path: string,
  accept: string | undefined,
  expected: Coded,
): Promise<void> {
  const headers: HeadersInit = accept === undefined ? {} : { "accept-encoding": accept };
  const told = `${path}, Accept-Encoding: ${accept}`;
  const direct = await asked.fetch(`http://localhost${path}`, { headers });
  const coding = direct.headers.get("content-encoding");
  assert.deepEqual({ coding, body: decode(coding, await direct.bytes()) }, expected, told);
  await using server = await serve(asked, { port: 0, host: "127.0.0.1" });
  if (accept === undefined) {
    // The platform's fetch sends a field of its own where it is given none.
    const fields = ["Host: localhost", "Connection: close"];
    const response = await sendRaw(server, rawRequest(`GET ${path} HTTP/1.1`, fields));
    assert.equal(response?.headers.get("content-encoding") ?? null, expected.coding, told);
    return;
  }
  const response = await fetch(server.url + path, { headers });
  assert.equal(response.headers.get("content-encoding"), expected.coding, told);
  // It decodes gzip, and leaves deflate as it is.
  const left = expected.coding === "deflate" ? "deflate" : null;
  assert.equal(decode(left, await response.bytes()), expected.body, told);
}

function decode(coding: string | null, bytes: Uint8Array): string {
  if (coding === "gzip") return new TextDecoder().decode(zlib.gunzipSync(bytes));
  if (coding === "deflate") return new TextDecoder().decode(zlib.inflateSync(bytes));
  assert.equal(coding, null);
  return new TextDecoder().decode(bytes);
}
