/**
 * Something at a base path that answers requests: a service, or any `fetch`.
 *
 * @module
 */
import type { Fetch } from "../message/fetch.ts";
import { answerError, type ErrorRules } from "./error_answer.ts";
import type { Exchange, Owner } from "./exchange.ts";
import { sendable } from "./sendable.ts";
import type { Service } from "./service_config.ts";

/** What a dispatcher chooses among. */
export interface MountPoint extends Owner {
  /** The base path without a trailing slash: empty for the root. */
  readonly basePath: string;
  /** The host it answers for, in lower case; `undefined` for every host. */
  readonly host: string | undefined;
  /** What is mounted. */
  readonly service: Service | Fetch;
  /** Whether a path is under the base path. */
  covers(exchange: Exchange): boolean;
  /** Answers a request; only a promise that it gives may fail. */
  answer(exchange: Exchange): Response | Promise<Response>;
}

/** A `fetch` at the root, for `serve(handler)`. */
export class FetchMount implements MountPoint {
  /** The root. */
  readonly basePath: string = "";
  /** Every host. */
  readonly host: undefined = undefined;
  /** The handler. */
  readonly service: Fetch;

  readonly #errors: ErrorRules;

  /** Mounts `fetch`. */
  constructor(fetch: Fetch, errors: ErrorRules = {}) {
    this.service = fetch;
    this.#errors = errors;
  }

  /** A handler takes every path. */
  covers(): boolean {
    return true;
  }

  /** What the handler answers. */
  async answer(exchange: Exchange): Promise<Response> {
    return sendable(await this.service(exchange.request));
  }

  /** An error reply. */
  fail(exchange: Exchange, error: unknown): Response | Promise<Response> {
    return answerError(exchange, error, this.#errors);
  }
}
