/**
 * Which calls are the same: a GET of one address with equal header fields and options, those that say
 * who asks among them, so that nobody gets an answer for somebody else.
 *
 * @module
 */

/** What tells calls apart, one text for those that are the same. */
export interface CallKey {
  /** The address. */
  readonly url: string;
  /** Everything that must be equal. */
  readonly text: string;
}

/** Options of a call that change its answer, and must be equal. */
const compared: readonly (keyof RequestInit & keyof Request)[] = [
  "cache",
  "credentials",
  "integrity",
  "keepalive",
  "mode",
  "redirect",
  "referrer",
  "referrerPolicy",
];

/** Options that a call may have besides. */
const others: ReadonlySet<string> = new Set(["method", "headers", "signal", "body", ...compared]);

/** Modes of caches in which a call asks for an answer of its own. */
const fresh: ReadonlySet<unknown> = new Set(["no-store", "no-cache", "reload"]);

/**
 * What a call is the same as; `undefined` for one that is never the same as another.
 *
 * @param ignored names of header fields that make no difference, in lower case
 */
export function callKey(
  input: Request | URL | string,
  init: RequestInit | undefined,
  ignored: ReadonlySet<string>,
): CallKey | undefined {
  if (input instanceof Request) {
    if (init !== undefined || input.method !== "GET" || fresh.has(input.cache)) return undefined;
    return keyOf(input.url, input.headers, input, ignored);
  }
  const url = typeof input === "string" ? input : input.href;
  if (init === undefined) return url.includes("\n") ? undefined : { url, text: url };
  // An option that is not known, as a connection of its own, can make any difference.
  for (const name in init) {
    if (!others.has(name) && init[name as keyof RequestInit] !== undefined) return undefined;
  }
  if (init.body !== undefined && init.body !== null || fresh.has(init.cache)) return undefined;
  const headers = init.headers === undefined ? undefined : new Headers(init.headers);
  return keyOf(url, headers, init, ignored);
}

function keyOf(
  url: string,
  headers: Headers | undefined,
  options: RequestInit | Request,
  ignored: ReadonlySet<string>,
): CallKey | undefined {
  // A line feed ends each part; header fields have none, and what else has one is not compared.
  if (url.includes("\n")) return undefined;
  let text = url;
  for (const name of compared) {
    const value = options[name];
    if (value === undefined) continue;
    if (String(value).includes("\n")) return undefined;
    text += `\n${name}=${value}`;
  }
  headers?.forEach((value, name) => {
    if (!ignored.has(name)) text += `\n${name}:${value}`;
  });
  return { url, text };
}
