/**
 * Where a failover stands: its targets, and which of them calls begin at.
 *
 * @module
 */
import { type ResolvedTarget, type Target, TargetList } from "./target.ts";

/**
 * The targets of a failover and the one that calls begin at: the last that succeeded (spec 2.4.1.8).
 *
 * Layers that share one begin at the same target.
 *
 * @example
 * ```ts
 * import { failover, FailoverTargets, stack } from "@pirouette/http/layers";
 *
 * const targets = new FailoverTargets(["https://one.example/v1", "https://two.example/v1"]);
 * const send = stack(fetch, failover({ targets }));
 * await send("/albums");
 * console.log("answered by", targets.getSucceededEndpointIndex());
 * ```
 */
export class FailoverTargets {
  /** The targets, in their order. */
  readonly targets: readonly ResolvedTarget[];
  readonly #list: TargetList;
  #current = 0;

  /**
   * Begins at the first target.
   *
   * @param base an address that calls name in place of a target's
   * @throws {TypeError} when the list is empty or a target is malformed.
   */
  constructor(targets: readonly (Target | string | URL)[], base?: string | URL) {
    this.#list = new TargetList("failover", targets, base);
    this.targets = this.#list.targets;
    if (this.targets.some(({ weight }) => weight !== 1)) {
      throw new TypeError("failover has no use for a weight: leave it out, or use loadBalance");
    }
  }

  /**
   * What a call's address has below that of a target.
   *
   * @throws {InitializingOutboundRequestError} when it is below none.
   */
  pathOf(input: Request | URL | string): string {
    return this.#list.pathOf(input);
  }

  /** The index, from 0, of the target that calls begin at: the one that last succeeded. */
  getSucceededEndpointIndex(): number {
    return this.#current;
  }

  /**
   * Has calls begin at another target: at the first again, when it is known to be back.
   *
   * @throws {RangeError} when there is no target of that index.
   */
  startAt(index: number): void {
    if (this.targets[index] === undefined) {
      const last = this.targets.length - 1;
      throw new RangeError(`failover has no target ${index}: use an index from 0 to ${last}`);
    }
    this.#current = index;
  }

  /**
   * Notes that a call which began at one target succeeded at another. A call that began before the
   * others moved on does not bring them back.
   */
  moved(from: number, to: number): void {
    if (this.#current === from) this.#current = to;
  }
}
