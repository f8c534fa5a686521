/**
 * SECURITY.md row 3: a `Host` header field cannot steer a request past a guard, nor to a service
 * of another host, and one that is malformed is refused.
 *
 * @module
 */
import assert from "node:assert/strict";
import { asRequest, get, type Layer, ok, serve, service } from "@pirouette/http";
import { overTransports } from "../support/over_transports.ts";
import { rawRequest, type RawResponse, sendRaw } from "../support/raw_http.ts";

const SECRET = "the secret";

const guard: Layer = (next) => async (input, init) => {
  const { pathname } = new URL(asRequest(input, init).url);
  return /^\/admin(?:\/|$)/.test(pathname)
    ? new Response(null, { status: 403 })
    : await next(input, init);
};

const guarded = service({ layers: [guard] }, [
  get("/admin", () => SECRET),
  get("/admin/:rest+", () => SECRET),
  get("/:rest*", ({ request }) => ok({ body: { seen: new URL(request.url).pathname } })),
]);

async function ask(
  server: { readonly port: number },
  hosts: readonly string[],
  target = "/open",
): Promise<RawResponse | undefined> {
  const fields = hosts.map((host) => `Host: ${host}`);
  return await sendRaw(server, rawRequest(`GET ${target} HTTP/1.1`, fields));
}

overTransports("security 3: host header: malformed ones are refused", async (listening) => {
  await using server = await serve(guarded, listening);
  const hosts = ["x?", "x?/admin", "x#", "x#/admin", "user@x", "user:pass@x", "x\\admin", "x y"];
  for (
    const host of [
      ...hosts,
      "<x>",
      "x\ty",
      '"x"',
      "{x}",
      "x|y",
      "x^y",
      "`x`",
      "x\0y",
      "x\x7fy",
      // Of these no URL object can be made: `new URL(request.url)` in a handler would throw.
      ":80",
      "x:99999",
      "x:y",
      "[::1",
      "[x]",
      "%",
      "x%zz",
      "x%2fadmin",
      "x%00",
      "1.2.3.4.5",
      "1.2.3.256",
    ]
  ) {
    const response = await ask(server, [host]);
    assert.equal(response?.status, 400, host);
  }
});

overTransports(
  "security 3: host header: two of them are refused, even alike",
  async (listening) => {
    await using server = await serve(guarded, listening);
    for (const hosts of [["x", "y"], ["x", "x"], ["x", ""]]) {
      assert.equal((await ask(server, hosts))?.status, 400, hosts.join());
    }
  },
);

overTransports(
  "security 3: host header: without one it is refused, or the path is what was sent",
  async (listening) => {
    await using server = await serve(guarded, listening);
    for (const hosts of [[], [""]]) {
      const open = await ask(server, hosts);
      if (listening.transport === "node") {
        // As RFC 9112 section 3.2 has it; `Deno.serve` does not tell whether there was one.
        assert.equal(open?.status, 400);
        continue;
      }
      assert.equal(open?.status, 200);
      assert.deepEqual(JSON.parse(open.body), { seen: "/open" });
      assert.equal((await ask(server, hosts, "/admin"))?.status, 403);
      assert.equal((await ask(server, hosts, "/%61dmin"))?.status, 403);
    }
  },
);

overTransports("security 3: host header: odd ones leave the path alone", async (listening) => {
  await using server = await serve(guarded, listening);
  for (const host of ["X", "x:80", "x:", "x:0", "x.", "[::1]", "1.1", "0x7f.1", "x%41", "a,b"]) {
    assert.equal((await ask(server, [host], "/admin"))?.status, 403, host);
    assert.equal((await ask(server, [host], "/%61dmin"))?.status, 403, host);
    const open = await ask(server, [host], "/ope%6e");
    assert.equal(open?.status, 200, host);
    assert.deepEqual(JSON.parse(open.body), { seen: "/open" }, host);
  }
});

overTransports(
  "security 3: host header: with a path in it, guard and router still agree",
  async (listening) => {
    await using server = await serve(guarded, listening);
    for (
      const host of ["x/admin", "x/admin/", "x/admin?", "x/admin#", "x/", "x//admin", "/admin"]
    ) {
      for (const target of ["/", "/open", "/../admin", "/%61dmin"]) {
        const response = await ask(server, [host], target);
        assert.ok(response !== undefined && response.status < 500, `${host} ${target}`);
        assert.notEqual(response.body, SECRET, `${host} ${target}`);
      }
    }
  },
);

overTransports(
  "security 3: host header: only a service's own host reaches it",
  async (listening) => {
    const own = service({ host: "own.example" }, [get("/", () => "own")]);
    const other = service({}, [get("/", () => "other")]);
    await using server = await serve([own, other], listening);
    const table = [
      ["own.example", "own"],
      ["OWN.example", "own"],
      ["own.example:80", "own"],
      ["own.example:9090", "own"],
      ["x.own.example", "other"],
      ["own.example.x", "other"],
      ["own.exampl", "other"],
      ["x,own.example", "other"],
    ] as const;
    for (const [host, body] of table) {
      const response = await ask(server, [host], "/");
      assert.equal(response?.status, 200, host);
      assert.equal(response.body, body, host);
    }
    // The authority of an absolute target goes before Host (RFC 9112 section 3.2.2).
    const absolute = await ask(server, ["other.example"], "http://own.example/");
    assert.equal(absolute?.body, "own");
    const reverse = await ask(server, ["own.example"], "http://other.example/");
    assert.equal(reverse?.body, "other");
  },
);
