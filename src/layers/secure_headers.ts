/**
 * Header fields that tell browsers to be careful: the set that Helmet sends by default, stricter
 * where an API needs no more.
 *
 * They protect people who look at responses in a browser. They are not CORS, and they authorise
 * nobody.
 *
 * @module
 */
import { asRequest, type Layer } from "../message/fetch.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import { originOf } from "../message/request_origin.ts";
import {
  type CspDirectives,
  newNonce,
  type PolicyPieces,
  policyPieces,
} from "./content_security_policy.ts";
import { editHeaders } from "./response_headers.ts";

/** Options of {@linkcode secureHeaders}: the value of a field, or `false` to leave it out. */
export interface SecureHeadersOptions {
  /**
   * `Content-Security-Policy`: what a response that is shown may load, as a text or by directive.
   * The source `'nonce'` stands for a nonce that is made for each response and told by
   * {@linkcode cspNonceOf}. The default is meant for an API: it lets a page load nothing.
   *
   * @default "default-src 'none'; frame-ancestors 'none'"
   */
  readonly contentSecurityPolicy?: string | CspDirectives | false;
  /**
   * `Cross-Origin-Embedder-Policy`: what a page may embed.
   *
   * @default false
   */
  readonly crossOriginEmbedderPolicy?: string | false;
  /**
   * `Cross-Origin-Opener-Policy`: which pages share a window's group.
   *
   * @default "same-origin"
   */
  readonly crossOriginOpenerPolicy?: string | false;
  /**
   * `Cross-Origin-Resource-Policy`: who may load a response without CORS. Responses that other
   * sites embed, as images, need `"cross-origin"`; for requests by CORS it says nothing.
   *
   * @default "same-origin"
   */
  readonly crossOriginResourcePolicy?: string | false;
  /**
   * `Origin-Agent-Cluster`: asks for a process for each origin.
   *
   * @default "?1"
   */
  readonly originAgentCluster?: string | false;
  /**
   * `Permissions-Policy`: which features of the browser a page may use.
   *
   * @default false
   */
  readonly permissionsPolicy?: string | false;
  /**
   * `Referrer-Policy`: what a page tells where it links to.
   *
   * @default "no-referrer"
   */
  readonly referrerPolicy?: string | false;
  /**
   * `Strict-Transport-Security` (RFC 6797): HTTPS only, for a year, for the subdomains too. It is
   * sent over plain HTTP as well, where browsers ignore it, as a service behind a proxy that ends
   * TLS does not see the difference.
   *
   * @default "max-age=31536000; includeSubDomains"
   */
  readonly strictTransportSecurity?: string | false;
  /**
   * `X-Content-Type-Options`: the content type is what it says.
   *
   * @default "nosniff"
   */
  readonly xContentTypeOptions?: string | false;
  /**
   * `X-DNS-Prefetch-Control`.
   *
   * @default "off"
   */
  readonly xDnsPrefetchControl?: string | false;
  /**
   * `X-Frame-Options`, for browsers that know no `frame-ancestors`.
   *
   * @default "DENY"
   */
  readonly xFrameOptions?: string | false;
  /**
   * `X-Permitted-Cross-Domain-Policies`: no policy files of Flash or Acrobat.
   *
   * @default "none"
   */
  readonly xPermittedCrossDomainPolicies?: string | false;
  /**
   * `X-XSS-Protection`: turns off a filter of old browsers that did more harm than good.
   *
   * @default "0"
   */
  readonly xXssProtection?: string | false;
  /**
   * Whether `X-Powered-By` is taken away.
   *
   * @default true
   */
  readonly removePoweredBy?: boolean;
}

/** Each option of a fixed value, with its field and its default. */
const fields: readonly (readonly [keyof PlainOptions, string, string | false])[] = [
  ["crossOriginEmbedderPolicy", "cross-origin-embedder-policy", false],
  ["crossOriginOpenerPolicy", "cross-origin-opener-policy", "same-origin"],
  ["crossOriginResourcePolicy", "cross-origin-resource-policy", "same-origin"],
  ["originAgentCluster", "origin-agent-cluster", "?1"],
  ["permissionsPolicy", "permissions-policy", false],
  ["referrerPolicy", "referrer-policy", "no-referrer"],
  [
    "strictTransportSecurity",
    "strict-transport-security",
    "max-age=31536000; includeSubDomains",
  ],
  ["xContentTypeOptions", "x-content-type-options", "nosniff"],
  ["xDnsPrefetchControl", "x-dns-prefetch-control", "off"],
  ["xFrameOptions", "x-frame-options", "DENY"],
  ["xPermittedCrossDomainPolicies", "x-permitted-cross-domain-policies", "none"],
  ["xXssProtection", "x-xss-protection", "0"],
];

type PlainOptions = Omit<SecureHeadersOptions, "contentSecurityPolicy" | "removePoweredBy">;

const csp = "content-security-policy";
const defaultPolicy = "default-src 'none'; frame-ancestors 'none'";

/** Kept by the request itself, so that it lives as long as the request and nobody else sees it. */
const nonces = new WeakMap<Request, string>();

/**
 * Adds security header fields to each response, and never in place of one that it has.
 *
 * @throws {TypeError} when an option is unknown, or a value is empty or has characters that no
 * field value should have.
 *
 * @example
 * ```ts
 * import { get, service } from "@pirouette/http";
 * import { secureHeaders } from "@pirouette/http/layers";
 *
 * const pages = service({
 *   layers: [secureHeaders({
 *     contentSecurityPolicy: { "default-src": ["'self'"], "img-src": ["'self'", "data:"] },
 *     crossOriginResourcePolicy: "cross-origin",
 *     permissionsPolicy: "camera=(), microphone=()",
 *     strictTransportSecurity: false,
 *   })],
 * }, [get("/", () => "Hello")]);
 * ```
 */
export function secureHeaders(options: SecureHeadersOptions = {}): Layer {
  checkOptions("secureHeaders", options, knownOptions);
  const own = ownOptions(options);
  const { contentSecurityPolicy = defaultPolicy, removePoweredBy = true } = own;
  const added = fixedFields(own);
  const pieces = contentSecurityPolicy === false ? [] : policyPieces(contentSecurityPolicy);
  if (pieces.length === 1) added.unshift([csp, pieces[0] ?? defaultPolicy]);

  const finish = (response: Response, fields: readonly Field[]): Response =>
    editHeaders(response, (headers) => {
      if (removePoweredBy) headers.delete("x-powered-by");
      // All are looked for before the first is added: looking takes longer the more there are.
      const missing = fields.filter(([name]) => headers.get(name) === null);
      for (const [name, value] of missing) headers.append(name, value);
    });
  if (pieces.length > 1) return withNonce(pieces, added, finish);
  return (next) => async (input, init) => finish(await next(input, init), added);
}

/**
 * The nonce of a request's response, to be put into the page; `undefined` where none was made, as for
 * a request that a layer or a handler built from another.
 */
export function cspNonceOf(request: Request): string | undefined {
  return nonces.get(request) ?? nonces.get(originOf(request));
}

type Field = readonly [name: string, value: string];

function withNonce(
  pieces: PolicyPieces,
  added: readonly Field[],
  finish: (response: Response, fields: readonly Field[]) => Response,
): Layer {
  return (next) => async (input, init) => {
    const request = asRequest(input, init);
    const nonce = newNonce();
    nonces.set(request, nonce);
    const policy: Field = [csp, pieces.join(`'nonce-${nonce}'`)];
    return finish(await next(request), [policy, ...added]);
  };
}

function fixedFields(options: PlainOptions): Field[] {
  const found: Field[] = [];
  for (const [option, name, standard] of fields) {
    const value = options[option] ?? standard;
    if (value === false) continue;
    if (typeof value !== "string" || !/^[!-~](?:[ -~]*[!-~])?$/.test(value)) {
      throw new TypeError(
        `Cannot send this ${option}: give it printable ASCII on one line, or false for none`,
      );
    }
    found.push([name, value]);
  }
  return found;
}

const knownOptions: Readonly<Record<keyof SecureHeadersOptions, true>> = {
  contentSecurityPolicy: true,
  crossOriginEmbedderPolicy: true,
  crossOriginOpenerPolicy: true,
  crossOriginResourcePolicy: true,
  originAgentCluster: true,
  permissionsPolicy: true,
  referrerPolicy: true,
  strictTransportSecurity: true,
  xContentTypeOptions: true,
  xDnsPrefetchControl: true,
  xFrameOptions: true,
  xPermittedCrossDomainPolicies: true,
  xXssProtection: true,
  removePoweredBy: true,
};
