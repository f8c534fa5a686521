/**
 * The innermost `fetch` of a client that was given neither a transport nor a `fetch`: the platform's,
 * with its shared connections and nothing to close.
 *
 * @module
 */
import { clientRuntime } from "../runtime/open_client_transport.ts";
import { refuseSwitch, transport } from "./transport.ts";
import { explainFailure } from "./transport_failure.ts";

/**
 * The platform's `fetch`, whose failures are errors of this library.
 *
 * Deno's drops a `Host` field in silence. A call with one gets a connection of its own, by a
 * {@linkcode transport} that is closed behind it; elsewhere the platform decides.
 *
 * @example
 * ```ts
 * import { platformFetch, SslError } from "@pirouette/http";
 *
 * const isTrusted = await platformFetch("https://127.0.0.1:9/").catch((error) => {
 *   if (error instanceof SslError) return undefined;
 *   throw error;
 * });
 * ```
 */
export async function platformFetch(
  input: Request | URL | string,
  init?: RequestInit,
): Promise<Response> {
  if (hasHost(input, init) && clientRuntime() === "deno") {
    // Without `using`, which Node does not know before 24.
    const once = transport({ pool: { keepAlive: false } });
    try {
      return await once.fetch(input, init);
    } finally {
      once[Symbol.dispose]();
    }
  }
  try {
    const response = await fetch(input, init);
    return response.status === 101 ? await refuseSwitch(response) : response;
  } catch (error) {
    const isRequest = input instanceof Request;
    throw explainFailure(error, {
      url: isRequest ? input.url : String(input),
      signal: init?.signal ?? (isRequest ? input.signal : null),
      hasBody: (init?.body ?? (isRequest ? input.body : null)) !== null,
    });
  }
}

function hasHost(input: Request | URL | string, init: RequestInit | undefined): boolean {
  const headers = init?.headers;
  if (headers === undefined) return input instanceof Request && input.headers.has("host");
  if (headers instanceof Headers) return headers.has("host");
  const names = Array.isArray(headers) ? headers.map(([name]) => name) : Object.keys(headers);
  return names.some((name) => name?.toLowerCase() === "host");
}
