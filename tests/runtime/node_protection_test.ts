/**
 * What a connection may cost the transport over Node's modules: clients that send slowly, read slowly,
 * stay away, or are too many. The times are the platform's, as sockets are; the limits are short.
 *
 * @module
 */
import assert from "node:assert/strict";
import { serve, type ServeOptions, type SocketLimits } from "@pirouette/http";
import { type NodeVersion, nodeVersions, startOnNode } from "../support/node_runtime.ts";
import { hasPeer } from "../support/peers.ts";
import { resources } from "../support/protected_server.ts";
import { RawConnection, rawRequest, sendRaw } from "../support/raw_http.ts";

type Started = { readonly port: number } & AsyncDisposable;

/** Starts a server with options of one runtime. */
type Start = (options: ServeOptions) => Promise<Started>;

const here: Start = (options) => serve(resources, options);

function onNode(version: NodeVersion): Start {
  const program = new URL("../support/protected_server.ts", import.meta.url);
  return async (options) => {
    const running = await startOnNode(version, program, { args: [JSON.stringify(options)] });
    const { port } = JSON.parse(await running.line()) as { port: number };
    return { port, [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() };
  };
}

/** Runs a check against every runtime. */
function everywhere(name: string, check: (start: Start) => Promise<void>): void {
  Deno.test(`${name} (Deno)`, () => check(here));
  for (const version of nodeVersions) {
    const ignore = Deno.build.os === "windows" || !hasPeer("npm");
    Deno.test({ name: `${name} (Node ${version})`, ignore, fn: () => check(onNode(version)) });
  }
}

function options(socketLimits: SocketLimits): ServeOptions {
  return { port: 0, host: "127.0.0.1", transport: "node", socketLimits };
}

const head = rawRequest("GET / HTTP/1.1", ["Host: x"]);
const upload = ["Host: x", "Content-Type: text/plain", "Content-Length: 1000"];

/** How long something took, in milliseconds. */
async function timed<T>(act: () => Promise<T>): Promise<[T, number]> {
  const start = performance.now();
  return [await act(), performance.now() - start];
}

everywhere("security 19: a head that does not come in time is answered with 408", async (start) => {
  await using server = await start(options({ headerTimeout: 120 }));
  for (const httpVersion of ["auto", "1.1"] as const) {
    await using other = await start({ ...options({ headerTimeout: 120 }), httpVersion });
    using connection = await RawConnection.open(other);
    await connection.send("GET / HTTP/1.1\r\nX-a: b\r\n");
    const [answer, time] = await timed(() => connection.read());
    assert.equal(answer?.status, 408, httpVersion);
    assert.ok(time >= 100 && time < 400, `${time}`);
  }
  // Once more after a request that was answered, byte by byte.
  using connection = await RawConnection.open(server);
  await connection.send(head);
  assert.equal((await connection.read())?.body, "here");
  let isOver = false;
  const drip = (async () => {
    for (const byte of head.slice(0, -2).repeat(3)) {
      if (isOver) return;
      await connection.send(byte);
      await new Promise((done) => setTimeout(done, 20));
    }
  })();
  const [answer, time] = await timed(() => connection.read());
  isOver = true;
  await drip;
  assert.equal(answer?.status, 408);
  assert.ok(time < 600, `${time}`);
});

everywhere("security 19: a body that stops coming ends the connection", async (start) => {
  await using server = await start(options({ receiveTimeout: 120 }));
  using connection = await RawConnection.open(server);
  await connection.send(rawRequest("POST / HTTP/1.1", upload, "some"));
  const [answer, time] = await timed(() => connection.read());
  assert.equal(answer?.status, 408);
  assert.ok(time >= 100 && time < 500, `${time}`);
});

everywhere(
  "security 19: a body that comes too slowly as a whole is answered with 408",
  async (start) => {
    await using server = await start(options({ requestTimeout: 200 }));
    using connection = await RawConnection.open(server);
    await connection.send(rawRequest("POST / HTTP/1.1", upload, "some"));
    let isOver = false;
    const drip = (async () => {
      while (!isOver) {
        await connection.send("x");
        await new Promise((done) => setTimeout(done, 20));
      }
    })();
    const [answer, time] = await timed(() => connection.read());
    isOver = true;
    await drip;
    assert.equal(answer?.status, 408);
    assert.ok(time >= 180 && time < 700, `${time}`);
  },
);

everywhere("security 19: a handler may take longer than any limit on the client", async (start) => {
  const limits = {
    headerTimeout: 100,
    requestTimeout: 100,
    receiveTimeout: 100,
    sendTimeout: 100,
    keepAliveTimeout: 100,
  };
  await using server = await start(options(limits));
  const answer = await sendRaw(server, rawRequest("GET /wait HTTP/1.1", ["Host: x"]));
  assert.equal(answer?.body, "late");
});

for (const path of ["/big", "/stream"]) {
  everywhere(`security 19: a client that takes nothing of ${path} is cut off`, async (start) => {
    await using server = await start(options({ sendTimeout: 150 }));
    using connection = await RawConnection.open(server);
    await connection.send(rawRequest(`GET ${path} HTTP/1.1`, ["Host: x"]));
    await new Promise((done) => setTimeout(done, 700));
    await assert.rejects(connection.read(), /broke off|no size/);
  });
}

everywhere(
  "security 19: a connection is closed when nothing is asked on it any more",
  async (start) => {
    await using server = await start(options({ keepAliveTimeout: 120 }));
    using connection = await RawConnection.open(server);
    await connection.send(head);
    assert.equal((await connection.read())?.body, "here");
    const [answer, time] = await timed(() => connection.read());
    assert.equal(answer, undefined);
    assert.ok(time >= 100 && time < 500, `${time}`);
  },
);

everywhere("security 19: a connection over the limit is closed, others go on", async (start) => {
  await using server = await start(options({ maxConnections: 2 }));
  using first = await RawConnection.open(server);
  {
    using _second = await RawConnection.open(server);
    using third = await RawConnection.open(server);
    await third.send(head);
    assert.equal(await third.read(), undefined);
    await first.send(head);
    assert.equal((await first.read())?.body, "here");
  }
  await using strict = await start(options({ maxConnectionsPerAddress: 1 }));
  using _only = await RawConnection.open(strict);
  assert.equal(await sendRaw(strict, head), undefined);
});

everywhere(
  "security 19: a connection is good for as many requests as it is told",
  async (start) => {
    await using server = await start(options({ maxRequestsPerConnection: 2 }));
    using connection = await RawConnection.open(server);
    await connection.send(head);
    assert.equal((await connection.read())?.headers.get("connection"), "keep-alive");
    await connection.send(head);
    assert.equal((await connection.read())?.headers.get("connection"), "close");
    assert.equal(await connection.read(), undefined);
  },
);

everywhere("security 19: clients that vanish at any stage leave nothing behind", async (start) => {
  await using server = await start(options({}));
  const whole = rawRequest("POST / HTTP/1.1", upload, "x".repeat(1000));
  const cuts = Array.from({ length: 40 }, (_, index) => Math.floor(index * whole.length / 39));
  await Promise.all(cuts.map(async (cut) => {
    using connection = await RawConnection.open(server);
    await connection.send(whole.slice(0, cut));
    if (cut % 2 === 0) await connection.closeWrite().catch(() => {});
  }));
  for (const path of ["/big", "/stream"]) {
    using connection = await RawConnection.open(server);
    await connection.send(rawRequest(`GET ${path} HTTP/1.1`, ["Host: x"]));
  }
  assert.equal((await sendRaw(server, head))?.body, "here");
});
