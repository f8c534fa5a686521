/**
 * Responses that nobody asked for (RFC 9113 section 8.4), on Node's HTTP/2.
 *
 * @module
 */
import type { ServerHttp2Stream } from "node:http2";
import { markDeparture } from "../../message/broken_body.ts";
import type { PushedRequest, PushStream } from "../../message/connection.ts";
import { deferred } from "../../message/deferred.ts";
import { addHttp2List, noHttp2Fields } from "./fields.ts";
import { breakOff, type Http2Sending, sendHttp2 } from "./sender.ts";
import type { Http2Link, Http2Promise } from "./shared.ts";

/** Error codes (RFC 9113 section 7): of a promise that is broken, and of a body that is. */
const cancelled = 8;
const internalError = 2;

/** A path and query, from the root, without what would end it in a message. */
const target = /^\/[\x21-\x22\x24-\x7e]*$/;

/**
 * Promises a response on the stream of a request, in whose origin it is.
 *
 * @param url the request's
 * @returns `undefined` where the client is gone, or was told to go, or has half as many promises to take
 * as it may have streams.
 * @throws {TypeError} when the request is not one that can be promised.
 */
export function pushHttp2(
  stream: ServerHttp2Stream,
  url: string,
  connection: Http2Link,
  request: PushedRequest,
): PushStream | undefined {
  const { promises, scheme, shared } = connection;
  const { method, path, headers } = request;
  if (method !== "GET" && method !== "HEAD") {
    throw new TypeError(`Cannot push a response to ${String(method)}: only to GET and HEAD`);
  }
  if (!target.test(path)) {
    throw new TypeError("A pushed path begins with a slash, and is encoded as in a URL");
  }
  // A client that takes nothing of what it lets be promised would have it kept for it, and Node counts
  // these streams among those that the client may open.
  if (promises.size >= shared.limits.maxActiveStreams / 2) return undefined;
  const fields = addHttp2List(noHttp2Fields(), headers.filter(([name]) => !name.startsWith(":")));
  delete fields.host;
  fields[":method"] = method;
  fields[":path"] = path;
  fields[":scheme"] = scheme;
  const start = url.indexOf("://") + 3;
  fields[":authority"] = url.slice(start, url.indexOf("/", start));
  const pushed = deferred<ServerHttp2Stream>();
  pushed.promise.catch(() => {});
  const since = shared.clock.now();
  const promise: Http2Promise = { stream: undefined, since, taken: 0, seen: -1, seenAt: since };
  try {
    stream.pushStream(fields, (error, promised) => {
      if (error) {
        promises.delete(promise);
        return pushed.reject(error);
      }
      promise.stream = promised;
      promised.on("error", () => {});
      promised.on("close", () => promises.delete(promise));
      pushed.resolve(promised);
    });
  } catch {
    // Node throws where the connection or the stream has ended meanwhile.
    return undefined;
  }
  promises.add(promise);
  return {
    async respond(response) {
      let promised: ServerHttp2Stream;
      try {
        promised = await pushed.promise;
      } catch (error) {
        await response.body?.cancel();
        throw error instanceof Error ? markDeparture(error) : error;
      }
      const { sendTimeout: patience } = shared.limits;
      const giveUp = (): void => breakOff(promised);
      await answer(
        promised,
        response,
        Object.assign(promise, { isHead: method === "HEAD", patience, giveUp }),
      );
    },
    cancel() {
      pushed.promise.then((promised) => {
        cancelPush(promised);
      }, () => {});
    },
  };
}

/** Gives a promise up that was not kept, or not as a whole. */
export function cancelPush(stream: ServerHttp2Stream): void {
  if (stream.headersSent) breakOff(stream);
  else stream.close(cancelled);
}

/** Settles when the response is sent. */
function answer(
  stream: ServerHttp2Stream,
  response: Response,
  sending: Http2Sending,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const refused = (): void => {
      const error = new Error("The client has refused the pushed response");
      reject(stream.rstCode === internalError ? error : markDeparture(error));
    };
    stream.once("close", () => {
      if (stream.rstCode === 0 && !stream.aborted) resolve();
      else refused();
    });
    if (stream.destroyed) refused();
    sendHttp2(stream, response, sending);
  });
}
