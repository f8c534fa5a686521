/**
 * Which origins are allowed: what a config lists, checked and compiled, and what was decided so
 * far.
 *
 * An `Origin` field is one serialized origin, or several with spaces between them (RFC 6454 section
 * 7); a list is allowed where each of its members is. Anything else is refused before a pattern or
 * a function is asked. Decisions that cannot change are kept, a bounded number of them, because a
 * client chooses what it sends.
 *
 * @module
 */
import type { CorsOrigin, CorsOriginPredicate } from "./cors_config.ts";

/** The longest `Origin` field that is read: a host name has at most 253 characters. */
export const maxOriginLength = 512;

/** How many decisions are kept beside those on listed origins. */
export const maxDecisions = 256;

const refused = "";

/** The allowed origins of one config. */
export class CorsOrigins {
  /** Whether every origin is allowed. */
  readonly any: boolean;
  readonly #listed = new Set<string>();
  readonly #patterns: readonly RegExp[];
  readonly #predicates: readonly CorsOriginPredicate[];
  /** What is answered to an origin, by the field as it was sent. */
  readonly #decided = new Map<string, string>();

  /**
   * Compiles a list.
   *
   * @throws {TypeError} when it is empty, or one of its members can match no origin that a browser
   * sends, or more of them than it seems to.
   */
  constructor(origins: readonly CorsOrigin[]) {
    if (!Array.isArray(origins)) {
      throw new TypeError("Cannot read allowOrigins: give a list of origins");
    }
    if (origins.length === 0) {
      throw new TypeError('Cannot allow no origin: list one in allowOrigins, or "*" for all');
    }
    for (const origin of origins) {
      if (typeof origin === "string") this.#listed.add(configuredOrigin(origin.trim()));
    }
    this.any = this.#listed.delete("*");
    this.#patterns = origins.filter((origin) => origin instanceof RegExp).map(wholeOrigin);
    this.#predicates = origins.filter((origin) => typeof origin === "function");
    if (origins.some((origin) => !isOrigin(origin))) {
      throw new TypeError(
        "Cannot read allowOrigins: its members are texts, patterns and functions",
      );
    }
    this.#forget();
  }

  /**
   * What to answer as `Access-Control-Allow-Origin`; `undefined` where an origin is refused.
   *
   * @throws {TypeError} when a function of the config answers anything but `true` or `false`.
   */
  answer(origin: string, request: Request): string | undefined {
    const decided = this.#decided.get(origin) ?? this.#decide(origin, request);
    return decided === refused ? undefined : decided;
  }

  #decide(origin: string, request: Request): string {
    if (origin.length > maxOriginLength) return refused;
    if (origin === "null") return this.any ? "*" : refused;
    const members = origin.split(" ");
    let isFinal = true;
    for (const member of members) {
      if (!serializedOrigin.test(member)) return this.#keep(origin, refused);
      if (this.#isListed(member)) continue;
      isFinal = this.#predicates.length === 0;
      if (this.#isAccepted(member, request)) continue;
      return isFinal ? this.#keep(origin, refused) : refused;
    }
    return isFinal ? this.#keep(origin, origin) : origin;
  }

  #isListed(origin: string): boolean {
    return this.any || this.#listed.has(origin) ||
      this.#patterns.some((pattern) => pattern.test(origin));
  }

  #isAccepted(origin: string, request: Request): boolean {
    return this.#predicates.some((accepts) => {
      const answer: unknown = accepts(origin, request);
      if (typeof answer === "boolean") return answer;
      throw new TypeError(
        "Cannot decide about an origin: a function in allowOrigins answers true or false",
      );
    });
  }

  #keep(origin: string, answer: string): string {
    if (this.#decided.size >= this.#listed.size + maxDecisions) this.#forget();
    this.#decided.set(origin, answer);
    return answer;
  }

  #forget(): void {
    this.#decided.clear();
    for (const origin of this.#listed) this.#decided.set(origin, origin);
  }
}

/**
 * `scheme://host` with an optional port. No two neighbours share a character, so a text is read
 * once.
 */
const serializedOrigin =
  /^[A-Za-z][A-Za-z0-9+.-]*:\/\/(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$/;

function isOrigin(origin: unknown): boolean {
  return typeof origin === "string" || typeof origin === "function" || origin instanceof RegExp;
}

/** An origin of a config, if it is one that a browser can send. */
function configuredOrigin(origin: string): string {
  if (origin === "*" || origin === "null") return origin;
  const sent = serializedOrigin.test(origin) ? asBrowsersSend(origin) : undefined;
  if (sent === origin) return origin;
  throw new TypeError(
    `Cannot allow the origin "${origin}": ` +
      (sent === undefined
        ? 'give scheme://host or scheme://host:port and nothing after it, as "https://app.example"'
        : `browsers send "${sent}", list that`),
  );
}

/** An origin with its host in lower case and without a default port. */
function asBrowsersSend(origin: string): string | undefined {
  const url = URL.parse(origin);
  if (url === null) return undefined;
  if (url.origin !== "null") return url.origin;
  // The host of a scheme that URL does not know is opaque: only the scheme has one spelling.
  return url.protocol + origin.slice(url.protocol.length);
}

/**
 * A pattern that matches the whole of an origin or nothing. Anchors in the pattern alone would not
 * do: in `^a|b$` they hold one alternative each.
 */
function wholeOrigin(pattern: RegExp): RegExp {
  const { source, flags } = pattern;
  if (pattern.global || pattern.sticky) {
    throw new TypeError(
      `Cannot allow origins by ${pattern}: a pattern with flag g or y remembers where it stopped, leave the flag out`,
    );
  }
  if (!source.startsWith("^") || !source.endsWith("$")) {
    throw new TypeError(
      `Cannot allow origins by ${pattern}: begin the pattern with ^ and end it with $, or it matches parts of origins`,
    );
  }
  return new RegExp(`^(?:${source})$`, flags);
}
