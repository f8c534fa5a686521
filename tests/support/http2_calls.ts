/**
 * Calls over HTTP/2 with the client of `node:http2`, which tells of a stream what `fetch` keeps to
 * itself: informational responses, trailers, promises and error codes.
 *
 * @module
 */
import {
  type ClientHttp2Session,
  connect,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from "node:http2";
import { within } from "./within.ts";

/** What came of a call. */
export interface Http2Answer {
  /** The status; 0 where there was none. */
  readonly status: number;
  /** Names and values of the head in turn, as they came. */
  readonly fields: readonly string[];
  /** The body, as text. */
  readonly body: string;
  /** The trailer fields. */
  readonly trailers: Readonly<Record<string, unknown>>;
  /** The statuses of informational responses. */
  readonly informed: readonly number[];
  /** The error code that the stream ended with. */
  readonly code: number;
}

/** How to call. */
export interface Http2CallOptions {
  /** Pseudo-header and header fields besides the path. */
  readonly headers?: OutgoingHttpHeaders;
  /** The body. */
  readonly body?: Uint8Array;
  /** The trailer fields. */
  readonly trailers?: OutgoingHttpHeaders;
}

/** What Node tells of a response; its types do not know of the list. */
type ResponseHead = [sent: IncomingHttpHeaders, flags: number, raw: readonly string[]];

/** Runs `check` on a connection of its own. */
export async function withHttp2Session(
  { port }: { readonly port: number },
  check: (session: ClientHttp2Session) => Promise<void>,
): Promise<void> {
  const session = connect(`http://127.0.0.1:${port}`);
  // A server that ends a connection is what some tests wait for.
  session.on("error", () => {});
  const closed = new Promise<void>((resolve) => session.once("close", () => resolve()));
  try {
    await check(session);
  } finally {
    session.destroy();
    await within(closed, "the end of the session");
  }
}

/** One call. */
export async function callHttp2(
  session: ClientHttp2Session,
  path: string,
  { headers = {}, body, trailers }: Http2CallOptions = {},
): Promise<Http2Answer> {
  const stream = session.request({ ":path": path, ...headers }, {
    endStream: body === undefined && trailers === undefined,
    waitForTrailers: trailers !== undefined,
  });
  let status = 0;
  let fields: readonly string[] = [];
  let text = "";
  let received: Readonly<Record<string, unknown>> = {};
  const informed: number[] = [];
  stream.setEncoding("utf8");
  stream.on("headers", (sent) => informed.push(Number(sent[":status"])));
  stream.on("continue", () => informed.push(100));
  stream.on("response", (...[sent, , raw]: ResponseHead) => {
    status = Number(sent[":status"]);
    fields = raw;
  });
  stream.on("data", (piece: string) => text += piece);
  stream.on("trailers", (sent) => received = { ...sent });
  stream.on("wantTrailers", () => stream.sendTrailers(trailers ?? {}));
  stream.on("error", () => {});
  const closed = new Promise<void>((resolve) => stream.once("close", () => resolve()));
  if (body !== undefined || trailers !== undefined) stream.end(body);
  await within(closed, `the end of ${path}`);
  const code = stream.rstCode ?? 0;
  return { status, fields, body: text, trailers: received, informed, code };
}

/** The values of a field. */
export function valuesOf({ fields }: Http2Answer, name: string): string[] {
  return fields.filter((_, index) => index % 2 === 1 && fields[index - 1] === name);
}

/** Asks until the answer is what is waited for: what a server does when a client is gone. */
export async function untilHttp2(
  session: ClientHttp2Session,
  path: string,
  wanted: string,
): Promise<void> {
  let last = "";
  const asking = async (): Promise<void> => {
    while (last !== wanted) last = (await callHttp2(session, path)).body;
  };
  await within(asking(), `"${wanted}" at ${path}`).catch((error) => {
    throw new Error(`${error.message}, but "${last}"`);
  });
}
