/** Connections: how many, how long, who waits for one, and what closing does to them. @module */
import assert from "node:assert/strict";
import {
  ClientConnectorError,
  GenericClientError,
  MaximumWaitTimeExceededError,
} from "../../src/message/client_errors.ts";
import { transport } from "../../src/client/transport.ts";
import { platformFetch } from "../../src/client/transport_default.ts";
import { ConnectionGate } from "../../src/client/transport_gate.ts";
import { VirtualClock } from "../../src/testing/virtual_clock.ts";
import { sayingServer } from "../support/tcp_server.ts";
import { within } from "../support/within.ts";

/** A server that tells the port of the client, and answers `/held` once it is let. */
function server(): Deno.HttpServer<Deno.NetAddr> & { readonly url: string; release(): void } {
  const held = Promise.withResolvers<void>();
  const running = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request, info) => {
      const { pathname } = new URL(request.url);
      if (pathname === "/held") await held.promise;
      if (pathname === "/stream") {
        const body = new ReadableStream<string>({
          async start(controller) {
            controller.enqueue("first ");
            await held.promise;
            controller.enqueue("last");
            controller.close();
          },
        });
        return new Response(body.pipeThrough(new TextEncoderStream()));
      }
      return new Response(
        pathname === "/host" ? request.headers.get("host") : String(info.remoteAddr.port),
      );
    },
  );
  return Object.assign(running, {
    url: `http://127.0.0.1:${running.addr.port}`,
    release: held.resolve,
  });
}

Deno.test("transport pool: a connection is used again, unless keepAlive is off", async () => {
  await using there = server();
  for (const [keepAlive, expected] of [[true, 1], [false, 3]] as const) {
    using open = transport({ pool: { keepAlive } });
    const ports = new Set<string>();
    for (let call = 0; call < 3; call++) ports.add(await (await open.fetch(there.url)).text());
    assert.equal(ports.size, expected);
  }
});

Deno.test("transport pool: a connection that was idle for minEvictableIdleTime is not used", async () => {
  await using there = server();
  using open = transport({ pool: { minEvictableIdleTime: 0 } });
  const first = await (await open.fetch(there.url)).text();
  assert.notEqual(await (await open.fetch(there.url)).text(), first);
});

Deno.test("transport pool: calls beyond maxActiveConnections wait their turn", async () => {
  await using there = server();
  const clock = new VirtualClock();
  using open = transport({ httpVersion: "1.1", pool: { maxActiveConnections: 1 }, clock });
  const first = await open.fetch(`${there.url}/stream`);
  assert.equal(first.url, `${there.url}/stream`);
  const order: number[] = [];
  const others = [1, 2, 3].map(async (which) => {
    const response = await open.fetch(there.url);
    order.push(which);
    return await response.text();
  });
  const elsewhere = await open.fetch(there.url.replace("127.0.0.1", "localhost"));
  await elsewhere.body?.cancel();
  assert.deepEqual(order, []);
  there.release();
  assert.equal(await first.text(), "first last");
  const ports = await within(Promise.all(others), "the others");
  assert.deepEqual(order, [1, 2, 3]);
  assert.equal(new Set(ports).size, 1);
  assert.equal(clock.pendingTimers, 0);
});

Deno.test("transport pool: who waits for longer than waitTime fails, and leaves the line", async () => {
  await using there = server();
  const clock = new VirtualClock();
  const pool = { maxActiveConnections: 1, waitTime: 500 };
  using open = transport({ httpVersion: "1.1", pool, clock });
  const first = await open.fetch(`${there.url}/stream`);
  const late = assert.rejects(open.fetch(`${there.url}/?key=secret`), (error) => {
    assert.ok(error instanceof MaximumWaitTimeExceededError, String(error));
    assert.match(
      error.message,
      /became free within 500 ms: raise pool\.maxActiveConnections \(1\)/,
    );
    assert.doesNotMatch(error.message, /secret/);
    return true;
  });
  const controller = new AbortController();
  const aborted = assert.rejects(
    open.fetch(there.url, { signal: controller.signal }),
    (error) => error === "mine",
  );
  controller.abort("mine");
  await aborted;
  await clock.advance(500);
  await late;
  assert.equal(clock.pendingTimers, 0);
  await first.body?.cancel();
  assert.match(await (await open.fetch(there.url)).text(), /^\d+$/);
});

Deno.test("transport pool: a connection is free again after a failure, an empty body, a broken one", async () => {
  const pool = { maxActiveConnections: 1, waitTime: 0 };
  const broken = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc";
  await using cut = sayingServer(broken);
  await using empty = sayingServer("HTTP/1.1 204 No Content\r\n\r\n");
  const gone = sayingServer("");
  await gone[Symbol.asyncDispose]();
  using open = transport({ httpVersion: "1.1", pool, clock: new VirtualClock() });
  for (let call = 0; call < 3; call++) {
    await assert.rejects(open.fetch(gone.url), ClientConnectorError);
    assert.equal((await open.fetch(empty.url)).status, 204);
    const response = await open.fetch(cut.url);
    await assert.rejects(response.text(), TypeError);
  }
});

Deno.test("transport pool: a connection is free again after a status beyond 599", async () => {
  const pool = { maxActiveConnections: 1, waitTime: 0 };
  await using odd = sayingServer("HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\nhi");
  using open = transport({ httpVersion: "1.1", pool, clock: new VirtualClock() });
  for (let call = 0; call < 3; call++) {
    const response = await open.fetch(odd.url);
    assert.deepEqual([response.status, response.ok, await response.text()], [999, false, "hi"]);
    assert.equal(response.url, `${odd.url}/`);
  }
});

Deno.test("transport pool: a connection is free again after an abort, though nobody reads", async () => {
  await using there = server();
  const pool = { maxActiveConnections: 1, waitTime: 0 };
  using open = transport({ httpVersion: "1.1", pool, clock: new VirtualClock() });
  for (let call = 0; call < 3; call++) {
    const controller = new AbortController();
    const { body } = await open.fetch(`${there.url}/stream`, { signal: controller.signal });
    assert.ok(body !== null);
    controller.abort("mine");
    await assert.rejects(body.getReader().read(), (error) => error === "mine");
  }
  const last = new AbortController();
  await open.fetch(`${there.url}/stream`, { signal: last.signal });
  last.abort();
  assert.match(await (await open.fetch(there.url)).text(), /^\d+$/);
});

Deno.test("transport pool: the gate never lets more than its limit through", async () => {
  const clock = new VirtualClock();
  const gate = new ConnectionGate({ limit: 3, waitTime: 1_000 }, clock);
  let active = 0;
  let most = 0;
  const calls = Array.from({ length: 20 }, async (_, which) => {
    const send = async (): Promise<Response> => {
      most = Math.max(most, ++active);
      await Promise.resolve();
      active--;
      if (which % 4 === 0) throw new Error("failed");
      return new Response(which % 3 === 0 ? null : "body");
    };
    const response = await gate.pass("http://a.example", undefined, send);
    return which % 2 === 0 ? await response.body?.cancel() : await response.text();
  });
  const settled = await within(Promise.allSettled(calls), "every call");
  assert.equal(settled.filter(({ status }) => status === "rejected").length, 5);
  assert.equal(most, 3);
  assert.equal(clock.pendingTimers, 0);
});

Deno.test("transport: closing lets what is in flight end, and refuses the rest", async () => {
  await using there = server();
  const open = transport();
  const streamed = await open.fetch(`${there.url}/stream`);
  const held = open.fetch(`${there.url}/held`);
  await (await open.fetch(there.url)).text();
  await open.close();
  await open.close();
  open[Symbol.dispose]();
  await open[Symbol.asyncDispose]();
  await assert.rejects(open.fetch(`${there.url}/?key=secret`), (error) => {
    assert.ok(error instanceof GenericClientError, String(error));
    assert.match(error.message, /^Cannot call: the transport is closed, make another$/);
    assert.doesNotMatch(error.message, /secret/);
    return true;
  });
  there.release();
  assert.equal(await streamed.text(), "first last");
  assert.match(await (await held).text(), /^\d+$/);
});

Deno.test("transport: closing while a call waits for a connection", async () => {
  await using there = server();
  const clock = new VirtualClock();
  const open = transport({ httpVersion: "1.1", pool: { maxActiveConnections: 1 }, clock });
  const first = await open.fetch(`${there.url}/stream`);
  const waiting = open.fetch(there.url);
  await open.close();
  there.release();
  assert.equal(await first.text(), "first last");
  await assert.rejects(within(waiting, "the call that waited"), GenericClientError);
  assert.equal(clock.pendingTimers, 0);
});

Deno.test("transport: fetch needs no this, and takes what a fetch takes", async () => {
  await using there = server();
  await using open = transport();
  const { fetch: send } = open;
  for (const input of [there.url, new URL(there.url), new Request(there.url)]) {
    assert.match(await (await send(input)).text(), /^\d+$/);
  }
});

Deno.test("transport: a Host field is sent where it is allowed, and refused where it is not", async () => {
  await using there = server();
  const url = `${there.url}/host`;
  const headers = { Host: "mock.com" };
  using open = transport();
  for (const send of [open.fetch, platformFetch]) {
    assert.equal(await (await send(url, { headers })).text(), "mock.com");
    assert.equal(await (await send(url, { headers: [["host", "a.b"]] })).text(), "a.b");
    assert.equal(await (await send(new Request(url, { headers }))).text(), "mock.com");
    assert.equal(await (await send(url)).text(), new URL(url).host);
  }
  using strict = transport({ allowHost: false });
  await assert.rejects(strict.fetch(url, { headers }), /it has a Host field.*see allowHost$/);
  assert.equal(await (await strict.fetch(url)).text(), new URL(url).host);
});

Deno.test("transport: one that nobody closes is a leak that tests report", async () => {
  const module = new URL("../../src/client/transport.ts", import.meta.url).href;
  const program = `import { transport } from ${JSON.stringify(module)};
    Deno.test("left open", () => void transport());
    Deno.test("closed", () => transport().close());
    Deno.test("disposed", async () => { await using open = transport(); void open; });`;
  const file = await Deno.makeTempFile({ suffix: "_test.ts" });
  try {
    await Deno.writeTextFile(file, program);
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "--no-lock", "--no-check", "--allow-all", "--sanitize-resources", file],
      cwd: new URL("../../", import.meta.url),
      env: { NO_COLOR: "1" },
      stdin: "null",
    }).output();
    const said = new TextDecoder().decode(stdout);
    assert.match(said, /HTTP client was created during the test, but not closed/);
    assert.match(said, /2 passed \| 1 failed/);
  } finally {
    await Deno.remove(file);
  }
});
