/**
 * Faults that really happen, on the loopback: what each way to call makes of them, and whether trying
 * again is thought to help.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Fetch } from "@pirouette/http";
import { stack } from "@pirouette/http";
import { explainFailure } from "../../src/client/transport_failure.ts";
import { platformFetch } from "../../src/client/transport_default.ts";
import { transport } from "../../src/client/transport.ts";
import { isTransient } from "../../src/layers/call_failure.ts";
import { timeout } from "../../src/layers/timeout.ts";
import * as errors from "../../src/message/client_errors.ts";
import { withCertificates } from "../support/certificates.ts";
import { hasPeer } from "../support/peers.ts";
import { type Accepted, sayingServer, tcpServer } from "../support/tcp_server.ts";
import { within } from "../support/within.ts";

type ErrorClass = abstract new (...args: never[]) => Error;

interface RealFault {
  /** What the server does once it accepted a connection. */
  readonly talk: (connection: Accepted) => Promise<void>;
  /** What the call is; a GET unless said otherwise. */
  readonly init?: RequestInit;
  /** Whether the head arrives and the body breaks. */
  readonly inBody?: boolean;
  /** What it is for a client. */
  readonly kind: ErrorClass;
}

const head = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";

/** More than the server reads, so that its closing resets the connection instead of ending it. */
const unread = (): RequestInit => ({ method: "PUT", body: "x".repeat(200_000) });

const faults: Readonly<Record<string, RealFault>> = {
  "ends before the head": {
    talk: async ({ readHead }) => void await readHead(),
    kind: errors.InitializingInboundResponseError,
  },
  "ends before it reads": {
    talk: () => Promise.resolve(),
    kind: errors.InitializingInboundResponseError,
  },
  "is half-closed before the head": {
    talk: async ({ readHead, socket, read }) => {
      await readHead();
      await socket.closeWrite();
      // Its own reading side stays open until the client is gone.
      while (await read() !== undefined);
    },
    kind: errors.InitializingInboundResponseError,
  },
  "ends inside the head": {
    talk: async ({ readHead, say }) => {
      await readHead();
      await say("HTTP/1.1 200 OK\r\nContent-Le");
    },
    kind: errors.InitializingInboundResponseError,
  },
  "ends inside the body": {
    talk: async ({ readHead, say }) => {
      await readHead();
      await say(`${head}half`);
    },
    inBody: true,
    kind: errors.ReadingInboundResponseBodyError,
  },
  "is half-closed inside the body": {
    talk: async ({ readHead, say, socket, read }) => {
      await readHead();
      await say(`${head}half`);
      await socket.closeWrite();
      while (await read() !== undefined);
    },
    inBody: true,
    kind: errors.ReadingInboundResponseBodyError,
  },
  "is reset inside the body": {
    talk: async ({ readHead, say }) => {
      await readHead();
      await say(`${head}half`);
    },
    init: unread(),
    inBody: true,
    kind: errors.ReadingInboundResponseBodyError,
  },
};

/** Each way to call, and what makes of its failure what a client reports. */
async function eachWay(check: (send: Fetch, way: string) => Promise<void>): Promise<void> {
  using own = transport();
  const ways: Record<string, Fetch> = {
    "the platform's": globalThis.fetch,
    "the default": platformFetch,
    "a transport": own.fetch,
  };
  for (const [way, send] of Object.entries(ways)) await check(send, way);
}

/** What a promise rejects with. */
async function failure(promise: Promise<unknown>): Promise<unknown> {
  const settled = promise.then((value) => assert.fail(`resolved with ${value}`), (error) => error);
  return await within(settled, "a failure");
}

for (const [name, { talk, init, inBody = false, kind }] of Object.entries(faults)) {
  Deno.test(`real fault: a connection that ${name} may pass, and is what it is`, async () => {
    await using server = tcpServer(talk);
    await eachWay(async (send, way) => {
      let gotHead = false;
      const error = await failure(
        send(server.url, init).then((response) => {
          gotHead = true;
          return response.bytes();
        }),
      );
      // A reset can overtake the head that was sent before it.
      if (gotHead) assert.ok(inBody, way);
      assert.ok(isTransient(error), `${way}: ${error}`);
      const explained = explainFailure(error, { phase: gotHead ? "body" : "head" });
      const early = inBody && !gotHead && init !== undefined;
      const kinds = early
        ? [kind, errors.OutboundRequestError, errors.InboundResponseError]
        : [kind];
      assert.ok(kinds.some((one) => explained instanceof one), `${way}: ${explained}`);
    });
  });
}

Deno.test("real fault: nobody listens", async () => {
  const gone = sayingServer("");
  await gone[Symbol.asyncDispose]();
  await eachWay(async (send, way) => {
    const error = await failure(send(gone.url));
    assert.ok(isTransient(error), way);
    assert.ok(explainFailure(error) instanceof errors.ClientConnectorError, way);
  });
});

Deno.test("real fault: there is no such host", async () => {
  await eachWay(async (send, way) => {
    const error = await failure(send("http://host.invalid/"));
    assert.ok(isTransient(error), way);
    assert.ok(explainFailure(error) instanceof errors.ClientConnectorError, way);
  });
});

Deno.test("real fault: a black hole costs the caller's patience and no more", async () => {
  // The system takes connections and what they send; nobody ever accepts them.
  using hole = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${hole.addr.port}/`;
  await eachWay(async (send, way) => {
    const error = await failure(stack(send, timeout({ headers: 30 }))(url));
    assert.ok(error instanceof errors.IdleTimeoutError, `${way}: ${error}`);
    assert.deepEqual([error.phase, error.limit, isTransient(error)], ["headers", 30, true]);
    const own = AbortSignal.timeout(30);
    const aborted = await failure(send(url, { signal: own }));
    assert.equal(aborted, own.reason, way);
    assert.ok(!isTransient(aborted, own), `${way}: the caller's own limit`);
    assert.ok(isTransient(aborted), `${way}: a limit of somebody else`);
  });
});

Deno.test("real fault: a body that falls silent costs no more either", async () => {
  await using server = tcpServer(async ({ readHead, say, read }) => {
    await readHead();
    await say(`${head}half`);
    while (await read() !== undefined);
  });
  await eachWay(async (send, way) => {
    const response = await stack(send, timeout({ bodyIdle: 30 }))(server.url);
    const error = await failure(response.text());
    assert.ok(error instanceof errors.IdleTimeoutError, `${way}: ${error}`);
    assert.deepEqual([error.phase, isTransient(error)], ["body", true]);
  });
});

Deno.test("real fault: a kept connection that the server half-closed is not used again", async () => {
  let closed = Promise.withResolvers<void>();
  await using server = tcpServer(async ({ readHead, say, socket, read }) => {
    await readHead();
    await say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    await socket.closeWrite();
    while (await read() !== undefined);
    closed.resolve();
  });
  await eachWay(async (send, way) => {
    const before = server.accepted;
    for (let call = 1; call <= 2; call++) {
      closed = Promise.withResolvers();
      assert.equal(await (await send(server.url)).text(), "ok", way);
      await within(closed.promise, "the client's own end");
    }
    assert.equal(server.accepted - before, 2, way);
  });
});

Deno.test("real fault: no TLS where some is expected", async () => {
  await using server = tcpServer(async ({ read, say }) => {
    await read();
    await say("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  });
  const error = await failure(platformFetch(server.url.replace("http:", "https:")));
  assert.ok(error instanceof errors.ClientError, String(error));
  assert.ok(error instanceof errors.SslError || error instanceof errors.ClientConnectorError);
});

Deno.test({
  name: "real fault: a certificate that is not trusted is none that passes",
  ignore: !hasPeer("openssl"),
  fn: () =>
    withCertificates(async ({ server: { cert, key }, other }) => {
      for (const [identity, name] of [[{ cert, key }, "authority"], [other, "name"]] as const) {
        await using server = Deno.serve(
          { hostname: "127.0.0.1", port: 0, ...identity, onListen: () => {} },
          () => new Response("never"),
        );
        const url = `https://127.0.0.1:${server.addr.port}/`;
        await eachWay(async (send, way) => {
          const error = await failure(send(url));
          assert.ok(explainFailure(error) instanceof errors.SslError, `${way}, ${name}: ${error}`);
          assert.ok(!isTransient(explainFailure(error)), `${way}, ${name}`);
        });
      }
    }),
});
