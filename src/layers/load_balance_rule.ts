/**
 * What a rule of load balance sees and says: of the targets that may be used, which one a call goes to
 * (spec 2.4.1.7, `LoadBalancerRule`).
 *
 * @module
 */
import { callHeaders } from "../message/call_headers.ts";

/** A target as a rule sees it. */
export interface TargetState {
  /** Its place in the list of targets, from 0. */
  readonly index: number;
  /** Its base address. */
  readonly url: string;
  /** Its share of the calls, compared with that of the others. */
  readonly weight: number;
  /**
   * How many calls to it are under way: they wait for the head of the response, or somebody reads its
   * body.
   */
  readonly outstanding: number;
}

/** A call as a rule sees it. */
export class BalancedCall {
  /** The method. */
  readonly method: string;
  /** What its address has below that of a target: the path with its query. */
  readonly path: string;
  /** When the target is chosen, by the clock of the balancer. */
  readonly now: number;
  readonly #input: Request | URL | string;
  readonly #init: RequestInit | undefined;

  /** Describes a call. */
  constructor(
    method: string,
    path: string,
    now: number,
    input: Request | URL | string,
    init: RequestInit | undefined,
  ) {
    this.method = method;
    this.path = path;
    this.now = now;
    this.#input = input;
    this.#init = init;
  }

  /** A copy of its header fields, made when it is asked for. */
  get headers(): Headers {
    return callHeaders(this.#input, this.#init);
  }
}

/** What became of a call, as far as its target is concerned. */
export interface Observation {
  /**
   * A response below 500, a failure of the target (a response from 500 on, no connection, a timeout),
   * or neither: the caller gave it up, or a limit of this program refused it.
   */
  readonly outcome: "success" | "failure" | "unanswered";
  /** From the call to the head of the response, or to the failure, in milliseconds. */
  readonly latency: number;
  /** When it was observed, by the clock of the balancer. */
  readonly now: number;
}

/**
 * Chooses targets. It may remember whom it chose; then it is for one balancer.
 *
 * @example
 * ```ts
 * import { loadBalance, type LoadBalancerRule, stack } from "@pirouette/http/layers";
 *
 * const nearest: LoadBalancerRule = {
 *   getNextClient(targets) {
 *     const near = targets.findIndex(({ url }) => url.includes(".eu."));
 *     return near === -1 ? 0 : near;
 *   },
 * };
 * const targets = ["https://a.eu.example", "https://b.us.example"];
 * const send = stack(fetch, loadBalance({ targets, rule: nearest }));
 * ```
 */
export interface LoadBalancerRule {
  /**
   * The place, in `targets`, of the one that a call goes to. An error that it throws is that of the
   * call.
   *
   * @param targets those that may be used: not ejected, healthy, not tried yet; at least one
   */
  getNextClient(targets: readonly TargetState[], call: BalancedCall): number;
  /** Told what became of each call. */
  observe?(target: TargetState, observation: Observation): void;
  /**
   * Whether targets of different weights are refused, because it does not look at them.
   *
   * @default false
   */
  readonly ignoresWeight?: boolean;
}

/** A {@linkcode LoadBalancerRule} that is only a function. */
export type LoadBalancerRuleFunction = LoadBalancerRule["getNextClient"];
