/** Targets of a client: which transport, circuit and limits a call meets, and what is refused. @module */
import assert from "node:assert/strict";
import {
  Client,
  FailoverClient,
  type Fetch,
  LoadBalanceClient,
  type Transport,
  type TransportOptions,
} from "@pirouette/http";
import { FailoverTargets, LoadBalancer, roundRobin } from "@pirouette/http/layers";
import { TargetPlaces } from "../../src/client/target_places.ts";
import { sayingServer, tcpServer } from "../support/tcp_server.ts";
import { within } from "../support/within.ts";

const answer: Fetch = () => Promise.resolve(new Response("there"));

/** A transport that says its name, and whether it was closed. */
function named(name: string): Transport & { readonly isClosed: () => boolean } {
  let isClosed = false;
  const close = (): void => void (isClosed = true);
  return {
    fetch: (input) => Promise.resolve(new Response(`${name} ${String(input)}`)),
    close,
    isClosed: () => isClosed,
    [Symbol.dispose]: close,
    [Symbol.asyncDispose]: () => Promise.resolve(close()),
  };
}

Deno.test("targets: a call goes through the transport of its target, however that is spelled", async () => {
  const table: readonly (readonly [targets: readonly string[], index: number, way: string])[] = [
    [["HTTP://One.Example/v1"], 0, "0"],
    [["http://one.example:80/v1/"], 0, "0"],
    [["http://one.example/a%20b"], 0, "0"],
    [["http://one.example/./v1"], 0, "0"],
    // One may be below another, and not be it though it begins alike.
    [["http://one.example/v1", "http://one.example/v1/x"], 1, "1"],
    [["http://one.example/v1", "http://one.example/v1/x"], 0, "0"],
    [["http://one.example/v1", "http://one.example/v12"], 1, "1"],
  ];
  for (const [urls, index, way] of table) {
    const api = new FailoverClient({
      targets: urls.map((url, place) => ({ url, transport: named(String(place)) })),
      fetch: named("shared").fetch,
    });
    api.targets.startAt(index);
    const text = await (await api.get("/y")).text();
    assert.equal(text.slice(0, text.indexOf(" ")), way, urls.join());
  }
});

Deno.test("targets: a redirect in a target's own origin keeps its transport, one elsewhere does not", async () => {
  const secured: Transport = {
    ...named("own"),
    fetch: (input) => {
      const { pathname } = new URL(String(input instanceof Request ? input.url : input));
      const location = { "/v1/in": "/login", "/v1/out": "http://other.example/" }[pathname];
      return Promise.resolve(
        location === undefined
          ? new Response("own")
          : new Response(null, { status: 302, headers: { location } }),
      );
    },
  };
  const api = new FailoverClient({
    targets: [{ url: "http://one.example/v1", transport: secured }],
    fetch: () => Promise.resolve(new Response("shared")),
    followRedirects: true,
  });
  assert.equal(await (await api.get("/in")).text(), "own");
  assert.equal(await (await api.get("/out")).text(), "shared");
});

Deno.test("targets: places are found by path, else by origin, else not at all", () => {
  const places = new TargetPlaces(
    ["http://a/v1", "http://a/v1/x", "http://b", "nonsense"].map((url) => ({ url })),
  );
  const table: readonly (readonly [string, number | undefined, string])[] = [
    ["http://a/v1", 0, "http://a/v1"],
    ["http://a/v1?q", 0, "http://a/v1"],
    ["http://a/v1/x/y", 1, "http://a/v1/x"],
    ["HTTP://A:80/v1/x#f", 1, "http://a/v1/x"],
    ["http://a/v10", 1, "http://a/v1/x"],
    ["http://b/v1", 2, "http://b"],
    ["https://b/v1", undefined, "https://b"],
    ["http://b.evil/", undefined, "http://b.evil"],
    ["nonsense", undefined, ""],
  ];
  for (const [url, index, name] of table) {
    assert.deepEqual([places.of(url), places.nameOf(url)], [index, name], url);
  }
});

Deno.test("targets: transports are closed with the client, and shared ones are not", async () => {
  const shared = named("shared");
  await using api = new LoadBalanceClient({
    targets: [{ url: "http://a", transport: shared }, { url: "http://b", transport: {} }],
    rule: roundRobin(),
  });
  await api.get("/");
  await api.close();
  assert.equal(shared.isClosed(), false);
  await assert.rejects(api.get("/"), /the transport is closed/);
});

Deno.test("targets: what is refused leaves nothing open", () => {
  const open = { pool: { keepAlive: false } };
  const wrong = { pool: { maxIdle: -1 } } as unknown as TransportOptions;
  const first = { url: "http://a", transport: open };
  for (
    const make of [
      () => new FailoverClient({ targets: [first, { url: "http://b", transport: wrong }] }),
      () => new FailoverClient({ targets: [first], retry: { count: 0 } }),
      () => new FailoverClient({ targets: [first, "nonsense"] }),
      () => new LoadBalanceClient({ targets: [first], rule: 5 as never }),
      () => new LoadBalanceClient({ targets: [first], circuitBreaker: null as never }),
    ]
  ) assert.throws(make);
});

Deno.test("targets: a fetch that would go past the client's own limits is refused", () => {
  const targets = [{ url: "http://a", fetch: answer }];
  const message = /skip its own limits at target 0/;
  const table = [
    { loadBalance: { targets } },
    { failover: { targets } },
    { loadBalance: { balancer: new LoadBalancer({ targets, base: "http://a" }) } },
    { failover: { targets: new FailoverTargets(targets, "http://a") } },
  ];
  for (const config of table) assert.throws(() => new Client("http://a", config), { message });
});

Deno.test("targets: shared ones that know nothing of the client's URL are refused", async () => {
  const targets = ["http://one/v1"];
  const message = /know nothing of its URL: make them with base "http:\/\/api"/;
  const loadBalance = { balancer: new LoadBalancer({ targets }) };
  assert.throws(() => new Client("http://api", { loadBalance }), { message });
  const failover = { targets: new FailoverTargets(targets) };
  assert.throws(() => new Client("http://api", { failover }), { message });
  const base = { targets, base: "http://other" };
  assert.throws(() => new Client("http://api", { loadBalance: base }), /leave out base/);
  // That of a target will do.
  const api = new Client("http://one/v1", { failover, fetch: answer });
  assert.equal((await api.get("/albums")).status, 200);
});

Deno.test("targets: a response whose cancellation never ends holds up no failover", async () => {
  const fetch: Fetch = (input) =>
    Promise.resolve(
      String(input).startsWith("http://a")
        ? new Response(new ReadableStream({ cancel: () => new Promise(() => {}) }), { status: 503 })
        : new Response("there"),
    );
  const api = new FailoverClient({ targets: ["http://a", "http://b"], fetch });
  const response = await within(api.get("/"), "the second target");
  assert.equal(await response.text(), "there");
});

Deno.test("targets: over sockets, a POST that a target read and broke off is sent to no other", async () => {
  const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
  for (const Class of [FailoverClient, LoadBalanceClient]) {
    await using breaking = tcpServer(async (connection) => {
      await connection.readHead();
    });
    await using other = sayingServer(ok);
    await using api = new Class({
      targets: [breaking, other].map(({ url }) => ({
        url,
        transport: { pool: { keepAlive: false } },
      })),
      ...Class === LoadBalanceClient && { rule: roundRobin() },
      retry: { interval: 1 },
    });
    await assert.rejects(within(api.post("/orders", "one"), "a failure"), {
      name: /Outbound|Inbound/,
    });
    assert.deepEqual([breaking.accepted, other.accepted], [1, 0]);
    if (api instanceof LoadBalanceClient) await api.get("/orders").then((one) => one.text());
    const keyed = { headers: { "idempotency-key": "1" } };
    assert.equal(await (await api.post("/orders", "one", keyed)).text(), "ok");
  }
});
