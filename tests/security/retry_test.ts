/** What a hostile service, or a slow sender, can make a retry do. @module */
import assert from "node:assert/strict";
import { type Fetch, stack } from "@pirouette/http";
import { VirtualClock } from "@pirouette/http/testing";
import { AllRetryAttemptsFailed } from "../../src/message/client_errors.ts";
import { retry } from "../../src/layers/retry.ts";
import { BodyTape } from "../../src/layers/replay_tape.ts";

Deno.test("security 19: a service cannot make a caller wait longer than he would", async () => {
  for (const value of ["31", "99999999999999999999", "Fri, 01 Jan 2100 00:00:00 GMT"]) {
    const clock = new VirtualClock();
    const below: Fetch = () => {
      return Promise.resolve(
        new Response(null, { status: 503, headers: { "retry-after": value } }),
      );
    };
    assert.equal((await stack(below, retry({ clock }))("http://a.example/")).status, 503);
    assert.equal(clock.pendingTimers, 0);
  }
});

Deno.test("security 19: a body that drips is kept in as many bytes as it has", async () => {
  let pieces = 0;
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      // As a socket gives it: a byte in 64 KiB.
      if (pieces++ < 20_000) controller.enqueue(new Uint8Array(65_536).subarray(0, 1));
      else controller.close();
    },
  }, { highWaterMark: 0 });
  const tape = new BodyTape(source, 65_536);
  await tape.fill();
  assert.equal(tape.whole?.length, 20_000);
  assert.ok((tape.whole?.buffer.byteLength ?? Infinity) <= 65_536);
});

Deno.test("security 20: the error of a retry quotes nothing of its causes", async () => {
  const clock = new VirtualClock();
  const secret = "http://user:secret@a.example/?token=secret";
  const below: Fetch = () => {
    return Promise.reject(
      new TypeError(`error for url (${secret})`, { cause: new Error("refused") }),
    );
  };
  const fetch = stack(below, retry({ clock, interval: 0 }));
  const error = await fetch(secret).catch((thrown) => thrown);
  assert.ok(error instanceof AllRetryAttemptsFailed);
  assert.equal(error.message.includes("secret"), false);
});
