/**
 * Response streams: they flow, they wait for their readers, and they are told when nobody reads.
 *
 * @module
 */
import assert from "node:assert/strict";
import { field, jsonOf, textOf } from "../ask.ts";
import type { Case } from "../case.ts";
import { h1 } from "../target.ts";
import { notes } from "./bodies.ts";

/** Lets what is on its way arrive: nothing tells that nothing more will. */
function aWhile(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 250));
}

/** The cases. */
export const streams: readonly Case[] = [
  {
    feature: "Server-sent events",
    name: "each is there when it is sent",
    async run(ask) {
      const exchange = await ask.open({ path: `/events/${ask.id}` });
      const head = await exchange.head();
      assert.equal(field(head, "content-type"), "text/event-stream");
      assert.equal(new TextDecoder().decode(await exchange.read()), "data: 1\n\n");
      await ask.request(`/let-go/${ask.id}`);
      assert.equal(new TextDecoder().decode(await exchange.read()), "data: 2\n\n");
      assert.equal(await exchange.read(), undefined);
    },
  },
  {
    feature: "Download backpressure",
    name: "security 19: a reader who stands still stops the stream",
    protocols: h1,
    async run(ask) {
      const { id } = ask;
      using connection = await ask.connect();
      await connection.send(`GET /counted/${id} HTTP/1.1\r\nHost: x\r\n\r\n`);
      await connection.readHead();
      let count = (await notes(ask, id)).length;
      for (let before = -1; before !== count;) {
        before = count;
        await aWhile();
        count = (jsonOf<unknown[]>(await ask.request(`/notes/${id}`))).length;
      }
      // The buffers of two sockets over loopback are some MiB.
      assert.ok(count * 65_536 < 32 * 1024 * 1024, `${count} pieces of 64 KiB`);
    },
  },
  {
    feature: "Client disconnect",
    name: "cancels the response stream",
    async run(ask) {
      const { id } = ask;
      const exchange = await ask.open({ path: `/endless/${id}` });
      await exchange.read();
      exchange.leave();
      const [note] = await notes(ask, id);
      assert.match(note ?? "", /^cancelled after \d+$/);
    },
  },
  {
    feature: "Client disconnect",
    name: "aborts request.signal while the handler waits",
    async run(ask) {
      const { id } = ask;
      const exchange = await ask.open({ path: `/waits/${id}` });
      await notes(ask, id);
      exchange.leave();
      assert.deepEqual(await notes(ask, id, 2), ["called", "aborted"]);
    },
  },
  {
    feature: "Client disconnect",
    name: "aborts what was made of the request",
    async run(ask) {
      const { id } = ask;
      const exchange = await ask.open({ path: `/follows/${id}` });
      await notes(ask, id);
      exchange.leave();
      assert.deepEqual(await notes(ask, id, 2), ["called", "aborted"]);
    },
  },
  {
    feature: "Client disconnect",
    name: "request.signal stays quiet where the answer was sent",
    async run(ask) {
      const { id } = ask;
      assert.equal(textOf(await ask.request(`/signal/${id}`)), "signal");
      await aWhile();
      assert.equal(textOf(await ask.request(`/notes/${id}`)), "[]");
    },
  },
];
