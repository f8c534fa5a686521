import assert from "node:assert/strict";
import {
  Cookie,
  created,
  get,
  noContent,
  ok,
  reply,
  type ReplyHeaders,
  seeOther,
  service,
} from "@pirouette/http";
import { z } from "zod";
import { onBothTransports } from "../support/both_transports.ts";

const session = new Cookie("session", "31d4", { path: "/", httpOnly: true });
const theme = new Cookie("theme", "dark");
const SET = ["session=31d4; Path=/; HttpOnly", "theme=dark"];

Deno.test("replies: cookies are sent, each in a field of its own, over both transports", async () => {
  const site = service({}, [
    get("/ok", () => ok({ body: { a: 1 }, cookies: [session, theme] })),
    get("/empty", () => noContent({ cookies: [session, theme] })),
    get("/see", () => seeOther({ headers: { location: "/ok" }, cookies: [session, theme] })),
    get(
      "/checked",
      { responses: { 201: z.object({ a: z.number() }) } },
      () => created({ body: { a: 1 }, cookies: [session, theme] }),
    ),
    get("/teapot", () => reply(418, { cookies: [session, theme] })),
    get("/none", () => ok({ body: "x", cookies: [] })),
    get(
      "/linked",
      { name: "l", linkedTo: [{ name: "l" }] },
      () => ok({ body: "x", cookies: [session, theme] }),
    ),
  ]);
  await onBothTransports(site, async (ask) => {
    for (const path of ["/ok", "/empty", "/see", "/checked", "/teapot", "/linked"]) {
      const response = await ask(path, { redirect: "manual" });
      assert.deepEqual(response.headers.getSetCookie(), SET, path);
      await response.body?.cancel();
    }
    const none = await ask("/none");
    assert.deepEqual(none.headers.getSetCookie(), []);
    assert.equal(none.headers.get("content-type"), "text/plain;charset=UTF-8");
    assert.equal(await none.text(), "x");
  });
});

const GIVEN: [name: string, headers: ReplyHeaders][] = [
  ["a record", { "x-a": ["1", 2], "set-cookie": "first=1" }],
  ["pairs", [["x-a", "1"], ["x-a", "2"], ["set-cookie", "first=1"]]],
  ["Headers", new Headers([["x-a", "1"], ["x-a", "2"], ["set-cookie", "first=1"]])],
];

for (const [name, headers] of GIVEN) {
  Deno.test(`replies: cookies come behind header fields given as ${name}`, async () => {
    const site = service({}, [get("/", () => ok({ headers, cookies: [theme] }))]);
    const response = await site.fetch("http://localhost/");
    assert.equal(response.headers.get("x-a"), "1, 2");
    assert.deepEqual(response.headers.getSetCookie(), ["first=1", "theme=dark"]);
  });
}

Deno.test("replies: a cookie is removed by its removal", async () => {
  const site = service({}, [get("/", () => noContent({ cookies: [session.removal()] }))]);
  const response = await site.fetch("http://localhost/");
  assert.deepEqual(response.headers.getSetCookie(), [
    "session=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; HttpOnly",
  ]);
});

Deno.test("replies: a cookie that may not be sent is an error and not a field", async () => {
  const bad = new Cookie("a", "b\r\nset-cookie: c=d");
  assert.throws(() => ok({ cookies: [bad] }), { name: "InvalidCookieError" });
  const site = service({}, [get("/", () => ok({ cookies: [bad] }))]);
  const response = await site.fetch("http://localhost/");
  assert.equal(response.status, 500);
  assert.deepEqual(response.headers.getSetCookie(), []);
  await response.body?.cancel();
});
