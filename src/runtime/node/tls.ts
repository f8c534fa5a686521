/**
 * TLS of a listener over Node's modules (`node:tls`), the same for HTTP/1.1 and HTTP/2, on Node and on
 * Deno.
 *
 * A transport makes its server with {@linkcode nodeTlsOptions}, to which it adds ALPN, hands it to
 * {@linkcode guardClients} before it listens, and asks {@linkcode tlsConnectionOf} about sockets.
 * Deno's `node:tls` (2.9.6) ignores ciphers, revocation lists, stapled responses and everything
 * about sessions without a word: there they are refused.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { constants } from "node:crypto";
import { createSecureContext, type Server, type TlsOptions, type TLSSocket } from "node:tls";
import { certificatesOfPem } from "../tls/certificate.ts";
import { ClientGate } from "./tls_clients.ts";
import { ServerNames } from "../tls/server_names.ts";
import type { ServerIdentity, ServerTlsSettings } from "../server_tls.ts";
import { refuseServerOption } from "../transport.ts";

export { tlsConnectionOf } from "./tls_connection.ts";

/** What a server looks at in each handshake; another takes its place when certificates change. */
interface Material {
  /** What is shown beside the first identity, by name; `undefined` for the first one itself. */
  names: ServerNames<ReturnType<typeof createSecureContext> | undefined>;
  /** The identities whose certificates have a response to staple, by certificate in base64. */
  stapled: ReadonlyMap<string, ServerIdentity>;
  /** Who may go on; `undefined` where clients are not asked. */
  gate?: ClientGate;
}

/** Milliseconds that a handshake may take: Node's own two minutes let anybody hold a connection. */
const handshakeTimeout = 10_000;

/** Kept by the settings that options were made for, and by the server that has them. */
const materials = new WeakMap<object, Material>();

/**
 * The options of a TLS server. ALPN is the transport's own.
 *
 * @throws {TypeError} when Deno has nothing for a setting.
 * @throws {Error} when a certificate, key, list or cipher cannot be used.
 */
export function nodeTlsOptions(settings: ServerTlsSettings): TlsOptions {
  if ("Deno" in globalThis) refuseWhatDenoLacks(settings);
  const { clients } = settings;
  const material = makeMaterial(settings);
  materials.set(settings, material);
  return {
    ...contextOptions(settings, settings.identities[0]!),
    handshakeTimeout: settings.handshakeTimeout ?? handshakeTimeout,
    ...clients && { requestCert: true, rejectUnauthorized: clients.isRequired },
    ...settings.identities.length > 1 && {
      SNICallback: (name, found) => found(null, material.names.find(name)),
    },
  };
}

/**
 * Sees to it that nothing is read of connections whose client is not trusted, and staples OCSP
 * responses. It is called once, when everything that the server does with connections is attached.
 */
export function guardClients(server: Server, settings: ServerTlsSettings): void {
  const material = materials.get(settings) ?? makeMaterial(settings);
  materials.set(server, material);
  server.on("OCSPRequest", (certificate, _issuer, staple) => {
    const identity = material.stapled.get(certificate.toString("base64"));
    const response = identity?.ocspResponse?.();
    // Node's own types have no `null`, which is how its documentation says that there is none.
    staple(null, (response === undefined ? null : Buffer.from(response)) as Buffer);
  });
  if (settings.clients === undefined) return;
  const gate = material.gate = new ClientGate(settings.clients);
  // Who refuses must come before who reads.
  const readers = server.listeners("secureConnection");
  server.removeAllListeners("secureConnection");
  server.on("secureConnection", (socket: TLSSocket) => {
    if (gate.admits(socket)) {
      for (const reader of readers) Reflect.apply(reader, server, [socket]);
    } else {
      // What it may still say has nobody to hear it.
      socket.on("error", () => {}).destroy();
    }
  });
}

/**
 * Takes other certificates, keys, authorities and lists for connections to come; those that are there
 * go on. Sessions of before are not resumed on Node.
 *
 * @throws {Error} when something cannot be used; then all is as it was.
 */
export function reloadTls(server: Server, settings: ServerTlsSettings): void {
  const material = materials.get(server);
  if (material === undefined) throw new TypeError("This server was not given to guardClients");
  const { names, stapled } = makeMaterial(settings);
  server.setSecureContext(contextOptions(settings, settings.identities[0]!));
  material.names = names;
  material.stapled = stapled;
  if (settings.clients !== undefined) material.gate?.renew(settings.clients);
}

function makeMaterial(settings: ServerTlsSettings): Material {
  const [first, ...others] = settings.identities;
  const names = new ServerNames<ReturnType<typeof createSecureContext> | undefined>();
  names.add(first!.serverNames, undefined);
  for (const identity of others) {
    names.add(identity.serverNames, createSecureContext(contextOptions(settings, identity)));
  }
  const stapled = new Map<string, ServerIdentity>();
  for (const identity of settings.identities) {
    const [leaf] = certificatesOfPem(identity.cert);
    if (identity.ocspResponse === undefined || leaf === undefined) continue;
    stapled.set(Buffer.from(leaf).toString("base64"), identity);
  }
  return { names, stapled };
}

/** All that a context decides, for each of them: one without would be laxer than the others. */
function contextOptions(
  settings: ServerTlsSettings,
  { cert, key }: ServerIdentity,
): TlsOptions {
  const { clients, ciphers, sessionTimeout, shareSession } = settings;
  const [minVersion, maxVersion] = settings.versions ?? ["TLSv1.2", "TLSv1.3"];
  // A client that renegotiates again and again costs the server more than itself.
  const withoutTickets = shareSession ? 0 : constants.SSL_OP_NO_TICKET;
  const options: TlsOptions = {
    cert,
    key,
    minVersion,
    maxVersion,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION | withoutTickets,
  };
  if (ciphers !== undefined) options.ciphers = ciphers;
  if (sessionTimeout !== undefined) options.sessionTimeout = Math.ceil(sessionTimeout / 1000);
  if (clients !== undefined) options.ca = [...clients.ca];
  // Node's types of a server's options leave this one of a context's out.
  if (clients !== undefined && clients.crl.length > 0) Object.assign(options, { crl: clients.crl });
  return options;
}

function refuseWhatDenoLacks(settings: ServerTlsSettings): void {
  const refuse = (option: string, remedy: string): never =>
    refuseServerOption(option, "node_http on Deno", remedy);
  const { ciphers, shareSession, sessionTimeout, clients, identities } = settings;
  if (ciphers !== undefined) refuse("tls.ciphers", "leave it out, or run on Node");
  if (!shareSession) refuse("tls.shareSession: false", "leave it out, or run on Node");
  if (sessionTimeout !== undefined) refuse("tls.sessionTimeout", "leave it out, or run on Node");
  if (clients !== undefined && clients.crl.length > 0) {
    refuse("tls.mutualSsl.crl", "use certificates of a short life, or run on Node");
  }
  if (identities.some(({ ocspResponse }) => ocspResponse !== undefined)) {
    refuse("tls.ocspStapling", "leave it out, or run on Node");
  }
}
