/** Rate limiting: who is counted, what is answered, and what happens when the store fails. @module */
import assert from "node:assert/strict";
import {
  type Fetch,
  get,
  type Layer,
  parseList,
  serve,
  service,
  stack,
  TooManyRequestsError,
} from "@pirouette/http";
import { VirtualClock } from "@pirouette/http/testing";
import { keepConnection } from "../../src/message/connection.ts";
import { TrustedProxies } from "../../src/layers/client_address.ts";
import { rateLimit, type RateLimitOptions } from "../../src/layers/rate_limit.ts";
import { RateLimiter } from "../../src/layers/rate_limiter.ts";
import { MemoryStore } from "../../src/stores/memory_store.ts";
import type { Change, Store, StoreValue } from "../../src/stores/store.ts";
import { onBothTransports } from "../support/both_transports.ts";

const url = "http://localhost/";
const minute = 60_000;
const inside: Fetch = () => Promise.resolve(new Response("in"));

/** A limited fetch on a clock of its own. */
function limited(options: Partial<RateLimitOptions>, next = inside): {
  ask: (init?: RequestInit) => Promise<Response>;
  clock: VirtualClock;
} {
  const clock = new VirtualClock();
  const layer = rateLimit({
    limit: 2,
    window: minute,
    ...(options.store === undefined ? { clock } : {}),
    ...options,
  });
  const fetch = stack(next, layer);
  return { ask: (init) => fetch(url, init), clock };
}

/** The error that a refused request rejects with. */
async function refusal(answer: Promise<Response>): Promise<{ message: string; headers: Headers }> {
  try {
    await answer;
  } catch (error) {
    assert.ok(error instanceof TooManyRequestsError);
    assert.equal(error.status, 429);
    return { message: error.message, headers: new Headers(error.headers as Headers) };
  }
  throw new Error("It was answered");
}

Deno.test("rate limit: above the limit it refuses, and tells when to come again", async () => {
  const { ask, clock } = limited({});
  assert.equal(await (await ask()).text(), "in");
  await ask();
  const { message, headers } = await refusal(ask());
  assert.equal(message, "Too many requests: try again in 30 s");
  assert.equal(headers.get("retry-after"), "30");
  assert.equal(headers.get("ratelimit"), '"default";r=0;t=30');
  assert.equal(headers.get("ratelimit-policy"), '"default";q=2;w=60');
  await clock.advance(29_999);
  assert.equal((await refusal(ask())).headers.get("retry-after"), "1");
  await clock.advance(1);
  assert.equal((await ask()).status, 200);
});

Deno.test("rate limit: the fields say what is left, and are structured fields", async () => {
  const { ask, clock } = limited({ limit: 100, burst: 3, policyName: 'a "b"\\' });
  const seen: (string | null)[] = [];
  for (let time = 0; time < 3; time++) {
    const { headers } = await ask();
    seen.push(headers.get("ratelimit"));
    assert.equal(headers.get("ratelimit-policy"), '"a \\"b\\"\\\\";q=100;w=60');
  }
  assert.deepEqual(seen, [2, 1, 0].map((r) => `"a \\"b\\"\\\\";r=${r};t=${r === 2 ? 2 : 1}`));
  await clock.advance(minute);
  const [item] = parseList((await ask()).headers.get("ratelimit") ?? "");
  assert.ok(item !== undefined && "value" in item);
  assert.equal(item.value, 'a "b"\\');
  assert.deepEqual([...item.parameters], [["r", 2], ["t", 2]]);
});

Deno.test("rate limit: a client that keeps to what the fields say is never refused", async () => {
  for (const algorithm of ["token-bucket", "sliding-window"] as const) {
    const { ask, clock } = limited({ limit: 7, window: 10_000, algorithm });
    for (let round = 0; round < 50; round++) {
      const [item] = parseList((await ask()).headers.get("ratelimit") ?? "");
      assert.ok(item !== undefined && "value" in item);
      const [r, t] = [Number(item.parameters.get("r")), Number(item.parameters.get("t"))];
      // Section 8.5 of the draft: what is left over the time must not ask for more than the policy.
      assert.ok(r === 0 || r / t <= 0.7 + 1e-9, `${r} in ${t} s`);
      if (r === 0) await clock.advance(t * 1000);
    }
  }
});

Deno.test("rate limit: the older fields are sent when asked for", async () => {
  const names = ["ratelimit", "ratelimit-policy"];
  const older = ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"];
  for (
    const [headers, expected] of [
      ["standard", names],
      ["legacy", older],
      ["both", [...names, ...older]],
      ["none", []],
    ] as const
  ) {
    const { ask } = limited({ headers });
    const response = await ask();
    assert.deepEqual([...names, ...older].filter((name) => response.headers.has(name)), expected);
    await ask();
    const refused = await refusal(ask());
    assert.deepEqual([...names, ...older].filter((name) => refused.headers.has(name)), expected);
    assert.equal(refused.headers.get("retry-after"), "30");
  }
  const { headers } = await limited({ headers: "legacy" }).ask();
  assert.deepEqual(older.map((name) => headers.get(name)), ["2", "1", "30"]);
});

Deno.test("rate limit: of several limits each tells in the standard fields, the tightest in the older", async () => {
  for (const [outer, inner] of [[10, 3], [3, 10]] as const) {
    const clock = new VirtualClock();
    const limit = (limit: number): Layer =>
      rateLimit({ limit, window: minute, clock, policyName: `of ${limit}`, headers: "both" });
    const { headers } = await stack(inside, limit(outer), limit(inner))(url);
    const policies = parseList(headers.get("ratelimit-policy") ?? "");
    assert.deepEqual(policies.map((one) => "value" in one && one.value), [
      `of ${inner}`,
      `of ${outer}`,
    ]);
    assert.equal(parseList(headers.get("ratelimit") ?? "").length, 2);
    assert.equal(headers.get("x-ratelimit-remaining"), "2");
    assert.equal(headers.get("x-ratelimit-limit"), "3");
  }
});

Deno.test("rate limit: a response with immutable headers gets the fields, its body and status stay", async () => {
  const redirect: Fetch = () => Promise.resolve(Response.redirect("http://localhost/there", 307));
  const response = await limited({}, redirect).ask();
  assert.equal(response.status, 307);
  assert.equal(response.headers.get("location"), "http://localhost/there");
  assert.equal(response.headers.get("ratelimit"), '"default";r=1;t=30');
});

Deno.test("rate limit: by header, by function, and those without a key", async () => {
  const key = (value?: string): RequestInit =>
    value === undefined ? {} : { headers: { "x-api-key": value } };
  const byHeader = limited({ limit: 1, key: { header: "X-Api-Key" } }).ask;
  await byHeader(key("a"));
  await byHeader(key("b"));
  await byHeader(key("x".repeat(10_000)));
  await byHeader(key());
  for (const value of ["a", "b", "x".repeat(10_000), undefined]) {
    await refusal(byHeader(key(value)));
  }

  const byFunction = limited({
    limit: 1,
    key: (request) => request.headers.get("x-api-key") ?? undefined,
  }).ask;
  await byFunction(key("__proto__"));
  await refusal(byFunction(key("__proto__")));
  for (let time = 0; time < 5; time++) {
    const response = await byFunction();
    assert.equal(response.headers.get("ratelimit"), null);
  }
});

Deno.test("rate limit: by address, IPv6 by network, and in process together", async () => {
  const from = (hostname: string | undefined, forwardedFor?: string): Request => {
    const headers: HeadersInit = forwardedFor === undefined
      ? {}
      : { "x-forwarded-for": forwardedFor };
    const request = new Request(url, { headers });
    if (hostname !== undefined) keepConnection(request, { remoteAddr: { hostname } });
    return request;
  };
  const fetch = stack(inside, rateLimit({ limit: 1, window: minute }));
  for (const first of ["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8:0:1::1", undefined]) {
    await fetch(from(first, "198.51.100.1"));
  }
  for (const same of ["192.0.2.1", "::ffff:192.0.2.2", "2001:db8::2:3:4:5", undefined]) {
    await refusal(fetch(from(same, "203.0.113.1")));
  }
  const exact = stack(inside, rateLimit({ limit: 1, window: minute, ipv6Prefix: 128 }));
  await exact(from("2001:db8::1"));
  await exact(from("2001:db8::2"));
  await refusal(exact(from("2001:db8:0::1")));

  const client = new TrustedProxies({ trustedProxies: ["loopback"] });
  const proxied = stack(inside, rateLimit({ limit: 1, window: minute, client }));
  await proxied(from("127.0.0.1", "198.51.100.1"));
  await proxied(from("127.0.0.1", "198.51.100.2"));
  await refusal(proxied(from("127.0.0.1", "9.9.9.9, 198.51.100.1")));
});

Deno.test("rate limit: a request can cost more, or nothing, or not be counted", async () => {
  const cost = (request: Request): number => Number(request.headers.get("x-cost"));
  const skip = (request: Request): boolean => request.headers.has("x-skip");
  const { ask } = limited({ limit: 10, cost, skip });
  const costing = (units: number): Promise<Response> =>
    ask({ headers: { "x-cost": String(units) } });
  assert.match((await costing(7)).headers.get("ratelimit") ?? "", /r=3;/);
  assert.match((await costing(0)).headers.get("ratelimit") ?? "", /r=3;/);
  const { headers } = await refusal(costing(4));
  assert.equal(headers.get("retry-after"), "6");
  assert.match(headers.get("ratelimit") ?? "", /r=3;t=6/);
  assert.equal((await ask({ headers: { "x-skip": "1" } })).headers.get("ratelimit"), null);
  for (const units of [-1, 1.5, NaN]) await assert.rejects(costing(units), RangeError);
});

Deno.test("rate limit: onLimit is told, and may answer", async () => {
  const hits: unknown[] = [];
  const told = limited({ limit: 1, key: () => "me", onLimit: (_, hit) => void hits.push(hit) }).ask;
  await told();
  await refusal(told());
  assert.deepEqual(hits, [{ key: "me", policyName: "default", retryAfter: 60 }]);

  const answering = limited({
    limit: 1,
    onLimit: (_, { retryAfter }) => Response.json({ retryAfter }, { status: 429 }),
  }).ask;
  await answering();
  const response = await answering();
  assert.equal(response.status, 429);
  assert.deepEqual(await response.json(), { retryAfter: 60 });
  assert.equal(response.headers.get("retry-after"), "60");
  assert.equal(response.headers.get("ratelimit"), '"default";r=0;t=60');
});

/** A store that keeps people waiting, as one that is elsewhere does. */
class Elsewhere implements Store {
  failure: Error | undefined = undefined;
  readonly keys = new Set<string>();
  readonly #store: MemoryStore;

  constructor(clock: VirtualClock) {
    this.#store = new MemoryStore({ clock });
  }

  now(): number {
    return this.#store.now();
  }

  get(key: string): Promise<StoreValue | undefined> {
    return Promise.resolve(this.#store.get(key));
  }

  set(key: string, value: StoreValue): Promise<void> {
    return Promise.resolve(this.#store.set(key, value));
  }

  delete(key: string): Promise<void> {
    return Promise.resolve(this.#store.delete(key));
  }

  async update<Result>(
    key: string,
    change: (value: StoreValue | undefined, now: number) => Change<Result>,
  ): Promise<Result> {
    this.keys.add(key);
    await Promise.resolve();
    if (this.failure !== undefined) throw this.failure;
    // Called twice, as where somebody else was faster.
    this.#store.update(key, (value, now) => ({ action: "leave", result: change(value, now) }));
    return this.#store.update(key, change);
  }
}

Deno.test("rate limit: instances that share a store make one limit", async () => {
  const clock = new VirtualClock();
  const store = new Elsewhere(clock);
  const fetches = [1, 2, 3].map(() =>
    stack(inside, rateLimit({ limit: 5, window: minute, store }))
  );
  const answers = await Promise.allSettled(
    Array.from({ length: 12 }, async (_, at) => await fetches[at % 3]?.(url)),
  );
  assert.equal(answers.filter(({ status }) => status === "fulfilled").length, 5);
  await clock.advance(12_000);
  await fetches[0]?.(url);
  await assert.rejects(async () => await fetches[1]?.(url), { status: 429 });
});

Deno.test("rate limit: keys in a store are short, and credentials in them cannot be read", async () => {
  const store = new Elsewhere(new VirtualClock());
  const { ask } = limited({ store, key: { header: "authorization" } });
  for (const value of ["Bearer secret", `Bearer ${"x".repeat(9000)}`]) {
    await ask({ headers: { authorization: value } });
  }
  await ask();
  const [first = "", second = "", none] = store.keys;
  for (const key of [first, second]) assert.match(key, /^default:sha256:[0-9a-f]{64}$/);
  assert.notEqual(first, second);
  assert.equal(none, "default:");
});

Deno.test("rate limit: while the store fails requests pass, or get 503, and somebody is told", async () => {
  for (const onStoreError of [undefined, "allow", "deny"] as const) {
    const store = new Elsewhere(new VirtualClock());
    const told: unknown[] = [];
    const { ask } = limited({
      store,
      ...(onStoreError === undefined ? {} : { onStoreError }),
      onError: (error) => void told.push(error),
    });
    store.failure = new Error("The store cannot be reached");
    if (onStoreError === "deny") {
      await assert.rejects(ask(), { name: "ServiceUnavailableError", status: 503 });
    } else assert.equal((await ask()).headers.get("ratelimit"), null);
    assert.deepEqual(told, [store.failure]);
    store.failure = undefined;
    assert.equal((await ask()).status, 200);
  }
});

Deno.test("rate limit: a store that throws, and an observer that throws, stop nobody", async () => {
  const store = new MemoryStore();
  store.update = () => {
    throw new Error("The store is broken");
  };
  const logged: unknown[] = [];
  const { error } = console;
  console.error = (...values: unknown[]) => void logged.push(...values);
  try {
    const onError = (): void => {
      throw new Error("The observer is broken");
    };
    assert.equal((await limited({ store, onError }).ask()).status, 200);
    assert.equal((await limited({ store }).ask()).status, 200);
  } finally {
    console.error = error;
  }
  assert.deepEqual(logged.map(String), [
    "Error: The observer is broken",
    "Error: The store is broken",
  ]);
});

Deno.test("rate limit: a service answers in its own form, over both transports", async () => {
  const layer = rateLimit({
    limit: 1,
    window: minute,
    key: (request) => new URL(request.url).host,
  });
  const limitedService = service({ layers: [layer] }, [get("/", () => "in")]);
  await onBothTransports(limitedService, async (ask) => {
    assert.equal(await (await ask("/")).text(), "in");
    const response = await ask("/");
    assert.equal(response.status, 429);
    assert.equal(response.headers.get("retry-after"), "60");
    assert.equal(response.headers.get("ratelimit"), '"default";r=0;t=60');
    assert.equal(response.headers.get("ratelimit-policy"), '"default";q=1;w=60');
    const { message, status } = await response.json();
    assert.deepEqual([status, message], [429, "Too many requests: try again in 60 s"]);
  });
});

Deno.test("rate limit: the address of a real connection is a key", async () => {
  const config = { port: 0, host: "127.0.0.1" };
  const limited = (): Layer[] => [
    rateLimit({
      limit: 1,
      window: minute,
      onLimit: (_, { key }) => new Response(key, { status: 429 }),
    }),
  ];
  // As a service, as a bare handler, and as `deno serve` calls what is exported.
  await using served = await serve(service({ layers: limited() }, [get("/", () => "in")]), config);
  await using bare = await serve(stack(inside, ...limited()), config);
  const exported = stack(inside, ...limited());
  await using own = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    (request, info) => exported(request, info as unknown as RequestInit),
  );
  for (const port of [served.port, bare.port, own.addr.port]) {
    const ask = async () => await (await globalThis.fetch(`http://127.0.0.1:${port}/`)).text();
    assert.equal(await ask(), "in");
    assert.equal(await ask(), "127.0.0.1");
  }
});

Deno.test("rate limit: a handler can ask a limiter itself", async () => {
  const clock = new VirtualClock();
  const logins = new RateLimiter({ limit: 2, window: minute, clock, algorithm: "sliding-window" });
  assert.equal((await logins.take("ada")).remaining, 1);
  assert.equal((await logins.take("ada", 0)).remaining, 1);
  assert.equal((await logins.take("x".repeat(100))).remaining, 1);
  assert.equal((await logins.take("ada")).allowed, true);
  const { allowed, wait } = await logins.take("ada");
  assert.deepEqual([allowed, wait], [false, 90_000]);
  assert.throws(() => logins.take("ada", -1), RangeError);
});

Deno.test("rate limit: options that are wrong or have no effect are named", () => {
  const base = { limit: 1, window: 1000 };
  for (
    const [options, message] of [
      [{ limit: 0 }, /limit 0/],
      [{ limit: 1.5 }, /limit 1.5/],
      [{ limit: undefined }, /limit undefined/],
      [{ window: 0 }, /window 0/],
      [{ window: 0.5 }, /window 0.5/],
      [{ burst: 0 }, /burst 0/],
      [{ limit: 1e9, window: 1e9 }, /shorter window/],
      [{ algorithm: "leaky" }, /algorithm/],
      [{ algorithm: "sliding-window", burst: 2 }, /burst/],
      [{ store: new MemoryStore(), clock: new VirtualClock() }, /clock/],
      [{ policyName: "" }, /policyName/],
      [{ policyName: "a\nb" }, /policyName/],
      [{ policyName: "é" }, /policyName/],
      [{ key: "user" }, /key/],
      [{ key: { header: "a b" } }, /key/],
      [{ key: () => "a", ipv6Prefix: 64 }, /ipv6Prefix has no effect/],
      [{ key: { header: "a" }, client: {} }, /client has no effect/],
      [{ ipv6Prefix: 0 }, /ipv6Prefix/],
      [{ ipv6Prefix: 129 }, /ipv6Prefix/],
      [{ headers: "yes" }, /headers/],
      [{ onStoreError: "ignore" }, /onStoreError/],
      [{ max: 5 }, /no option "max"/],
      [{ client: { trustedProxies: -1 } }, /trustedProxies/],
      [{ cost: -1 }, /cost/],
      [{ cost: 0 }, /cost/],
    ] as const
  ) {
    assert.throws(() => rateLimit({ ...base, ...options } as RateLimitOptions), (error) => {
      assert.ok(error instanceof TypeError || error instanceof RangeError);
      assert.match(error.message, message);
      assert.ok(!error.message.endsWith("."));
      return true;
    });
  }
});
