/** Redirects: which are followed, with what method and body, and what a call can decide. @module */
import assert from "node:assert/strict";
import { type Fetch, get, service, stack } from "@pirouette/http";
import { redirect, type RedirectHop, type RedirectOptions } from "../../src/layers/redirect.ts";
import { RedirectError } from "../../src/layers/redirect_error.ts";
import { resolvedRequestedURI } from "../../src/layers/redirect_uri.ts";
import { go, startOrigins } from "../support/redirecting_service.ts";
import { within } from "../support/within.ts";

const url = "http://a.example/start";

/** What a layer below was given. */
interface Sent {
  readonly input: Request | URL | string;
  readonly init: RequestInit | undefined;
}

/** Follows redirects of a fetch that answers `/start` with a redirect and all else with 200. */
function following(
  answer: () => Response,
  options?: RedirectOptions,
): { fetch: Fetch; sent: Sent[] } {
  const sent: Sent[] = [];
  const inside: Fetch = (input, init) => {
    sent.push({ input, init });
    const asked = new URL(input instanceof Request ? input.url : input);
    return Promise.resolve(asked.pathname === "/start" ? answer() : new Response("there"));
  };
  return { fetch: stack(inside, redirect(options)), sent };
}

function to(location: string | undefined, status = 302): () => Response {
  return () => new Response(null, { status, headers: location === undefined ? {} : { location } });
}

Deno.test("redirect: statuses and methods", async () => {
  const kept = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "REPORT"];
  const table: Record<number, (method: string) => string> = {
    300: (method) => method,
    301: (method) => method === "POST" ? "GET" : method,
    302: (method) => method === "POST" ? "GET" : method,
    303: (method) => method === "HEAD" ? "HEAD" : "GET",
    305: (method) => method,
    307: (method) => method,
    308: (method) => method,
  };
  for (const [status, expected] of Object.entries(table)) {
    for (const method of kept) {
      const body = method === "GET" || method === "HEAD" ? null : "body";
      const headers = { "content-type": "text/x", "content-language": "en", "x-own": "1" };
      const { fetch, sent } = following(to("/there", Number(status)));
      await fetch(url, { method, body, headers });
      const init = sent[1]?.init;
      assert.equal(init?.method, expected(method), `${status} ${method}`);
      const changed = expected(method) !== method;
      assert.equal(init?.body ?? null, changed ? null : body);
      const names = [...new Headers(init?.headers).keys()];
      assert.deepEqual(names, changed ? ["x-own"] : ["content-language", "content-type", "x-own"]);
    }
  }
});

Deno.test("redirect: a method is compared in any case", async () => {
  const { fetch, sent } = following(to("/there", 301));
  await fetch(url, { method: "post", body: "x" });
  assert.equal(sent[1]?.init?.method, "GET");
});

Deno.test("redirect: 304 and what has no redirecting status is the response", async () => {
  for (const status of [200, 201, 304, 306, 404]) {
    const { fetch, sent } = following(to("/there", status));
    assert.equal((await fetch(url)).status, status);
    assert.equal(sent.length, 1);
  }
  // A choice that is left to the reader.
  for (const status of [300, 305]) {
    const { fetch } = following(to(undefined, status));
    assert.equal((await fetch(url)).status, status);
  }
});

Deno.test("redirect: where Location leads", async () => {
  const base = "http://a.example/start?q=1#part";
  const table: Record<string, string> = {
    "/there": "http://a.example/there#part",
    "there": "http://a.example/there#part",
    "../up": "http://a.example/up#part",
    "?q=2": "http://a.example/start?q=2#part",
    "#other": "http://a.example/start?q=1#other",
    "/there#": "http://a.example/there#",
    "/there#other": "http://a.example/there#other",
    "//b.example/there": "http://b.example/there#part",
    "HTTP://B.example:80/there": "http://b.example/there#part",
    "https://b.example/there": "https://b.example/there#part",
    "/a b": "http://a.example/a%20b#part",
    "/a,b": "http://a.example/a,b#part",
    "/\u00c3\u00a9": "http://a.example/%C3%A9#part",
    "/%e9": "http://a.example/%e9#part",
    // No UTF-8, so Latin-1.
    "/\u00e9": "http://a.example/%C3%A9#part",
    // Twice the same is once.
    "/there, /there": "http://a.example/there#part",
  };
  for (const [location, expected] of Object.entries(table)) {
    const { fetch, sent } = following(to(location), { maxCount: 1 });
    const response = await fetch(base);
    assert.equal(sent[1]?.input, expected, location);
    assert.equal(resolvedRequestedURI(response), expected);
    assert.equal(response.url, expected.split("#")[0]);
    assert.equal(response.redirected, true);
  }
});

Deno.test("redirect: what leads nowhere is an error", async () => {
  const table: readonly [string | undefined, RegExp][] = [
    [undefined, /^Location header not available! Cannot follow redirect 302 without it$/],
    ["", /^Location header not available!/],
    ["/there, /elsewhere", /^Cannot follow redirect 302 to several addresses: have it send one$/],
    ["http://", /^Cannot follow redirect 302: its Location is no address$/],
    ["http://[::1", /its Location is no address$/],
    ["http://b.example:99999/", /its Location is no address$/],
  ];
  for (const [location, message] of table) {
    const { fetch, sent } = following(to(location));
    await assert.rejects(fetch(url), (error) => {
      assert.ok(error instanceof RedirectError);
      assert.match(error.message, message);
      assert.deepEqual(
        [error.name, error.code, error.status, error.statusCode],
        ["RedirectError", "REDIRECT", 502, 302],
      );
      assert.equal(error.location, location);
      return true;
    });
    assert.equal(sent.length, 1);
  }
});

Deno.test("redirect: a loop ends at the count, which is a call's own", async () => {
  const { fetch, sent } = following(to("/start"), { maxCount: 3 });
  const responses = await Promise.all([fetch(url), fetch(url), fetch(url)]);
  assert.deepEqual(responses.map(({ status }) => status), [302, 302, 302]);
  assert.equal(sent.length, 12);
  const none = following(to("/there"), { maxCount: 0 });
  assert.equal((await none.fetch(url)).status, 302);
  const five = following(to("/start"));
  await five.fetch(url);
  assert.equal(five.sent.length, 6);
});

Deno.test("redirect: a call that has its own mode is passed on as it is", async () => {
  for (const mode of ["manual", "error"] as const) {
    const { fetch, sent } = following(to("/there"));
    const init = { redirect: mode };
    assert.equal((await fetch(url, init)).status, 302);
    assert.equal(sent[0]?.init, init);
    const request = new Request(url, init);
    await fetch(request);
    assert.equal(sent[1]?.input, request);
    // What stands beside a request goes first.
    await fetch(request, { redirect: "follow" });
    assert.equal(sent.length, 4);
  }
});

Deno.test("redirect: no request is built of an address", async () => {
  const { fetch, sent } = following(to("/there", 307));
  const init = { method: "POST", body: "x", headers: { "x-own": "1" } };
  await fetch(url, init);
  await fetch(new URL(url), init);
  assert.deepEqual(sent.map(({ input }) => typeof input), ["string", "string", "string", "string"]);
  assert.deepEqual(sent[0]?.init, { ...init, redirect: "manual" });
  assert.deepEqual(sent[1]?.init, { ...init, redirect: "manual" });
});

Deno.test("redirect: bodies that can be sent twice are", async () => {
  const form = new FormData();
  form.set("a", "1");
  const bodies: readonly BodyInit[] = [
    "text",
    new Uint8Array([1]),
    new ArrayBuffer(1),
    new Blob(["x"]),
    form,
    new URLSearchParams("a=1"),
  ];
  for (const body of bodies) {
    const { fetch, sent } = following(to("/there", 307));
    await fetch(url, { method: "POST", body });
    assert.equal(sent[1]?.init?.body, body);
  }
});

Deno.test("redirect: a stream is not sent twice, but may be lost on the way", async () => {
  const stream = (): ReadableStream<Uint8Array> => new Blob(["x"]).stream();
  const repeated = following(to("/there", 308));
  await assert.rejects(repeated.fetch(url, { method: "POST", body: stream() }), {
    name: "RedirectError",
    message:
      "Cannot send the body again for redirect 308: a stream can be read only once, pass text, bytes or a Blob",
  });
  const lost = following(to("/there", 303));
  const response = await lost.fetch(url, { method: "POST", body: stream() });
  assert.equal(await response.text(), "there");
});

Deno.test("redirect: the body of a Request is sent twice, up to a limit", async () => {
  await using origins = await startOrigins();
  const follow = stack(fetch, redirect({ bufferLimit: 4 }));
  const ask = (body: string, status: number): Promise<Response> =>
    follow(new Request(origins.near + go("/end", status), { method: "POST", body }));
  const there = await (await ask("four", 307)).json();
  assert.deepEqual([there.method, there.body], ["POST", "four"]);
  assert.equal(there.headers["content-length"], "4");
  assert.equal(there.headers["content-type"], "text/plain;charset=UTF-8");
  await assert.rejects(ask("fifth", 307), {
    name: "RedirectError",
    message:
      "Cannot send the body again for redirect 307: more than 4 bytes of a Request are not " +
      "kept, pass them beside the address or raise bufferLimit",
  });
  assert.equal((await (await ask("fifth", 303)).json()).method, "GET");
});

Deno.test("redirect: a Request that streams more than is kept arrives whole", async () => {
  await using origins = await startOrigins();
  const follow = stack(fetch, redirect({ bufferLimit: 1_000 }));
  let left = 100;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (left-- > 0) controller.enqueue(new Uint8Array(10_000).fill(97));
      else controller.close();
    },
  });
  const init: RequestInit & { duplex: "half" } = { method: "POST", body, duplex: "half" };
  const there = await (await follow(new Request(`${origins.near}/end`, init))).json();
  assert.equal(there.body.length, 1_000_000);
});

Deno.test("redirect: a Request that lost its body does not get it back", async () => {
  await using origins = await startOrigins();
  const follow = stack(fetch, redirect());
  const path = go(go("/end", 307), 303);
  const request = new Request(origins.near + path, { method: "POST", body: "x" });
  const there = await (await follow(request)).json();
  assert.deepEqual([there.method, there.body], ["GET", ""]);
  assert.equal(there.headers["content-type"], undefined);
});

Deno.test("redirect: the body of a Request is repeated over several hops", async () => {
  await using origins = await startOrigins();
  const follow = stack(fetch, redirect());
  const path = go(go(go("/end", 308), 307), 307);
  const request = new Request(origins.near + path, { method: "PUT", body: "again" });
  const there = await (await follow(request)).json();
  assert.deepEqual([there.method, there.body], ["PUT", "again"]);
});

Deno.test("redirect: header fields of an iterator last for all requests", async () => {
  const { fetch, sent } = following(to("/there"));
  await fetch(url, { headers: [["x-own", "1"]].values() as unknown as HeadersInit });
  assert.equal(new Headers(sent[1]?.init?.headers).get("x-own"), "1");
});

Deno.test("redirect: methods choose whose redirects are followed", async () => {
  const { fetch, sent } = following(to("/there", 307), { methods: ["get", "HEAD"] });
  assert.equal((await fetch(url)).status, 200);
  assert.equal((await fetch(url, { method: "POST" })).status, 307);
  // Nor by the platform.
  assert.equal(sent[2]?.init?.redirect, "manual");
});

Deno.test("redirect: onRedirect is told, and may stop", async () => {
  const hops: RedirectHop[] = [];
  const told = following(to("http://b.example/there", 303), {
    onRedirect: (hop) => {
      hops.push(hop);
    },
  });
  await told.fetch(url, { method: "PUT" });
  assert.deepEqual(hops, [{
    statusCode: 303,
    from: url,
    to: "http://b.example/there",
    method: "GET",
    count: 1,
    crossesOrigins: true,
  }]);
  const stopped = following(to("/there"), { onRedirect: () => Promise.resolve(false) });
  const response = await stopped.fetch(url);
  assert.equal(response.status, 302);
  assert.equal(resolvedRequestedURI(response), url);
  const failing = following(to("/there"), {
    onRedirect: () => {
      throw new Error("not there");
    },
  });
  await assert.rejects(failing.fetch(url), /^Error: not there$/);
  assert.equal(failing.sent.length, 1);
});

Deno.test("redirect: the caller's signal ends the call between two requests", async () => {
  for (const isRequest of [false, true]) {
    const controller = new AbortController();
    const { signal } = controller;
    const { fetch, sent } = following(to("/there", 307), {
      onRedirect: () => controller.abort(new Error("enough")),
    });
    const init = { method: "POST", body: "x", signal };
    const call = isRequest ? fetch(new Request(url, init)) : fetch(url, init);
    await assert.rejects(call, /^Error: enough$/);
    assert.equal(sent.length, 1);
  }
});

Deno.test("redirect: the signal ends waiting for a body that does not come", async () => {
  const controller = new AbortController();
  const { fetch } = following(to("/there", 307));
  const body = new ReadableStream<Uint8Array>({
    pull() {
      controller.abort(new Error("enough"));
      return new Promise(() => {});
    },
  }, { highWaterMark: 0 });
  const init = { method: "POST", body, duplex: "half", signal: controller.signal };
  const call = fetch(new Request(url, init as RequestInit));
  await within(assert.rejects(call, /^Error: enough$/), "the end of the call");
});

Deno.test("redirect: responses on the way are cancelled, the last one is not", async () => {
  let cancelled = 0;
  const answer = (location: string) => (): Response =>
    new Response(new ReadableStream({ cancel: () => void cancelled++ }), {
      status: 302,
      headers: { location },
    });
  const followed = following(answer("/there"));
  assert.equal(await (await followed.fetch(url)).text(), "there");
  assert.equal(cancelled, 1);
  const looping = following(answer("/start"), { maxCount: 2 });
  const last = await looping.fetch(url);
  assert.equal(cancelled, 3);
  await last.body?.cancel();
  assert.equal(cancelled, 4);
  await assert.rejects(following(answer("ftp://a.example/")).fetch(url));
  assert.equal(cancelled, 5);
});

Deno.test("redirect: a platform that hides redirects is told of", async () => {
  const hidden: Fetch = () => {
    const response = new Response(null, { status: 200 });
    Object.defineProperty(response, "type", { value: "opaqueredirect" });
    return Promise.resolve(response);
  };
  await assert.rejects(stack(hidden, redirect())(url), {
    name: "RedirectError",
    message: "Cannot follow a redirect that the platform hides: take the redirect layer out",
  });
});

Deno.test("redirect: works around a service in process", async () => {
  const moved = service({}, [
    get("/start", () => Response.redirect("http://localhost/there", 301)),
    get("/there", ({ request }) => request.url),
  ]);
  const follow = stack(moved.fetch, redirect());
  const response = await follow("http://localhost/start");
  assert.equal(await response.text(), "http://localhost/there");
  assert.deepEqual([response.url, response.redirected], ["http://localhost/there", true]);
  assert.equal(resolvedRequestedURI(new Response()), "");
});

Deno.test("redirect: an address that only layers below know is resolved against theirs", async () => {
  const below: Fetch = (input) => {
    const first = input === "/start";
    const response = first ? to("there")() : new Response(String(input));
    if (first) Object.defineProperty(response, "url", { value: "http://a.example/x/start" });
    return Promise.resolve(response);
  };
  assert.equal(await (await stack(below, redirect())("/start")).text(), "http://a.example/x/there");
  const unknown: Fetch = () => Promise.resolve(to("there")());
  await assert.rejects(
    stack(unknown, redirect())("/start"),
    /^RedirectError: Cannot follow redirect 302 of a relative address: pass a whole one$/,
  );
});

Deno.test("redirect: options that cannot be are refused", () => {
  const table: readonly [unknown, string, RegExp][] = [
    [{ maxCount: -1 }, "RangeError", /^redirect needs a whole number from 0 for maxCount, not -1$/],
    [{ maxCount: 1.5 }, "RangeError", /maxCount, not 1.5$/],
    [{ maxCount: Infinity }, "RangeError", /maxCount, not Infinity$/],
    [{ bufferLimit: NaN }, "RangeError", /bufferLimit, not NaN$/],
    [{ methods: "GET" }, "TypeError", /^redirect needs a list for methods, as \["GET", "HEAD"\]$/],
    [{ onRedirect: true }, "TypeError", /^redirect needs a function for onRedirect$/],
    [{ enabled: true }, "TypeError", /^redirect has no option "enabled": use one of maxCount,/],
  ];
  for (const [options, name, message] of table) {
    assert.throws(() => redirect(options as RedirectOptions), { name, message });
  }
});
