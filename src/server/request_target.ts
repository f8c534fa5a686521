/**
 * Where the path and the query are within a request's URL, found without making a URL object.
 *
 * A transport hands over the request target as it was sent: not normalised, and behind a `Host`
 * that a client may have filled with anything. Whatever is not certainly plain is sent the slow
 * way, which either makes it canonical or refuses it, so that the router, every layer and every
 * handler see one and the same path.
 *
 * @module
 */

/** Marks the characters at which a path ends, or has to be looked at more closely. */
const marked: Uint8Array = markCharacters();

function markCharacters(): Uint8Array {
  const marks = new Uint8Array(256);
  marks.fill(1, 0, 0x21);
  marks.fill(1, 0x7f);
  for (const character of '"#%.;<>?\\`{}') marks[character.charCodeAt(0)] = 1;
  return marks;
}

const slash = 0x2f;
const dot = 0x2e;
const question = 0x3f;
const hash = 0x23;

/** The index of the end of the path that starts at `start`, complemented if it is not plain. */
export function scanPath(url: string, start: number): number {
  let plain = true;
  for (let index = start; index < url.length; index++) {
    const code = url.charCodeAt(index);
    // One question for each character; past the table is past what a plain path may have.
    if (marked[code] === 0) continue;
    if (code === question || code === hash) return plain ? index : ~index;
    if (code !== dot || url.charCodeAt(index - 1) === slash) plain = false;
  }
  return plain ? url.length : ~url.length;
}

/** The index of the end of the query: of a fragment's `#`, which no server should be sent. */
export function endOfTarget(url: string, pathEnd: number): number {
  if (pathEnd === url.length) return pathEnd;
  const index = url.indexOf("#", pathEnd);
  return index === -1 ? url.length : index;
}

/**
 * The index of the slash that begins the path, or -1 where the authority is not one that a client
 * may send: the path would then begin elsewhere than it seems, or `new URL(request.url)` throw.
 */
export function startOfPath(url: string): number {
  const authority = url.indexOf("://") + 3;
  const start = url.indexOf("/", authority);
  // An empty one is no authority either: of `http:///admin/`, which `Host: /admin` makes, a URL
  // object has the path `/`.
  if (start <= authority) return -1;
  const isPlain = /^[\w.~!$&'()*+,=:%[\]-]+$/.test(url.slice(authority, start));
  return isPlain && URL.canParse(url.slice(0, start)) ? start : -1;
}
