/**
 * Requests by Deno's own `fetch` and `Deno.createHttpClient`, measured on Deno 2.9.6: it ignores
 * options that it does not know, so that whatever it has nothing for is refused here.
 *
 * Two habits of it are worked around. It sends `https:` over a unix socket in the clear, which is
 * refused; and the environment's `NO_PROXY` takes hosts away from a unix socket too, so that requests
 * go there under an address that no list has.
 *
 * @module
 */
import {
  type ClientTransportSettings,
  refuseOption,
  type RunningClientTransport,
} from "../client_transport.ts";

/**
 * An address that leads nowhere (RFC 6666), in front of a unix socket. A `*` in `NO_PROXY` means names
 * only, and what a range there takes away all the same fails rather than goes elsewhere.
 */
const socketHost = "[100::1]";

/**
 * Makes the transport.
 *
 * @throws {TypeError} when Deno has nothing for a setting, or cannot read a certificate or key.
 */
export function denoClient(settings: ClientTransportSettings): RunningClientTransport {
  refuseWhatDenoLacks(settings);
  const { proxy, unixSocket } = settings;
  const client = create(settings, true);
  // A client has one proxy for all hosts, so that those without one have a client of their own.
  const direct = proxy === undefined ? undefined : create(settings, false);
  return {
    async send(url, input, init) {
      if (url !== undefined && unixSocket !== undefined) {
        return await sendToSocket(client, url, new Request(input, init));
      }
      const isDirect = url !== undefined && proxy?.bypasses(url);
      return await fetch(input, { ...init, client: isDirect ? direct ?? client : client });
    },
    close() {
      client.close();
      direct?.close();
    },
  };
}

async function sendToSocket(
  client: Deno.HttpClient,
  url: URL,
  request: Request,
): Promise<Response> {
  const address = new URL(url);
  address.host = socketHost;
  address.port = "";
  const there = new Request(address, request);
  if (!there.headers.has("host")) there.headers.set("host", url.host);
  const response = await fetch(there, { client });
  // A response's url has neither credentials nor a fragment.
  address.host = url.host;
  address.username = "";
  address.password = "";
  address.hash = "";
  Object.defineProperty(response, "url", { value: address.href, configurable: true });
  return response;
}

function create(settings: ClientTransportSettings, throughProxy: boolean): Deno.HttpClient {
  const { httpVersion, tls, proxy, unixSocket } = settings;
  const options: Deno.CreateHttpClientOptions = {
    http1: httpVersion !== "2",
    http2: httpVersion !== "1.1",
    allowHost: settings.allowHost || unixSocket !== undefined,
    caCerts: [...tls.ca],
  };
  if (settings.maxIdleConnections !== undefined) {
    options.poolMaxIdlePerHost = settings.maxIdleConnections;
  }
  if (settings.idleTimeout !== undefined) options.poolIdleTimeout = settings.idleTimeout;
  if (settings.localAddress !== undefined) options.localAddress = settings.localAddress;
  if (settings.http2MaxHeaderListSize !== undefined) {
    options.http2MaxHeaderListSize = settings.http2MaxHeaderListSize;
  }
  if (unixSocket !== undefined) options.proxy = { transport: "unix", path: unixSocket };
  else if (proxy !== undefined && throughProxy) {
    const { url, credentials } = proxy;
    options.proxy = {
      url: url.href,
      transport: proxyTransport(url),
      ...credentials && {
        basicAuth: { username: credentials.userName, password: credentials.password },
      },
    };
  }
  try {
    return Deno.createHttpClient(tls.identity ? { ...options, ...tls.identity } : options);
  } catch (error) {
    if (
      !tls.identity || !(error instanceof TypeError || error instanceof Deno.errors.InvalidData)
    ) {
      throw error;
    }
    throw new TypeError(
      `transport cannot use tls.cert and tls.key (${error.message}): give a PEM chain and its key`,
      { cause: error },
    );
  }
}

function proxyTransport({ protocol }: URL): "http" | "https" | "socks5" {
  if (protocol === "https:") return "https";
  return protocol === "http:" ? "http" : "socks5";
}

/**
 * Refuses settings that Deno has nothing for.
 *
 * @throws {TypeError} when there is one; it names the option and what to do.
 */
export function refuseWhatDenoLacks({ tls, ...settings }: ClientTransportSettings): void {
  const refuse = (option: string, remedy: string): never => refuseOption(option, "Deno", remedy);
  if (settings.http2InitialWindowSize !== undefined) {
    refuse("http2InitialWindowSize", "leave it out");
  }
  if (settings.maxStreams !== undefined) {
    refuse("pool.maxActiveStreamsPerConnection", "leave it out, the server's own limit is kept");
  }
  if (!tls.enable) {
    refuse("tls.enable: false", "give the server's authority in tls.ca");
  }
  if (!tls.verifyHostName) {
    refuse("tls.verifyHostName: false", "call the service by the name that its certificate has");
  }
  if (tls.serverName !== undefined) {
    refuse("tls.serverName", "call the service by that name, allowHost sends another Host");
  }
  if (tls.versions !== undefined && tls.versions.join() !== "TLSv1.2,TLSv1.3") {
    refuse("tls.versions", "leave it out, which means TLSv1.2 and TLSv1.3");
  }
  if (tls.ciphers !== undefined) refuse("tls.ciphers", "leave it out, only safe ones are offered");
  if (!tls.shareSession) refuse("tls.shareSession: false", "leave it out");
  if (tls.sessionTimeout !== undefined) refuse("tls.sessionTimeout", "leave it out");
  if (tls.status !== undefined) {
    refuse(
      "tls.certificateStatus",
      "call from Node, or trust only an authority of short-lived certificates in tls.ca",
    );
  }
  if (tls.handshakeTimeout !== undefined) {
    refuse("tls.handshakeTimeout", "set a timeout for the whole attempt");
  }
}
