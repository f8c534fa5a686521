/**
 * Connections of HTTP/2 clients over `node:http2`, on Node and on Deno.
 *
 * Node tells neither end of a connection to whom a promise belongs, so that whoever takes promises has
 * the connection to itself meanwhile. What a server may send without end (settings, pings) is counted,
 * and a server that sends too much of it is left (CVE-2019-9512, CVE-2019-9515).
 *
 * @module
 */
import * as http2 from "node:http2";
import {
  type Http2Connection,
  type Http2ConnectSettings,
  type Http2Exchange,
  Http2Failure,
  type Http2PromisedExchange,
  type Http2Request,
} from "../http2_connection.ts";
import { NodeHttp2Exchange } from "./exchange.ts";
import { type FlatFields, listFields } from "./fields.ts";
import { sendHttp2Body } from "./body.ts";
import type { CertificateStatusCheck } from "../tls/certificate_status.ts";
import { connectTls, http2TlsOptions } from "./tls.ts";
import { releaseLaterOnceLeft } from "../http2/release.ts";

/** Milliseconds within which control frames are counted. */
const controlWindow = 10_000;

/**
 * Connects.
 *
 * @param signal ends the attempt, with its reason
 * @param check looks at the certificate's status; nothing is asked before it has
 * @throws {Error} (as a rejection) what the platform says where that fails.
 */
export function nodeHttp2Connection(
  origin: URL,
  settings: Http2ConnectSettings,
  signal: AbortSignal,
  check?: CertificateStatusCheck,
): Promise<Http2Connection> {
  const { initialWindowSize, maxHeaderListSize, takesPushes, maxPromises } = settings;
  const options: http2.SecureClientSessionOptions = {
    settings: {
      initialWindowSize,
      // Beyond this the platform resets a stream without saying why: there must be room for that.
      maxHeaderListSize: Math.max(2 * maxHeaderListSize, 32_768),
      enablePush: takesPushes,
    },
    // One more, so that the one too many is seen.
    maxReservedRemoteStreams: maxPromises + 1,
    ...origin.protocol === "https:" ? http2TlsOptions(settings.tls, origin.hostname) : {},
  };
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    let checked: Promise<void> | undefined;
    if (check !== undefined && origin.protocol === "https:") {
      options.createConnection = () => {
        const socket = connectTls(origin, options);
        checked = check(socket);
        return socket;
      };
    }
    const session = http2.connect(origin, options);
    releaseLaterOnceLeft(session);
    let isOver = false;
    const end = (act: () => void): void => {
      if (isOver) return;
      isOver = true;
      signal.removeEventListener("abort", onAbort);
      session.off("error", onError);
      session.off("close", onClose);
      session.off("connect", onConnect);
      session.off("remoteSettings", onSettings);
      act();
    };
    const onError = (error: Error): void => end(() => fail(error));
    const onClose = (): void =>
      end(() => fail(new Http2Failure("connect", "the connection was closed")));
    const onAbort = (): void => end(() => fail(signal.reason));
    const fail = (error: unknown): void => {
      session.on("error", ignore);
      session.destroy();
      reject(error);
    };
    let connection: NodeHttp2Connection | undefined;
    let isTold = false;
    const ready = (): void => {
      if (connection !== undefined && isTold && isChecked) {
        end(() => resolve(connection as Http2Connection));
      }
    };
    const onConnect = (): void => {
      if (session.encrypted && session.alpnProtocol !== "h2") {
        const failure = new Http2Failure("protocol", "the server does not speak HTTP/2 over TLS");
        return end(() => fail(failure));
      }
      connection = new NodeHttp2Connection(session, settings);
      ready();
    };
    // Not before: a server refuses streams beyond what it allows, which it says here.
    const onSettings = (): void => {
      isTold = true;
      ready();
    };
    let isChecked = checked === undefined;
    checked?.then(() => {
      isChecked = true;
      ready();
    }, onError);
    signal.addEventListener("abort", onAbort);
    session.on("error", onError);
    session.on("close", onClose);
    session.on("connect", onConnect);
    session.on("remoteSettings", onSettings);
  });
}

/** A connection of `node:http2`. */
class NodeHttp2Connection implements Http2Connection {
  readonly closed: Promise<void>;
  onGoing: (() => void) | undefined = undefined;
  onPromise: ((promise: Http2PromisedExchange) => void) | undefined = undefined;
  readonly #session: http2.ClientHttp2Session;
  readonly #settings: Http2ConnectSettings;
  #lastStreamId: number | undefined = undefined;
  /** What has ended the connection, if anything has. */
  #error: Error | undefined = undefined;
  #windowStart = 0;
  #controlFrames = 0;

  constructor(session: http2.ClientHttp2Session, settings: Http2ConnectSettings) {
    this.#session = session;
    this.#settings = settings;
    this.closed = new Promise((resolve) => session.once("close", resolve));
    session.on("error", (error) => this.#error ??= error);
    session.on("close", () => this.onGoing?.());
    session.on("goaway", (_code, lastStreamId) => {
      this.#lastStreamId = lastStreamId;
      this.onGoing?.();
    });
    session.on("remoteSettings", () => this.#count());
    session.on("ping", () => this.#count());
    session.on("stream", (stream, headers, _flags, raw?: unknown) => {
      this.#take(stream as http2.ClientHttp2Stream, headers, raw);
    });
  }

  get isOpen(): boolean {
    const session = this.#session;
    return !session.closed && !session.destroyed && this.#lastStreamId === undefined;
  }

  get maxStreams(): number {
    return this.#session.remoteSettings?.maxConcurrentStreams ?? Infinity;
  }

  send(request: Http2Request): Http2Exchange {
    const { method, scheme, authority, path, fields, body } = request;
    const headers: http2.OutgoingHttpHeaders = Object.create(null);
    headers[":method"] = method;
    headers[":scheme"] = scheme;
    headers[":authority"] = authority;
    headers[":path"] = path;
    for (const [name, value] of fields) {
      const before = headers[name];
      if (before === undefined) headers[name] = value;
      else headers[name] = [...(Array.isArray(before) ? before : [String(before)]), value];
    }
    let stream: http2.ClientHttp2Stream;
    try {
      stream = this.#session.request(headers, { endStream: body === undefined });
    } catch (error) {
      // It was about to close, so that nothing has been sent.
      if (!this.isOpen) throw new Http2Failure("unprocessed", "it closes", { cause: error });
      throw error;
    }
    const exchange = new NodeHttp2Exchange(stream, {
      headEvent: "response",
      method,
      maxHeaderListSize: this.#settings.maxHeaderListSize,
      maxInformational: this.#settings.maxInformational,
      onInformational: request.onInformational,
      failed: (rstCode) => this.#failed(stream, rstCode),
    });
    if (body !== undefined) sendHttp2Body(stream, exchange, body, request);
    return exchange;
  }

  ping(): Promise<void> {
    return new Promise((resolve, reject) => {
      const isSent = !this.#session.destroyed && this.#session.ping((error) => {
        if (error === null || error === undefined) resolve();
        else reject(error);
      });
      if (!isSent) reject(new Http2Failure("broken", "no ping could be sent"));
    });
  }

  close(): void {
    if (!this.#session.destroyed) this.#session.close();
  }

  destroy(error?: Error): void {
    this.#error ??= error;
    if (!this.#session.destroyed) this.#session.destroy(error);
  }

  /** Why a stream ended, or could not be begun. */
  #failed(stream: http2.ClientHttp2Stream, rstCode: number): Http2Failure {
    const { id = Infinity } = stream;
    const isRefused = rstCode === http2.constants.NGHTTP2_REFUSED_STREAM;
    const isAbove = this.#lastStreamId !== undefined && id > this.#lastStreamId;
    const options = this.#error && { cause: this.#error };
    if (isRefused || isAbove) {
      return new Http2Failure("unprocessed", "the server has not processed it", options);
    }
    if (this.#error instanceof Http2Failure) return this.#error;
    if (rstCode === 0 || !this.isOpen) {
      return new Http2Failure("broken", "the connection was lost", options);
    }
    return new Http2Failure(
      "broken",
      `the stream was reset (${codeNames[rstCode] ?? rstCode})`,
      options,
    );
  }

  #take(stream: http2.ClientHttp2Stream, headers: http2.IncomingHttpHeaders, raw: unknown): void {
    const exchange = new NodeHttp2Exchange(stream, {
      headEvent: "push",
      method: headers[":method"] === "HEAD" ? "HEAD" : "GET",
      maxHeaderListSize: this.#settings.maxHeaderListSize,
      maxInformational: this.#settings.maxInformational,
      onInformational: undefined,
      failed: (rstCode) => this.#failed(stream, rstCode),
    });
    if (this.onPromise === undefined) {
      exchange.reset("CANCEL", new Http2Failure("broken", "nobody takes the promise"));
      return;
    }
    const head = {
      method: headers[":method"],
      scheme: headers[":scheme"],
      authority: headers[":authority"],
      path: headers[":path"],
      fields: listFields(raw as FlatFields | undefined, headers),
    };
    this.onPromise(Object.assign(exchange, { head }) as Http2PromisedExchange);
  }

  #count(): void {
    const now = performance.now();
    if (now - this.#windowStart > controlWindow) {
      this.#windowStart = now;
      this.#controlFrames = 0;
    }
    if (++this.#controlFrames !== this.#settings.maxControlFrames + 1) return;
    const failure = new Http2Failure("protocol", "the server floods it with settings or pings");
    this.#error ??= failure;
    // Deno 2.9.6 stands still for good where a session is destroyed while it tells of a ping.
    setTimeout(() => {
      if (this.#session.destroyed) return;
      this.#session.destroy(failure, http2.constants.NGHTTP2_ENHANCE_YOUR_CALM);
    });
  }
}

/** The names of error codes (RFC 9113 section 7), by number. */
const codeNames: readonly string[] = [
  "NO_ERROR",
  "PROTOCOL_ERROR",
  "INTERNAL_ERROR",
  "FLOW_CONTROL_ERROR",
  "SETTINGS_TIMEOUT",
  "STREAM_CLOSED",
  "FRAME_SIZE_ERROR",
  "REFUSED_STREAM",
  "CANCEL",
  "COMPRESSION_ERROR",
  "CONNECT_ERROR",
  "ENHANCE_YOUR_CALM",
  "INADEQUATE_SECURITY",
  "HTTP_1_1_REQUIRED",
];

/** What follows the failure of an attempt is no news. */
function ignore(): void {}
