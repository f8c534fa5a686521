/**
 * Lists of method and header field names in CORS: those of a config, checked, and the one a
 * preflight sends, read once from left to right and only up to a length.
 *
 * @module
 */
import { isToken, trimHttp } from "../message/header_value.ts";

/** The longest `Access-Control-Request-Headers` that is read; browsers name a few fields. */
export const maxRequestedHeaders = 4096;

/**
 * The field names that a preflight asks for, as written; `undefined` where the list is too long or
 * has a member that is no field name. Empty members are skipped (RFC 9110 section 5.6.1).
 */
export function parseFieldNames(text: string): string[] | undefined {
  if (text.length > maxRequestedHeaders) return undefined;
  const names: string[] = [];
  for (const member of text.split(",")) {
    const name = trimHttp(member);
    if (name === "") continue;
    if (!isToken(name)) return undefined;
    names.push(name);
  }
  return names;
}

/**
 * The names that an option lists, trimmed.
 *
 * @throws {TypeError} when one is no token.
 */
export function configuredNames(option: string, listed: readonly string[]): string[] {
  if (!Array.isArray(listed)) throw new TypeError(`Cannot read ${option}: give a list of names`);
  return listed.map((given) => {
    const name = String(given).trim();
    if (isToken(name)) return name;
    throw new TypeError(
      `Cannot use ${JSON.stringify(name)} in ${option}: give ${
        option === "allowMethods" ? 'methods as "PUT"' : 'field names as "X-Request-Id"'
      }, one an entry`,
    );
  });
}

/** Methods that browsers send in capitals, however a script spells them (Fetch, "normalize"). */
const normalized = new Set(["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"]);

/**
 * The methods that a config allows, trimmed.
 *
 * @throws {TypeError} when there is none, or one of them cannot come from a browser.
 */
export function configuredMethods(listed: readonly string[]): string[] {
  const methods = configuredNames("allowMethods", listed);
  if (methods.length === 0) {
    throw new TypeError("Cannot allow no method: leave allowMethods out, or list one");
  }
  for (const method of methods) {
    const upper = method.toUpperCase();
    if (upper === method || !normalized.has(upper)) continue;
    throw new TypeError(`Cannot match the method "${method}": browsers send "${upper}", list that`);
  }
  return methods;
}
