/** A service that answers and fails as it is told. @module */
import assert from "node:assert/strict";
import {
  type Fault,
  faultFetch,
  type FaultScript,
  flaky,
  seededRandom,
  VirtualClock,
} from "@pirouette/http/testing";
import * as errors from "../../src/message/client_errors.ts";
import { editHeaders } from "../../src/layers/response_headers.ts";
import { isTransient } from "../../src/layers/call_failure.ts";

const url = "http://albums.test/1";

/** What a promise settled to, without waiting for it. */
function outcome<T>(promise: Promise<T>): { value?: T; error?: unknown } {
  const seen: { value?: T; error?: unknown } = {};
  promise.then((value) => seen.value = value, (error) => seen.error = error);
  return seen;
}

Deno.test("faultFetch: answers in the order of the script, and repeats the last", async () => {
  const service = faultFetch([{ status: 503, headers: { "retry-after": "2" } }, { body: "hi" }]);
  const first = await service.fetch(url);
  assert.deepEqual([first.status, first.headers.get("retry-after"), first.url], [503, "2", url]);
  await first.body?.cancel();
  for (let count = 0; count < 2; count++) {
    assert.equal(await (await service.fetch(url)).text(), "hi");
  }
  assert.equal(service.count, 3);
  assert.deepEqual(service.calls.map(({ outcome }) => outcome), [
    "answered",
    "answered",
    "answered",
  ]);
  assert.deepEqual(service.calls.map((call) => call.responseBody), ["cancelled", "read", "read"]);
  assert.equal(service.openBodies, 0);
});

Deno.test("faultFetch: the head and the body come in their time", async () => {
  const clock = new VirtualClock();
  const service = faultFetch({ latency: 100, body: "abcde", bodyTime: 50 }, { clock });
  const response = outcome(service.fetch(url));
  await clock.advance(99);
  assert.deepEqual([response, service.waiting], [{}, 1]);
  await clock.advance(1);
  const reader = response.value!.body!.getReader();
  const pieces: [number, string][] = [];
  void (async () => {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      pieces.push([clock.now(), new TextDecoder().decode(read.value)]);
    }
    pieces.push([clock.now(), "end"]);
  })();
  await clock.advance(1_000);
  assert.deepEqual(pieces, [[125, "abc"], [150, "de"], [150, "end"]]);
  assert.deepEqual([clock.pendingTimers, service.waiting, service.openBodies], [0, 0, 0]);
});

const failing: [Fault, new (...args: never[]) => Error, boolean][] = [
  ["refused", errors.ClientConnectorError, true],
  ["unresolved", errors.ClientConnectorError, true],
  ["blackHole", errors.ClientConnectorError, true],
  ["untrusted", errors.SslError, false],
  ["reset", errors.InitializingInboundResponseError, true],
  ["resetBody", errors.ReadingInboundResponseBodyError, true],
];

for (const [fault, kind, transient] of failing) {
  Deno.test(`faultFetch: ${fault} fails as a client does, or as the platform does`, async () => {
    const clock = new VirtualClock();
    for (const style of ["typed", "platform"] as const) {
      const service = faultFetch({ fault }, { clock, errors: style });
      const seen = outcome(service.fetch(url).then((response) => response.text()));
      await clock.advance(127_000);
      assert.ok(seen.error instanceof (style === "typed" ? kind : TypeError), String(seen.error));
      if (style === "typed" || fault !== "untrusted") {
        assert.equal(isTransient(seen.error), transient, style);
      }
      assert.deepEqual([service.waiting, service.openBodies, clock.pendingTimers], [0, 0, 0]);
    }
  });
}

Deno.test("faultFetch: what stalls waits for the caller's patience, before and in the body", async () => {
  for (const fault of ["stall", "stallBody", "blackHole"] as const) {
    const clock = new VirtualClock();
    const service = faultFetch({ fault, body: "abcd" }, { clock });
    const controller = new AbortController();
    const seen = outcome(
      service.fetch(url, { signal: controller.signal }).then((response) => response.text()),
    );
    await clock.advance(100_000);
    assert.deepEqual(seen, {}, fault);
    const reason = new Error("enough");
    controller.abort(reason);
    await clock.advance(0);
    assert.equal(seen.error, reason, fault);
    assert.deepEqual([service.waiting, service.openBodies, clock.pendingTimers], [0, 0, 0], fault);
    assert.equal(service.calls[0]?.outcome, fault === "stallBody" ? "answered" : "aborted");
  }
});

Deno.test("faultFetch: half of the body comes before it breaks off", async () => {
  const service = faultFetch({ fault: "resetBody", body: "abcd" });
  const reader = (await service.fetch(url)).body!.getReader();
  assert.equal(new TextDecoder().decode((await reader.read()).value), "ab");
  await assert.rejects(reader.read(), errors.ReadingInboundResponseBodyError);
  assert.equal(service.calls[0]?.responseBody, "failed");
});

Deno.test("faultFetch: an abort that came before, during the wait, or from a Request", async () => {
  const clock = new VirtualClock();
  const service = faultFetch({ latency: 10 }, { clock });
  const early = AbortSignal.abort(new Error("early"));
  await assert.rejects(service.fetch(url, { signal: early }), { message: "early" });
  const controller = new AbortController();
  const late = outcome(service.fetch(new Request(url, { signal: controller.signal })));
  await clock.advance(5);
  controller.abort(new Error("late"));
  await clock.advance(0);
  assert.equal((late.error as Error).message, "late");
  assert.deepEqual(service.calls.map(({ outcome }) => outcome), ["aborted", "aborted"]);
  assert.equal(clock.pendingTimers, 0);
});

Deno.test("faultFetch: a body that is not read holds no timer, one that is cancelled clears it", async () => {
  const clock = new VirtualClock();
  const service = faultFetch({ bodyTime: 1_000 }, { clock });
  const response = await service.fetch(url);
  assert.equal(clock.pendingTimers, 0);
  const reader = response.body!.getReader();
  void reader.read();
  await clock.advance(0);
  assert.equal(clock.pendingTimers, 1);
  await reader.cancel();
  assert.deepEqual([clock.pendingTimers, service.openBodies], [0, 0]);
});

Deno.test("faultFetch: remembers what was sent, and uses requests up as a fetch does", async () => {
  const service = faultFetch({});
  const request = new Request(url, { method: "PUT", body: "text", headers: { a: "b" } });
  await (await service.fetch(request)).text();
  const stream = ReadableStream.from([new TextEncoder().encode("stream")]);
  await (await service.fetch(url, { method: "POST", body: stream })).text();
  const [first, second] = service.calls;
  assert.deepEqual([first?.method, first?.text, first?.headers.get("a")], ["PUT", "text", "b"]);
  assert.deepEqual([second?.method, second?.text, second?.number], ["POST", "stream", 2]);
  await assert.rejects(service.fetch(request), TypeError);
  await assert.rejects(service.fetch("/relative"), TypeError);
  assert.equal(service.count, 2);
});

Deno.test("faultFetch: remembers the latest calls only, if it is told so", async () => {
  const service = faultFetch({ status: 204 }, { remember: 2 });
  for (let count = 0; count < 5; count++) await service.fetch(url);
  assert.deepEqual([service.count, service.calls.map(({ number }) => number)], [5, [4, 5]]);
});

Deno.test("faultFetch: the headers of a response cannot be changed, those of a copy can", async () => {
  const response = await faultFetch({ headers: { a: "b" } }).fetch(url);
  for (const change of ["set", "append"] as const) {
    assert.throws(() => response.headers[change]("c", "d"), TypeError);
  }
  assert.throws(() => response.headers.delete("a"), TypeError);
  assert.deepEqual([...response.headers].filter(([name]) => name !== "content-type"), [["a", "b"]]);
  const edited = editHeaders(response, (headers) => headers.set("a", "e"));
  assert.deepEqual([edited.headers.get("a"), edited.url, await edited.text()], ["e", url, "ok"]);
});

Deno.test("faultFetch: HEAD, and statuses without body", async () => {
  const service = faultFetch(({ number }) => ({ status: [200, 204, 304][number - 1] ?? 205 }));
  for (const method of ["HEAD", "GET", "GET", "GET"]) {
    assert.equal((await service.fetch(url, { method })).body, null);
  }
  assert.deepEqual(service.calls.map((call) => call.responseBody), new Array(4).fill("none"));
});

Deno.test("faultFetch: a function answers by the call, with a response or an answer", async () => {
  const service = faultFetch((call) =>
    call.method === "GET" ? new Response(call.url) : Promise.resolve({ status: 405 })
  );
  assert.equal(await (await service.fetch(url)).text(), url);
  const refused = await service.fetch(url, { method: "DELETE" });
  assert.equal(refused.status, 405);
  await refused.body?.cancel();
});

Deno.test("flaky: a share of the calls fails, the same ones for a seed", async () => {
  const run = async (seed: number): Promise<boolean[]> => {
    const script = flaky(0.3, { status: 500, body: null }, { body: null });
    const service = faultFetch(script, { random: seededRandom(seed) });
    const answers = [];
    for (let count = 0; count < 1_000; count++) answers.push((await service.fetch(url)).ok);
    return answers;
  };
  const [one, again, other] = [await run(1), await run(1), await run(2)];
  assert.deepEqual(one, again);
  assert.notDeepEqual(one, other);
  assert.ok(Math.abs(one.filter((ok) => !ok).length - 300) < 50);
});

Deno.test("faultFetch: a script that cannot be is refused", async () => {
  const table: [script: unknown, message: RegExp][] = [
    [[], /needs an answer/],
    [{ stauts: 200 }, /a scripted answer has no option "stauts"/],
    [{ status: 99 }, /status from 200 to 599, not 99/],
    [{ status: 101 }, /status from 200 to 599, not 101/],
    [{ latency: -1 }, /latency from 0 milliseconds, not -1/],
    [{ bodyTime: NaN }, /bodyTime from 0 milliseconds, not NaN/],
    [{ fault: "fire" }, /no fault "fire": use one of refused, /],
    [{ fault: "constructor" }, /no fault "constructor"/],
    [{ fault: "resetBody", body: null }, /needs a body for the fault "resetBody"/],
    [[{}, { fault: "stallBody", status: 204 }], /needs a body for the fault "stallBody"/],
  ];
  for (const [script, message] of table) {
    assert.throws(() => faultFetch(script as FaultScript), { message }, String(message));
    const called = faultFetch(() => script as Record<string, never>);
    if (!Array.isArray(script)) await assert.rejects(called.fetch(url), { message });
  }
  assert.throws(() => faultFetch({}, { clok: 1 } as never), /faultFetch has no option "clok"/);
  assert.throws(() => faultFetch({}, { errors: "odd" as never }), /needs "typed" or "platform"/);
  assert.throws(() => faultFetch({}, { remember: -1 }), /number from 0 for remember, not -1/);
  assert.throws(() => flaky(2, {}), /share from 0 to 1, not 2/);
});
