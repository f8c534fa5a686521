/**
 * Lets clients in by their certificates (spec 9.2.2), and by what those entitle them to.
 *
 * The handshake has refused certificates that are not trusted; this is for services of which not
 * every client may ask everything.
 *
 * @module
 */
import type { PeerCertificate } from "../message/connection.ts";
import { ListenerAuthnError, ListenerAuthzError } from "../message/listener_errors.ts";
import { checkedOptions } from "../message/options.ts";
import type { Interceptor, InterceptorFilter, RequestHookCall } from "./interceptor.ts";
import { type ContextKey, contextKey } from "./request_context.ts";

/** Which clients are let in by {@linkcode clientCertificate}. */
export interface ClientCertificateOptions {
  /**
   * Which requests it is for, as in an interceptor.
   *
   * @default every request
   */
  readonly on?: InterceptorFilter;
  /**
   * Of these scopes, a client needs one. It needs `scopesOf`.
   *
   * @default none is needed
   */
  readonly scopes?: string | readonly string[];
  /**
   * What a certificate entitles to, of its subject or one of its names; it is asked for every request.
   *
   * @default nothing
   */
  readonly scopesOf?: (
    certificate: PeerCertificate,
  ) => readonly string[] | Promise<readonly string[]>;
}

const known: Readonly<Record<keyof ClientCertificateOptions, true>> = {
  on: true,
  scopes: true,
  scopesOf: true,
};

/** The certificate of a client that {@linkcode clientCertificate} has let in. */
export const clientCertificateKey: ContextKey<PeerCertificate> = contextKey("CLIENT_CERTIFICATE");

/**
 * An interceptor that lets in clients that have shown a certificate the listener trusts, and keeps it
 * under {@linkcode clientCertificateKey}. Others are answered with 401 ({@linkcode ListenerAuthnError}),
 * those without one of the scopes with 403 ({@linkcode ListenerAuthzError}). In process, where
 * nobody shows a certificate, nobody is let in.
 *
 * @throws {TypeError} when an option is unknown, or one of `scopes` and `scopesOf` is without the other.
 *
 * @example
 * ```ts
 * import { clientCertificate, get, Listener, service } from "@pirouette/http";
 *
 * const admins = clientCertificate({
 *   on: { path: "/admin/:rest*" },
 *   scopes: "admin",
 *   scopesOf: ({ subjectAltNames }) =>
 *     subjectAltNames.includes("URI:spiffe://example.com/admin") ? ["admin"] : [],
 * });
 * const shop = service({ interceptors: [admins] }, [get("/admin/stock", () => 7)]);
 * const listener = new Listener(0, {
 *   tls: { cert: "server.pem", key: "server.key", mutualSsl: { cert: "authority.pem" } },
 * }).attach(shop);
 * ```
 */
export function clientCertificate(options: ClientCertificateOptions = {}): Interceptor {
  const { on, scopes, scopesOf } = checkedOptions("clientCertificate", options, known);
  if ((scopes === undefined) !== (scopesOf === undefined)) {
    const [there, missing] = scopes === undefined ? ["scopesOf", "scopes"] : ["scopes", "scopesOf"];
    throw new TypeError(`clientCertificate has ${there} without ${missing}: give both`);
  }
  const needed = new Set(typeof scopes === "string" ? [scopes] : scopes);
  if (scopes !== undefined && needed.size === 0) {
    throw new TypeError("clientCertificate has no scope in scopes: leave it out to need none");
  }
  const request = async (
    { caller, context }: Pick<RequestHookCall, "caller" | "context">,
  ): Promise<unknown> => {
    const certificate = caller.peerCertificate;
    if (certificate === undefined) {
      throw new ListenerAuthnError("The client has shown no certificate that is trusted");
    }
    if (scopesOf !== undefined) {
      const scopes = await scopesOf(certificate);
      if (!scopes.some((scope) => needed.has(scope))) {
        throw new ListenerAuthzError("The client's certificate does not entitle it to this");
      }
    }
    context.set(clientCertificateKey, certificate);
    return context.next();
  };
  return on === undefined ? { request } : { on, request };
}
