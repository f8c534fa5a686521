/** Calls that say `Expect: 100-continue`. @module */
import assert from "node:assert/strict";
import { type Fetch, stack } from "@pirouette/http";
import { InitializingOutboundRequestError } from "../../src/message/client_errors.ts";
import { expectContinue, type ExpectContinueMode } from "../../src/layers/expect_continue.ts";
import { within } from "../support/within.ts";

const url = "http://a.example/";

/** The `Expect` that is sent, and the body. */
async function sent(mode: ExpectContinueMode, ...call: Parameters<Fetch>): Promise<unknown[]> {
  let seen: unknown[] = [];
  const record: Fetch = async (input, init) => {
    const request = new Request(input, init);
    seen = [request.headers.get("expect"), await request.text()];
    return new Response();
  };
  await stack(record, expectContinue(mode))(...call);
  return seen;
}

Deno.test("Expect: what becomes of 100-continue", async () => {
  const headers = { expect: "100-Continue" };
  const post = { method: "POST", headers, body: "abc" };
  assert.deepEqual(await sent("send", url, post), ["100-Continue", "abc"]);
  assert.deepEqual(await sent("send", new Request(url, post)), ["100-Continue", "abc"]);
  assert.deepEqual(await sent("send", url, { headers }), [null, ""]);
  assert.deepEqual(await sent("send", new Request(url, { headers })), [null, ""]);
  assert.deepEqual(await sent("omit", url, post), [null, "abc"]);
  assert.deepEqual(await sent("omit", new Request(url, post)), [null, "abc"]);
  for (const call of [[url, post], [new Request(url, post)]] as Parameters<Fetch>[]) {
    await assert.rejects(sent("refuse", ...call), (error: unknown) => {
      assert.ok(error instanceof InitializingOutboundRequestError);
      assert.match(error.message, /^Cannot wait for 100 Continue: take the Expect field out/);
      return true;
    });
  }
});

Deno.test("Expect: another expectation, or none, is passed on as it is", async () => {
  for (const mode of ["send", "omit", "refuse"] as const) {
    for (const headers of [{}, { expect: "x" }]) {
      const init = { headers };
      let passed: unknown;
      const record: Fetch = (_input, given) => {
        passed = given;
        return Promise.resolve(new Response());
      };
      await stack(record, expectContinue(mode))(url, init);
      assert.equal(passed, init);
    }
  }
  assert.throws(() => expectContinue("wait" as ExpectContinueMode), /TypeError: .* no mode "wait"/);
});

/** Answers one request, its body read or not, with bytes; gives what it received. */
async function answering(
  bytes: string,
  readsBody: boolean,
  call: (url: string) => Promise<void>,
): Promise<string> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    using connection = await listener.accept();
    let received = "";
    const buffer = new Uint8Array(4096);
    const end = readsBody ? "\r\n\r\nHello World!" : "\r\n\r\n";
    while (!received.includes(end)) {
      const count = await connection.read(buffer);
      if (count === null) break;
      received += new TextDecoder().decode(buffer.subarray(0, count));
    }
    await connection.write(new TextEncoder().encode(bytes));
    return received;
  })();
  await call(`http://127.0.0.1:${listener.addr.port}/`);
  return await serving;
}

Deno.test("Expect: the platform sends it, does not wait, and takes either answer", async () => {
  const upload = stack(fetch, expectContinue());
  const init = {
    method: "POST",
    headers: { expect: "100-continue", "content-type": "text/plain" },
    body: "Hello World!",
  };
  const rest = "Content-Length: 2\r\nConnection: close\r\n\r\nok";
  for (
    const [answer, status, readsBody] of [
      [`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n${rest}`, 200, true],
      [`HTTP/1.1 200 OK\r\n${rest}`, 200, true],
      [`HTTP/1.1 417 Expectation Failed\r\n${rest}`, 417, false],
    ] as const
  ) {
    const received = await answering(answer, readsBody, async (address) => {
      const response = await within(upload(address, init), "the response");
      assert.equal(response.status, status);
      assert.equal(await within(response.text(), "its body"), "ok");
    });
    assert.match(received, /^expect: 100-continue\r$/im);
  }
});
