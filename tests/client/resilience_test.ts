/** What a client does about failures, and that each part has its place. @module */
import assert from "node:assert/strict";
import {
  Client,
  type ClientConfiguration,
  FailoverClient,
  type Fetch,
  get,
  json,
  LoadBalanceClient,
  post,
  serve,
  service,
  text,
} from "@pirouette/http";
import { CircuitBreaker, Flights, roundRobin } from "@pirouette/http/layers";
import { VirtualClock } from "@pirouette/http/testing";

/** What comes back for each call in turn: a status, an error, or nothing. */
type Script = readonly (number | Error | "never")[];

/** A fetch that answers by a script, its last line for ever, and the addresses that it was asked. */
function scripted(script: Script): { fetch: Fetch; asked: string[] } {
  const asked: string[] = [];
  const fetch: Fetch = (input, init) => {
    const line = script[Math.min(asked.length, script.length - 1)];
    asked.push(input instanceof Request ? input.url : String(input));
    if (line instanceof Error) return Promise.reject(line);
    if (typeof line === "number") {
      return Promise.resolve(new Response(line < 300 ? "there" : null, { status: line }));
    }
    return new Promise((_, reject) => {
      init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
    });
  };
  return { fetch, asked };
}

const refused = new TypeError("fetch failed", {
  cause: new Error("client error (Connect): tcp connect error: Connection refused"),
});

Deno.test("client resilience: retries are within the total, each attempt within its own limit", async () => {
  const clock = new VirtualClock();
  const { fetch, asked } = scripted(["never", 503, 200]);
  const api = new Client("http://h", {
    fetch,
    timeout: { attempt: 1_000, total: 10_000, clock },
    retry: { interval: 100, jitter: "none", clock },
  });
  const answer = api.get("/", { as: text() });
  await clock.advance(1_000);
  assert.equal(asked.length, 1);
  await clock.advance(100);
  assert.equal(asked.length, 2);
  await clock.advance(200);
  assert.equal(await answer, "there");
  const never = scripted(["never"]);
  const slow = new Client("http://h", {
    fetch: never.fetch,
    timeout: { attempt: 1_000, total: 2_500, clock },
    retry: { count: 10, interval: 100, jitter: "none", clock },
  });
  const late = assert.rejects(slow.get("/"), { name: /IdleTimeoutError|AllRetryAttemptsFailed/ });
  await clock.advance(2_500);
  await late;
  assert(never.asked.length <= 3);
});

Deno.test("client resilience: a circuit is asked by each attempt, and opens for all of them", async () => {
  const clock = new VirtualClock();
  const { fetch, asked } = scripted([503]);
  const api = new Client("http://h", {
    fetch,
    timeout: false,
    retry: { count: 1, interval: 0, clock },
    circuitBreaker: {
      rollingWindow: { requestVolumeThreshold: 4 },
      resetTime: 2_000,
      clock,
    },
  });
  assert.equal((await api.get("/")).status, 503);
  assert.equal((await api.get("/")).status, 503);
  assert.equal(asked.length, 4);
  const message =
    "Upstream service unavailable. Requests to upstream service will be suspended for 2 seconds.";
  await assert.rejects(api.get("/"), { name: /UpstreamServiceUnavailable|CircuitOpen/, message });
  assert.equal(asked.length, 4);
  assert.equal(api.getCircuitBreakerCurrentState(), "OPEN");
  api.circuitBreakerForceClose();
  assert.equal((await api.get("/")).status, 503);
  api.circuitBreakerForceOpen();
  await assert.rejects(api.get("/"), { message });
  assert(api.circuitBreaker instanceof CircuitBreaker);
  const plain = new Client("http://h", { fetch });
  assert.equal(plain.circuitBreaker, undefined);
  assert.throws(() => plain.circuitBreakerForceOpen(), { name: "UnsupportedActionError" });
});

Deno.test("client resilience: calls that are alike share a request, and places are kept to", async () => {
  let open: () => void = () => {};
  let sent = 0;
  const fetch: Fetch = () => {
    sent++;
    return new Promise((resolve) => {
      open = () => resolve(new Response("there"));
    });
  };
  const flights = new Flights();
  const shared = new Client("http://h", { fetch, coalesce: flights });
  const both = [shared.get("/", { as: text() }), shared.get("/", { as: text() })];
  await Promise.resolve();
  open();
  assert.deepEqual(await Promise.all(both), ["there", "there"]);
  assert.equal(sent, 1);
  assert.equal(flights.metrics.joined, 1);
  const narrow = new Client("http://h", { fetch, bulkhead: { maxConcurrent: 1, maxQueue: 0 } });
  const first = narrow.get("/", { as: text() });
  await assert.rejects(narrow.get("/"), { name: "BulkheadFullError" });
  open();
  assert.equal(await first, "there");
});

Deno.test("client resilience: what contradicts itself is refused when the client is made", () => {
  const targets = ["http://a", "http://b"];
  const table: readonly (readonly [ClientConfiguration, string, RegExp])[] = [
    [{ failover: { targets }, loadBalance: { targets } }, "TypeError", /leave out one of them/],
    [{ hedge: { methods: ["POST"] } }, "TypeError", /POST/],
    [{ retry: { cuont: 3 } as object }, "TypeError", /no option "cuont"/],
    [{ retry: { count: 0 } }, "RangeError", /retry/],
    [
      { timeout: { total: 1_000 }, retry: { total: 2_000 } },
      "RangeError",
      /never reaches the total/,
    ],
    [
      { timeout: { attempt: 5_000 }, circuitBreaker: { rollingWindow: { timeWindow: 1_000 } } },
      "CircuitBreakerConfigError",
      /raise timeWindow or lower the timeout/,
    ],
    [
      { timeout: 5_000, circuitBreaker: { slowCallDuration: 6_000 } },
      "CircuitBreakerConfigError",
      /never sees a slow call/,
    ],
    [{ circuitBreaker: { failureThreshold: 2 } }, "CircuitBreakerConfigError", /failure threshold/],
    [{ bulkhead: {} }, "TypeError", /bulkhead|Bulkhead/],
  ];
  for (const [config, name, message] of table) {
    assert.throws(() => new Client("http://h", config), (error: Error) => {
      assert.match(error.message, message);
      assert(error.name === name || error.name === "RangeError", `${error.name}: ${error.message}`);
      return true;
    });
  }
});

Deno.test("failover client: goes on to the next target, and remembers the one that answered", async () => {
  const { fetch, asked } = scripted([503, refused, 200]);
  const api = new FailoverClient({
    targets: ["http://a/v1", "http://b/v1", "http://c/v1"],
    fetch,
    headers: { authorization: "Bearer t" },
  });
  assert.equal(await api.get("/albums", { as: text() }), "there");
  assert.deepEqual(asked, ["http://a/v1/albums", "http://b/v1/albums", "http://c/v1/albums"]);
  assert.equal(api.getSucceededEndpointIndex(), 2);
  await api.get("/albums");
  assert.equal(asked.at(-1), "http://c/v1/albums");
  const down = new FailoverClient({
    targets: ["http://a", "http://b"],
    fetch: scripted([503]).fetch,
  });
  await assert.rejects(down.post("/", "x"), {
    name: "FailoverAllEndpointsFailedError",
    message:
      "All the failover endpoints failed. Last endpoint returned response is: 503 Service Unavailable",
  });
  assert.throws(() => new FailoverClient({ targets: [] }), TypeError);
  assert.throws(
    () => new FailoverClient({ targets: ["http://a"], codes: [1] } as never),
    TypeError,
  );
});

Deno.test("load balance client: spreads calls by its rule, over a socket, each target by its own transport", async () => {
  const named = (name: string) =>
    service({ basePath: "/v1" }, [get("/name", () => ({ name })), post("/name", () => name)]);
  await using one = await serve(named("one"), { port: 0 });
  await using two = await serve(named("two"), { port: 0 });
  await using api = new LoadBalanceClient({
    targets: [
      { url: `${one.url}/v1`, transport: { pool: { keepAlive: false } } },
      { url: `${two.url}/v1`, transport: { pool: { keepAlive: false } } },
    ],
    rule: roundRobin(),
  });
  const names: unknown[] = [];
  for (let call = 0; call < 4; call++) names.push(await api.get("/name", { as: json() }));
  assert.deepEqual(names, [{ name: "one" }, { name: "two" }, { name: "one" }, { name: "two" }]);
  assert.deepEqual(api.balancer.targets.map(({ outstanding }) => outstanding), [0, 0]);
  await one.immediateStop();
  for (let call = 0; call < 4; call++) {
    assert.deepEqual(await api.get("/name", { as: json() }), { name: "two" });
  }
});
