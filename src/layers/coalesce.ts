/**
 * Coalescing: while a GET is on its way, others that are the same wait for its answer rather than be
 * sent too (RFC 9111 section 4 calls it collapsed requests).
 *
 * It keeps nothing once an answer is there: that is a cache, which belongs above it.
 *
 * @module
 */
import { callSignal } from "../message/call_signal.ts";
import type { Fetch, Layer } from "../message/fetch.ts";
import { isToken } from "../message/header_value.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import { checkWhole } from "./number_checks.ts";
import { Flight, type FlightOptions } from "./coalesce_flight.ts";
import { type CallKey, callKey } from "./coalesce_key.ts";

/** Options of {@linkcode coalesce}. */
export interface CoalesceOptions {
  /**
   * Names of header fields in which calls may differ and still be the same, as those that trace them.
   * The answer is then for the values of the first one. Fields that tell who asks cannot be among
   * them.
   *
   * @default ["baggage", "traceparent", "tracestate", "x-request-id"]
   */
  readonly ignoreHeaders?: readonly string[];
  /**
   * How many bytes a caller may be behind the fastest one in reading a body that they share; one that
   * is slower gets an error. A response that says it is longer is not shared.
   *
   * @default 1048576
   */
  readonly bufferLimit?: number;
  /**
   * Where the calls on their way are, where others use or look at them too.
   *
   * @default one of its own
   */
  readonly flights?: Flights;
}

/** What was coalesced. */
export interface CoalesceMetrics {
  /** How many requests are on their way that can be joined. */
  readonly inFlight: number;
  /** How many calls were sent, those that cannot be shared not among them. */
  readonly sent: number;
  /** How many calls joined one that was on its way. */
  readonly joined: number;
}

/** Requests that are on their way. Layers that share one must send to the same service alike. */
export class Flights {
  readonly #flights = new Map<string, Flight>();
  #sent = 0;
  #joined = 0;

  /** What was coalesced. */
  get metrics(): CoalesceMetrics {
    return { inFlight: this.#flights.size, sent: this.#sent, joined: this.#joined };
  }

  /** The request that is the same, if one is on its way that can be joined. */
  find({ text }: CallKey): Flight | undefined {
    const flight = this.#flights.get(text);
    if (flight !== undefined) this.#joined++;
    return flight;
  }

  /** Lets others join a request from now on. */
  open(flight: Flight): void {
    this.#sent++;
    this.#flights.set(flight.key.text, flight);
  }

  /** Lets nobody join a request any more. */
  close(flight: Flight): void {
    const { text } = flight.key;
    if (this.#flights.get(text) === flight) this.#flights.delete(text);
  }

  /** Lets nobody join the requests of an address any more, as what they read may be old. */
  closeAll(url: string): void {
    for (const [text, { key }] of this.#flights) {
      if (key.url === url) this.#flights.delete(text);
    }
  }
}

const known: Readonly<Record<keyof CoalesceOptions, true>> = {
  ignoreHeaders: true,
  bufferLimit: true,
  flights: true,
};

/** Fields that say who asks, or what part. */
const identifying: readonly string[] = [
  "authorization",
  "cookie",
  "proxy-authorization",
  "range",
  "if-range",
];

const traces: readonly string[] = ["baggage", "traceparent", "tracestate", "x-request-id"];

/**
 * Sends calls that are the same at the same time once.
 *
 * Calls are the same if they are GETs of one address, with equal header fields and options; so
 * nobody gets an answer for other credentials. A call whose `cache` asks for a fresh answer is not
 * shared, and none is joined once another method has been used on its address. Each caller gets a
 * response of its own, and aborts for itself: the request is aborted when all have. A response that
 * sets cookies, or is longer than `bufferLimit`, is for the first caller only, and the others send
 * their own calls then.
 *
 * @throws {TypeError} when an option is unknown or of the wrong type, or `ignoreHeaders` has a field
 * that says who asks.
 * @throws {RangeError} when `bufferLimit` is not a whole number from 0.
 *
 * @example
 * ```ts
 * import { coalesce, stack } from "@pirouette/http/layers";
 *
 * const albums = stack(fetch, coalesce());
 * const url = "https://albums.example/popular";
 * const [one, other] = await Promise.all([albums(url), albums(url)]);
 * ```
 */
export function coalesce(options: CoalesceOptions = {}): Layer {
  checkOptions("coalesce", options, known);
  const own = ownOptions(options);
  const { ignoreHeaders = traces, bufferLimit = 1_048_576, flights = new Flights() } = own;
  checkWhole("coalesce", "bufferLimit", bufferLimit, 0);
  const ignored = ignoredFields(ignoreHeaders);
  const shared: FlightOptions = { bufferLimit, onClosed: (flight) => flights.close(flight) };
  return (next) => (input, init) => {
    const method = init?.method ?? (input instanceof Request ? input.method : "GET");
    if (method !== "GET") return sendOther(flights, method, next, input, init);
    const key = callKey(input, init, ignored);
    if (key === undefined) return next(input, init);
    const signal = callSignal(input, init);
    const found = flights.find(key);
    if (found !== undefined) return found.join(signal, () => next(input, init));
    if (signal?.aborted) return Promise.reject(signal.reason);
    const flight = new Flight(key, shared);
    flights.open(flight);
    return flight.start(next, input, init, signal);
  };
}

/** Sends a call that is not shared; what was on its way before it may be old after it. */
function sendOther(
  flights: Flights,
  method: string,
  next: Fetch,
  input: Request | URL | string,
  init: RequestInit | undefined,
): Promise<Response> {
  if (method === "HEAD" || method === "OPTIONS") return next(input, init);
  const url = input instanceof Request ? input.url : String(input);
  flights.closeAll(url);
  const close = (): void => flights.closeAll(url);
  const answer = next(input, init);
  answer.then(close, close);
  return answer;
}

function ignoredFields(names: readonly string[]): ReadonlySet<string> {
  if (!Array.isArray(names)) {
    throw new TypeError(`coalesce needs a list for ignoreHeaders, as ["traceparent"]`);
  }
  const ignored = new Set<string>();
  for (const name of names) {
    if (typeof name !== "string" || !isToken(name)) {
      throw new TypeError(`coalesce cannot ignore a header field of the name "${name}"`);
    }
    const lower = name.toLowerCase();
    if (identifying.includes(lower)) {
      throw new TypeError(
        `coalesce cannot ignore ${lower}: others would get an answer that is not for them`,
      );
    }
    ignored.add(lower);
  }
  return ignored;
}
