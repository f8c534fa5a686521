/** Which circuit a call belongs to, however its URL is spelled, and how many are kept. @module */
import assert from "node:assert/strict";
import fc from "fast-check";
import { VirtualClock } from "@pirouette/http/testing";
import { CircuitBreaker } from "../../src/layers/circuit_breaker_object.ts";
import { CircuitOpenError } from "../../src/message/circuit_open_error.ts";

const settings = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 1_000 };

function ok(): Promise<Response> {
  return Promise.resolve(new Response());
}

/** The target that a call gets, when others were made before it. */
async function targetOf(input: Request | URL | string, ...before: string[]): Promise<string> {
  const breaker = new CircuitBreaker({ clock: new VirtualClock() });
  for (const other of before) await breaker.send(ok, other);
  breaker.reset();
  const seen = new Set(breaker.targets());
  await breaker.send(ok, input);
  const [fresh] = breaker.targets().filter((target) => !seen.has(target));
  if (fresh !== undefined) return fresh;
  return breaker.targets().find((target) => breaker.metrics(target).total === 1) ?? "none";
}

Deno.test("circuit breaker: the target is the origin, however it is spelled", async () => {
  const table: [url: string, target: string][] = [
    ["http://a.example", "http://a.example"],
    ["http://a.example/", "http://a.example"],
    ["http://a.example/b/c?d=https://e.example/", "http://a.example"],
    ["http://a.example?d=https://e.example/", "http://a.example"],
    ["HTTP://A.EXAMPLE:80/", "http://a.example"],
    ["http://a.example:81/", "http://a.example:81"],
    ["https://a.example/", "https://a.example"],
    ["http://user:pass@a.example/", "http://a.example"],
    ["http://a.example@b.example/", "http://b.example"],
    ["http://a.example\\@b.example/", "http://a.example"],
    ["http:///a.example/", "http://a.example"],
    ["http:a.example/?u=https://b.example/", "http://a.example"],
    [" http://a.ex\tample/", "http://a.example"],
    ["http://a.example.b.example/", "http://a.example.b.example"],
    ["http://[::1]:8080/", "http://[::1]:8080"],
    ["/relative", ""],
    ["unix://socket/path", "unix://socket"],
  ];
  for (const [url, target] of table) {
    for (const before of [[], ["http://a.example/"], [url], ["https://a.example/x", url]]) {
      assert.equal(await targetOf(url, ...before), target, `${url} after ${before}`);
      if (!URL.canParse(url)) continue;
      assert.equal(await targetOf(new URL(url), ...before), target, url);
    }
  }
  assert.equal(await targetOf(new Request("http://a.example/b")), "http://a.example");
});

Deno.test("circuit breaker: no URL goes by the circuit of another origin", async () => {
  const part = fc.constantFrom(
    "http",
    "https",
    ":",
    "/",
    "\\",
    "@",
    "a",
    "b.c",
    "?",
    "#",
    "[::1]",
    ":80",
    " ",
    "\t",
  );
  const url = fc.array(part, { maxLength: 12 }).map((parts) => `http://${parts.join("")}`);
  await fc.assert(
    fc.asyncProperty(
      fc.array(url.filter((text) => URL.canParse(text)), { minLength: 1 }),
      async (urls) => {
        const breaker = new CircuitBreaker({ clock: new VirtualClock() });
        const counts = new Map<string, number>();
        for (const one of urls) {
          await breaker.send(ok, one);
          const { origin } = new URL(one);
          counts.set(origin, (counts.get(origin) ?? 0) + 1);
        }
        assert.deepEqual(breaker.targets().toSorted(), [...counts.keys()].toSorted());
        for (const [origin, count] of counts) assert.equal(breaker.metrics(origin).total, count);
      },
    ),
    settings,
  );
});

Deno.test("circuit breaker: targets of the program's own, __proto__ among them", async () => {
  const breaker = new CircuitBreaker({
    target: (url) => new URL(url).pathname.split("/")[1] ?? "",
  });
  await breaker.send(ok, "http://a.example/__proto__/1");
  breaker.isolate("__proto__");
  breaker.isolate("x".repeat(256));
  await assert.rejects(breaker.send(ok, "http://b.example/__proto__/2"), CircuitOpenError);
  await assert.rejects(breaker.send(ok, `http://b.example/${"x".repeat(9_999)}`), CircuitOpenError);
  await breaker.send(ok, "http://b.example/constructor/2");
  assert.equal(breaker.metrics("__proto__").total, 1);
});

Deno.test("circuit breaker: a bounded number of circuits, closed ones go first", async () => {
  const breaker = new CircuitBreaker({ maxTargets: 100 });
  breaker.isolate("http://kept.example");
  breaker.forceOpen("http://open.example");
  for (let at = 0; at < 5_000; at++) await breaker.send(ok, `http://h${at}.example/`);
  assert.equal(breaker.targets().length, 100);
  assert.equal(breaker.currentState("http://open.example"), "OPEN");
  // Even where nothing but open circuits is left.
  for (let at = 0; at < 5_000; at++) breaker.forceOpen(`http://h${at}.example/`);
  assert.equal(breaker.targets().length, 100);
  await assert.rejects(breaker.send(ok, "http://kept.example/"), CircuitOpenError);
  await breaker.send(ok, "http://h1.example/");
});

Deno.test("circuit breaker: a circuit that made room takes no calls any more", async () => {
  const breaker = new CircuitBreaker({ maxTargets: 1 });
  await breaker.send(ok, "http://a.example/");
  await breaker.send(ok, "http://b.example/");
  await breaker.send(ok, "http://a.example/");
  assert.deepEqual(breaker.targets(), ["http://a.example"]);
  assert.equal(breaker.metrics().total, 1);
});
