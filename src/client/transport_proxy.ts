/**
 * Checks the options of a proxy (spec: `ProxyConfig`).
 *
 * @module
 */
import { checkOptions, ownOptions } from "../message/options.ts";
import type { ClientProxySettings } from "../runtime/client_transport.ts";
import { noProxyFor } from "./transport_no_proxy.ts";
import type { ProxyConfig } from "./transport_options.ts";

const known: Readonly<Record<keyof ProxyConfig, true>> = {
  url: true,
  host: true,
  port: true,
  userName: true,
  password: true,
  noProxy: true,
};

/**
 * What the options of a proxy say.
 *
 * @throws {TypeError} when they name no proxy, or an option is of no effect.
 */
export function proxySettings(given: ProxyConfig): ClientProxySettings {
  checkOptions("transport.proxy", given, known);
  const options = ownOptions(given);
  const url = proxyUrl(options);
  const credentials = credentialsOf(options, url);
  url.username = "";
  url.password = "";
  const { noProxy = [] } = options;
  if (!Array.isArray(noProxy)) {
    throw new TypeError('transport needs a list for proxy.noProxy, as ["localhost", "10.0.0.0/8"]');
  }
  if (noProxy.includes("*")) {
    throw new TypeError('transport has "*" in proxy.noProxy: leave the proxy out');
  }
  return { url, credentials, bypasses: noProxyFor(noProxy) };
}

function proxyUrl({ url, host, port }: ProxyConfig): URL {
  if (url === undefined) {
    if (host === undefined || port === undefined) {
      throw new TypeError("transport.proxy names no proxy: give url, or host and port");
    }
    const made = isHost(host) && isPort(port) ? URL.parse(`http://${host}:${port}`) : null;
    if (made === null) {
      throw new TypeError(
        `transport.proxy has host "${host}" and port ${port}: that is no address`,
      );
    }
    return made;
  }
  if (host !== undefined || port !== undefined) {
    throw new TypeError("transport.proxy has url beside host or port: give one");
  }
  const made = URL.parse(url);
  // The text is not shown: it may have a password.
  if (made === null || !/^(?:https?|socks5h?):$/.test(made.protocol) || made.hostname === "") {
    throw new TypeError(
      "transport.proxy has a url that is no http:, https: or socks5: address: write http://host:port",
    );
  }
  if (!["", "/"].includes(made.pathname) || made.search !== "" || made.hash !== "") {
    throw new TypeError(
      "transport.proxy has a url with a path, which a proxy has not: leave it out",
    );
  }
  return made;
}

function credentialsOf(
  { userName, password }: ProxyConfig,
  url: URL,
): ClientProxySettings["credentials"] {
  const inUrl = url.username !== "" || url.password !== "";
  if (userName === undefined && password === undefined) {
    return inUrl ? sendable(decoded(url.username), decoded(url.password)) : undefined;
  }
  if (inUrl) throw new TypeError("transport.proxy has credentials in url too: give them once");
  if (userName === undefined || password === undefined) {
    throw new TypeError("transport.proxy needs userName and password together");
  }
  return sendable(userName, password);
}

function sendable(userName: string, password: string): ClientProxySettings["credentials"] {
  // RFC 7617 section 2: the colon ends the name.
  if (userName.includes(":") || /\p{Cc}/u.test(userName + password)) {
    throw new TypeError(
      "transport.proxy has a userName with a colon, or control characters: neither can be sent",
    );
  }
  return { userName, password };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new TypeError("transport.proxy has credentials in url that are badly encoded");
  }
}

function isHost(host: string): boolean {
  return /^(?:\[[0-9A-Fa-f:.]+\]|[^\s/?#@:\\[\]]+)$/.test(host);
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port > 0 && port < 65_536;
}
