/**
 * Keeps an OCSP response to staple: asks for another when half of its life is over, while handshakes
 * go on with the one there is, and drops it at its end.
 *
 * There is no timer: a handshake that finds it old has it asked for.
 *
 * @module
 */
import { GenericListenerError } from "../message/listener_errors.ts";
import { askResponder, ocspEnd, readOcspFile } from "../runtime/tls/ocsp_staple.ts";
import type { OcspSource } from "./listener_tls.ts";

/** Milliseconds after which another is asked for where a response does not say how long it is good. */
const usualLife = 3_600_000;

/** Milliseconds between two attempts. */
const pause = 60_000;

/** A response, in milliseconds since 1970. */
interface Kept {
  readonly bytes: Uint8Array;
  readonly end: number;
}

/**
 * Gets the response for the first time; what it gives knows the latest one.
 *
 * @param name the option, for messages
 * @param cert PEM of the certificate, and of its issuer behind it
 * @param onError told when there is no other in time, or no responder answers at the beginning
 * @throws {GenericListenerError} (as a rejection) when the file or function gives none.
 */
export async function openStaple(
  name: string,
  source: OcspSource,
  cert: string,
  onError: (error: Error) => void,
): Promise<() => Uint8Array | undefined> {
  const get = getter(name, source, cert);
  let kept: Kept | undefined;
  let askAt = 0;
  let isAsking = false;

  const ask = async (): Promise<void> => {
    askAt = Date.now() + pause;
    const bytes = new Uint8Array(await get());
    const now = Date.now();
    const end = ocspEnd(bytes) ?? now + 2 * usualLife;
    if (end <= now) throw new Error("The OCSP response is not good any more");
    kept = { bytes, end };
    askAt = Math.max(now + pause, now + (end - now) / 2);
  };
  const report = (cause: unknown): void =>
    onError(
      new GenericListenerError(`Cannot have an OCSP response for ${name}: ${why(cause)}`, {
        cause,
      }),
    );

  try {
    await ask();
  } catch (cause) {
    // A program that starts while a responder is down is of more use than one that does not.
    if (source === "auto") report(cause);
    else {
      throw new GenericListenerError(`Cannot use ${name}: ${why(cause)}`, { cause });
    }
  }
  return () => {
    const now = Date.now();
    if (now >= askAt && !isAsking) {
      isAsking = true;
      ask().catch(report).finally(() => isAsking = false);
    }
    return kept !== undefined && now < kept.end ? kept.bytes : undefined;
  };
}

function getter(name: string, source: OcspSource, cert: string): () => Promise<Uint8Array> {
  if (source instanceof Uint8Array) return () => Promise.resolve(source);
  if (typeof source === "function") return async () => await source();
  if (source === "auto") return () => askResponder(cert);
  if (typeof source === "string" || source instanceof URL) return () => readOcspFile(source);
  throw new TypeError(`${name} is "auto", a file, a Uint8Array or a function`);
}

function why(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
