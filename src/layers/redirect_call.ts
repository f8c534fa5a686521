/**
 * A call as it is sent first, and what its later requests are made of.
 *
 * @module
 */
import { asRequest, type Fetch } from "../message/fetch.ts";
import { KeptBody } from "./redirect_body.ts";
import { RedirectError } from "./redirect_error.ts";
import { redirectedFields } from "./redirect_fields.ts";
import { isOneShot } from "./replay_body.ts";
import { initOf, repeatableInit } from "./replay_init.ts";

/** What to send next. */
export interface RedirectStep {
  /** Where to. */
  readonly to: URL;
  /** The method of the next request; another one than before has no body. */
  readonly method: string;
  /** Whether it goes to another origin. */
  readonly crosses: boolean;
  /** Whether credentials go there too. */
  readonly allowAuthHeaders: boolean;
  /** The status that asked for it. */
  readonly statusCode: number;
}

/** A call whose redirects are followed; its state is what the next request will be. */
export class RedirectedCall {
  /** The address as the caller gave it. */
  readonly uri: string;
  /** The first request, if the caller gave one. */
  readonly #request: Request | undefined;
  /** What is sent of its body, until that is lost or known. */
  #kept: KeptBody | undefined;
  readonly #bufferLimit: number;
  #init: RequestInit;

  /**
   * Prepares to send what the caller passed to fetch.
   *
   * @throws {TypeError} when it is a request whose body was read before.
   */
  constructor(input: Request | URL | string, init: RequestInit | undefined, bufferLimit: number) {
    this.#bufferLimit = bufferLimit;
    if (input instanceof Request) {
      const request = asRequest(input, init);
      this.uri = request.url;
      this.#kept = KeptBody.of(request, bufferLimit);
      this.#request = new Request(request, { redirect: "manual" });
      this.#init = initOf(request, init);
      this.#init.redirect = "manual";
      return;
    }
    this.uri = typeof input === "string" ? input : input.href;
    this.#init = { ...repeatableInit(init), redirect: "manual" };
  }

  /** The method of the request that was sent last. */
  get method(): string {
    return this.#init.method ?? "GET";
  }

  /** Sends the first request, with what the platform follows left to us. */
  send(next: Fetch): Promise<Response> {
    return this.#request === undefined ? next(this.uri, this.#init) : next(this.#request);
  }

  /**
   * Sends the next request. What it loses on the way it has lost for good.
   *
   * @throws {RedirectError} when the body cannot be sent again.
   * @throws what the caller's signal says, once it aborted.
   */
  async sendOn(next: Fetch, step: RedirectStep): Promise<Response> {
    const losesBody = step.method !== this.method;
    const init: RequestInit = { ...this.#init, method: step.method };
    const headers = redirectedFields(init.headers, { ...step, losesBody });
    if (headers !== undefined) init.headers = headers;
    if (losesBody) {
      delete init.body;
      this.drop();
    } else if (this.#kept !== undefined) {
      init.body = await this.#keptBytes(this.#kept, step);
    } else if (isOneShot(init.body)) {
      throw cannotRepeat(step, "a stream can be read only once, pass text, bytes or a Blob");
    }
    this.#init = init;
    init.signal?.throwIfAborted();
    return await next(step.to.href, init);
  }

  /** Lets go of the body that was kept; may be called at any time, and again. */
  drop(): void {
    this.#kept?.drop();
    this.#kept = undefined;
  }

  async #keptBytes(kept: KeptBody, step: RedirectStep): Promise<Uint8Array<ArrayBuffer>> {
    const { signal } = this.#init;
    const bytes = await kept.bytes(signal);
    signal?.throwIfAborted();
    if (bytes === undefined) {
      const most = `more than ${this.#bufferLimit} bytes of a Request are not kept`;
      throw cannotRepeat(step, `${most}, pass them beside the address or raise bufferLimit`);
    }
    // From here on they go along with the rest.
    this.#kept = undefined;
    return bytes;
  }
}

function cannotRepeat({ statusCode, to }: RedirectStep, why: string): RedirectError {
  return new RedirectError(`Cannot send the body again for redirect ${statusCode}: ${why}`, {
    statusCode,
    location: to.href,
  });
}
