/**
 * How bodies of HTTP/1.1 requests are framed, and `Expect: 100-continue`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Case, type RawCase, rawCases } from "../case.ts";
import { h1 } from "../target.ts";

const chunks = "Chunked requests";
const expect = "Expect: 100-continue";

function post(body: string): string {
  return `POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${body}`;
}

/** Chunks that are in order, and the body they make. */
const good: readonly (readonly [name: string, body: string])[] = [
  ["several", "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n"],
  ["sizes in both cases, with zeros before", "00A\r\n0123456789\r\n0b\r\n01234567890\r\n0\r\n\r\n"],
  ["extensions", '3;a;b=c;d="e;\\"f"\r\nabc\r\n0;last\r\n\r\n'],
  ["trailers", "3\r\nabc\r\n0\r\nX-Sum: 1\r\nX-Other: 2\r\n\r\n"],
];

/** Chunks that are not: the handler's reading fails, and nothing follows on the connection. */
const bad: readonly RawCase[] = [
  ["no size", "\r\nabc\r\n0\r\n\r\n"],
  ["a size that is none", "zz\r\nabc\r\n0\r\n\r\n"],
  ["a negative size", "-3\r\nabc\r\n0\r\n\r\n"],
  ["a size with a prefix", "0x3\r\nabc\r\n0\r\n\r\n"],
  ["a size beyond every integer", `${"F".repeat(40)}\r\nabc`],
  ["more than the size says", "1\r\nabc\r\n0\r\n\r\n"],
  ["a size that ends in CR alone", "3\rabc\r\n0\r\n\r\n"],
].map(([name = "", body = ""]): RawCase => ({
  name: `security 8: ${name}`,
  bytes: post(body),
  // Of an echo the head may be on its way already.
  status: [400, 200, 0],
  closes: true,
}));

/** The cases. */
export const framing: readonly Case[] = [
  ...good.map(([name, body]): Case => ({
    feature: chunks,
    name,
    protocols: h1,
    async run(ask) {
      using connection = await ask.connect();
      await connection.send(
        `POST /summed/${ask.id} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${body}`,
      );
      assert.equal((await connection.readHead())?.status, 200);
      // What follows is a request of its own: nothing of the body is taken for one.
      await connection.readSome(10);
      await connection.send("GET /text HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      const rest = new TextDecoder().decode(await connection.readEnd());
      assert.match(rest, /HTTP\/1\.1 200/);
      assert.doesNotMatch(rest, /HTTP\/1\.1 4/);
    },
  })),
  ...rawCases("Malformed chunks end the connection", bad),
  {
    feature: "Malformed chunks end the connection",
    name: "security 8: what follows is never taken for a request",
    protocols: h1,
    async run(ask) {
      const smuggled = `GET /held/${ask.id} HTTP/1.1\r\nHost: x\r\n\r\n`;
      using connection = await ask.connect();
      await connection.send(post(`zz\r\nabc\r\n0\r\n\r\n${smuggled}`));
      await connection.readEnd();
      const told = await ask.request(`/notes/${ask.id}`);
      assert.equal(new TextDecoder().decode(told.body), "[]");
    },
  },
  {
    feature: expect,
    name: "100 comes once the handler reads, then the answer",
    protocols: h1,
    async run(ask) {
      const exchange = await ask.open({
        ...{ method: "POST", path: `/summed/${ask.id}`, body: "streamed" },
        fields: [["Expect", "100-continue"]],
      });
      assert.equal((await exchange.inform())?.status, 100);
      await exchange.send("body");
      await exchange.end();
      const answer = await exchange.answer();
      assert.equal(answer.status, 200);
      assert.equal(new TextDecoder().decode(answer.body), "4");
    },
  },
  {
    feature: expect,
    name: "no 100 where the handler does not read",
    protocols: h1,
    differs: [{
      transport: "deno_serve",
      cell: "100 at once",
      because: "Deno.serve sends 100 before it calls the handler",
      async run(ask) {
        const exchange = await ask.open({
          ...{ method: "POST", path: "/ignored", body: "streamed" },
          fields: [["Expect", "100-continue"]],
        });
        assert.equal((await exchange.head()).status, 200);
        assert.ok(exchange.informational.length <= 1);
      },
    }],
    async run(ask) {
      const exchange = await ask.open({
        ...{ method: "POST", path: "/ignored", body: "streamed" },
        fields: [["Expect", "100-continue"]],
      });
      assert.equal((await exchange.head()).status, 200);
      assert.deepEqual(exchange.informational, []);
    },
  },
  {
    feature: expect,
    name: "no 100 before 413",
    protocols: h1,
    differs: [{
      transport: "deno_serve",
      cell: "100 at once",
      because: "Deno.serve sends 100 before it calls the handler",
      async run(ask) {
        using connection = await ask.connect();
        await connection.send(
          "POST /limited HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n" +
            "Expect: 100-continue\r\n\r\n",
        );
        const first = await connection.readHead();
        const head = first?.status === 100 ? await connection.readHead() : first;
        assert.equal(head?.status, 413);
      },
    }],
    async run(ask) {
      using connection = await ask.connect();
      await connection.send(
        "POST /limited HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\nExpect: 100-continue\r\n\r\n",
      );
      assert.equal((await connection.readHead())?.status, 413);
    },
  },
  {
    feature: expect,
    name: "an expectation that nobody has is let be, or 417",
    protocols: h1,
    async run(ask) {
      const answer = await ask.request({ path: "/text", fields: [["Expect", "200-ok"]] });
      assert.ok([200, 417].includes(answer.status), `${answer.status}`);
    },
  },
];
