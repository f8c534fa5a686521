/**
 * HTTP/1.1 over Node's modules, as bytes on a socket: framing, heads that are refused, requests that
 * wait, bodies that nobody reads, and what comes before a response or after it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { inspect } from "node:util";
import { get, post, serve, type ServeOptions, service, text, withTrailers } from "@pirouette/http";
import type { Fetch } from "@pirouette/http";
import { RawConnection, rawRequest, sendRaw } from "../support/raw_http.ts";
import { within } from "../support/within.ts";

const options: ServeOptions = { port: 0, host: "127.0.0.1", transport: "node" };

const shapes: Record<string, () => Response> = {
  "/text": () => new Response("text"),
  "/bytes": () => new Response(new Uint8Array([65, 66])),
  "/empty": () => new Response(null),
  "/204": () => new Response(null, { status: 204 }),
  "/304": () => new Response(null, { status: 304, headers: { etag: '"a"' } }),
  "/205": () => new Response(null, { status: 205 }),
  "/cookies": () => {
    const headers = new Headers([["set-cookie", "a=1"], ["set-cookie", "b=2; Expires=x, y"]]);
    return new Response("c", { headers });
  },
  "/stream": () => new Response(ticking(["one ", "two ", "three"])),
  "/late": () => new Response(ticking(["one ", "two ", "three"], 5)),
  "/declared": () =>
    new Response(ticking(["abc", "def"], 5), { headers: { "content-length": "6" } }),
  "/short": () => new Response(ticking(["abc"], 5), { headers: { "content-length": "6" } }),
  "/long": () => new Response(ticking(["abc", "defg"], 5), { headers: { "content-length": "6" } }),
  "/odd": () => new Response("abc", { headers: { "transfer-encoding": "x", "keep-alive": "5" } }),
  "/latin": () => new Response("é", { headers: { "x-name": "caf\xe9" } }),
  "/big": () => new Response("x".repeat(300_000)),
  "/trailers": () => {
    const response = new Response(ticking(["body"]));
    withTrailers(response, () => Promise.resolve({ "x-sum": "7" }));
    return response;
  },
};

const answerAll: Fetch = (input) => {
  const { pathname } = new URL((input as Request).url);
  return Promise.resolve(shapes[pathname]?.() ?? new Response(null, { status: 404 }));
};

function ticking(texts: readonly string[], pause = 0): ReadableStream<Uint8Array<ArrayBuffer>> {
  const rest = [...texts];
  let timer: ReturnType<typeof setTimeout> | undefined;
  return new ReadableStream({
    cancel: () => clearTimeout(timer),
    async pull(controller) {
      if (pause > 0) await new Promise((done) => timer = setTimeout(done, pause));
      const next = rest.shift();
      if (next === undefined) controller.close();
      else controller.enqueue(new TextEncoder().encode(next));
    },
  });
}

const framed: readonly [path: string, status: number, framing: string | null, body: string][] = [
  ["/text", 200, "4", "text"],
  ["/bytes", 200, "2", "AB"],
  ["/empty", 200, "0", ""],
  ["/204", 204, null, ""],
  ["/304", 304, null, ""],
  ["/205", 205, "0", ""],
  ["/stream", 200, "chunked", "one two three"],
  ["/late", 200, "chunked", "one two three"],
  ["/declared", 200, "6", "abcdef"],
  ["/odd", 200, "3", "abc"],
  ["/latin", 200, "2", "é"],
  ["/big", 200, "300000", "x".repeat(300_000)],
];

Deno.test("node transport: a response is framed by what is known of its body", async () => {
  await using server = await serve(answerAll, options);
  using connection = await RawConnection.open(server);
  for (const [path, status, framing, body] of framed) {
    await connection.send(rawRequest(`GET ${path} HTTP/1.1`, ["Host: x"]));
    const answer = await connection.read();
    assert.equal(answer?.status, status, path);
    const told = answer.headers.get("content-length") ?? answer.headers.get("transfer-encoding");
    assert.equal(told, framing, path);
    assert.equal(answer.body, body, path);
  }
});

Deno.test("node transport: HEAD is answered with the fields of GET and no body", async () => {
  await using server = await serve(answerAll, options);
  using connection = await RawConnection.open(server);
  for (const [path, status] of framed) {
    await connection.send(rawRequest(`HEAD ${path} HTTP/1.1`, ["Host: x"]));
    const answer = await connection.read({ head: true });
    assert.equal(answer?.status, status, path);
    assert.notEqual(answer.headers.get("content-length"), path === "/text" ? "0" : "-", path);
  }
});

Deno.test("node transport: every Set-Cookie is a field of its own, other bytes are kept", async () => {
  await using server = await serve(answerAll, options);
  const cookies = await sendRaw(server, rawRequest("GET /cookies HTTP/1.1", ["Host: x"]));
  assert.deepEqual(cookies?.headers.getSetCookie(), ["a=1", "b=2; Expires=x, y"]);
  const latin = await sendRaw(server, rawRequest("GET /latin HTTP/1.1", ["Host: x"]));
  assert.match(latin?.head ?? "", /x-name: caf\xe9/);
});

Deno.test("node transport: a body that is not as long as it says breaks the connection", async () => {
  await using server = await serve(answerAll, options);
  for (const path of ["/short", "/long"]) {
    const broken = sendRaw(server, rawRequest(`GET ${path} HTTP/1.1`, ["Host: x"]));
    await assert.rejects(broken, /broke off/, path);
  }
});

Deno.test("node transport: a body that fails midway is not ended as if it were whole", async () => {
  const failing: Fetch = () => {
    let count = 0;
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await new Promise((done) => setTimeout(done, 2));
        if (count++ === 3) throw new Error("inside");
        controller.enqueue(new Uint8Array(10));
      },
    });
    return Promise.resolve(new Response(body));
  };
  await using server = await serve(failing, options);
  await assert.rejects(sendRaw(server, rawRequest("GET / HTTP/1.1", ["Host: x"])));
});

Deno.test("node transport: trailer fields follow a body in chunks", async () => {
  await using server = await serve(answerAll, options);
  using socket = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  await socket.write(new TextEncoder().encode(
    rawRequest("GET /trailers HTTP/1.1", ["Host: x", "Connection: close"]),
  ));
  const bytes = await new Response(socket.readable).text();
  assert.match(bytes, /\r\n4\r\nbody\r\n0\r\nx-sum: 7\r\n\r\n$/i);
});

Deno.test("node transport: HTTP/1.0 gets no chunks, and needs no Host", async () => {
  await using server = await serve(answerAll, options);
  const answer = await sendRaw(server, rawRequest("GET /late HTTP/1.0"));
  assert.equal(answer?.headers.get("transfer-encoding"), null);
  assert.equal(answer?.body, "one two three");
});

const malformed: readonly [what: string, bytes: string, status: number][] = [
  ["no Host", "GET / HTTP/1.1\r\n\r\n", 400],
  ["two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400],
  ["a slash in Host", "GET /x HTTP/1.1\r\nHost: a/b\r\n\r\n", 400],
  ["userinfo in Host", "GET /x HTTP/1.1\r\nHost: a@b\r\n\r\n", 400],
  ["an empty Host", "GET /x HTTP/1.1\r\nHost:\r\n\r\n", 400],
  ["no method", "!! / HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["a space before a colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400],
  ["an absurd length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400],
  [
    "length and chunks",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    400,
  ],
  ["a control character", "GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n", 400],
  ["a large head", `GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(40_000)}\r\n\r\n`, 431],
  ["many fields", `GET / HTTP/1.1\r\nHost: a\r\n${"X: y\r\n".repeat(150)}\r\n`, 431],
  ["a long target", `GET /${"x".repeat(5_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414],
  ["a target without end", `GET /${"x".repeat(60_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414],
];

Deno.test("node transport: what is no request is refused, and the connection closed", async () => {
  await using server = await serve(answerAll, options);
  for (const [what, bytes, status] of malformed) {
    const answer = await sendRaw(server, bytes);
    assert.equal(answer?.status, status, what);
  }
  const answer = await sendRaw(server, rawRequest("GET /text HTTP/1.1", ["Host: x"]));
  assert.equal(answer?.body, "text");
});

Deno.test("security 3: the authority of a whole target takes the place of Host", async () => {
  const urls: string[] = [];
  const told: Fetch = (input) => {
    urls.push((input as Request).url);
    return Promise.resolve(new Response(null));
  };
  await using server = await serve(told, options);
  for (const target of ["http://a.example/x?y", "http://b.example", "/z"]) {
    await sendRaw(server, rawRequest(`GET ${target} HTTP/1.1`, ["Host: c.example"]));
  }
  assert.deepEqual(urls, ["http://a.example/x?y", "http://b.example/", "http://c.example/z"]);
});

Deno.test("node transport: requests that come before they can be answered wait in order", async () => {
  let running = 0;
  let most = 0;
  const echo = service({}, [get("/:name", async ({ path }) => {
    most = Math.max(most, ++running);
    await new Promise((done) => setTimeout(done, 1));
    running--;
    return path.name;
  })]);
  const http1Settings = { maxPipelinedRequests: 3 };
  await using server = await serve(echo, { ...options, http1Settings });
  using connection = await RawConnection.open(server);
  const names = Array.from({ length: 25 }, (_, index) => `n${index}`);
  await connection.send(
    names.map((name) => rawRequest(`GET /${name} HTTP/1.1`, ["Host: x"])).join(""),
  );
  const answers: string[] = [];
  for (const _ of names) answers.push((await connection.read())?.body ?? "");
  assert.deepEqual(answers, names);
  assert.equal(most, 1);
});

Deno.test("node transport: a body that nobody reads does not keep its answer from the client", async () => {
  const deaf: Fetch = () => Promise.resolve(new Response("no thanks", { status: 403 }));
  await using server = await serve(deaf, options);
  const body = new Uint8Array(4_000_000);
  const response = await fetch(server.url, { method: "POST", body });
  assert.deepEqual([response.status, await response.text()], [403, "no thanks"]);
  // One that is there with its head costs no connection.
  using connection = await RawConnection.open(server);
  for (let round = 0; round < 3; round++) {
    const fields = ["Host: x", "Content-Length: 5"];
    await connection.send(rawRequest("POST / HTTP/1.1", fields, "hello"));
    assert.equal((await connection.read())?.status, 403);
  }
});

Deno.test("node transport: 100 is sent when the body is first asked for, and not before", async () => {
  const picky = service({}, [
    post("/take", { body: text() }, ({ body }) => body),
    post("/leave", () => new Response("no", { status: 403 })),
  ]);
  await using server = await serve(picky, options);
  const fields = [
    "Host: x",
    "Content-Type: text/plain",
    "Content-Length: 5",
    "Expect: 100-continue",
  ];
  {
    using connection = await RawConnection.open(server);
    await connection.send(rawRequest("POST /take HTTP/1.1", fields));
    assert.equal((await connection.read())?.status, 100);
    await connection.send("hello");
    assert.equal((await connection.read())?.body, "hello");
  }
  using connection = await RawConnection.open(server);
  await connection.send(rawRequest("POST /leave HTTP/1.1", fields));
  const answer = await connection.read();
  assert.deepEqual([answer?.status, answer?.headers.get("connection")], [403, "close"]);
});

Deno.test("node transport: an upgrade to what nobody speaks is an ordinary request", async () => {
  const echo = service({}, [
    get("/", () => "none"),
    post("/", { body: text() }, ({ body }) => body),
  ]);
  await using server = await serve(echo, options);
  const asking = [
    "Host: x",
    "Connection: Upgrade, HTTP2-Settings",
    "Upgrade: h2c",
    "HTTP2-Settings: A",
  ];
  const sending = [...asking, "Content-Type: text/plain", "Content-Length: 5"];
  const asked: readonly [string, string][] = [
    [rawRequest("GET / HTTP/1.1", asking), "none"],
    [rawRequest("POST / HTTP/1.1", sending, "hello"), "hello"],
  ];
  for (const [bytes, body] of asked) {
    using connection = await RawConnection.open(server);
    await connection.send(bytes);
    const answer = await connection.read();
    assert.equal(answer?.body, body);
    // Deno's parser loses what may follow.
    if (answer.headers.get("connection") === "close") continue;
    await connection.send(rawRequest("GET / HTTP/1.1", ["Host: x"]));
    assert.equal((await connection.read())?.body, "none");
  }
});

Deno.test("node transport: a WebSocket is refused like any request while the listener stops", async () => {
  let calls = 0;
  const called = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const holding = service({}, [
    get("/held", async () => {
      if (++calls === 2) called.resolve();
      await held.promise;
      return "held";
    }),
    get("/", () => "answered"),
  ]);
  const server = await serve(holding, options);
  using waiting = await RawConnection.open(server);
  using other = await RawConnection.open(server);
  // Behind one that is being answered, on a connection that so stays open.
  await waiting.send(rawRequest("GET /held HTTP/1.1", ["Host: x"]));
  await other.send(rawRequest("GET /held HTTP/1.1", ["Host: x"]));
  await called.promise;
  const stopped = server.gracefulStop();
  const asking = ["Host: x", "Connection: Upgrade", "Upgrade: websocket"];
  await other.send(rawRequest("GET / HTTP/1.1", asking));
  // Until that has come and been put behind the other.
  await new Promise((done) => setTimeout(done, 50));
  held.resolve();
  assert.equal((await waiting.read())?.body, "held");
  assert.equal((await other.read())?.body, "held");
  const next = await other.read();
  assert.ok(next === undefined || next.status === 503, `${next?.status}`);
  await stopped;
});

Deno.test("node transport: trailers of a client that has left do not keep a handler waiting", async () => {
  const failed = Promise.withResolvers<unknown>();
  const reading = service({}, [post("/", async ({ request, caller }) => {
    await request.text().catch(() => {});
    await caller.requestTrailers().catch(failed.resolve);
    return "late";
  })]);
  await using server = await serve(reading, options);
  {
    using connection = await RawConnection.open(server);
    const chunked = ["Host: x", "Transfer-Encoding: chunked"];
    await connection.send(rawRequest("POST / HTTP/1.1", chunked, "3\r\nabc\r\n"));
    await new Promise((done) => setTimeout(done, 20));
  }
  assert.equal((await within(failed.promise, "the failure") as Error).name, "AbortError");
});

Deno.test("node transport: header fields of a request can be sent with a response, and logged", async () => {
  const echo = service({}, [get("/", ({ headers }) => {
    return new Response(inspect(headers).includes("seen") ? "logged" : "", { headers });
  })]);
  await using server = await serve(echo, options);
  const answer = await sendRaw(server, rawRequest("GET / HTTP/1.1", ["Host: x", "X-A: seen"]));
  assert.deepEqual([answer?.headers.get("x-a"), answer?.body], ["seen", "logged"]);
});

Deno.test("node transport: a WebSocket that the handler does not take is answered like any request", async () => {
  await using server = await serve(answerAll, options);
  const asking = [
    "Host: x",
    "Connection: Upgrade",
    "Upgrade: WebSocket",
    "Sec-WebSocket-Version: 13",
  ];
  const answer = await sendRaw(server, rawRequest("GET /text HTTP/1.1", asking));
  assert.deepEqual([answer?.status, answer?.body], [200, "text"]);
});

Deno.test("node transport: the handler's signal fires when the client leaves, and not otherwise", async () => {
  const left = Promise.withResolvers<string>();
  const called = Promise.withResolvers<void>();
  const reasons: unknown[] = [];
  const waiting: Fetch = async (input) => {
    const { signal, url } = input as Request;
    if (url.endsWith("/quick")) {
      signal.addEventListener("abort", () => reasons.push(signal.reason));
      return new Response("quick");
    }
    called.resolve();
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    left.resolve((signal.reason as DOMException).name);
    return new Response(null);
  };
  await using server = await serve(waiting, options);
  assert.equal(
    (await sendRaw(server, rawRequest("GET /quick HTTP/1.1", ["Host: x"])))?.body,
    "quick",
  );
  {
    using connection = await RawConnection.open(server);
    await connection.send(rawRequest("GET / HTTP/1.1", ["Host: x"]));
    await called.promise;
  }
  assert.equal(await within(left.promise, "the abort"), "AbortError");
  assert.deepEqual(reasons, []);
});

Deno.test("node transport: a client that leaves a gateway ends what that has asked elsewhere", async () => {
  const asked = Promise.withResolvers<void>();
  const left = Promise.withResolvers<void>();
  const waiting: Fetch = async (input) => {
    const { signal } = input as Request;
    asked.resolve();
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    left.resolve();
    return new Response(null);
  };
  await using behind = await serve(waiting, options);
  // A target in full brings the request to where it is sent on, unchanged.
  const gateway: Fetch = (input) => fetch(input as Request);
  await using server = await serve(gateway, options);
  {
    using connection = await RawConnection.open(server);
    const host = `127.0.0.1:${behind.port}`;
    await connection.send(rawRequest(`GET http://${host}/ HTTP/1.1`, [`Host: ${host}`]));
    await within(asked.promise, "the call");
  }
  await within(left.promise, "the end of the call");
});

Deno.test("node transport: a client that leaves cancels the body it was being sent", async () => {
  const cancelled = Promise.withResolvers<void>();
  const endless: Fetch = () => {
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(1_000)),
      cancel: () => cancelled.resolve(),
    });
    return Promise.resolve(new Response(body));
  };
  await using server = await serve(endless, options);
  using connection = await RawConnection.open(server);
  await connection.send(rawRequest("GET / HTTP/1.1", ["Host: x"]));
  connection[Symbol.dispose]();
  await within(cancelled.promise, "the cancellation");
});

Deno.test("node transport: a client that leaves in its body fails the reading of it", async () => {
  const failed = Promise.withResolvers<unknown>();
  const reading: Fetch = async (input) => {
    await (input as Request).text().catch(failed.resolve);
    return new Response(null);
  };
  const bound = service({}, [post("/", { body: text() }, ({ body }) => body)]);
  await using server = await serve(reading, options);
  await using second = await serve(bound, options);
  for (const { port } of [server, second]) {
    using connection = await RawConnection.open({ port });
    const fields = ["Host: x", "Content-Type: text/plain", "Content-Length: 9"];
    await connection.send(rawRequest("POST / HTTP/1.1", fields, "half"));
    await new Promise((done) => setTimeout(done, 20));
  }
  assert.ok(await within(failed.promise, "the failure") instanceof TypeError);
});
