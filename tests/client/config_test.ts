/** What a client can be configured to do, over a socket and with a virtual clock. @module */
import assert from "node:assert/strict";
import {
  any,
  Client,
  type ClientConfiguration,
  Cookie,
  CookieStore,
  type Fetch,
  get,
  json,
  ok,
  post,
  type Progress,
  type RunningServer,
  serve,
  service,
  stream,
  text,
  transport,
} from "@pirouette/http";
import { resolvedRequestedURI } from "@pirouette/http/layers";
import { VirtualClock } from "@pirouette/http/testing";

/** A service that does a bit of everything. */
async function startService(): Promise<RunningServer> {
  return await serve(
    service({ compression: true }, [
      get(
        "/login",
        () => ok({ body: "in", cookies: [new Cookie("session", "s1", { path: "/" })] }),
      ),
      get("/headers", ({ headers }) => Object.fromEntries(headers)),
      get("/moved", () =>
        ok({
          body: "moved",
          cookies: [new Cookie("seen", "1", { path: "/" })],
        })),
      get("/away", () =>
        new Response(null, {
          status: 302,
          headers: { location: "/headers", "set-cookie": "hop=1; Path=/" },
        })),
      get("/long", () => "a".repeat(5_000)),
      get("/fields", () => new Response("", { headers: { "x-long": "a".repeat(2_000) } })),
      post(
        "/upload",
        { body: stream() },
        async ({ body }) => String((await new Response(body).bytes()).length),
      ),
      any("/gateway", ({ headers }) => headers.get("forwarded") ?? "nothing"),
    ]),
    { port: 0 },
  );
}

type Fields = Record<string, string>;

Deno.test("client config: default header fields go to the base URL's origin only", async () => {
  const seen: Fields[] = [];
  const fetch: Fetch = (_, init) => {
    seen.push(Object.fromEntries(new Headers(init?.headers)));
    return Promise.resolve(new Response(null, { status: 204 }));
  };
  const api = new Client("http://h", {
    fetch,
    origins: ["http://cdn"],
    headers: { authorization: "Bearer s3cret", accept: "text/plain" },
  });
  await api.get("/");
  await api.get("/", { headers: { Accept: "application/json" } });
  await api.get("http://cdn/");
  await api.fetch("/", { headers: { accept: "a/b" } });
  assert.deepEqual(seen, [
    { authorization: "Bearer s3cret", accept: "text/plain" },
    { authorization: "Bearer s3cret", accept: "application/json" },
    {},
    { authorization: "Bearer s3cret", accept: "a/b" },
  ]);
  assert.throws(() => new Client("http://h", { headers: { "x y": "s3cret" } }), (error: Error) => {
    assert(!error.message.includes("s3cret"));
    return true;
  });
});

Deno.test("client config: cookies are kept, sent, and set by redirects", async () => {
  await using server = await startService();
  const store = new CookieStore();
  for (const cookies of [true, {}, store] as const) {
    const api = new Client(server.url, { cookies, followRedirects: true });
    assert.equal(await api.get("/login", { as: text() }), "in");
    const sent = await api.get("/headers", { as: json() }) as Fields;
    assert.equal(sent["cookie"], "session=s1");
    const after = await api.get("/away", { as: json() }) as Fields;
    assert.equal(after["cookie"], "session=s1; hop=1");
    assert(api.cookieStore instanceof CookieStore);
    assert.equal((await api.cookieStore.getAllCookies()).length, 2);
  }
  const shared = new Client(server.url, { cookies: store });
  assert.equal(shared.cookieStore, store);
  assert.equal(
    (await shared.get("/headers", { as: json() }) as Fields)["cookie"],
    "session=s1; hop=1",
  );
  const without = new Client(server.url);
  assert.equal(without.cookieStore, undefined);
  await without.get("/login", { as: text() });
  assert(!("cookie" in (await without.get("/headers", { as: json() }) as Fields)));
});

Deno.test("client config: a response over its limits is refused", async () => {
  await using server = await startService();
  const limited = new Client(server.url, {
    responseLimits: { maxEntityBodySize: 1024, maxHeaderSize: 1024 },
  });
  const tooLong = /^Response max entity body size exceeds: Entity body is larger than 1024 bytes/;
  await assert.rejects(limited.get("/long", { as: text() }), {
    name: "ReadingInboundResponseBodyError",
    message: tooLong,
  });
  const response = await limited.get("/long").catch((error) => error);
  if (response instanceof Response) await assert.rejects(response.text(), { message: tooLong });
  else assert.match(response.message, tooLong);
  await assert.rejects(limited.get("/fields"), {
    name: "ReadingInboundResponseHeadersError",
    message: /^Response max header size exceeds: /,
  });
  const expanded = new Client(server.url, { decompression: { maxOutputSize: 1024 } });
  await assert.rejects(expanded.get("/long", { as: text() }), {
    name: "ReadingInboundResponseBodyError",
  });
  const free = new Client(server.url);
  assert.equal((await free.get("/long", { as: text() })).length, 5_000);
});

Deno.test("client config: what compression is asked for", async () => {
  await using server = await startService();
  const table: readonly (readonly [ClientConfiguration["compression"], RegExp])[] = [
    ["ALWAYS", /deflate/],
    ["NEVER", /^identity$/],
  ];
  for (const [compression = "AUTO", expected] of table) {
    const api = new Client(server.url, { compression });
    const sent = await api.get("/headers", { as: json() }) as Fields;
    assert.match(sent["accept-encoding"] ?? "", expected);
    assert.equal((await api.get("/long", { as: text() })).length, 5_000);
  }
});

Deno.test("client config: a service that does not answer in time is an error", async () => {
  const clock = new VirtualClock();
  const never: Fetch = () => new Promise(() => {});
  for (const timeout of [2_000, { headers: 2_000, clock }, { attempt: 2_000, clock }] as const) {
    const limit = typeof timeout === "number" ? { headers: timeout, clock } : timeout;
    const api = new Client("http://h", { fetch: never, timeout: limit });
    const call = api.get("/", { as: text() });
    await clock.advance(1_999);
    const rejected = assert.rejects(call, {
      name: "IdleTimeoutError",
      message: /^Idle timeout triggered before initiating inbound response/,
    });
    await clock.advance(1);
    await rejected;
  }
  assert.throws(() => new Client("http://h", { timeout: 0 }), RangeError);
});

Deno.test("client config: how far a call is", async () => {
  await using server = await startService();
  const api = new Client(server.url, { followRedirects: true, compression: "NEVER" });
  const up: Progress[] = [];
  const down: Progress[] = [];
  const size = await api.post("/upload", new Uint8Array(100_000), {
    as: text(),
    onUploadProgress: (progress) => void up.push(progress),
    onDownloadProgress: (progress) => void down.push(progress),
  });
  assert.equal(size, "100000");
  assert.deepEqual(up.at(-1), { loaded: 100_000, total: 100_000, done: true });
  assert.deepEqual(down.at(-1), { loaded: 6, total: 6, done: true });
});

Deno.test("client config: forwarded tells the service who sent a request that is passed on", async () => {
  await using server = await startService();
  for (
    const [forwarded, expected] of [["disable", /^nothing$/], [
      "enable",
      /^for=127\.0\.0\.1;/,
    ]] as const
  ) {
    const api = new Client(server.url, { forwarded });
    const gateway = service({}, [any("/in", ({ request }) => api.forward("/gateway", request))]);
    await using front = await serve(gateway, { port: 0 });
    const response = await fetch(`${front.url}/in`);
    assert.match(await response.text(), expected);
    assert.match(await api.get("/gateway", { as: text() }), /^nothing$/);
  }
});

Deno.test("client config: a transport of its own is closed with the client, another's is not", async () => {
  await using server = await startService();
  const own = new Client(server.url, { transport: { pool: { keepAlive: false } } });
  assert.equal(await own.get("/login", { as: text() }), "in");
  await own.close();
  await assert.rejects(own.get("/login"), { name: "GenericClientError", message: /closed/ });
  using shared = transport({ pool: { keepAlive: false } });
  {
    using api = new Client(server.url, { transport: shared });
    assert.equal(await api.get("/login", { as: text() }), "in");
  }
  {
    await using api = new Client(server.url, { transport: shared });
    assert.equal(await api.get("/login", { as: text() }), "in");
  }
  assert.throws(() => new Client("http://h", { fetch, transport: shared }), {
    message: /leave out one of them/,
  });
});

Deno.test("client config: an option of the wrong type, or that does nothing, is refused", () => {
  const table: readonly (readonly [name: string, value: unknown, message: RegExp])[] = [
    ["validation", "no", /^Client needs true or false for validation$/],
    ["laxDataBinding", 1, /^Client needs true or false for laxDataBinding$/],
    ["layers", () => fetch, /^Client needs a list for layers/],
    ["origins", "https://h", /^Client needs a list for origins/],
    ["followRedirects", 5, /^Client needs true, false or options for followRedirects$/],
    ["followRedirects", null, /^Client needs true, false or options for followRedirects$/],
    ["decompression", { codings: ["gzip"] }, /^Client has no codings in decompression/],
  ];
  for (const [name, value, message] of table) {
    assert.throws(() => new Client("http://h", { [name]: value }), { name: "TypeError", message });
  }
});

Deno.test("client config: what a program's own fetch fails with by mistake stays the program's", async () => {
  const mistake = new TypeError("Cannot read properties of undefined (reading 's3cret')");
  const api = new Client("http://h", { fetch: () => Promise.reject(mistake) });
  await assert.rejects(api.get("/"), (error) => error === mistake);
  const gateway = service({ onError: () => {} }, [get("/", () => api.get("/"))]);
  const answer = await gateway.fetch("http://g/");
  assert.equal(answer.status, 500);
  assert.doesNotMatch(await answer.text(), /s3cret/);
});

Deno.test("client config: what fails below is an error of a client, whoever's fetch it is", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const url = `http://127.0.0.1:${port}`;
  const wrapped: Fetch = (input, init) => fetch(input, init);
  for (const config of [{}, { fetch }, { fetch: wrapped }, { transport: {} }]) {
    await using api = new Client(url, config);
    await assert.rejects(api.get("/secret?token=s3cret"), (error: Error) => {
      assert.equal(error.name, "ClientConnectorError");
      assert(!error.message.includes("s3cret"));
      assert(error.cause instanceof TypeError);
      return true;
    });
  }
});

Deno.test("client config: a failure below a service is answered with 502, a timeout with 504", async () => {
  const clock = new VirtualClock();
  const gone = new Client("http://127.0.0.1:9", {
    fetch: () =>
      Promise.reject(new TypeError("fetch failed", { cause: new Error("x (Connect): y") })),
  });
  const slow = new Client("http://h", {
    fetch: () => new Promise(() => {}),
    timeout: { headers: 10, clock },
  });
  const gateway = service({ onError: () => {} }, [
    get("/gone", () => gone.get("/")),
    get("/slow", () => slow.get("/")),
  ]);
  assert.equal((await gateway.fetch("http://g/gone")).status, 502);
  const answer = gateway.fetch("http://g/slow");
  await clock.advance(10);
  assert.equal((await answer).status, 504);
});

Deno.test("client config: a response that was built anew still tells what address was asked", async () => {
  const api = new Client("http://h", {
    fetch: () => Promise.resolve(new Response("hello")),
    followRedirects: true,
  });
  const counted = await api.get("/a#b", { onDownloadProgress: () => {} });
  assert.equal(resolvedRequestedURI(counted), "http://h/a#b");
});
