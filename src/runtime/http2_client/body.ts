/**
 * Sends the body of a request over `node:http2`, as fast as the server takes it and no faster, and
 * where the request asks for it only once the server says that it wants it (RFC 9110 section 10.1.1).
 *
 * @module
 */
import type { ClientHttp2Stream } from "node:http2";
import { Http2Failure, type Http2Request } from "../http2_connection.ts";
import type { NodeHttp2Exchange } from "./exchange.ts";

/**
 * Sends a body; what goes wrong is told by the exchange.
 */
export function sendHttp2Body(
  stream: ClientHttp2Stream,
  exchange: NodeHttp2Exchange,
  body: Uint8Array | ReadableStream<Uint8Array>,
  { bodyLength, continueTimeout }: Pick<Http2Request, "bodyLength" | "continueTimeout">,
): void {
  const send = (): void => {
    if (body instanceof Uint8Array) stream.end(body);
    else pump(stream, exchange, body, bodyLength);
  };
  if (continueTimeout === undefined) return send();
  // Servers that do not know the expectation say nothing: then the body is sent in the end.
  const timer = setTimeout(() => decide(false), continueTimeout);
  const decide = (isRefused: boolean): void => {
    clearTimeout(timer);
    exchange.onContinue = undefined;
    stream.off("close", onClose);
    if (!isRefused) send();
    else if (!(body instanceof Uint8Array)) body.cancel().catch(() => {});
  };
  const onClose = (): void => decide(true);
  stream.once("close", onClose);
  exchange.onContinue = decide;
}

async function pump(
  stream: ClientHttp2Stream,
  exchange: NodeHttp2Exchange,
  body: ReadableStream<Uint8Array>,
  length: number | undefined,
): Promise<void> {
  let reader: ReadableStreamDefaultReader<Uint8Array>;
  try {
    reader = body.getReader();
  } catch (error) {
    return fail(exchange, error);
  }
  let missing = length ?? Infinity;
  let isGone = false;
  let drained: (() => void) | undefined;
  stream.on("drain", () => drained?.());
  stream.once("close", () => {
    isGone = true;
    drained?.();
    // Does nothing where all of it was read.
    reader.cancel(new Error("The server takes no more of the body")).catch(() => {});
  });
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (isGone) return;
      if (done && length !== undefined && missing > 0) throw otherLength();
      if (done) return void stream.end();
      if (!(value instanceof Uint8Array)) throw new TypeError("A body is made of Uint8Array");
      missing -= value.length;
      if (missing < 0) throw otherLength();
      if (!stream.write(value)) await new Promise<void>((resolve) => drained = resolve);
    }
  } catch (error) {
    fail(exchange, error);
    // Where it was not the stream that failed, it has more that nobody wants.
    reader.cancel(error).catch(() => {});
  }
}

function otherLength(): TypeError {
  return new TypeError("The body has another length than its Content-Length says");
}

function fail(exchange: NodeHttp2Exchange, error: unknown): void {
  exchange.reset(
    "CANCEL",
    new Http2Failure("requestBody", "its stream failed", { cause: error }),
  );
}
