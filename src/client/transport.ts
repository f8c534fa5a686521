/**
 * The innermost `fetch` of a client (spec section 2.4.1): it makes the connections, with the TLS,
 * proxy, pool and versions of HTTP that a program asks for, and tells in one vocabulary what failed.
 *
 * It calls `http:` and `https:` only, follows redirects by the redirect layer, so that each is judged
 * anew, and has no timeout of its own: a layer or a signal ends a call.
 *
 * @module
 */
import { redirect } from "../layers/redirect.ts";
import {
  GenericClientError,
  InitializingInboundResponseError,
  InitializingOutboundRequestError,
} from "../message/client_errors.ts";
import { systemClock } from "../message/clock.ts";
import type { Fetch } from "../message/fetch.ts";
import type { ClientTransportSettings } from "../runtime/client_transport.ts";
import { clientRuntime, openClientTransport } from "../runtime/open_client_transport.ts";
import { explainFailure } from "./transport_failure.ts";
import { ConnectionGate } from "./transport_gate.ts";
import type { TransportOptions } from "./transport_options.ts";
import { checkTransportOptions } from "./transport_settings.ts";

/** Connections that are shared by the calls made through {@linkcode Transport.fetch}. */
export interface Transport extends Disposable, AsyncDisposable {
  /**
   * Sends requests. Up to 20 redirects are followed, unless the call says otherwise: each is routed
   * anew, never leads to another scheme than http and https, and takes no credentials and no `Host` to
   * another origin. `Response.redirected` stays false.
   *
   * It needs no `this`. It rejects with an error of the tree below {@linkcode ClientError}, or with
   * the reason of the call's own signal. A body that breaks off is told by the body, in the
   * platform's words: {@linkcode explainFailure} translates them.
   */
  readonly fetch: Fetch;
  /**
   * Refuses further calls and closes idle connections; calls in flight, and bodies that are still
   * being read, go on. Does nothing the second time.
   *
   * @returns on Node, a promise that settles once they have ended; on Deno nothing.
   */
  close(): void | Promise<void>;
  /** Closes; waits for nothing. */
  [Symbol.dispose](): void;
  /** Closes, and waits as {@linkcode Transport.close} does. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Makes a transport. It is freed by `close()` or `using`.
 *
 * @throws {TypeError} when there is an option it does not know, one of the wrong type or of no
 * effect, or one that this runtime cannot honour.
 * @throws {RangeError} when a number is outside its range.
 *
 * @example
 * ```ts
 * import { transport } from "@pirouette/http";
 *
 * export async function albums(authority: string): Promise<unknown> {
 *   using inside = transport({ tls: { ca: authority }, httpVersion: "2" });
 *   const response = await inside.fetch("https://music.internal/albums");
 *   return await response.json();
 * }
 * ```
 */
export function transport(options: TransportOptions = {}): Transport {
  const { settings, gate } = checkTransportOptions(options, clientRuntime());
  const running = openClientTransport(settings);
  const limit = gate && new ConnectionGate(gate, options.clock ?? systemClock);
  let closing: void | Promise<void> | undefined;
  let isClosed = false;

  const send: Fetch = async (input, init) => {
    // Read once: what is checked below is what is sent.
    const target = input instanceof Request ? input : String(input);
    const address = typeof target === "string" ? target : target.url;
    const refuseWhenClosed = (): void => {
      if (!isClosed) return;
      throw new GenericClientError(
        "Cannot call: the transport is closed, make another",
      );
    };
    refuseWhenClosed();
    const url = checkCall(settings, address, target, init);
    try {
      const response = limit === undefined || url === undefined
        ? await running.send(url, target, init)
        : await limit.pass(url.origin, signalOf(input, init), () => {
          refuseWhenClosed();
          return running.send(url, target, init);
        });
      return response.status === 101 ? await refuseSwitch(response) : response;
    } catch (error) {
      throw explainFailure(error, {
        url: address,
        signal: signalOf(input, init),
        hasBody: hasBody(input, init),
      });
    }
  };

  // Every hop is one call of `send`, and nothing here is decided by where the first one went.
  const follow = redirect({ maxCount: 20 })(send);
  const close = (): void | Promise<void> => {
    if (!isClosed) {
      isClosed = true;
      closing = running.close();
    }
    return closing;
  };
  return {
    fetch: (input, init) => call(follow, input, init),
    close,
    [Symbol.dispose]() {
      Promise.resolve(close()).catch(() => {});
    },
    async [Symbol.asyncDispose]() {
      await close();
    },
  };
}

/** Calls; what is wrong with the call itself is found while its Request is built. */
async function call(
  follow: Fetch,
  input: Request | URL | string,
  init: RequestInit | undefined,
): Promise<Response> {
  try {
    return await follow(input, init);
  } catch (error) {
    throw explainFailure(error, {
      url: input instanceof Request ? input.url : String(input),
      signal: signalOf(input, init),
    });
  }
}

/**
 * Refuses what the runtime would do without saying so.
 *
 * @returns the address, parsed, where something depends on its host.
 */
function checkCall(
  settings: ClientTransportSettings,
  address: string,
  input: Request | URL | string,
  init: RequestInit | undefined,
): URL | undefined {
  const url = URL.parse(address);
  // The platform says best what is wrong with it.
  if (url === null) return undefined;
  const { protocol } = url;
  if (protocol !== "http:" && protocol !== "https:") {
    throw refusal(`its scheme is ${protocol} where only http: and https: are called`);
  }
  if (protocol === "http:" && settings.httpVersion === "2" && !settings.http2PriorKnowledge) {
    throw refusal("HTTP/2 without TLS needs http2PriorKnowledge");
  }
  if (protocol === "https:" && settings.unixSocket !== undefined) {
    throw refusal("a unix socket has no TLS, use an http: address");
  }
  if (!settings.allowHost && fieldsOf(input, init).has("host")) {
    throw refusal("it has a Host field, which this transport does not send: see allowHost");
  }
  return url;
}

function fieldsOf(input: Request | URL | string, init: RequestInit | undefined): Headers {
  if (init?.headers !== undefined) return new Headers(init.headers);
  return input instanceof Request ? input.headers : new Headers();
}

function signalOf(
  input: Request | URL | string,
  init: RequestInit | undefined,
): AbortSignal | null {
  return init?.signal ?? (input instanceof Request ? input.signal : null);
}

function hasBody(input: Request | URL | string, init: RequestInit | undefined): boolean {
  if (init?.body !== undefined && init.body !== null) return true;
  return input instanceof Request && input.body !== null;
}

function refusal(reason: string): InitializingOutboundRequestError {
  return new InitializingOutboundRequestError(`Cannot begin the request: ${reason}`);
}

/**
 * Refuses a response that switched protocols: nobody here asks for another one, and what follows on the
 * connection is not HTTP.
 *
 * @throws {InitializingInboundResponseError} always.
 */
export async function refuseSwitch(response: Response): Promise<never> {
  await response.body?.cancel().catch(() => {});
  throw new InitializingInboundResponseError(
    "No response could be read: it switched protocols unasked (101)",
  );
}
