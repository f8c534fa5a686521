/**
 * A service that tells a client what TLS has agreed on.
 *
 * @module
 */
import {
  get,
  type ListenerConfiguration,
  type RunningServer,
  serve,
  type Service,
  service,
} from "@pirouette/http";

/** What the service tells. */
export interface Told {
  /** The version of TLS. */
  readonly version?: string;
  /** The cipher suite. */
  readonly cipher?: string;
  /** The name that was asked for. */
  readonly serverName?: string;
  /** Whether a session was resumed. */
  readonly isResumed?: boolean;
  /** Whether the client has shown a certificate that is trusted. */
  readonly clientVerified?: boolean;
  /** Whom that is for. */
  readonly subject?: string;
  /** Its names. */
  readonly names?: readonly string[];
  /** Its fingerprint. */
  readonly fingerprint?: string;
  /** `caller.mutualSslHandshake`. */
  readonly handshake?: { readonly status: string; readonly base64EncodedCert?: string };
}

/** Tells it at `/`. */
export const tlsService: Service = service({}, [
  get("/", ({ caller }): Told => {
    const { tls, peerCertificate, mutualSslHandshake } = caller;
    return JSON.parse(JSON.stringify({
      version: tls?.version,
      cipher: tls?.cipher,
      serverName: tls?.serverName,
      isResumed: tls?.isResumed,
      clientVerified: tls?.clientVerified,
      subject: peerCertificate?.subject,
      names: peerCertificate?.subjectAltNames,
      fingerprint: peerCertificate?.fingerprint256,
      handshake: mutualSslHandshake,
    }));
  }),
]);

/** Serves it, on this machine only. */
export function serveTold(
  tls: ListenerConfiguration["tls"] & object,
  config: ListenerConfiguration = {},
): Promise<RunningServer> {
  return serve(tlsService, { port: 0, host: "127.0.0.1", tls, ...config });
}
