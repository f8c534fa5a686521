/**
 * SECURITY.md row 2: a guard in a layer, the router and the handler see one and the same path,
 * however a client spells it. Sent by hand, because every client tidies a path before sending it.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { asRequest, get, type Layer, ok, serve, service } from "@pirouette/http";
import { RawConnection, rawRequest, type RawResponse, sendRaw } from "../support/raw_http.ts";

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

/** Ways to spell `/admin` or something under it, with the statuses that keep it safe. */
const spellings: readonly (readonly [target: string, ...statuses: number[]])[] = [
  ["/admin", 403],
  ["/admin/", 403],
  ["/admin?x", 403],
  ["/admin#x", 403],
  ["/%61dmin", 403],
  ["/%61%64%6D%69%6e", 403],
  ["/%61dmin/%78", 403],
  ["/admin;a=b", 403],
  ["/admin;", 403],
  ["/admin;a=b/users", 403],
  ["/%61dmin;a=b", 403],
  ["/admin%2Fusers", 200],
  ["/admin%2fusers", 200],
  ["/admin%5Cusers", 200],
  ["/admin%3Ba=b", 200],
  ["/%2561dmin", 200],
  ["/%252e%252e/admin", 200],
  ["/ADMIN", 200],
  ["/admin%20", 200],
  ["//admin", 404],
  ["///admin", 404],
  ["//evil.example/admin", 404],
  ["/./admin", 400],
  ["/x/../admin", 400],
  ["/x/%2e%2e/admin", 400],
  ["/x/.%2E/admin", 400],
  ["/%2e/admin", 400],
  ["/x/..;/admin", 400],
  ["/x/..;a=b/admin", 400],
  ["/admin/..", 400],
  ["/x\\..\\admin", 400],
  ["/\\admin", 400],
  ["/admin\\", 400],
  ["/admin%00", 400],
  ["/admin%0d%0a", 400],
  ["/admin%7F", 400],
  ["/admin%", 400],
  ["/admin%6", 400],
  ["/%zzadmin", 400],
  ["/%u0061dmin", 400],
  ["/%c1%a1dmin", 400],
  ["/%e0%81%a1dmin", 400],
  ["/%ffadmin", 400],
  ["/%ed%a0%80admin", 400],
  ["/admin;b", 400],
  ["/admin;=b", 400],
  ["admin", 400],
  ["http://other/admin", 403],
  ["http://other/%61dmin", 403],
  ["http://other//admin", 404],
  ["http://other/x/../admin", 400],
  ["http://user@other/admin", 400],
];

Deno.test("guard and router: however a path is spelled, they agree on it", async (t) => {
  await using server = await serve(guarded, { port: 0, host: "127.0.0.1" });
  for (const [target, ...statuses] of spellings) {
    await t.step(target, async () => {
      const response = await sendRaw(server, rawRequest(`GET ${target} HTTP/1.1`, ["Host: x"]));
      assert.ok(response);
      assert.notEqual(response.body, SECRET);
      assert.ok(statuses.includes(response.status), `${response.status} ${response.body}`);
    });
  }
});

Deno.test("guard and router: they agree in process too", async () => {
  for (const [target] of spellings) {
    if (!target.startsWith("/") || target.startsWith("//")) continue;
    const response = await guarded.fetch(`http://x${target}`);
    assert.notEqual(await response.text(), SECRET, target);
    assert.ok(response.status < 500, target);
  }
});

Deno.test("guard and router: a Host that is rewritten does not move the path", async () => {
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

Deno.test("guard and router: random targets are seen alike by layer, router and handler", async () => {
  const pieces = fc.constantFrom(
    ..."/;=.%:@!$&'()*+,-_~|[]^\\?#\"<>`{}",
    "admin",
    "%61dmin",
    "%2e",
    "%2F",
    "%5c",
    "%25",
    "%3b",
    "%00",
    "%E2%82%AC",
    "\xe2\x82\xac",
    "a",
    "..",
    "//",
  );
  const targets = fc.array(pieces, { maxLength: 10 }).map((list) => `/${list.join("")}`);
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
  let connection = await RawConnection.open(server);
  const ask = async (target: string, host: string): Promise<RawResponse> => {
    const request = rawRequest(`GET ${target} HTTP/1.1`, [`Host: ${host}`]);
    await connection.send(request);
    const response = await connection.read();
    // After a head it cannot read, the server closes the connection.
    if (response !== undefined && response.headers.has("content-length") && response.body !== "") {
      return response;
    }
    connection[Symbol.dispose]();
    connection = await RawConnection.open(server);
    return response ?? { status: 400, head: "", headers: new Headers(), body: "" };
  };
  try {
    await fc.assert(
      fc.asyncProperty(targets, hosts, async (target, host) => {
        const { status, body } = await ask(target, host);
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
  } finally {
    connection[Symbol.dispose]();
  }
});

/** A slash at the end of a path makes no difference. */
function withoutLastEmpty(segments: readonly string[]): readonly string[] {
  return segments.at(-1) === "" ? segments.slice(0, -1) : segments;
}

Deno.test("guard and router: a base path ends at the end of a segment", async () => {
  const api = service({ basePath: "/api" }, [get("/:rest*", () => "api")]);
  const apis = service({ basePath: "/apis" }, [get("/:rest*", () => "apis")]);
  const special = service({ basePath: "/a b" }, [get("/c", () => "special")]);
  await using server = await serve([api, apis, special], { port: 0, host: "127.0.0.1" });
  const table = [
    ["/api", 200, "api"],
    ["/api/", 200, "api"],
    ["/api/x", 200, "api"],
    ["/%61pi/x", 200, "api"],
    ["/api;a=b/x", 200, "api"],
    ["/apis/x", 200, "apis"],
    ["/apix", 404],
    ["/api%2Fx", 404],
    ["/api%5Cx", 404],
    ["/api.", 404],
    ["//api/x", 404],
    ["/API/x", 404],
    ["/a%20b/c", 200, "special"],
    ["/a%20bc", 404],
    ["/apix/../api/x", 400],
  ] as const;
  for (const [target, status, body] of table) {
    const response = await sendRaw(server, rawRequest(`GET ${target} HTTP/1.1`, ["Host: x"]));
    assert.equal(response?.status, status, target);
    if (body !== undefined) assert.equal(response?.body, body, target);
  }
});

Deno.test("guard and router: a request rebuilt by a layer is routed by the path it then has", async () => {
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
