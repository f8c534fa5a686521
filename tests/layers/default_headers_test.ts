/** Header fields that every call has unless it says otherwise. @module */
import assert from "node:assert/strict";
import { type Fetch, stack } from "@pirouette/http";
import {
  type DefaultHeaderFields,
  defaultHeaders,
  type DefaultHeadersOptions,
} from "../../src/layers/default_headers.ts";

const url = "https://api.example/v1";

/** What is sent of a call. */
async function sent(
  fields: DefaultHeaderFields,
  call: Parameters<Fetch>,
  options?: DefaultHeadersOptions,
): Promise<Record<string, string>> {
  let request: Request | undefined;
  const record: Fetch = (...passed) => {
    request = new Request(...passed);
    return Promise.resolve(new Response());
  };
  await stack(record, defaultHeaders(fields, options))(...call);
  return Object.fromEntries(request?.headers ?? []);
}

Deno.test("default headers: of every form, on every form of a call", async () => {
  const forms: DefaultHeaderFields[] = [
    { "X-A": "1", "x-b": 2, "x-c": true, accept: ["text/plain", "text/html"] },
    [["x-a", "1"], ["x-b", "2"], ["x-c", "true"], ["accept", "text/plain"], [
      "accept",
      "text/html",
    ]],
    new Headers({ "x-a": "1", "x-b": "2", "x-c": "true", accept: "text/plain, text/html" }),
  ];
  const calls: Parameters<Fetch>[] = [
    [url],
    [new URL(url)],
    [url, { method: "DELETE" }],
    [url, { headers: {} }],
    [new Request(url)],
    [new Request(url), { method: "DELETE" }],
  ];
  for (const form of forms) {
    for (const call of calls) {
      assert.deepEqual(await sent(form, call), {
        accept: "text/plain, text/html",
        "x-a": "1",
        "x-b": "2",
        "x-c": "true",
      });
    }
  }
});

Deno.test("default headers: what a call says itself stays, in any case", async () => {
  const fields = { "x-a": "default", "x-b": "default" };
  const expected = { "x-a": "own", "x-b": "default", "x-c": "own" };
  const own = { "X-A": "own", "x-c": "own" };
  assert.deepEqual(await sent(fields, [url, { headers: own }]), expected);
  assert.deepEqual(await sent(fields, [url, { headers: new Headers(own) }]), expected);
  assert.deepEqual(await sent(fields, [new Request(url, { headers: own })]), expected);
  assert.deepEqual(await sent(fields, [url, { headers: { "x-a": "", "x-b": "" } }]), {
    "x-a": "",
    "x-b": "",
  });
});

Deno.test("default headers: no Request is built for a call that is none", async () => {
  let passed: Parameters<Fetch> | undefined;
  const record: Fetch = (...call) => {
    passed = call;
    return Promise.resolve(new Response());
  };
  const api = stack(record, defaultHeaders({ "x-a": "1" }));
  const init = { body: "text", method: "POST" };
  await api(url, init);
  assert.equal(passed?.[0], url);
  assert.equal(passed?.[1]?.body, "text");
  assert.deepEqual(init, { body: "text", method: "POST" });
  // The fields are handed to every call, and nobody can change them for the next.
  assert.ok(Object.isFrozen(passed?.[1]?.headers));
  const request = new Request(url, { headers: { "x-a": "2" } });
  await api(request);
  assert.equal(passed?.[0], request);
});

Deno.test("default headers: a content type is for bodies that do not say theirs", async () => {
  const fields = { "content-type": "application/json" };
  const post = (
    body?: BodyInit | null,
  ): Parameters<Fetch> => [url, { method: "POST", body: body ?? null }];
  assert.equal((await sent(fields, [url]))["content-type"], undefined);
  assert.equal((await sent(fields, post()))["content-type"], undefined);
  for (const body of ["{}", new TextEncoder().encode("{}"), new Blob(["{}"])]) {
    assert.equal((await sent(fields, post(body)))["content-type"], "application/json");
  }
  assert.match((await sent(fields, post(new FormData())))["content-type"] ?? "", /^multipart/);
  assert.match(
    (await sent(fields, post(new URLSearchParams("a=1"))))["content-type"] ?? "",
    /^application\/x-www-form-urlencoded/,
  );
  const image = new Blob(["x"], { type: "image/png" });
  assert.equal((await sent(fields, post(image)))["content-type"], "image/png");
  const request = new Request(url, { method: "POST", body: "x" });
  assert.equal((await sent(fields, [request]))["content-type"], "text/plain;charset=UTF-8");
});

Deno.test("default headers: bad options fail where the layer is made", () => {
  for (
    const [options, message] of [
      [{ origins: [] }, "needs a list with an origin"],
      [{ origins: "https://a.example" }, "needs a list with an origin"],
      [
        { origins: ["https://a.example/"] },
        'cannot match origin "https://a.example/": write scheme',
      ],
      [{ origins: ["a.example"] }, 'cannot match origin "a.example"'],
      [{ origins: ["https://A.example"] }, "cannot match origin"],
      [{ origin: "https://a.example" }, 'has no option "origin"'],
    ] as const
  ) {
    assert.throws(
      () => defaultHeaders({ "x-a": "1" }, options as DefaultHeadersOptions),
      (error: unknown) => error instanceof TypeError && error.message.includes(message),
      message,
    );
  }
});

Deno.test("default headers: a prototype's properties are no fields", async () => {
  const fields = Object.create({ "x-inherited": "1" });
  fields["__proto__x"] = "2";
  assert.deepEqual(await sent(fields, [url]), { "__proto__x": "2" });
});
