/**
 * Reads the texts and codes by which Deno (2.9.6) and Node (20 to 24, undici) tell why a `fetch`
 * failed. What is not known here is named by what was being done when it happened.
 *
 * @module
 */

/** What a failed call failed at. */
export type FailureKind =
  | "connect"
  | "tls"
  | "http2"
  | "call"
  | "header"
  | "requestBody"
  | "responseStart"
  | "responseHeaders"
  | "responseHeaderSize"
  | "responseBody"
  | "idle"
  | "closed";

/** What failed, and the platform's words for it. */
export interface Failure {
  /** What failed. */
  readonly kind: FailureKind;
  /** Why, in words without the address. */
  readonly reason: string;
}

/** What was being done. */
export interface FailureContext {
  /** Waiting for the response's head, or reading its body. */
  readonly phase: "head" | "body";
  /** Whether the request had a body. */
  readonly hasBody: boolean;
}

/**
 * What a `TypeError` of a platform's `fetch` or of a response's body tells; `undefined` where it is
 * the program's own mistake, as reading a body twice.
 */
export function failureOf(error: TypeError, context: FailureContext): Failure | undefined {
  const causes = causesOf(error);
  for (const { code, message } of causes) {
    const kind = code === undefined ? undefined : kindOfCode(code, message, context);
    if (kind !== undefined) return { kind, reason: reasonOf(kind, message) };
  }
  const { message } = error;
  const cause = causes[0];
  if (context.phase === "body") {
    if (/already|unusable|locked|disturbed/i.test(message)) return undefined;
    return { kind: "responseBody", reason: shorten(cause?.message ?? message) };
  }
  if (cause === undefined || message !== "fetch failed") {
    return isBodyFailure(message)
      ? { kind: "responseBody", reason: message }
      : { kind: kindOfMistake(message), reason: mistake(message) };
  }
  if (mistakesOfNode.has(cause.message)) return { kind: "call", reason: cause.message };
  return denoFailure(cause.message, context);
}

function reasonOf(kind: FailureKind, message: string): string {
  if (kind === "call") return mistake(message);
  return kind === "connect" ? withoutAddress(shorten(message)) : shorten(message);
}

/** Node's `connect ECONNREFUSED 127.0.0.1:80`, or its list of addresses that were attempted. */
function withoutAddress(text: string): string {
  return /^\w+ E[A-Z0-9_]+(?= )/.exec(text)?.[0] ?? text.replace(/ \(attempted .*$/, "");
}

/** Node reports a call that it does not even begin as a failed one. */
const mistakesOfNode: ReadonlySet<string> = new Set([
  "bad port",
  "unknown scheme",
  "not implemented... yet...",
]);

interface Cause {
  readonly code: string | undefined;
  readonly message: string;
}

/** The causes of an error, the nearest first; a few only, because a program can make a circle. */
function causesOf(error: Error): Cause[] {
  const causes: Cause[] = [];
  for (let cause = error.cause; cause instanceof Error && causes.length < 5; cause = cause.cause) {
    const { name, message } = cause;
    const given = "code" in cause && typeof cause.code === "string" ? cause.code : undefined;
    // llhttp's errors have a name in place of a code; a tunnel that was refused has only a text.
    const own = message.startsWith("Proxy response") ? "PROXY" : given;
    causes.push({ message, code: name === "HTTPParserError" ? name : own });
  }
  return causes;
}

const kinds: Readonly<Record<string, FailureKind>> = {
  PROXY: "connect",
  UND_ERR_CONNECT_TIMEOUT: "connect",
  UND_ERR_HEADERS_OVERFLOW: "responseHeaderSize",
  HPE_HEADER_OVERFLOW: "responseHeaderSize",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "responseBody",
  UND_ERR_RES_EXCEEDED_MAX_SIZE: "responseBody",
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: "requestBody",
  UND_ERR_HEADERS_TIMEOUT: "idle",
  UND_ERR_BODY_TIMEOUT: "idle",
  UND_ERR_INVALID_ARG: "call",
  UND_ERR_NOT_SUPPORTED: "call",
  ERR_INVALID_URL: "call",
  UND_ERR_CLOSED: "closed",
  UND_ERR_DESTROYED: "closed",
  // Node fails an assertion at a 101 that nobody asked for.
  ERR_ASSERTION: "responseStart",
  EPROTO: "tls",
  // One of this library's own: a certificate that was revoked.
  SSL: "tls",
  DEPTH_ZERO_SELF_SIGNED_CERT: "tls",
  SELF_SIGNED_CERT_IN_CHAIN: "tls",
  HOSTNAME_MISMATCH: "tls",
  INVALID_CA: "tls",
};

function kindOfCode(
  code: string,
  message: string,
  { phase, hasBody }: FailureContext,
): FailureKind | undefined {
  const kind = Object.hasOwn(kinds, code) ? kinds[code] : undefined;
  if (kind !== undefined) return kind;
  if (/^(?:ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|ERR_OSSL_)/.test(code)) return "tls";
  if (code.startsWith("ERR_HTTP2_")) return "http2";
  if (code.startsWith("Z_") || phase === "body") return "responseBody";
  if (code === "HTTPParserError") {
    return /header|Content-Length|Transfer-Encoding/i.test(message)
      ? "responseHeaders"
      : "responseStart";
  }
  if (code === "UND_ERR_SOCKET") return "responseStart";
  // Also time that ran out, or a route that was lost, under a connection that was there.
  if (code === "EPIPE" || code === "ECONNRESET" || /^(?:read|write) E/.test(message)) {
    return hasBody ? "requestBody" : "responseStart";
  }
  // The system's other codes (ECONNREFUSED, ENOTFOUND, EAI_AGAIN, …) come from connecting.
  return /^E[A-Z0-9]+(?:_[A-Z]+)?$/.test(code) && !code.startsWith("ERR_") ? "connect" : undefined;
}

/** What Deno says while a body is read. */
function isBodyFailure(message: string): boolean {
  return message === "error reading a body from connection" || message === "terminated";
}

function kindOfMistake(message: string): FailureKind {
  return /header|ByteString/i.test(message) ? "header" : "call";
}

/** The platform's words for a mistake of the call, without the address that it may quote. */
function mistake(message: string): string {
  if (/^(?:Invalid URL|Failed to parse URL)/.test(message)) return "its address is no whole URL";
  if (/includes credentials/.test(message)) return "its address has credentials";
  return shorten(message);
}

const clientError = "client error (";

function denoFailure(message: string, { hasBody }: FailureContext): Failure {
  // Before it stands the address, in which no space is left.
  const start = message.indexOf(clientError);
  const end = start === -1 ? -1 : message.indexOf("): ", start);
  const step = end === -1 ? "" : message.slice(start + clientError.length, end);
  const text = end === -1 ? message : message.slice(end + 3);
  const reason = shorten(text);
  if (text.endsWith("NoApplicationProtocol")) return { kind: "http2", reason };
  if (isTls(text)) return { kind: "tls", reason };
  if (isHttp2(text)) return { kind: "http2", reason };
  if (step === "Connect") return { kind: "connect", reason };
  if (step !== "") return { kind: kindOfResponse(text), reason };
  // Without a step it happened to the request's body, be it the program's stream or its sending.
  if (!hasBody) return { kind: "responseStart", reason };
  return { kind: "requestBody", reason: isPlatforms(text) ? reason : "its stream failed" };
}

/** What a stream of the program's own fails with has words that are for the log alone. */
function isPlatforms(text: string): boolean {
  return / \(os error \d+\)$/.test(text) || text === "expected typed ArrayBufferView";
}

function isTls(text: string): boolean {
  return /^(?:invalid peer certificate|received fatal alert|received corrupt message|peer |tls )/
    .test(text) || text.includes("unexpected EOF during handshake");
}

function isHttp2(text: string): boolean {
  return /^(?:connection|stream) error (?:received|detected|sent)|^http2 error/.test(text) ||
    text === "stream closed because of a broken pipe";
}

function kindOfResponse(text: string): FailureKind {
  if (text === "message head is too large") return "responseHeaderSize";
  return /HTTP header|content-length|transfer-encoding/.test(text)
    ? "responseHeaders"
    : "responseStart";
}

/** The platform's words in one line, without the system's number and OpenSSL's place in its code. */
function shorten(text: string): string {
  const [line = ""] = text.split("\n", 1);
  const parts = line.split(":", 7);
  const words = parts[1] === "error" && parts[5]
    ? parts[5]
    : line.replace(/ \(os error \d+\)$/, "");
  return words.slice(0, 200).replace(/\p{Cc}/gu, "\ufffd");
}
