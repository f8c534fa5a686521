/**
 * Ten thousand calls through whole clients, made of every mix of policies, to targets with every fault:
 * nothing is sent twice that may not be, no body is cut, callers hear their own reason, credentials stay
 * where they belong, and nothing is left behind.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Client, type ClientConfiguration } from "@pirouette/http";
import { Bulkhead, Flights, LoadBalancer, replayable } from "@pirouette/http/layers";
import {
  exponential,
  type FaultCall,
  faultFetch,
  type ScriptedAnswer,
  seededRandom,
  VirtualClock,
} from "@pirouette/http/testing";

const seed = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()) };
const targets = ["http://one.test/v1", "http://two.test/v1", "http://three.test/v1"];
const faults: readonly ScriptedAnswer[] = [
  { fault: "refused", latency: 1 },
  { fault: "reset", latency: exponential(10) },
  { fault: "untrusted", latency: 5 },
  { fault: "stall" },
  { fault: "blackHole" },
  { fault: "resetBody", bodyTime: 20 },
  { fault: "stallBody", bodyTime: 20 },
  { status: 503, headers: { "retry-after": "1" } },
  { status: 429, latency: exponential(5) },
  { status: 500, body: null },
  { status: 307, headers: { location: "/v1/next" } },
  { status: 308, headers: { location: "http://evil.test/next" } },
  { status: 303, headers: { location: "http://two.test/v1/next" } },
];

/** Whether a target may have done what the call asks for. */
function mayHaveActed({ fault, status = 200 }: ScriptedAnswer, isFailover: boolean): boolean {
  if (fault === "refused" || fault === "untrusted") return false;
  if (status > 300 && status < 400) return false;
  return !(isFailover && status === 503);
}

const bytes = new Uint8Array(300).map((_, at) => at);
const long = "x".repeat(90_000);

/** The bodies a call can have: how it is given, and what must arrive. */
const bodies: Readonly<Record<string, () => BodyInit>> = {
  text: () => "hello",
  bytes: () => bytes,
  blob: () => new Blob([bytes]),
  fields: () => new URLSearchParams({ a: "b c" }),
  form: () => {
    const form = new FormData();
    form.set("file", new Blob([bytes]), "a.bin");
    return form;
  },
  stream: () => new Blob(["streamed"]).stream(),
  "long stream": () => new Blob([long]).stream(),
  replayable: () => replayable(() => new Blob([long]).stream()),
};
const arrives: Readonly<Record<string, (body: string) => boolean>> = {
  text: (body) => body === "hello",
  bytes: (body) => body.length === 300 || body.length > 256,
  blob: (body) => body.length > 256,
  fields: (body) => body === "a=b+c",
  form: (body) => body.includes(`filename="a.bin"`) && body.trimEnd().endsWith("--"),
  stream: (body) => body === "streamed",
  "long stream": (body) => body === long,
  replayable: (body) => body === long,
};

/** Which policies a client has. */
const mixes = fc.record({
  seed: fc.nat(),
  coalesce: fc.boolean(),
  bulkhead: fc.boolean(),
  retry: fc.boolean(),
  hedge: fc.boolean(),
  spread: fc.constantFrom("failover", "loadBalance", "none"),
  breaker: fc.boolean(),
  redirects: fc.boolean(),
  cookies: fc.boolean(),
  total: fc.boolean(),
});

Deno.test("client fuzz: no mix of policies loses, doubles, cuts, leaks or tells", async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(mixes, async (mix) => {
      await run(mix, 250, seen);
    }),
    { ...seed, numRuns: 40 },
  );
  assert.ok(seen.has("200") && seen.has("aborted"), [...seen].join());
});

type Mix = typeof mixes extends fc.Arbitrary<infer T> ? T : never;

async function run(mix: Mix, calls: number, seen: Set<string>): Promise<void> {
  const clock = new VirtualClock();
  const random = seededRandom(mix.seed);
  const acted = new Map<string, number>();
  const problems: string[] = [];
  const answer = (call: FaultCall): ScriptedAnswer => {
    check(call, problems);
    const fault = random() < 0.3 ? faults[Math.floor(random() * faults.length)] : undefined;
    const isEvil = call.url.startsWith("http://evil.test");
    const scripted = fault ?? { latency: exponential(20), bodyTime: random() < 0.5 ? 0 : 10 };
    const { status = 200, fault: kind } = scripted;
    const id = call.headers.get("x-call") ?? "";
    if (isEvil && !mix.redirects) problems.push("a redirect was followed");
    const mayRedirect = mix.redirects && status > 300 && status < 400;
    if (!isEvil && (mayRedirect || mayHaveActed(scripted, mix.spread === "failover"))) {
      if (!mayRedirect) acted.set(id, (acted.get(id) ?? 0) + 1);
    }
    const headers = { "set-cookie": `from=${new URL(call.url).hostname}; Path=/` };
    return { ...scripted, ...(kind === undefined && status === 200 ? { headers } : {}) };
  };
  const service = faultFetch(answer, { clock, random, remember: 0 });
  const flights = new Flights();
  const places = new Bulkhead({ maxConcurrent: 30, maxQueue: 30, queueTimeout: 200, clock });
  const balancer = new LoadBalancer({ targets, base: "http://api.test", clock, random });
  const api = new Client("http://api.test", {
    fetch: service.fetch,
    headers: { authorization: "Bearer secret", "x-api-key": "secret" },
    timeout: { attempt: 400, ...mix.total && { total: 1_500 }, clock },
    ...mix.coalesce && { coalesce: flights },
    ...mix.bulkhead && { bulkhead: places },
    ...mix.retry && { retry: { interval: 10, clock, random } },
    ...mix.hedge && { hedge: { delay: 30, maxHedges: 2, clock } },
    ...mix.spread === "failover" && { failover: { targets, interval: 5, clock } },
    ...mix.spread === "loadBalance" && { loadBalance: { balancer } },
    ...mix.breaker && { circuitBreaker: { resetTime: 100, clock } },
    ...mix.cookies && { cookies: true },
    followRedirects: mix.redirects,
  } as ClientConfiguration);
  const shared = counted(new AbortController().signal);
  const working = Array.from({ length: 50 }, async (_, worker) => {
    for (let at = worker; at < calls; at += 50) {
      seen.add(await oneCall(api, String(at), clock, random, shared.signal, problems));
    }
  });
  let isDone = false;
  const all = Promise.all(working).finally(() => isDone = true);
  all.catch(() => {});
  while (!isDone) await clock.advance(100);
  await all;
  await clock.advance(200_000);
  for (const [id, count] of acted) {
    if (id.endsWith(" POST") && count > 1) problems.push(`${id} was sent ${count} times`);
  }
  assert.deepEqual(problems, []);
  assert.deepEqual({
    timers: clock.pendingTimers,
    waiting: service.waiting,
    bodies: service.openBodies,
    listeners: shared.count(),
    places: places.metrics.active + places.metrics.queued,
    flights: flights.metrics.inFlight,
    outstanding: balancer.targets.map(({ outstanding }) => outstanding).join(),
  }, {
    ...{ timers: 0, waiting: 0, bodies: 0, listeners: 0, places: 0, flights: 0 },
    outstanding: "0,0,0",
  });
}

/** What must hold of each request that arrives. */
function check({ url, headers, text, method }: FaultCall, problems: string[]): void {
  const isEvil = url.startsWith("http://evil.test");
  for (const name of ["authorization", "x-api-key"]) {
    if (isEvil && headers.has(name)) problems.push(`${name} was sent to ${url}`);
  }
  const cookie = headers.get("cookie") ?? `from=${new URL(url).hostname}`;
  if (cookie !== `from=${new URL(url).hostname}`) problems.push(`${cookie} was sent to ${url}`);
  const kind = headers.get("x-body") ?? "";
  if (isEvil || method === "GET" || method === "HEAD" || kind === "") return;
  if (!arrives[kind]?.(text)) problems.push(`${method} with ${kind} arrived cut: ${text.length}`);
}

async function oneCall(
  api: Client,
  number: string,
  clock: VirtualClock,
  random: () => number,
  shared: AbortSignal,
  problems: string[],
): Promise<string> {
  const method = pick(random, ["GET", "GET", "HEAD", "POST", "PUT", "DELETE"]);
  const kind = method === "GET" || method === "HEAD" ? "" : pick(random, Object.keys(bodies));
  const id = `${number} ${method}`;
  const headers: Record<string, string> = { "x-body": kind };
  // Calls without their own id can be shared.
  if (kind !== "") headers["x-call"] = id;
  const init: RequestInit & { duplex?: "half" } = { method, headers };
  if (kind !== "") init.body = bodies[kind]!();
  if (kind.includes("stream") || kind === "replayable") init.duplex = "half";
  const reason = { number };
  const manner = random();
  const own = new AbortController();
  if (manner < 0.25) {
    init.signal = own.signal;
    if (manner < 0.02) own.abort(reason);
    else clock.setTimer(() => own.abort(reason), random() * 300);
  } else if (manner < 0.7) {
    init.signal = shared;
  }
  try {
    const isRequest = random() < 0.2;
    const response = isRequest
      ? await api.fetch(new Request("http://api.test/albums", init))
      : await api.fetch("/albums", init);
    if (manner > 0.9) await response.body?.cancel();
    else await response.text();
    return String(response.status);
  } catch (error) {
    if (error === reason) return "aborted";
    if (own.signal.aborted && !(error instanceof Error)) problems.push(`${id}: ${String(error)}`);
    if (!(error instanceof Error)) throw error;
    if (/secret|\.test/.test(error.message)) problems.push(`${id} tells ${error.message}`);
    if (error.name === "AbortError") problems.push(`${id}: ${error.name} ${error.message}`);
    return error.name;
  }
}

function pick<T>(random: () => number, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)]!;
}

/** A signal that tells how many listen to it. */
function counted(signal: AbortSignal): { signal: AbortSignal; count: () => number } {
  const listeners = new Set<unknown>();
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...given: Parameters<typeof add>) => {
    listeners.add(given[1]);
    add(...given);
  };
  signal.removeEventListener = (...given: Parameters<typeof remove>) => {
    listeners.delete(given[1]);
    remove(...given);
  };
  return { signal, count: () => listeners.size };
}
