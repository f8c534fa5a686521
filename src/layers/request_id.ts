/**
 * An id for each request, so that the lines of logs that belong together can be found: the one a
 * client or proxy sent, if it is one, else a new one.
 *
 * The id stands beside the request and not in it, as the header fields of a received request cannot
 * be changed and building it anew would lose what is known of it.
 *
 * @module
 */
import { connectionOf } from "../message/connection.ts";
import { asRequest, type Layer } from "../message/fetch.ts";
import { isToken } from "../message/header_value.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import { originOf } from "../message/request_origin.ts";
import { editHeaders } from "./response_headers.ts";

/** Options of {@linkcode requestId}. */
export interface RequestIdOptions {
  /**
   * The header field that carries the id, in requests and responses.
   *
   * @default "x-request-id"
   */
  readonly header?: string;
  /**
   * Whether an id that a request brings is taken. It never is unless it has at most 128 characters,
   * all of them letters, digits or one of `-._~:+/=@`, so that it can do no harm in a log.
   *
   * @default true
   */
  readonly trust?: boolean | ((request: Request) => boolean);
  /**
   * Makes an id; of the same characters.
   *
   * @default crypto.randomUUID
   */
  readonly generate?: () => string;
  /**
   * Whether responses carry the id. Around a `fetch`, `false` leaves the server's responses as they
   * are.
   *
   * @default true
   */
  readonly inResponse?: boolean;
}

const knownOptions: Readonly<Record<keyof RequestIdOptions, true>> = {
  header: true,
  trust: true,
  generate: true,
  inResponse: true,
};

/** Kept by the request itself, so that it lives as long as the request and nobody else sees it. */
const ids = new WeakMap<Request, string>();

/** What is safe in any log and any header field. */
const safeId = /^[\w.~:+/=@-]{1,128}$/;

/**
 * Gives each request an id, which {@linkcode requestIdOf} tells and the response carries.
 *
 * The request that is passed on has it in its header too, where its header fields can be changed:
 * in that of a `fetch`, and in process, but not in a request that came by a socket. A layer inside
 * another finds the id that the outer one gave.
 *
 * @throws {TypeError} when an option is unknown or the header is no field name; as a rejection when
 * `generate` gives something that is no id.
 *
 * @example
 * ```ts
 * import { get, service } from "@pirouette/http";
 * import { requestId, requestIdOf } from "@pirouette/http/layers";
 *
 * const albums = service({ layers: [requestId()] }, [
 *   get("/albums", ({ request }) => {
 *     console.log(requestIdOf(request), "lists albums");
 *     return [];
 *   }),
 * ]);
 * ```
 */
export function requestId(options: RequestIdOptions = {}): Layer {
  checkOptions("requestId", options, knownOptions);
  const { header = "x-request-id", trust = true, generate = newId, inResponse = true } = ownOptions(
    options,
  );
  if (!isToken(header)) {
    throw new TypeError(`Cannot carry ids in "${header}": set header to the name of a field`);
  }
  const isTrusted = typeof trust === "function" ? trust : () => trust;
  const choose = (request: Request): string => {
    const given = request.headers.get(header);
    if (given !== null && safeId.test(given) && isTrusted(request)) return given;
    return checkedId(generate());
  };
  return (next) => async (input, init) => {
    const request = asRequest(input, init);
    const id = requestIdOf(request) ?? choose(request);
    ids.set(request, id);
    passOn(request, header, id);
    const response = await next(request);
    return inResponse ? editHeaders(response, (headers) => headers.set(header, id)) : response;
  };
}

/**
 * The id that {@linkcode requestId} gave to a request; `undefined` where it gave none, as to one that
 * a layer or a handler built from another. A request that an interceptor goes on with has the id of
 * the one before.
 *
 * @example
 * ```ts
 * import type { Interceptor } from "@pirouette/http";
 * import { requestIdOf } from "@pirouette/http/layers";
 *
 * const logged: Interceptor = {
 *   responseError({ error, request, context }) {
 *     console.error(requestIdOf(request), error);
 *     return context.next();
 *   },
 * };
 * ```
 */
export function requestIdOf(request: Request): string | undefined {
  return ids.get(request) ?? ids.get(originOf(request));
}

function newId(): string {
  return crypto.randomUUID();
}

function checkedId(id: string): string {
  if (typeof id === "string" && safeId.test(id)) return id;
  throw new TypeError(
    "Cannot use the id of a request: generate gives 1 to 128 letters, digits or -._~:+/=@",
  );
}

function passOn(request: Request, header: string, id: string): void {
  // That it cannot be changed is known already, and finding out costs microseconds.
  if (connectionOf(request) !== undefined) return;
  try {
    request.headers.set(header, id);
  } catch (error) {
    // A received request cannot be changed; whoever asks for its id asks requestIdOf.
    if (!(error instanceof TypeError)) throw error;
  }
}
