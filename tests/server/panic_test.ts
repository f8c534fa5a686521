/**
 * Panics (spec 8.2.5): answered like any failure, and with `onPanic: "exit"` the end of the process
 * once the answer is sent.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createConnection } from "node:net";
import { InternalServerError, Listener, type ListenerConfiguration } from "@pirouette/http";
import { VirtualClock } from "@pirouette/http/testing";
import { answerError } from "../../src/server/error_answer.ts";
import { InFlight } from "../../src/server/in_flight.ts";
import { locate } from "../../src/server/locate.ts";
import {
  frame,
  frameFlag,
  frameType,
  headerBlock,
  number32,
  RawHttp2,
  requestFields,
} from "../support/raw_http2.ts";
import { root } from "../support/source.ts";
import { within } from "../support/within.ts";

/** The server as a program of its own. */
class Program implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  #output = "";

  constructor(...args: string[]) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--allow-net", "tests/server/panicking_service.ts", ...args],
      cwd: root,
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#lines = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Waits for the URL that it prints. */
  async url(): Promise<string> {
    for (;;) {
      const [url] = /^http:\S+$/m.exec(this.#output) ?? [];
      if (url !== undefined && this.#output.endsWith("\n")) return url;
      const { done, value } = await this.#lines.read();
      if (done) throw new Error(`It ended: ${this.#output}`);
      this.#output += value;
    }
  }

  /** Waits for its end: the code, and all that it printed. */
  async end(): Promise<{ code: number; output: string }> {
    for (;;) {
      const { done, value } = await this.#lines.read();
      if (done) break;
      this.#output += value;
    }
    const { code } = await this.#child.status;
    return { code, output: this.#output };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill();
    } catch {
      // It has ended already.
    }
    await this.#lines.cancel();
    await this.#child.status;
  }
}

/** Asks, on a connection that is closed afterwards. */
async function ask(url: string, init: RequestInit = {}): Promise<[status: number, body: string]> {
  using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  const response = await fetch(url, { ...init, client });
  return [response.status, await response.text()];
}

const panics: readonly (readonly [path: string, init: RequestInit, status: number])[] = [
  ["/thrown", {}, 500],
  ["/rejected", {}, 500],
  ["/string", {}, 500],
  ["/upload", { method: "POST", body: "a".repeat(10_000) }, 500],
  ["/late", {}, 200],
  ["/layered/layer", {}, 500],
  ["/layered/thrown", {}, 500],
  ["/intercepted/thrown", {}, 500],
];

for (const [path, init, status] of panics) {
  Deno.test(`panic: ${path} is answered as a whole, then the process ends with 1`, async () => {
    await using program = new Program("exit");
    const url = await within(program.url(), "the URL", 20_000);
    const [answered, body] = await ask(url + path, init);
    assert.equal(answered, status);
    if (status === 200) assert.equal(body, "answered");
    else assert.equal(JSON.parse(body).message, "Internal Server Error");
    const { code, output } = await within(program.end(), "the end of the process");
    assert.equal(code, 1);
    assert.match(output, /told .*bug/);
  });
}

const expected = [["/returned", 500], ["/ours", 404], ["/intercepted/recovered", 500]] as const;
for (const [path, status] of expected) {
  Deno.test(`panic: ${path} is none`, async () => {
    await using program = new Program("exit");
    const url = await within(program.url(), "the URL", 20_000);
    assert.equal((await ask(url + path))[0], status);
    // Longer than the process would have lived.
    const stream = await fetch(`${url}/stream`);
    const reader = (stream.body as ReadableStream<Uint8Array>).getReader();
    for (let tick = 0; tick < 40; tick++) assert.equal((await reader.read()).done, false);
    await reader.cancel();
  });
}

Deno.test("panic: whatever else is in flight breaks off", async () => {
  await using program = new Program("exit");
  const url = await within(program.url(), "the URL", 20_000);
  const stream = await fetch(`${url}/stream`);
  const reader = (stream.body as ReadableStream<Uint8Array>).getReader();
  await reader.read();
  assert.equal((await ask(`${url}/thrown`))[0], 500);
  await assert.rejects(async () => {
    while (!(await reader.read()).done);
  });
  assert.equal((await within(program.end(), "the end of the process")).code, 1);
});

for (const args of [[], ["respond"]]) {
  Deno.test(`panic: with ${args[0] ?? "nothing said"} the process goes on`, async () => {
    await using program = new Program(...args);
    const url = await within(program.url(), "the URL", 20_000);
    for (const [path, init, status] of panics) {
      assert.equal((await ask(url + path, init))[0], status, path);
    }
    assert.deepEqual(await ask(`${url}/ok`), [200, "ok"]);
  });
}

Deno.test("panic: the end waits for the answer, but not for ever, and comes once", async () => {
  const request = new Request("http://localhost/");
  const connection = (completed?: Promise<void>) => ({
    remoteAddr: {},
    ...(completed === undefined ? {} : { completed }),
  });
  const panic = (watcher: InFlight, completed?: Promise<void>, error = new Error("bug")) => {
    const exchange = locate(request, connection(completed));
    if (error.message === "returned") exchange.returnedError = error;
    exchange.surroundings = {
      owner: { fail: () => new Response() },
      watcher,
      hasDeadline: false,
      local: undefined,
    };
    const answer = answerError(exchange, error, { onError: () => {} });
    assert.ok(answer instanceof Response && answer.status === 500);
  };
  let ends = 0;
  const make = (clock: VirtualClock): InFlight => {
    ends = 0;
    return new InFlight(0, clock, () => ends++);
  };
  {
    const clock = new VirtualClock();
    const watcher = make(clock);
    const sent = Promise.withResolvers<void>();
    panic(watcher, sent.promise);
    panic(watcher, Promise.resolve());
    await clock.advance(4_999);
    assert.equal(ends, 0);
    sent.resolve();
    await clock.advance(49);
    assert.equal(ends, 0);
    await clock.advance(100_000);
    assert.equal(ends, 1);
    assert.equal(clock.pendingTimers, 0);
  }
  for (const completed of [new Promise<void>(() => {}), undefined]) {
    const clock = new VirtualClock();
    panic(make(clock), completed);
    await clock.advance(4_999);
    assert.equal(ends, 0);
    await clock.advance(1);
    assert.equal(ends, 1);
  }
  {
    const clock = new VirtualClock();
    panic(make(clock), Promise.reject(new Error("the client has gone")));
    await clock.advance(50);
    assert.equal(ends, 1);
  }
  for (const error of [new Error("returned"), new InternalServerError("a", { cause: 1 })]) {
    const clock = new VirtualClock();
    panic(make(clock), Promise.resolve(), error);
    await clock.advance(10_000);
    assert.equal(ends, 0);
  }
});

for (const transport of ["deno", "node"]) {
  Deno.test(`panic: a client that breaks its upload off causes none (${transport})`, async () => {
    await using program = new Program("exit", transport);
    const url = await within(program.url(), "the URL", 20_000);
    const port = Number(new URL(url).port);
    for (const path of ["/read", "/pieces", "/explained"]) {
      for (const leave of [hangUp, finish, resetStream]) await leave(port, path);
    }
    assert.equal((await ask(`${url}/ok`))[0], 200);
    // Longer than the process would have lived.
    const stream = await fetch(`${url}/stream`);
    const reader = (stream.body as ReadableStream<Uint8Array>).getReader();
    for (let tick = 0; tick < 40; tick++) assert.equal((await reader.read()).done, false);
    await reader.cancel();
    await ask(`${url}/thrown`);
    const { output } = await within(program.end(), "the end of the process");
    assert.deepEqual(output.match(/told .*/g), ["told TypeError: bug"]);
  });
}

const halfUpload = (path: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf`;

/** Sends half of a body and resets the connection once the server must have read it. */
async function hangUp(port: number, path: string): Promise<void> {
  const socket = createConnection({ host: "127.0.0.1", port });
  socket.on("error", () => {});
  socket.write(halfUpload(path));
  await pause();
  socket.resetAndDestroy();
}

/** Sends half of a body and says that no more comes. */
async function finish(port: number, path: string): Promise<void> {
  const socket = createConnection({ host: "127.0.0.1", port });
  socket.on("error", () => {});
  socket.write(halfUpload(path));
  await pause();
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.resume().end();
  await within(closed, "the end of the connection");
}

/** Sends half of a body over HTTP/2 and resets its stream (INTERNAL_ERROR). */
async function resetStream(port: number, path: string): Promise<void> {
  const { headers, data, rstStream } = frameType;
  using raw = await RawHttp2.open({ port });
  const stream = raw.nextStream();
  await raw.send(
    frame(headers, frameFlag.endHeaders, stream, headerBlock(requestFields(path, "POST"))),
    frame(data, 0, stream, new Uint8Array(9)),
  );
  await pause();
  await raw.send(frame(rstStream, 0, stream, number32(2)));
  await raw.head(await raw.request("/ok"));
}

/** Until the server reads: there is nothing to see that by. */
async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 30));
}

Deno.test("panic: an onPanic that does not exist is refused", () => {
  for (const onPanic of ["stop", "", null, true, () => {}]) {
    assert.throws(
      () => new Listener(0, { onPanic } as unknown as ListenerConfiguration),
      { name: "TypeError", message: /^A listener has onPanic ".*": use "respond" or "exit"$/s },
    );
  }
  new Listener(0, { onPanic: "respond" });
  new Listener(0, { onPanic: "exit" });
});
