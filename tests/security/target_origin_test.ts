/**
 * SECURITY.md row 24, for failover and load balance: a call goes to a listed target and nowhere else,
 * whatever somebody else sent as its path, so that its credentials do too.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Fetch, Layer } from "@pirouette/http";
import { failover } from "../../src/layers/failover.ts";
import { loadBalance } from "../../src/layers/load_balance.ts";
import { roundRobin } from "../../src/layers/load_balance_round_robin.ts";

const seed = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()) };
const targets = ["https://one.example/v1", "https://two.example/v1"];
const layers: Readonly<Record<string, Layer>> = {
  failover: failover({ targets }),
  "load balance": loadBalance({ targets, rule: roundRobin() }),
};

/** Where calls went, the platform's reading of it. */
function recording(layer: Layer): { readonly send: Fetch; readonly sent: URL[] } {
  const sent: URL[] = [];
  const send = layer((input) => {
    sent.push(new URL(input instanceof Request ? input.url : input));
    return Promise.resolve(new Response(null));
  });
  return { send, sent };
}

const elsewhere = [
  "https://evil.example/v1/albums",
  "http://one.example/v1/albums",
  "https://one.example:444/v1/albums",
  "https://one.example.evil.example/v1/albums",
  "https://one.example/v12/albums",
  "https://one.example/v1@evil.example/",
  "https://one.example/v1:secret@evil.example/",
  "https://one.example/v1/../admin",
  "https://one.example/v1/%2e%2e/admin",
  "https://one.example/admin",
  "https://evil.example\\@one.example/v1",
  "@evil.example/",
  ".evil.example/",
  ":444/",
  "evil",
  "/../admin",
  "/a/../../admin",
  "/%2E%2e/admin",
  "/.%2e\\..\\admin",
  "/\t../admin",
  "/.\t./admin",
  "/.\n.\\admin",
  "file:///etc/passwd",
  "data:text/plain,hello",
];

for (const [name, layer] of Object.entries(layers)) {
  Deno.test(`security 24: ${name} refuses addresses that are below no target`, async () => {
    for (const input of elsewhere) {
      const { send, sent } = recording(layer);
      const error = await send(input, { headers: { authorization: "Bearer secret" } })
        .then(() => undefined, (error: unknown) => error);
      assert.equal((error as Error | undefined)?.name, "InitializingOutboundRequestError", input);
      assert.deepEqual(sent, [], input);
    }
  });

  Deno.test(`security 24: ${name} keeps a path that looks like an address below the target`, async () => {
    for (
      const input of ["//evil.example/a", "/\\evil.example", "/https://evil.example", "?//evil"]
    ) {
      const { send, sent } = recording(layer);
      await send(input);
      assert.match(sent[0]?.href ?? "", /^https:\/\/(?:one|two)\.example\/v1[/?]/, input);
    }
  });

  Deno.test(`security 24: ${name} sends no path of any text elsewhere`, async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "..",
        ".",
        "/",
        "\\",
        "%2e",
        "%2E",
        "\t",
        "\n",
        "@",
        ":",
        "?",
        "#",
        "//",
        " ",
      ),
      fc.string({ maxLength: 4, unit: "binary" }),
    );
    const input = fc.tuple(
      fc.constantFrom("", "/", "?", "#", "https://one.example/v1", "https://two.example"),
      fc.array(piece, { maxLength: 8 }),
    ).map(([start, pieces]) => start + pieces.join(""));
    await fc.assert(
      fc.asyncProperty(input, async (text) => {
        const { send, sent } = recording(layer);
        await send(text).catch(() => {});
        for (const { origin, pathname, username } of sent) {
          assert.ok(["https://one.example", "https://two.example"].includes(origin), text);
          assert.ok(pathname === "/v1" || pathname.startsWith("/v1/"), text);
          assert.equal(username, "");
        }
      }),
      { ...seed, numRuns: 2_000 },
    );
  });

  Deno.test(`security 20: ${name} names no secret of an address that it refuses`, async () => {
    for (
      const input of [
        "https://user:secret@evil.example/",
        "https://evil.example/?token=secret",
        "https://evil.example/#secret",
        "user:secret@evil.example",
      ]
    ) {
      const message = await recording(layer).send(input).then(() => "", String);
      assert.match(message, /evil\.example/);
      assert.doesNotMatch(message, /secret/);
    }
  });
}

Deno.test("security 10: options that a prototype was given set nothing", () => {
  const polluted: Record<string, unknown> = Object.prototype as Record<string, unknown>;
  polluted.bufferLimit = -1;
  polluted.weight = -1;
  try {
    failover({ targets });
    loadBalance({ targets: [{ url: "https://one.example" }] });
  } finally {
    delete polluted.bufferLimit;
    delete polluted.weight;
  }
});
