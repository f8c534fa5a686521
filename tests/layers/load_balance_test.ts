/** Load balance: where calls go, what is counted, and what is thrown. */
import assert from "node:assert/strict";
import {
  AllLoadBalanceEndpointsFailedError,
  ClientConnectorError,
  type Fetch,
  get,
  IdleTimeoutError,
  serve,
  service,
  stack,
} from "@pirouette/http";
import { BulkheadFullError } from "../../src/message/overload_errors.ts";
import { VirtualClock } from "@pirouette/http/testing";
import { loadBalance, type LoadBalanceOptions } from "../../src/layers/load_balance.ts";
import { leastOutstanding } from "../../src/layers/load_balance_least_outstanding.ts";
import { roundRobin } from "../../src/layers/load_balance_round_robin.ts";
import type { BalancedCall, LoadBalancerRule } from "../../src/layers/load_balance_rule.ts";
import { LoadBalancer } from "../../src/layers/load_balancer.ts";
import { afterAttempts, earlierAttempts } from "../../src/layers/target_attempts.ts";

const one = "http://one.example/v1";
const two = "http://two.example/v1";
const three = "http://three.example/v1";
const refused = new ClientConnectorError("Connection refused");
const late = new IdleTimeoutError("Idle timeout triggered");

/** A fetch by the host of the target, and who was asked. */
function hosts(outcomes: Readonly<Record<string, number | Error>> = {}): {
  readonly send: Fetch;
  readonly asked: string[];
} {
  const asked: string[] = [];
  const send: Fetch = async (input, init) => {
    const request = new Request(input, init);
    const host = new URL(request.url).hostname.replace(".example", "");
    asked.push(host);
    await request.text();
    const outcome = outcomes[host] ?? 200;
    if (outcome instanceof Error) throw outcome;
    return new Response(null, { status: outcome });
  };
  return { send, asked };
}

Deno.test("load balance: puts the call's path below the target's address", async () => {
  const asked: string[] = [];
  const send: Fetch = (input) => {
    asked.push(String(input));
    return Promise.resolve(new Response(null));
  };
  const fetch = loadBalance({ targets: [one, two], rule: roundRobin(), base: "http://api" })(send);
  for (const input of ["/a", `${one}/b?c=d`, new URL(`${two}/e`), "http://api/f"]) {
    await fetch(input);
  }
  await fetch(new Request(`${two}/g`, { method: "POST", body: "text" }));
  assert.deepEqual(asked, [
    `${one}/a`,
    `${two}/b?c=d`,
    `${one}/e`,
    `${two}/f`,
    `${one}/g`,
  ]);
});

Deno.test("load balance: a target's own fetch is used for it", async () => {
  const { send, asked } = hosts();
  const own = hosts();
  const targets = [one, { url: two, fetch: own.send }];
  const fetch = loadBalance({ targets, rule: roundRobin() })(send);
  for (let call = 0; call < 4; call++) await fetch("/");
  assert.deepEqual([asked, own.asked], [["one", "one"], ["two", "two"]]);
});

Deno.test("load balance: an error leads to the others, each once", async () => {
  const { send, asked } = hosts({ one: refused, two: late, three: refused });
  const fetch = loadBalance({ targets: [one, two, three], rule: roundRobin() })(send);
  const error = await fetch("/").catch((thrown: unknown) => thrown);
  assert.ok(error instanceof AllLoadBalanceEndpointsFailedError);
  assert.equal(
    error.message,
    "All the load balance endpoints failed. Last error was: Connection refused",
  );
  assert.deepEqual((error.cause as AggregateError).errors, [refused, late, refused]);
  assert.deepEqual(asked, ["one", "two", "three"]);
});

Deno.test("load balance: a POST that a target may have acted on is not sent elsewhere", async () => {
  for (const [error, calls] of [[late, 1], [refused, 2]] as const) {
    const { send, asked } = hosts({ one: error });
    const fetch = loadBalance({ targets: [one, two], rule: roundRobin() })(send);
    const sent = fetch("/", { method: "POST", body: "text" });
    if (calls === 1) assert.equal(await sent.catch((thrown: unknown) => thrown), late);
    else assert.equal((await sent).status, 200);
    assert.equal(asked.length, calls);
  }
});

Deno.test("load balance: a mistake in the call is thrown as it is, and no target's fault", async () => {
  const mistake = new TypeError("Invalid header");
  const { send, asked } = hosts({ one: mistake, two: mistake });
  const balancer = new LoadBalancer({ targets: [one, two] });
  const fetch = loadBalance({ balancer })(send);
  for (let call = 0; call < 20; call++) {
    assert.equal(await fetch("/").catch((thrown: unknown) => thrown), mistake);
  }
  assert.equal(asked.length, 20);
  assert.ok(!balancer.isEjected(0) && !balancer.isEjected(1));
});

Deno.test("load balance: what a limit of this program refuses goes elsewhere, and is no target's fault", async () => {
  const { send, asked } = hosts({ one: new BulkheadFullError("Full") });
  const balancer = new LoadBalancer({ targets: [one, two], rule: roundRobin() });
  const fetch = loadBalance({ balancer })(send);
  for (let call = 0; call < 20; call++) {
    assert.equal((await fetch("/", { method: "POST" })).status, 200);
  }
  assert.ok(asked.includes("one") && !balancer.isEjected(0));
});

Deno.test("load balance: the caller's abort passes with its reason, and ejects nobody", async () => {
  const balancer = new LoadBalancer({ targets: [one, two] });
  const hanging: Fetch = (_, init) =>
    new Promise((_, reject) => {
      init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
    });
  const fetch = loadBalance({ balancer })(hanging);
  for (let call = 0; call < 20; call++) {
    const controller = new AbortController();
    const sent = fetch("/", { signal: controller.signal });
    assert.equal(balancer.targets.reduce((sum, { outstanding }) => sum + outstanding, 0), 1);
    const reason = new Error("Enough");
    controller.abort(reason);
    assert.equal(await sent.catch((thrown: unknown) => thrown), reason);
  }
  assert.ok(balancer.targets.every(({ index }) => !balancer.isEjected(index)));
  assert.ok(balancer.targets.every(({ outstanding }) => outstanding === 0));
});

Deno.test("load balance: targets that fail are left alone, and come back", async () => {
  const clock = new VirtualClock();
  const outcomes: Record<string, number> = { one: 503 };
  const { send, asked } = hosts(outcomes);
  const balancer = new LoadBalancer({ targets: [one, two, three], rule: roundRobin(), clock });
  const fetch = loadBalance({ balancer })(send);
  const ask = async (count: number): Promise<string> => {
    asked.length = 0;
    for (let call = 0; call < count; call++) await fetch("/");
    return asked.join(" ");
  };
  await ask(13);
  assert.ok(balancer.isEjected(0));
  assert.equal(await ask(4), "two three two three");
  await clock.advance(30_000);
  outcomes.one = 200;
  assert.equal(await ask(3), "one two three");
});

Deno.test("load balance: 4xx are no failures of a target", async () => {
  const balancer = new LoadBalancer({ targets: [one, two] });
  const fetch = loadBalance({ balancer })(hosts({ one: 404, two: 429 }).send);
  for (let call = 0; call < 40; call++) await fetch("/");
  assert.ok(!balancer.isEjected(0) && !balancer.isEjected(1));
});

Deno.test("load balance: where too few targets are left, all are used", async () => {
  const { send, asked } = hosts();
  const balancer = new LoadBalancer({ targets: [one, two, three], rule: roundRobin() });
  const fetch = loadBalance({ balancer })(send);
  balancer.setHealth(0, "unhealthy");
  for (let call = 0; call < 2; call++) await fetch("/");
  assert.deepEqual(asked, ["two", "three"]);
  balancer.setHealth(1, "unhealthy");
  for (let call = 0; call < 3; call++) await fetch("/");
  assert.deepEqual(asked.slice(2), ["one", "two", "three"]);

  const calm = new LoadBalancer({ targets: [one, two, three], panicThreshold: 0 });
  for (const index of [0, 1]) calm.setHealth(index, "unhealthy");
  for (let call = 0; call < 3; call++) await loadBalance({ balancer: calm })(send)("/");
  assert.deepEqual(asked.slice(5), ["three", "three", "three"]);
  calm.setHealth(2, "unhealthy");
  await loadBalance({ balancer: calm })(send)("/");
});

Deno.test("load balance: an ejected target is tried before all have failed", async () => {
  const outcomes: Record<string, number | Error> = { one: 503 };
  const { send, asked } = hosts(outcomes);
  const fetch = loadBalance({ targets: [one, two], rule: roundRobin() })(send);
  for (let call = 0; call < 10; call++) await fetch("/");
  Object.assign(outcomes, { one: 200, two: refused });
  asked.length = 0;
  assert.equal((await fetch("/")).status, 200);
  assert.deepEqual(asked, ["two", "one"]);
});

Deno.test("load balance: a later attempt goes to a target that was not tried", async () => {
  const { send, asked } = hosts({ one: 503, two: late, three: 200 });
  // A rule that would always begin at the first.
  const first: LoadBalancerRule = { getNextClient: () => 0 };
  const inner: unknown[] = [];
  const watched: Fetch = (input, init) => {
    inner.push(...earlierAttempts(init));
    return send(input, init);
  };
  const fetch = loadBalance({ targets: [one, two, three], rule: first })(watched);
  const outcomes: unknown[] = [];
  const attempt = (): Promise<Response> =>
    afterAttempts(fetch, outcomes)(new Request(`${one}/`, { method: "POST", body: "text" }));
  outcomes.push(await attempt());
  outcomes.push(await attempt().catch((thrown: unknown) => thrown));
  assert.equal((await attempt()).status, 200);
  assert.deepEqual(asked, ["one", "two", "three"]);
  assert.deepEqual(inner, []);
  // Once all were tried it begins anew, and what it does not know does not matter.
  const all = [...outcomes, await attempt(), new Response(), "text", null];
  assert.equal((await afterAttempts(fetch, all.slice(3))("/")).status, 503);
});

/** A response whose body comes when it is told to. */
function slowBody(): { response: Response; piece(text: string): void; close(): void } {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({ start: (given) => void (controller = given) });
  return {
    response: new Response(body),
    piece: (text) => controller?.enqueue(new TextEncoder().encode(text)),
    close: () => controller?.close(),
  };
}

Deno.test("load balance: a call is outstanding until its head has come, and while it is read", async () => {
  const slow = slowBody();
  const balancer = new LoadBalancer({ targets: [one, two], rule: leastOutstanding() });
  const [target] = balancer.targets;
  const fetch = loadBalance({ balancer })(() => Promise.resolve(slow.response));
  const sent = fetch("/");
  assert.equal(target?.outstanding, 1);
  const response = await sent;
  assert.equal(target?.outstanding, 0);
  const text = response.text();
  assert.equal(target?.outstanding, 1);
  slow.piece("a");
  slow.close();
  assert.equal(await text, "a");
  assert.equal(target?.outstanding, 0);
});

Deno.test("load balance: a body that is cancelled or broken off is no longer outstanding", async () => {
  const balancer = new LoadBalancer({ targets: [one], rule: leastOutstanding() });
  const [target] = balancer.targets;
  const slow = slowBody();
  const response = await loadBalance({ balancer })(() => Promise.resolve(slow.response))("/");
  const reader = response.body?.getReader();
  const read = reader?.read();
  // A stream begins to be read a moment later.
  await Promise.resolve();
  assert.equal(target?.outstanding, 1);
  await reader?.cancel();
  await read;
  assert.equal(target?.outstanding, 0);

  const broken = new Response(
    new ReadableStream({
      pull: () => Promise.reject(new Error("reset")),
    }, { highWaterMark: 0 }),
  );
  const failing = await loadBalance({ balancer })(() => Promise.resolve(broken))("/");
  await assert.rejects(failing.text(), /reset/);
  assert.equal(target?.outstanding, 0);
});

Deno.test("load balance: a short response stays the object it was", async () => {
  const short = new Response("short", { headers: { "content-length": "5" } });
  const response = await loadBalance({ targets: [one] })(() => Promise.resolve(short))("/");
  assert.equal(Object.getPrototypeOf(response), Response.prototype);
  assert.equal(response, short);
});

Deno.test("load balance: a rule sees the call and the targets", async () => {
  const seen: BalancedCall[] = [];
  const rule = (targets: readonly { readonly url: string }[], call: BalancedCall): number => {
    seen.push(call);
    return targets.findIndex(({ url }) => url === two);
  };
  const { send, asked } = hosts();
  const init = { method: "PUT", headers: { "x-user": "alice" } };
  await loadBalance({ targets: [one, two], rule })(send)("/albums?page=2", init);
  const [call] = seen;
  assert.deepEqual(asked, ["two"]);
  assert.deepEqual([call?.method, call?.path, call?.headers.get("x-user")], [
    "PUT",
    "/albums?page=2",
    "alice",
  ]);
});

Deno.test("load balance: a rule that chooses nobody is an error", async () => {
  for (const place of [-1, 2, 0.5, NaN, undefined as unknown as number]) {
    const sent = loadBalance({ targets: [one, two], rule: () => place })(hosts().send)("/");
    await assert.rejects(sent, {
      name: "LoadBalanceActionError",
      message: `The rule chose target ${place} of 2: give a place in the list it gets`,
    });
  }
});

const bad: readonly (readonly [unknown, RegExp])[] = [
  [{ targets: [] }, /loadBalance needs a list of targets/],
  [{ targets: [one], lbRule: 1 }, /loadBalance has no option "lbRule"/],
  [{ targets: [one], rule: {} }, /needs a rule with getNextClient, or a function/],
  [{ targets: [{ url: one, weight: 0 }] }, /needs a weight above 0 for target 0, not 0/],
  [{ targets: [{ url: one, weight: 2 }], rule: roundRobin() }, /use weightedRoundRobin/],
  [{ targets: [one], panicThreshold: 2 }, /a number from 0 to 1 for panicThreshold, not 2/],
  [{ targets: [one], outlierEjection: { ratio: 1 } }, /outlierEjection has no option "ratio"/],
  [{ targets: [one], rule: roundRobin(), random: Math.random }, /give random to the rule/],
  [{ targets: [one], failover: "yes" }, /needs true or false for failover/],
  [{ targets: [one], failover: false, methods: ["GET"] }, /nothing is sent again of: set failover/],
  [{ targets: [one], bufferLimit: -1 }, /a whole number from 0 for bufferLimit, not -1/],
  [{ balancer: {} }, /needs a LoadBalancer as balancer/],
  [{ balancer: new LoadBalancer({ targets: [one] }), targets: [one] }, /give targets to it/],
];

for (const [options, message] of bad) {
  Deno.test(`load balance: refuses options, ${message.source}`, () => {
    assert.throws(() => loadBalance(options as LoadBalanceOptions), message);
  });
}

Deno.test("load balance: between real servers, one of which is gone", async () => {
  const named = (name: string) => service({}, [get("/name", () => name)]);
  const closed = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const nobody = `http://127.0.0.1:${closed.addr.port}`;
  closed.close();
  await using first = await serve(named("first"), { port: 0, host: "127.0.0.1" });
  await using second = await serve(named("second"), { port: 0, host: "127.0.0.1" });
  const balancer = new LoadBalancer({
    targets: [first.url, nobody, second.url],
    rule: roundRobin(),
  });
  const send = stack(fetch, loadBalance({ balancer }));
  const names: string[] = [];
  for (let call = 0; call < 20; call++) names.push(await (await send("/name")).text());
  assert.deepEqual(new Set(names), new Set(["first", "second"]));
  assert.ok(balancer.isEjected(1));
  assert.ok(balancer.targets.every(({ outstanding }) => outstanding === 0));
});
