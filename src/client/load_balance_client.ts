/**
 * A client whose calls are spread over targets (spec 2.4.1.7).
 *
 * It is a {@linkcode Client} with a load balance in its place among the layers; everything else of its
 * configuration holds for each target alike.
 *
 * @module
 */
import type { LoadBalanceCallOptions } from "../layers/load_balance.ts";
import { LoadBalancer, type LoadBalancerOptions } from "../layers/load_balancer.ts";
import type { Fetch } from "../message/fetch.ts";
import { ownOptions } from "../message/options.ts";
import type {
  BodilessCall,
  ExecuteCall,
  ForwardCall,
  HeadCall,
  MessageCall,
} from "./call_signatures.ts";
import type { Client } from "./client.ts";
import {
  defined,
  type SharedClientConfiguration,
  type TargetService,
  TargetServices,
} from "./target_clients.ts";

/** The configuration of a {@linkcode LoadBalanceClient}. */
export interface LoadBalanceClientConfiguration
  extends
    SharedClientConfiguration,
    LoadBalanceCallOptions,
    Omit<LoadBalancerOptions, "targets" | "base"> {
  /** Who can answer. */
  readonly targets: readonly (TargetService | string | URL)[];
}

/**
 * Calls services that stand for each other: each call goes to one of them, and on to another where it
 * cannot be answered there.
 *
 * @example
 * ```ts
 * import { json, LoadBalanceClient } from "@pirouette/http";
 *
 * const albums = new LoadBalanceClient({
 *   targets: ["https://one.example/v1", { url: "https://two.example/v1", weight: 2 }],
 *   timeout: { attempt: 2_000 },
 *   retry: true,
 * });
 * console.log(await albums.get("/albums", { as: json() }));
 * ```
 */
export class LoadBalanceClient implements Disposable, AsyncDisposable {
  /** The client that sends. */
  readonly client: Client;
  /** The targets, how busy and how well they are. */
  readonly balancer: LoadBalancer;
  /** All that this client does to a request, as a fetch. */
  readonly fetch: Fetch;
  /** Sends GET. */
  readonly get: BodilessCall;
  /** Sends HEAD; the response has no body. */
  readonly head: HeadCall;
  /** Sends OPTIONS. */
  readonly options: BodilessCall;
  /** Sends POST with a message. */
  readonly post: MessageCall;
  /** Sends PUT with a message. */
  readonly put: MessageCall;
  /** Sends PATCH with a message. */
  readonly patch: MessageCall;
  /** Sends DELETE, with a message if there is one. */
  readonly delete: MessageCall;
  /** Sends a request of any method. */
  readonly execute: ExecuteCall;
  /** Passes a received request on. */
  readonly forward: ForwardCall;
  readonly #services: TargetServices;

  /**
   * Makes a client of several targets.
   *
   * @throws {TypeError} when there is no target, or an option that there is not.
   * @throws {RangeError} when a number is out of its range.
   */
  constructor(configuration: LoadBalanceClientConfiguration) {
    const {
      targets,
      rule,
      outlierEjection,
      panicThreshold,
      random,
      clock,
      failover,
      methods,
      bufferLimit,
      ...config
    } = ownOptions(configuration);
    const services = new TargetServices("LoadBalanceClient", targets);
    this.#services = services;
    this.balancer = new LoadBalancer({
      ...defined({ rule, outlierEjection, panicThreshold, random, clock }),
      targets: services.targets,
      base: services.base,
    });
    this.client = services.clientOf(config, {
      loadBalance: { balancer: this.balancer, ...defined({ failover, methods, bufferLimit }) },
    });
    ({
      fetch: this.fetch,
      get: this.get,
      head: this.head,
      options: this.options,
      post: this.post,
      put: this.put,
      patch: this.patch,
      delete: this.delete,
      execute: this.execute,
      forward: this.forward,
    } = this.client);
  }

  /** Frees the connections that were made for this client alone. */
  close(): Promise<void> {
    return this.#services.close(this.client);
  }

  /** Closes the client, without waiting. */
  [Symbol.dispose](): void {
    this.close().catch(() => {});
  }

  /** Closes the client. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
