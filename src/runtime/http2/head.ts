/**
 * The head of a request over HTTP/2 (RFC 9113 section 8.3): its pseudo-header fields made a method
 * and a URL, and everything else a list of fields as HTTP/1.1 would have sent it.
 *
 * What nghttp2 sees to already is not looked at again: the order and number of pseudo-header fields,
 * names in upper case, fields of a connection, and values with control characters.
 *
 * @module
 */

/** What a request's head may be. */
export interface Http2HeadLimits {
  /** Bytes of names and values. */
  readonly maxHeaderSize: number;
  /** Header fields; the crumbs of a cookie are one (section 8.2.3). */
  readonly maxHeaderCount: number;
}

/** A head that is in order. */
export interface Http2Head {
  /** The method. */
  readonly method: string;
  /** The whole URL. */
  readonly url: string;
  /** Names and values in turn, `host` among them. */
  readonly fields: readonly string[];
}

/** The statuses that a head can be refused with. */
export type RefusedHead = 400 | 431 | 501;

/** A host as a URL has it, with a port or without: no user, and nothing that would end it. */
const authorityForm = /^(?:[\w\-.~!$&'()*+,;=%]+|\[[\da-f:.]+\])(?::\d{0,5})?$/i;

/**
 * Reads a head.
 *
 * @param raw names and values in turn, as they were sent
 * @returns the status it is refused with, where it is.
 */
export function readHttp2Head(
  raw: readonly string[],
  scheme: "http" | "https",
  limits: Http2HeadLimits,
): Http2Head | RefusedHead {
  let method = "";
  let path = "";
  let authority: string | undefined;
  let host: string | undefined;
  let cookie: string | undefined;
  let size = 0;
  const fields: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] as string;
    const value = raw[index + 1] as string;
    size += name.length + value.length + 4;
    if (name.charCodeAt(0) === colon) {
      if (name === ":method") method = value;
      else if (name === ":path") path = value;
      else if (name === ":authority") authority = value;
      else if (name === ":protocol") return 501;
    } else if (name === "cookie") {
      cookie = cookie === undefined ? value : `${cookie}; ${value}`;
    } else if (name === "host") {
      if (host !== undefined) return 400;
      host = value;
    } else {
      fields.push(name, value);
    }
  }
  if (cookie !== undefined) fields.push("cookie", cookie);
  if (size > limits.maxHeaderSize || fields.length > 2 * limits.maxHeaderCount) return 431;
  // A tunnel is what the method asks for, and this is no proxy.
  if (method === "CONNECT") return 501;
  if (authority !== undefined && host !== undefined && authority !== host) return 400;
  const name = authority ?? host;
  if (name === undefined || !authorityForm.test(name)) return 400;
  if (path.charCodeAt(0) !== slash && !(path === "*" && method === "OPTIONS")) return 400;
  fields.push("host", name);
  return { method, url: `${scheme}://${name}${path === "*" ? "/*" : path}`, fields };
}

const colon = 58;
const slash = 47;
