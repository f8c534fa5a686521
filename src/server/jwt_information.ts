/**
 * What the bearer token of a request says of itself (spec 8.1.1.4), read and not verified.
 *
 * @module
 */
import { type ContextKey, contextKey } from "./request_context.ts";

/** The header of a JSON Web Token (RFC 7515 section 4.1). */
export interface JwtHeader {
  /** The algorithm it claims to be signed with. */
  readonly alg?: string;
  /** The key it claims to be signed with. */
  readonly kid?: string;
  /** Its media type. */
  readonly typ?: string;
  /** Everything else. */
  readonly [name: string]: unknown;
}

/** The claims of a JSON Web Token (RFC 7519 section 4.1). */
export interface JwtPayload {
  /** The issuer. */
  readonly iss?: string;
  /** The subject. */
  readonly sub?: string;
  /** Whom it is meant for. */
  readonly aud?: string | readonly string[];
  /** When it expires, in seconds since 1970. */
  readonly exp?: number;
  /** When it becomes valid, in seconds since 1970. */
  readonly nbf?: number;
  /** When it was issued, in seconds since 1970. */
  readonly iat?: number;
  /** Its identifier. */
  readonly jti?: string;
  /** Everything else. */
  readonly [name: string]: unknown;
}

/** More than this is no token that a header section could hold. */
const maxLength = 16_384;

/**
 * The header and the claims of the request's bearer token, for logs and the like; absent where the
 * `Authorization` field is not exactly `Bearer` and a token, or the token cannot be read.
 *
 * **Nothing of it is verified**: anybody can write a token that says anything. It must never decide
 * what a client may do.
 *
 * @example
 * ```ts
 * import { type Interceptor, jwtInformation } from "@pirouette/http";
 *
 * const audit: Interceptor = {
 *   request({ context }) {
 *     const [, claims] = context.get(jwtInformation) ?? [];
 *     console.log("claims to be", claims?.sub ?? "nobody");
 *     return context.next();
 *   },
 * };
 * ```
 */
export const jwtInformation: ContextKey<readonly [header: JwtHeader, payload: JwtPayload]> =
  contextKey("JWT_INFORMATION", ({ headers }) => readJwt(headers.get("authorization")));

function readJwt(
  authorization: string | null,
): readonly [header: JwtHeader, payload: JwtPayload] | undefined {
  if (authorization === null || authorization.length > maxLength) return undefined;
  const [scheme, token, ...more] = authorization.split(" ");
  if (scheme !== "Bearer" || token === undefined || more.length > 0) return undefined;
  const parts = token.split(".");
  if (parts.length !== 3) return undefined;
  const [header, payload] = parts.map(readPart);
  return header === undefined || payload === undefined ? undefined : [header, payload];
}

function readPart(part: string): Record<string, unknown> | undefined {
  if (!/^[\w-]+$/.test(part)) return undefined;
  try {
    const binary = atob(part.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    const value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return Object.assign(Object.create(null), value);
  } catch {
    // A token that cannot be read says nothing; whoever verifies it will say why.
    return undefined;
  }
}
