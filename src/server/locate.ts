/**
 * From a request to its exchange: finds the path and the query, and makes an unusual path
 * canonical or refuses it.
 *
 * @module
 */
import { HttpError } from "../message/errors.ts";
import { InitializingInboundRequestError } from "../message/listener_errors.ts";
import { canonicalPath } from "./canonical_path.ts";
import type { Connection } from "../message/connection.ts";
import { platformRequest } from "../message/platform_request.ts";
import { Exchange } from "./exchange.ts";
import { stripMatrix } from "./matrix_params.ts";
import { scanPath, startOfPath } from "./request_target.ts";

/**
 * The exchange of a request.
 *
 * @param start where the path starts in the URL, if the caller knows
 */
export function locate(
  request: Request,
  connection: Connection | undefined,
  start = startOfPath(request.url),
): Exchange {
  const { url, method } = request;
  if (start === -1) {
    const exchange = new Exchange(request, method, url, url.length, url.length, connection);
    exchange.fault = new InitializingInboundRequestError("The request target or Host is malformed");
    return exchange;
  }
  const scanned = scanPath(url, start);
  if (scanned >= 0) return new Exchange(request, method, url, start, scanned, connection);
  return locateUnusual(request, connection, start, ~scanned);
}

function locateUnusual(
  request: Request,
  connection: Connection | undefined,
  start: number,
  end: number,
): Exchange {
  const { url, method } = request;
  try {
    const path = url.slice(start, end);
    const canonical = canonicalPath(path);
    const routed = stripMatrix(canonical);
    if (routed === path) return new Exchange(request, method, url, start, end, connection);
    const before = url.slice(0, start);
    const after = url.slice(end);
    // Layers and handlers must see the path that is routed, or a guard could be walked around.
    const rebuilt = new Request(before + routed + after, platformRequest(request));
    const exchange = new Exchange(rebuilt, method, url, start, end, connection);
    // Found anew: rebuilding rewrites the authority too (`X:80` becomes `x`), and moves the path.
    exchange.routeUrl = rebuilt.url;
    exchange.routeStart = startOfPath(rebuilt.url);
    const scanned = scanPath(rebuilt.url, exchange.routeStart);
    exchange.routeEnd = scanned < 0 ? ~scanned : scanned;
    return exchange;
  } catch (error) {
    const exchange = new Exchange(request, method, url, start, end, connection);
    exchange.fault = error instanceof HttpError
      ? error
      : new InitializingInboundRequestError("The request target is malformed", { cause: error });
    return exchange;
  }
}
