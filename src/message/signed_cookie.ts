/**
 * Signed cookies: a client sees the value and cannot change it (HMAC with SHA-256, RFC 2104).
 *
 * The signature is over name and value, so that it is of no use to another cookie. It says nothing of
 * time: whoever has a cookie can send it for as long as its key is used, so put a date into the value
 * where that matters. Nothing is encrypted.
 *
 * @module
 */
import { Cookie } from "./cookie.ts";
import { MAX_COOKIE_SIZE } from "./cookie_check.ts";
import { parseCookies } from "./cookie_parse.ts";

/** A key to sign cookies with, at least 32 bytes; of a text, those of its UTF-8. */
export type CookieKey = string | Uint8Array;

/** The value of a cookie whose signature is good. */
export interface VerifiedCookie {
  /** The value that was signed. */
  readonly value: string;
  /** Whether an older key signed it; set the cookie anew before that key is dropped. */
  readonly needsRenewal: boolean;
}

/** A key as long as the hash gives an attacker nothing to guess (RFC 2104 section 3). */
const MIN_KEY_SIZE = 32;
const MAC: HmacImportParams = { name: "HMAC", hash: "SHA-256" };
/** What is signed begins with it, so that no signature of a key's other uses can be one of a cookie. */
const CONTEXT = "cookie\0";
/** 32 bytes in base64url, without padding. */
const SIGNATURE = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;
/** How many cookies of one name are tried: clients send one, or one for each path. */
const MOST_CANDIDATES = 8;

/**
 * Signs cookies and verifies them. The first key signs, all of them verify: to change the key, put the
 * new one before the old, and take the old one away once its cookies have expired.
 *
 * @example
 * ```ts
 * import { Cookie, CookieSigner, get, ok, service, setCookie } from "@pirouette/http";
 *
 * const signer = new CookieSigner(crypto.getRandomValues(new Uint8Array(32)));
 * const shop = service({}, [
 *   get("/login", async () => {
 *     const session = new Cookie("session", "ada", { path: "/", httpOnly: true });
 *     const response = new Response("Hello, Ada");
 *     setCookie(response.headers, await signer.sign(session));
 *     return response;
 *   }),
 *   get("/me", async ({ request }) => {
 *     const session = await signer.read(request.headers, "session");
 *     return ok({ body: session?.value ?? "nobody" });
 *   }),
 * ]);
 * ```
 */
export class CookieSigner {
  readonly #keys: readonly Uint8Array<ArrayBuffer>[];
  #imported: Promise<readonly CryptoKey[]> | undefined;

  /**
   * Takes the keys: the one that signs, and behind it older ones that still verify.
   *
   * @throws {TypeError} when there is no key, or one is neither text nor bytes.
   * @throws {RangeError} when a key is shorter than 32 bytes.
   */
  constructor(keys: CookieKey | readonly CookieKey[]) {
    const list = typeof keys === "string" || keys instanceof Uint8Array ? [keys] : keys;
    if (!Array.isArray(list) || list.length === 0) {
      throw new TypeError("Cannot sign cookies without a key: give one or several");
    }
    this.#keys = list.map(toBytes);
  }

  /**
   * The cookie with its signature behind its value, to be set with `setCookie`.
   *
   * @throws {InvalidCookieError} as a rejection, when the cookie may not be sent, signed or not; its
   * signature takes 44 octets.
   */
  async sign(cookie: Cookie): Promise<Cookie> {
    cookie.check();
    const [key] = await this.#import();
    const mac = await crypto.subtle.sign("HMAC", key as CryptoKey, message(cookie));
    const value = `${cookie.value}.${encode(new Uint8Array(mac))}`;
    const signed = new Cookie(cookie.name, value, cookie.attributes());
    signed.check();
    return signed;
  }

  /**
   * What was signed, of a cookie's name and its value as it was sent; `undefined` where the signature
   * is missing, bad, of an unknown key or of another cookie. It takes whatever a client sends.
   */
  async verify(name: string, signed: string): Promise<VerifiedCookie | undefined> {
    if (signed.length > MAX_COOKIE_SIZE) return undefined;
    const dot = signed.lastIndexOf(".");
    const signature = signed.slice(dot + 1);
    if (dot === -1 || !SIGNATURE.test(signature)) return undefined;
    const value = signed.slice(0, dot);
    const [mac, data] = [decode(signature), message({ name, value })];
    for (const [index, key] of (await this.#import()).entries()) {
      // The platform compares in constant time.
      if (await crypto.subtle.verify("HMAC", key, mac, data)) {
        return { value, needsRenewal: index > 0 };
      }
    }
    return undefined;
  }

  /**
   * What was signed, of the cookie of a name in a request; `undefined` where there is none or its
   * signature is bad. Of several with that name, as a sub-domain can add, it is the first good one.
   */
  async read(headers: Headers, name: string): Promise<VerifiedCookie | undefined> {
    const sent = parseCookies(headers.get("cookie") ?? "").filter((cookie) => cookie.name === name);
    for (const { value } of sent.slice(0, MOST_CANDIDATES)) {
      const verified = await this.verify(name, value);
      if (verified !== undefined) return verified;
    }
    return undefined;
  }

  #import(): Promise<readonly CryptoKey[]> {
    return this.#imported ??= Promise.all(
      this.#keys.map((key) => crypto.subtle.importKey("raw", key, MAC, false, ["sign", "verify"])),
    );
  }
}

function toBytes(key: CookieKey): Uint8Array<ArrayBuffer> {
  if (typeof key !== "string" && !(key instanceof Uint8Array)) {
    throw new TypeError("Cannot sign cookies with a key that is neither text nor bytes");
  }
  // A copy, which nobody can change.
  const bytes = typeof key === "string" ? new TextEncoder().encode(key) : new Uint8Array(key);
  if (bytes.length >= MIN_KEY_SIZE) return bytes;
  throw new RangeError(
    `Cannot sign cookies with a key of ${bytes.length} bytes: give ${MIN_KEY_SIZE} random ones or ` +
      "more, as crypto.getRandomValues makes them",
  );
}

/** No name has a NUL, so that no two cookies are signed alike. */
function message({ name, value }: { name: string; value: string }): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${CONTEXT}${name}\0${value}`);
}

function encode(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function decode(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
