/**
 * CORS as a layer, around any fetch: a service, a folder of files, a proxy.
 *
 * It answers preflights itself, and marks every other answer, errors included. A service with a
 * `cors` option needs none of it, and tells its resources' methods apart, which a layer cannot.
 *
 * @module
 */
import { asRequest, type Layer } from "../message/fetch.ts";
import type { CorsConfig } from "./cors_config.ts";
import { CorsPolicy } from "./cors_policy.ts";

/**
 * Lets scripts of other origins use what it is put around.
 *
 * A preflight that is refused is answered with 204 and no CORS fields. Put the layer outside of
 * whatever asks for credentials: browsers send none with a preflight.
 *
 * @throws {TypeError} when the config is malformed or contradicts itself.
 * @throws {RangeError} when `maxAge` is not a whole number of seconds from 0.
 *
 * @example
 * ```ts
 * import { get, service } from "@pirouette/http";
 * import { cors } from "@pirouette/http/layers";
 *
 * const open = cors({ allowOrigins: ["https://app.example", /^https:\/\/[a-z]+\.app\.example$/] });
 * const albums = service({ layers: [open] }, [get("/albums", () => ["Blue"])]);
 * ```
 */
export function cors(config: CorsConfig): Layer {
  const policy = new CorsPolicy(config);
  return (next) => async (input, init) => {
    const request = asRequest(input, init);
    if (policy.isPreflight(request)) return policy.preflight(request) ?? refusal(policy);
    return policy.apply(request, await next(request));
  };
}

function refusal(policy: CorsPolicy): Response {
  return new Response(null, { status: 204, headers: { vary: policy.preflightVary } });
}
