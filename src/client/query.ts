/**
 * Query parameters of a call, from a record to text (RFC 3986 section 3.4; spec 2.4.2.3).
 *
 * @module
 */
import { InitializingOutboundRequestError } from "../message/client_errors.ts";

/** The value of a query parameter; one that is `null` or `undefined` is not sent. */
export type QueryValue = string | number | bigint | boolean | null | undefined;

/** Query parameters by name. */
export type QueryParams =
  | URLSearchParams
  | Readonly<Record<string, QueryValue | readonly QueryValue[]>>;

/** How the values of a list are sent: `a=1,2` or `a=1&a=2`. */
export type QueryListStyle = "comma" | "repeat";

/**
 * The text of query parameters, without a `?`; empty where there are none.
 *
 * Names and values are percent-encoded, a space as `%20`; a comma within a value is encoded, so that
 * it does not look like one between two.
 *
 * @throws {InitializingOutboundRequestError} when a value is no text, number or boolean, or has half a
 * surrogate pair.
 */
export function encodeQuery(params: QueryParams, lists: QueryListStyle): string {
  if (params instanceof URLSearchParams) return params.toString();
  if (typeof params !== "object" || params === null || Symbol.iterator in params) {
    throw new InitializingOutboundRequestError(
      "Cannot send the query: pass a record of its parameters, or URLSearchParams",
    );
  }
  let text = "";
  for (const name of Object.keys(params)) {
    const value = params[name];
    if (value === undefined || value === null) continue;
    if (typeof value !== "object") {
      text += pair(text, name, encode(name, value));
      continue;
    }
    const items = itemsOf(name, value);
    if (items.length === 0) continue;
    if (lists === "comma") text += pair(text, name, items.join(","));
    else if (lists === "repeat") { for (const item of items) text += pair(text, name, item); }
    else throw new TypeError(`A call needs "comma" or "repeat" for queryLists`);
  }
  return text;
}

function pair(before: string, name: string, value: string): string {
  return `${before === "" ? "" : "&"}${encode(name, name)}=${value}`;
}

function itemsOf(name: string, value: unknown): string[] {
  if (!Array.isArray(value)) throw unfit(name, value);
  return value.filter((item) => item !== undefined && item !== null)
    .map((item) => encode(name, item));
}

function encode(name: string, value: unknown): string {
  switch (typeof value) {
    case "string":
    case "number":
    case "bigint":
    case "boolean":
      try {
        return encodeURIComponent(String(value));
      } catch (cause) {
        throw unfit(name, "half a surrogate pair", cause);
      }
    default:
      throw unfit(name, value);
  }
}

function unfit(name: string, value: unknown, cause?: unknown): Error {
  const what = typeof value === "string" ? value : typeof value;
  return new InitializingOutboundRequestError(
    `Cannot send query parameter "${
      name.slice(0, 40)
    }": it is ${what}, pass text, a number, a boolean or a list of them`,
    cause === undefined ? undefined : { cause },
  );
}

/** A path with the query parameters of a call behind its own. */
export function withQuery(
  path: string,
  { query, queryLists }: { readonly query?: QueryParams; readonly queryLists?: QueryListStyle },
  lists: QueryListStyle,
): string {
  if (query === undefined) return path;
  const text = encodeQuery(query, queryLists ?? lists);
  if (text === "") return path;
  const hash = path.indexOf("#");
  const before = hash === -1 ? path : path.slice(0, hash);
  return `${before}${separatorBehind(before)}${text}${hash === -1 ? "" : path.slice(hash)}`;
}

function separatorBehind(path: string): string {
  if (!path.includes("?")) return "?";
  return path.endsWith("?") || path.endsWith("&") ? "" : "&";
}
