/**
 * What the original library's own tests hold of a client with a circuit breaker (spec 2.4.1.5), as its
 * gateways tell it to their callers.
 */
import assert from "node:assert/strict";
import {
  any,
  type CircuitBreakerConfig,
  Client,
  FailoverClient,
  LoadBalanceClient,
  service,
  UpstreamServiceUnavailableError,
} from "@pirouette/http";
import { faultFetch, type ScriptedAnswer, VirtualClock } from "@pirouette/http/testing";

const hello: ScriptedAnswer = { body: "Hello World!!!" };
const down: ScriptedAnswer = { status: 503, body: "Service unavailable." };
const broken: ScriptedAnswer = { status: 500, body: "Internal error" };
const late: ScriptedAnswer = { latency: 3_000 };
const refused: ScriptedAnswer = { fault: "refused" };

const helloText = "200 Hello World!!!";
const downText = "503 Service unavailable.";
const lateText = "500 Idle timeout triggered before initiating inbound response";
const openText =
  "500 Upstream service unavailable. Requests to upstream service will be suspended for";

const statusCodes = [501, 502, 503];

/** A gateway whose client has a breaker; it answers 500 with the message of what failed. */
function gateway(circuitBreaker: CircuitBreakerConfig, script: readonly ScriptedAnswer[]) {
  const clock = new VirtualClock();
  const backend = faultFetch(script, { clock });
  const api = new Client("http://localhost:8086", {
    fetch: backend.fetch,
    timeout: { headers: 2_000, clock },
    circuitBreaker: { ...circuitBreaker, clock },
  });
  const front = service({ basePath: "/cb" }, [
    any("/", async ({ request }) => {
      try {
        return await api.forward("/hello/typical", request);
      } catch (error) {
        return new Response((error as Error).message, { status: 500 });
      }
    }),
  ]);
  /** What a caller sees; the call's time passes at once. */
  const ask = async (method = "POST"): Promise<string> => {
    const init: RequestInit = { method };
    if (method === "POST") init.body = '{"hello":"world"}';
    const answer = Promise.resolve(front.fetch(new Request("http://front/cb", init)));
    await clock.advance(2_000);
    const response = await answer;
    return `${response.status} ${await response.text()}`;
  };
  return { api, ask, backend, clock };
}

/** One step: the start of what a caller sees, or milliseconds to wait. */
type Step = string | number;

const scenarios: Readonly<
  Record<string, readonly [CircuitBreakerConfig, readonly ScriptedAnswer[], readonly Step[]]>
> = {
  "a timeout opens it, and it recovers": [
    { rollingWindow: { requestVolumeThreshold: 0 }, failureThreshold: 0.3, resetTime: 5_000 },
    [hello, hello, late, hello],
    [helloText, helloText, lateText, openText, openText, 5_000, helloText, helloText],
  ],
  "statuses that are listed open it, once there were enough": [
    { rollingWindow: { requestVolumeThreshold: 3 }, failureThreshold: 0.3, resetTime: 60_000 },
    [down],
    [downText, downText, downText, openText, openText],
  ],
  "a trial that fails opens it again": [
    { rollingWindow: { requestVolumeThreshold: 0 }, failureThreshold: 0.3, resetTime: 4_000 },
    [down, down, hello],
    [downText, openText, 5_000, downText, openText],
  ],
  "without statuses only errors count": [
    {
      rollingWindow: { timeWindow: 60_000, bucketSize: 5_000, requestVolumeThreshold: 0 },
      failureThreshold: 0.2,
      resetTime: 60_000,
      statusCodes: [],
    },
    [hello, hello, broken, hello],
    [helloText, helloText, "500 Internal error", helloText, helloText],
  ],
  "a connection that is refused opens it": [
    {
      rollingWindow: { timeWindow: 60_000, bucketSize: 5_000, requestVolumeThreshold: 0 },
      failureThreshold: 0.2,
      resetTime: 60_000,
      statusCodes: [],
    },
    [refused],
    ["500 Something wrong with the connection", openText],
  ],
  "statuses that are not listed never open it": [
    { rollingWindow: { requestVolumeThreshold: 0 }, failureThreshold: 0, resetTime: 1_000 },
    [broken],
    ["500 Internal error", "500 Internal error", "500 Internal error"],
  ],
  "a ratio that is the threshold does not open it": [
    { rollingWindow: { requestVolumeThreshold: 2 }, failureThreshold: 0.5, resetTime: 60_000 },
    [hello, down, hello, down, down],
    [helloText, downText, helloText, downText, downText, openText],
  ],
};

for (const [name, [config, script, steps]] of Object.entries(scenarios)) {
  Deno.test(`original circuit breaker: ${name}`, async () => {
    const { ask, backend, clock } = gateway({ statusCodes, ...config }, script);
    for (const [at, step] of steps.entries()) {
      if (typeof step === "number") await clock.advance(step);
      else assert.equal((await ask()).slice(0, step.length), step, `step ${at}`);
    }
    const sent = steps.filter((step) => typeof step === "string" && step !== openText).length;
    assert.equal(backend.count, sent, "what was refused was not sent");
    assert.equal(clock.pendingTimers, 0);
  });
}

Deno.test("original circuit breaker: forced open and closed, whatever is called", async () => {
  for (const method of ["POST", "GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"]) {
    const { api, ask } = gateway({
      rollingWindow: { requestVolumeThreshold: 0 },
      failureThreshold: 0.2,
      resetTime: 10_000,
      statusCodes,
    }, [hello]);
    const [well, open] = method === "HEAD" ? ["200 ", "500 "] : [helloText, openText];
    api.circuitBreakerForceClose();
    assert.equal(await ask(method), well, method);
    api.circuitBreakerForceOpen();
    assert.equal(api.getCircuitBreakerCurrentState(), "OPEN");
    for (let call = 0; call < 2; call++) {
      assert.equal((await ask(method)).slice(0, open.length), open, method);
    }
    api.circuitBreakerForceClose();
    assert.equal(api.getCircuitBreakerCurrentState(), "CLOSED");
    assert.equal(await ask(method), well, method);
  }
});

Deno.test("original circuit breaker: forced closed after timeouts opened it", async () => {
  const { api, ask, clock } = gateway({
    rollingWindow: { requestVolumeThreshold: 2 },
    failureThreshold: 0.6,
    resetTime: 10_000,
    statusCodes,
  }, [late, late, hello]);
  assert.equal(await ask(), lateText);
  assert.equal(await ask(), lateText);
  assert.equal((await ask()).slice(0, openText.length), openText);
  api.circuitBreakerForceClose();
  assert.equal(await ask(), helloText);
  assert.equal(await ask(), helloText);
  await clock.advance(3_000);
});

Deno.test("original circuit breaker: the error says for how many seconds, and is the caller's", async () => {
  const { api, clock } = gateway({ resetTime: 12_000 }, [hello]);
  api.circuitBreakerForceOpen();
  for (const [passed, left] of [[0, 12], [1_000, 11], [500, 11], [10_400, 1]] as const) {
    await clock.advance(passed);
    await assert.rejects(api.get("/"), (error: unknown) => {
      assert.ok(error instanceof UpstreamServiceUnavailableError);
      assert.equal(error.name, "UpstreamServiceUnavailableError");
      assert.equal(error.status, 503);
      assert.ok(error.message.endsWith(`will be suspended for ${left} seconds.`), error.message);
      return true;
    });
  }
});

Deno.test("original circuit breaker: each target of a client has its own, on one host too", async () => {
  const circuitBreaker: CircuitBreakerConfig = {
    rollingWindow: { requestVolumeThreshold: 0 },
    failureThreshold: 0,
    resetTime: 60_000,
  };
  const targets = ["http://localhost:8093/LBMock1", "http://localhost:8093/LBMock2/"];
  const backend = faultFetch(({ url }) => url.includes("/LBMock1") ? down : hello);
  const { fetch } = backend;
  const inTurn = new FailoverClient({ targets, fetch, circuitBreaker });
  for (let call = 0; call < 3; call++) {
    inTurn.targets.startAt(0);
    assert.equal((await inTurn.get("/a?b")).status, 200);
  }
  // The first was asked once, and was open from then on.
  const asked = backend.calls.map(({ url }) => url.slice("http://localhost:8093/".length));
  assert.deepEqual(asked, ["LBMock1/a?b", "LBMock2/a?b", "LBMock2/a?b", "LBMock2/a?b"]);
  const breaker = inTurn.client.circuitBreaker;
  assert.deepEqual(breaker?.targets(), [
    "http://localhost:8093/LBMock1",
    "http://localhost:8093/LBMock2",
  ]);
  assert.equal(breaker?.currentState("http://localhost:8093/LBMock1"), "OPEN");
  assert.equal(breaker?.currentState("http://localhost:8093/LBMock2"), "CLOSED");
  const spread = new LoadBalanceClient({ targets, fetch, circuitBreaker: true });
  await spread.get("/");
  assert.match(spread.client.circuitBreaker?.targets().join() ?? "", /LBMock/);
  // Where each is of its own origin, the origin is enough.
  const apart = new FailoverClient({
    targets: ["http://one/v1", "http://two/v1"],
    ...{ fetch, circuitBreaker },
  });
  await apart.get("/");
  assert.deepEqual(apart.client.circuitBreaker?.targets(), ["http://one"]);
});
