/**
 * Binding of responses by their status (spec 2.4.1.9): one look-up finds what is declared for it,
 * `default` stands for what is not.
 *
 * @module
 */
import type { Schema } from "../schema/standard.ts";
import type { AnyCallOptions } from "./call_options.ts";
import type { BindingRules, ResponseBinding } from "./response_binding.ts";
import {
  type EntryTools,
  readEntries,
  type StatusEntries,
  type StatusEntry,
} from "./status_entry.ts";
import { partError, undeclaredStatus } from "./status_error.ts";
import type { Responses, StatusAnswer } from "./status_responses.ts";

/** The bindings of what calls declare of their responses, each read once. */
export class StatusCodeBindings {
  readonly #read: WeakMap<Responses, StatusCodeBinding> = new WeakMap();
  /** What was read last and not remembered. */
  #lastPlain: Responses | undefined;
  readonly #tools: EntryTools;
  readonly #limit: number;

  /** Makes the bindings of a client, which binds a body by `bindingOf`. */
  constructor(
    { limit, validation }: BindingRules,
    bindingOf: (schema: Schema) => ResponseBinding,
  ) {
    this.#tools = { validation, bindingOf, plain: new WeakMap() };
    this.#limit = limit;
  }

  /**
   * The binding of what a call declares of its responses; `undefined` if that is nothing.
   *
   * @throws {TypeError} when it declares what there is not, see {@linkcode readEntries}, or has `as`
   * as well.
   */
  of(options: AnyCallOptions): StatusCodeBinding | undefined {
    if (!Object.hasOwn(options, "responses") || options.responses === undefined) return undefined;
    const { responses, as } = options;
    if (as !== undefined) throw new TypeError("A call takes as or responses, not both");
    const known = this.#read.get(responses);
    if (known !== undefined) return known;
    const binding = new StatusCodeBinding(readEntries(responses, this.#tools), this.#limit);
    // To remember a literal of schemas, which are read once in any case, costs more than to read it:
    // what comes again is no literal, and what is frozen was made to be kept.
    const isKept = !binding.isPlain || Object.isFrozen(responses) || this.#lastPlain === responses;
    if (isKept) this.#read.set(responses, binding);
    else this.#lastPlain = responses;
    return binding;
  }
}

/** Binds responses to what is declared for their status. */
export class StatusCodeBinding {
  /** Whether nothing but bodies is declared. */
  readonly isPlain: boolean;
  readonly #byStatus: ReadonlyMap<number, StatusEntry>;
  readonly #rest: StatusEntry | undefined;
  readonly #limit: number;

  /**
   * Makes a binding.
   *
   * @param limit the most bytes of a body that an error brings along
   */
  constructor({ byStatus, rest, isPlain }: StatusEntries, limit: number) {
    this.isPlain = isPlain;
    this.#byStatus = byStatus;
    this.#rest = rest;
    this.#limit = limit;
  }

  /**
   * Binds a response.
   *
   * @throws {StatusCodeResponseBindingError} when its status is not declared, or it does not fit what
   * is; the error is of the kind of what does not fit as well, as {@linkcode HeaderBindingError}.
   * @throws {ReadingInboundResponseBodyError} when the body breaks off, or is over the limit.
   */
  bind(response: Response): Promise<StatusAnswer> {
    const { status, headers } = response;
    const entry = this.#byStatus.get(status) ?? this.#rest;
    if (entry === undefined) return this.#refuse(response);
    if (!entry.isPlain) {
      return bindParts(entry, response).catch((error) => this.#fail(error, response, entry));
    }
    // Nearly every response is this one: it waits for nothing but its body.
    const mediaType = headers.get("content-type") ?? undefined;
    return entry.body(response).then(
      (body) => Object.freeze({ status, body, headers, mediaType }),
      (error) => this.#fail(error, response, entry),
    );
  }

  async #refuse(response: Response): Promise<never> {
    throw await undeclaredStatus(response, [...this.#byStatus.keys()].join("|"), this.#limit);
  }

  async #fail(error: unknown, response: Response, entry: StatusEntry): Promise<never> {
    throw await partError(error, response, entry === this.#rest, this.#limit);
  }
}

/** Header fields first, then the media type, then the body: a body is not read for nothing. */
async function bindParts(entry: StatusEntry, response: Response): Promise<StatusAnswer> {
  const { status, headers: received } = response;
  const contentType = received.get("content-type");
  const headers = entry.headers === undefined ? received : await entry.headers(received);
  const mediaType = entry.mediaType === undefined
    ? contentType ?? undefined
    : await entry.mediaType(contentType);
  const body = await entry.body(response);
  return Object.freeze({ status, body, headers, mediaType } as StatusAnswer);
}
