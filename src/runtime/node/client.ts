/**
 * Requests by Node's own `fetch` over a dispatcher of undici, the package that Node's `fetch` is made
 * of. It is loaded at the first call and never on Deno, where it costs 2 ms a request.
 *
 * Node's `fetch` writes `Host` itself whatever the call says, and undici has no limit of idle
 * connections: both are refused here, as is what else it has nothing for.
 *
 * @module
 */
import type { CertificateStatusCheck } from "../tls/certificate_status.ts";
import {
  type ClientProxySettings,
  type ClientStatusSettings,
  type ClientTlsSettings,
  type ClientTransportSettings,
  refuseOption,
  type RunningClientTransport,
} from "../client_transport.ts";
import { type Connector, nodeConnector, throughTunnel } from "./connector.ts";

type Undici = typeof import("undici");
type Dispatcher = import("undici").Dispatcher;
type AgentOptions = import("undici").Agent.Options;

/** Both dispatchers of a transport; the second is the first where there is no proxy. */
interface Dispatchers {
  readonly proxied: Dispatcher;
  readonly direct: Dispatcher;
}

/**
 * Makes the transport.
 *
 * @throws {TypeError} when Node has nothing for a setting.
 */
export function nodeClient(settings: ClientTransportSettings): RunningClientTransport {
  refuseWhatNodeLacks(settings);
  const { proxy } = settings;
  let loading: Promise<Dispatchers> | undefined;
  return {
    async send(url, input, init) {
      loading ??= load(settings);
      const { proxied, direct } = await loading;
      const dispatcher = url !== undefined && proxy?.bypasses(url) ? direct : proxied;
      // Node asks for `duplex` where the body is a stream, and Deno's RequestInit does not know it.
      const there: object = { duplex: "half", ...init, dispatcher };
      return await fetch(input, there);
    },
    async close() {
      if (loading === undefined) return;
      const { proxied, direct } = await loading;
      await Promise.all([proxied.close(), direct === proxied ? undefined : direct.close()]);
    },
  };
}

async function load(settings: ClientTransportSettings): Promise<Dispatchers> {
  const [undici, tlsModule] = await Promise.all([import("undici"), import("node:tls")]);
  const { tls } = settings;
  const check = tls.status?.ocsp && await loadCheck(tls.status);
  const plain = agentOptions(settings, trustedByNode(tlsModule));
  const connect = nodeConnector(undici.buildConnector, {
    options: { ...plain.connect, allowH2: plain.allowH2 },
    check,
    shareSession: tls.shareSession,
    sessionTimeout: tls.sessionTimeout,
  });
  const direct = makeAgent(undici, settings, { ...plain, connect }, plain);
  const { proxy } = settings;
  if (proxy === undefined) return { proxied: direct, direct };
  return { proxied: makeProxyAgent(undici, proxy, plain, connect), direct };
}

function makeProxyAgent(
  { Pool, ProxyAgent }: Undici,
  { url, credentials }: ClientProxySettings,
  { connect: tls, ...options }: AgentOptions,
  connect: Connector,
): Dispatcher {
  return new ProxyAgent({
    ...options,
    uri: url.href,
    // Requests without TLS are forwarded as they are elsewhere, and not tunnelled.
    proxyTunnel: false,
    proxyTls: proxyTls(tls),
    factory(origin, given: { connect?: Connector }) {
      const { connect: tunnel } = given;
      if (tunnel === undefined || new URL(origin).protocol !== "https:") {
        return new Pool(origin, given);
      }
      return new Pool(origin, { ...given, connect: throughTunnel(tunnel, connect) });
    },
    ...credentials && { token: basic(credentials) },
  });
}

/** A proxy is trusted as servers are, and is shown no certificate. */
function proxyTls(tls: AgentOptions["connect"]): Record<string, unknown> {
  const { ca, minVersion, maxVersion, timeout } = tls as Record<string, unknown>;
  return {
    minVersion,
    maxVersion,
    ...ca !== undefined && { ca },
    ...timeout !== undefined && { timeout },
  };
}

/** Whom Node trusts: from 22.15 also whom `NODE_EXTRA_CA_CERTS` and `--use-system-ca` name. */
function trustedByNode(module: typeof import("node:tls")): readonly string[] {
  const { getCACertificates }: { getCACertificates?: () => string[] } = module;
  return getCACertificates?.() ?? module.rootCertificates;
}

async function loadCheck(settings: ClientStatusSettings): Promise<CertificateStatusCheck> {
  return (await import("../tls/certificate_status.ts")).certificateStatusCheck(settings);
}

function makeAgent(
  { Agent, H2CClient }: Undici,
  { http2PriorKnowledge }: ClientTransportSettings,
  options: AgentOptions,
  { connect, maxConcurrentStreams = 100 }: AgentOptions,
): Dispatcher {
  if (!http2PriorKnowledge) return new Agent(options);
  return new Agent({
    ...options,
    factory(origin, given) {
      if (new URL(origin).protocol === "https:") return new Agent(given as AgentOptions);
      return new H2CClient(origin, {
        connect: connect as import("undici").buildConnector.BuildOptions,
        maxConcurrentStreams,
        pipelining: maxConcurrentStreams,
      });
    },
  });
}

function agentOptions(
  settings: ClientTransportSettings,
  rootCertificates: readonly string[],
): AgentOptions {
  const { httpVersion, idleTimeout, maxStreams, http2InitialWindowSize, localAddress } = settings;
  const options: Record<string, unknown> = {
    allowH2: httpVersion !== "1.1",
    // Timeouts are a layer's, the same on every runtime.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: connectOptions(settings, rootCertificates),
  };
  if (settings.maxIdleConnections === 0) options.pipelining = 0;
  if (idleTimeout !== undefined) {
    options.keepAliveTimeout = Math.max(1, idleTimeout);
    options.keepAliveMaxTimeout = Math.max(1, idleTimeout);
  }
  if (maxStreams !== undefined) options.maxConcurrentStreams = maxStreams;
  if (http2InitialWindowSize !== undefined) options.initialWindowSize = http2InitialWindowSize;
  if (localAddress !== undefined) options.localAddress = localAddress;
  return options as AgentOptions;
}

function connectOptions(
  { tls, unixSocket }: ClientTransportSettings,
  rootCertificates: readonly string[],
): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  // Authorities that are given take the place of the others on Node, and join them on Deno.
  if (tls.ca.length > 0) options.ca = [...rootCertificates, ...tls.ca];
  if (tls.identity !== undefined) Object.assign(options, tls.identity);
  if (tls.serverName !== undefined) options.servername = tls.serverName;
  if (!tls.enable) options.rejectUnauthorized = false;
  if (!tls.verifyHostName) options.checkServerIdentity = () => undefined;
  if (tls.status !== undefined && tls.status.crl.length > 0) options.crl = [...tls.status.crl];
  if (tls.ciphers !== undefined) options.ciphers = tls.ciphers;
  if (tls.handshakeTimeout !== undefined) options.timeout = tls.handshakeTimeout;
  if (unixSocket !== undefined) options.socketPath = unixSocket;
  setVersions(options, tls);
  return options;
}

function setVersions(options: Record<string, unknown>, { versions }: ClientTlsSettings): void {
  const [lowest, highest] = versions ?? ["TLSv1.2", "TLSv1.3"];
  options.minVersion = lowest;
  options.maxVersion = highest;
}

function basic({ userName, password }: { userName: string; password: string }): string {
  const bytes = new TextEncoder().encode(`${userName}:${password}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}

/**
 * Refuses settings that Node has nothing for.
 *
 * @throws {TypeError} when there is one; it names the option and what to do.
 */
export function refuseWhatNodeLacks(settings: ClientTransportSettings): void {
  const refuse = (option: string, remedy: string): never => refuseOption(option, "Node", remedy);
  const { httpVersion, maxIdleConnections, proxy } = settings;
  if (settings.allowHost) {
    refuse("allowHost", "call the service by the name that Host shall have");
  }
  if (httpVersion === "2" && !settings.http2PriorKnowledge) {
    refuse('httpVersion: "2"', 'use "auto", which prefers it, or http2PriorKnowledge');
  }
  if (maxIdleConnections !== undefined && maxIdleConnections !== 0) {
    refuse("pool.maxIdleConnections", "limit them by pool.minEvictableIdleTime");
  }
  if (settings.http2MaxHeaderListSize !== undefined) {
    refuse("http2MaxHeaderListSize", "limit the response's header section in responseLimits");
  }
  if (proxy !== undefined && !/^https?:$/.test(proxy.url.protocol)) {
    refuse(`a proxy of "${proxy.url.protocol}"`, "use one of http: or https:");
  }
}
