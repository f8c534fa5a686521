/**
 * The text of a Content-Security-Policy (CSP Level 3), from a text or from its directives, with a
 * place for a nonce that is another for each response.
 *
 * @module
 */
/**
 * Directives by name, as `"script-src"`; the sources of one, or a text of them. `true` writes a
 * directive that takes none, as `upgrade-insecure-requests`.
 */
export type CspDirectives = Readonly<Record<string, string | readonly string[] | true>>;

/** What stands for a nonce among the sources of a directive. */
export const cspNonce = "'nonce'";

/** A policy as it is sent, in the pieces between which the nonces go: one piece where none does. */
export type PolicyPieces = readonly string[];

/**
 * Checks a policy and takes it apart.
 *
 * @throws {TypeError} when a directive's name is none, a source holds a separator, or a text has
 * control characters.
 */
export function policyPieces(policy: string | CspDirectives): PolicyPieces {
  const text = typeof policy === "string" ? policy : writeDirectives(policy);
  if (!/^[!-~](?:[ -~]*[!-~])?$/.test(text)) {
    throw new TypeError(
      "Cannot send this contentSecurityPolicy: give it printable ASCII on one line, not empty",
    );
  }
  return text.split(cspNonce);
}

/** A nonce nobody can guess: 16 random bytes. */
export function newNonce(): string {
  return btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))));
}

function writeDirectives(directives: CspDirectives): string {
  return Object.entries(directives).map(([name, value]) => {
    if (!/^[a-z0-9-]+$/i.test(name)) {
      throw new TypeError(
        `Cannot write the directive "${name.slice(0, 60)}": its name has letters, digits and "-"`,
      );
    }
    if (value === true) return name;
    const sources = typeof value === "string" ? value.split(" ") : value;
    const odd = sources.find((source) => /[;,\s]/.test(source));
    if (odd !== undefined) {
      throw new TypeError(
        `Cannot write "${odd.slice(0, 60)}" into ${name}: give sources one by one, without , and ;`,
      );
    }
    return [name, ...sources].join(" ");
  }).join("; ");
}
