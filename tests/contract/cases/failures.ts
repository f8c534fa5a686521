/**
 * Handlers and streams that fail: a client learns that, and nothing else.
 *
 * @module
 */
import assert from "node:assert/strict";
import { BrokenOff, field, jsonOf, textOf } from "../ask.ts";
import type { Case } from "../case.ts";

const broken = "Streams that fail";

/** The cases. */
export const failures: readonly Case[] = [
  ...["/throws", "/rejects", "/throws-text", "/used"].map((path): Case => ({
    feature: "Handlers that fail",
    name: `${path} is 500 without the reason, and the next is answered`,
    async run(ask) {
      const answer = await ask.request(path);
      assert.equal(answer.status, 500);
      assert.doesNotMatch(textOf(answer), /secret|at Object|\.ts/);
      assert.equal(jsonOf<{ status: number }>(answer).status, 500);
      assert.equal(field(answer, "content-type"), "application/json");
      assert.equal(textOf(await ask.request("/text")), "text");
    },
  })),
  ...[0, 1, 100].map((pieces): Case => ({
    feature: broken,
    name: `after ${pieces} pieces: cut off, never a whole body`,
    async run(ask) {
      await assert.rejects(ask.request(`/breaks/${pieces}`), BrokenOff);
      assert.equal(textOf(await ask.request("/text")), "text");
    },
  })),
  {
    feature: broken,
    name: "one shorter than its Content-Length: cut off, or 500 where it was seen in time",
    async run(ask) {
      const status = await ask.request("/short").then(({ status }) => status, (error) => {
        assert.ok(error instanceof BrokenOff, String(error));
        return 500;
      });
      assert.equal(status, 500);
    },
  },
  {
    feature: broken,
    name: "one longer than its Content-Length: never more than was said",
    async run(ask) {
      try {
        const answer = await ask.request("/long");
        if (answer.status !== 500) assert.equal(textOf(answer), "1234");
      } catch (error) {
        assert.ok(error instanceof BrokenOff, String(error));
      }
      assert.equal(textOf(await ask.request("/text")), "text");
    },
  },
];
