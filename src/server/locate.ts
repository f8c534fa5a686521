/**
 * From a request to its exchange: finds the path and the query, and makes an unusual path
 * canonical or refuses it.
 *
 * @module
 */
import { HttpError } from "../message/errors.ts";
import { InitializingInboundRequestError } from "../message/listener_errors.ts";
import { canonicalPath } from "./canonical_path.ts";
import type { Connection } from "./connection.ts";
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
  let exchange = new Exchange(request, method, url, start, end, connection);
  try {
    const path = url.slice(start, end);
    const canonical = canonicalPath(path);
    if (canonical !== path) {
      // Layers and handlers must see the path that is routed, or a guard could be walked around.
      const rebuilt = new Request(url.slice(0, start) + canonical + url.slice(end), request);
      const canonicalEnd = start + canonical.length;
      exchange = new Exchange(rebuilt, method, rebuilt.url, start, canonicalEnd, connection);
    }
    if (canonical.includes(";")) {
      exchange.routeUrl = stripMatrix(canonical);
      exchange.routeStart = 0;
      exchange.routeEnd = exchange.routeUrl.length;
    }
  } catch (error) {
    exchange.fault = error instanceof HttpError
      ? error
      : new InitializingInboundRequestError("The request target is malformed", { cause: error });
  }
  return exchange;
}
