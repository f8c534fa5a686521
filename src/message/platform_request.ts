/**
 * From a request that a transport makes of as little as it can to one of the platform's own.
 *
 * `fetch` and `new Request` of Node take nothing else for a request, so that nobody outside of this
 * library is shown anything else. Where a transport gives the platform's to begin with, as `Deno.serve`
 * does, nothing happens here.
 *
 * @module
 */

/** Where a request that is none of the platform's keeps what makes it one. */
export const toPlatform: unique symbol = Symbol("toPlatform");

/** Where a request keeps the signal that its transport aborts, if that is not the platform's own. */
export const transportSignal: unique symbol = Symbol("transportSignal");

/** Where a request of a transport's own making is told which signal to show. */
export const shownSignal: unique symbol = Symbol("shownSignal");

/** A request that is made of as little as is asked for. */
export interface LazyRequest extends Request {
  /** The platform's request in its place; the same one every time, with the same body. */
  readonly [toPlatform]: () => Request;
}

/** A request whose signal is a transport's. */
interface SignalledRequest extends Request {
  readonly [transportSignal]?: AbortSignal;
  readonly [shownSignal]?: (signal: () => AbortSignal) => void;
}

/** A request that the platform takes for one: itself, or the one in its place. */
export function platformRequest(request: Request): Request {
  const make = (request as Partial<LazyRequest>)[toPlatform];
  return make === undefined ? request : make.call(request);
}

const signalGetter = Object.getOwnPropertyDescriptor(Request.prototype, "signal")?.get;

/** The signal that a request came with, whatever was put before it since. */
export function receivedSignal(request: Request): AbortSignal {
  const signal = (request as SignalledRequest)[transportSignal];
  if (signal !== undefined) return signal;
  return signalGetter === undefined ? request.signal : signalGetter.call(request);
}

/** Shows another signal in place of a request's own; to build the request anew costs ten times as much. */
export function showSignal(request: Request, signal: () => AbortSignal): void {
  const show = (request as SignalledRequest)[shownSignal];
  if (show !== undefined) show.call(request, signal);
  else Object.defineProperty(request, "signal", { get: signal, configurable: true });
}
