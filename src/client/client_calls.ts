/**
 * How the calls of a client are made: options checked, the message encoded, sent through the layers, the
 * response bound.
 *
 * @module
 */
import { withProgress } from "../layers/progress.ts";
import { type Fetch, type Layer, stack } from "../message/fetch.ts";
import { type ForwardedRules, forwardedRules } from "../message/forwarded_build.ts";
import { checkedOptions, ownOptions } from "../message/options.ts";
import { isSchema, type Schema } from "../schema/standard.ts";
import { baseFetch } from "./base_fetch.ts";
import type { BaseURL } from "./base_url.ts";
import { unlessAborted } from "./call_abort.ts";
import { type CallInit, callInit } from "./call_init.ts";
import { type AnyCallOptions, messageOptions } from "./call_options.ts";
import type { ClientConfiguration } from "./client_config.ts";
import { type QueryListStyle, withQuery } from "./query.ts";
import { type BindingRules, ResponseBinding } from "./response_binding.ts";
import { responseError } from "./response_error.ts";
import { StatusCodeBindings } from "./status_binding.ts";

const noOptions: AnyCallOptions = Object.freeze(Object.create(null));

/** The most bytes of a body that is bound: 64 MiB. */
const defaultBodyLimit = 67_108_864;

/** What a client sends by. */
export interface ClientRoute {
  /** The address that calls are relative to. */
  readonly base: BaseURL;
  /** The innermost fetch. */
  readonly send: Fetch;
  /** What is around it. */
  readonly layers: readonly Layer[];
}

/** Makes the calls of a client. */
export class ClientCalls {
  /** All that the client does to a request, as a fetch. */
  readonly fetch: Fetch;
  readonly #route: ClientRoute;
  readonly #forwarded: ForwardedRules;
  readonly #queryLists: QueryListStyle;
  readonly #rules: BindingRules;
  /** What each schema was read to, which takes longer than a call. */
  readonly #bindings: WeakMap<Schema, ResponseBinding> = new WeakMap();
  readonly #statusBindings: StatusCodeBindings;

  /** Prepares to call; the configuration was checked. */
  constructor(config: ClientConfiguration, route: ClientRoute) {
    const { queryLists = "comma", validation = true, laxDataBinding = false } = config;
    const { maxEntityBodySize: limit = defaultBodyLimit } = ownOptions(config.responseLimits ?? {});
    this.#route = route;
    this.#queryLists = queryLists;
    this.#rules = { limit: limit === -1 ? Infinity : limit, validation, lax: laxDataBinding };
    this.#statusBindings = new StatusCodeBindings(this.#rules, (schema) => this.#bindingOf(schema));
    this.#forwarded = forwardedRules(config.forwarded ?? "disable");
    this.fetch = baseFetch(route.base, stack(route.send, ...route.layers));
  }

  /**
   * Makes a call. Its type is that of any promise: what it gives is for the signatures of the client's
   * functions to say.
   */
  call(
    method: string,
    path: string,
    message: unknown,
    given: AnyCallOptions = noOptions,
    known: Readonly<Record<string, true>> = messageOptions,
  ): Promise<never> {
    let options = given;
    let target: string;
    let init: CallInit;
    let bind: Bind | undefined;
    try {
      if (given === noOptions) refuseOptions(message);
      else options = checkedOptions("A call", given, known);
      target = withQuery(path, options, this.#queryLists);
      init = callInit(method, message, options, this.#forwarded);
      bind = this.#bindFor(options);
    } catch (error) {
      return Promise.reject(error);
    }
    const response = this.#fetchFor(options)(target, init);
    const result = (bind === undefined ? response : response.then(bind)) as Promise<never>;
    const { signal } = options;
    return signal instanceof AbortSignal ? unlessAborted(result, signal) : result;
  }

  /** What binds the response of a call; `undefined` where the call gives it as it is. */
  #bindFor(options: AnyCallOptions): Bind | undefined {
    const byStatus = this.#statusBindings.of(options);
    if (byStatus !== undefined) return (response) => byStatus.bind(response);
    const { as } = options;
    if (as === undefined) return undefined;
    const binding = this.#bindingOf(as);
    const { limit } = this.#rules;
    return (response) =>
      response.status < 400
        ? binding.bind(response)
        : responseError(response, limit).then((error) => Promise.reject(error));
  }

  /** The fetch of a call; one whose upload is watched has the layers put around that anew. */
  #fetchFor({ onUploadProgress: onUpload, onDownloadProgress: onDownload }: AnyCallOptions): Fetch {
    const { base, send, layers } = this.#route;
    const fetch = onUpload === undefined
      ? this.fetch
      : baseFetch(base, stack(withProgress(send, { onUpload }), ...layers));
    return onDownload === undefined ? fetch : withProgress(fetch, { onDownload });
  }

  #bindingOf(schema: Schema): ResponseBinding {
    let binding = this.#bindings.get(schema);
    if (binding === undefined) {
      binding = new ResponseBinding(schema, this.#rules);
      this.#bindings.set(schema, binding);
    }
    return binding;
  }
}

/** Makes of a response what a call gives. */
type Bind = (response: Response) => Promise<unknown>;

/** Refuses options in the place of a message, as those of a DELETE that has none. */
function refuseOptions(message: unknown): void {
  if (typeof message !== "object" || message === null) return;
  const isMistaken = "as" in message && isSchema(message.as) ||
    "responses" in message && Object.values(message.responses ?? {}).some(isSchema);
  if (!isMistaken) return;
  throw new TypeError("The message of a call has a schema in it: pass options after the message");
}
