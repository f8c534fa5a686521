/** Who tries again goes where the call was not, through every layer that does; and what was sent is known. @module */
import assert from "node:assert/strict";
import { type Fetch, stack } from "@pirouette/http";
import {
  CircuitBreaker,
  circuitBreaker,
  failover,
  hedge,
  loadBalance,
  retry,
} from "@pirouette/http/layers";
import { faultFetch, type ScriptedAnswer, VirtualClock } from "@pirouette/http/testing";
import { explainFailure } from "../../src/client/transport_failure.ts";
import { ClientConnectorError } from "../../src/message/client_errors.ts";
import { isUnsent } from "../../src/layers/target_failure.ts";

const targets = ["http://a.test", "http://b.test", "http://c.test"];

/** Always the first of those that may be used, so that only what was tried moves a call on. */
const first = (): number => 0;

/** The targets that a call was sent to, by their letters, where each answers as it says. */
async function asked(
  answers: Readonly<Record<string, ScriptedAnswer>>,
  ...layers: readonly ((clock: VirtualClock) => (next: Fetch) => Fetch)[]
): Promise<string> {
  const clock = new VirtualClock();
  const letter = (url: string): string => url.charAt("http://".length);
  const { fetch, calls } = faultFetch(({ url }) => answers[letter(url)] ?? {}, { clock });
  const send = stack(fetch, ...layers.map((layer) => layer(clock)));
  const sent = send("/albums").then((response) => response.text(), () => {});
  await clock.advance(10_000);
  await sent;
  return calls.map(({ url }) => letter(url)).join("");
}

const retrying = (clock: VirtualClock) => retry({ count: 2, interval: 1, clock });
const hedging = (clock: VirtualClock) => hedge({ delay: 5_000, clock });
const balancing = (clock: VirtualClock) => loadBalance({ targets, rule: first, clock });
const down: ScriptedAnswer = { status: 503 };
const refused: ScriptedAnswer = { fault: "refused" };

Deno.test("target attempts: a retry goes to none that the call went to, errors and statuses mixed", async () => {
  assert.equal(await asked({ a: refused, b: down }, retrying, balancing), "abc");
  assert.equal(await asked({ a: down, b: refused }, retrying, balancing), "abc");
  assert.equal(await asked({ a: down, b: down }, retrying, balancing), "abc");
  // With all of them tried it begins anew.
  assert.equal(await asked({ a: refused, b: refused, c: down }, retrying, balancing), "abcabcabc");
});

Deno.test("target attempts: a hedge below a retry knows what the retry does", async () => {
  const noMore = (clock: VirtualClock) => hedge({ delay: 5_000, maxHedges: 1, clock });
  assert.equal(await asked({ a: down, b: down }, retrying, noMore, balancing), "abc");
  const all = { a: down, b: down, c: down };
  assert.equal((await asked(all, retrying, hedging, balancing)).slice(0, 3), "abc");
});

Deno.test("target attempts: what fails on an open connection was sent, for all that is known", async () => {
  const errors: readonly (readonly [code: string, message: string, unsent: boolean])[] = [
    ["ECONNREFUSED", "connect ECONNREFUSED 10.0.0.1:80", true],
    ["EHOSTUNREACH", "connect EHOSTUNREACH 10.0.0.1:80", true],
    ["ETIMEDOUT", "connect ETIMEDOUT 10.0.0.1:80", true],
    ["ENOTFOUND", "getaddrinfo ENOTFOUND albums.example", true],
    ["ETIMEDOUT", "read ETIMEDOUT", false],
    ["EHOSTUNREACH", "read EHOSTUNREACH", false],
    ["ENETUNREACH", "write ENETUNREACH", false],
    ["ECONNRESET", "read ECONNRESET", false],
    ["EPIPE", "write EPIPE", false],
  ];
  for (const [code, message, unsent] of errors) {
    const raw = new TypeError("fetch failed", {
      cause: Object.assign(new Error(message), { code }),
    });
    const explained = explainFailure(raw, { hasBody: true });
    assert.equal(explained instanceof ClientConnectorError, unsent, message);
    assert.equal(isUnsent(explained), unsent, message);
    // The plain fetch of the platform is not always as sure.
    if (!unsent) assert.equal(isUnsent(raw), false, message);
    let sent = 0;
    const fetch: Fetch = () => {
      sent++;
      return Promise.reject(explained);
    };
    for (const layer of [failover({ targets }), loadBalance({ targets })]) {
      sent = 0;
      await assert.rejects(layer(fetch)("/albums", { method: "POST", body: "x" }));
      assert.equal(sent, unsent ? 3 : 1, message);
    }
  }
});

Deno.test("target attempts: where every circuit is open, or no certificate is right, nothing is tried again", async () => {
  const several = [failover({ targets }), loadBalance({ targets })];
  for (const layer of several) {
    const clock = new VirtualClock();
    const breaker = new CircuitBreaker({ clock });
    breaker.isolate();
    const { fetch, calls } = faultFetch({ fault: "untrusted" }, { clock });
    const refusing = stack(fetch, retrying(clock), layer, circuitBreaker({ breaker }));
    await assert.rejects(refusing("/albums"), /endpoints failed.*suspended/);
    assert.equal(calls.length, 0);
    await assert.rejects(stack(fetch, retrying(clock), layer)("/albums"), /endpoints failed/);
    assert.equal(calls.length, 3);
    assert.equal(clock.pendingTimers, 0);
  }
  // What one of them failed with may pass.
  assert.equal(
    await asked(
      { a: { fault: "untrusted" }, b: refused, c: { fault: "untrusted" } },
      retrying,
      (clock) => failover({ targets, clock }),
    ),
    "abcabcabc",
  );
});
