/**
 * Run by Node, and by nothing else: the transport over undici, against servers of Node's own. Prints a
 * line for each thing that holds; `transport_node_test.ts` counts them. The folder of certificates is
 * the one argument.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer, Server as HttpServer } from "node:http";
import { createSecureServer, createServer as createHttp2Server } from "node:http2";
import { createServer as createTlsServer } from "node:https";
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from "node:net";
import process from "node:process";
import type { TLSSocket } from "node:tls";
import { transport } from "../../src/client/transport.ts";
import type { TransportOptions } from "../../src/client/transport_options.ts";
import {
  ClientConnectorError,
  GenericClientError,
  InitializingInboundResponseError,
  InitializingOutboundRequestError,
  MaximumWaitTimeExceededError,
  SslError,
  WritingOutboundRequestBodyError,
} from "../../src/message/client_errors.ts";

const folder = process.argv[2] ?? ".";
const pem = (name: string): string => readFileSync(`${folder}/${name}`, "utf8");
const ca = pem("ca.pem");
const own = { cert: pem("server.pem"), key: pem("server.key") };
const stops: (() => void)[] = [];

async function start(server: Server, path?: string): Promise<string> {
  await new Promise<void>((ready) => {
    if (path === undefined) server.listen(0, "127.0.0.1", ready);
    else server.listen(path, ready);
  });
  stops.push(() => {
    server.close();
    if (server instanceof HttpServer) server.closeAllConnections();
  });
  return path ?? String((server.address() as AddressInfo).port);
}

async function startTcp(talk: (socket: Socket) => void): Promise<string> {
  const server = createTcpServer((socket) => {
    stops.push(() => socket.destroy());
    socket.on("error", () => {});
    talk(socket);
  });
  return `http://127.0.0.1:${await start(server)}/`;
}

/** Asks through a transport of its own. */
async function ask(options: TransportOptions, url: string, init?: RequestInit): Promise<string> {
  // No `using`, so that a bundle of this runs on Node 20.
  const open = transport(options);
  try {
    return await (await open.fetch(url, init)).text();
  } finally {
    await open.close();
  }
}

const plainPort = await start(createServer((request, response) => {
  if (request.url === "/away") response.writeHead(302, { location: "/there" });
  if (request.url === "/slow") setTimeout(() => response.end("slow"), 100);
  else response.end(`${request.method} ${request.url} ${request.socket.remoteAddress}`);
}));
const plain = `http://127.0.0.1:${plainPort}`;

const checks: Record<string, () => Promise<void>> = {
  async "a call, and a redirect"() {
    assert.equal(await ask({}, `${plain}/a`), "GET /a 127.0.0.1");
    assert.equal(await ask({}, `${plain}/away`), "GET /there 127.0.0.1");
    const request = new Request(`${plain}/b`, { method: "POST", body: "text" });
    const open = transport();
    assert.equal(await (await open.fetch(request)).text(), "POST /b 127.0.0.1");
    await open.close();
  },
  async "a local address"() {
    assert.equal(await ask({ localAddress: "127.0.0.5" }, `${plain}/a`), "GET /a 127.0.0.5");
  },
  async "failures"() {
    const failures: [string, RequestInit, abstract new (...args: never[]) => Error][] = [
      ["http://host.invalid/", {}, ClientConnectorError],
      ["/relative", {}, InitializingOutboundRequestError],
      ["file:///etc/hosts", {}, InitializingOutboundRequestError],
      [plain, { method: "CONNECT" }, InitializingOutboundRequestError],
      [plain, { headers: { a: "b\r\nc" } }, InitializingOutboundRequestError],
      [plain, { headers: { host: "mock.com" } }, InitializingOutboundRequestError],
      [
        await startTcp((socket) => socket.end("hello\r\n\r\n")),
        {},
        InitializingInboundResponseError,
      ],
      [await startTcp((socket) => socket.end()), {}, InitializingInboundResponseError],
      [
        await startTcp((socket) => socket.write("HTTP/1.1 101 Switch\r\nUpgrade: x\r\n\r\n")),
        {},
        InitializingInboundResponseError,
      ],
      [
        await startTcp((socket) => socket.resume()),
        {
          method: "POST",
          body: new ReadableStream({ pull: (controller) => controller.error(new Error("gone")) }),
        },
        WritingOutboundRequestBodyError,
      ],
    ];
    for (const [url, init, kind] of failures) {
      await assert.rejects(ask({}, url, init), (error) => {
        assert.ok(error instanceof kind, `${url}: ${error} ${(error as Error).cause}`);
        return true;
      });
    }
    const signal = AbortSignal.abort("mine");
    await assert.rejects(ask({}, plain, { signal }), (error) => error === "mine");
  },
  async "a unix socket"() {
    const path = await start(
      createServer((request, response) => response.end(`${request.headers.host}`)),
      `${folder}/node.sock`,
    );
    assert.equal(await ask({ unixSocket: path }, "http://docker/v1"), "docker");
  },
  async "authorities, names and client certificates"() {
    const answer = (
      request: { socket: unknown },
      response: { end(text: string): unknown },
    ): void => {
      const { subject } = (request.socket as TLSSocket).getPeerCertificate();
      response.end(`hello ${subject?.CN ?? "nobody"}`);
    };
    const asking = { requestCert: true, rejectUnauthorized: true, ca };
    const right = `https://localhost:${await start(createTlsServer(own, answer))}/`;
    const other = { cert: pem("other.pem"), key: pem("other.key") };
    const wrong = `https://localhost:${await start(createTlsServer(other, answer))}/`;
    const mutual = `https://localhost:${await start(
      createTlsServer({ ...own, ...asking }, answer),
    )}/`;
    assert.equal(await ask({ tls: { ca } }, right), "hello nobody");
    await assert.rejects(ask({}, right), SslError);
    await assert.rejects(ask({ tls: { ca } }, wrong), SslError);
    assert.equal(await ask({ tls: { ca, serverName: "other.example" } }, wrong), "hello nobody");
    assert.equal(await ask({ tls: { ca, verifyHostName: false } }, wrong), "hello nobody");
    await assert.rejects(ask({ tls: { verifyHostName: false } }, wrong), SslError);
    assert.equal(await ask({ tls: { enable: false } }, wrong), "hello nobody");
    assert.equal(await ask({ tls: { ca, versions: ["TLSv1.3"] } }, right), "hello nobody");
    const identity = { cert: pem("client.pem"), key: pem("client.key") };
    assert.equal(await ask({ tls: { ca, ...identity } }, mutual), "hello client");
    await assert.rejects(ask({ tls: { ca } }, mutual));
    const silent = (await startTcp(() => {})).replace("http:", "https:");
    await assert.rejects(ask({ tls: { ca, handshakeTimeout: 300 } }, silent), ClientConnectorError);
  },
  async "HTTP/2"() {
    const both = createSecureServer({ ...own, allowHTTP1: true }, (request, response) => {
      response.end(request.httpVersion);
    });
    const url = `https://localhost:${await start(both)}/`;
    assert.equal(await ask({ tls: { ca } }, url), "2.0");
    assert.equal(await ask({ tls: { ca }, httpVersion: "1.1" }, url), "1.1");
    const prior = createHttp2Server((request, response) => response.end(request.httpVersion));
    const options = { httpVersion: "2", http2PriorKnowledge: true } as const;
    assert.equal(await ask(options, `http://127.0.0.1:${await start(prior)}/`), "2.0");
  },
  async "a proxy"() {
    const heads: string[] = [];
    const { host, port } = new URL(
      await startTcp((socket) =>
        socket.once("data", (data) => {
          const head = String(data);
          heads.push(head);
          const to = /^CONNECT [^:]+:(\d+) /.exec(head)?.[1];
          if (to === undefined) {
            socket.end("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nproxied");
            return;
          }
          const there = connect(Number(to), "127.0.0.1");
          stops.push(() => there.destroy());
          there.on("error", () => {});
          socket.write("HTTP/1.1 200 OK\r\n\r\n");
          socket.pipe(there).pipe(socket);
        })
      ),
    );
    assert.ok(host);
    const proxy = { host: "127.0.0.1", port: Number(port), userName: "user", password: "pass" };
    assert.equal(await ask({ proxy }, "http://albums.example/1"), "proxied");
    assert.match(heads[0] ?? "", /^GET http:\/\/albums\.example\/1 /);
    assert.match(heads[0] ?? "", /proxy-authorization: Basic dXNlcjpwYXNz\r\n/i);
    const secret = `https://localhost:${await start(
      createTlsServer(own, (_request, response) => response.end("inside")),
    )}/`;
    assert.equal(await ask({ proxy, tls: { ca } }, secret), "inside");
    assert.match(heads[1] ?? "", /^CONNECT localhost:/);
    const direct = { ...proxy, noProxy: ["127.0.0.0/8"] };
    assert.equal(await ask({ proxy: direct }, `${plain}/a`), "GET /a 127.0.0.1");
    assert.equal(await ask({ proxy: direct }, "http://albums.example/"), "proxied");
  },
  async "a limit of connections, and closing"() {
    const pool = { maxActiveConnections: 1, waitTime: 0 };
    const open = transport({ httpVersion: "1.1", pool });
    const slow = open.fetch(`${plain}/slow`);
    await assert.rejects(open.fetch(plain), MaximumWaitTimeExceededError);
    const closing = open.close();
    await assert.rejects(open.fetch(plain), GenericClientError);
    assert.equal(await (await slow).text(), "slow");
    await closing;
  },
  // deno-lint-ignore require-await -- every one of these is awaited
  async "options that Node has nothing for"() {
    const refused: [TransportOptions, RegExp][] = [
      [{ allowHost: true }, /allowHost on Node/],
      [{ httpVersion: "2" }, /httpVersion: "2" on Node/],
      [{ pool: { maxIdleConnections: 1 } }, /pool\.maxIdleConnections on Node/],
      [{ httpVersion: "auto", http2MaxHeaderListSize: 9 }, /http2MaxHeaderListSize on Node/],
      [{ proxy: { url: "socks5://127.0.0.1:1" } }, /a proxy of "socks5:" on Node/],
    ];
    for (const [options, message] of refused) assert.throws(() => transport(options), message);
  },
};

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
for (const stop of stops) stop();
// What undici keeps open for a moment is no reason to wait.
process.exit();
