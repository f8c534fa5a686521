/**
 * Header fields as a message brought them, looked up in place; made into the platform's `Headers` when
 * anything but that is asked.
 *
 * Fields of one name are joined as the Fetch standard has it, and those of `Cookie` as RFC 9113
 * section 8.2.3 does.
 *
 * @module
 */
import { HeadersShape, inspected } from "./platform_shape.ts";

/** What a field name may be (RFC 9110 section 5.1), in lower case. */
const fieldName = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;

/** Header fields out of a message. */
export class NodeHeaders extends HeadersShape {
  readonly #fields: readonly string[];
  #platform: Headers | undefined = undefined;

  /** Reads names and values in turn. */
  constructor(fields: readonly string[]) {
    super();
    this.#fields = fields;
  }

  /** The platform's object with the same fields, which everything is asked of from then on. */
  platform(): Headers {
    if (this.#platform !== undefined) return this.#platform;
    const headers = new Headers();
    const fields = this.#fields;
    const cookie = this.#find("cookie");
    for (let index = 0; index < fields.length; index += 2) {
      const name = fields[index] as string;
      if (isNamed(name, "cookie")) continue;
      headers.append(name, fields[index + 1] as string);
    }
    if (cookie !== null) headers.set("cookie", cookie);
    return this.#platform = headers;
  }

  /** Takes the headers of a request that was made of these: they are one from then on. */
  become(headers: Headers): void {
    this.#platform = headers;
  }

  /** The value of a field. */
  override get(name: string): string | null {
    return this.#platform === undefined ? this.#find(lowered(name)) : this.#platform.get(name);
  }

  /** Whether there is a field. */
  override has(name: string): boolean {
    if (this.#platform !== undefined) return this.#platform.has(name);
    return this.#find(lowered(name)) !== null;
  }

  /** Adds a field. */
  override append(name: string, value: string): void {
    this.platform().append(name, value);
  }

  /** Takes a field away. */
  override delete(name: string): void {
    this.platform().delete(name);
  }

  /** Puts a field in place of those with its name. */
  override set(name: string, value: string): void {
    this.platform().set(name, value);
  }

  /** The values of `Set-Cookie`, each for itself. */
  override getSetCookie(): string[] {
    return this.platform().getSetCookie();
  }

  /** Calls back with each field. */
  override forEach(
    callback: (value: string, key: string, parent: this) => void,
    thisArg?: unknown,
  ): void {
    this.platform().forEach((value, key) => callback.call(thisArg, value, key, this));
  }

  /** Names and values, sorted by name. */
  override entries(): ReturnType<Headers["entries"]> {
    return this.platform().entries();
  }

  /** Names, sorted. */
  override keys(): ReturnType<Headers["keys"]> {
    return this.platform().keys();
  }

  /** Values, sorted by name. */
  override values(): ReturnType<Headers["values"]> {
    return this.platform().values();
  }

  /** Names and values, sorted by name. */
  override [Symbol.iterator](): ReturnType<Headers["entries"]> {
    return this.platform().entries();
  }

  /** What a log shows. */
  [inspected](): Headers {
    return this.platform();
  }

  #find(name: string): string | null {
    const fields = this.#fields;
    let found: string | null = null;
    for (let index = 0; index < fields.length; index += 2) {
      if (!isNamed(fields[index] as string, name)) continue;
      const value = fields[index + 1] as string;
      if (found === null) found = value;
      else found += (name === "cookie" ? "; " : ", ") + value;
    }
    // The platform has no space behind a list of cookies that ends with an empty one.
    return name === "cookie" && found?.endsWith(" ") ? found.trimEnd() : found;
  }
}

/** Whether a name as it was sent is the one that is asked for in lower case. */
function isNamed(sent: string, name: string): boolean {
  return sent.length === name.length && (sent === name || sent.toLowerCase() === name);
}

/** A name in lower case; the platform's own error for what is none. */
function lowered(name: string): string {
  const lower = String(name).toLowerCase();
  if (!fieldName.test(lower)) new Headers().get(name);
  return lower;
}
