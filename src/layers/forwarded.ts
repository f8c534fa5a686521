/**
 * Telling the next server of a gateway who sent the request (RFC 7239; the client's `forwarded`
 * option, spec 2.4).
 *
 * It is for gateways that hand on the request they received, and leaves every other call alone: a
 * program that calls for itself forwards nothing. To call with fields of a received request in a
 * request of another address, use `forwardedHeadersFor`.
 *
 * @module
 */
import { callHeaders, withHeaders } from "../message/call_headers.ts";
import { connectionOf, isConnection } from "../message/connection.ts";
import { asRequest, type Layer } from "../message/fetch.ts";
import {
  addForwarded,
  type ForwardedMode,
  type ForwardedOptions,
  forwardedRules,
} from "../message/forwarded_build.ts";
import { originOf } from "../message/request_origin.ts";

/**
 * Adds an element to the `Forwarded` field of a received request that is handed on: `for` its
 * client, `by` this gateway, and the `host` and `proto` it asked for.
 *
 * A call that is no received request, or one that some other layer built anew, is passed on as it is.
 *
 * @throws {TypeError} when an option is unknown, `mode` no mode, or `by` no node.
 *
 * @example
 * ```ts
 * import { type Fetch, stack } from "@pirouette/http";
 * import { forwarded } from "@pirouette/http/layers";
 *
 * declare const nextServer: Fetch;
 * export default { fetch: stack(nextServer, forwarded({ mode: "transition", by: "_gateway" })) };
 * ```
 */
export function forwarded(options: ForwardedMode | ForwardedOptions = {}): Layer {
  const rules = forwardedRules(options);
  if (rules.mode === "disable") return (next) => next;
  return (next) => (input, init) => {
    if (!(input instanceof Request)) return next(input, init);
    // What `deno serve` passes beside a request is no init.
    const isReceived = init !== undefined && isConnection(init);
    const request = isReceived ? asRequest(input, init) : input;
    const own = isReceived ? undefined : init;
    if (connectionOf(originOf(request)) === undefined) return next(input, init);
    const headers = callHeaders(request, own);
    addForwarded(headers, request, rules);
    return withHeaders(next, headers, request, own);
  };
}
