/**
 * Request bodies: read, streamed, not read, too large, and broken off.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { pattern } from "../../support/temp_folder.ts";
import { type Ask, type Exchange, field, jsonOf, textOf } from "../ask.ts";
import type { Case } from "../case.ts";
import { h1, h2, isH2 } from "../target.ts";

const echo = "Bodies both ways";
const unread = "Bodies that nobody reads";

/** What the server noted under an id, once it has `least` lines. */
export async function notes(ask: Ask, id: string, least = 1): Promise<readonly string[]> {
  // What is waited for happens in another process, so that there is nothing to wait on.
  for (;;) {
    const kept: readonly string[] = jsonOf(await ask.request(`/notes/${id}`));
    if (kept.length >= least) return kept;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function readAll(exchange: Exchange): Promise<Uint8Array> {
  return (await exchange.answer()).body;
}

/** What the handler of `/summed` notes; a piece that has just come may be dropped with the rest. */
const brokenUpload = /^broke off after \d+: true$/;

/** Sends to a handler that reads only the first piece, as long as anything is taken; how much was. */
async function takenUpload(ask: Ask): Promise<number> {
  const { id } = ask;
  const path = `/first/${id}`;
  const exchange = await ask.open({ method: "POST", path, body: "streamed" });
  const piece = new Uint8Array(65_536);
  let sent = 0;
  let isStopped = false;
  const sending = (async () => {
    while (!isStopped && sent < 64 * 1024 * 1024) {
      await exchange.send(piece);
      sent += piece.length;
    }
  })().catch(() => {});
  await notes(ask, id);
  // Until nothing moves any more; over loopback that is when every buffer is full.
  for (let before = -1; before !== sent;) {
    before = sent;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  const taken = sent;
  isStopped = true;
  await ask.request(`/let-go/${id}`);
  exchange.leave();
  await sending;
  return taken;
}

/** Sends 200 bytes and resets the stream; what the handler made of it. */
async function resetUpload(ask: Ask, code: number, isSized: boolean): Promise<string> {
  const frames = await ask.frames();
  const length = [["content-length", "300"]] as const;
  await frames.head(1, "POST", `/summed/${ask.id}`, isSized ? length : []);
  await frames.data(1, "a".repeat(200), false);
  // The handler has to be reading by then, else nothing breaks off.
  await new Promise((resolve) => setTimeout(resolve, 100));
  await frames.reset(1, code);
  const [note = ""] = await notes(ask, ask.id);
  return note;
}

/** The cases. */
export const bodies: readonly Case[] = [
  ...[0, 1, 16_384, 65_536, 5 * 1024 * 1024].map((size): Case => ({
    feature: echo,
    name: `${size} bytes with a length`,
    async run(ask) {
      const body = pattern(size);
      const fields = [["content-type", "application/x-own"]] as const;
      const answer = await ask.request({ method: "POST", path: "/echo", body, fields });
      assert.equal(answer.status, 200);
      assert.equal(Buffer.compare(answer.body, body), 0);
      if (size > 0) assert.equal(field(answer, "content-type"), "application/x-own");
    },
  })),
  {
    feature: echo,
    name: "5 MiB in pieces, each answered while the next is sent",
    async run(ask) {
      const body = pattern(5 * 1024 * 1024);
      const exchange = await ask.open({ method: "POST", path: "/echo", body: "streamed" });
      const answer = readAll(exchange);
      for (let at = 0; at < body.length; at += 100_000) {
        await exchange.send(body.subarray(at, at + 100_000));
      }
      await exchange.end();
      assert.equal(Buffer.compare(await answer, body), 0);
    },
  },
  {
    feature: echo,
    name: "a piece comes back before the next one is sent",
    async run(ask) {
      const exchange = await ask.open({ method: "POST", path: "/echo", body: "streamed" });
      for (const piece of ["one", "two", "three"]) {
        await exchange.send(piece);
        const back = await exchange.read();
        assert.equal(new TextDecoder().decode(back), piece);
      }
      await exchange.end();
      assert.equal(await exchange.read(), undefined);
    },
  },
  {
    feature: echo,
    name: "is bound: JSON, text, an empty text",
    async run(ask) {
      const fields = [["content-type", "application/json"]] as const;
      const parsed = await ask.request({
        ...{ method: "POST", path: "/parsed", fields },
        body: '{"ä":[1,null]}',
      });
      assert.deepEqual(jsonOf(parsed), { "ä": [1, null] });
      const text = [["content-type", "text/plain"]] as const;
      for (const body of ["täxt", ""]) {
        const answer = await ask.request({ method: "POST", path: "/texted", fields: text, body });
        assert.deepEqual(jsonOf(answer), { length: body.length, body });
      }
    },
  },
  {
    feature: echo,
    name: "a request without a body has an empty one",
    async run(ask) {
      const answer = await ask.request({ method: "POST", path: "/read" });
      assert.equal(textOf(answer), "read 0");
    },
  },
  {
    feature: echo,
    name: "GET with a body is answered, and the connection goes on",
    async run(ask) {
      for (let round = 0; round < 2; round++) {
        const answer = await ask.request({ path: "/text", body: "unwanted" });
        assert.equal(textOf(answer), "text");
      }
    },
  },
  {
    feature: unread,
    name: "a small one: the connection is usable, or said to be closed",
    protocols: h1,
    async run(ask) {
      using connection = await ask.connect();
      for (let round = 0; round < 3; round++) {
        await connection.send("POST /ignored HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody");
        const head = await connection.readHead();
        assert.equal(head?.status, 200);
        assert.equal((await connection.readSome(7))?.length, 7);
        if (field(head, "connection") === "close") return;
      }
    },
  },
  {
    feature: unread,
    name: "a large one: answered, and the connection is usable or closed",
    async run(ask) {
      const body = pattern(3 * 1024 * 1024);
      const answer = await ask.request({ method: "POST", path: "/ignored", body });
      assert.equal(answer.status, 200);
      assert.equal(textOf(answer), "ignored");
      assert.equal(textOf(await ask.request("/text")), "text");
    },
  },
  {
    feature: unread,
    name: "one that the handler cancels",
    async run(ask) {
      const body = pattern(1024 * 1024);
      const path = `/cancelled/${ask.id}`;
      const answer = await ask.request({ method: "POST", path, body });
      assert.equal(textOf(answer), "cancelled");
    },
  },
  {
    feature: unread,
    name: "one that never ends: answered without waiting for it",
    async run(ask) {
      const exchange = await ask.open({ method: "POST", path: "/ignored", body: "streamed" });
      await exchange.send("the beginning");
      assert.equal((await exchange.head()).status, 200);
      exchange.leave();
      assert.equal(textOf(await ask.request("/text")), "text");
    },
  },
  {
    feature: "Upload backpressure",
    name: "security 19: a handler that reads slowly slows the client down",
    differs: [{
      transport: "node_http",
      runtimes: ["Deno"],
      protocols: ["h1-TLS"],
      cell: "none",
      because: "node:tls of Deno reads on while its socket is paused",
      async run(ask) {
        await takenUpload(ask);
      },
    }],
    async run(ask) {
      const taken = await takenUpload(ask);
      assert.ok(taken < 32 * 1024 * 1024, `${taken} bytes were taken`);
    },
  },
  {
    feature: "Body limit: 413",
    name: "security 8: a length beyond it is refused before a byte was sent",
    async run(ask) {
      const exchange = await ask.open({
        ...{ method: "POST", path: "/limited", body: "streamed" },
        fields: isH2(ask.target.protocol) ? [["content-length", "5000"]] : [],
      });
      if (!isH2(ask.target.protocol)) {
        exchange.leave();
        using connection = await ask.connect();
        await connection.send("POST /limited HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n");
        assert.equal((await connection.readHead())?.status, 413);
        return;
      }
      assert.equal((await exchange.head()).status, 413);
      exchange.leave();
    },
  },
  {
    feature: "Body limit: 413",
    name: "security 8: one without a length is refused where it is reached",
    async run(ask) {
      const exchange = await ask.open({ method: "POST", path: "/limited", body: "streamed" });
      for (let round = 0; round < 3; round++) await exchange.send("a".repeat(500));
      assert.equal((await exchange.head()).status, 413);
      exchange.leave();
      const good = await ask.request({ method: "POST", path: "/limited", body: "a".repeat(1_000) });
      assert.equal(textOf(good), "1000");
    },
  },
  {
    feature: "Uploads that break off",
    name: "a connection that ends: the handler's reading fails, it is never a whole body",
    protocols: h1,
    async run(ask) {
      const { id } = ask;
      const path = `/summed/${id}`;
      const exchange = await ask.open({ method: "POST", path, body: "streamed" });
      await exchange.send("a".repeat(100));
      await exchange.send("a".repeat(100));
      // The handler has to be reading when the client goes, else nothing breaks off.
      await new Promise((resolve) => setTimeout(resolve, 100));
      exchange.leave();
      const [note] = await notes(ask, id);
      assert.match(note ?? "", brokenUpload);
    },
  },
  ...[false, true].flatMap((isSized) =>
    [["CANCEL", 8], ["INTERNAL_ERROR", 2], ["NO_ERROR", 0]].map(([name, code]): Case => ({
      feature: "Uploads that break off",
      name: `a stream reset with ${name}${isSized ? ", with a length" : ""}: never a whole body`,
      protocols: h2,
      differs: name === "INTERNAL_ERROR" ? [] : [{
        transport: "deno_serve",
        cell: "CANCEL and NO_ERROR look like the end",
        because: "Deno.serve takes them for it, and does not compare what came with the length",
        async run(ask) {
          assert.match(await resetUpload(ask, Number(code), isSized), /^(?:whole|broke off) after/);
        },
      }],
      async run(ask) {
        const note = await resetUpload(ask, Number(code), isSized);
        assert.match(note ?? "", brokenUpload);
      },
    }))
  ),
  {
    feature: "Uploads that break off",
    name: "a connection of HTTP/2 that ends",
    protocols: h2,
    async run(ask) {
      const frames = await ask.frames();
      await frames.head(1, "POST", `/summed/${ask.id}`);
      await frames.data(1, "a".repeat(200), false);
      await new Promise((resolve) => setTimeout(resolve, 100));
      frames[Symbol.dispose]();
      const [note] = await notes(ask, ask.id);
      assert.match(note ?? "", brokenUpload);
    },
  },
  {
    feature: "Uploads that break off",
    name: "before the length is reached",
    protocols: h1,
    async run(ask) {
      const connection = await ask.connect();
      await connection.send(
        `POST /summed/${ask.id} HTTP/1.1\r\nHost: x\r\nContent-Length: 300\r\n\r\n` +
          "a".repeat(200),
      );
      await new Promise((resolve) => setTimeout(resolve, 100));
      connection[Symbol.dispose]();
      const [note] = await notes(ask, ask.id);
      assert.match(note ?? "", brokenUpload);
    },
  },
];
