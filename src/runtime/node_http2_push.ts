/**
 * Responses that nobody asked for (RFC 9113 section 8.4), on Node's HTTP/2.
 *
 * @module
 */
import type { ServerHttp2Stream } from "node:http2";
import type { PushedRequest, PushStream } from "../message/connection.ts";
import { deferred } from "../message/deferred.ts";
import { addHttp2List, noHttp2Fields } from "./node_http2_fields.ts";
import { breakOff, sendHttp2 } from "./node_http2_sender.ts";

/** The error code of a promise that is broken. */
const cancelled = 8;

/** A path and query, from the root, without what would end it in a message. */
const target = /^\/[\x21-\x22\x24-\x7e]*$/;

/**
 * Promises a response on the stream of a request, in whose origin it is.
 *
 * @param url the request's
 * @returns `undefined` where the client is gone, or was told to go.
 * @throws {TypeError} when the request is not one that can be promised.
 */
export function pushHttp2(
  stream: ServerHttp2Stream,
  url: string,
  scheme: string,
  request: PushedRequest,
): PushStream | undefined {
  const { method, path, headers } = request;
  if (method !== "GET" && method !== "HEAD") {
    throw new TypeError(`Cannot push a response to ${String(method)}: only to GET and HEAD`);
  }
  if (!target.test(path)) {
    throw new TypeError("A pushed path begins with a slash, and is encoded as in a URL");
  }
  const fields = addHttp2List(noHttp2Fields(), headers.filter(([name]) => !name.startsWith(":")));
  delete fields.host;
  fields[":method"] = method;
  fields[":path"] = path;
  fields[":scheme"] = scheme;
  const start = url.indexOf("://") + 3;
  fields[":authority"] = url.slice(start, url.indexOf("/", start));
  const pushed = deferred<ServerHttp2Stream>();
  pushed.promise.catch(() => {});
  try {
    stream.pushStream(fields, (error, promised) => {
      if (error) return pushed.reject(error);
      promised.on("error", () => {});
      pushed.resolve(promised);
    });
  } catch {
    // Node throws where the connection or the stream has ended meanwhile.
    return undefined;
  }
  return {
    async respond(response) {
      let promised: ServerHttp2Stream;
      try {
        promised = await pushed.promise;
      } catch (error) {
        await response.body?.cancel();
        throw error;
      }
      await answer(promised, response, method === "HEAD");
    },
    cancel() {
      pushed.promise.then((promised) => {
        if (promised.headersSent) breakOff(promised);
        else promised.close(cancelled);
      }, () => {});
    },
  };
}

/** Settles when the response is sent. */
function answer(stream: ServerHttp2Stream, response: Response, isHead: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const refused = (): void => reject(new Error("The client has refused the pushed response"));
    stream.once("close", () => {
      if (stream.rstCode === 0 && !stream.aborted) resolve();
      else refused();
    });
    if (stream.destroyed) refused();
    sendHttp2(stream, response, { isHead, giveUp: () => breakOff(stream) });
  });
}
