/**
 * The layers of a service, around all of it.
 *
 * A layer is given a request and nothing else, so that the exchange waits beside it until the
 * innermost layer hands the request on. An error that a layer throws is answered before the layers
 * around it see it, as those of the service itself are: each sees an answer, with its status.
 *
 * @module
 */
import { asRequest, type Fetch, type Layer, stack } from "../message/fetch.ts";
import type { Exchange, Surroundings } from "./exchange.ts";
import { locate } from "./locate.ts";
import type { Intercepted } from "./intercepted.ts";
import { sendable } from "./sendable.ts";
import { dropUnsent } from "./unsent.ts";
import { withoutBody } from "./without_body.ts";

/** Layers around whatever answers. */
export class Layered {
  readonly #inside: Intercepted;
  readonly #fetch: Fetch;
  readonly #exchanges = new WeakMap<Request, Exchange>();
  /** What the exchanges here have in common with those of requests that a layer makes anew. */
  #surroundings: Surroundings | undefined = undefined;

  /** Puts layers around what `inside` answers, the first one outermost. */
  constructor(layers: readonly Layer[], inside: Intercepted) {
    this.#inside = inside;
    const answering: Layer = (next) => (input, init) => this.#answering(next, input, init);
    this.#fetch = stack(
      (input, init) => this.#innermost(asRequest(input, init)),
      ...layers.flatMap((layer) => [answering, layer]),
    );
  }

  /** Answers a request. */
  async answer(exchange: Exchange): Promise<Response> {
    const request = exchange.visibleRequest;
    this.#exchanges.set(request, exchange);
    this.#surroundings = exchange.surroundings;
    // What is watched is the answer of the layers, not what they get from inside.
    exchange.isLayered = true;
    exchange.isWatched = true;
    let answer: Promise<Response>;
    try {
      answer = this.#fetch(request);
    } finally {
      exchange.isWatched = false;
    }
    const response = await answer;
    // What a layer may have changed is not known any more.
    exchange.isFresh = false;
    if (exchange.inside !== response) exchange.isWhole = false;
    const checked = sendable(response);
    return exchange.received.method === "HEAD" ? withoutBody(exchange, checked) : checked;
  }

  /** What the innermost layer calls, with the request it was given or another. */
  async #innermost(request: Request): Promise<Response> {
    const known = this.#exchangeOf(request);
    // What the first time has left behind, perhaps while it still goes on, is not the second's.
    const exchange = known.isAsked ? known.again(request) : known;
    known.isAsked = true;
    try {
      return exchange.inside = await this.#inside.dispatch(exchange);
    } catch (error) {
      return await this.#inside.fail(exchange, error);
    }
  }

  async #answering(
    next: Fetch,
    input: Request | URL | string,
    init: RequestInit | undefined,
  ): Promise<Response> {
    try {
      return await next(input, init);
    } catch (error) {
      // The body is gone by now, if there was one: only the head of the request matters.
      const request = input instanceof Request ? input : new Request(input);
      const exchange = this.#exchangeOf(request);
      // Whatever the layer was given, nobody has it now.
      dropUnsent(exchange.inside);
      return await this.#inside.fail(exchange, error);
    }
  }

  /** The exchange of a request, also of one that a layer made in place of the one that came. */
  #exchangeOf(request: Request): Exchange {
    const known = this.#exchanges.get(request);
    if (known !== undefined) return known;
    const exchange = locate(request, undefined);
    exchange.surroundings = this.#surroundings;
    exchange.isLayered = true;
    exchange.isWatched = true;
    this.#exchanges.set(request, exchange);
    return exchange;
  }
}
