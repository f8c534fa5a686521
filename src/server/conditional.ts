/**
 * The automatic 304: an answer with a validator that the client already has is not sent again
 * (RFC 9110 section 13.1.2, 13.1.3).
 *
 * @module
 */

/** `response`, or a 304 in its place where the request's conditions say so. */
export function notModifiedIfKnown(request: Request, response: Response): Response {
  if (response.status !== 200) return response;
  // The request first: most have no conditions, and the response's headers cost more to ask.
  const ifNoneMatch = request.headers.get("if-none-match");
  const ifModifiedSince = request.headers.get("if-modified-since");
  if (ifNoneMatch === null && ifModifiedSince === null) return response;
  const etag = response.headers.get("etag");
  const known = ifNoneMatch === null
    ? isUnchanged(ifModifiedSince, response.headers.get("last-modified"))
    : etag !== null && listsTag(ifNoneMatch, etag);
  if (!known) return response;
  const headers = new Headers(response.headers);
  for (const name of ["content-length", "content-type", "content-encoding"]) headers.delete(name);
  // The body is dropped unread: whatever feeds it must not go on.
  response.body?.cancel().catch(() => {});
  return new Response(null, { status: 304, headers });
}

function isUnchanged(since: string | null, lastModified: string | null): boolean {
  if (since === null || lastModified === null) return false;
  return since === lastModified || Date.parse(lastModified) <= Date.parse(since);
}

/** Whether a list of entity tags has `etag`, by weak comparison. */
function listsTag(list: string, etag: string): boolean {
  if (list.trim() === "*") return true;
  const opaque = etag.startsWith("W/") ? etag.slice(2) : etag;
  let start = 0;
  while (start < list.length) {
    const open = list.indexOf('"', start);
    const close = open === -1 ? -1 : list.indexOf('"', open + 1);
    if (close === -1) return false;
    if (list.slice(open, close + 1) === opaque) return true;
    start = close + 1;
  }
  return false;
}
