/**
 * SECURITY.md rows 10, 20, 23 and 24, for clients of several targets and with policies: credentials go
 * to whom the program named, and a caller of a service learns nothing of what is behind it.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  Client,
  type ClientConfiguration,
  FailoverClient,
  type Fetch,
  get,
  LoadBalanceClient,
  service,
} from "@pirouette/http";
import { roundRobin } from "@pirouette/http/layers";
import { faultFetch, type ScriptedAnswer, VirtualClock } from "@pirouette/http/testing";

const targets = ["http://one.example/v1", "http://two.example/v1"];
const credentials = { authorization: "Bearer secret", "x-api-key": "secret" };

/** Clients that spread their calls, with what their fetch is asked. */
function clients(fetch: Fetch): Readonly<Record<string, FailoverClient | LoadBalanceClient>> {
  const shared = { targets, fetch, headers: credentials, retry: true } as const;
  return {
    failover: new FailoverClient(shared),
    "load balance": new LoadBalanceClient({ ...shared, rule: roundRobin() }),
  };
}

Deno.test("security 23: a target that redirects away takes no credentials along", async () => {
  for (
    const location of ["http://evil.example/", "https://one.example/v1/", "http://one.example:81/"]
  ) {
    const answer = ({ url }: { readonly url: string }): ScriptedAnswer =>
      targets.some((target) => url.startsWith(target))
        ? { status: 307, headers: { location, "set-cookie": "session=1; Path=/" } }
        : {};
    const { fetch, calls } = faultFetch(answer);
    for (const Class of [FailoverClient, LoadBalanceClient]) {
      const api = new Class({
        targets,
        fetch,
        headers: credentials,
        cookies: true,
        retry: true,
        followRedirects: { maxCount: 2 },
      });
      await (await api.get("/albums")).text();
      const [first, second] = calls.slice(-2);
      assert.equal(first?.headers.get("authorization"), "Bearer secret");
      assert.equal(second?.url, location);
      for (const name of Object.keys(credentials)) assert.equal(second?.headers.get(name), null);
      // A cookie is the host's, and one.example is that of a target.
      if (location.includes("evil")) assert.equal(second?.headers.get("cookie"), null);
    }
  }
});

Deno.test("security 23: unless told to, no policy has a redirect followed", async () => {
  const table: readonly (ClientConfiguration)[] = [
    {},
    { retry: true },
    { hedge: { delay: 0 } },
    { coalesce: true },
    { failover: { targets } },
    { loadBalance: { targets } },
    { retry: true, hedge: { delay: 0 }, loadBalance: { targets }, circuitBreaker: true },
  ];
  for (const config of table) {
    for (const method of ["GET", "PUT"]) {
      const { fetch, calls } = faultFetch(({ url }) =>
        url.includes("evil")
          ? { body: "evil" }
          : { status: 302, headers: { location: "http://evil.example/" } }
      );
      const api = new Client("http://one.example/v1", { fetch, headers: credentials, ...config });
      const init: RequestInit = method === "PUT" ? { method, body: "x" } : { method };
      const asked = [
        await api.fetch("/albums", init),
        await api.fetch(new Request("http://one.example/v1/albums", init)),
      ];
      for (const response of asked) {
        await response.text();
        assert.equal(response.status, 302, `${method} ${JSON.stringify(config)}`);
      }
      assert.ok(calls.every(({ url }) => !url.includes("evil")));
    }
  }
});

Deno.test("security 24: an absolute URL leads a client of targets to none but them", async () => {
  const { fetch, calls } = faultFetch({});
  for (const [name, api] of Object.entries(clients(fetch))) {
    const elsewhere = ["http://evil.example/v1/a", "http://one.example/admin", "//evil.example/a"];
    for (const url of elsewhere) {
      await api.get(url).then((response) => response.text(), () => {});
      await api.fetch(new Request(new URL(url, "http://one.example"))).then(
        (response) => response.text(),
        () => {},
      );
    }
    for (const { url } of calls) {
      assert.ok(targets.some((target) => url.startsWith(`${target}/`)), `${name}: ${url}`);
    }
  }
});

Deno.test("security 20: what a caller of a service is told when a policy gives up", async () => {
  const clock = new VirtualClock();
  const inner = ["http://10.0.0.1:8443/v1?", "http://db.internal/v1"].map((url) =>
    url.replace("?", "")
  );
  const failing = (answer: ScriptedAnswer, config: ClientConfiguration = {}): Client =>
    new Client(inner[0]!, {
      fetch: faultFetch(answer, { clock }).fetch,
      headers: credentials,
      timeout: { attempt: 1_000, clock },
      ...config,
    });
  const refused: ScriptedAnswer = { fault: "refused" };
  const stall: ScriptedAnswer = { fault: "stall" };
  const retry = { interval: 10, clock };
  const open = failing({}, { circuitBreaker: { resetTime: 3_600_000, clock } });
  open.circuitBreakerForceOpen();
  const isolated = failing({}, { circuitBreaker: { clock } });
  isolated.circuitBreaker?.isolate();
  const table: readonly (readonly [string, Client, number, retryAfter?: string])[] = [
    ["open", open, 503, "3600"],
    ["refused", failing(refused), 502],
    ["late", failing(stall), 504],
    ["retried", failing(refused, { retry }), 502],
    ["retried, late", failing(stall, { retry }), 504],
    ["failed over", failing(refused, { failover: { targets: inner } }), 502],
    ["failed over, late", failing(stall, { failover: { targets: inner } }), 504],
    ["balanced", failing(refused, { loadBalance: { targets: inner } }), 502],
    ["balanced, late", failing(stall, { loadBalance: { targets: inner } }), 504],
    ["all at once", failing(stall, { retry, hedge: true, failover: { targets: inner } }), 504],
    ["isolated", isolated, 503],
  ];
  for (const [what, api, status, retryAfter] of table) {
    const front = service({ onError: () => {} }, [get("/", () => api.get("/albums"))]);
    const answer = Promise.resolve(front.fetch(new Request("http://front/")));
    await clock.advance(60_000);
    const response = await answer;
    const told = await response.text();
    assert.equal(response.status, status, `${what}: ${told}`);
    assert.equal(response.headers.get("retry-after"), retryAfter ?? null, what);
    assert.doesNotMatch(told, /10\.0\.0\.1|8443|internal|secret|\bat .*\.ts/, what);
  }
  const busy = failing(stall, { bulkhead: { maxConcurrent: 1, clock } });
  const first = assert.rejects(busy.get("/"), { name: "IdleTimeoutError" });
  const front = service({ onError: () => {} }, [get("/", () => busy.get("/albums"))]);
  const response = await front.fetch(new Request("http://front/"));
  assert.equal(response.status, 503);
  assert.doesNotMatch(await response.text(), /10\.0\.0\.1|secret/);
  await clock.advance(1_000);
  await first;
});

Deno.test("security 10: a polluted prototype gives a client no policy and no target", async () => {
  const polluted: Readonly<Record<string, unknown>> = {
    balancer: {},
    base: "http://evil.example",
    target: () => "evil",
    retry: true,
    failover: { targets: ["http://evil.example"] },
    loadBalance: { targets: ["http://evil.example"] },
    circuitBreaker: { failureThreshold: 7 },
    fetch: () => Promise.resolve(new Response("evil")),
    transport: {},
  };
  const { fetch, calls } = faultFetch({});
  const prototype = Object.prototype as unknown as Record<string, unknown>;
  for (const [name, value] of Object.entries(polluted)) {
    Object.defineProperty(prototype, name, { value, configurable: true, writable: true });
    try {
      const api = new Client("http://one.example/v1", {
        fetch,
        loadBalance: { targets },
        circuitBreaker: { resetTime: 1_000 },
      });
      assert.equal((await api.get("/albums")).status, 200, name);
      const both = new FailoverClient({ targets: [{ url: targets[0]! }, targets[1]!], fetch });
      assert.equal((await both.get("/albums")).status, 200, name);
    } finally {
      delete prototype[name];
    }
  }
  for (const { url } of calls) assert.ok(targets.some((target) => url.startsWith(target)), url);
});
