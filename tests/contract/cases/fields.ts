/**
 * Header fields, both ways.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Ask, field, type Fields, jsonOf, textOf, valuesOf } from "../ask.ts";
import type { Case } from "../case.ts";
import { h1 } from "../target.ts";
import type { Seen } from "./targets.ts";

/** What `Headers` has of a field in the handler. */
async function received(ask: Ask, fields: Fields, name: string): Promise<string[]> {
  const answer = await ask.request({ path: "/seen/a", fields });
  assert.equal(answer.status, 200);
  return jsonOf<Seen>(answer).headers.filter(([one]) => one === name).map(([, value]) => value);
}

const requests = "Request fields";
const responses = "Response fields";

/** The cases. */
export const fields: readonly Case[] = [
  {
    feature: requests,
    name: "several of a name are joined in their order",
    async run(ask) {
      const sent: Fields = [["x-many", "1"], ["x-many", "2"], ["x-many", "3, 4"]];
      assert.deepEqual(await received(ask, sent, "x-many"), ["1, 2, 3, 4"]);
    },
  },
  {
    feature: requests,
    name: "Cookie crumbs are joined with semicolons (RFC 9113 section 8.2.3)",
    async run(ask) {
      const sent: Fields = [["cookie", "a=1"], ["cookie", "b=2; c=3"]];
      assert.deepEqual(await received(ask, sent, "cookie"), ["a=1; b=2; c=3"]);
    },
  },
  {
    feature: requests,
    name: "an empty value",
    async run(ask) {
      assert.deepEqual(await received(ask, [["x-empty", ""]], "x-empty"), [""]);
    },
  },
  {
    feature: requests,
    name: "bytes beyond ASCII are read as Latin-1 (as fetch does)",
    protocols: h1,
    async run(ask) {
      assert.deepEqual(await received(ask, [["x-latin", "caf\xe9"]], "x-latin"), ["caf\xe9"]);
    },
  },
  {
    feature: requests,
    name: "case does not count in names, white space around values goes",
    protocols: h1,
    async run(ask) {
      assert.deepEqual(await received(ask, [["X-CaSe", " \t a b \t "]], "x-case"), ["a b"]);
    },
  },
  {
    feature: requests,
    name: "names that objects have",
    async run(ask) {
      for (const name of ["__proto__", "constructor", "hasownproperty"]) {
        assert.deepEqual(await received(ask, [[name, "x"]], name), ["x"], name);
      }
    },
  },
  {
    feature: requests,
    name: "what the client says of how it accepts is untouched",
    async run(ask) {
      const value = "gzip;q=0.5, br, zstd;q=0";
      assert.deepEqual(await received(ask, [["accept-encoding", value]], "accept-encoding"), [
        value,
      ]);
    },
  },
  {
    feature: responses,
    name: "Set-Cookie stays several fields",
    async run(ask) {
      assert.deepEqual(valuesOf(await ask.request("/cookies"), "set-cookie"), ["a=1", "b=2, c"]);
    },
  },
  {
    feature: responses,
    name: "several of a name, an empty value",
    async run(ask) {
      const answer = await ask.request("/fields");
      assert.equal(field(answer, "x-many"), "1, 2");
      assert.equal(field(answer, "x-empty"), "");
    },
  },
  {
    feature: "Latin-1 in response fields",
    name: "is sent as it is",
    differs: [{
      transport: "node_http",
      runtimes: ["Deno"],
      protocols: ["h1-TLS"],
      cell: "UTF-8",
      because: "node:http of Deno writes a head in UTF-8 over TLS",
      async run(ask) {
        const latin = field(await ask.request("/fields"), "x-latin");
        assert.ok(latin === "caf\xe9" || latin === "caf\xc3\xa9", latin);
      },
    }],
    async run(ask) {
      assert.equal(field(await ask.request("/fields"), "x-latin"), "caf\xe9");
    },
  },
  {
    feature: responses,
    name: "none of one connection over HTTP/2 (RFC 9113 section 8.2.2)",
    protocols: ["h2-TLS", "h2c"],
    async run(ask) {
      for (const path of ["/text", "/chunks/2", "/none", "/throws"]) {
        const answer = await ask.request(path);
        for (const name of ["connection", "keep-alive", "transfer-encoding", "upgrade"]) {
          assert.equal(field(answer, name), undefined, `${path}: ${name}`);
        }
      }
    },
  },
  {
    feature: "Date and Server",
    name: "Date is there, once, and now",
    async run(ask) {
      for (const path of ["/text", "/none", "/throws", "/nowhere"]) {
        const values = valuesOf(await ask.request(path), "date");
        assert.equal(values.length, 1, path);
        assert.ok(Math.abs(Date.parse(values[0] ?? "") - Date.now()) < 10_000, path);
      }
    },
  },
  {
    feature: "Date and Server",
    name: "a Date of the handler's own stays",
    async run(ask) {
      const answer = await ask.request("/dated");
      assert.deepEqual(valuesOf(answer, "date"), ["Sat, 01 Jan 2000 00:00:00 GMT"]);
    },
  },
  {
    feature: "Date and Server",
    name: "Server is what is configured, else not there",
    async run(ask) {
      assert.equal(field(await ask.request("/text"), "server"), undefined);
      assert.equal(field(await ask.tight.request("/text"), "server"), "Contract/1");
      assert.equal(field(await ask.tight.request("/nowhere"), "server"), "Contract/1");
    },
  },
  {
    feature: "Status",
    name: "every status of the handler's",
    async run(ask) {
      for (const status of [200, 201, 203, 206, 226, 299, 301, 399, 400, 418, 451, 500, 599]) {
        const answer = await ask.request(`/status/${status}`);
        assert.equal(answer.status, status);
        assert.equal(textOf(answer), "status");
      }
    },
  },
  {
    feature: "Status",
    name: "a reason phrase is no more than a line's end",
    protocols: h1,
    async run(ask) {
      for (const path of ["/text", "/named-status", "/status/299"]) {
        using connection = await ask.connect();
        await connection.send(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
        const head = await connection.readHead();
        assert.match(head?.line ?? "", /^HTTP\/1\.1 2\d\d (?:[A-Za-z ]*)$|^HTTP\/1\.1 2\d\d$/);
      }
    },
  },
];
