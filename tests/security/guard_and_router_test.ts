/**
 * SECURITY.md row 2: a guard in a layer, the router and the handler see one and the same path,
 * however a client spells it. Sent by hand, because every client tidies a path before sending it.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { asRequest, get, type Layer, ok, serve, type Service, service } from "@pirouette/http";
import { rawRequest, sendRaw } from "../support/raw_http.ts";
import { mountSpellings, spellings, TargetClient, targets } from "./path_spellings.ts";

const SECRET = "the secret";

/** A guard as people write them: it looks at the path of `request.url`. */
const guard: Layer = (next) => async (input, init) => {
  const request = asRequest(input, init);
  const { pathname } = new URL(request.url);
  if (pathname === "/admin" || pathname.startsWith("/admin/")) {
    return new Response(null, { status: 403 });
  }
  return await next(request);
};

/** Everything that is not a secret echoes the path it saw. */
const guarded = service({ layers: [guard] }, [
  get("/admin", () => SECRET),
  get("/admin/:rest+", () => SECRET),
  get("/:rest*", ({ request, context }) => {
    return ok({ body: { seen: new URL(request.url).pathname, raw: context.rawPath } });
  }),
]);

Deno.test("security 2: guard and router: however a path is spelled, they agree on it", async (t) => {
  await using server = await serve(guarded, { port: 0, host: "127.0.0.1" });
  using client = new TargetClient(server);
  for (const [target, status] of spellings) {
    await t.step(target, async () => {
      const response = await client.get(target);
      assert.notEqual(response.body, SECRET);
      assert.equal(response.status, status, response.body);
    });
  }
});

Deno.test("security 2: guard and router: they agree in process too", async () => {
  for (const [target] of spellings) {
    if (!target.startsWith("/") || target.startsWith("//")) continue;
    const response = await guarded.fetch(`http://x${target}`);
    assert.notEqual(await response.text(), SECRET, target);
    assert.ok(response.status < 500, target);
  }
});

Deno.test("security 2: guard and router: a Host that is rewritten does not move the path", async () => {
  const hosts = ["X", "x:80", "X:80", "x:", "0x7f.1", "x%41", "xn--nxa", "[::0:1]", "x.:080", ""];
  await using server = await serve(guarded, { port: 0, host: "127.0.0.1" });
  for (const host of hosts) {
    // Were the path cut where it began before, `/abc/admin` would be routed as `/admin`.
    for (const prefix of ["/", "/a/", "/ab/", "/abc/", "/abcd/", "/abcde/", "/abcdef/"]) {
      const head = rawRequest(`GET ${prefix}%61dmin HTTP/1.1`, [`Host: ${host}`]);
      const response = await sendRaw(server, head);
      assert.equal(response?.status, prefix === "/" ? 403 : 200, `${host} ${prefix}`);
      if (prefix === "/") continue;
      assert.equal(JSON.parse(response.body).seen, `${prefix}admin`, host);
    }
  }
});

Deno.test("security 2: guard and router: random targets are seen alike by layer, router and handler", async () => {
  const hosts = fc.constantFrom("x", "X:80", "x:80", "0x7f.1", "x:8080", "%61");
  const checked = service({ layers: [guard] }, [
    get("/admin", () => SECRET),
    get("/admin/:rest*", () => SECRET),
    get(
      "/:first",
      ({ request, path }) => ({ seen: new URL(request.url).pathname, path: [path.first] }),
    ),
    get(
      "/:rest*",
      ({ request, path }) => ({ seen: new URL(request.url).pathname, path: path.rest }),
    ),
  ]);
  await using server = await serve(checked, { port: 0, host: "127.0.0.1" });
  using client = new TargetClient(server);
  await fc.assert(
    fc.asyncProperty(targets, hosts, async (target, host) => {
      const { status, body } = await client.get(target, host);
      assert.ok(status < 500, `${status} ${body}`);
      assert.notEqual(body, SECRET);
      if (status !== 200) return;
      const { seen, path } = JSON.parse(body);
      const segments = seen.slice(1).split("/");
      assert.deepEqual(
        withoutLastEmpty(path),
        withoutLastEmpty(segments).map((segment) => decodeURIComponent(segment)),
      );
    }),
    { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), verbose: true, numRuns: 2_000 },
  );
});

/** A slash at the end of a path makes no difference. */
function withoutLastEmpty(segments: readonly string[]): readonly string[] {
  return segments.at(-1) === "" ? segments.slice(0, -1) : segments;
}

/** The guard of a mounted service, which knows where it is mounted. */
function guardUnder(basePath: string): Layer {
  return (next) => async (input, init) => {
    const request = asRequest(input, init);
    const path = new URL(request.url).pathname.slice(basePath.length);
    const isGuarded = path === "/admin" || path.startsWith("/admin/");
    return isGuarded ? new Response(null, { status: 403 }) : await next(request);
  };
}

function mounted(basePath: string, body: string, guards: readonly Layer[]): Service {
  return service({ basePath, layers: guards }, [
    get("/admin", () => SECRET),
    get("/admin/:rest+", () => SECRET),
    get("/:rest*", () => body),
  ]);
}

Deno.test("security 2: guard and router: a base path ends at the end of a segment, and is taken off once", async (t) => {
  const services = [
    mounted("/api", "api", [guardUnder("/api")]),
    service({ basePath: "/apis" }, [get("/:rest*", () => "apis")]),
    mounted("/a b", "special", [guardUnder("/a%20b")]),
    mounted("/100%25", "percent", [guardUnder("/100%25")]),
  ];
  await using server = await serve(services, { port: 0, host: "127.0.0.1" });
  using client = new TargetClient(server);
  for (const [target, status, body] of mountSpellings) {
    await t.step(target, async () => {
      const response = await client.get(target);
      assert.notEqual(response.body, SECRET);
      assert.equal(response.status, status, response.body);
      if (body !== undefined) assert.equal(response.body, body);
    });
  }
});

Deno.test("security 2: guard and router: a request rebuilt by a layer is routed by the path it then has", async () => {
  const rewrite: Layer = (next) => (input, init) => {
    const url = new URL(asRequest(input, init).url);
    return next(new Request(new URL(url.searchParams.get("to") ?? "/", url)));
  };
  const rewritten = service({ layers: [rewrite, guard] }, [
    get("/admin", () => SECRET),
    get("/:rest*", () => "open"),
  ]);
  const ask = async (to: string): Promise<number> => {
    const response = await rewritten.fetch(`http://x/?to=${encodeURIComponent(to)}`);
    assert.notEqual(await response.text(), SECRET);
    return response.status;
  };
  assert.equal(await ask("/admin"), 403);
  assert.equal(await ask("/x/../admin"), 403);
  assert.equal(await ask("/other"), 200);
});
