/**
 * The end of a request's body over HTTP/2.
 *
 * Node says of a body that its client broke off (RST_STREAM) first that it has ended, and only then that
 * it was broken off (Node 20 to 24 and Deno 2.9.6): half of an upload would be taken for all of it. So
 * the end is held back until nothing more of what has come in is to be told.
 *
 * @module
 */
import type { ServerHttp2Stream } from "node:http2";

/** RFC 9113 section 7. */
const NO_ERROR = 0;

/**
 * Lets a stream end only where the client has ended it, and fail otherwise.
 *
 * @param onPiece called with each piece that comes
 */
export function holdEnd(stream: ServerHttp2Stream, onPiece: () => void): void {
  stream.once("finish", () => setImmediate(closeUnread, stream));
  const push = stream.push;
  let isHeld = false;
  const release = (): void => {
    if (stream.destroyed) return;
    if (isBroken(stream)) {
      stream.destroy();
      return;
    }
    push.call(stream, null);
    // Of a body that nobody reads yet, this would be the end before anyone could see it.
    if (stream.readableFlowing === true || stream.closed) stream.read(0);
  };
  stream.push = (piece: unknown, encoding?: BufferEncoding): boolean => {
    if (piece !== null) {
      onPiece();
      return push.call(stream, piece, encoding);
    }
    if (stream.destroyed) return !isBroken(stream) && push.call(stream, null);
    if (!isHeld) setImmediate(release);
    isHeld = true;
    return false;
  };
}

/**
 * Closes a stream whose request nobody reads any more once it is answered (RFC 9113 section 8.1). Else
 * it would stay, and a graceful stop would wait for it.
 */
function closeUnread(stream: ServerHttp2Stream): void {
  if (stream.destroyed || stream.readableEnded || stream.listenerCount("data") > 0) return;
  stream.close(NO_ERROR);
  // What has come is dropped; with something left to read, Node would keep the stream.
  stream.resume();
}

/** Whether the client has broken its request off, or the connection has. */
function isBroken(stream: ServerHttp2Stream): boolean {
  return stream.aborted || stream.rstCode !== 0;
}
