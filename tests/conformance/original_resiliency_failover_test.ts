/**
 * What the original library's own tests hold of its failover client (spec 2.4.1.8), as its gateways tell
 * it to their callers.
 */
import assert from "node:assert/strict";
import {
  any,
  type BodilessCall,
  FailoverActionFailedError,
  FailoverAllEndpointsFailedError,
  FailoverClient,
  service,
} from "@pirouette/http";
import { faultFetch, VirtualClock } from "@pirouette/http/testing";

const invalid = "http://localhost:3467/inavalidEP";
const echo = "http://localhost:8083/echo03";
const mock = "http://localhost:8083/mock03";
const failure = "http://localhost:8083/failureStatusCodeService03";
const failoverCodes = [501, 502, 503];

const tooLate = "All the failover endpoints failed. Last error was: " +
  "Idle timeout triggered before initiating inbound response";
const gone = "All the failover endpoints failed. " +
  "Last endpoint returned response is: 503 Service Unavailable";

/** The original's gateway: 5 s for a target, 5 s between two; it answers 500 with what failed. */
function gateway(targets: readonly string[], methods?: readonly string[]) {
  const clock = new VirtualClock();
  const backend = faultFetch(({ url, text }) => {
    if (url.startsWith(invalid)) return { fault: "refused" };
    if (url.startsWith(echo)) return { latency: 30_000, body: "echo Resource is invoked" };
    if (url.startsWith(failure)) return { status: 503, body: "Failure status code scenario" };
    return { body: text === "" ? "Mock Resource is Invoked." : text };
  }, { clock });
  const api = new FailoverClient({
    targets,
    failoverCodes,
    interval: 5_000,
    timeout: { headers: 5_000, clock },
    fetch: backend.fetch,
    clock,
    ...(methods === undefined ? {} : { methods }),
  });
  const front = service({}, [
    any("/", async ({ request }) => {
      try {
        return await api.forward("/", request);
      } catch (error) {
        return new Response((error as Error).message, { status: 500 });
      }
    }),
  ]);
  const ask = async (init: RequestInit): Promise<string> => {
    const answer = Promise.resolve(front.fetch(new Request("http://front/", init)));
    await clock.advance(120_000);
    assert.equal(clock.pendingTimers, 0);
    const response = await answer;
    return `${response.status} ${await response.text()}`;
  };
  return { api, ask, backend, clock };
}

const message: RequestInit = { method: "POST", body: '{"name":"Ballerina"}' };
const asInOriginal = ["POST"];

Deno.test("original failover: what a gateway's caller sees", async () => {
  const table: readonly (readonly [targets: readonly string[], sees: string, asked: number])[] = [
    [[invalid, echo, mock, mock], '200 {"name":"Ballerina"}', 3],
    [[invalid, echo, echo], `500 ${tooLate}`, 3],
    [[failure, failure, failure], `500 ${gone}`, 3],
    [[invalid, failure], `500 ${gone}`, 2],
    [[failure, echo], `500 ${tooLate}`, 2],
    [[failure, mock], '200 {"name":"Ballerina"}', 2],
    [[failure], `500 ${gone}`, 1],
  ];
  for (const [targets, sees, asked] of table) {
    const { ask, backend } = gateway(targets, asInOriginal);
    assert.equal(await ask(message), sees);
    assert.equal(backend.count, asked);
    assert.equal(backend.openBodies, 0, "a response that is thrown away is cancelled");
    for (const { text } of backend.calls) assert.equal(text, '{"name":"Ballerina"}');
  }
});

Deno.test("original failover: a call begins at the target that succeeded last", async () => {
  const { api, ask, backend } = gateway([invalid, echo, mock], asInOriginal);
  const starts: number[] = [];
  for (let call = 0; call < 3; call++) {
    starts.push(api.getSucceededEndpointIndex());
    assert.equal(await ask(message), '200 {"name":"Ballerina"}');
  }
  assert.deepEqual(starts, [0, 2, 2]);
  assert.equal(backend.count, 5);
  // Where all fail the place stays.
  const down = gateway([failure, failure], asInOriginal);
  down.api.targets.startAt(1);
  assert.equal(await down.ask(message), `500 ${gone}`);
  assert.equal(down.api.getSucceededEndpointIndex(), 1);
});

Deno.test("original failover: from the middle on, every target is asked once and in turn", async () => {
  for (let start = 0; start < 4; start++) {
    const targets = [failure, invalid, `${failure}/b`, `${invalid}/b`];
    const { api, ask, backend } = gateway(targets, asInOriginal);
    api.targets.startAt(start);
    await ask(message);
    const asked = backend.calls.map(({ url }) => targets.indexOf(url.replace(/\/$/, "")));
    assert.deepEqual(asked, [0, 1, 2, 3].map((place) => (start + place) % 4));
    // The interval is between two targets, not after the last.
    assert.deepEqual(backend.calls.map(({ at }) => at), [0, 5_000, 10_000, 15_000]);
  }
});

Deno.test("original failover: the errors of all targets are kept", async () => {
  const { api, clock } = gateway([failure, echo, failure], asInOriginal);
  const failed = api.post("/", "x").then(() => undefined, (error: unknown) => error);
  await clock.advance(60_000);
  const error = await failed;
  assert.ok(error instanceof FailoverAllEndpointsFailedError);
  assert.equal(error.message, gone);
  const { cause } = error;
  assert.ok(cause instanceof AggregateError);
  assert.deepEqual(cause.errors.map(String), [
    "FailoverActionFailedError: Endpoint 0 returned response is: 503 Service Unavailable",
    "IdleTimeoutError: Idle timeout triggered before initiating inbound response",
    "FailoverActionFailedError: Last endpoint returned response: 503 Service Unavailable",
  ]);
  assert.ok(cause.errors[0] instanceof FailoverActionFailedError);
});

Deno.test("original failover: forms go to each target as they are, nested ones too", async () => {
  const form = new FormData();
  form.set("a", new Blob(["Part1"], { type: "text/plain" }), "a.txt");
  const nested =
    "--o\r\ncontent-type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\nChild\r\n--i--\r\n" +
    "--o--\r\n";
  const type = "multipart/form-data; boundary=o";
  for (const init of [{ body: form }, { body: nested, headers: { "content-type": type } }]) {
    const { ask, backend } = gateway([invalid, echo, mock], asInOriginal);
    const answer = await ask({ method: "POST", ...init });
    assert.match(answer, /^200 --[^]*(?:Part1|Child)/);
    const [first, ...others] = backend.calls;
    for (const { text, headers } of others) {
      assert.equal(text, first?.text);
      assert.equal(headers.get("content-type"), first?.headers.get("content-type"));
    }
  }
});

Deno.test("original failover: each function of the client goes on", async () => {
  for (const name of ["get", "head", "options", "post", "put", "patch", "delete"] as const) {
    const { api, backend, clock } = gateway([failure, mock]);
    const calling = name === "post" || name === "put" || name === "patch"
      ? api[name]("/", "hello")
      : (api[name] as BodilessCall)("/");
    await clock.advance(60_000);
    const response = await calling as Response;
    assert.equal(response.status, 200, name);
    await response.body?.cancel();
    assert.deepEqual(backend.calls.map(({ method }) => method), [
      name.toUpperCase(),
      name.toUpperCase(),
    ]);
  }
});

Deno.test("original failover: unless told to, a POST that may have been acted on is not repeated", async () => {
  const once = gateway([echo, mock]);
  assert.equal(
    await once.ask(message),
    "500 Idle timeout triggered before initiating inbound response",
  );
  assert.equal(once.backend.count, 1);
  // One that never arrived is no repetition, and one that has a key may be repeated.
  const unsent = gateway([invalid, mock]);
  assert.equal(await unsent.ask(message), '200 {"name":"Ballerina"}');
  const keyed = gateway([echo, mock]);
  assert.equal(
    await keyed.ask({ ...message, headers: { "idempotency-key": "1" } }),
    '200 {"name":"Ballerina"}',
  );
});
