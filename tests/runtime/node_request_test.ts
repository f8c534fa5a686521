/**
 * Requests, responses and header fields that a transport makes of as little as it can: whoever looks sees
 * what the platform's own would show.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { platformRequest, receivedSignal } from "../../src/message/platform_request.ts";
import { NodeAnswer } from "../../src/runtime/node/answer.ts";
import { NodeHeaders } from "../../src/runtime/node/headers.ts";
import { NodeRequest } from "../../src/runtime/node/request.ts";

const fields = [
  ...["Host", "x", "Accept", "a", "ACCEPT", "b", "Cookie", "c=1", "cookie", "d=2"],
  ...["Set-Cookie", "e=3", "set-cookie", "f=4", "X-Empty", ""],
];

function platformHeaders(): Headers {
  const headers = new Headers({ cookie: "c=1; d=2" });
  for (let index = 0; index < fields.length; index += 2) {
    if (fields[index]?.toLowerCase() !== "cookie") {
      headers.append(fields[index]!, fields[index + 1]!);
    }
  }
  return headers;
}

Deno.test("node headers: they say what the platform's say, looked up or listed", () => {
  const expected = platformHeaders();
  for (const name of ["host", "Accept", "COOKIE", "set-cookie", "x-empty", "none", "__proto__"]) {
    const headers = new NodeHeaders(fields);
    assert.equal(headers.get(name), expected.get(name), name);
    assert.equal(headers.has(name), expected.has(name), name);
  }
  const headers = new NodeHeaders(fields);
  assert.ok(headers instanceof Headers);
  assert.throws(() => headers.get("no name"), TypeError);
  assert.deepEqual([...headers], [...expected]);
  assert.deepEqual([...headers.keys()], [...expected.keys()]);
  assert.deepEqual([...headers.values()], [...expected.values()]);
  assert.deepEqual(headers.getSetCookie(), ["e=3", "f=4"]);
  assert.deepEqual([...new Headers(new NodeHeaders(fields))], [...expected]);
  assert.deepEqual([...new Request("http://x", { headers: new NodeHeaders(fields) }).headers], [
    ...expected,
  ]);
  headers.append("accept", "z");
  headers.set("host", "y");
  headers.delete("cookie");
  assert.deepEqual([headers.get("accept"), headers.get("host")], ["a, b, z", "y"]);
  assert.equal(headers.has("cookie"), false);
});

function received(body?: string, method = "POST"): NodeRequest {
  const signal = new AbortController().signal;
  return new NodeRequest({
    method,
    url: "http://x/a?b",
    fields: ["Host", "x", "Content-Type", "application/json"],
    body: body === undefined ? undefined : Readable.from([new TextEncoder().encode(body)]),
    signal,
    onGone: () => {},
  });
}

Deno.test("node request: its body is read as the platform's is, once", async () => {
  assert.ok(received() instanceof Request);
  assert.deepEqual(await received("[1]").json(), [1]);
  assert.equal(await received("[1]").text(), "[1]");
  assert.equal((await received("[1]").arrayBuffer()).byteLength, 3);
  assert.equal((await received("[1]").blob()).type, "application/json");
  assert.equal(await received().text(), "");
  assert.equal(received().body, null);
  const request = received("[1]");
  assert.equal(request.bodyUsed, false);
  await request.text();
  assert.equal(request.bodyUsed, true);
  await assert.rejects(request.text(), TypeError);
  assert.equal(platformRequest(request).bodyUsed, true);
});

Deno.test("node request: the platform's request takes its place, with the same body", async () => {
  const request = received("[1]");
  const platform = platformRequest(request);
  assert.equal(platformRequest(request), platform);
  assert.equal(platformRequest(platform), platform);
  assert.equal(platform.signal, request.signal);
  assert.equal(receivedSignal(platform), request.signal);
  platform.headers.set("x-set", "later");
  assert.equal(request.headers.get("x-set"), "later");
  const copy = new Request("http://y/", platform);
  assert.deepEqual([copy.method, await copy.text()], ["POST", "[1]"]);
  assert.equal(request.bodyUsed, true);
  const cloned = received("[1]");
  assert.equal(await cloned.clone().text() + await cloned.text(), "[1][1]");
  for (const method of ["TRACE", "PURGE", "GET"]) {
    assert.equal(platformRequest(received(undefined, method)).method, method);
  }
});

Deno.test("node request: a stream of it takes no more than is asked for, and can be left", async () => {
  let made = 0;
  const source = Readable.from((function* () {
    for (;;) yield new Uint8Array(++made ? 65_536 : 0);
  })());
  const request = new NodeRequest({
    method: "POST",
    url: "http://x/",
    fields: [],
    body: source,
    signal: new AbortController().signal,
    onGone: () => {},
  });
  const reader = request.body!.getReader();
  await reader.read();
  await new Promise((done) => setTimeout(done, 20));
  assert.ok(made < 40, `${made}`);
  await reader.cancel();
  const before = made;
  await new Promise((done) => setTimeout(done, 20));
  assert.ok(made - before < 20);
  source.destroy();
});

const answers: readonly [string | Uint8Array<ArrayBuffer> | null, number, string | undefined][] = [
  ["text", 200, "text/plain"],
  ["[1]", 201, "application/json"],
  [new Uint8Array([123, 125]), 404, "application/json"],
  ["", 200, undefined],
  [null, 204, undefined],
];

Deno.test("node answer: whoever looks sees what the platform's response would show", async () => {
  for (const [body, status, type] of answers) {
    const init = { status, headers: type === undefined ? {} : { "content-type": type } };
    const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
    const expected = new Response(bytes, init);
    const make = (): Response => new NodeAnswer(body, status, type);
    const answer = make();
    assert.ok(answer instanceof Response);
    for (const name of ["status", "ok", "type", "url", "redirected", "statusText"] as const) {
      assert.equal(answer[name], expected[name], name);
    }
    assert.deepEqual([...answer.headers], [...expected.headers]);
    assert.equal(answer.bodyUsed, false);
    assert.equal(answer.body === null, expected.body === null);
    const text = await expected.text();
    assert.equal(await answer.text(), text);
    assert.equal(answer.bodyUsed, body !== null);
    if (body !== null) await assert.rejects(answer.text(), TypeError);
    assert.equal(await make().clone().text(), text);
    const wrapped = new Response(make().body, make());
    assert.deepEqual([wrapped.status, await wrapped.text()], [status, text]);
    assert.equal(new TextDecoder().decode(await make().bytes()), text);
    assert.equal((await make().blob()).size, text.length);
    assert.equal(NodeAnswer.isWhole(make()), true);
    assert.equal(NodeAnswer.isWhole(answer), body === null);
  }
  assert.throws(() => new NodeAnswer(null, 101, undefined), RangeError);
  assert.throws(() => new NodeAnswer("x", 204, undefined), TypeError);
});
