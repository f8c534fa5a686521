/**
 * The response on its way back through response hooks: shown to them, replaced by what they return,
 * and checked when it leaves.
 *
 * @module
 */
import { Reply } from "../message/reply.ts";
import { withConditions } from "./conditional.ts";
import type { Exchange } from "./exchange.ts";
import { type Answer, nothing } from "./hook_outcome.ts";
import { replaceBody, toMutable, unshared } from "./hook_response.ts";
import { encodeReply, type ReplyRules } from "./reply_encoder.ts";
import { sendable } from "./sendable.ts";
import { withoutBody } from "./without_body.ts";

/** The response of one request, as hooks pass it on. */
export class PassingResponse {
  readonly #exchange: Exchange;
  /** The response; `undefined` before there is any, and where an error is in its place. */
  current: Response | undefined = undefined;
  /** Whether response hooks ran, so that they may have set anything. */
  wasHooked: boolean = false;
  /** The response that a hook looked at last, whose fields can be set. */
  #shown: Response | undefined = undefined;

  /** Begins without a response. */
  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /** The response as a hook sees it, which may set its fields from now on. */
  shown(): Response | undefined {
    const response = this.current;
    if (response === undefined || response === this.#shown) return response;
    const exchange = this.#exchange;
    this.current = this.#shown = exchange.isFresh ? response : toMutable(response);
    exchange.isFresh = false;
    return this.#shown;
  }

  /**
   * Puts what a response hook has returned in its place.
   *
   * @throws {HttpError} when that cannot be sent.
   */
  replace(value: unknown, rules: ReplyRules): void {
    const { current } = this;
    if (value !== undefined && value === current) return void sendable(current);
    // Replies of hooks declare no schemas, so that nothing has to be waited for.
    const encoded = value === undefined ? nothing() : encodeReply(ownOf(value), rules) as Response;
    const isAnswer = value === undefined || value instanceof Response || value instanceof Reply;
    const successor = isAnswer || current === undefined ? encoded : replaceBody(current, encoded);
    this.drop(value);
    this.current = successor;
  }

  /** Tells whatever feeds the response that nobody gets it, unless `value` in its place has its body. */
  drop(value?: unknown): void {
    const exchange = this.#exchange;
    const body = exchange.isWhole ? undefined : this.current?.body;
    this.current = undefined;
    exchange.isWhole = false;
    exchange.isFresh = false;
    if (!body || body.locked) return;
    // To ask the body of a text or of JSON makes a stream of it, which is sent without its length.
    const kept = value instanceof Reply ? value.body : value;
    if (body === (kept instanceof Response ? kept.body : kept)) return;
    body.cancel().catch(() => {});
  }

  /**
   * The answer that leaves.
   *
   * @throws {HttpError} when it cannot be sent, or the request's conditions refuse it.
   */
  leave(response: Response): Answer {
    const exchange = this.#exchange;
    // Nobody but us has a response that was just made and that no hook has looked at.
    const checked = this.wasHooked && !exchange.isFresh ? sendable(response) : response;
    const answer = this.#concluded(checked);
    if (answer instanceof Promise) return answer;
    return exchange.received.method === "HEAD" ? withoutBody(exchange, answer) : answer;
  }

  /** What the request's conditions make of the answer, with the validators that hooks may have set. */
  #concluded(response: Response): Answer {
    const { conclude, method, request, isFresh } = this.#exchange;
    if (conclude !== undefined) return conclude(response);
    const isRead = method === "GET" || method === "HEAD";
    return isRead && !isFresh ? withConditions(request, response) : response;
  }
}

/** What a hook answers with, if it is a response one that is of this request alone. */
export function ownOf(value: unknown): unknown {
  return value instanceof Response ? unshared(value) : value;
}
