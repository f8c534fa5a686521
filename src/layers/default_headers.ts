/**
 * Header fields that every call has unless it says otherwise (spec 2.4: the client's `headers`).
 *
 * Credentials among them are for the servers they were made for: name those in `origins`, and no
 * other server sees the fields. Fields that are about one connection or one body are none to send
 * with every call.
 *
 * @module
 */
import { callHeaders, withHeaders } from "../message/call_headers.ts";
import type { Layer } from "../message/fetch.ts";
import { isToken } from "../message/header_value.ts";
import { checkOptions, ownOptions } from "../message/options.ts";

/** The value of a field; a list is sent as several fields of the name. */
export type DefaultHeaderValue =
  | string
  | number
  | boolean
  | readonly (string | number | boolean)[];

/** Fields by name, or anything that `Headers` takes. */
export type DefaultHeaderFields = HeadersInit | Readonly<Record<string, DefaultHeaderValue>>;

/** Options of {@linkcode defaultHeaders}. */
export interface DefaultHeadersOptions {
  /**
   * The origins whose servers get the fields, as `https://api.example.com`. A call to another origin,
   * or to an address without one, is passed on as it is.
   *
   * @default every origin
   */
  readonly origins?: readonly string[];
}

const known: Readonly<Record<keyof DefaultHeadersOptions, true>> = { origins: true };

/** Fields of one connection or one body, which the transport writes. */
const ofTransport: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Adds header fields to calls that do not have them.
 *
 * A `Content-Type` is added only to a call with a body that does not say its own type: text, bytes or
 * a stream, but not a form.
 *
 * @throws {TypeError} when a name is no token or is one that the transport writes, a value has
 * control characters or others that no field can have, or an origin is none; the message has the
 * name of the field and not its value.
 *
 * @example
 * ```ts
 * import { defaultHeaders, stack } from "@pirouette/http/layers";
 *
 * const token = "secret";
 * const api = stack(
 *   fetch,
 *   defaultHeaders({ "user-agent": "albums/1.0", accept: ["application/json", "text/plain"] }),
 *   defaultHeaders({ authorization: `Bearer ${token}` }, { origins: ["https://api.example.com"] }),
 * );
 * ```
 */
export function defaultHeaders(
  fields: DefaultHeaderFields,
  options: DefaultHeadersOptions = {},
): Layer {
  checkOptions("defaultHeaders", options, known);
  const covers = coverage(ownOptions(options).origins);
  const defaults = [...readFields(fields)];
  const hasType = defaults.some(([name]) => name === "content-type");
  // For calls without fields of their own. Frozen, as all of them are handed this one.
  const pairs = Object.freeze(
    defaults.map(([name, value]) => Object.freeze<[string, string]>([name, value])),
  ) as [string, string][];
  return (next) => (input, init) => {
    if (!covers(input)) return next(input, init);
    if (!hasType && init?.headers === undefined && !(input instanceof Request)) {
      return next(input, { ...init, headers: pairs });
    }
    const headers = callHeaders(input, init);
    const count = addMissing(headers, defaults, hasType && takesType(input, init));
    return count === 0 ? next(input, init) : withHeaders(next, headers, input, init);
  };
}

function addMissing(
  headers: Headers,
  defaults: readonly (readonly [string, string])[],
  takesType: boolean,
): number {
  let count = 0;
  for (const [name, value] of defaults) {
    if (headers.has(name) || (name === "content-type" && !takesType)) continue;
    headers.set(name, value);
    count++;
  }
  return count;
}

/** Whether a call has a body whose type the platform does not know better. */
function takesType(input: Request | URL | string, init?: RequestInit): boolean {
  const body = init?.body ?? (input instanceof Request ? input.body : null);
  if (body === null || body instanceof FormData || body instanceof URLSearchParams) return false;
  return !(body instanceof Blob) || body.type === "";
}

/** Whether the fields are for a call; the prefix spares most calls the parsing of their address. */
function coverage(
  origins: readonly string[] | undefined,
): (input: Request | URL | string) => boolean {
  if (origins === undefined) return () => true;
  if (!Array.isArray(origins) || origins.length === 0) {
    throw new TypeError(
      "defaultHeaders needs a list with an origin for origins, or no origins for all",
    );
  }
  for (const origin of origins) {
    if (URL.parse(origin)?.origin !== origin) {
      throw new TypeError(
        `defaultHeaders cannot match origin "${
          String(origin).slice(0, 60)
        }": write scheme, host and port only, as "https://api.example.com"`,
      );
    }
  }
  const listed = new Set(origins);
  const prefixes = [...listed].map((origin) => `${origin}/`);
  return (input) => {
    const address = input instanceof Request ? input.url : input;
    if (address instanceof URL) return listed.has(address.origin);
    if (prefixes.some((prefix) => address.startsWith(prefix))) return true;
    const origin = URL.parse(address)?.origin;
    return origin !== undefined && listed.has(origin);
  };
}

function readFields(fields: DefaultHeaderFields): Headers {
  const headers = new Headers();
  const entries: Iterable<readonly [string, unknown]> = Symbol.iterator in fields
    ? fields as Iterable<readonly [string, string]>
    : Object.entries(fields);
  for (const [name, value] of entries) {
    const shown = String(name).slice(0, 60).replace(/\p{Cc}/gu, "\ufffd");
    if (!isToken(name)) {
      throw new TypeError(`defaultHeaders cannot send "${shown}": it is no name of a field`);
    }
    if (ofTransport.has(name.toLowerCase())) {
      throw new TypeError(
        `defaultHeaders cannot send ${shown} with every call: leave it to the transport`,
      );
    }
    for (const item of Array.isArray(value) ? value : [value]) append(headers, name, item);
  }
  return headers;
}

function append(headers: Headers, name: string, value: unknown): void {
  const isText = typeof value === "string" || typeof value === "number" ||
    typeof value === "boolean";
  const text = isText ? String(value) : "\0";
  // The platform's own error would tell the value, which may be a secret.
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(text)) {
    throw new TypeError(
      `defaultHeaders cannot send the value of ${name}: use text in Latin-1 without control characters, a number, a boolean, or a list of them`,
    );
  }
  headers.append(name, text);
}
