/**
 * SECURITY.md row 2 for guards that are interceptors: the filter `on: { path }`, the router and the
 * handler see one and the same path, however a client spells it.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  forbidden,
  get,
  type Interceptor,
  interceptor,
  ok,
  serve,
  type Service,
  service,
} from "@pirouette/http";
import { mountSpellings, spellings, TargetClient, targets } from "./path_spellings.ts";

const SECRET = "the secret";

/** A guard as people write them: a filter, and a hook that never goes on. */
const guard: Interceptor = {
  on: { path: "/admin/:rest*" },
  request: () => forbidden(),
};

/** A guard that looks at the path that it binds, for all paths. */
const looking = interceptor({
  on: { path: "/:path*" },
  request: ({ path, context }) => path.path[0] === "admin" ? forbidden() : context.next(),
});

function guarded(basePath: string, body: string, interceptors: readonly Interceptor[]): Service {
  return service({ basePath, interceptors }, [
    get("/admin", () => SECRET),
    get("/admin/:rest+", () => SECRET),
    get("/:rest*", () => body),
  ]);
}

for (const [name, given] of [["a filter", guard], ["a bound path", looking]] as const) {
  Deno.test(`security 2: guard interceptor: with ${name} it agrees with the router, however a path is spelled`, async (t) => {
    const plain = guarded("/", "open", [given]);
    await using server = await serve(plain, { port: 0, host: "127.0.0.1" });
    using client = new TargetClient(server);
    for (const [target, ...statuses] of spellings) {
      await t.step(target, async () => {
        const response = await client.get(target);
        assert.notEqual(response.body, SECRET);
        // A filter matches empty segments, so that no wildcard routes what it does not see.
        const expected = target.startsWith("/admin//") ? 403 : statuses.at(-1);
        assert.equal(response.status, expected, response.body);
      });
    }
  });
}

Deno.test("security 2: guard interceptor: it agrees with the router in process too", async () => {
  const plain = guarded("/", "open", [guard]);
  for (const [target] of spellings) {
    if (!target.startsWith("/") || target.startsWith("//")) continue;
    const response = await plain.fetch(`http://x${target}`);
    assert.notEqual(await response.text(), SECRET, target);
    assert.ok(response.status < 500, target);
  }
});

Deno.test("security 2: guard interceptor: its filter is relative to the base path, which is taken off once", async (t) => {
  const services = [
    guarded("/api", "api", [guard]),
    service({ basePath: "/apis" }, [get("/:rest*", () => "apis")]),
    guarded("/a b", "special", [guard]),
    guarded("/100%25", "percent", [guard]),
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

Deno.test("security 2: guard interceptor: one of a listener guards the path from the root", async (t) => {
  const listening: Interceptor = { on: { path: "/api/admin/:rest*" }, request: () => forbidden() };
  const services = [guarded("/api", "api", []), guarded("/apis", "apis", [])];
  await using server = await serve(services, {
    port: 0,
    host: "127.0.0.1",
    interceptors: [listening],
  });
  using client = new TargetClient(server);
  const table: readonly (readonly [target: string, status: number, body?: string])[] = [
    ...mountSpellings.filter(([target]) => /^\/(?:api[^s]|%61pi)/.test(target)),
    ["/api", 200, "api"],
    ["/apis/x", 200, "apis"],
    ["/apis/admin", 200, SECRET],
  ];
  for (const [target, status, body] of table) {
    await t.step(target, async () => {
      const response = await client.get(target);
      if (body !== SECRET) assert.notEqual(response.body, SECRET);
      assert.equal(response.status, status, response.body);
      if (body !== undefined) assert.equal(response.body, body);
    });
  }
});

Deno.test("security 2: guard interceptor: a filter is canonical, as routes are", async () => {
  for (const path of ["/%61dmin/:rest*", "/\\admin/:rest*", "/admin{/:rest}*"]) {
    const spelled = guarded("/", "open", [{ on: { path }, request: () => forbidden() }]);
    for (const target of ["/admin", "/%61dmin/x", "/admin/x/y"]) {
      const response = await spelled.fetch(`http://x${target}`);
      assert.equal(response.status, 403, `${path} ${target}`);
    }
  }
});

Deno.test("security 2: guard interceptor: a filter with a wildcard guards what a wildcard routes", async () => {
  const wild = service({
    interceptors: [{ on: { path: "/admin{/*}?" }, request: () => forbidden() }],
  }, [get("/admin", () => SECRET), get("/admin/*", () => SECRET), get("/*", () => "open")]);
  await using server = await serve(wild, { port: 0, host: "127.0.0.1" });
  using client = new TargetClient(server);
  for (const [target, status] of spellings) {
    const response = await client.get(target);
    assert.notEqual(response.body, SECRET, target);
    // A wildcard takes what segments do not: a path that begins with two slashes.
    assert.equal(response.status, status === 404 ? 200 : status, target);
  }
});

Deno.test("security 2: guard interceptor: of a method it guards what that method's resources answer", async () => {
  const onGet: Interceptor = {
    on: { method: "GET", path: guard.on?.path ?? "" },
    request: () => forbidden(),
  };
  const plain = guarded("/", "open", [onGet]);
  // HEAD is answered by the resource for GET, and so guarded as it is.
  for (const method of ["GET", "HEAD"]) {
    const response = await plain.fetch("http://x/admin", { method });
    assert.equal(response.status, 403, method);
  }
});

Deno.test("security 2: guard interceptor: one for all below the base path is for the base path too", async () => {
  for (const path of ["/*", "/:rest*", "/:rest(.*)", undefined]) {
    for (const basePath of ["/", "/api"]) {
      const on = path === undefined ? {} : { path };
      const whole = service({ basePath, interceptors: [{ on, request: () => forbidden() }] }, [
        get("/", () => SECRET),
        get("/*", () => SECRET),
      ]);
      const base = basePath === "/" ? "" : basePath;
      for (const target of [base, `${base}/`, `${base}/x`, `${base}//x`, `${base}/x//`]) {
        const { status } = await whole.fetch(`http://x${target}`);
        assert.equal(status, 403, `${path} of ${basePath}: ${target}`);
      }
    }
  }
});

Deno.test("security 2: guard interceptor: empty segments are no way around a rest in braces", async () => {
  const braced = service({
    interceptors: [{ on: { path: "/admin{/:rest}*" }, request: () => forbidden() }],
  }, [get("/admin/*", () => SECRET)]);
  for (const target of ["/admin", "/admin/", "/admin//x", "/admin/x//y"]) {
    const response = await braced.fetch(`http://x${target}`);
    assert.notEqual(await response.text(), SECRET, target);
  }
});

Deno.test("security 2: guard interceptor: one for a method that nobody sends is refused", () => {
  const make = (method: string | string[]) => () =>
    service({ interceptors: [{ on: { method }, request: () => forbidden() }] }, []);
  for (const method of ["get", "Post", "patch", "", "GET, POST", ["GET", "delete"]]) {
    assert.throws(make(method), /Cannot intercept the method "[^"]*": give one as it is sent/);
  }
  for (const method of ["PURGE", "purge", "*", ["GET", "M-SEARCH"]]) make(method)();
});

Deno.test("security 2: guard interceptor: random targets are seen alike by filter, router and handler", async () => {
  const seeing = service({ interceptors: [guard] }, [
    get("/admin", () => SECRET),
    get("/admin/:rest*", () => SECRET),
    get(
      "/:rest*",
      ({ request, path }) => ok({ body: { seen: new URL(request.url).pathname, path: path.rest } }),
    ),
  ]);
  await using server = await serve(seeing, { port: 0, host: "127.0.0.1" });
  using client = new TargetClient(server);
  await fc.assert(
    fc.asyncProperty(targets, async (target) => {
      const { status, body } = await client.get(target);
      assert.ok(status < 500, `${status} ${body}`);
      assert.notEqual(body, SECRET);
      if (status !== 200) return;
      const { seen, path } = JSON.parse(body);
      assert.notEqual(path[0], "admin");
      assert.ok(!/^\/admin(?:\/|$)/.test(seen), seen);
    }),
    { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), verbose: true, numRuns: 1_000 },
  );
});

Deno.test("security 2: guard interceptor: a rest parameter within a filter matches empty segments", async () => {
  const guarded = service({
    interceptors: [{ on: { path: "/a/:rest*/secret" }, request: () => forbidden() }],
  }, [get("/a/*", () => SECRET)]);
  for (const target of ["/a/x/secret", "/a/x//secret", "/a//x/secret", "/a//secret"]) {
    const response = await guarded.fetch(`http://x${target}`);
    assert.equal(response.status, 403, target);
    await response.body?.cancel();
  }
});
