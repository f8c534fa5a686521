/**
 * Which circuit a call belongs to: one per target, found without parsing the URL where that was done
 * before, and a bounded number of them.
 *
 * @module
 */
import type { Circuit } from "./circuit_breaker_circuit.ts";
import type { CircuitPolicy } from "./circuit_breaker_policy.ts";

/** Longer names of targets are cut: no host is that long. */
const maxKeyLength = 256;

/** How many circuits are looked at to make room for one: a bound on what that costs. */
const maxSteps = 32;

/** Keeps circuits by target. */
export class CircuitTargets {
  readonly #policy: CircuitPolicy;
  readonly #make: (target: string) => Circuit;
  readonly #circuits = new Map<string, Circuit>();
  /** Circuits by how canonical URLs of their origin begin, the slash included. */
  readonly #byPrefix = new Map<string, Circuit>();
  /** What was found last: most programs call one origin, and many one address, again and again. */
  #lastUrl = "";
  #lastPrefix = "";
  #last: Circuit | undefined;

  /** Keeps as many as the policy allows. */
  constructor(policy: CircuitPolicy, make: (target: string) => Circuit) {
    this.#policy = policy;
    this.#make = make;
  }

  /** The circuit of a call. */
  of(input: Request | URL | string): Circuit {
    const url = urlOf(input);
    const last = this.#last;
    if (last !== undefined) {
      // Comparing all of it takes the engine a third of the time.
      if (url === this.#lastUrl) return last;
      if (url.startsWith(this.#lastPrefix)) {
        this.#lastUrl = url;
        return last;
      }
    }
    const { target } = this.#policy;
    if (target !== undefined) return this.named(target(url));
    const prefix = url.slice(0, url.indexOf("/", url.indexOf("://") + 3) + 1);
    const known = this.#byPrefix.get(prefix);
    return known === undefined ? this.#parsed(url, prefix) : this.#remember(url, prefix, known);
  }

  /** The circuit of a target by its name, made where there is none. */
  named(target: string): Circuit {
    const key = target.slice(0, maxKeyLength);
    const known = this.#circuits.get(key);
    if (known !== undefined) return known;
    if (this.#circuits.size >= this.#policy.maxTargets) this.#makeRoom();
    const circuit = this.#make(key);
    this.#circuits.set(key, circuit);
    return circuit;
  }

  /** The circuit of a target, if there is one. */
  get(target: string): Circuit | undefined {
    return this.#circuits.get(target.slice(0, maxKeyLength));
  }

  /** All circuits. */
  all(): readonly Circuit[] {
    return [...this.#circuits.values()];
  }

  /** Forgets all circuits. */
  clear(): void {
    this.#circuits.clear();
    this.#forgetPrefixes();
  }

  #parsed(url: string, prefix: string): Circuit {
    const parsed = URL.parse(url);
    // What is relative is for a service in this process.
    const circuit = this.named(parsed === null ? "" : originOf(parsed));
    // Only where it is spelled as the parser would are all URLs that begin with it of that origin.
    if (prefix === "" || URL.parse(prefix)?.href !== prefix) return circuit;
    if (this.#byPrefix.size >= this.#policy.maxTargets) this.#forgetPrefixes();
    this.#byPrefix.set(prefix, circuit);
    return this.#remember(url, prefix, circuit);
  }

  #remember(url: string, prefix: string, circuit: Circuit): Circuit {
    this.#lastUrl = url;
    this.#lastPrefix = prefix;
    this.#last = circuit;
    return circuit;
  }

  #forgetPrefixes(): void {
    this.#byPrefix.clear();
    this.#last = undefined;
  }

  /** Drops the oldest circuit that is closed; one that is open only where there is no other near. */
  #makeRoom(): void {
    let step = 0;
    for (const [key, circuit] of this.#circuits) {
      step++;
      if (circuit.isClosed || (step >= maxSteps && !circuit.isIsolated)) {
        this.#circuits.delete(key);
        this.#forgetPrefixes();
        return;
      }
      // It goes to the end, so that the next search begins behind it.
      this.#circuits.delete(key);
      this.#circuits.set(key, circuit);
      if (step >= 2 * maxSteps) return;
    }
  }
}

function urlOf(input: Request | URL | string): string {
  if (typeof input === "string") return input;
  return input instanceof Request ? input.url : input.href;
}

/** Schemes of other kinds than http have no origin. */
function originOf({ origin, protocol, host }: URL): string {
  return origin === "null" ? `${protocol}//${host}` : origin;
}
