/**
 * Which target a request is for, by its address: for what each target has of its own, as a transport or
 * a circuit.
 *
 * @module
 */
import type { Target } from "../layers/target.ts";

/** One target, as the URL parser spells it. */
interface Place {
  readonly index: number;
  readonly origin: string;
  /** Origin and path, without a slash at its end. */
  readonly base: string;
}

/** The targets of a client, by their addresses. */
export class TargetPlaces {
  /** The longest first: one may be below another. */
  readonly #places: readonly Place[];

  /** Reads the addresses; those that are none are never found, and are for others to refuse. */
  constructor(targets: readonly Target[]) {
    this.#places = targets.flatMap(({ url }, index) => {
      const parsed = URL.parse(String(url));
      if (parsed === null) return [];
      const base = parsed.origin + parsed.pathname.replace(/\/$/, "");
      return [{ index, origin: parsed.origin, base }];
    }).toSorted((one, other) => other.base.length - one.base.length);
  }

  /**
   * The index of the target that an address is below, or else of one of the same origin: a redirect can
   * lead out of its path.
   */
  of(url: string): number | undefined {
    return this.#find(url)?.index;
  }

  /** The address of that target, or else the origin of the request. */
  nameOf(url: string): string {
    return this.#find(url)?.base ?? URL.parse(url)?.origin ?? "";
  }

  #find(url: string): Place | undefined {
    const below = this.#below(url);
    if (below !== undefined) return below;
    const parsed = URL.parse(url);
    if (parsed === null) return undefined;
    return (parsed.href === url ? undefined : this.#below(parsed.href)) ??
      this.#places.find(({ origin }) => origin === parsed.origin);
  }

  #below(url: string): Place | undefined {
    return this.#places.find(({ base }) =>
      url.startsWith(base) &&
      (url.length === base.length || "/?#".includes(url.charAt(base.length)))
    );
  }
}
