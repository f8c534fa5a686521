/** Coalescing: which calls are one, who gets what of it, and what the last one to leave stops. @module */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Fetch, serve, service, stack } from "@pirouette/http";
import { coalesce, type CoalesceOptions, Flights } from "../../src/layers/coalesce.ts";
import { SharedBody } from "../../src/layers/coalesce_body.ts";
import { ReadingInboundResponseBodyError } from "../../src/message/client_errors.ts";
import { countListeners, heldFetch, outcome, settle, watchedBody } from "./bulkhead_support.ts";

const url = "http://a.example/";
const settings = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 300 };

function shared(options: CoalesceOptions = {}, { heedsSignal = true } = {}) {
  const flights = new Flights();
  const { fetch, calls } = heldFetch({ heedsSignal });
  return { calls, flights, asked: stack(fetch, coalesce({ flights, ...options })) };
}

Deno.test("coalesce: the same GETs at the same time are one request, each answered by itself", async () => {
  const { calls, flights, asked } = shared();
  const answers = [asked(url), asked(new URL(url)), asked(url, {}), asked(url, { method: "GET" })];
  assert.deepEqual(flights.metrics, { inFlight: 1, sent: 1, joined: 3 });
  calls[0]?.answer(new Response("abc", { status: 203, headers: { "x-a": "b" } }));
  const responses = await Promise.all(answers);
  assert.equal(new Set(responses).size, 4);
  for (const response of responses) {
    assert.deepEqual([response.status, response.headers.get("x-a")], [203, "b"]);
    response.headers.set("x-a", "mine");
    const bytes = await response.bytes();
    assert.equal(new TextDecoder().decode(bytes), "abc");
    bytes.fill(0);
  }
  assert.deepEqual([calls.length, flights.metrics.inFlight], [1, 0]);
  const later = asked(url);
  calls[1]?.answer();
  await (await later).text();
});

Deno.test("coalesce: a call alone gets the response as it is, its init untouched", async () => {
  const { calls, asked } = shared();
  const init: RequestInit = { headers: { accept: "text/plain" } };
  const answer = asked(url, init);
  assert.equal(calls[0]?.init, init);
  const response = new Response("abc");
  calls[0]?.answer(response);
  assert.equal(await answer, response);
});

Deno.test("coalesce: calls that differ in anything that counts are not one", async () => {
  const table: [
    string,
    [Request | string, RequestInit?],
    [Request | string, RequestInit?],
    boolean,
  ][] = [
    ["addresses", [`${url}a`], [`${url}b`], false],
    ["queries", [`${url}?a`], [`${url}?b`], false],
    ["authorization", [url, { headers: { authorization: "a" } }], [url], false],
    ["credentials", [url, { headers: { authorization: "a" } }], [url, {
      headers: { authorization: "b" },
    }], false],
    ["cookie", [url, { headers: { cookie: "a" } }], [url, { headers: { Cookie: "b" } }], false],
    ["accept", [url, { headers: { accept: "a" } }], [url, { headers: { accept: "b" } }], false],
    ["an api key", [url, { headers: { "x-api-key": "a" } }], [url], false],
    ["range", [url, { headers: { range: "bytes=0-1" } }], [url], false],
    ["order of fields", [url, { headers: { b: "1", a: "2" } }], [url, {
      headers: [["A", "2"], ["B", "1"]],
    }], true],
    ["traces", [url, { headers: { traceparent: "a" } }], [url, {
      headers: { "X-Request-Id": "b" },
    }], true],
    ["redirect", [url, { redirect: "manual" }], [url], false],
    ["requests", [new Request(url)], [new Request(url)], true],
    [
      "requests of others",
      [new Request(url, { headers: { cookie: "a" } })],
      [new Request(url)],
      false,
    ],
    ["fresh ones", [url, { cache: "no-store" }], [url, { cache: "no-store" }], false],
    ["methods", [url, { method: "HEAD" }], [url, { method: "HEAD" }], false],
    ["posts", [url, { method: "POST" }], [url, { method: "POST" }], false],
    ["lookalikes", [`${url}\naccept:a`], [url, { headers: { accept: "a" } }], false],
    [
      "own clients",
      [url, { client: {} } as RequestInit],
      [url, { client: {} } as RequestInit],
      false,
    ],
  ];
  for (const [name, one, other, isSame] of table) {
    const { calls, asked } = shared();
    const answers = [asked(...one), asked(...other)];
    assert.equal(calls.length, isSame ? 1 : 2, name);
    for (const call of calls) call.answer();
    for (const response of await Promise.all(answers)) await response.body?.cancel();
  }
});

Deno.test("coalesce: each aborts for itself, and the request with the last one", async () => {
  const { calls, flights, asked } = shared();
  const controllers = [new AbortController(), new AbortController(), new AbortController()];
  const listeners = controllers.map(({ signal }) => countListeners(signal));
  const seen = controllers.map(({ signal }) => outcome(asked(url, { signal })));
  assert.equal(calls.length, 1);
  controllers[0]?.abort("first");
  controllers[1]?.abort("second");
  await settle();
  assert.deepEqual(seen.map(({ error }) => error), ["first", "second", undefined]);
  assert.equal(calls[0]?.signal?.aborted, false);
  controllers[2]?.abort("third");
  await settle();
  assert.deepEqual([seen[2]?.error, calls[0]?.signal?.reason], ["third", "third"]);
  assert.deepEqual(listeners.map((count) => count()), [0, 0, 0]);
  assert.equal(flights.metrics.inFlight, 0);
  const next = asked(url);
  calls[1]?.answer();
  await (await next).text();
  await assert.rejects(asked(url, { signal: AbortSignal.abort("mine") }), (e) => e === "mine");
});

Deno.test("coalesce: a caller without a signal keeps the request", async () => {
  const { calls, asked } = shared();
  const controller = new AbortController();
  const [stays, leaves] = [asked(url), outcome(asked(url, { signal: controller.signal }))];
  controller.abort("mine");
  calls[0]?.answer(new Response("abc"));
  assert.equal(await (await stays).text(), "abc");
  assert.equal(leaves.error, "mine");
});

Deno.test("coalesce: who aborts while reading ends its own body only", async () => {
  const { calls, asked } = shared();
  const controllers = [new AbortController(), new AbortController()];
  const listeners = controllers.map(({ signal }) => countListeners(signal));
  const answers = controllers.map(({ signal }) => asked(url, { signal }));
  const { body, cancelled } = watchedBody(["a", "b"]);
  calls[0]?.answer(new Response(body));
  const [one, other] = await Promise.all(answers);
  controllers[0]?.abort("mine");
  await assert.rejects(one!.text(), (error) => error === "mine");
  assert.equal(await other!.text(), "ab");
  assert.deepEqual([cancelled, listeners.map((count) => count())], [[], [0, 0]]);
});

Deno.test("coalesce: a call alone can be aborted while its body is read, and leaves no listener", async () => {
  for (const aborts of [true, false]) {
    const { calls, asked } = shared();
    const controller = new AbortController();
    const listeners = countListeners(controller.signal);
    const answer = asked(url, { signal: controller.signal });
    calls[0]?.answer(new Response("abc"));
    const response = await answer;
    if (aborts) {
      controller.abort("mine");
      assert.equal(calls[0]?.signal?.reason, "mine");
    }
    await response.text();
    assert.equal(listeners(), 0);
  }
});

Deno.test("coalesce: the source is cancelled when all have cancelled", async () => {
  const { calls, asked } = shared();
  const answers = [asked(url), asked(url)];
  const { body, cancelled } = watchedBody();
  calls[0]?.answer(new Response(body));
  const [one, other] = await Promise.all(answers);
  await one!.body!.cancel("mine");
  assert.deepEqual(cancelled, []);
  await other!.body!.cancel("too");
  assert.deepEqual(cancelled, ["too"]);
});

Deno.test("coalesce: a failure is everybody's", async () => {
  const { calls, flights, asked } = shared();
  const seen = [outcome(asked(url)), outcome(asked(url))];
  const error = new Error("gone");
  calls[0]?.fail(error);
  await settle();
  assert.deepEqual(seen.map((each) => each.error), [error, error]);
  assert.equal(flights.metrics.inFlight, 0);
});

Deno.test("coalesce: a response that sets cookies or is too long is for the first one only", async () => {
  const ones: Response[] = [
    new Response("first", { headers: { "set-cookie": "session=1" } }),
    new Response("first", { headers: { "content-length": "11" } }),
  ];
  for (const one of ones) {
    const { calls, asked } = shared({ bufferLimit: 10 });
    const answers = [asked(url), asked(url)];
    calls[0]?.answer(one);
    assert.equal(await answers[0], one);
    await settle();
    assert.equal(calls.length, 2);
    calls[1]?.answer(new Response("second"));
    assert.equal(await (await answers[1]!).text(), "second");
    await one.text();
  }
});

Deno.test("coalesce: nobody joins a request that was on its way before the address was changed", async () => {
  const { calls, asked } = shared();
  const old = asked(url);
  const put = asked(url, { method: "PUT", body: "new" });
  const between = asked(url);
  calls[1]?.answer(new Response(null, { status: 204 }));
  await put;
  const after = asked(url);
  const elsewhere = asked(`${url}other`);
  assert.equal(calls.length, 5);
  for (const call of calls) call.answer();
  for (const answer of [old, between, after, elsewhere]) await (await answer).text();
});

Deno.test("coalesce: null bodies stay null, a network error stays one", async () => {
  for (const response of [new Response(null, { status: 204 }), Response.error()]) {
    const { calls, asked } = shared();
    const answers = [asked(url), asked(url)];
    calls[0]?.answer(response);
    for (const each of await Promise.all(answers)) {
      assert.deepEqual([each.status, each.body], [response.status, null]);
    }
  }
});

Deno.test("coalesce: a fetch that throws at once rejects", async () => {
  const broken: Fetch = () => {
    throw new Error("mine");
  };
  await assert.rejects(stack(broken, coalesce())(url), /mine/);
});

Deno.test("shared body: one that is too slow fails, and holds up nobody", async () => {
  const chunk = new Uint8Array(1_000);
  let read = 0;
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (read++ < 50) controller.enqueue(chunk.slice());
      else controller.close();
    },
  }, { highWaterMark: 0 });
  const body = new SharedBody(source, 10_000);
  const [fast, slow, idle] = [
    body.branch(undefined),
    body.branch(undefined),
    body.branch(undefined),
  ];
  const slowReader = slow.getReader();
  assert.equal((await slowReader.read()).value?.length, 1_000);
  assert.equal((await new Response(fast).bytes()).length, 50_000);
  for (const late of [() => slowReader.read(), () => new Response(idle).text()]) {
    await assert.rejects(late, (error) => {
      assert.ok(error instanceof ReadingInboundResponseBodyError);
      assert.match(
        error.message,
        /was not read for 10000 bytes: read it sooner, or raise bufferLimit/,
      );
      return true;
    });
  }
});

Deno.test("shared body: tiny pieces count as what they cost", async () => {
  let read = 0;
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      read++;
      controller.enqueue(new Uint8Array(65_536).subarray(0, 1));
    },
  }, { highWaterMark: 0 });
  const body = new SharedBody(source, 25_600);
  const [fast, idle] = [body.branch(undefined).getReader(), body.branch(undefined)];
  for (let piece = 0; piece < 101; piece++) await fast.read();
  await assert.rejects(new Response(idle).text(), ReadingInboundResponseBodyError);
  await fast.cancel();
  assert.equal(read, 101);
});

Deno.test("shared body: any order of reading gives each the same bytes", async () => {
  const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 20 }), { maxLength: 12 });
  const order = fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(pieces, order, fc.option(fc.nat(12)), async (chunks, turns, breaksAt) => {
      const left = chunks.map((chunk) => new Uint8Array(chunk));
      let count = 0;
      const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
        pull(controller) {
          if (count++ === breaksAt) throw new Error("reset");
          const piece = left.shift();
          if (piece === undefined) controller.close();
          else controller.enqueue(piece);
        },
      }, { highWaterMark: 0 });
      const body = new SharedBody(source, 1e6);
      const readers = [0, 1, 2].map(() => body.branch(undefined).getReader());
      const got: number[][] = [[], [], []];
      const ended: (string | undefined)[] = [];
      const readOnce = async (which: number): Promise<void> => {
        if (ended[which] !== undefined) return;
        try {
          const { done, value } = await readers[which]!.read();
          if (done) ended[which] = "end";
          else got[which]!.push(...value);
        } catch (error) {
          ended[which] = String(error);
        }
      };
      // Some reads wait for others.
      await Promise.all(turns.map((which) => readOnce(which)));
      for (const which of [0, 1, 2]) {
        while (ended[which] === undefined) await readOnce(which);
      }
      const isBroken = breaksAt !== null && breaksAt <= chunks.length;
      const whole = chunks.slice(0, isBroken ? breaksAt : undefined).flatMap((c) => [...c]);
      assert.deepEqual(got, [whole, whole, whole]);
      const end = isBroken ? "Error: reset" : "end";
      assert.deepEqual(ended, [end, end, end]);
    }),
    settings,
  );
});

Deno.test("coalesce: calls over sockets reach the service once", async () => {
  let reached = 0;
  let release: () => void = () => {};
  const released = new Promise<void>((resolve) => release = resolve);
  const slow = service({
    layers: [() => async () => {
      reached++;
      await released;
      return new Response("x".repeat(200_000));
    }],
  }, []);
  await using server = await serve(slow, { port: 0, host: "127.0.0.1" });
  const asked = stack(fetch, coalesce());
  const answers = Array.from({ length: 20 }, () => asked(server.url));
  release();
  const lengths = await Promise.all(
    answers.map(async (each) => (await (await each).text()).length),
  );
  assert.deepEqual([...new Set(lengths), reached], [200_000, 1]);
});

Deno.test("coalesce: configurations that harm or cannot be are refused", () => {
  const table: [CoalesceOptions, typeof TypeError | typeof RangeError, RegExp][] = [
    [
      { ignoreHeaders: ["Authorization"] },
      TypeError,
      /cannot ignore authorization: others would get/,
    ],
    [{ ignoreHeaders: ["cookie"] }, TypeError, /cannot ignore cookie/],
    [{ ignoreHeaders: ["a b"] }, TypeError, /of the name "a b"/],
    [{ ignoreHeaders: "a" as unknown as string[] }, TypeError, /needs a list/],
    [{ bufferLimit: -1 }, RangeError, /bufferLimit, not -1/],
    [{ key: 5 } as CoalesceOptions, TypeError, /no option "key"/],
  ];
  for (const [options, error, message] of table) {
    assert.throws(() => coalesce(options), (thrown) => {
      assert.ok(thrown instanceof error, String(thrown));
      assert.match(thrown.message, message);
      return true;
    });
  }
});
