/**
 * Sends a `Response` as an answer of `node:http`: in one write where the body is there as a whole, and
 * piece by piece otherwise, never more of it than the client takes.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { ServerResponse } from "node:http";
import { trailerFields, trailerNames, type Trailers, trailersOf } from "../../message/trailers.ts";
import { hasNoBody, NodeAnswer, type WholeBody } from "./answer.ts";
import { sentFields } from "./fields.ts";
import { PacedWriter, sliceSize } from "./pace.ts";
import { type PieceReader, readShort } from "./pieces.ts";
import { isDeno } from "./platform_shape.ts";

/** How a response is sent. */
export interface Sending {
  /** Whether the connection is closed afterwards. */
  readonly closes: boolean;
  /** What to wait for between the last piece and the end, if anything. */
  readonly linger: (() => Promise<void>) | undefined;
}

/** The head of a response, but for how its body is framed. */
interface Head {
  readonly status: number;
  readonly fields: string[];
  readonly closes: boolean;
  /** The length that it declares itself. */
  readonly length: number | undefined;
  /** The trailer fields that it announces itself. */
  readonly trailer: string | undefined;
}

/**
 * Sends a response.
 *
 * @returns `undefined` where all is written, else what settles when it is; it never fails.
 */
export function send(
  target: ServerResponse,
  response: Response,
  sending: Sending,
): Promise<void> | undefined {
  try {
    if (target.destroyed) return drop(response.body);
    if (NodeAnswer.isWhole(response) && trailersOf(response) === undefined) {
      return sendWhole(target, headOf(response, sending), response.whole, sending);
    }
    return sendAny(target, response, sending).catch(() => breakOff(target));
  } catch {
    // A header field that cannot be sent is refused before it comes here; what is left is a client
    // that is gone.
    breakOff(target);
    return drop(response.body);
  }
}

function headOf(response: Response, sending: Sending): Head {
  const { status } = response;
  if (response instanceof NodeAnswer && !response.hasHeaders) {
    const type = response.onlyContentType;
    const fields = type === undefined ? [] : ["content-type", type];
    return { status, fields, closes: sending.closes, length: undefined, trailer: undefined };
  }
  const { flat, closes, length, trailer } = sentFields(response.headers);
  return { status, fields: flat, closes: closes || sending.closes, length, trailer };
}

function writeHead(target: ServerResponse, head: Head, length: number | undefined): void {
  const { status, fields, closes } = head;
  if (length !== undefined) fields.push("content-length", String(length));
  if (closes) fields.push("connection", "close");
  const hasCookies = fields.includes("set-cookie") && target.getHeaderNames().length > 0;
  target.writeHead(status, hasCookies ? besideCookies(target, fields) : fields);
}

/**
 * Adds cookies to those that a framework has set: Node would have them in its place, and Node 20 the last
 * one alone.
 *
 * @returns the other fields
 */
function besideCookies(target: ServerResponse, fields: readonly string[]): string[] {
  const others: string[] = [];
  for (let index = 0; index < fields.length; index += 2) {
    const [name = "", value = ""] = fields.slice(index, index + 2);
    if (name === "set-cookie") target.appendHeader(name, value);
    else others.push(name, value);
  }
  return others;
}

function sendWhole(
  target: ServerResponse,
  head: Head,
  body: WholeBody,
  sending: Sending,
): Promise<void> | undefined {
  const { status } = head;
  if (target.req.method === "HEAD" || status === 204 || status === 304) {
    // What GET would be answered with is known where its body is there, or where it is declared.
    const isTold = target.req.method === "HEAD" && status !== 204 && status !== 304;
    writeHead(target, head, isTold && body !== null ? lengthOf(body) : head.length);
    return end(target, sending, null);
  }
  const length = lengthOf(body);
  writeHead(target, head, length);
  if (length <= sliceSize) return end(target, sending, besideHead(body, head));
  const bytes = typeof body === "string" ? Buffer.from(body) : body ?? new Uint8Array();
  return new PacedWriter(target).write(bytes)
    .then(() => sending.linger?.())
    .then(() => void target.end())
    .catch(() => breakOff(target));
}

/**
 * Writes head and body, and ends the response, at once unless something has to be waited for.
 *
 * The head may not have been written before: an empty write, which flushing it would be, is one that
 * Deno (2.9.6) never ends over TLS, nor any after it.
 */
function end(
  target: ServerResponse,
  { linger }: Sending,
  last: WholeBody,
): Promise<void> | undefined {
  if (linger === undefined) {
    if (last === null) target.end();
    // Deno (2.9.6) sends Latin-1 as UTF-8 over TLS.
    else if (typeof last === "string" || last.length > beside || isDeno) target.end(last);
    else target.end(asLatin1(last), "latin1");
    return undefined;
  }
  if (last === null) target.flushHeaders();
  else target.write(last);
  return linger().then(() => void target.end());
}

/** The bytes up to which a body is copied to go out with its head. */
const beside = 16_384;

/** Bytes as a text: one of those Node writes with the head as one, which is quicker than two writes. */
function asLatin1({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString("latin1");
}

/** Node writes a text and the head before it as one, in UTF-8: the head has Latin-1 (RFC 9110 5.5). */
function besideHead(body: WholeBody, { fields }: Head): WholeBody {
  if (typeof body !== "string" || !fields.some((text) => beyondAscii.test(text))) return body;
  return Buffer.from(body);
}

// deno-lint-ignore no-control-regex -- what is not ASCII
const beyondAscii = /[^\x00-\x7f]/;

function lengthOf(body: WholeBody): number {
  if (body === null) return 0;
  return typeof body === "string" ? Buffer.byteLength(body) : body.length;
}

async function sendAny(
  target: ServerResponse,
  response: Response,
  sending: Sending,
): Promise<void> {
  const head = headOf(response, sending);
  const { body } = response;
  const isHead = target.req.method === "HEAD";
  const trailers = isHead || target.req.httpVersionMinor === 0 ? undefined : trailersOf(response);
  if (isHead || hasNoBody(head.status) || (body === null && trailers === undefined)) {
    if (isHead && body !== null || head.status === 205) drop(body);
    return await sendWhole(target, head, null, sending);
  }
  const reader = body?.getReader();
  const onClose = (): void => void reader?.cancel().catch(ignore);
  target.once("close", onClose);
  try {
    if (reader === undefined) await sendPieces(target, undefined, head, trailers, sending);
    else await sendRead(target, reader, head, trailers, sending);
  } catch (error) {
    reader?.cancel(error).catch(ignore);
    throw error;
  } finally {
    target.off("close", onClose);
  }
}

async function sendRead(
  target: ServerResponse,
  reader: PieceReader,
  head: Head,
  trailers: Trailers | undefined,
  sending: Sending,
): Promise<void> {
  const { pieces, next, isDone } = await readShort(reader);
  if (target.destroyed) return;
  if (isDone && trailers === undefined) {
    pieces.forEach(checkPiece);
    const bytes = pieces.length === 1 ? pieces[0] as Uint8Array : Buffer.concat(pieces);
    if (head.length !== undefined && head.length !== bytes.length) throw wrongLength();
    return await sendWhole(target, head, bytes as WholeBody, sending);
  }
  await sendPieces(target, { reader, pieces, next }, head, trailers, sending);
}

/** A body that is being read. */
interface Reading {
  readonly reader: PieceReader;
  /** What was read already. */
  readonly pieces: readonly Uint8Array[];
  /** What is being read. */
  readonly next: ReturnType<PieceReader["read"]> | undefined;
}

async function sendPieces(
  target: ServerResponse,
  reading: Reading | undefined,
  head: Head,
  trailers: Trailers | undefined,
  sending: Sending,
): Promise<void> {
  // Trailer fields need chunks, which a length would rule out.
  const declared = trailers === undefined ? head.length : undefined;
  const announced = trailers && (trailerNames(trailers) ?? head.trailer);
  if (announced !== undefined) head.fields.push("trailer", announced);
  writeHead(target, head, declared);
  // A client may wait for the head of an answer whose body comes later, as that of events does.
  if (reading === undefined || reading.pieces.length === 0) target.flushHeaders();
  const sent = reading === undefined ? 0 : await pump(target, reading, declared ?? Infinity);
  if (target.destroyed) return;
  if (declared !== undefined && sent !== declared) throw wrongLength();
  if (trailers !== undefined) {
    const given = typeof trailers === "function" ? await trailers() : trailers;
    target.addTrailers([...trailerFields(given)]);
  }
  await sending.linger?.();
  target.end();
}

/** Writes what a body gives, and waits for the client to take it; the count of bytes. */
async function pump(
  target: ServerResponse,
  { reader, pieces, next }: Reading,
  most: number,
): Promise<number> {
  let sent = 0;
  const writer = new PacedWriter(target);
  const write = (piece: Uint8Array): Promise<void> => {
    checkPiece(piece);
    sent += piece.length;
    if (sent > most) throw wrongLength();
    return writer.write(piece);
  };
  for (const piece of pieces) await write(piece);
  let pending = next;
  for (;;) {
    const { done, value } = await (pending ?? reader.read());
    pending = undefined;
    if (done || target.destroyed) return sent;
    await write(value);
  }
}

function checkPiece(piece: unknown): void {
  if (piece instanceof Uint8Array) return;
  throw new TypeError("Cannot send a body with a chunk that is no Uint8Array");
}

function wrongLength(): TypeError {
  return new TypeError("The body of a response is not as long as its Content-Length says");
}

/** The client must not take what it has for the whole. */
function breakOff(target: ServerResponse): void {
  if (target.headersSent) return void target.destroy();
  target.writeHead(500, ["content-length", "0", "connection", "close"]);
  target.end();
}

function drop(body: Response["body"]): undefined {
  if (body?.locked === false) body.cancel().catch(ignore);
}

function ignore(): void {}
