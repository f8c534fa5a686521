/** Services and fetches that stop half way: no call hangs on them, and each ends for the right reason. @module */
import assert from "node:assert/strict";
import {
  Client,
  type ClientConfiguration,
  events,
  type Fetch,
  IdleTimeoutError,
  json,
  type Layer,
} from "@pirouette/http";
import { VirtualClock } from "@pirouette/http/testing";
import { tcpServer } from "../support/tcp_server.ts";
import { within } from "../support/within.ts";

/** A response whose body begins and never goes on, whatever becomes of the call. */
function halfway(type = "application/json", status = 200): Response {
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode("{")),
    cancel: () => new Promise(() => {}),
  });
  return new Response(body, { status, headers: { "content-type": type } });
}

const answers: Fetch = () => Promise.resolve(halfway());

const rebuilds: Layer = (next) => async (input, init) => {
  const response = await next(input, init);
  return new Response(response.body, response);
};

Deno.test("stalled: a body that is bound has its limit whoever built the response anew", async () => {
  const clock = new VirtualClock();
  const table: readonly (readonly [string, ClientConfiguration, boolean])[] = [
    ["as it came", {}, false],
    ["counted", {}, true],
    ["limited", { responseLimits: { maxEntityBodySize: 100 } }, false],
    ["by a layer", { layers: [rebuilds] }, false],
    ["by a layer, and counted", { layers: [rebuilds] }, true],
  ];
  for (const [what, config, isCounted] of table) {
    for (
      const timeout of [{ headers: 30, boundBodyIdle: 30, clock }, { boundBodyIdle: 30, clock }]
    ) {
      const api = new Client("http://h", { fetch: answers, timeout, ...config });
      const options = isCounted ? { onDownloadProgress: () => {} } : {};
      const late = assert.rejects(api.get("/", { as: json(), ...options }), (error) => {
        assert.ok(error instanceof IdleTimeoutError, `${what}: ${error}`);
        assert.equal(error.phase, "body");
        return true;
      });
      for (let turn = 0; turn < 4; turn++) await clock.advance(30);
      await within(late, what);
      assert.equal(clock.pendingTimers, 0);
    }
  }
});

Deno.test("stalled: a signal ends a call on a fetch and on a body that do not heed it", async () => {
  const never: Fetch = () => new Promise(() => {});
  const failed: Fetch = () => Promise.resolve(halfway("text/plain", 500));
  // A limit goes on for what does not heed the signal: no timer of the platform's is to be left.
  const timeout = { headers: 30, boundBodyIdle: 30, clock: new VirtualClock() };
  for (const fetch of [never, answers, failed]) {
    for (const config of [{ timeout }, { timeout: false as const }]) {
      for (const options of [{ as: json() }, { responses: { 200: {} } }]) {
        const api = new Client("http://h", { fetch, ...config });
        const controller = new AbortController();
        const reason = { why: "changed my mind" };
        const { signal } = controller;
        const call = api.get("/", { signal, ...options as { as: ReturnType<typeof json> } });
        const ended = assert.rejects(call, (error) => error === reason);
        await new Promise((resolve) => setTimeout(resolve));
        controller.abort(reason);
        await within(ended, "the end of an aborted call");
      }
    }
  }
});

Deno.test("stalled: a response that comes after its call was aborted is let go", async () => {
  const head = Promise.withResolvers<Response>();
  const api = new Client("http://h", { fetch: () => head.promise, timeout: false });
  const controller = new AbortController();
  const ended = assert.rejects(api.get("/", { signal: controller.signal }), { name: "AbortError" });
  controller.abort();
  await ended;
  const gone = Promise.withResolvers<void>();
  head.resolve(new Response(new ReadableStream({ cancel: () => gone.resolve() })));
  await within(gone.promise, "the body to be cancelled");
});

Deno.test("stalled: an abort while the body of an error is read gives the signal's reason", async () => {
  await using server = tcpServer(async (connection) => {
    await connection.readHead();
    await connection.say(
      "HTTP/1.1 500 Oh\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\nab",
    );
    await connection.read();
  });
  const api = new Client(server.url);
  for (const options of [{ as: json() }, { responses: { 200: {} } }]) {
    const signal = AbortSignal.timeout(30);
    const call = api.get("/", { signal, ...options as { as: ReturnType<typeof json> } });
    await within(assert.rejects(call, (error) => error === signal.reason), "the end of the call");
    assert.equal(signal.reason.name, "TimeoutError");
  }
});

Deno.test("stalled: a body that is not wanted, and does not heed that, holds up no error", async () => {
  const binary = new Client("http://h", { fetch: () => Promise.resolve(halfway("image/png")) });
  await within(
    assert.rejects(binary.get("/", { as: events() }), { name: "PayloadBindingError" }),
    "the error of a body that cannot be bound",
  );
  const stream = new Client("http://h", {
    fetch: () => Promise.resolve(halfway("text/event-stream", 500)),
  });
  await within(
    assert.rejects(stream.get("/", { responses: { 200: {} } }), /found for the response with/),
    "the error of a status that is not declared",
  );
});

Deno.test("stalled: a stream whose call was aborted before is told so, as by fetch", async () => {
  const reason = { why: "changed my mind" };
  for (const config of [{}, { timeout: false as const }, { followRedirects: true }]) {
    let told: unknown;
    const body = new ReadableStream({ cancel: (why) => void (told = why) });
    const api = new Client("http://127.0.0.1:1", config);
    const call = api.post("/", body, { signal: AbortSignal.abort(reason) });
    await assert.rejects(call, (error) => error === reason);
    assert.equal(told, reason);
  }
});

Deno.test("stalled: what is no signal fails as the platform has it, and leaves no rejection unhandled", async () => {
  const fetch: Fetch = (input, init) => {
    new Request(input, init);
    return Promise.resolve(new Response());
  };
  const api = new Client("http://h", { fetch, timeout: false });
  for (const signal of [{}, { aborted: true }, "abort"]) {
    await assert.rejects(api.get("/", { signal: signal as AbortSignal }), TypeError);
  }
});

Deno.test("stalled: calls leave no listener on a signal that lives on", async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const count = (name: "addEventListener" | "removeEventListener", step: number): void => {
    const original = signal[name].bind(signal) as (...given: unknown[]) => void;
    Object.defineProperty(signal, name, {
      value: (...given: unknown[]) => {
        listeners += step;
        original(...given);
      },
    });
  };
  count("addEventListener", 1);
  count("removeEventListener", -1);
  const body = '{"a":1}';
  const init = { headers: { "content-type": "application/json" } };
  const api = new Client("http://h", { fetch: () => Promise.resolve(new Response(body, init)) });
  for (let call = 0; call < 100; call++) await api.get("/", { as: json(), signal });
  assert.ok(listeners <= 0, `${listeners} are left`);
});
