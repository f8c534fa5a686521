/**
 * One call over HTTP/2: it is sent on a connection of the pool, and once more on another where the
 * server says that it has done nothing about it (RFC 9113 section 8.7).
 *
 * @module
 */
import { Http2ClientError } from "../message/client_errors.ts";
import {
  type Http2Connection,
  type Http2Exchange,
  Http2Failure,
} from "../runtime/http2_connection.ts";
import type { ConnectionPool } from "./connection_pool.ts";
import { explainHttp2Failure } from "./http2_failure.ts";
import type { Http2Settings } from "./http2_settings.ts";
import { incomingResponse, toHeaders } from "./incoming_response.ts";
import type { OutgoingRequest } from "./outgoing_request.ts";
import type { PooledConnection } from "./pooled_connection.ts";

/** What a call is made with. */
export interface Http2CallOptions {
  /** The connections. */
  readonly pool: ConnectionPool;
  /** How calls are made. */
  readonly settings: Http2Settings;
  /** Told of the connection before the request is sent on it. */
  readonly onConnection?: (connection: Http2Connection) => void;
  /** When the connection is free for other calls; without it when the stream is closed. */
  readonly freed?: (exchange: Http2Exchange) => Promise<void>;
}

/**
 * Calls.
 *
 * @throws {ClientError} (as a rejection) when it fails; or the reason of the call's own signal.
 */
export async function http2Call(
  request: OutgoingRequest,
  options: Http2CallOptions,
): Promise<Response> {
  for (let attempt = 0;; attempt++) {
    try {
      return await callOnce(request, options);
    } catch (error) {
      const isRefused = error instanceof Http2Failure && error.kind === "unprocessed";
      const isThere = request.body === undefined || request.body.isThere;
      if (isRefused && isThere && attempt === 0 && !request.signal?.aborted) continue;
      request.body?.drop(error);
      throw explainHttp2Failure(error, request, "head");
    }
  }
}

async function callOnce(
  request: OutgoingRequest,
  { pool, settings, onConnection, freed }: Http2CallOptions,
): Promise<Response> {
  const { url, head, body, bodyLength, signal, expectsContinue } = request;
  const pooled = await pool.enter(url.origin, signal);
  let exchange: Http2Exchange;
  try {
    const connection = await unlessAborted(pooled, signal);
    onConnection?.(connection);
    const { onInformational } = settings;
    exchange = connection.send({
      ...head,
      body: body?.open(),
      bodyLength,
      continueTimeout: expectsContinue ? settings.continueTimeout : undefined,
      onInformational: onInformational && ((status, fields) => {
        onInformational({ url: url.href, status, headers: toHeaders(fields) });
      }),
    });
  } catch (error) {
    pooled.leave();
    throw error;
  }
  exchange.explain = (error) => explainHttp2Failure(error, request, "body");
  const onAbort = (): void => exchange.reset("CANCEL", signal?.reason);
  signal?.addEventListener("abort", onAbort);
  exchange.closed.then(() => signal?.removeEventListener("abort", onAbort));
  (freed?.(exchange) ?? exchange.closed).then(() => pooled.leave());
  const received = await exchange.response;
  if (received.status === 101) {
    const refused = new Http2ClientError("The HTTP/2 exchange failed: 101 is none of its statuses");
    exchange.reset("PROTOCOL_ERROR", refused);
    throw refused;
  }
  return incomingResponse(url, received);
}

/** The connection, unless the call is given up before it is there. */
async function unlessAborted(
  { ready }: PooledConnection,
  signal: AbortSignal | undefined,
): Promise<Http2Connection> {
  if (signal === undefined) return await ready;
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort);
  });
  try {
    const connection = await Promise.race([ready, aborted]);
    signal.throwIfAborted();
    return connection;
  } finally {
    if (onAbort !== undefined) signal.removeEventListener("abort", onAbort);
  }
}
