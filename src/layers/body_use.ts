/**
 * Who wants to know how the body of a response is used: one, or several that do not know each other.
 *
 * @module
 */

/** Told how the body of a response is used. */
export interface BodyUse {
  /** Who wants to know; a response has one use for each. */
  readonly owner: object;
  /** Somebody waits for a piece of the body, or all of it. */
  begin(): void;
  /** Nobody waits for more of it, though there may be. */
  pause(): void;
  /** It is over: read to its end, cancelled, or broken off; may be told again. */
  end(): void;
}

/** Two uses in one; a fetch that gives one response again and again must not make a long chain. */
export function joinedUses(one: BodyUse, other: BodyUse): BodyUse {
  if (one.owner === other.owner) {
    one.end();
    return other;
  }
  return new BothUses(one instanceof BothUses ? one.without(other.owner) : one, other);
}

class BothUses implements BodyUse {
  readonly #one: BodyUse;
  readonly #other: BodyUse;

  constructor(one: BodyUse, other: BodyUse) {
    this.#one = one;
    this.#other = other;
  }

  get owner(): object {
    return this;
  }

  /** Both, less what an owner wanted to know of an earlier call. */
  without(owner: object): BodyUse {
    if (this.#other.owner === owner) {
      this.#other.end();
      return this.#one;
    }
    if (this.#one.owner === owner) {
      this.#one.end();
      return this.#other;
    }
    if (!(this.#one instanceof BothUses)) return this;
    const one = this.#one.without(owner);
    return one === this.#one ? this : new BothUses(one, this.#other);
  }

  begin(): void {
    this.#one.begin();
    this.#other.begin();
  }

  pause(): void {
    this.#one.pause();
    this.#other.pause();
  }

  end(): void {
    this.#one.end();
    this.#other.end();
  }
}
