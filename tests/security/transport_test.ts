/** Row 23, of the transport itself: where redirects may lead, and what goes along. @module */
import assert from "node:assert/strict";
import { RedirectError } from "../../src/layers/redirect_error.ts";
import { transport } from "../../src/client/transport.ts";
import { withFolder } from "../support/temp_folder.ts";

/** A server that redirects to where it is told, and else tells what it was sent. */
function redirecting(): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const to = new URL(request.url).searchParams.get("to");
    if (to !== null) return new Response(null, { status: 307, headers: { location: to } });
    return Response.json(Object.fromEntries(request.headers));
  });
}

Deno.test("security 23: no redirect leads to a file, data or a unix socket", async () => {
  await using server = redirecting();
  const start = `http://127.0.0.1:${server.addr.port}/`;
  using open = transport();
  const bad = ["file:///etc/hosts", "data:text/plain,hi", "blob:null/a", "unix:/run/docker.sock"];
  for (const to of [...bad, "http+unix://%2Frun%2Fdocker.sock/"]) {
    await assert.rejects(
      open.fetch(`${start}?to=${encodeURIComponent(to)}`),
      (error) => {
        assert.ok(error instanceof RedirectError, `${to}: ${error}`);
        return true;
      },
    );
  }
});

Deno.test("security 23: a Host of the caller's and credentials stay with their origin", async () => {
  await using first = redirecting();
  await using second = redirecting();
  const away = `http://127.0.0.1:${second.addr.port}/there`;
  const home = `http://127.0.0.1:${first.addr.port}/home`;
  using open = transport();
  const headers = { host: "mock.com", authorization: "Bearer secret", "x-key": "secret" };
  const go = async (...places: string[]): Promise<Record<string, string>> => {
    const path = places.reduceRight(
      (to, place) => to === "" ? place : `${place}?to=${encodeURIComponent(to)}`,
      "",
    );
    const response = await open.fetch(path, { headers });
    assert.equal(response.url, places.at(-1));
    return await response.json();
  };
  const same = await go(home, home);
  assert.equal(same.host, "mock.com");
  assert.equal(same.authorization, "Bearer secret");
  const [there, back] = [await go(home, away), await go(home, away, home)];
  assert.equal(there.host, new URL(away).host);
  assert.equal(back.host, new URL(home).host);
  for (const fields of [there, back]) assert.doesNotMatch(JSON.stringify(fields), /secret|mock/);
});

Deno.test({
  name: "security 23: what is for a unix socket goes nowhere else, whatever NO_PROXY says",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolder({}, async (folder) => {
      const path = `${folder}/api.sock`;
      await using _inside = Deno.serve({ path, onListen: () => {} }, () => new Response("inside"));
      await using outside = redirecting();
      const program = `
        import { transport } from ${
        JSON.stringify(new URL("../../src/client/transport.ts", import.meta.url).href)
      };
        using open = transport({ unixSocket: ${JSON.stringify(path)} });
        for (const host of ["localhost", "127.0.0.1", "a.example"]) {
          console.log(await (await open.fetch("http://" + host + ":${outside.addr.port}/")).text());
        }`;
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["eval", "--no-lock", program],
        env: {
          NO_PROXY: "localhost,127.0.0.1,.example,*",
          no_proxy: "localhost,127.0.0.1,.example",
        },
        cwd: new URL("../../", import.meta.url),
        stdin: "null",
      }).output();
      const decoder = new TextDecoder();
      assert.equal(decoder.decode(stdout), "inside\n".repeat(3), decoder.decode(stderr));
    }),
});
