/**
 * SECURITY.md row 10: what somebody put on the prototype of all objects is no option of a client.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Client, text } from "@pirouette/http";

const prototype = Object.prototype as unknown as Record<string, unknown>;

/** Does something while every object seems to have a property. */
async function polluted(name: string, value: unknown, action: () => Promise<void>): Promise<void> {
  Object.defineProperty(prototype, name, { value, configurable: true, enumerable: true });
  try {
    await action();
  } finally {
    delete prototype[name];
  }
}

Deno.test("security 10: options of a client, and those within them, are its own", async () => {
  const table: readonly (readonly [name: string, value: unknown])[] = [
    ["maxEntityBodySize", 1],
    ["maxHeaderSize", 1],
    ["maxOutputSize", 1],
    ["maxRatio", -1],
    ["timeout", 0],
    ["boundBodyIdle", -1],
    ["followRedirects", { allowAuthHeaders: true }],
    ["allowAuthHeaders", true],
    ["validation", "no"],
    ["origins", ["*"]],
    ["layers", [1]],
    ["transport", {}],
    ["compression", "none"],
    ["enabled", false],
    ["query", { a: 1 }],
    ["responses", { 404: {} }],
    ["as", text()],
  ];
  for (const [name, value] of table) {
    await polluted(name, value, async () => {
      const sent: string[] = [];
      const api = new Client("http://h", {
        fetch: (input) => {
          sent.push(String(input));
          return Promise.resolve(new Response("hello"));
        },
        responseLimits: {},
        decompression: {},
        followRedirects: {},
        cookies: {},
        timeout: { headers: 1_000 },
      });
      assert.equal(await api.get("/", { as: text() }), "hello", name);
      assert.ok(await api.get("/") instanceof Response, name);
      await assert.rejects(api.get("http://evil/"), { name: "InitializingOutboundRequestError" });
      assert.deepEqual(sent, ["http://h/", "http://h/"], name);
    });
  }
});
