/**
 * The one interface to a connection that a client speaks HTTP/2 on (RFC 9113), promises of the server
 * included; the rest of the library names no runtime.
 *
 * @module
 */
import type { FieldList } from "../message/connection.ts";
import type { ClientTlsSettings } from "./client_transport.ts";

/** How a connection is made; every value was checked. */
export interface Http2ConnectSettings {
  /** How TLS is set up where the address is an `https:` one. */
  readonly tls: ClientTlsSettings;
  /** Bytes that the server may send on a stream before it must wait. */
  readonly initialWindowSize: number;
  /** Bytes of a header section, each field counted with 32 more (RFC 9113 section 6.5.2). */
  readonly maxHeaderListSize: number;
  /** Informational responses that one call takes. */
  readonly maxInformational: number;
  /** Whether the server may push at all (SETTINGS_ENABLE_PUSH). */
  readonly takesPushes: boolean;
  /** Streams that the server may have promised and not ended. */
  readonly maxPromises: number;
  /** Settings and pings of the server within ten seconds; one more ends the connection. */
  readonly maxControlFrames: number;
}

/** The head of a request. */
export interface Http2RequestHead {
  /** The method. */
  readonly method: string;
  /** `http` or `https`. */
  readonly scheme: string;
  /** The host, and the port where it is not the scheme's own. */
  readonly authority: string;
  /** The path and query, from the root. */
  readonly path: string;
  /** The header fields, without those of HTTP/1.1 connections. */
  readonly fields: FieldList;
}

/** A request as it is sent. */
export interface Http2Request extends Http2RequestHead {
  /** The body; `undefined` for none. */
  readonly body: Uint8Array | ReadableStream<Uint8Array> | undefined;
  /** The bytes that a stream must have, where the header says so. */
  readonly bodyLength: number | undefined;
  /** Milliseconds to wait for 100 (Continue) before the body; `undefined` where it is not asked. */
  readonly continueTimeout: number | undefined;
  /** Told of each informational response. */
  readonly onInformational: ((status: number, fields: FieldList) => void) | undefined;
}

/** A response as it is received. */
export interface Http2Response {
  /** The status, 200 or above. */
  readonly status: number;
  /** The header fields, in order. */
  readonly fields: FieldList;
  /** The body; `undefined` where the message can have none. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
  /** The trailer fields, once the body was read; none where it was cancelled. */
  readonly trailers: Promise<FieldList>;
}

/** Why this end resets a stream (RFC 9113 section 7). */
export type ResetReason = "CANCEL" | "REFUSED_STREAM" | "PROTOCOL_ERROR" | "ENHANCE_YOUR_CALM";

/** One request and what comes back, or what comes back of a promise. */
export interface Http2Exchange {
  /** The head of the response; rejects with {@linkcode Http2Failure} or what `reset` was given. */
  readonly response: Promise<Http2Response>;
  /** Settles once the stream is closed; it never rejects. */
  readonly closed: Promise<void>;
  /** What the body and the trailers fail with in place of a failure. */
  explain: ((error: unknown) => unknown) | undefined;
  /** Ends the stream; what is waited for fails with `error`. */
  reset(reason: ResetReason, error: unknown): void;
}

/** A response that the server announces (RFC 9113 section 8.4). */
export interface Http2PromisedExchange extends Http2Exchange {
  /** The request that it answers, as the server writes it; a part may be missing. */
  readonly head: Partial<Http2RequestHead>;
}

/** A connection that is open. */
export interface Http2Connection {
  /** Whether another request can be sent: neither end has said that it goes. */
  readonly isOpen: boolean;
  /** Streams that the server lets a client have open. */
  readonly maxStreams: number;
  /** Settles once the connection is closed; it never rejects. */
  readonly closed: Promise<void>;
  /** Told when the server says that it takes no further requests (GOAWAY), or is gone. */
  onGoing: (() => void) | undefined;
  /** Told of each promise; without it they are refused. */
  onPromise: ((promise: Http2PromisedExchange) => void) | undefined;
  /** Sends a request. */
  send(request: Http2Request): Http2Exchange;
  /** Settles once the server has answered a ping; rejects where the connection ends before. */
  ping(): Promise<void>;
  /** Takes no further requests, and closes once those in flight are answered. */
  close(): void;
  /** Closes at once; what is in flight fails with `error`. */
  destroy(error?: Error): void;
}

/** What kept an exchange from coming to its end. */
export type Http2FailureKind =
  /** The server says that it has done nothing about it. */
  | "unprocessed"
  /** The connection or the stream ended. */
  | "broken"
  /** The program's own stream failed. */
  | "requestBody"
  /** A header section is larger than it may be. */
  | "headerSize"
  /** No connection could be made. */
  | "connect"
  /** The server does not keep to the protocol. */
  | "protocol";

/** An exchange that failed; what the platform said is the `cause`. */
export class Http2Failure extends Error {
  /** What failed. */
  readonly kind: Http2FailureKind;

  /** Makes the failure. */
  constructor(kind: Http2FailureKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
