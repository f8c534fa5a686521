/**
 * The address that a client's calls are relative to, and the only place they go to unless the program
 * says otherwise: a call that names another origin is refused, so that what somebody else sent as a
 * path or a link cannot make this program ask its own network (server-side request forgery).
 *
 * @module
 */
import { InitializingOutboundRequestError } from "../message/client_errors.ts";
import { shorten } from "../message/payload_failure.ts";

const slash = 0x2f;
const questionMark = 0x3f;
const hash = 0x23;

/** The address that calls are relative to. */
export class BaseURL {
  /** The scheme, host and port, as `https://api.example.com`. */
  readonly origin: string;
  /** The whole address, without a slash at its end. */
  readonly href: string;
  /** The path without a slash at its end; empty for the root. */
  readonly #pathname: string;
  /** Whether it was given with a slash at its end, so that a path may go on without one. */
  readonly #isOpen: boolean;
  /** Other origins that calls may name; `undefined` for all. */
  readonly #origins: ReadonlySet<string> | undefined;

  /**
   * Reads an address.
   *
   * @param origins other origins that calls may name by absolute URLs; `["*"]` for all
   * @param scheme that of an address without one
   * @throws {InitializingOutboundRequestError} when it is no http or https URL, or has credentials, a
   * query or a fragment.
   * @throws {TypeError} when one of `origins` is no origin.
   */
  constructor(
    url: string | URL,
    origins: readonly string[] = [],
    scheme: "http" | "https" = "http",
  ) {
    const parsed = parseBase(String(url), scheme);
    // As the original has it, several slashes are one.
    const pathname = parsed.pathname.replace(/\/{2,}/g, "/");
    this.#isOpen = pathname !== "/" ? pathname.endsWith("/") : /[/\\]\s*$/.test(String(url));
    this.#pathname = pathname.replace(/\/$/, "");
    this.origin = parsed.origin;
    this.href = this.origin + this.#pathname;
    this.#origins = origins.includes("*") ? undefined : new Set(origins.map(readOrigin));
  }

  /** Whether an absolute URL is of the same origin. */
  isOwn(url: string): boolean {
    return url.startsWith(this.origin) && url.charCodeAt(this.origin.length) === slash;
  }

  /**
   * The absolute URL of what a call names: a path below this address, which begins with `/`, `?` or
   * `#`, or an absolute URL of this origin or one that may be named. In a path several slashes are one,
   * but for those of a URL in it, and spaces at the end are none.
   *
   * @throws {InitializingOutboundRequestError} when it is anything else, leads out of this address by
   * `..`, or has a control character.
   */
  resolve(target: string): string {
    // The URL parser drops tabs and line breaks without a word.
    // deno-lint-ignore no-control-regex -- they are what is looked for
    if (/[\0-\x1f\x7f]/.test(target)) {
      throw malformed(target.replace(/\p{Cc}/gu, "\ufffd"), "take out control characters");
    }
    const first = target.charCodeAt(0);
    if (first === slash) return this.#join(target);
    if (target === "") return this.#isOpen ? `${this.href}/` : this.href;
    if (first === questionMark || first === hash) {
      return this.#join(this.#isOpen ? `/${target}` : target);
    }
    if (this.#isOpen && !/^[a-z][a-z0-9+.-]*:/i.test(target)) return this.#join(`/${target}`);
    this.check(target);
    return target;
  }

  /**
   * Refuses an absolute URL that a call may not name.
   *
   * @throws {InitializingOutboundRequestError} when it is no http or https URL without credentials, or
   * of an origin that may not be named.
   */
  check(url: string): void {
    if (this.isOwn(url)) return;
    const parsed = URL.parse(url);
    if (parsed === null || !isHttp(parsed)) {
      throw malformed(url, `begin a path with "/", or name an http or https URL`);
    }
    if (hasCredentials(parsed)) throw malformed(parsed.origin, "leave out the user name");
    if (parsed.origin === this.origin || (this.#origins?.has(parsed.origin) ?? true)) return;
    throw new InitializingOutboundRequestError(
      `Cannot call ${parsed.origin} with this client: list it in origins to allow it`,
    );
  }

  #join(given: string): string {
    const target = given.includes("//") ? withSingleSlashes(given) : given;
    const url = this.href + (target.includes(" ") ? withoutSpaces(target) : target);
    if (this.#pathname !== "" && mayClimb(target)) this.#refuseClimbing(url, target);
    return url;
  }

  #refuseClimbing(url: string, target: string): void {
    const { pathname } = new URL(url);
    if (pathname === this.#pathname || pathname.startsWith(`${this.#pathname}/`)) return;
    throw malformed(target, `it leads out of ${this.#pathname}, take out ".."`);
  }
}

function parseBase(text: string, scheme: string): URL {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `${scheme}://${text}`);
  if (url === null || !isHttp(url)) {
    throw malformedBase(withoutSecrets(text), "name an http or https URL");
  }
  if (hasCredentials(url)) {
    throw malformedBase(url.origin, "leave out the user name, send credentials as a header field");
  }
  if (url.search !== "" || url.hash !== "") {
    throw malformedBase(url.origin, "leave out query and fragment, each call has its own");
  }
  return url;
}

function malformedBase(text: string, remedy: string): Error {
  return new InitializingOutboundRequestError(`malformed URL: ${shorten(text)}: ${remedy}`);
}

function readOrigin(text: string): string {
  const url = URL.parse(text);
  if (url !== null && isHttp(url) && (text === url.origin || text === `${url.origin}/`)) {
    return url.origin;
  }
  throw new TypeError(
    `Client takes no "${shorten(text)}" in origins: name an origin as "https://cdn.example.com"`,
  );
}

function isHttp({ protocol }: URL): boolean {
  return protocol === "https:" || protocol === "http:";
}

function hasCredentials({ username, password }: URL): boolean {
  return username !== "" || password !== "";
}

/** As the original has it: empty segments come from joining paths, and hardly anybody means them. */
function withSingleSlashes(target: string): string {
  const end = target.search(/[?#]/);
  const path = end === -1 ? target : target.slice(0, end);
  return path.replace(/(?<!https?:)\/{2,}/g, "/") + target.slice(path.length);
}

/** Spaces at the end are dropped, by the URL parser too. */
function withoutSpaces(target: string): string {
  return target.replace(/(?<! ) +$/, "").replaceAll(" ", "%20");
}

function mayClimb(target: string): boolean {
  return target.includes("..") || (target.includes("%2") && /%2e/i.test(target));
}

/** Errors are told to others: a user name, a password and a query may be secrets. */
function withoutSecrets(text: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0] ?? "";
  const isPath = text.startsWith("/");
  const rest = isPath || !text.includes("@")
    ? text
    : scheme + text.slice(text.lastIndexOf("@") + 1);
  const end = rest.search(/[?#]/);
  return end === -1 ? rest : rest.slice(0, end);
}

function malformed(target: string, remedy: string): Error {
  return new InitializingOutboundRequestError(
    `malformed URL specified: "${shorten(withoutSecrets(target))}": ${remedy}`,
  );
}
