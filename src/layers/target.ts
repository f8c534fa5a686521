/**
 * The targets of failover and load balance (spec 2.4.1.7, 2.4.1.8: `TargetService`): base addresses of
 * services that all answer the same calls, and what a call's address is at each of them.
 *
 * A call is sent to a listed target and nowhere else, so that credentials reach only whom the program
 * named.
 *
 * @module
 */
import { InitializingOutboundRequestError } from "../message/client_errors.ts";
import type { Fetch } from "../message/fetch.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import { shorten } from "../message/payload_failure.ts";

/** A service that can answer a call. */
export interface Target {
  /** Its base address: an http or https URL without credentials, query and fragment. */
  readonly url: string | URL;
  /**
   * What calls to it go through, as one with its own TLS settings.
   *
   * @default the fetch that the layer is put around
   */
  readonly fetch?: Fetch;
  /**
   * Its share of the calls, compared with that of the others: any number above 0.
   *
   * @default 1
   */
  readonly weight?: number;
}

const known: Readonly<Record<keyof Target, true>> = { url: true, fetch: true, weight: true };

/** A target as it is used. */
export interface ResolvedTarget {
  /** Its place in the list, from 0. */
  readonly index: number;
  /** Its base address, without a slash at its end. */
  readonly url: string;
  /** What calls to it go through, if it has its own. */
  readonly fetch: Fetch | undefined;
  /** Its share of the calls. */
  readonly weight: number;
}

const slash = 0x2f;
const questionMark = 0x3f;
const hash = 0x23;

/** A list of targets that stand for each other. */
export class TargetList {
  /** The targets, in their order. */
  readonly targets: readonly ResolvedTarget[];
  /** The addresses that calls may begin with: that of the program first, then the longest. */
  readonly #bases: readonly string[];

  /**
   * Reads a list.
   *
   * @param subject whose option the list is, for messages
   * @param base an address that calls name in place of a target's
   * @throws {TypeError} when the list is empty or a target is malformed.
   * @throws {RangeError} when a weight is not above 0.
   */
  constructor(subject: string, list: readonly (Target | string | URL)[], base?: string | URL) {
    if (!Array.isArray(list) || list.length === 0) {
      throw new TypeError(`${subject} needs a list of targets, as ["https://one.example"]`);
    }
    this.targets = list.map((target, index) => resolve(subject, target, index));
    const own = this.targets.map(({ url }) => url)
      .toSorted((one, other) => other.length - one.length);
    this.#bases = base === undefined ? own : [baseOf(subject, "base", base), ...own];
  }

  /**
   * What a call's address has below the base address: a path, a query, or nothing.
   *
   * @param input a path that begins with `/` or a query, or a URL below the address of a target or `base`
   * @throws {InitializingOutboundRequestError} when it is anything else, or leads out of its base by
   * `..`.
   */
  pathOf(input: Request | URL | string): string {
    const text = typeof input === "string" ? input : input instanceof URL ? input.href : input.url;
    const first = text.charCodeAt(0);
    if (text === "" || first === slash || first === questionMark || first === hash) return text;
    for (const base of this.#bases) {
      if (!text.startsWith(base)) continue;
      const path = text.slice(base.length);
      const next = path.charCodeAt(0);
      if (path === "" || next === slash || next === questionMark || next === hash) return path;
    }
    // The same address can be written in several ways.
    const canonical = URL.parse(text)?.href;
    if (canonical !== undefined && canonical !== text) return this.pathOf(canonical);
    throw new InitializingOutboundRequestError(
      `Cannot send "${
        withoutSecrets(text)
      }" to a target: it is below none of them, set base to what it is below`,
    );
  }
}

/**
 * The address of a call at a target.
 *
 * @throws {InitializingOutboundRequestError} when it leads out of the target's base by `..`.
 */
export function targetUrl({ url }: ResolvedTarget, path: string): string {
  const whole = url + path;
  if (mayClimb(path)) refuseClimbing(url, whole);
  return whole;
}

function refuseClimbing(base: string, whole: string): void {
  const { pathname } = new URL(base);
  if (pathname === "/" || `${new URL(whole).pathname}/`.startsWith(`${pathname}/`)) return;
  throw new InitializingOutboundRequestError(
    `Cannot send "${
      withoutSecrets(whole)
    }" to a target: it leads out of ${pathname}, take out ".."`,
  );
}

/** Tabs and line breaks are dropped by the URL parser, so that they can hide dots. */
function mayClimb(path: string): boolean {
  // deno-lint-ignore no-control-regex -- they are what is looked for
  return path.includes("..") || /%2e|[\0-\x1f]/i.test(path);
}

function resolve(subject: string, target: Target | string | URL, index: number): ResolvedTarget {
  const isAddress = typeof target === "string" || target instanceof URL;
  if (!isAddress) {
    if (typeof target !== "object" || target === null) {
      throw new TypeError(`${subject} needs an address or { url } as target ${index}`);
    }
    checkOptions(`A target of ${subject}`, target, known);
  }
  const { url, fetch, weight = 1 }: Target = ownOptions(
    isAddress ? { url: target } : target,
  );
  if (fetch !== undefined && typeof fetch !== "function") {
    throw new TypeError(`${subject} needs a function as fetch of target ${index}`);
  }
  if (typeof weight !== "number" || !(weight > 0 && weight < Infinity)) {
    throw new RangeError(`${subject} needs a weight above 0 for target ${index}, not ${weight}`);
  }
  return { index, url: baseOf(subject, `target ${index}`, url), fetch, weight };
}

function baseOf(subject: string, name: string, given: string | URL): string {
  const url = URL.parse(String(given));
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new TypeError(`${subject} needs a whole http or https URL as ${name}`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new TypeError(`${subject} takes no user name in ${name}: send it as a header field`);
  }
  if (url.search !== "" || url.hash !== "") {
    throw new TypeError(`${subject} takes no query or fragment in ${name}: leave it out`);
  }
  return url.origin + (url.pathname.endsWith("/") ? url.pathname.slice(0, -1) : url.pathname);
}

/** Errors are told to others: a user name, a password and a query may be secrets. */
function withoutSecrets(text: string): string {
  const end = text.search(/[?#]/);
  const address = end === -1 ? text : text.slice(0, end);
  return shorten(address.slice(address.lastIndexOf("@") + 1));
}
