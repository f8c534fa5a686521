/** Options of a transport: what is wrong, of no effect, or beyond the runtime is an error at once. @module */
import assert from "node:assert/strict";
import { transport } from "../../src/client/transport.ts";
import type { TransportOptions } from "../../src/client/transport_options.ts";

const pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
const keyPem = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----";

/** Options, and what the message of their error has: the option, then the remedy. */
const refused: readonly (readonly [object, RegExp])[] = [
  [{ keepalive: true }, /no option "keepalive": use one of httpVersion/],
  [{ pool: 5 }, /transport\.pool has options that are no object: give one, or leave it out/],
  [{ tls: 5 }, /transport\.tls has options that are no object/],
  [{ allowHost: "no" }, /needs true or false for allowHost/],
  [{ httpVersion: "2", http2PriorKnowledge: "no" }, /true or false for http2PriorKnowledge/],
  [{ pool: { keepAlive: "no" } }, /needs true or false for pool\.keepAlive/],
  [{ tls: { enable: "no" } }, /needs true or false for tls\.enable/],
  [{ tls: { verifyHostName: 0 } }, /needs true or false for tls\.verifyHostName/],
  [{ tls: { shareSession: "no" } }, /needs true or false for tls\.shareSession/],
  [{ localAddress: 5 }, /localAddress "5": give an IP address/],
  [{ pool: { size: 1 } }, /transport\.pool has no option "size"/],
  [{ tls: { rejectUnauthorized: false } }, /transport\.tls has no option "rejectUnauthorized"/],
  [{ proxy: { url: "http://p:1", nope: 1 } }, /transport\.proxy has no option "nope"/],
  [{ httpVersion: "2.0" }, /httpVersion "2.0": use "1.1", "2" or "auto"/],
  [{ http2PriorKnowledge: true }, /http2PriorKnowledge with httpVersion "auto": set it to "2"/],
  [{ http2MaxHeaderListSize: 0 }, /whole number from 1 for http2MaxHeaderListSize, not 0/],
  [{ http2MaxHeaderListSize: 9, httpVersion: "1.1" }, /http2MaxHeaderListSize.*leave it out/],
  [{ http2InitialWindowSize: 65_535 }, /http2InitialWindowSize on Deno: leave it out/],
  [{ pool: { maxActiveConnections: 0 } }, /from 1 for pool\.maxActiveConnections, not 0/],
  [{ pool: { maxActiveConnections: 2 } }, /maxActiveConnections.*set httpVersion "1\.1"/],
  [{ pool: { waitTime: 2 } }, /pool\.waitTime: it needs pool\.maxActiveConnections/],
  [{ pool: { maxIdleConnections: -1 } }, /from 0 for pool\.maxIdleConnections, not -1/],
  [{ pool: { minEvictableIdleTime: 1.5 } }, /pool\.minEvictableIdleTime, not 1\.5/],
  [{ pool: { keepAlive: false, maxIdleConnections: 1 } }, /maxIdleConnections.*leave one out/],
  [{ pool: { maxActiveStreamsPerConnection: 1 } }, /maxActiveStreamsPerConnection on Deno/],
  [
    { httpVersion: "1.1", pool: { maxActiveStreamsPerConnection: 1 } },
    /maxActiveStreamsPerConnection with httpVersion "1\.1"/,
  ],
  [{ tls: { ca: "/nowhere/ca.pem" } }, /file of tls\.ca \(ENOENT\): give its path, or PEM text/],
  [
    { tls: { ca: new URL("https://a.example/ca.pem") } },
    /file of tls\.ca \(ERR_INVALID_URL_SCHEME\)/,
  ],
  [{ tls: { ca: [5] } }, /cannot read tls\.ca: give PEM text/],
  [{ tls: { ca: keyPem } }, /no PEM "CERTIFICATE" in tls\.ca: give its text or its path/],
  [{ tls: { cert: pem } }, /tls\.cert without tls\.key: give both/],
  [{ tls: { key: keyPem } }, /tls\.key without tls\.cert: give both/],
  [{ tls: { cert: pem, key: "secret" } }, /file of tls\.key \(ENOENT\): give its path/],
  [{ tls: { keyPassword: "x" } }, /tls\.keyPassword without tls\.key: give both/],
  [{ tls: { cert: pem, key: keyPem, keyPassword: "x" } }, /not encrypted: leave it out/],
  [
    {
      tls: { cert: pem, key: keyPem.replaceAll("PRIVATE", "ENCRYPTED PRIVATE"), keyPassword: "x" },
    },
    /cannot decrypt tls\.key: tls\.keyPassword is wrong/,
  ],
  [
    { tls: { cert: pem, key: keyPem, keyStore: { path: "a.p12", password: "x" } } },
    /tls\.keyStore beside tls\.cert and tls\.key: leave one out/,
  ],
  [{ tls: { keyStore: { path: "/nowhere.p12" } } }, /needs tls\.keyStore\.password/],
  [{ tls: { keyStore: { password: "x" } } }, /path or bytes in tls\.keyStore: give one/],
  [{ tls: { keyStore: { bytes: "x", password: "x" } } }, /Uint8Array for tls\.keyStore\.bytes/],
  [
    { tls: { trustStore: { path: "/nowhere.p12", password: "x" } } },
    /tls\.trustStore\.path \(ENOENT\)/,
  ],
  [{ tls: { trustStore: { file: "a" } } }, /transport\.tls\.trustStore has no option "file"/],
  [{ tls: { certificateStatus: {} } }, /nothing in tls\.certificateStatus: give ocsp or crl/],
  [{ tls: { certificateStatus: { ocsp: true } } }, /ocsp "true": use "stapled" or "asked"/],
  [
    { tls: { certificateStatus: { crl: pem } } },
    /no PEM "X509 CRL" in tls\.certificateStatus\.crl/,
  ],
  [
    { tls: { certificateStatus: { ocsp: "stapled", cacheSize: 1 } } },
    /certificateStatus\.cacheSize: it needs ocsp: "asked"/,
  ],
  [
    { tls: { certificateStatus: { ocsp: "asked", cacheSize: -1 } } },
    /from 0 for .*cacheSize, not -1/,
  ],
  [
    { tls: { enable: false, certificateStatus: { ocsp: "asked" } } },
    /certificateStatus with enable: false: leave one out/,
  ],
  [
    { tls: { certificateStatus: { ocsp: "stapled" } } },
    /certificateStatus on Deno: call from Node/,
  ],
  [{ tls: { sessionTimeout: 0 } }, /from 1 for tls\.sessionTimeout, not 0/],
  [{ tls: { sessionTimeout: 1 } }, /tls\.sessionTimeout on Deno: leave it out/],
  [{ tls: { sessionTimeout: 1, shareSession: false } }, /sessionTimeout with shareSession: false/],
  [{ tls: { ciphers: "ECDHE" } }, /a list of OpenSSL's names for tls\.ciphers/],
  [{ tls: { ciphers: ["ALL:!ADH"] } }, /a list of OpenSSL's names for tls\.ciphers/],
  [{ tls: { cert: pem, key: keyPem } }, /tls\.cert and tls\.key \(.+\): give a PEM chain/],
  [
    { tls: { cert: pem, key: keyPem.replaceAll("PRIVATE", "ENCRYPTED PRIVATE") } },
    /encrypted tls\.key: give tls\.keyPassword/,
  ],
  [{ tls: { enable: false } }, /tls\.enable: false on Deno: give the server's authority/],
  [{ tls: { verifyHostName: false } }, /tls\.verifyHostName: false on Deno: call/],
  [{ tls: { serverName: "a.example" } }, /tls\.serverName on Deno: call/],
  [{ tls: { serverName: "a b" } }, /tls\.serverName "a b": give a host name/],
  [{ tls: { versions: ["TLSv1.3"] } }, /tls\.versions on Deno: leave it out/],
  [{ tls: { versions: ["TLSv1"] } }, /tls\.versions \[TLSv1\]: list TLSv1\.2, TLSv1\.3/],
  [{ tls: { versions: [] } }, /tls\.versions \[\]: list/],
  [{ tls: { ciphers: ["ECDHE-RSA-AES128-GCM-SHA256"] } }, /tls\.ciphers on Deno/],
  [{ tls: { shareSession: false } }, /tls\.shareSession: false on Deno/],
  [{ tls: { handshakeTimeout: 100 } }, /tls\.handshakeTimeout on Deno: set a timeout/],
  [{ localAddress: "localhost" }, /localAddress "localhost": give an IP address/],
  [{ unixSocket: "" }, /a path for unixSocket/],
  [{ unixSocket: "/a\0b" }, /a path for unixSocket/],
  [{ unixSocket: "/a", proxy: { url: "http://p:1" } }, /proxy beside unixSocket/],
  [{ unixSocket: "/a", tls: { ca: pem } }, /tls beside unixSocket/],
  [{ unixSocket: "/a", localAddress: "::1" }, /localAddress beside unixSocket/],
  [{ proxy: {} }, /names no proxy: give url, or host and port/],
  [{ proxy: { host: "p" } }, /names no proxy/],
  [{ proxy: { host: "p/x", port: 1 } }, /host "p\/x" and port 1: that is no address/],
  [{ proxy: { host: "p", port: 65_536 } }, /port 65536: that is no address/],
  [{ proxy: { url: "http://p:1", host: "p" } }, /url beside host or port: give one/],
  [{ proxy: { url: "p:secret" } }, /no http:, https: or socks5: address/],
  [{ proxy: { url: "ftp://p:1" } }, /no http:, https: or socks5: address/],
  [{ proxy: { url: "http://p:1/secret" } }, /url with a path/],
  [{ proxy: { url: "http://u:secret@p:1", userName: "u", password: "secret" } }, /give them once/],
  [{ proxy: { url: "http://p:1", userName: "u" } }, /userName and password together/],
  [{ proxy: { url: "http://p:1", userName: "u:v", password: "secret" } }, /a colon/],
  [{ proxy: { url: "http://p:1", userName: "u", password: "secret\r\nX: y" } }, /control/],
  [{ proxy: { url: "http://u%3Av:secret@p:1" } }, /a colon/],
  [{ proxy: { url: "http://u:secret%0D%0AX@p:1" } }, /control/],
  [{ proxy: { url: "http://p:1", noProxy: "localhost" } }, /a list for proxy\.noProxy/],
  [{ proxy: { url: "http://p:1", noProxy: ["*"] } }, /"\*" in proxy\.noProxy: leave the proxy out/],
  [{ proxy: { url: "http://p:1", noProxy: ["http://a"] } }, /as a range of addresses/],
];

Deno.test("transport options: what cannot be is refused when the transport is made", () => {
  for (const [options, message] of refused) {
    const made = (): void => transport(options as TransportOptions)[Symbol.dispose]();
    assert.throws(made, (error) => {
      assert.ok(error instanceof TypeError || error instanceof RangeError, String(error));
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /secret|\.$|Error:/, error.message);
      return true;
    }, JSON.stringify(options));
  }
});

Deno.test("transport options: what a prototype says is no option", () => {
  const polluted = Object.create({ unixSocket: "/nowhere", httpVersion: "3" });
  using open = transport(polluted);
  assert.equal(typeof open.fetch, "function");
});

Deno.test("transport options: every option that Deno honours is taken", () => {
  const taken: TransportOptions[] = [
    {},
    { httpVersion: "1.1", pool: { maxActiveConnections: -1, keepAlive: true } },
    { httpVersion: "2", http2PriorKnowledge: true, http2MaxHeaderListSize: 1_000 },
    { pool: { maxIdleConnections: 0, minEvictableIdleTime: 0 } },
    { tls: { enable: true, verifyHostName: true, shareSession: true, ca: [] } },
    { tls: { versions: ["TLSv1.3", "TLSv1.2"] } },
    { proxy: { host: "127.0.0.1", port: 8080, userName: "", password: "" } },
    { proxy: { url: new URL("socks5://u:p%40@[::1]:1080"), noProxy: [".example.com"] } },
    { localAddress: "::1", allowHost: false },
  ];
  for (const options of taken) transport(options)[Symbol.dispose]();
});
