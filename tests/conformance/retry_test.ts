/**
 * The retry cases (spec 2.4.1.4), and what the original library's own tests hold beyond them. A second
 * there is a millisecond of the virtual clock here, times a thousand.
 */
import assert from "node:assert/strict";
import { asRequest, type Fetch, stack } from "@pirouette/http";
import { VirtualClock } from "@pirouette/http/testing";
import { AllRetryAttemptsFailed, IdleTimeoutError } from "../../src/message/client_errors.ts";
import { retry, type RetryOptions } from "../../src/layers/retry.ts";
import { timeout } from "../../src/layers/timeout.ts";
import { conformance } from "./cases.ts";

const url = "http://backend.example/mockHelloService";

interface Backend {
  readonly clock: VirtualClock;
  readonly fetch: Fetch;
  /** When each request came. */
  readonly times: number[];
  /** What each request had as its body. */
  readonly bodies: string[];
}

/** A client with retries and a timeout of two seconds, of a service that answers as `answer` says. */
function backend(options: RetryOptions, answer: (count: number) => number | "late"): Backend {
  const clock = new VirtualClock();
  const times: number[] = [];
  const bodies: string[] = [];
  const service: Fetch = async (input, init) => {
    const request = asRequest(input, init);
    times.push(clock.now());
    const status = answer(times.length);
    bodies.push(await request.text());
    if (status !== "late") return new Response("Hello World!!!", { status });
    return await new Promise((_, reject) => {
      request.signal.addEventListener("abort", () => reject(request.signal.reason));
    });
  };
  const layers = [
    retry({ jitter: "none", ...options, clock }),
    timeout({ headers: 2_000, clock }),
  ];
  return { clock, fetch: stack(service, ...layers), times, bodies };
}

/** What a call settles to. */
async function ended(clock: VirtualClock, call: Promise<Response>): Promise<Response | Error> {
  const seen = call.catch((error: Error) => error);
  await clock.advance(3_600_000);
  assert.equal(clock.pendingTimers, 0);
  return await seen;
}

function gaps(times: readonly number[]): number[] {
  return times.slice(1).map((time, index) => time - (times[index] ?? 0));
}

conformance("retry", {
  "back-off": async () => {
    const table: [options: RetryOptions, waits: number[]][] = [
      [
        { interval: 3_000, backOffFactor: 2, maxWaitInterval: 20_000 },
        [3_000, 6_000, 12_000, 20_000, 20_000],
      ],
      [{ interval: 3_000, backOffFactor: 0.5, maxWaitInterval: 0 }, [
        3_000,
        1_500,
        750,
        375,
        187.5,
      ]],
      [{ interval: 3_000, backOffFactor: 0, maxWaitInterval: 0 }, new Array(5).fill(3_000)],
      [{ interval: 3_000, backOffFactor: -1, maxWaitInterval: 0 }, new Array(5).fill(3_000)],
      [
        { interval: 20_000, backOffFactor: 2, maxWaitInterval: 0 },
        [20_000, 40_000, 60_000, 60_000, 60_000],
      ],
    ];
    for (const [options, waits] of table) {
      const { clock, fetch, times } = backend(
        { count: 5, statusCodes: [503], ...options },
        () => 503,
      );
      await ended(clock, fetch(url));
      assert.deepEqual(gaps(times), waits, JSON.stringify(options));
    }
  },
  "retries on timeout for every verb": async () => {
    const options: RetryOptions = { count: 3, interval: 3_000, methods: "all" };
    for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "GET", "MOVE"]) {
      const { clock, fetch, times } = backend(options, (count) => count % 4 === 0 ? 200 : "late");
      const response = await ended(clock, fetch(url, { method }));
      assert.ok(response instanceof Response && response.status === 200, method);
      assert.equal(times.length, 4);
    }
    // Unless the program says so, a POST that may have been acted on is not sent again.
    const once = backend({ count: 3, interval: 3_000 }, () => "late");
    const error = await ended(once.clock, once.fetch(url, { method: "POST" }));
    assert.ok(error instanceof IdleTimeoutError);
    assert.equal(once.times.length, 1);
  },
}, {
  "retries on timeout for every verb":
    'POST and PATCH only with an Idempotency-Key or `methods: "all"`, quirk 10 of spec/upstream-api.md',
});

Deno.test("retry, original: a payload and a multipart form go along with every attempt", async () => {
  const form = new FormData();
  form.set("part", new Blob(["Part1"], { type: "text/plain" }), "a.txt");
  for (
    const [body, expected] of [['{"Name":"Ballerina"}', /Ballerina/], [form, /Part1/]] as const
  ) {
    for (const forwarded of [false, true]) {
      const options: RetryOptions = {
        count: 3,
        interval: 3_000,
        backOffFactor: 0.5,
        methods: "all",
      };
      const { clock, fetch, bodies } = backend(options, (count) => count < 4 ? "late" : 200);
      const init: RequestInit = { method: "POST", body };
      const call = forwarded ? fetch(new Request(url, init)) : fetch(url, init);
      const response = await ended(clock, call);
      assert.ok(response instanceof Response && response.status === 200);
      assert.equal(await response.text(), "Hello World!!!");
      assert.equal(bodies.length, 4);
      for (const sent of bodies) assert.match(sent, expected);
    }
  }
});

Deno.test("retry, original: statuses that are listed are tried again", async () => {
  const options: RetryOptions = {
    count: 3,
    interval: 3_000,
    backOffFactor: 2,
    maxWaitInterval: 20_000,
    statusCodes: [501, 502, 503],
  };
  const recovers = backend(options, (count) => count < 4 ? 502 : 200);
  const recovered = await ended(recovers.clock, recovers.fetch(url));
  assert.ok(recovered instanceof Response && recovered.status === 200);
  assert.deepEqual(recovers.times, [0, 3_000, 9_000, 21_000]);

  const fails = backend(options, () => 502);
  const failed = await ended(fails.clock, fails.fetch(url));
  assert.ok(failed instanceof Response && failed.status === 502);
  assert.equal(fails.times.length, 4);

  const unlisted = backend(options, () => 500);
  await ended(unlisted.clock, unlisted.fetch(url));
  assert.equal(unlisted.times.length, 1);
});

Deno.test("retry, original: without a list no status is tried again", async () => {
  const { clock, fetch, times } = backend({ count: 3, statusCodes: [] }, () => 503);
  const response = await ended(clock, fetch(url));
  assert.ok(response instanceof Response && response.status === 503);
  assert.equal(times.length, 1);
});

Deno.test("retry, original: what never comes fails, the last timeout among the causes", async () => {
  const { clock, fetch, times } = backend({ count: 3, interval: 3_000 }, () => "late");
  const error = await ended(clock, fetch(url));
  assert.ok(error instanceof AllRetryAttemptsFailed);
  assert.match(error.message, /^All the retry attempts failed\./);
  assert.ok(error.cause instanceof AggregateError);
  assert.equal(error.cause.errors.length, 4);
  const last = error.cause.errors.at(-1);
  assert.ok(last instanceof IdleTimeoutError);
  assert.equal(last.message, "Idle timeout triggered before initiating inbound response");
  // Two seconds each, three, then six, and at last the five that are the longest here.
  assert.deepEqual(times, [0, 5_000, 12_000, 19_000]);
});
