/**
 * What comes before a response and after it, and what is known of its connection.
 *
 * @module
 */
import assert from "node:assert/strict";
import { BrokenOff, field, type Fields, jsonOf, textOf } from "../ask.ts";
import type { Case, Difference } from "../case.ts";
import { encrypted, h1, h2 } from "../target.ts";

const informational = "103 and 102";
const trailers = "Trailers of responses";
const sent = "Trailers of requests";

/** On Deno's own transport asking for it is an error, which the handler here does not deal with. */
function refused(path: string, cell: string, because: string): Difference {
  return {
    transport: "deno_serve",
    cell,
    because,
    async run(ask) {
      const answer = await ask.request(path);
      assert.equal(answer.status, 500);
      assert.deepEqual(answer.informational, []);
    },
  };
}

/** On Deno's own transport the response goes without them. */
function unsent(path: string): Difference {
  return {
    transport: "deno_serve",
    cell: "not sent",
    because: "Deno.serve has nothing for trailers",
    async run(ask) {
      const answer = await ask.request(path);
      assert.deepEqual(answer.trailers, []);
    },
  };
}

function sorted(fields: Fields): string[] {
  return fields.map(([name, value]) => `${name.toLowerCase()}: ${value}`).toSorted();
}

/** The cases. */
export const around: readonly Case[] = [
  {
    feature: informational,
    name: "are sent ahead of the response, with their fields",
    differs: [refused("/hints", "error", "Deno.serve has nothing for informational responses")],
    async run(ask) {
      const answer = await ask.request("/hints");
      assert.equal(textOf(answer), "hinted true");
      assert.deepEqual(answer.informational.map(({ status }) => status), [103, 102]);
      const [hints] = answer.informational;
      assert.equal(field(hints ?? { fields: [] }, "link"), "</a.css>; rel=preload");
      assert.equal(field(hints ?? { fields: [] }, "x-hint"), "1");
      assert.equal(field(answer, "x-hint"), undefined);
    },
  },
  {
    feature: informational,
    name: "never after the response",
    async run(ask) {
      const answer = await ask.request("/late-hints");
      assert.equal(textOf(answer), "answered");
      assert.deepEqual(answer.informational, []);
    },
  },
  {
    feature: informational,
    name: "not to HTTP/1.0",
    protocols: h1,
    differs: [refused("/hints", "error", "Deno.serve has nothing for informational responses")],
    async run(ask) {
      using connection = await ask.connect();
      await connection.send("GET /hints HTTP/1.0\r\nHost: x\r\n\r\n");
      assert.equal((await connection.readHead())?.status, 200);
      assert.equal(new TextDecoder().decode(await connection.readEnd()), "hinted false");
    },
  },
  {
    feature: trailers,
    name: "follow a stream",
    differs: [unsent("/trailers")],
    async run(ask) {
      const answer = await ask.request({ path: "/trailers", fields: [["te", "trailers"]] });
      assert.equal(textOf(answer), "body");
      assert.deepEqual(sorted(answer.trailers), ["x-other: a, b", "x-sum: 4"]);
    },
  },
  {
    feature: trailers,
    name: "follow a text over HTTP/2",
    protocols: h2,
    differs: [unsent("/trailers-of-text")],
    async run(ask) {
      const answer = await ask.request("/trailers-of-text");
      assert.equal(textOf(answer), "text");
      assert.deepEqual(sorted(answer.trailers), ["x-sum: 4"]);
    },
  },
  {
    feature: trailers,
    name: "that fail cut the response off",
    differs: [unsent("/trailers-that-fail")],
    async run(ask) {
      await assert.rejects(ask.request("/trailers-that-fail"), BrokenOff);
    },
  },
  {
    feature: trailers,
    name: "HEAD has none",
    differs: [unsent("/trailers")],
    async run(ask) {
      const answer = await ask.request({ method: "HEAD", path: "/trailers" });
      assert.equal(answer.status, 200);
      assert.deepEqual(answer.trailers, []);
    },
  },
  {
    feature: sent,
    name: "are told once the body was read",
    differs: [{
      transport: "deno_serve",
      cell: "none",
      because: "Deno.serve has nothing for trailers",
      async run(ask) {
        const exchange = await ask.open({
          ...{ method: "POST", path: "/request-trailers", body: "streamed" },
          fields: [["content-type", "text/plain"]],
        });
        await exchange.send("body");
        await exchange.end([["x-sum", "4"]]);
        assert.deepEqual(jsonOf(await exchange.answer()), []);
      },
    }],
    async run(ask) {
      const exchange = await ask.open({
        ...{ method: "POST", path: "/request-trailers", body: "streamed" },
        fields: [["content-type", "text/plain"], ["trailer", "x-sum"]],
      });
      await exchange.send("body");
      await exchange.end([["x-sum", "4"]]);
      assert.deepEqual(jsonOf(await exchange.answer()), [["x-sum", "4"]]);
    },
  },
  {
    feature: "caller.tls",
    name: "tells version, cipher and server name",
    protocols: encrypted,
    differs: [{
      transport: "deno_serve",
      cell: "undefined",
      because: "Deno.serve does not tell",
      async run(ask) {
        assert.deepEqual(jsonOf(await ask.request("/tls")), {});
      },
    }],
    async run(ask) {
      const tls: Record<string, unknown> = jsonOf(await ask.request("/tls"));
      assert.equal(tls["version"], "TLSv1.3");
      assert.match(String(tls["cipher"]), /^TLS_/);
      assert.equal(tls["isResumed"], false);
    },
  },
];
