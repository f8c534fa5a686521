/** Fallbacks: what answers for what failed, and what becomes of what is replaced. @module */
import assert from "node:assert/strict";
import { type Fetch, stack } from "@pirouette/http";
import { fallback, type FallbackOptions } from "../../src/layers/fallback.ts";
import type { FallbackFailure, FallbackFunction } from "../../src/layers/fallback_answer.ts";
import {
  AllRetryAttemptsFailed,
  ClientConnectorError,
  MaximumWaitTimeExceededError,
  SslError,
} from "../../src/message/client_errors.ts";
import { BulkheadFullError } from "../../src/message/overload_errors.ts";
import { watchedBody } from "./bulkhead_support.ts";

const url = "http://a.example/";
const failing = (error: unknown): Fetch => () => Promise.reject(error);
const answering = (response: Response): Fetch => () => Promise.resolve(response);

Deno.test("fallback: a value is sent as JSON, each time anew", async () => {
  for (const to of [{ a: [1] }, [], "text", 0, false, null]) {
    const safe = stack(failing(new ClientConnectorError("gone")), fallback({ to }));
    for (let call = 0; call < 2; call++) {
      const response = await safe(url);
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("content-type"), "application/json");
      assert.deepEqual(await response.json(), to);
    }
  }
});

Deno.test("fallback: a response is copied for each call, also for those at the same time", async () => {
  const stream = new Blob(["kept"]).stream();
  const to = new Response(stream, { status: 203, headers: { "x-from": "fallback" } });
  const safe = stack(failing(new ClientConnectorError("gone")), fallback({ to }));
  const responses = await Promise.all([safe(url), safe(url), safe(url)]);
  for (const response of responses) {
    assert.deepEqual([response.status, response.headers.get("x-from")], [203, "fallback"]);
    assert.equal(await response.text(), "kept");
  }
  const empty = stack(
    failing(new ClientConnectorError("gone")),
    fallback({ to: new Response(null, { status: 204 }) }),
  );
  assert.deepEqual([(await empty(url)).status, (await empty(url)).body], [204, null]);
});

Deno.test("fallback: HEAD gets no body", async () => {
  for (const to of [{ a: 1 }, new Response("kept")]) {
    const safe = stack(failing(new ClientConnectorError("gone")), fallback({ to }));
    assert.equal((await safe(url, { method: "HEAD" })).body, null);
    assert.equal((await safe(new Request(url, { method: "HEAD" }))).body, null);
  }
});

Deno.test("fallback: a function is told of the failure, and may leave it as it is", async () => {
  const told: FallbackFailure[] = [];
  const init = { headers: { "x-a": "b" } };
  const error = new ClientConnectorError("gone");
  const to: FallbackFunction = (failure) => {
    told.push(failure);
    return told.length === 1 ? new Response("other") : told.length === 2 ? { a: 1 } : undefined;
  };
  const safe = stack(failing(error), fallback({ to }));
  assert.equal(await (await safe(url, init)).text(), "other");
  assert.deepEqual(await (await safe(url)).json(), { a: 1 });
  await assert.rejects(safe(url), (thrown) => thrown === error);
  assert.deepEqual(told[0], { error, response: undefined, input: url, init });
  const throwing = fallback({
    to: () => {
      throw new Error("mine");
    },
  });
  await assert.rejects(stack(failing(error), throwing)(url), /mine/);
});

Deno.test("fallback: 5xx is replaced and its body cancelled; other statuses and lists by option", async () => {
  const table: [number, readonly number[] | undefined, boolean][] = [
    [500, undefined, true],
    [503, undefined, true],
    [404, undefined, false],
    [200, undefined, false],
    [404, [404], true],
    [503, [404], false],
  ];
  for (const [status, statusCodes, isReplaced] of table) {
    const { body, cancelled } = watchedBody();
    const options = statusCodes === undefined ? { to: 1 } : { to: 1, statusCodes };
    const inner = new Response(body, { status });
    const response = await stack(answering(inner), fallback(options))(url);
    assert.equal(response === inner, !isReplaced);
    assert.equal(cancelled.length, isReplaced ? 1 : 0);
    await response.body?.cancel();
  }
});

Deno.test("fallback: a response that the answer is made of, or that stays, is not cancelled", async () => {
  const wrap = fallback({
    to: ({ response }) => new Response(response?.body, { status: 200 }),
  });
  const wrapped = await stack(answering(new Response("as is", { status: 500 })), wrap)(url);
  assert.deepEqual([wrapped.status, await wrapped.text()], [200, "as is"]);
  const stay = fallback({ to: () => undefined });
  const stayed = await stack(answering(new Response("as is", { status: 500 })), stay)(url);
  assert.deepEqual([stayed.status, await stayed.text()], [500, "as is"]);
  const { body, cancelled } = watchedBody();
  const failed = fallback({ to: () => Promise.reject(new Error("mine")) });
  await assert.rejects(stack(answering(new Response(body, { status: 500 })), failed)(url), /mine/);
  assert.equal(cancelled.length, 1);
});

Deno.test("fallback: errors of the network and of resilience are replaced, mistakes are not", async () => {
  const table: [unknown, boolean][] = [
    [new ClientConnectorError("gone"), true],
    [new AllRetryAttemptsFailed("gone"), true],
    [new BulkheadFullError("full"), true],
    [new MaximumWaitTimeExceededError("late"), true],
    [new DOMException("late", "TimeoutError"), true],
    [new SslError("not trusted"), false],
    [new TypeError("Invalid URL"), false],
    [new DOMException("aborted", "AbortError"), false],
    ["text", false],
  ];
  for (const [error, isReplaced] of table) {
    const answer = stack(failing(error), fallback({ to: 1 }))(url);
    if (isReplaced) assert.equal(await (await answer).json(), 1);
    else await assert.rejects(answer, (thrown) => thrown === error);
    const own = fallback({ to: 1, shouldHandle: (e) => e === "text" });
    const other = stack(failing(error), own)(url);
    if (error === "text") assert.equal(await (await other).json(), 1);
    else await assert.rejects(other, (thrown) => thrown === error);
  }
});

Deno.test("fallback: what the caller aborts stays aborted", async () => {
  const reason = new ClientConnectorError("looks like an outage");
  const safe = stack(failing(reason), fallback({ to: 1, shouldHandle: () => true }));
  const signal = AbortSignal.abort(reason);
  await assert.rejects(safe(url, { signal }), (error) => error === reason);
  await assert.rejects(safe(new Request(url, { signal })), (error) => error === reason);
});

Deno.test("fallback: configurations that answer nothing are refused", async () => {
  const read = new Response("a");
  await read.text();
  const table: [FallbackOptions, RegExp][] = [
    [{} as FallbackOptions, /fallback has no answer/],
    [{ to: Symbol("a") as unknown as object }, /fallback has no answer/],
    [{ to: read }, /read before: give a clone/],
    [{ to: 1, shouldHandle: 5 as unknown as () => boolean }, /function for shouldHandle/],
    [{ to: 1, statusCodes: 5 as unknown as number[] }, /list for statusCodes/],
    [{ to: 1, when: 5 } as FallbackOptions, /no option "when"/],
  ];
  for (const [options, message] of table) {
    assert.throws(() => fallback(options), (error) => {
      assert.ok(error instanceof TypeError);
      assert.match(error.message, message);
      return true;
    });
  }
});
