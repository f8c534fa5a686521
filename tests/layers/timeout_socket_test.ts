/** Deadlines around the platform's own fetch, against servers that hold back what they owe. @module */
import assert from "node:assert/strict";
import { stack } from "@pirouette/http";
import { VirtualClock } from "@pirouette/http/testing";
import { IdleTimeoutError } from "../../src/message/client_errors.ts";
import { redirect } from "../../src/layers/redirect.ts";
import { timeout, type TimeoutOptions } from "../../src/layers/timeout.ts";
import { within } from "../support/within.ts";

const head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 10\r\n\r\n";

/** Reads the heads of requests, sends one of `answers` each, and never sends the rest of it. */
class HoldingServer implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.Conn>();
  readonly #answers: readonly string[];
  readonly #served: Promise<void>;
  readonly #waiting = new Map<number, () => void>();
  /** Connections that the client has closed. */
  readonly closed: Promise<void>;
  #close = () => {};
  #count = 0;

  constructor(...answers: readonly string[]) {
    this.#answers = answers;
    this.closed = new Promise((resolve) => this.#close = resolve);
    this.#served = this.#serve();
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#listener.addr as Deno.NetAddr).port}/`;
  }

  /** Waits until `count` answers were sent, as much as there is of them. */
  async answered(count: number): Promise<void> {
    if (this.#count >= count) return;
    await within(
      new Promise<void>((resolve) => this.#waiting.set(count, resolve)),
      `${count} requests`,
    );
  }

  async #serve(): Promise<void> {
    const connections: Promise<void>[] = [];
    for await (const connection of this.#listener) connections.push(this.#answer(connection));
    await Promise.all(connections);
  }

  async #answer(connection: Deno.Conn): Promise<void> {
    this.#open.add(connection);
    const buffer = new Uint8Array(65_536);
    try {
      while (await connection.read(buffer) !== null) {
        const text = this.#answers[this.#count] ?? "";
        await connection.write(new TextEncoder().encode(text));
        this.#waiting.get(++this.#count)?.();
      }
    } catch {
      // Reset by the client, or closed below.
    }
    this.#close();
    if (this.#open.delete(connection)) connection.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#open) connection.close();
    this.#open.clear();
    await this.#served;
  }
}

function failure(promise: Promise<unknown>): Promise<unknown> {
  const failed = promise.then(() => assert.fail("it succeeded"), (error) => error);
  return within(failed, "the failure");
}

Deno.test("timeout: a server that never answers, over a socket", async () => {
  for (const answer of ["", "HTTP/1.1 200 OK\r\ncontent-", head.slice(0, -2)]) {
    const clock = new VirtualClock();
    await using server = new HoldingServer(answer);
    const failed = failure(stack(fetch, timeout({ headers: 2_000, clock }))(server.url));
    await server.answered(1);
    await clock.advance(2_000);
    const error = await failed;
    assert.ok(error instanceof IdleTimeoutError, String(error));
    assert.equal(error.phase, "headers");
    await within(server.closed, "the connection to be closed");
  }
});

Deno.test("timeout: a body that stops half way, over a socket", async () => {
  const table: [TimeoutOptions, (response: Response) => Promise<unknown>, phase: string][] = [
    [{ headers: 2_000, bodyIdle: 2_000 }, (response) => response.text(), "body"],
    [{ bodyIdle: 2_000 }, (response) => Array.fromAsync(response.body!), "body"],
    [{ attempt: 2_000 }, (response) => response.json(), "body"],
    [{ attempt: 2_000 }, (response) => new Response(response.body).bytes(), "body"],
    [{ total: 2_000 }, (response) => response.clone().text(), "total"],
  ];
  for (const [options, read, phase] of table) {
    const clock = new VirtualClock();
    await using server = new HoldingServer(head + "half");
    const response = await within(
      stack(fetch, timeout({ ...options, clock }))(server.url),
      "the head",
    );
    assert.equal(response.url, server.url);
    const failed = failure(read(response));
    await clock.advance(1_999);
    await clock.advance(1);
    const error = await failed;
    assert.ok(error instanceof IdleTimeoutError, String(error));
    assert.equal(error.phase, phase);
    await within(server.closed, "the connection to be closed");
  }
});

Deno.test("timeout: pieces that keep coming are waited for, over a socket", async () => {
  const clock = new VirtualClock();
  const pieces = new TransformStream<string, string>();
  const writer = pieces.writable.getWriter();
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response(pieces.readable.pipeThrough(new TextEncoderStream())),
  );
  const url = `http://127.0.0.1:${server.addr.port}/`;
  const response = await stack(fetch, timeout({ bodyIdle: 1_000, clock }))(url);
  const reader = response.body!.getReader();
  for (let piece = 0; piece < 5; piece++) {
    const read = within(reader.read(), "a piece");
    await clock.advance(900);
    await writer.write("x");
    assert.equal((await read).value?.length, 1);
  }
  const end = within(reader.read(), "the end");
  await writer.close();
  assert.equal((await end).done, true);
});

Deno.test("timeout: whole bodies come through, over a socket", async () => {
  const big = new Uint8Array(3_000_000).fill(7);
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => new Response(request.method === "POST" ? await request.bytes() : big),
  );
  const url = `http://127.0.0.1:${server.addr.port}/`;
  for (const options of [30_000, { attempt: 30_000 }]) {
    const timed = stack(fetch, timeout(options));
    const read = await within((await timed(url)).bytes(), "the body");
    assert.ok(read.length === big.length && read.every((byte) => byte === 7));
    const request = new Request(url, { method: "POST", body: big });
    const echoed = await within((await timed(request)).arrayBuffer(), "the echo");
    assert.equal(echoed.byteLength, big.length);
  }
});

Deno.test("timeout: a response is passed on by a server as it is", async () => {
  const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  await using upstream = Deno.serve(
    options,
    ({ url }) => url.endsWith("/none") ? new Response(null, { status: 204 }) : new Response("x"),
  );
  const timed = stack(fetch, timeout(30_000));
  const base = `http://127.0.0.1:${upstream.addr.port}`;
  await using proxy = Deno.serve(options, ({ url }) => timed(base + new URL(url).pathname));
  for (const [path, status, text] of [["/", 200, "x"], ["/none", 204, ""]] as const) {
    const response = await within(fetch(`http://127.0.0.1:${proxy.addr.port}${path}`), "an answer");
    assert.deepEqual([response.status, await response.text()], [status, text]);
  }
});

Deno.test("timeout: the caller's abort frees a response that nobody reads, over a socket", async () => {
  await using server = new HoldingServer(head + "half");
  const caller = new AbortController();
  const timed = stack(fetch, timeout(30_000));
  const response = await within(timed(server.url, { signal: caller.signal }), "the head");
  const reason = new Error("enough");
  caller.abort(reason);
  await within(server.closed, "the connection to be closed");
  assert.equal(await failure(response.text()), reason);
});

Deno.test("timeout: above and below redirect, over a socket", async () => {
  const moved = "HTTP/1.1 302 Found\r\nlocation: /next\r\ncontent-length: 0\r\n\r\n";
  for (const order of ["above", "below"]) {
    const clock = new VirtualClock();
    await using server = new HoldingServer(moved, moved, "");
    const layers = [timeout({ attempt: 2_000, clock }), redirect()];
    if (order === "below") layers.reverse();
    const failed = failure(stack(fetch, ...layers)(server.url));
    await server.answered(3);
    await clock.advance(2_000);
    const error = await failed;
    assert.ok(error instanceof IdleTimeoutError, `${order}: ${error}`);
    assert.equal(error.phase, "headers");
  }
});

Deno.test("timeout: real time passes as well", async () => {
  await using server = new HoldingServer("", head + "half");
  const timed = stack(fetch, timeout(40));
  const error = await failure(timed(server.url));
  assert.ok(error instanceof IdleTimeoutError);
  assert.equal(error.message, "Idle timeout triggered before initiating inbound response");
  const half = await within(stack(fetch, timeout({ bodyIdle: 40 }))(server.url), "the head");
  const cut = await failure(half.text());
  assert.ok(cut instanceof IdleTimeoutError);
  assert.equal(
    cut.message,
    "Idle timeout triggered while reading inbound response entity body",
  );
});
