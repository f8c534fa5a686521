/**
 * A client whose calls give unions of what is declared for each status (spec 2.4.1.9).
 *
 * It is a {@linkcode Client} with `responses` in every call, and sends nothing of its own.
 *
 * @module
 */
import { ownOptions } from "../message/options.ts";
import type { AnyCallOptions } from "./call_options.ts";
import type { HeadCall } from "./call_signatures.ts";
import { Client } from "./client.ts";
import type { ClientConfiguration } from "./client_config.ts";
import type {
  StatusBodilessCall,
  StatusExecuteCall,
  StatusForwardCall,
  StatusMessageCall,
} from "./status_call_signatures.ts";
import { checkResponses } from "./status_entry.ts";
import type { OnlyStatuses, Responses } from "./status_responses.ts";

/** The configuration of a {@linkcode StatusCodeClient}: a client's, and what all responses are. */
export interface StatusCodeClientConfiguration<Shared extends Responses = Responses>
  extends ClientConfiguration {
  /**
   * What the responses of every call are bound to, by status; those of a call come before them.
   *
   * @default none: each call declares its own
   */
  readonly responses?: Shared & OnlyStatuses<Shared>;
}

/**
 * Calls a remote service; each call gives what is declared for the status of its response, and rejects
 * with {@linkcode StatusCodeResponseBindingError} where none is.
 *
 * `responses` of the configuration are those of every call; a call adds its own, which come before
 * them. Calls need no `this`.
 *
 * @example
 * ```ts
 * import { json, path, StatusCodeClient } from "@pirouette/http";
 * import { z } from "zod";
 *
 * const Album = z.object({ id: z.string(), title: z.string() });
 * const Problem = z.object({ message: z.string() });
 * const api = new StatusCodeClient("https://api.example.com/v1", {
 *   responses: { 404: Problem, default: json() },
 * });
 *
 * const found = await api.get(path`/albums/${"1"}`, { responses: { 200: Album } });
 * if (found.status === 200) console.log(found.body.title);
 * else if (found.status === 404) console.log(found.body.message);
 * else console.log(found.status, found.body);
 * ```
 */
export class StatusCodeClient<const Shared extends Responses = Record<never, never>>
  implements Disposable, AsyncDisposable {
  /** The client that sends: for calls that are not bound by status, and for its `fetch`. */
  readonly client: Client;
  /** Sends GET. */
  readonly get: StatusBodilessCall<Shared>;
  /** Sends HEAD; the response has no body to bind, and comes as it is. */
  readonly head: HeadCall;
  /** Sends OPTIONS. */
  readonly options: StatusBodilessCall<Shared>;
  /** Sends POST with a message, encoded by its type or by `mediaType`. */
  readonly post: StatusMessageCall<Shared>;
  /** Sends PUT with a message, encoded by its type or by `mediaType`. */
  readonly put: StatusMessageCall<Shared>;
  /** Sends PATCH with a message, encoded by its type or by `mediaType`. */
  readonly patch: StatusMessageCall<Shared>;
  /** Sends DELETE, with a message if there is one. */
  readonly delete: StatusMessageCall<Shared>;
  /** Sends a request of any method, as `MOVE`; methods are case-sensitive. */
  readonly execute: StatusExecuteCall<Shared>;
  /** Passes a received request on, as {@linkcode Client} does. */
  readonly forward: StatusForwardCall<Shared>;

  /**
   * Makes a client of the service at a URL; one without a scheme is taken for http.
   *
   * @throws {InitializingOutboundRequestError} when `url` is no http or https URL, or has credentials,
   * a query or a fragment.
   * @throws {TypeError} when there is an option it does not know, or one of the wrong type.
   */
  constructor(url: string | URL, configuration: StatusCodeClientConfiguration<Shared> = {}) {
    const { responses, ...config } = ownOptions(configuration);
    const client = new Client(url, config);
    const shared = new SharedResponses(responses);
    // What a call gives is a matter of its signature.
    const withMessage =
      (name: "post" | "put" | "patch" | "delete"): StatusMessageCall<Shared> =>
      (path: string, message?: unknown, options?: AnyCallOptions) =>
        client[name](path, message, shared.into(options)) as Promise<never>;
    this.client = client;
    this.head = client.head;
    this.get = (path: string, options?: AnyCallOptions) =>
      client.get(path, shared.into(options)) as Promise<never>;
    this.options = (path: string, options?: AnyCallOptions) =>
      client.options(path, shared.into(options)) as Promise<never>;
    this.post = withMessage("post");
    this.put = withMessage("put");
    this.patch = withMessage("patch");
    this.delete = withMessage("delete");
    this.execute = (method: string, path: string, message?: unknown, options?: AnyCallOptions) =>
      client.execute(method, path, message, shared.into(options)) as Promise<never>;
    this.forward = (path: string, request: Request, options?: AnyCallOptions) =>
      client.forward(path, request, shared.into(options)) as Promise<never>;
  }

  /** The address that calls are relative to, without a slash at its end. */
  get url(): string {
    return this.client.url;
  }

  /** Frees the connections that were made for this client alone, as {@linkcode Client.close} does. */
  close(): void | Promise<void> {
    return this.client.close();
  }

  /** Closes the client, without waiting. */
  [Symbol.dispose](): void {
    this.client[Symbol.dispose]();
  }

  /** Closes the client. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
  }
}

/** Options that have responses. */
type BoundOptions = AnyCallOptions & { readonly responses: Responses; readonly as?: never };

/** What is declared for all calls, put behind what each declares. */
class SharedResponses {
  readonly #shared: Responses | undefined;
  /** What a call declares was seen before, more often than not, and was read then. */
  readonly #merged: WeakMap<Responses, Responses> = new WeakMap();

  constructor(shared: Responses | undefined) {
    if (shared !== undefined) checkResponses(shared);
    this.#shared = shared === undefined ? undefined : Object.freeze({ ...shared });
  }

  into(options: AnyCallOptions | undefined): BoundOptions {
    // Where nobody declares any, the client refuses to send.
    const responses = this.#behind(options?.responses) ?? {};
    return { ...options, responses } as BoundOptions;
  }

  #behind(own: Responses | undefined): Responses | undefined {
    const shared = this.#shared;
    if (own === undefined || shared === undefined) return own ?? shared;
    if (typeof own !== "object" || own === null) return own;
    let merged = this.#merged.get(own);
    if (merged === undefined) {
      merged = Object.freeze({ ...shared, ...own });
      this.#merged.set(own, merged);
    }
    return merged;
  }
}
