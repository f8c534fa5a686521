/** Failover: who is asked, in which order, and what is thrown. */
import assert from "node:assert/strict";
import {
  AllRetryAttemptsFailed,
  ClientConnectorError,
  FailoverAllEndpointsFailedError,
  type Fetch,
  GenericClientError,
  IdleTimeoutError,
  serve,
  service,
  SslError,
  UpstreamServiceUnavailableError,
} from "@pirouette/http";
import { VirtualClock } from "@pirouette/http/testing";
import { failover, type FailoverOptions } from "../../src/layers/failover.ts";
import { FailoverTargets } from "../../src/layers/failover_targets.ts";

const one = "http://one.example/v1";
const two = "http://two.example/v1";
const three = "http://three.example/v1";

/** A fetch that answers or fails as told, one after the other, and remembers whom it was asked for. */
function scripted(...outcomes: readonly (number | Error | Response)[]): {
  readonly send: Fetch;
  readonly asked: string[];
} {
  const asked: string[] = [];
  const send: Fetch = async (input, init) => {
    asked.push(typeof input === "string" ? input : new Request(input).url);
    await new Request(input, init).text();
    const outcome = outcomes[asked.length - 1] ?? 200;
    if (outcome instanceof Error) throw outcome;
    return outcome instanceof Response ? outcome : new Response(null, { status: outcome });
  };
  return { send, asked };
}

const refused = new ClientConnectorError("Connection refused");
const late = new IdleTimeoutError("Idle timeout triggered");

Deno.test("failover: all calls go to the first target while it works", async () => {
  const { send, asked } = scripted();
  const fetch = failover({ targets: [one, two] })(send);
  for (const path of ["/albums", "?page=2", "", "/albums/1#top"]) await fetch(path);
  assert.deepEqual(asked, [`${one}/albums`, `${one}?page=2`, one, `${one}/albums/1#top`]);
});

Deno.test("failover: an absolute address of any target, or the base, is moved to the target", async () => {
  const { send, asked } = scripted(503, 200, 200, 200, 200);
  const fetch = failover({ targets: [one, two], base: "http://albums.internal/" })(send);
  await fetch(`${one}/a`);
  await fetch(new URL(`${one}/b?c=d`));
  await fetch(new Request(`${two}/e`));
  await fetch("HTTP://ALBUMS.internal/f");
  assert.deepEqual(asked, [
    `${one}/a`,
    `${two}/a`,
    `${two}/b?c=d`,
    `${two}/e`,
    `${two}/f`,
  ]);
});

Deno.test("failover: base goes before targets that are below it", async () => {
  const base = "http://one.example";
  const { send, asked } = scripted();
  await failover({ targets: [two, `${base}/v1`], base })(send)(`${base}/v1/albums`);
  assert.deepEqual(asked, [`${two}/v1/albums`]);
});

for (
  const [what, error] of [
    ["a refused connection", refused],
    ["a timeout", late],
    ["a retry of the target's own", new AllRetryAttemptsFailed("All failed")],
    ["a certificate", new SslError("Expired")],
    ["an open circuit breaker", new UpstreamServiceUnavailableError("Open")],
    ["a failure of the platform", new TypeError("fetch failed", { cause: new Error("reset") })],
  ] as const
) {
  Deno.test(`failover: ${what} leads to the next target`, async () => {
    const { send, asked } = scripted(error);
    const response = await failover({ targets: [one, two] })(send)("/");
    assert.equal(response.status, 200);
    assert.deepEqual(asked, [`${one}/`, `${two}/`]);
  });
}

for (
  const error of [
    new TypeError("Invalid header"),
    new GenericClientError("No token"),
    new DOMException("Gone", "AbortError"),
  ]
) {
  Deno.test(`failover: ${error.name} "${error.message}" is thrown as it is`, async () => {
    const { send, asked } = scripted(error);
    const rejected = await failover({ targets: [one, two] })(send)("/").catch((e: unknown) => e);
    assert.equal(rejected, error);
    assert.equal(asked.length, 1);
  });
}

interface Case {
  readonly what: string;
  readonly init: RequestInit;
  readonly outcome: number | Error;
  readonly options?: Partial<FailoverOptions>;
  readonly calls: number;
}

const stream = (): ReadableStream => new Blob(["body"]).stream();

const cases: readonly Case[] = [
  { what: "a GET after a timeout", init: {}, outcome: late, calls: 2 },
  { what: "a PUT after a timeout", init: { method: "PUT", body: "a" }, outcome: late, calls: 2 },
  { what: "no POST after a timeout", init: { method: "POST" }, outcome: late, calls: 1 },
  {
    what: "no PATCH after a timeout",
    init: { method: "PATCH", body: "a" },
    outcome: late,
    calls: 1,
  },
  {
    what: "a POST after a timeout, where methods has it",
    init: { method: "POST" },
    outcome: late,
    options: { methods: ["post"] },
    calls: 2,
  },
  {
    what: "no GET after a timeout, where methods has it not",
    init: {},
    outcome: late,
    options: { methods: ["HEAD"] },
    calls: 1,
  },
  {
    what: "a POST with an Idempotency-Key after a timeout",
    init: { method: "POST", headers: { "idempotency-key": "1" } },
    outcome: late,
    calls: 2,
  },
  { what: "a POST that was not sent", init: { method: "POST" }, outcome: refused, calls: 2 },
  {
    what: "a POST that Deno could not connect for",
    init: { method: "POST" },
    outcome: new TypeError("fetch failed", {
      cause: new Error("error sending request: client error (Connect): tcp connect error"),
    }),
    calls: 2,
  },
  {
    what: "a POST that Node could not connect for",
    init: { method: "POST" },
    outcome: new TypeError("fetch failed", {
      cause: Object.assign(new Error("connect"), { code: "ECONNREFUSED" }),
    }),
    calls: 2,
  },
  {
    what: "no POST that broke off",
    init: { method: "POST" },
    outcome: new TypeError("fetch failed", { cause: new Error("connection reset") }),
    calls: 1,
  },
  { what: "a POST after a 503", init: { method: "POST", body: "a" }, outcome: 503, calls: 2 },
  {
    what: "a short stream after a 503",
    init: { method: "POST", body: stream() },
    outcome: 503,
    calls: 2,
  },
  {
    what: "no stream over bufferLimit after a 503",
    init: { method: "POST", body: stream() },
    outcome: 503,
    options: { bufferLimit: 3 },
    calls: 1,
  },
  {
    what: "no stream over bufferLimit after an error",
    init: { method: "PUT", body: stream() },
    outcome: refused,
    options: { bufferLimit: 3 },
    calls: 1,
  },
];

for (const { what, init, outcome, options, calls } of cases) {
  Deno.test(`failover: sends on ${what}`, async () => {
    const { send, asked } = scripted(outcome);
    const sent = failover({ targets: [one, two], ...options })(send)("/", init);
    const result = await sent.catch((error: unknown) => error);
    assert.equal(asked.length, calls);
    if (calls === 2) assert.equal((result as Response).status, 200);
    else if (outcome instanceof Error) assert.equal(result, outcome);
    else assert.equal((result as Response).status, outcome);
  });
}

Deno.test("failover: a response that is given up is cancelled", async () => {
  let cancelled = 0;
  const body = (): ReadableStream => new ReadableStream({ cancel: () => void cancelled++ });
  const failing = (): Response => new Response(body(), { status: 502 });
  const { send } = scripted(failing(), failing(), failing());
  await assert.rejects(failover({ targets: [one, two, three] })(send)("/"), (error: Error) => {
    assert.ok(error instanceof FailoverAllEndpointsFailedError);
    assert.match(error.message, /Last endpoint returned response is: 502 Bad Gateway$/);
    return true;
  });
  assert.equal(cancelled, 3);
});

Deno.test("failover: the caller's abort ends the wait, with its reason", async () => {
  const clock = new VirtualClock();
  const { send, asked } = scripted(503, 503);
  const controller = new AbortController();
  const fetch = failover({ targets: [one, two], interval: 1_000, clock })(send);
  const sent = fetch("/", { signal: controller.signal });
  await clock.advance(500);
  assert.equal(clock.pendingTimers, 1);
  const reason = new Error("Enough");
  controller.abort(reason);
  assert.equal(await sent.catch((error: unknown) => error), reason);
  assert.equal(clock.pendingTimers, 0);
  assert.equal(asked.length, 1);
});

Deno.test("failover: an abort during a call is no failure of the target", async () => {
  const controller = new AbortController();
  const reason = new DOMException("Too long", "TimeoutError");
  const send: Fetch = () => {
    controller.abort(reason);
    return Promise.reject(reason);
  };
  const sent = failover({ targets: [one, two] })(send)("/", { signal: controller.signal });
  assert.equal(await sent.catch((error: unknown) => error), reason);
});

Deno.test("failover: a call that began before the others moved on does not bring them back", async () => {
  const targets = new FailoverTargets([one, two, three]);
  const waiting: (() => void)[] = [];
  const send: Fetch = (input) => {
    const url = String(input);
    if (url.endsWith("slow")) {
      return new Promise((resolve) => waiting.push(() => resolve(new Response(null))));
    }
    return Promise.resolve(new Response(null, { status: url.startsWith(one) ? 503 : 200 }));
  };
  const fetch = failover({ targets })(send);
  const slow = fetch("/slow");
  await fetch("/");
  assert.equal(targets.getSucceededEndpointIndex(), 1);
  for (const answer of waiting) answer();
  assert.equal((await slow).status, 200);
  assert.equal(targets.getSucceededEndpointIndex(), 1);
});

Deno.test("failover: a target's own fetch is used for it", async () => {
  const { send, asked } = scripted(503);
  const own = scripted();
  const fetch = failover({ targets: [one, { url: two, fetch: own.send }] })(send);
  await fetch("/a");
  assert.deepEqual([asked, own.asked], [[`${one}/a`], [`${two}/a`]]);
});

Deno.test("failover: a call with text is sent as it was passed, no Request is built", async () => {
  const inits: unknown[] = [];
  const send: Fetch = (input, init) => {
    assert.equal(typeof input, "string");
    inits.push(init?.body);
    return Promise.resolve(new Response(null, { status: inits.length === 1 ? 503 : 200 }));
  };
  await failover({ targets: [one, two] })(send)("/", { method: "POST", body: "text" });
  assert.deepEqual(inits, ["text", "text"]);
});

const bad: readonly (readonly [unknown, RegExp])[] = [
  [{ targets: [] }, /failover needs a list of targets/],
  [{ targets: ["one"] }, /needs a whole http or https URL as target 0/],
  [{ targets: ["ftp://one.example"] }, /needs a whole http or https URL as target 0/],
  [{ targets: ["http://a:b@one.example"] }, /takes no user name in target 0/],
  [{ targets: ["http://one.example?a"] }, /takes no query or fragment in target 0/],
  [{ targets: [{ url: one, weight: 2 }] }, /failover has no use for a weight/],
  [{ targets: [{ url: one, waight: 2 }] }, /A target of failover has no option "waight"/],
  [{ targets: [{ url: one, fetch: 1 }] }, /needs a function as fetch of target 0/],
  [{ targets: [null] }, /needs an address or \{ url \} as target 0/],
  [{ targets: [one], codes: [503] }, /failover has no option "codes"/],
  [{ targets: [one], failoverCodes: [99] }, /needs a list of statuses for failoverCodes/],
  [{ targets: [one], failoverCodes: 503 }, /needs a list of statuses for failoverCodes/],
  [{ targets: [one], interval: -1 }, /needs milliseconds from 0 for interval, not -1/],
  [{ targets: [one], bufferLimit: 0.5 }, /needs a whole number from 0 for bufferLimit/],
  [{ targets: [one], methods: "GET" }, /needs a list for methods/],
  [{ targets: new FailoverTargets([one]), base: two }, /give base to FailoverTargets/],
];

for (const [options, message] of bad) {
  Deno.test(`failover: refuses options, ${message.source}`, () => {
    assert.throws(() => failover(options as FailoverOptions), message);
  });
}

Deno.test("failover: begins where it is told", async () => {
  const targets = new FailoverTargets([one, two]);
  targets.startAt(1);
  const { send, asked } = scripted();
  await failover({ targets })(send)("/");
  assert.deepEqual(asked, [`${two}/`]);
  assert.throws(() => targets.startAt(2), /failover has no target 2: use an index from 0 to 1/);
});

Deno.test("failover: a real connection that is refused leads to a real server", async () => {
  const closed = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const nobody = `http://127.0.0.1:${closed.addr.port}`;
  closed.close();
  const echo = service({}, []);
  await using server = await serve(echo, { port: 0, host: "127.0.0.1" });
  const targets = new FailoverTargets([nobody, server.url]);
  const send = failover({ targets })(fetch);
  const response = await send("/none", { method: "POST", body: "text" });
  await response.body?.cancel();
  assert.equal(response.status, 404);
  assert.equal(targets.getSucceededEndpointIndex(), 1);
});
