/** Retries over real sockets: connections that are refused or break off, and bodies that go along. @module */
import assert from "node:assert/strict";
import { stack } from "@pirouette/http";
import { AllRetryAttemptsFailed } from "../../src/message/client_errors.ts";
import { retry } from "../../src/layers/retry.ts";
import { type Accepted, tcpServer } from "../support/tcp_server.ts";
import { within } from "../support/within.ts";

const answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
const busy = "HTTP/1.1 503 Busy\r\ncontent-length: 4\r\nconnection: close\r\n\r\nbusy";

/** Retries without a wait, as nothing here would come sooner or later. */
const steady = stack(fetch, retry({ interval: 0, methods: "all" }));

/** Reads a head and the body that its length, or its chunks, say. */
async function readAll(connection: Accepted): Promise<string> {
  let text = "";
  for (;;) {
    const part = await connection.read();
    if (part === undefined) throw new Error("The request broke off");
    text += part;
    const [head = "", body] = text.split("\r\n\r\n", 2);
    if (body === undefined) continue;
    const length = /content-length: (\d+)/i.exec(head)?.[1];
    if (length === undefined ? text.endsWith("0\r\n\r\n") : body.length >= Number(length)) {
      return text;
    }
  }
}

Deno.test("retry, sockets: a connection that breaks off before the head is tried again", async () => {
  const heads: string[] = [];
  await using server = tcpServer(async (connection) => {
    heads.push(await connection.readHead());
    if (heads.length === 3) await connection.say(answer);
  });
  const response = await within(steady(server.url), "an answer");
  assert.equal(await response.text(), "ok");
  assert.equal(heads.length, 3);
});

Deno.test("retry, sockets: nobody there", async () => {
  const { port } = ((listener) => {
    listener.close();
    return listener.addr;
  })(Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  const error = await within(
    steady(`http://127.0.0.1:${port}/`).catch((thrown) => thrown),
    "an error",
  );
  assert.ok(error instanceof AllRetryAttemptsFailed);
  assert.equal((error.cause as AggregateError).errors.length, 3);
});

Deno.test("retry, sockets: bodies go along, with their length where they have one", async () => {
  const bodies: [body: () => BodyInit, framing: RegExp[]][] = [
    [() => "hello", [/content-length: 5/i, /content-length: 5/i]],
    [() => new Blob(["hello"]), [/content-length: 5/i, /content-length: 5/i]],
    [() => new Blob(["hello"]).stream(), [/chunked/i, /chunked/i]],
  ];
  for (const [body, framing] of bodies) {
    for (const asRequest of [false, true]) {
      const heads: string[] = [];
      await using server = tcpServer(async (connection) => {
        const text = await readAll(connection);
        heads.push(text.split("\r\n\r\n", 1)[0] ?? "");
        assert.match(text, /hello/);
        await connection.say(heads.length === 2 ? answer : busy);
      });
      const init = { method: "POST", body: body() };
      const call = asRequest ? steady(new Request(server.url, init)) : steady(server.url, init);
      assert.equal(await (await within(call, "an answer")).text(), "ok");
      assert.equal(heads.length, 2);
      // What was read of a request's stream has a length the next time.
      const [first, second] = asRequest ? [framing[0], /content-length: 5|chunked/i] : framing;
      assert.match(heads[0] ?? "", first ?? /^$/);
      assert.match(heads[1] ?? "", second ?? /^$/);
    }
  }
});

Deno.test("retry, sockets: a service that answers before it has read the body", async () => {
  let count = 0;
  await using server = tcpServer(async (connection) => {
    await connection.readHead();
    await connection.say(++count === 1 ? busy : answer);
    // Reads what is still being sent, so that the connection is not reset.
    while (await connection.read() !== undefined);
  });
  let pulls = 0;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (pulls++ === 10) controller.close();
      else controller.enqueue(new Uint8Array(1_000));
    },
  });
  const response = await within(steady(server.url, { method: "PUT", body }), "an answer");
  assert.equal(await response.text(), "ok");
  server.drop();
});
