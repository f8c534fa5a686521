/**
 * Options of a listener that are wrong, or that a transport would not heed, are refused by name when it
 * is made; options that are left `undefined` are left out.
 *
 * @module
 */
import assert from "node:assert/strict";
import { get, Listener, type ListenerConfiguration, serve, service } from "@pirouette/http";

const host = "127.0.0.1";
const hello = service({}, [get("/", () => "Hello")]);

/** Options as a program gets them from a file, whatever is in it. */
function listenerOf(config: object): Listener {
  return new Listener(0, config as ListenerConfiguration);
}

Deno.test("listener options: one of a wrong type is refused by its name", () => {
  const table: readonly (readonly [config: object, message: RegExp])[] = [
    [{ host: 5 }, /^A listener has host of a wrong type: give a host name or an IP address$/],
    [{ host: null }, /^A listener has host of a wrong type/],
    [{ server: 5 }, /^A listener has server of a wrong type: give a text$/],
    [{ interceptors: {} }, /^A listener has interceptors of a wrong type: give a list$/],
    [{ reusePort: "yes" }, /^A listener has reusePort of a wrong type: give true or false$/],
    [{ clock: 5 }, /^A listener has clock of a wrong type: give an object with now and setTimer$/],
    [{ timeout: "5" }, /^Invalid configuration found for timeout : 5: give milliseconds/],
    [{ gracefulStopTimeout: "5" }, /^gracefulStopTimeout cannot be negative/],
    [
      { http1Settings: null },
      /^http1Settings has options that are no object: give one, or leave it/,
    ],
    [{ http2Settings: 5 }, /^http2Settings has options that are no object/],
    [{ socketLimits: "none" }, /^socketLimits has options that are no object/],
    [{ requestLimits: null }, /^requestLimits has options that are no object/],
    [{ tls: null }, /^tls has options that are no object/],
    [{ tls: 5 }, /^tls has options that are no object/],
  ];
  for (const [config, message] of table) {
    assert.throws(() => listenerOf(config), { message }, JSON.stringify(config));
  }
});

Deno.test("listener options: a timeout that no timer can wait for is refused", async () => {
  for (const timeout of [2 ** 31, Infinity]) {
    assert.throws(() => listenerOf({ timeout }), {
      name: "GenericListenerError",
      message:
        /^Invalid configuration found for timeout : .*: give milliseconds, up to 2147483647$/,
    });
  }
  await using server = await serve(hello, { host, port: 0, timeout: 2 ** 31 - 1 });
  assert.equal(await (await fetch(server.url)).text(), "Hello");
});

Deno.test("listener options: a graceful stop without a deadline waits for what is in flight", async () => {
  const release = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const slow = service({}, [get("/", async () => {
    begun.resolve();
    await release.promise;
    return "slow";
  })]);
  const server = await serve(slow, { host, port: 0, gracefulStopTimeout: Infinity });
  const answer = fetch(server.url).then((response) => response.text());
  await begun.promise;
  const stopped = server.gracefulStop();
  // A deadline that is wrapped around to nothing would have passed after these turns.
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setTimeout(resolve, 5));
  release.resolve();
  assert.equal(await answer, "slow");
  await stopped;
});

Deno.test("listener options: what is undefined chooses no transport", async () => {
  const undefinedOptions = {
    http1Settings: { keepAlive: undefined },
    http2Settings: { serverPush: undefined },
    socketLimits: { maxConnections: undefined },
  } as unknown as ListenerConfiguration;
  await using server = await serve(hello, {
    ...undefinedOptions,
    ...{ host, port: 0, transport: "deno" },
  });
  assert.equal(server.transport, "deno_serve");
});

Deno.test("listener options: heads larger than Deno.serve reads take the other transport", async () => {
  for (const name of ["maxHeaderSize", "maxUriLength"]) {
    const large = { requestLimits: { [name]: 100_000 } };
    assert.throws(() => listenerOf({ ...large, transport: "deno" }), {
      name: "GenericListenerError",
      message: `The transport "deno" cannot honour requestLimits.${name}: 100000: ` +
        'leave it out, or use "node"',
    });
    await using server = await serve(hello, { ...large, host, port: 0 });
    assert.equal(server.transport, "node_http");
    const long = "x".repeat(60_000);
    const response = name === "maxUriLength"
      ? await fetch(`${server.url}/?${long}`)
      : await fetch(server.url, { headers: { long } });
    assert.equal(await response.text(), "Hello", name);

    const small = { requestLimits: { [name]: 16_384 } };
    await using other = await serve(hello, { ...small, host, port: 0 });
    assert.equal(other.transport, "deno_serve");
  }
});
