/** Proxies: forwarding, tunnels, credentials, what goes without, and each redirect judged anew. @module */
import assert from "node:assert/strict";
import { ClientConnectorError } from "../../src/message/client_errors.ts";
import { transport } from "../../src/client/transport.ts";
import { withCertificates } from "../support/certificates.ts";
import { hasPeer } from "../support/peers.ts";
import { sayingServer, type TcpServer, tcpServer } from "../support/tcp_server.ts";

/** A proxy: it answers what it should forward, and makes tunnels. */
function proxyServer(password?: string): TcpServer & { readonly heads: string[] } {
  const heads: string[] = [];
  const server = tcpServer(async (connection) => {
    const head = await connection.readHead();
    heads.push(head);
    if (password !== undefined && !head.includes(`Basic ${btoa(password)}\r\n`)) {
      await connection.say("HTTP/1.1 407 No\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
      return;
    }
    const [method, target = ""] = head.split(" ");
    if (method !== "CONNECT") {
      await connection.say(
        "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nproxied",
      );
      return;
    }
    const port = Number(target.split(":")[1]);
    const there = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.say("HTTP/1.1 200 OK\r\n\r\n");
    await Promise.allSettled([
      there.readable.pipeTo(connection.socket.writable),
      connection.socket.readable.pipeTo(there.writable),
    ]);
  });
  return Object.defineProperty(server, "heads", { value: heads }) as TcpServer & {
    heads: string[];
  };
}

function direct(): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const to = new URL(request.url).searchParams.get("to");
    if (to !== null) return new Response(null, { status: 302, headers: { location: to } });
    return new Response("direct");
  });
}

Deno.test("transport proxy: requests without TLS are forwarded, with credentials", async () => {
  await using proxy = proxyServer("user:pass:word");
  const { port } = proxy;
  const ways = [
    { host: "127.0.0.1", port, userName: "user", password: "pass:word" },
    { url: `http://user:pass%3Aword@127.0.0.1:${port}` },
  ];
  for (const way of ways) {
    using open = transport({ proxy: way });
    const response = await open.fetch("http://albums.example/1?a=b");
    assert.equal(await response.text(), "proxied");
    assert.equal(response.url, "http://albums.example/1?a=b");
    const head = proxy.heads.pop() ?? "";
    assert.ok(head.startsWith("GET http://albums.example/1?a=b HTTP/1.1\r\n"), head);
    assert.match(head, /\r\nhost: albums\.example\r\n/i);
  }
  using stranger = transport({ proxy: { host: "127.0.0.1", port } });
  const refused = await stranger.fetch("http://albums.example/");
  assert.equal(refused.status, 407);
  assert.equal(await refused.text(), "no");
});

Deno.test({
  name: "transport proxy: TLS goes through a tunnel, and the proxy sees no request",
  ignore: !hasPeer("openssl"),
  fn: () =>
    withCertificates(async ({ ca, server: { cert, key } }) => {
      await using proxy = proxyServer("user:secret");
      await using server = Deno.serve(
        { hostname: "127.0.0.1", port: 0, cert, key, onListen: () => {} },
        () => new Response("inside"),
      );
      const options = { host: "127.0.0.1", port: proxy.port };
      const url = `https://localhost:${server.addr.port}/private?key=1`;
      {
        using open = transport({
          proxy: { ...options, userName: "user", password: "secret" },
          tls: { ca },
        });
        const headers = { authorization: "Bearer x" };
        assert.equal(await (await open.fetch(url, { headers })).text(), "inside");
        assert.equal(proxy.heads.length, 1);
        assert.match(proxy.heads[0] ?? "", /^CONNECT localhost:\d+ /);
        assert.doesNotMatch(proxy.heads[0] ?? "", /private|Bearer/);
      }
      using stranger = transport({ proxy: options, tls: { ca } });
      await assert.rejects(stranger.fetch(url), (error) => {
        assert.ok(error instanceof ClientConnectorError, String(error));
        assert.match(error.message, /proxy authentication required$/);
        return true;
      });
      proxy.drop();
    }),
});

Deno.test("transport proxy: a proxy that is not there", async () => {
  const gone = sayingServer("");
  await gone[Symbol.asyncDispose]();
  const proxy = { url: `http://user:secret@127.0.0.1:${gone.port}` };
  using open = transport({ proxy });
  for (const url of ["http://albums.example/", "https://albums.example/"]) {
    await assert.rejects(open.fetch(url), (error) => {
      assert.ok(error instanceof ClientConnectorError, String(error));
      assert.doesNotMatch(Deno.inspect(error), /secret/);
      return true;
    });
  }
});

Deno.test("transport proxy: what noProxy names is called directly", async () => {
  await using proxy = proxyServer();
  await using server = direct();
  const { port } = server.addr;
  using open = transport({
    proxy: { host: "127.0.0.1", port: proxy.port, noProxy: [`127.0.0.1:${port}`] },
  });
  assert.equal(await (await open.fetch(`http://127.0.0.1:${port}/`)).text(), "direct");
  assert.equal(await (await open.fetch(new Request(`http://127.0.0.1:${port}/`))).text(), "direct");
  assert.equal(await (await open.fetch(new URL(`http://127.0.0.1:${port}/`))).text(), "direct");
  assert.equal(await (await open.fetch(`http://localhost:${port}/`)).text(), "proxied");
  assert.equal(await (await open.fetch("http://albums.example/")).text(), "proxied");
});

Deno.test("transport proxy: a redirect leads out of noProxy, and into it", async () => {
  await using proxy = proxyServer();
  await using server = direct();
  const here = `http://127.0.0.1:${server.addr.port}/`;
  using open = transport({
    proxy: { host: "127.0.0.1", port: proxy.port, noProxy: ["127.0.0.1"] },
  });
  const out = await open.fetch(`${here}?to=http://albums.example/`);
  assert.equal(await out.text(), "proxied");
  assert.equal(proxy.heads.length, 1);
  const loop = await open.fetch(`${here}?to=${here}`);
  assert.equal(await loop.text(), "direct");
  assert.equal(proxy.heads.length, 1);
});
