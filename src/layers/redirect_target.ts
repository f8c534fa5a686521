/**
 * Where a redirect leads: `Location` resolved against the address of the request (RFC 9110 section
 * 10.2.2; Fetch standard, "location URL").
 *
 * @module
 */
import { RedirectError } from "./redirect_error.ts";

/** The statuses that redirect; 300 and 305 only with a `Location`. */
const redirecting: ReadonlySet<number> = new Set([300, 301, 302, 303, 305, 307, 308]);

/** Whether a response asks for another request: 304 does not, though it is of this class. */
export function isRedirect(response: Response): boolean {
  const { status } = response;
  if (!redirecting.has(status)) return false;
  // A choice that the server leaves to the reader is an answer, not a broken redirect.
  return (status !== 300 && status !== 305) || !!response.headers.get("location");
}

/**
 * The address a redirect of a request to `from` leads to.
 *
 * A fragment is inherited where `Location` has none. Raw UTF-8 is read as such.
 *
 * @throws {RedirectError} when there is no address, several, one that cannot be read, one with a
 * user name or password (RFC 9110 section 4.2.4), or one of another scheme than http and https.
 */
export function redirectTarget(response: Response, from: URL): URL {
  const sent = response.headers.get("location") ?? undefined;
  const statusCode = response.status;
  const refuse = (why: string): never => {
    throw new RedirectError(why, { statusCode, location: sent });
  };
  if (!sent) {
    return refuse(`Location header not available! Cannot follow redirect ${statusCode} without it`);
  }
  const location = singleLocation(sent);
  if (location === undefined) {
    return refuse(`Cannot follow redirect ${statusCode} to several addresses: have it send one`);
  }
  const base = withoutUserInfo(from);
  const to = URL.parse(fromUtf8(location), base.href);
  if (to === null) {
    return refuse(`Cannot follow redirect ${statusCode}: its Location is no address`);
  }
  if (to.protocol !== "http:" && to.protocol !== "https:") {
    const scheme = to.protocol.slice(0, 32);
    return refuse(
      `Cannot follow redirect ${statusCode} to "${scheme}": only http and https will do`,
    );
  }
  if (to.username !== "" || to.password !== "") {
    return refuse(
      `Cannot follow redirect ${statusCode} to an address with a user name or password`,
    );
  }
  if (!to.href.includes("#")) to.hash = base.hash;
  if (to.origin === from.origin) {
    // Those of the caller's own address are good for its origin.
    to.username = from.username;
    to.password = from.password;
  }
  return to;
}

function withoutUserInfo(url: URL): URL {
  if (url.username === "" && url.password === "") return url;
  const copy = new URL(url.href);
  copy.username = "";
  copy.password = "";
  return copy;
}

/**
 * The one address of the field, also where it was sent several times alike. Several lines come joined
 * with comma and space, and an address has no space.
 */
function singleLocation(field: string): string | undefined {
  if (!field.includes(", ")) return field;
  const [first, ...others] = field.split(", ");
  return others.every((other) => other === first) ? first : undefined;
}

/** Field values come byte by byte; an address that was sent as UTF-8 is meant as such. */
function fromUtf8(field: string): string {
  if (!/[\x80-\xff]/.test(field)) return field;
  const bytes = Uint8Array.from(field, (char) => char.charCodeAt(0));
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return field;
  }
}
