/**
 * The limits on a request's head (spec: `requestLimits`); the limit on its body is kept where the
 * body is read.
 *
 * @module
 */
import type { HttpError } from "../message/errors.ts";
import { GenericListenerError } from "../message/listener_errors.ts";
import { RequestHeaderFieldsTooLargeError, UriTooLongError } from "../message/status_errors.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import type { Exchange } from "./exchange.ts";

/** How large a request may be. */
export interface RequestLimitConfigs {
  /**
   * The most characters of path and query, else 414. More than 16384 take the transport `"node"`,
   * because `Deno.serve` reads no longer head over HTTP/2.
   *
   * @default 4096
   */
  readonly maxUriLength?: number;
  /**
   * The most bytes of all header fields, else 431. Counting them costs time, so that without this
   * option the transport's own limit stands. More than 16384 take the transport `"node"`.
   *
   * @default the transport's, for the whole head: with "node" about 20 KiB, with "deno" 64 KiB on
   * HTTP/1.1 and 16 KiB on HTTP/2
   */
  readonly maxHeaderSize?: number;
  /**
   * The most bytes of a body that is bound, else 413; -1 for no limit.
   *
   * @default 10485760
   */
  readonly maxEntityBodySize?: number;
}

const limitOptions: Readonly<Record<keyof RequestLimitConfigs, true>> = {
  maxUriLength: true,
  maxHeaderSize: true,
  maxEntityBodySize: true,
};

/** Refuses requests whose head is too large. */
export class RequestLimits {
  readonly #maxUriLength: number;
  readonly #maxHeaderSize: number | undefined;

  /**
   * Keeps the limits.
   *
   * @throws {GenericListenerError} when one is not positive.
   */
  constructor(given: RequestLimitConfigs = {}) {
    checkOptions("requestLimits", given, limitOptions);
    const config = ownOptions(given);
    for (const name of ["maxUriLength", "maxHeaderSize", "maxEntityBodySize"] as const) {
      const value = config[name];
      const isUnlimited = name === "maxEntityBodySize" && value === -1;
      if (value === undefined || isUnlimited || (Number.isInteger(value) && value > 0)) continue;
      throw new GenericListenerError(`Invalid configuration found for ${name} : ${value}`);
    }
    this.#maxUriLength = config.maxUriLength ?? 4096;
    this.#maxHeaderSize = config.maxHeaderSize;
  }

  /** Why a request is refused, if it is. */
  fault(exchange: Exchange): HttpError | undefined {
    const { url, pathStart, request } = exchange;
    // A fragment, which no client should send, counts only where it makes the difference.
    if (
      url.length - pathStart > this.#maxUriLength && exchange.end - pathStart > this.#maxUriLength
    ) {
      return new UriTooLongError(
        `The request target is longer than ${this.#maxUriLength} characters`,
      );
    }
    if (this.#maxHeaderSize !== undefined && headerSize(request.headers) > this.#maxHeaderSize) {
      return new RequestHeaderFieldsTooLargeError(
        `The header fields are larger than ${this.#maxHeaderSize} bytes`,
      );
    }
    return undefined;
  }
}

/** The size of header fields as HTTP/1.1 writes them: `name: value` and a line end each. */
function headerSize(headers: Headers): number {
  let size = 0;
  for (const [name, value] of headers) size += name.length + value.length + 4;
  return size;
}
