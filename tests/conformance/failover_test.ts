/**
 * The failover cases (spec 2.4.1.8), and what the original library's own tests hold beyond them. Its
 * times are kept, by a clock that nobody waits for.
 */
import assert from "node:assert/strict";
import {
  ClientConnectorError,
  FailoverActionFailedError,
  FailoverAllEndpointsFailedError,
  type Fetch,
  stack,
} from "@pirouette/http";
import { timeout } from "@pirouette/http/layers";
import { VirtualClock } from "@pirouette/http/testing";
import { failover, type FailoverOptions } from "../../src/layers/failover.ts";
import { FailoverTargets } from "../../src/layers/failover_targets.ts";
import { conformance } from "./cases.ts";

const invalid = "http://127.0.0.1:3467/inavalidEP";
const echo = "http://127.0.0.1:8080/echo";
const mock = "http://127.0.0.1:8080/mock";
const failure = "http://127.0.0.1:8080/failureStatusCodeService";

/** The services of the original's tests: one refuses, one takes 30 s, one answers, one fails. */
function services(clock: VirtualClock): Fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const sent = await request.text();
    const { pathname } = new URL(request.url);
    if (pathname.startsWith("/inavalidEP")) throw new ClientConnectorError("Connection refused");
    if (pathname.startsWith("/failure")) return new Response("Failure", { status: 503 });
    if (pathname.startsWith("/echo")) {
      return await new Promise<Response>((resolve, reject) => {
        const late = clock.setTimer(
          () => resolve(new Response("echo Resource is invoked")),
          30_000,
        );
        request.signal.addEventListener("abort", () => {
          late.clear();
          reject(request.signal.reason);
        });
      });
    }
    return new Response(sent === "" ? "Mock Resource is Invoked." : sent);
  };
}

interface Client {
  send(init?: RequestInit): Promise<Response>;
}

/** A client as the original's: 5 s for a target and between two. */
function client(options: FailoverOptions): Client {
  const clock = new VirtualClock();
  const send = stack(
    services(clock),
    failover({ interval: 5_000, clock, ...options }),
    timeout({ headers: 5_000, clock }),
  );
  return {
    async send(init = { method: "POST", body: '{"name":"Ballerina"}' }) {
      const sent = send("/", init);
      // Whoever waits for it sees how it ends.
      sent.catch(() => {});
      await clock.advance(120_000);
      assert.equal(clock.pendingTimers, 0);
      return await sent;
    },
  };
}

async function failureOf(sent: Promise<Response>): Promise<FailoverAllEndpointsFailedError> {
  const error = await sent.then(() => undefined, (error: unknown) => error);
  assert.ok(error instanceof FailoverAllEndpointsFailedError, String(error));
  return error;
}

function causesOf({ cause }: Error): readonly unknown[] {
  assert.ok(cause instanceof AggregateError);
  return cause.errors;
}

/** The original's tests send POST on after a timeout. */
const methods = ["POST"];
const failoverCodes = [501, 502, 503];

conformance("failover", {
  "all fail with status codes": async () => {
    const targets = new FailoverTargets([failure, failure, failure]);
    const error = await failureOf(client({ targets, failoverCodes }).send());
    assert.equal(
      error.message,
      "All the failover endpoints failed. Last endpoint returned response is: 503 Service Unavailable",
    );
    assert.equal(error.name, "FailoverAllEndpointsFailedError");
    const causes = causesOf(error);
    assert.deepEqual(causes.map(String), [
      "FailoverActionFailedError: Endpoint 0 returned response is: 503 Service Unavailable",
      "FailoverActionFailedError: Endpoint 1 returned response is: 503 Service Unavailable",
      "FailoverActionFailedError: Last endpoint returned response: 503 Service Unavailable",
    ]);
    assert.ok(causes.every((cause) => cause instanceof FailoverActionFailedError));
    assert.equal(targets.getSucceededEndpointIndex(), 0);
  },
  "remembers last good target": async () => {
    const targets = new FailoverTargets([invalid, echo, mock]);
    const { send } = client({ targets, failoverCodes, methods });
    assert.equal(targets.getSucceededEndpointIndex(), 0);
    assert.equal((await send()).status, 200);
    assert.equal(targets.getSucceededEndpointIndex(), 2);
    assert.equal((await send()).status, 200);
    assert.equal(targets.getSucceededEndpointIndex(), 2);
  },
});

Deno.test("failover, original: a refused connection and a timeout lead to the third target", async () => {
  const { send } = client({ targets: [invalid, echo, mock, mock], failoverCodes, methods });
  assert.equal(await (await send()).text(), '{"name":"Ballerina"}');
});

Deno.test("failover, original: the last error is told where all fail", async () => {
  const { send } = client({ targets: [invalid, echo, echo], failoverCodes, methods });
  const error = await failureOf(send());
  assert.equal(
    error.message,
    "All the failover endpoints failed. Last error was: " +
      "Idle timeout triggered before initiating inbound response",
  );
  assert.deepEqual(causesOf(error).map((cause) => (cause as Error).name), [
    "ClientConnectorError",
    "IdleTimeoutError",
    "IdleTimeoutError",
  ]);
});

Deno.test("failover, original: without codes only errors lead to the next target", async () => {
  const { send } = client({ targets: [invalid, echo, mock], failoverCodes: [] });
  const response = await send({});
  assert.equal(await response.text(), "Mock Resource is Invoked.");
  const answered = await client({ targets: [failure, mock], failoverCodes: [] }).send({});
  assert.equal(answered.status, 503);
});

Deno.test("failover, original: the default codes are 501, 502, 503 and 504", async () => {
  for (const status of [500, 501, 502, 503, 504, 505, 404, 200]) {
    const first: Fetch = () => Promise.resolve(new Response(null, { status }));
    const second: Fetch = () => Promise.resolve(new Response(null, { status: 202 }));
    const send = failover({
      targets: [{ url: invalid, fetch: first }, { url: mock, fetch: second }],
    });
    const expected = status >= 501 && status <= 504 ? 202 : status;
    assert.equal((await send(fetch)("/")).status, expected);
  }
});

Deno.test("failover, original: the target is one of all after a start in the middle", async () => {
  const targets = new FailoverTargets([mock, failure, failure]);
  targets.startAt(1);
  const response = await client({ targets }).send();
  assert.equal(response.status, 200);
  assert.equal(targets.getSucceededEndpointIndex(), 0);

  const none = new FailoverTargets([failure, failure, failure]);
  none.startAt(1);
  const error = await failureOf(client({ targets: none }).send());
  assert.deepEqual(causesOf(error).map((cause) => (cause as Error).message.slice(0, 13)), [
    "Endpoint 1 re",
    "Endpoint 2 re",
    "Last endpoint",
  ]);
});

Deno.test("failover, original: a multipart form reaches the target that answers", async () => {
  const body = new FormData();
  body.set("json part", new Blob(['{"name":"wso2"}'], { type: "application/json" }), "part.json");
  const { send } = client({ targets: [invalid, echo, mock, mock], failoverCodes, methods });
  assert.match(await (await send({ method: "POST", body })).text(), /\{"name":"wso2"\}/);
});

Deno.test("failover, original: the body of a request that is passed on reaches the target", async () => {
  const targets = [invalid, "http://127.0.0.1:8080"];
  for (const text of ["Hello World", '[{"name":"John"}]', "<message>Hello World</message>"]) {
    const request = new Request("http://127.0.0.1:8080/", { method: "POST", body: text });
    const send = stack(services(new VirtualClock()), failover({ targets }));
    assert.equal(await (await send(request)).text(), text);
  }
});
