/**
 * SECURITY.md row 23, of a whole client: its default header fields and those of a call, its cookies and
 * its limits, on a way through two origins and back.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Client, type ClientConfiguration, Cookie, CookieStore, json } from "@pirouette/http";
import { VirtualClock } from "@pirouette/http/testing";
import { go, type Reached, startOrigins } from "../support/redirecting_service.ts";

/** What reaches the end of a way. */
async function reached(api: Client, path: string, headers = {}): Promise<Reached> {
  return await api.get(path, { as: json(), headers }) as Reached;
}

Deno.test("security 23: fields of a client and of its calls stay with its origin, for good", async () => {
  await using origins = await startOrigins();
  const { near, far } = origins;
  const own = { authorization: "Bearer s3cret", "x-tenant": "s3cret" };
  const api = new Client(near, { headers: own, followRedirects: true, origins: [far] });
  const call = { "x-api-key": "s3cret", cookie: "a=s3cret" };
  const same = await reached(api, go("/end"), call);
  for (const [name, value] of Object.entries({ ...own, ...call })) {
    assert.equal(same.headers[name], value);
  }
  const other = far.replace("127.0.0.1", "localhost");
  const ways = [
    go(`${far}/end`),
    go(`${far}${go(`${near}/end`)}`),
    go(`${other}${go(`${near}${go("/end")}`)}`),
    go(`${far}/end`, 307),
  ];
  for (const way of ways) {
    assert.doesNotMatch(JSON.stringify(await reached(api, way, call)), /s3cret/, way);
  }
  // What another origin is asked for from the start may lead home: nothing joins it there.
  const back = await reached(api, far + go(`${near}/end`));
  assert.doesNotMatch(JSON.stringify(back), /s3cret/);
});

Deno.test("security 23: stored cookies go to their own host on each part of the way", async () => {
  await using origins = await startOrigins();
  const near = origins.near;
  const far = origins.far.replace("127.0.0.1", "localhost");
  const store = new CookieStore();
  await store.addCookie(new Cookie("near", "1", { path: "/" }), near);
  await store.addCookie(new Cookie("far", "2", { path: "/" }), far);
  const api = new Client(near, { cookies: store, followRedirects: true });
  assert.equal((await reached(api, go(`${far}/end`))).headers["cookie"], "far=2");
  assert.equal((await reached(api, go(`${far}${go(`${near}/end`)}`))).headers["cookie"], "near=1");
});

Deno.test("security 23: limits on responses hold behind redirects", async () => {
  await using origins = await startOrigins();
  const config: ClientConfiguration = {
    followRedirects: true,
    responseLimits: { maxEntityBodySize: 200_000 },
  };
  const api = new Client(origins.near, config);
  for (const to of ["/end", `${origins.far}/end`]) {
    const path = go(to, 307);
    await api.post(path, "x".repeat(1_000), { as: json() });
    await assert.rejects(api.post(path, "x".repeat(300_000), { as: json() }), {
      name: "ReadingInboundResponseBodyError",
      message: /^Response max entity body size exceeds/,
    });
  }
});

Deno.test("security 23: the time of a call is not that of each of its requests", async () => {
  for (const limit of ["headers", "total"] as const) {
    const clock = new VirtualClock();
    let hops = 0;
    const api = new Client("http://api.example", {
      fetch: () =>
        new Promise((resolve) => {
          hops++;
          const headers = { location: "/again" };
          const moved = new Response(null, { status: 302, headers });
          clock.setTimer(() => resolve(moved), 400);
        }),
      followRedirects: { maxCount: 100 },
      timeout: { [limit]: 1_000, clock },
    });
    const call = assert.rejects(api.get("/"), { name: "IdleTimeoutError" });
    for (let step = 0; step < 5; step++) await clock.advance(200);
    await call;
    assert.equal(hops, 3);
  }
});
