/**
 * What depends on the request once the response is there: 304, a part, and HEAD's missing body.
 *
 * @module
 */
import { Reply } from "../message/reply.ts";
import { mayBeConditional, withConditions } from "./conditional.ts";
import type { Exchange } from "./exchange.ts";
import { asksForPart, offersParts, partOf } from "./partial_answer.ts";
import type { ResponseCaching } from "./response_cache.ts";
import { withoutBody } from "./without_body.ts";

/** What is sent of the response that was made of `value`. */
export function finish(
  exchange: Exchange,
  value: unknown,
  response: Response,
  caching: ResponseCaching | undefined,
): Response | Promise<Response> {
  const { method } = exchange;
  if (method !== "GET" && method !== "HEAD") return response;
  if (!exchange.isIntercepted) return conclude(exchange, value, response, caching);
  // Response hooks see the whole answer; what the request's conditions make of it comes after them.
  exchange.conclude = (final) =>
    conclude(exchange, final === response ? value : final, final, caching);
  return response;
}

function conclude(
  exchange: Exchange,
  value: unknown,
  response: Response,
  caching: ResponseCaching | undefined,
): Response | Promise<Response> {
  const { request } = exchange;
  // Whatever a value is, response hooks may have set a validator.
  if (exchange.isIntercepted) caching?.protect(response);
  else if (caching === undefined && !mayBeConditional(value)) return ended(exchange, response);
  const current = withConditions(request, response);
  if (value instanceof Response) return ended(exchange, current);
  const body = value instanceof Reply ? value.body : value;
  const blob = body instanceof Blob ? body : undefined;
  const isReadable = exchange.isWhole || blob !== undefined;
  if (isReadable && asksForPart(request, current) && mayBeParted(current, caching)) {
    exchange.isWhole = false;
    return partOf(request, current, blob).then((part) => ended(exchange, part, caching));
  }
  return ended(exchange, current, caching);
}

function mayBeParted(response: Response, caching: ResponseCaching | undefined): boolean {
  return offersParts(response) || (caching !== undefined && response.headers.get("etag") !== null);
}

function ended(exchange: Exchange, response: Response, caching?: ResponseCaching): Response {
  caching?.date(response);
  return exchange.method === "HEAD" ? withoutBody(exchange, response) : response;
}
