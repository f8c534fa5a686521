/**
 * Calls that say `Expect: 100-continue` (RFC 9110 section 10.1.1): what becomes of it where the
 * platform cannot wait for `100 Continue`.
 *
 * None can: Deno's `fetch` sends the field and, without waiting, the body; the interim response is
 * swallowed, and a final one, as 417, is the response even where it comes before the body is sent.
 * RFC 9110 allows all of that, so that the field does no harm, but it spares nobody the upload. Node's
 * `fetch` refuses the field ("expect header not supported").
 *
 * @module
 */
import { callHeaders, withHeaders } from "../message/call_headers.ts";
import { InitializingOutboundRequestError } from "../message/client_errors.ts";
import type { Layer } from "../message/fetch.ts";

/** What becomes of `Expect: 100-continue`. */
export type ExpectContinueMode = "send" | "omit" | "refuse";

/**
 * Deals with `Expect: 100-continue`, which no platform waits for. Other expectations, and calls
 * without any, are passed on as they are.
 *
 * `send` sends it along with the body, and without one leaves it out, as a client has to. `omit`
 * always leaves it out, which makes such calls work on Node. With `refuse` a call rejects with
 * {@linkcode InitializingOutboundRequestError}, for programs that must not upload in vain.
 *
 * @throws {TypeError} when there is no such mode.
 *
 * @example
 * ```ts
 * import { expectContinue, stack } from "@pirouette/http/layers";
 *
 * const upload = stack(fetch, expectContinue("omit"));
 * ```
 */
export function expectContinue(mode: ExpectContinueMode = "send"): Layer {
  if (mode !== "send" && mode !== "omit" && mode !== "refuse") {
    throw new TypeError(`expectContinue has no mode "${mode}": use "send", "omit" or "refuse"`);
  }
  return (next) => async (input, init) => {
    const headers = callHeaders(input, init);
    if (headers.get("expect")?.toLowerCase() !== "100-continue") return await next(input, init);
    if (mode === "refuse") {
      throw new InitializingOutboundRequestError(
        "Cannot wait for 100 Continue: take the Expect field out, or ask the server beforehand",
      );
    }
    const body = init?.body ?? (input instanceof Request ? input.body : null);
    if (mode === "send" && body !== null) return await next(input, init);
    headers.delete("expect");
    return await withHeaders(next, headers, input, init);
  };
}
