/**
 * A client whose calls go to one of several targets, and on to the next while they fail (spec 2.4.1.8).
 *
 * It is a {@linkcode Client} with a failover in its place among the layers; everything else of its
 * configuration holds for each target alike.
 *
 * @module
 */
import type { FailoverOptions } from "../layers/failover.ts";
import { FailoverTargets } from "../layers/failover_targets.ts";
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

/** The configuration of a {@linkcode FailoverClient}. */
export interface FailoverClientConfiguration
  extends SharedClientConfiguration, Omit<FailoverOptions, "targets" | "base"> {
  /** Who can answer, in the order of preference. */
  readonly targets: readonly (TargetService | string | URL)[];
}

/**
 * Calls services that stand for each other: all calls go to the last one that succeeded, and on to the
 * others while it fails.
 *
 * @example
 * ```ts
 * import { FailoverClient, json } from "@pirouette/http";
 *
 * const albums = new FailoverClient({
 *   targets: ["https://one.example/v1", "https://two.example/v1"],
 *   failoverCodes: [502, 503],
 *   timeout: { attempt: 2_000 },
 * });
 * console.log(await albums.get("/albums", { as: json() }), albums.getSucceededEndpointIndex());
 * ```
 */
export class FailoverClient implements Disposable, AsyncDisposable {
  /** The client that sends. */
  readonly client: Client;
  /** The targets, and which of them calls begin at. */
  readonly targets: FailoverTargets;
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
  constructor(configuration: FailoverClientConfiguration) {
    const { targets, failoverCodes, interval, methods, bufferLimit, clock, ...config } = ownOptions(
      configuration,
    );
    const services = new TargetServices("FailoverClient", targets);
    this.#services = services;
    this.targets = new FailoverTargets(services.targets, services.base);
    this.client = services.clientOf(config, {
      failover: {
        targets: this.targets,
        ...defined({ failoverCodes, interval, methods, bufferLimit, clock }),
      },
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

  /** The place in the list of the target that the next call begins at: the last that succeeded. */
  getSucceededEndpointIndex(): number {
    return this.targets.getSucceededEndpointIndex();
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
