/**
 * CORS of a service and of its resources: which policy is a request's.
 *
 * @module
 */
import { type CorsConfig, mergeCors } from "../layers/cors_config.ts";
import { CorsPolicy } from "../layers/cors_policy.ts";

/** A resource, and what it says of CORS. */
export interface CorsResource<Key> {
  /** What is looked up. */
  readonly key: Key;
  /** The method of the resource; `"*"` for all. */
  readonly method: string;
  /** The resource's own config. */
  readonly cors: CorsConfig | undefined;
}

/** The policies of a service. */
export class ServiceCors<Key> {
  readonly #service: CorsPolicy | undefined;
  /** The policies of resources, where any has one of its own. */
  readonly #policies = new Map<Key, CorsPolicy | undefined>();

  /**
   * Compiles the configs of a service and its resources.
   *
   * @throws {TypeError | RangeError} when one contradicts itself.
   */
  constructor(config: CorsConfig | undefined, resources: readonly CorsResource<Key>[]) {
    this.#service = config && new CorsPolicy(config);
    if (resources.every(({ cors }) => cors === undefined)) return;
    for (const { key, method, cors } of resources) {
      const merged = mergeCors(config, cors, [method]);
      const own = merged === config ? this.#service : merged && new CorsPolicy(merged);
      this.#policies.set(key, own);
    }
  }

  /** Whether resources have policies of their own, so that it has to be known which one answers. */
  get isByResource(): boolean {
    return this.#policies.size > 0;
  }

  /** Whether there is any policy. */
  get isNeeded(): boolean {
    return this.#service !== undefined || this.isByResource;
  }

  /** The policy of the resource that answers, or of the service where none does. */
  policy(key: Key | undefined): CorsPolicy | undefined {
    return key !== undefined && this.isByResource ? this.#policies.get(key) : this.#service;
  }
}
