/**
 * Connections: how long they last, what waits on them, and what runs side by side.
 *
 * @module
 */
import assert from "node:assert/strict";
import { field, textOf } from "../ask.ts";
import type { Case } from "../case.ts";
import { h1, h2 } from "../target.ts";
import { notes } from "./bodies.ts";

const kept = "Keep-alive";
const pipelining = "Pipelining";
const concurrent = "Concurrent streams";

/** The cases. */
export const connections: readonly Case[] = [
  {
    feature: kept,
    name: "several requests on a connection",
    protocols: h1,
    async run(ask) {
      using connection = await ask.connect();
      for (let round = 0; round < 5; round++) {
        await connection.send("GET /text HTTP/1.1\r\nHost: x\r\n\r\n");
        assert.equal((await connection.readHead())?.status, 200);
        assert.equal((await connection.readSome(4))?.length, 4);
      }
    },
  },
  {
    feature: kept,
    name: "Connection: close closes it after the answer",
    protocols: h1,
    async run(ask) {
      for (const value of ["close", "Close", "x, close"]) {
        using connection = await ask.connect();
        await connection.send(`GET /text HTTP/1.1\r\nHost: x\r\nConnection: ${value}\r\n\r\n`);
        const head = await connection.readHead();
        assert.equal(field(head ?? { fields: [] }, "connection")?.toLowerCase(), "close");
        assert.equal(new TextDecoder().decode(await connection.readEnd()), "text");
      }
    },
  },
  {
    feature: kept,
    name: "HTTP/1.0 is closed unless it asks to be kept",
    protocols: h1,
    async run(ask) {
      using closed = await ask.connect();
      await closed.send("GET /text HTTP/1.0\r\nHost: x\r\n\r\n");
      assert.equal((await closed.readHead())?.status, 200);
      assert.equal(new TextDecoder().decode(await closed.readEnd()), "text");
      using open = await ask.connect();
      for (let round = 0; round < 2; round++) {
        await open.send("GET /text HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n");
        const head = await open.readHead();
        assert.equal(field(head ?? { fields: [] }, "connection")?.toLowerCase(), "keep-alive");
        await open.readSome(4);
      }
    },
  },
  {
    feature: kept,
    name: "a stream to HTTP/1.0 is not chunked and ends with the connection",
    protocols: h1,
    async run(ask) {
      using connection = await ask.connect();
      await connection.send("GET /chunks/2 HTTP/1.0\r\nHost: x\r\n\r\n");
      const head = await connection.readHead();
      assert.equal(field(head ?? { fields: [] }, "transfer-encoding"), undefined);
      assert.equal(new TextDecoder().decode(await connection.readEnd()), "chunk 0\nchunk 1\n");
    },
  },
  {
    feature: kept,
    name: "empty lines before a request are skipped (RFC 9112 section 2.2)",
    protocols: h1,
    async run(ask) {
      using connection = await ask.connect();
      await connection.send("\r\n\r\nGET /text HTTP/1.1\r\nHost: x\r\n\r\n");
      assert.equal((await connection.readHead())?.status, 200);
    },
  },
  {
    feature: kept,
    name: "a client that only ends its sending is still answered",
    protocols: ["h1"],
    async run(ask) {
      using connection = await ask.connect();
      await connection.send("GET /text HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      await connection.endSending();
      assert.equal((await connection.readHead())?.status, 200);
      assert.equal(new TextDecoder().decode(await connection.readEnd()), "text");
    },
  },
  {
    feature: pipelining,
    name: "answers come in the order of their requests",
    protocols: h1,
    async run(ask) {
      const { id } = ask;
      using connection = await ask.connect();
      const paths = [`/held/${id}`, "/text", "/json", "/none", "/chunks/1"];
      await connection.send(
        paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`).join(""),
      );
      await notes(ask, id);
      await ask.request(`/let-go/${id}`);
      const bodies: string[] = [];
      for (const path of paths.slice(0, 4)) {
        const head = await connection.readHead();
        assert.ok(head !== undefined, path);
        let left = Number(field(head, "content-length") ?? 0);
        let body = "";
        while (left > 0) {
          const piece = await connection.readSome(left);
          assert.ok(piece !== undefined, path);
          left -= piece.length;
          body += new TextDecoder().decode(piece);
        }
        bodies.push(body);
      }
      assert.deepEqual(bodies, [`held ${id}`, "text", '{"a":1}', ""]);
      assert.equal((await connection.readHead())?.status, 200);
    },
  },
  {
    feature: pipelining,
    name: "what follows a request for another protocol is answered, or the connection closed",
    protocols: h1,
    async run(ask) {
      const get = (status: number, asking = ""): string =>
        `GET /status/${status} HTTP/1.1\r\nHost: x\r\n${asking}\r\n`;
      const hidden = get(203);
      using connection = await ask.connect();
      await connection.send(
        get(201) + get(202, "Connection: Upgrade\r\nUpgrade: x\r\n") +
          `POST /text HTTP/1.1\r\nHost: x\r\nContent-Length: ${hidden.length}\r\n\r\n`,
      );
      for (const status of [201, 202]) {
        assert.equal((await connection.readHead())?.status, status);
        await connection.readSome(6);
      }
      // The body of the last one, which nobody may take for a request.
      await connection.send(hidden);
      assert.ok([undefined, 405].includes((await connection.readHead())?.status));
    },
  },
  {
    feature: pipelining,
    name: "100 requests at once are all answered, in order",
    protocols: h1,
    async run(ask) {
      using connection = await ask.connect();
      const lines = Array.from(
        { length: 100 },
        (_, index) =>
          `GET /status/${200 + index % 3} HTTP/1.1\r\nHost: x\r\n` +
          `${index === 99 ? "Connection: close\r\n" : ""}\r\n`,
      );
      await connection.send(lines.join(""));
      const told = new TextDecoder().decode(await connection.readEnd());
      const statuses = [...told.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));
      assert.deepEqual(statuses, lines.map((_, index) => 200 + index % 3));
    },
  },
  {
    feature: concurrent,
    name: "one that waits holds up nobody",
    protocols: h2,
    async run(ask) {
      const { id } = ask;
      const held = ask.request(`/held/${id}`);
      await notes(ask, id);
      assert.equal(textOf(await ask.request("/text")), "text");
      await ask.request(`/let-go/${id}`);
      assert.equal(textOf(await held), `held ${id}`);
    },
  },
  {
    feature: concurrent,
    name: "50 at once on one connection, bodies both ways",
    protocols: h2,
    async run(ask) {
      const answers = Array.from({ length: 50 }, (_, index) => {
        const body = `${index} `.repeat(2_000);
        return ask.request({ method: "POST", path: "/echo", body })
          .then((answer) => assert.equal(textOf(answer), body));
      });
      await Promise.all(answers);
    },
  },
  {
    feature: concurrent,
    name: "a reader who stands still holds up nobody else",
    protocols: h2,
    async run(ask) {
      const slow = await ask.open({ path: `/endless/${ask.id}` });
      await slow.head();
      const large = await ask.request("/large/1000000");
      assert.equal(large.body.length, 1_000_000);
      slow.leave();
    },
  },
];
