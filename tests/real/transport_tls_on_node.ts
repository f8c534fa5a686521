/**
 * Run by Node, and by nothing else: what a transport's TLS does over undici, against servers of
 * OpenSSL's and of Node's. Prints a line for each thing that holds; `transport_tls_node_test.ts` counts
 * them. Its arguments are the folder of certificates and the address of an OCSP responder, which says
 * what it is told to say.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createSecureServer } from "node:http2";
import { createServer as createHttpsServer, type ServerOptions } from "node:https";
import { type AddressInfo, connect, createServer as createTcpServer, type Server } from "node:net";
import process from "node:process";
import { pathToFileURL } from "node:url";
import type { TLSSocket } from "node:tls";
import { transport } from "../../src/client/transport.ts";
import type { ClientSecureSocket, TransportOptions } from "../../src/client/transport_options.ts";
import { Http2Client } from "../../src/http2/http2_client.ts";
import { SslError } from "../../src/message/client_errors.ts";

const folder = process.argv[2] ?? ".";
const path = (name: string): string => `${folder}/${name}`;
const pem = (name: string): string => readFileSync(path(name), "utf8");
const password = "correct horse";
const ca = path("ca.pem");
const own = { cert: pem("server.pem"), key: pem("server.key") };
const servers: Server[] = [];
const programs: ChildProcess[] = [];

async function start(server: Server): Promise<string> {
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  servers.push(server);
  return `localhost:${(server.address() as AddressInfo).port}/`;
}

/** A server that says who calls, by which version of TLS and cipher, and whether anew. */
async function startTls(options: ServerOptions, ocsp?: Uint8Array): Promise<string> {
  const server = createHttpsServer({ ...own, ...options }, ({ socket }, response) => {
    const tls = socket as TLSSocket;
    const { subject } = tls.getPeerCertificate();
    const session = tls.isSessionReused() ? "resumed" : "new";
    const said = [subject?.CN ?? "nobody", tls.getProtocol(), tls.getCipher().name, session];
    response.end(said.join(" "));
  });
  if (ocsp !== undefined) {
    server.on(
      "OCSPRequest",
      (_certificate, _issuer, callback) => callback(null, Buffer.from(ocsp)),
    );
  }
  return `https://${await start(server)}`;
}

/** A server of OpenSSL's, which answers with what it knows of the connection. */
async function startOpenssl(...args: string[]): Promise<string> {
  const all = ["s_server", "-accept", "127.0.0.1:0", "-www", ...args];
  const child = spawn("openssl", all, { cwd: folder, stdio: ["ignore", "pipe", "ignore"] });
  programs.push(child);
  let said = "";
  for await (const text of child.stdout) {
    said += text;
    const port = /ACCEPT 127\.0\.0\.1:(\d+)\n/.exec(said)?.[1];
    if (port !== undefined) return `https://localhost:${port}/`;
  }
  throw new Error(`s_server said only: ${said}`);
}

/** Asks through a transport of its own. */
async function ask(options: TransportOptions, url: string): Promise<string> {
  const open = transport(options);
  try {
    return await (await open.fetch(url)).text();
  } finally {
    await open.close();
  }
}

async function refused(options: TransportOptions, url: string, said: RegExp): Promise<void> {
  await assert.rejects(ask(options, url), (error) => {
    assert.ok(error instanceof SslError, `${error} ${(error as Error).cause}`);
    assert.match(error.message, said);
    return true;
  });
}

const asking = { requestCert: true, rejectUnauthorized: true, ca: pem("ca.pem") };
const answers = {
  good: readFileSync(path("ocsp-good.der")),
  revoked: readFileSync(path("ocsp-revoked.der")),
};

const checks: Record<string, () => Promise<void>> = {
  async "files: texts, paths and URLs"() {
    const url = await startTls(asking);
    const cert = path("client.pem");
    const key = path("client.key");
    assert.match(await ask({ tls: { ca, cert, key } }, url), /^client /);
    const urls = { cert: pathToFileURL(cert), key: pathToFileURL(key) };
    assert.match(await ask({ tls: { ca: pathToFileURL(ca), ...urls } }, url), /^client /);
    const texts = { cert: pem("client.pem"), key: pem("client.key") };
    assert.match(await ask({ tls: { ca: [pem("ca.pem")], ...texts } }, url), /^client /);
    assert.throws(() => transport({ tls: { ca: path("none.pem") } }), /file of tls\.ca \(ENOENT\)/);
  },
  async "an encrypted key"() {
    const url = await startTls(asking);
    const files = { cert: path("client.pem"), key: path("client-encrypted.key") };
    const tls = { ca, ...files, keyPassword: password };
    assert.match(await ask({ tls }, url), /^client /);
    assert.throws(() => transport({ tls: { ...tls, keyPassword: "x" } }), /keyPassword is wrong/);
    assert.throws(() => transport({ tls: { ca, ...files } }), /give tls\.keyPassword/);
  },
  async "PKCS#12"() {
    const url = await startTls(asking);
    const keyStore = { path: path("client.p12"), password };
    const trustStore = { bytes: readFileSync(path("trust.p12")), password };
    assert.match(await ask({ tls: { keyStore, trustStore } }, url), /^client /);
    await refused({ tls: { ca, keyStore: { ...keyStore, password: "x" } } }, url, /tls\.keyStore/);
  },
  async "versions and ciphers"() {
    const url = await startTls({});
    const both = await startTls({ maxVersion: "TLSv1.2" });
    assert.match(await ask({ tls: { ca, versions: ["TLSv1.2"] } }, url), / TLSv1\.2 /);
    assert.match(await ask({ tls: { ca } }, url), / TLSv1\.3 /);
    await refused({ tls: { ca, versions: ["TLSv1.3"] } }, both, /no version of TLS in common/);
    const ciphers = ["ECDHE-ECDSA-AES256-GCM-SHA384"];
    assert.match(await ask({ tls: { ca, ciphers } }, both), / ECDHE-ECDSA-AES256-GCM-SHA384 /);
  },
  async "sessions"() {
    const url = await startTls({ maxVersion: "TLSv1.2" });
    const twice = async (tls: TransportOptions["tls"], wait = 0): Promise<string[]> => {
      const open = transport({ tls: { ca, ...tls }, pool: { keepAlive: false } });
      const first = await (await open.fetch(url)).text();
      // The platform's clock tells how old a session is.
      await new Promise((resolve) => setTimeout(resolve, wait));
      const second = await (await open.fetch(url)).text();
      await open.close();
      return [first, second].map((text) => text.split(" ").at(-1) ?? "");
    };
    assert.deepEqual(await twice({}), ["new", "resumed"]);
    assert.deepEqual(await twice({ shareSession: false }), ["new", "new"]);
    assert.deepEqual(await twice({ sessionTimeout: 60_000 }), ["new", "resumed"]);
    assert.deepEqual(await twice({ sessionTimeout: 50 }, 100), ["new", "new"]);
  },
  async "what is wrong with a certificate"() {
    const url = await startTls({});
    await refused({}, url, /of no authority that is trusted, see tls\.ca/);
    const expired = { cert: pem("expired.pem"), key: pem("expired.key") };
    await refused({ tls: { ca } }, await startTls(expired), /the server's certificate has expired/);
    const other = { cert: pem("other.pem"), key: pem("other.key") };
    await refused({ tls: { ca } }, await startTls(other), /for another host/);
    const chained = { cert: pem("chained.pem"), key: pem("chained.key") };
    assert.match(await ask({ tls: { ca } }, await startTls(chained)), /^nobody /);
    const mutual = await startTls({ ...asking, maxVersion: "TLSv1.2" });
    await refused({ tls: { ca } }, mutual, /wants a client certificate, or offers no cipher/);
    await refused({ tls: { ca } }, await startTls(asking), /wants a client certificate/);
    const revoked = { cert: path("revoked.pem"), key: path("revoked.key") };
    assert.match(await ask({ tls: { ca, ...revoked } }, await startTls(asking)), /^revoked /);
    const listed = await startTls({ ...asking, crl: pem("ca-crl.pem") });
    // Node's servers close the connection without a word.
    await assert.rejects(ask({ tls: { ca, ...revoked } }, listed));
    const client = { cert: path("client.pem"), key: path("client.key") };
    assert.match(await ask({ tls: { ca, ...client } }, listed), /^client /);
  },
  async "lists of revoked certificates"() {
    const url = await startTls({});
    const good = { crl: path("ca-crl.pem") };
    assert.match(await ask({ tls: { ca, certificateStatus: good } }, url), /^nobody /);
    const bad = { crl: [path("server-crl.pem")] };
    await refused(
      { tls: { ca, certificateStatus: bad } },
      url,
      /the server's certificate was revoked/,
    );
    // There has to be a list of every authority between.
    const chained = await startTls({ cert: pem("chained.pem"), key: pem("chained.key") });
    await refused(
      { tls: { ca, certificateStatus: good } },
      chained,
      /no list of revoked certificates of one/,
    );
  },
  async "stapled OCSP responses"() {
    const tls = { ca, certificateStatus: { ocsp: "stapled" } } as const;
    for (const options of [{}, { maxVersion: "TLSv1.2" }] as const) {
      const open = transport({ tls, pool: { keepAlive: false } });
      const url = await startTls(options, answers.good);
      // None is resumed: each shows its certificate.
      for (let calls = 2; calls > 0; calls--) {
        assert.match(await (await open.fetch(url)).text(), / new$/);
      }
      await open.close();
      await refused({ tls }, await startTls(options, answers.revoked), /was revoked \(OCSP\)/);
      await refused({ tls }, await startTls(options), /staples no OCSP response/);
    }
    const other = { cert: pem("chained.pem"), key: pem("chained.key") };
    await refused({ tls }, await startTls(other, answers.good), /not known to be good/);
    await refused({ tls: { ...tls, ca: [] } }, await startTls({}, answers.good), /unable to/);
  },
  async "an HTTP/2 client's look at stapled OCSP responses and lists"() {
    const tls = { ca, certificateStatus: { ocsp: "stapled" } } as const;
    const call = async (tls: ClientSecureSocket, answer: Uint8Array | null): Promise<string> => {
      let requests = 0;
      const server = createSecureServer(own, (_request, response) => {
        requests++;
        response.end("reached");
      });
      server.on("OCSPRequest", (_certificate, _issuer, callback) => {
        callback(null, answer as Buffer);
      });
      const url = `https://${await start(server)}`;
      const client = new Http2Client(url, { tls });
      try {
        return await (await client.fetch(url)).text();
      } catch (error) {
        assert.ok(error instanceof SslError, String(error));
        assert.equal(requests, 0);
        return error.message;
      } finally {
        await client.close();
      }
    };
    assert.equal(await call(tls, answers.good), "reached");
    assert.match(await call(tls, answers.revoked), /was revoked \(OCSP\)/);
    assert.match(await call(tls, null), /staples no OCSP response/);
    const listed = { ca, certificateStatus: { crl: path("server-crl.pem") } };
    assert.match(await call(listed, null), /the server's certificate was revoked/);
  },
  async "a stapled OCSP response of an issuer that only has the name of the real one"() {
    const tls = { ca, certificateStatus: { ocsp: "stapled" } } as const;
    const claiming = { ...own, cert: pem("server.pem") + pem("impostor.pem") };
    const forged = await startTls(claiming, readFileSync(path("ocsp-forged.der")));
    await refused({ tls }, forged, /the issuer that the server names has not signed it/);
  },
  async "stapled OCSP responses over HTTP/2"() {
    const server = createSecureServer(own, (request, response) => {
      request.resume();
      request.on("end", () => response.end(request.httpVersion));
    });
    server.on("OCSPRequest", (_certificate, _issuer, callback) => callback(null, answers.good));
    const url = `https://${await start(server)}`;
    const tls = { ca, certificateStatus: { ocsp: "stapled" } } as const;
    const open = transport({ tls });
    const texts = await Promise.all(
      Array.from({ length: 20 }, async () => await (await open.fetch(url)).text()),
    );
    assert.deepEqual(new Set(texts), new Set(["2.0"]));
    await open.close();
    const bad = createSecureServer(own);
    bad.on("OCSPRequest", (_certificate, _issuer, callback) => callback(null, answers.revoked));
    await refused({ tls }, `https://${await start(bad)}`, /was revoked/);
  },
  async "a responder that is asked"() {
    const control = async (what: string): Promise<string> => {
      return await (await fetch(`${process.argv[3]}/${what}`)).text();
    };
    await control("good");
    const identity = { cert: pem("asked.pem"), key: pem("asked.key") };
    const url = await startTls(identity);
    const options = (more: object): TransportOptions => ({
      tls: { ca, certificateStatus: { ocsp: "asked", ...more } },
      pool: { keepAlive: false },
    });
    const open = transport(options({}));
    for (let calls = 3; calls > 0; calls--) await (await open.fetch(url)).text();
    assert.equal(await control("asked"), "1");
    await open.close();
    const forgetful = transport(options({ cacheSize: 0 }));
    for (let calls = 3; calls > 0; calls--) await (await forgetful.fetch(url)).text();
    assert.equal(await control("asked"), "4");
    await forgetful.close();
    const saying: [string, RegExp][] = [
      ["revoked", /was revoked/],
      ["failure", /answers with status 500/],
      ["much", /answers with too much/],
      ["other", /of another certificate/],
      ["elsewhere", /answers with status 302|cannot be reached/],
    ];
    for (const [what, said] of saying) {
      await control(what);
      await refused(options({}), url, said);
    }
    await control("good");
    const asked = await control("asked");
    assert.match(await ask(options({}), await startTls({}, answers.good)), /^nobody /);
    assert.equal(await control("asked"), asked);
    await refused(options({}), await startTls({}), /names no responder/);
    const gone = { cert: pem("gone.pem"), key: pem("gone.key") };
    await refused(options({}), await startTls(gone), /cannot be reached/);
  },
  async "servers of OpenSSL's"() {
    const files = ["-cert", "server.pem", "-key", "server.key", "-CAfile", "ca.pem"];
    const status = { certificateStatus: { ocsp: "stapled" } } as const;
    const identity = { cert: path("client.pem"), key: path("client.key") };
    const revoked = { cert: path("revoked.pem"), key: path("revoked.key") };
    const crl = ["-crl_check", "-CRL", "ca-crl.pem"];
    const mutual = ["-Verify", "1", "-verify_return_error"];
    for (const version of ["-tls1_2", "-tls1_3"]) {
      const stapling = await startOpenssl(...files, version, "-status_file", "ocsp-good.der");
      assert.match(await ask({ tls: { ca, ...status } }, stapling), /s_server/);
      const bad = await startOpenssl(...files, version, "-status_file", "ocsp-revoked.der");
      await refused({ tls: { ca, ...status } }, bad, /was revoked \(OCSP\)/);
      const none = await startOpenssl(...files, version);
      await refused({ tls: { ca, ...status } }, none, /staples no OCSP response/);
      const asking = await startOpenssl(...files, version, ...mutual, ...crl);
      assert.match(await ask({ tls: { ca, ...identity } }, asking), /CN ?= ?client/);
      await refused({ tls: { ca } }, asking, /wants a client certificate/);
      await refused({ tls: { ca, ...revoked } }, asking, /the client's certificate was revoked/);
    }
  },
  async "through a proxy"() {
    const heads: string[] = [];
    const proxy = createTcpServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", (data) => {
        heads.push(String(data));
        const port = /^CONNECT localhost:(\d+) /.exec(String(data))?.[1];
        const there = connect(Number(port), "127.0.0.1");
        there.on("error", () => socket.destroy());
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        socket.pipe(there).pipe(socket);
      });
    });
    const [host = "", port] = (await start(proxy)).replace("/", "").split(":");
    const options = (tls: TransportOptions["tls"]): TransportOptions => ({
      proxy: { host, port: Number(port) },
      tls: { ca, ...tls },
      pool: { keepAlive: false },
    });
    const status = { certificateStatus: { ocsp: "stapled" } } as const;
    const url = await startTls({}, answers.good);
    assert.match(await ask(options(status), url), /^nobody .* new$/);
    assert.match(heads.at(-1) ?? "", new RegExp(`^CONNECT ${new URL(url).host} .*\r\nhost: `, "s"));
    await refused(options(status), await startTls({}, answers.revoked), /was revoked/);
    await refused(options({ ca: [] }), url, /of no authority that is trusted/);
    const client = { cert: path("client.pem"), key: path("client.key") };
    const mutual = await startTls({ ...asking, maxVersion: "TLSv1.2" });
    const open = transport(options({ ...client, sessionTimeout: 60_000 }));
    assert.match(await (await open.fetch(mutual)).text(), /^client .* new$/);
    assert.match(await (await open.fetch(mutual)).text(), /^client .* resumed$/);
    await open.close();
    await refused(options({}), await startTls(asking), /wants a client certificate/);
  },
};

process.on("exit", () => {
  for (const child of programs) child.kill();
});
process.on("SIGTERM", () => process.exit(1));
process.on("unhandledRejection", (error) => {
  console.error("unhandled", error);
  process.exitCode = 1;
});
for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    console.log(`ok ${name}`);
  } catch (error) {
    console.error(`FAILED ${name}`, error);
    process.exitCode = 1;
  }
}
for (const server of servers) server.close();
// What undici keeps open for a moment is no reason to wait.
process.exit();
