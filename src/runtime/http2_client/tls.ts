/**
 * The TLS of HTTP/2 clients over `node:http2`. Measured on Deno 2.9.6: of what is given here its
 * `node:tls` ignores the list of ciphers only, which is refused there.
 *
 * @module
 */
import type { SecureClientSessionOptions } from "node:http2";
import { connect, rootCertificates, type TLSSocket } from "node:tls";
import type { ClientTlsSettings } from "../client_transport.ts";

/** What `node:http2` is asked for. */
export function http2TlsOptions(
  tls: ClientTlsSettings,
  hostname: string,
): SecureClientSessionOptions {
  const [minVersion, maxVersion] = tls.versions ?? ["TLSv1.2", "TLSv1.3"];
  const options: SecureClientSessionOptions = { minVersion, maxVersion, ALPNProtocols: ["h2"] };
  // Authorities that are given take the place of the others, and here join them.
  if (tls.ca.length > 0) options.ca = [...rootCertificates, ...tls.ca];
  if (tls.identity !== undefined) Object.assign(options, tls.identity);
  // An address is no name that could be asked for (RFC 6066 section 3).
  if (tls.serverName !== undefined) options.servername = tls.serverName;
  else if (!/^[\d.]+$|^\[/.test(hostname)) options.servername = hostname;
  if (!tls.enable) options.rejectUnauthorized = false;
  if (!tls.verifyHostName) options.checkServerIdentity = () => undefined;
  if (tls.ciphers !== undefined) options.ciphers = tls.ciphers;
  if (tls.status !== undefined && tls.status.crl.length > 0) options.crl = [...tls.status.crl];
  return options;
}

/** A connection whose server is asked for an OCSP response, as `node:http2` itself asks for none. */
export function connectTls(origin: URL, options: SecureClientSessionOptions): TLSSocket {
  const host = origin.hostname.replace(/^\[|\]$/g, "");
  // The types of Node's options leave this one out.
  const asking: object = { requestOCSP: true };
  return connect({ ...options, ...asking, host, port: Number(origin.port || 443) });
}
