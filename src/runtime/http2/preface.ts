/**
 * Which version of HTTP a client begins with, where TLS has not agreed on one: HTTP/2 begins with a
 * preface that no request of HTTP/1.1 can begin with (RFC 9113 section 3.4).
 *
 * @module
 */
import type { Socket } from "node:net";
import type { Clock } from "../../message/clock.ts";

/** The versions that a first byte can belong to. */
export type FirstVersion = "1.1" | "2";

const preface = new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/**
 * How much longer than its time a client is waited for, in milliseconds: what came in time may not be
 * read yet, where the program was busy until then.
 */
const grace = 20;

/**
 * Waits for enough of a connection to tell its version, puts back what was read, and hands it over.
 * A connection that ends or fails before, or takes longer than `timeout` milliseconds, is closed.
 *
 * @param take given the version, in the same turn in which the bytes were put back
 */
export function sniffVersion(
  socket: Socket,
  timeout: number,
  clock: Clock,
  take: (version: FirstVersion) => void,
): void {
  let first: Uint8Array | undefined;
  let timer = clock.setTimer(() => {
    timer = clock.setTimer(() => socket.destroy(), grace);
  }, timeout);
  const stop = (): void => {
    timer.clear();
    socket.off("readable", look);
    socket.off("end", close);
    socket.off("close", stop);
    socket.off("error", close);
  };
  const close = (): void => {
    stop();
    socket.destroy();
  };
  const look = (): void => {
    const more: Uint8Array | null = socket.read();
    if (more === null) return;
    first = first === undefined ? more : joined(first, more);
    const version = versionOf(first);
    if (version === undefined) return;
    stop();
    socket.unshift(first);
    take(version);
  };
  socket.on("readable", look);
  socket.on("end", close);
  socket.on("close", stop);
  socket.on("error", close);
}

/** The version, or `undefined` while it could be either. */
function versionOf(bytes: Uint8Array): FirstVersion | undefined {
  const length = Math.min(bytes.length, preface.length);
  for (let index = 0; index < length; index++) {
    if (bytes[index] !== preface[index]) return "1.1";
  }
  return length === preface.length ? "2" : undefined;
}

/** At most 23 bytes and what came next. */
function joined(first: Uint8Array, more: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + more.length);
  whole.set(first);
  whole.set(more, first.length);
  return whole;
}
