/**
 * The response to a request that was passed on, as it goes back to whoever sent that.
 *
 * @module
 */
import { withBody } from "../layers/response_copy.ts";
import { withoutHopByHop } from "../message/hop_by_hop.ts";

/** A response without the fields of its own connection (RFC 9110 section 7.6.1). */
export function passedBack(response: Response): Response {
  if (response.status < 200) return response;
  const kept = withoutHopByHop(response.headers);
  return sizeOf(kept) === sizeOf(response.headers)
    ? response
    : withBody(response, response.body, kept);
}

function sizeOf(headers: Headers): number {
  let size = 0;
  headers.forEach(() => size++);
  return size;
}
