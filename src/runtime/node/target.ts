/**
 * From what a request over HTTP/1.1 says of its target to a URL (RFC 9112 section 3.2): behind a
 * `Host` that a client may have filled with anything, and not normalised, so that whoever routes sees
 * what was sent.
 *
 * @module
 */

/** What an authority may be made of; what else it needs to be is for whoever routes. */
const authorityPattern = /^[\w.~!$&'()*+,=:%[\]-]+$/;

/** Finds the URLs of requests on one listener. */
export class TargetReader {
  readonly #scheme: string;
  /** The last authority that was looked at: most requests have the same one. */
  #known = "";

  /** Reads targets of `http` or `https`. */
  constructor(isSecure: boolean) {
    this.#scheme = isSecure ? "https://" : "http://";
  }

  /**
   * The URL of a request; `undefined` where its target or its `Host` is none.
   *
   * @param host `undefined` where there was none, as HTTP/1.0 allows
   * @param otherwise the authority to take then
   */
  url(target: string, host: string | undefined, otherwise: () => string): string | undefined {
    if (target.charCodeAt(0) === slash) {
      const authority = host ?? otherwise();
      if (authority !== this.#known && !this.#learn(authority)) return undefined;
      return this.#scheme + authority + target;
    }
    if (target === "*") return this.url("/*", host, otherwise);
    return this.#absolute(target);
  }

  /** The authority of a whole URL takes the place of `Host`, which says the same or lies. */
  #absolute(target: string): string | undefined {
    const [, authority, rest] = /^https?:\/\/([^/?#]+)([^]*)$/i.exec(target) ?? [];
    if (authority === undefined || rest === undefined || !this.#learn(authority)) return undefined;
    return this.#scheme + authority + (rest.startsWith("/") ? rest : `/${rest}`);
  }

  #learn(authority: string): boolean {
    if (!authorityPattern.test(authority) || !URL.canParse(this.#scheme + authority)) return false;
    this.#known = authority;
    return true;
  }
}

const slash = 0x2f;
