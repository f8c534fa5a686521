/**
 * Header fields of a response that somebody else made: set where it allows that, else on a copy.
 *
 * What `fetch` and `Response.redirect` give has immutable headers.
 *
 * @module
 */

import { withBody } from "./response_copy.ts";

/**
 * The response with its header fields edited: itself where they can be changed, else a copy with
 * the same body, `url` and `redirected`.
 *
 * `edit` may be called a second time, on the copy. A response that cannot be built anew (an upgrade,
 * a network error) is left as it is.
 */
export function editHeaders(response: Response, edit: (headers: Headers) => void): Response {
  try {
    edit(response.headers);
    return response;
  } catch (error) {
    if (response.status < 200) return response;
    if (!(error instanceof TypeError)) throw error;
    const copy = withBody(response, response.body);
    edit(copy.headers);
    return copy;
  }
}
