/**
 * Finds what is kept for a host name, exact or under a wildcard (RFC 6125 section 6.4.3): `*` stands
 * for one whole label, the first.
 *
 * @module
 */

/** What is kept for host names. */
export class ServerNames<Value> {
  readonly #exact = new Map<string, Value>();
  /** By what comes after the `*`. */
  readonly #below = new Map<string, Value>();

  /** Keeps a value for names in lower case; for a name that has one, that one stays. */
  add(names: readonly string[], value: Value): void {
    for (const name of names) {
      const isWildcard = name.startsWith("*.");
      const table = isWildcard ? this.#below : this.#exact;
      const place = isWildcard ? name.slice(1) : name;
      if (!table.has(place)) table.set(place, value);
    }
  }

  /** What is kept for a name as a client sent it; an exact name goes before a wildcard. */
  find(sent: string): Value | undefined {
    const name = sent.toLowerCase();
    if (this.#exact.has(name)) return this.#exact.get(name);
    const dot = name.indexOf(".");
    return dot < 1 ? undefined : this.#below.get(name.slice(dot));
  }
}
