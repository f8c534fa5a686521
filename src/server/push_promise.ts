/**
 * A response that a server announces before it is asked for (spec section 10.1.1; RFC 9113 section
 * 8.4): the head of the request that it will answer.
 *
 * The original pushes to any method; a client has to refuse what is not safe, cacheable and without a
 * body, so that there are `GET` and `HEAD` only.
 *
 * @module
 */
import type { FieldList } from "../message/connection.ts";
import { checkOptions } from "../message/options.ts";
import { isFieldValue } from "./sendable.ts";

/** What a promise says besides its path. */
export interface PushPromiseOptions {
  /**
   * The method of the request that is answered.
   *
   * @default "GET"
   */
  readonly method?: "GET" | "HEAD";
  /**
   * The header fields of that request, as those that the response varies by.
   *
   * @default none
   */
  readonly headers?: HeadersInit;
}

const known: Readonly<Record<keyof PushPromiseOptions, true>> = { method: true, headers: true };

/** Fields of a connection, and of a body that there is none of. */
const unsendable: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * A response that is announced; see `caller.promise`.
 *
 * @example
 * ```ts
 * import { get, PushPromise } from "@pirouette/http";
 *
 * const page = get("/", async ({ caller }) => {
 *   const style = new PushPromise("/style.css");
 *   if (caller.promise(style)) {
 *     await caller.respond("<link rel=stylesheet href=/style.css>");
 *     await caller.pushPromisedResponse(style, "body { margin: 0 }");
 *   }
 *   return "<link rel=stylesheet href=/style.css>";
 * });
 * ```
 */
export class PushPromise {
  /** The path and query of the request that is answered, as they are sent. */
  readonly path: string;
  /** The method of that request. */
  readonly method: "GET" | "HEAD";
  /** The header fields of that request. */
  readonly headers: Headers;

  /**
   * Describes what is announced.
   *
   * @param path a path from the root, with its query
   * @throws {TypeError} when the path is none, the method neither `GET` nor `HEAD`, or an option is not
   * known.
   */
  constructor(path = "/", options: PushPromiseOptions = {}) {
    checkOptions("PushPromise", options, known);
    const { method = "GET", headers } = options;
    if (method !== "GET" && method !== "HEAD") {
      throw new TypeError(
        `PushPromise has the method "${String(method)}": a client takes "GET" and "HEAD" only`,
      );
    }
    this.path = pathOf(path);
    this.method = method;
    this.headers = new Headers(headers);
  }
}

/**
 * The header fields of a promise as a transport takes them.
 *
 * @throws {TypeError} when there is one that cannot be sent there.
 */
export function fieldsOf(promise: PushPromise): FieldList {
  const fields: [string, string][] = [];
  promise.headers.forEach((value, name) => {
    if (unsendable.has(name)) {
      throw new TypeError(`PushPromise has the header field "${name}", which no promise can have`);
    }
    if (!isFieldValue(value)) {
      throw new TypeError(`PushPromise has a control character in the header field "${name}"`);
    }
    fields.push([name, value]);
  });
  return fields;
}

/** The path as it stands in a URL: encoded, without dots to climb by. */
function pathOf(path: string): string {
  const url = typeof path === "string" && path.startsWith("/") && !path.startsWith("//")
    ? URL.parse(path, "http://origin.invalid")
    : null;
  if (url === null || url.host !== "origin.invalid" || url.hash !== "") {
    throw new TypeError(`PushPromise needs a path that begins with one "/", not "${String(path)}"`);
  }
  return url.pathname + url.search;
}
