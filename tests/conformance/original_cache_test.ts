/**
 * What the original library's own tests hold of cached answers on the side of the service (spec 4.6),
 * beyond the published cases. What a cache makes of them belongs to the client's cache.
 */
import assert from "node:assert/strict";
import {
  any,
  get,
  internalServerError,
  ok,
  post,
  type ResponseCacheConfig,
  service,
  Xml,
} from "@pirouette/http";
import { etagOf } from "../../src/message/etag.ts";
import { type Ask, onBothTransports } from "../support/both_transports.ts";

/** What an answer says to caches. */
async function cached(ask: Ask, path: string, init?: RequestInit) {
  const response = await ask(path, init);
  const { headers, status } = response;
  return {
    status,
    control: headers.get("cache-control"),
    etag: headers.get("etag"),
    isDated: headers.has("last-modified"),
    type: headers.get("content-type")?.split(";")[0] ?? null,
    body: await response.text(),
  };
}

/** Answers with each value in turn, and with the last one from then on. */
function inTurn(...values: readonly unknown[]): () => unknown {
  let count = 0;
  return () => values[Math.min(count++, values.length - 1)];
}

interface Row {
  readonly cache: ResponseCacheConfig;
  readonly values: readonly [first: unknown, second: unknown];
  readonly control: string;
  readonly types: readonly [first: string, second: string];
  readonly bodies: readonly [first: string, second: string];
}

const noCache: ResponseCacheConfig = { noCache: true, maxAge: -1, mustRevalidate: false };

const rows: Readonly<Record<string, Row>> = {
  "JSON that always has to be asked for": {
    cache: noCache,
    values: [{ message: "1st response" }, { message: "2nd response" }],
    control: "no-cache,public",
    types: ["application/json", "application/json"],
    bodies: ['{"message":"1st response"}', '{"message":"2nd response"}'],
  },
  "XML, for whole seconds": {
    cache: { maxAge: 5.32, mustRevalidate: false },
    values: [new Xml("<message>before</message>"), new Xml("<message>after</message>")],
    control: "public,max-age=5",
    types: ["application/xml", "application/xml"],
    bodies: ["<message>before</message>", "<message>after</message>"],
  },
  "text, then bytes": {
    cache: { maxAge: 5 },
    values: ["Hello, World!", new TextEncoder().encode("Hello, New World!")],
    control: "must-revalidate,public,max-age=5",
    types: ["text/plain", "application/octet-stream"],
    bodies: ["Hello, World!", "Hello, New World!"],
  },
  "replies that say all is well": {
    cache: noCache,
    values: [ok({ body: "Hello, World!" }), ok({ body: "Hello, World!" })],
    control: "no-cache,public",
    types: ["text/plain", "text/plain"],
    bodies: ["Hello, World!", "Hello, World!"],
  },
};

for (const [what, { cache, values, control, types, bodies }] of Object.entries(rows)) {
  Deno.test(`cache of the original: ${what}`, async () => {
    const turns = () => {
      const take = inTurn(...values);
      return service({}, [any("/turn", { cache }, take)]);
    };
    // One service a transport: each counts its turns.
    for (const name of ["in process", "deno", "node"] as const) {
      await onBothTransports(turns(), async (ask, transport) => {
        if (transport !== name) return;
        for (const at of [0, 1] as const) {
          const [body, type] = [bodies[at], types[at]];
          assert.deepEqual(await cached(ask, "/turn"), {
            status: 200,
            control,
            etag: etagOf(body),
            isDated: true,
            type,
            body,
          });
        }
        // What has not changed since is not sent again.
        const init = { headers: { "if-none-match": etagOf(bodies[1]) } };
        const again = await cached(ask, "/turn", init);
        assert.deepEqual([again.status, again.control, again.body], [304, control, ""]);
        const changed = { headers: { "if-none-match": etagOf("something else") } };
        assert.equal((await cached(ask, "/turn", changed)).status, 200);
      });
    }
  });
}

Deno.test("cache of the original: what is no plain value and no success says nothing", async () => {
  const cache = true;
  const silent = service({ onError: () => {} }, [
    get("/failed", { cache }, () => internalServerError({ body: "Error" })),
    get("/thrown", { cache }, () => Promise.reject(new Error("secret"))),
    get("/response", { cache }, () => new Response("as it is")),
    get("/nothing", { cache }, () => {}),
    get("/unset", () => "never said"),
  ]);
  await onBothTransports(silent, async (ask) => {
    const statuses = { failed: 500, thrown: 500, response: 200, nothing: 202, unset: 200 };
    for (const [path, status] of Object.entries(statuses)) {
      const { control, etag, isDated, ...answer } = await cached(ask, `/${path}`);
      assert.equal(answer.status, status, path);
      assert.deepEqual([control, etag, isDated], [null, null, false], path);
    }
  });
});

Deno.test("cache of the original: HEAD says what GET would, other methods no version", async () => {
  const greeting = service({}, [
    any("/greeting", { cache: { maxAge: 10 } }, () => ({ message: "Hello, World!" })),
    post("/posted", { cache: { maxAge: 10 } }, () => ({ message: "Hello, World!" })),
  ]);
  const control = "must-revalidate,public,max-age=10";
  const etag = etagOf('{"message":"Hello, World!"}');
  await onBothTransports(greeting, async (ask) => {
    const got = await cached(ask, "/greeting");
    assert.deepEqual([got.control, got.etag, got.isDated], [control, etag, true]);
    const headed = await cached(ask, "/greeting", { method: "HEAD" });
    assert.deepEqual(
      [headed.control, headed.etag, headed.isDated, headed.body],
      [control, etag, true, ""],
    );
    // There they are tagged and dated too (docs/differences.md).
    for (const [path, status] of [["/greeting", 200], ["/posted", 201]] as const) {
      const posted = await cached(ask, path, { method: "POST" });
      assert.deepEqual(
        [posted.status, posted.control, posted.etag, posted.isDated],
        [status, control, null, false],
      );
    }
  });
});

Deno.test("cache of the original: a caller's answer says what a returned one would", async () => {
  // There a caller's answer says nothing to caches.
  const given = service({}, [
    get("/", { cache: { maxAge: 10 } }, ({ caller }) => caller.respond("given")),
  ]);
  await onBothTransports(given, async (ask) => {
    const { control, etag } = await cached(ask, "/");
    assert.deepEqual([control, etag], ["must-revalidate,public,max-age=10", etagOf("given")]);
  });
});
