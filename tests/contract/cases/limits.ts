/**
 * Limits on heads and on time.
 *
 * @module
 */
import assert from "node:assert/strict";
import { BrokenOff, textOf } from "../ask.ts";
import type { Case } from "../case.ts";
import { tightHeaderSize, tightUriLength } from "../servers.ts";

const uri = "maxUriLength: 414";
const headerSize = "maxHeaderSize: 431";
const time = "timeout: 408 and 503";

/** The cases. */
export const limits: readonly Case[] = [
  {
    feature: uri,
    name: "one more than it is refused, as many are not",
    async run(ask) {
      const rest = tightUriLength - "/seen/".length;
      assert.equal((await ask.tight.request(`/seen/${"a".repeat(rest)}`)).status, 200);
      assert.equal((await ask.tight.request(`/seen/${"a".repeat(rest + 1)}`)).status, 414);
      assert.equal(
        (await ask.tight.request(`/seen/${"a".repeat(rest)}?${"b".repeat(9)}`)).status,
        414,
      );
    },
  },
  {
    feature: uri,
    name: "4096 unless it is said otherwise",
    async run(ask) {
      assert.equal((await ask.request(`/seen/${"a".repeat(4_090)}`)).status, 200);
      assert.equal((await ask.request(`/seen/${"a".repeat(4_091)}`)).status, 414);
    },
  },
  {
    feature: headerSize,
    name: "a section beyond it is refused",
    async run(ask) {
      const fields = (size: number): [string, string][] => [["x-large", "a".repeat(size)]];
      const good = await ask.tight.request({ path: "/text", fields: fields(tightHeaderSize / 2) });
      assert.equal(good.status, 200);
      const refused = await ask.tight.request({ path: "/text", fields: fields(tightHeaderSize) });
      assert.equal(refused.status, 431);
      const next = await ask.tight.request("/text");
      assert.equal(textOf(next), "text");
    },
  },
  {
    feature: headerSize,
    name: "security 8: 1 MiB of it is refused by every transport",
    async run(ask) {
      const fields = [["x-large", "a".repeat(1024 * 1024)]] as const;
      try {
        const { status } = await ask.request({ path: "/text", fields });
        // Where its line is not in what was read last, 414 is a guess of the transport's.
        assert.ok([431, 400, 414].includes(status), `${status}`);
      } catch (error) {
        assert.ok(error instanceof BrokenOff, String(error));
      }
    },
  },
  {
    feature: time,
    name: "a handler that takes too long is answered for with 503",
    async run(ask) {
      const answer = await ask.tight.request(`/held/${ask.id}`);
      assert.equal(answer.status, 503);
      assert.equal(textOf(await ask.tight.request("/text")), "text");
    },
  },
  {
    feature: time,
    name: "a body that takes too long is answered with 408",
    async run(ask) {
      const exchange = await ask.tight.open({
        ...{ method: "POST", path: "/texted", body: "streamed" },
        fields: [["content-type", "text/plain"]],
      });
      await exchange.send("some");
      assert.equal((await exchange.head()).status, 408);
      exchange.leave();
    },
  },
];
