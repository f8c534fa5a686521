/**
 * Active health checks: asks each target of a {@linkcode LoadBalancer} from time to time how it is.
 *
 * It is the one part of load balance that has timers, and so the one that must be closed. Without it a
 * target is judged by the calls it gets, see `outlier_detection.ts`.
 *
 * @module
 */
import type { Timer } from "../message/clock.ts";
import type { Fetch } from "../message/fetch.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import type { BalancedTarget, LoadBalancer } from "./load_balancer.ts";
import { targetUrl } from "./target.ts";

/** Options of {@linkcode HealthChecks}. All times are in milliseconds. */
export interface HealthCheckOptions {
  /**
   * What is asked for, below the address of each target.
   *
   * @default "/health"
   */
  readonly path?: string;
  /**
   * How long to wait between two checks of a target; up to a tenth more or less, so that many clients do
   * not ask at once.
   *
   * @default 10000
   */
  readonly interval?: number;
  /**
   * How long a target may take to answer.
   *
   * @default 2000
   */
  readonly timeout?: number;
  /**
   * How many checks in a row must fail before a target gets no more calls.
   *
   * @default 3
   */
  readonly unhealthyThreshold?: number;
  /**
   * How many checks in a row must succeed before it gets calls again.
   *
   * @default 2
   */
  readonly healthyThreshold?: number;
  /**
   * Whether an answer is a good one.
   *
   * @default one with a status from 200 to 299
   */
  readonly isHealthy?: (response: Response) => boolean | Promise<boolean>;
  /**
   * What checks go through, for targets without a fetch of their own.
   *
   * @default the platform's
   */
  readonly fetch?: Fetch;
  /**
   * Numbers from 0 to below 1.
   *
   * @default Math.random
   */
  readonly random?: () => number;
}

const known: Readonly<Record<keyof HealthCheckOptions, true>> = {
  path: true,
  interval: true,
  timeout: true,
  unhealthyThreshold: true,
  healthyThreshold: true,
  isHealthy: true,
  fetch: true,
  random: true,
};

/**
 * Checks targets until it is closed. They count as healthy before the first checks.
 *
 * @example
 * ```ts
 * import { HealthChecks, loadBalance, LoadBalancer, stack } from "@pirouette/http/layers";
 *
 * const balancer = new LoadBalancer({ targets: ["https://one.example", "https://two.example"] });
 * using checks = new HealthChecks(balancer, { path: "/healthz", interval: 5_000 });
 * const send = stack(fetch, loadBalance({ balancer }));
 * await send("/albums");
 * ```
 */
export class HealthChecks implements Disposable {
  readonly #watches: readonly TargetWatch[];

  /**
   * Begins to check, each target at once.
   *
   * @throws {TypeError} when there is an option it does not know, or one of the wrong type.
   * @throws {RangeError} when a number is out of its range.
   * @throws {InitializingOutboundRequestError} when `path` leads out of a target's address by `..`.
   */
  constructor(balancer: LoadBalancer, options: HealthCheckOptions = {}) {
    checkOptions("HealthChecks", options, known);
    const policy = policyOf(ownOptions(options));
    // A path that leads nowhere is found before the first check begins.
    const urls = balancer.targets.map((target) => targetUrl(target, policy.path));
    this.#watches = balancer.targets.map((target) =>
      new TargetWatch(balancer, target, urls[target.index] ?? "", policy)
    );
  }

  /** Checks no more, and gives up what is being checked. Targets stay as they were found last. */
  close(): void {
    for (const watch of this.#watches) watch.close();
  }

  /** As {@linkcode HealthChecks.close}. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** Checks one target. */
class TargetWatch {
  readonly #balancer: LoadBalancer;
  readonly #target: BalancedTarget;
  readonly #url: string;
  readonly #policy: Required<HealthCheckOptions>;
  #wait: Timer | undefined;
  #check: AbortController | undefined;
  #isClosed = false;
  /** Checks in a row that found it otherwise than it counts as. */
  #inARow = 0;

  constructor(
    balancer: LoadBalancer,
    target: BalancedTarget,
    url: string,
    policy: Required<HealthCheckOptions>,
  ) {
    this.#balancer = balancer;
    this.#target = target;
    this.#url = url;
    this.#policy = policy;
    this.#run();
  }

  close(): void {
    this.#isClosed = true;
    this.#wait?.clear();
    this.#check?.abort(new DOMException("The health checks were closed", "AbortError"));
  }

  async #run(): Promise<void> {
    const isHealthy = await this.#ask();
    if (this.#isClosed) return;
    this.#note(isHealthy);
    const { interval, random } = this.#policy;
    const delay = interval * (0.9 + 0.2 * random());
    this.#wait = this.#balancer.clock.setTimer(() => void this.#run(), delay);
  }

  async #ask(): Promise<boolean> {
    const { timeout, fetch, isHealthy } = this.#policy;
    const check = this.#check = new AbortController();
    const late = this.#balancer.clock.setTimer(
      () => check.abort(new DOMException("The health check took too long", "TimeoutError")),
      timeout,
    );
    // A fetch that does not hear the signal must not stop the checks.
    const given = aborted(check.signal);
    try {
      const send = this.#target.fetch ?? fetch;
      const asked = send(this.#url, {
        signal: check.signal,
        redirect: "manual",
      });
      return await Promise.race([judge(asked, isHealthy), given]);
    } catch {
      return false;
    } finally {
      late.clear();
      this.#check = undefined;
    }
  }

  #note(isHealthy: boolean): void {
    if (isHealthy === this.#target.isHealthy) {
      this.#inARow = 0;
      return;
    }
    const { healthyThreshold, unhealthyThreshold } = this.#policy;
    if (++this.#inARow < (isHealthy ? healthyThreshold : unhealthyThreshold)) return;
    this.#inARow = 0;
    this.#balancer.setHealth(this.#target.index, isHealthy ? "healthy" : "unhealthy");
  }
}

/** Resolves once the check is given up. */
function aborted(signal: AbortSignal): Promise<false> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(false), { once: true });
  });
}

/** Judges an answer, also one that comes too late: it must be let go of. */
async function judge(
  asked: Promise<Response>,
  isHealthy: Required<HealthCheckOptions>["isHealthy"],
): Promise<boolean> {
  try {
    const response = await asked;
    try {
      return await isHealthy(response);
    } finally {
      if (response.body?.locked === false) await response.body.cancel().catch(() => {});
    }
  } catch {
    return false;
  }
}

function policyOf(options: HealthCheckOptions): Required<HealthCheckOptions> {
  const { path = "/health", interval = 10_000, timeout = 2_000 } = options;
  const { unhealthyThreshold = 3, healthyThreshold = 2, isHealthy = isOk } = options;
  const { fetch = globalThis.fetch, random = Math.random } = options;
  if (typeof path !== "string" || !/^[/?]/.test(path)) {
    throw new TypeError(`HealthChecks needs a path that begins with "/", not ${path}`);
  }
  for (const [name, value] of Object.entries({ interval, timeout })) {
    if (typeof value !== "number" || !(value > 0 && value < 2 ** 31)) {
      throw new RangeError(`HealthChecks needs milliseconds above 0 for ${name}, not ${value}`);
    }
  }
  for (const [name, value] of Object.entries({ unhealthyThreshold, healthyThreshold })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new RangeError(`HealthChecks needs a whole number from 1 for ${name}, not ${value}`);
    }
  }
  for (const [name, value] of Object.entries({ isHealthy, fetch, random })) {
    if (typeof value !== "function") {
      throw new TypeError(`HealthChecks needs a function as ${name}`);
    }
  }
  return {
    path,
    interval,
    timeout,
    unhealthyThreshold,
    healthyThreshold,
    isHealthy,
    fetch,
    random,
  };
}

function isOk({ status }: Response): boolean {
  return status >= 200 && status <= 299;
}
