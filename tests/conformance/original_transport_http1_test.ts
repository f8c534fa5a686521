/**
 * What the original library's own tests hold of listeners over HTTP/1.1 (spec 2.1), beyond the
 * published cases: 100 (Continue), pipelining, timeouts, limits and stopping.
 */
import assert from "node:assert/strict";
import {
  any,
  Client,
  ClientConnectorError,
  get,
  type Layer,
  Listener,
  type ListenerConfiguration,
  post,
  serve,
  service,
  text,
} from "@pirouette/http";
import { VirtualClock } from "@pirouette/http/testing";
import { transports } from "../support/over_transports.ts";
import { RawConnection, rawRequest, sendRaw } from "../support/raw_http.ts";
import { expectError } from "./ask.ts";
import { comeAndGo } from "./come_and_go.ts";

/** On this machine, at a free port. */
const local = { port: 0, host: "127.0.0.1" };

/** What a client says that waits to be told to send its body. */
const waiting = ["Host: x", "Content-Type: text/plain", "Expect: 100-continue"];

/** The original's service, which takes a body or refuses it by a field. */
const picky = service({}, [
  any("/continue", async ({ request, caller }) => {
    if (!request.headers.has("x-status")) {
      return new Response("Do not send me any payload", { status: 417 });
    }
    caller.continue();
    return await request.text();
  }),
  post("/form", async ({ request }) => {
    const form = await request.formData();
    return [...form].map(([name, value]) => `Key:${name} Value: ${value}`).join(" ");
  }),
  post("/bound", { body: text() }, ({ body }) => body),
]);

async function continues(config: ListenerConfiguration): Promise<void> {
  await using server = await serve(picky, { ...local, transport: "node", ...config });
  using connection = await RawConnection.open(server);
  const fields = [...waiting, "Content-Length: 9", "X-Status: Positive"];
  await connection.send(rawRequest("POST /continue HTTP/1.1", fields));
  assert.equal((await connection.read())?.status, 100);
  await connection.send("some body");
  const answer = await connection.read();
  assert.deepEqual([answer?.status, answer?.body], [200, "some body"]);
}

async function refuses(config: ListenerConfiguration): Promise<void> {
  await using server = await serve(picky, { ...local, transport: "node", ...config });
  const fields = [...waiting, "Content-Length: 9"];
  const answer = await sendRaw(server, rawRequest("POST /continue HTTP/1.1", fields));
  assert.deepEqual([answer?.status, answer?.body], [417, "Do not send me any payload"]);
}

const limited: ListenerConfiguration = { requestLimits: { maxEntityBodySize: 1_048_576 } };

Deno.test("original transport: a client that waits is told to go on", async () => {
  await continues({});
  await continues(limited);
});

Deno.test("original transport: a client that waits is answered 417, and sends nothing", async () => {
  await refuses({});
  await refuses(limited);
});

Deno.test("original transport: a form whose client waits is taken", async () => {
  await using server = await serve(picky, { ...local, transport: "node" });
  const boundary = "----original";
  const body = [
    ...[`--${boundary}`, 'Content-Disposition: form-data; name="formPart"', "", "payload"],
    ...[`--${boundary}--`, ""],
  ].join("\r\n");
  using connection = await RawConnection.open(server);
  await connection.send(rawRequest("POST /form HTTP/1.1", [
    ...["Host: x", "Expect: 100-continue", `Content-Length: ${body.length}`],
    `Content-Type: multipart/form-data; boundary=${boundary}`,
  ]));
  assert.equal((await connection.read())?.status, 100);
  await connection.send(body);
  assert.equal((await connection.read())?.body, "Key:formPart Value: payload");
});

Deno.test("original transport: a client that waits is told to go on by what its body is passed to", async () => {
  await using backend = await serve(picky, { ...local, transport: "node" });
  const api = new Client(backend.url);
  const gateway = service({}, [any("/pass", ({ request }) => api.forward("/bound", request))]);
  await using server = await serve(gateway, { ...local, transport: "node" });
  using connection = await RawConnection.open(server);
  await connection.send(rawRequest("POST /pass HTTP/1.1", [...waiting, "Content-Length: 9"]));
  assert.equal((await connection.read())?.status, 100);
  await connection.send("some body");
  const answer = await connection.read();
  assert.deepEqual([answer?.status, answer?.body], [201, "some body"]);
});

/** Tells when a request is being answered. */
function telling(tell: () => void): Layer {
  return (next) => (input, init) => {
    const answer = next(input, init);
    tell();
    return answer;
  };
}

for (const transport of transports) {
  Deno.test(`original transport: a request that takes too long is answered, with the server's name (${transport})`, async () => {
    const clock = new VirtualClock();
    const begun = Promise.withResolvers<void>();
    const slow = service({}, [
      get("/timeout", () => {
        begun.resolve();
        return new Promise<string>(() => {});
      }),
    ]);
    await using server = await serve(slow, {
      ...{ ...local, transport, clock, timeout: 1_000, server: "Mysql" },
    });
    const answer = fetch(`${server.url}/timeout`);
    await begun.promise;
    await clock.advance(1_000);
    const response = await answer;
    await response.body?.cancel();
    // There 408, which is for a request that has not come as a whole (docs/differences.md).
    assert.deepEqual([response.status, response.headers.get("server")], [503, "Mysql"]);
  });

  Deno.test(`original transport: answers keep their order where the first takes too long (${transport})`, async () => {
    const clock = new VirtualClock();
    const begun = Promise.withResolvers<void>();
    const told = service({ layers: [telling(begun.resolve)] }, [
      any("/first", () => new Promise<string>(() => {})),
      any("/:name", ({ path }) => path.name),
    ]);
    await using server = await serve(told, { ...local, transport, clock, timeout: 1_000 });
    using connection = await RawConnection.open(server);
    const names = ["first", "two", "three"];
    await connection.send(
      names.map((name) => rawRequest(`GET /${name} HTTP/1.1`, ["Host: x"])).join(""),
    );
    await begun.promise;
    await clock.advance(1_000);
    assert.equal((await connection.read())?.status, 503);
    // There the connection is closed; here those that can be answered are.
    for (const name of ["two", "three"]) assert.equal((await connection.read())?.body, name);
  });

  Deno.test(`original transport: what is too large is refused (${transport})`, async () => {
    const hello = service({}, [
      get("/hello", () => "Hello World!!!"),
      post("/", { body: text() }, ({ body }) => body.length),
    ]);
    const serving = (requestLimits: ListenerConfiguration["requestLimits"] & object) => {
      return serve(hello, { ...local, transport, requestLimits });
    };
    const long = { headers: { "x-test": "x".repeat(9_001) } };
    {
      await using server = await serving({ maxUriLength: 1024, maxHeaderSize: 400 });
      const response = await fetch(`${server.url}/hello`);
      assert.deepEqual([response.status, await response.text()], [200, "Hello World!!!"]);
    }
    {
      await using server = await serving({ maxUriLength: 2 });
      await expectError(server, "GET /hello", 414, "The request target is longer than 2");
    }
    {
      await using server = await serving({ maxHeaderSize: 850 });
      const response = await fetch(`${server.url}/hello`, long);
      await response.body?.cancel();
      assert.equal(response.status, 431);
    }
    {
      await using server = await serving({ maxEntityBodySize: 10 });
      await expectError(server, "POST /", 413, /./, { body: "a".repeat(52) });
    }
    // Each request of a connection has a count of its own.
    await using server = await serving({ maxEntityBodySize: 1_000 });
    using connection = await RawConnection.open(server);
    for (let round = 0; round < 2; round++) {
      const fields = ["Host: x", "Content-Type: text/plain", "Content-Length: 600"];
      await connection.send(rawRequest("POST / HTTP/1.1", fields, "x".repeat(600)));
      const answer = await connection.read();
      assert.deepEqual([answer?.status, answer?.body], [201, "600"]);
    }
  });

  Deno.test(`original transport: a limit on bodies changes nothing else (${transport})`, async () => {
    const answers: (readonly (number | undefined)[])[] = [];
    for (const requestLimits of [{ maxEntityBodySize: 1_000 }, { maxEntityBodySize: -1 }]) {
      const clock = new VirtualClock();
      const begun = Promise.withResolvers<void>();
      const counting = service({ layers: [telling(begun.resolve)] }, [
        post("/", { body: text() }, ({ body }) => body.length),
      ]);
      await using server = await serve(counting, {
        ...{ ...local, transport, timeout: 1_000, clock, requestLimits },
      });
      using connection = await RawConnection.open(server);
      const fields = ["Host: x", "Content-Type: text/plain", "Transfer-Encoding: chunked"];
      await connection.send(rawRequest("POST / HTTP/1.1", fields, "5\r\nhello\r\n"));
      await begun.promise;
      await clock.advance(1_000);
      const late = await connection.read();
      const malformed = ["Host: x", "Content-Length: abc"];
      const bad = await sendRaw(server, rawRequest("POST / HTTP/1.1", malformed));
      answers.push([late?.status, bad?.status]);
    }
    assert.deepEqual(answers, [[408, 400], [408, 400]]);
  });

  Deno.test(`original transport: a listener stops while it answers, and is not there afterwards (${transport})`, async () => {
    for (const how of ["gracefulStop", "immediateStop"] as const) {
      const listener = new Listener(0, {
        host: "127.0.0.1",
        transport,
        gracefulStopTimeout: 5_000,
      });
      let stopped: Promise<void> | undefined;
      listener.attach(service({}, [get("/", () => "Mock1 invoked!")]), "/mock1");
      listener.attach(
        service({}, [
          get("/", async ({ caller }) => {
            await caller.respond("Mock2 invoked!");
            stopped = listener[how]();
          }),
        ]),
        "/mock2",
      );
      const { url } = await listener.start();
      const api = new Client(url);
      assert.equal(await (await api.get("/mock1")).text(), "Mock1 invoked!");
      // Stopped at once, it may be gone before its answer is.
      const answer = api.get("/mock2").then((response) => response.text());
      if (how === "gracefulStop") assert.equal(await answer, "Mock2 invoked!");
      else await answer.catch(() => {});
      await stopped;
      await assert.rejects(api.get("/mock1"), (error) => {
        assert.ok(error instanceof ClientConnectorError);
        assert.match(error.message, /^Something wrong with the connection/);
        return true;
      });
    }
  });

  Deno.test(`original transport: a host that is left empty is the default (${transport})`, async () => {
    for (const host of ["", " "]) {
      await using server = await serve(picky, { port: 0, host, transport });
      assert.equal(server.hostname, "0.0.0.0");
    }
  });

  Deno.test(`original transport: services come, go and come back while they answer (${transport})`, async () => {
    const listener = new Listener(0, { host: "127.0.0.1", transport });
    await comeAndGo(listener, fetch);
  });
}
