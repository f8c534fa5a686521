// SECURITY.md row 16, for calls that share an answer: nobody gets one for somebody else.
import assert from "node:assert/strict";
import { stack } from "@pirouette/http";
import { coalesce } from "../../src/layers/coalesce.ts";
import { heldFetch } from "../layers/bulkhead_support.ts";

const url = "http://a.example/account";

Deno.test("security 16: callers with other credentials never share an answer", async () => {
  const callers: RequestInit[] = [
    {},
    { headers: { authorization: "Bearer a" } },
    { headers: { AUTHORIZATION: "Bearer b" } },
    { headers: [["cookie", "session=a"]] },
    { headers: new Headers({ cookie: "session=b" }) },
    { headers: { "x-api-key": "a" } },
    { headers: { "x-user": "a\tx-api-key:a" } },
    { credentials: "omit" },
  ];
  const { fetch, calls } = heldFetch();
  const asked = stack(fetch, coalesce());
  const answers = callers.map((init) => asked(url, init));
  assert.equal(calls.length, callers.length);
  for (const [at, call] of calls.entries()) call.answer(new Response(`${at}`));
  for (const [at, answer] of answers.entries()) {
    assert.equal(await (await answer).text(), `${at}`);
  }
});

Deno.test("security 16: a session that an answer begins is one caller's", async () => {
  const { fetch, calls } = heldFetch();
  const asked = stack(fetch, coalesce());
  const answers = [asked(url), asked(url), asked(url)];
  for (let at = 0; at < 3; at++) {
    calls[at]?.answer(new Response("", { headers: { "set-cookie": `session=${at}` } }));
    await (await answers[at]!).text();
  }
  const cookies = (await Promise.all(answers)).map(({ headers }) => headers.get("set-cookie"));
  assert.deepEqual(cookies, ["session=0", "session=1", "session=2"]);
});

Deno.test("security 16: what one caller does to its answer no other one sees", async () => {
  const { fetch, calls } = heldFetch();
  const asked = stack(fetch, coalesce());
  const answers = [asked(url), asked(url)];
  calls[0]?.answer(new Response("secret"));
  const [one, other] = await Promise.all(answers);
  one!.headers.set("x-injected", "1");
  const reader = one!.body!.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) read.value.fill(0);
  assert.equal(other!.headers.get("x-injected"), null);
  assert.equal(await other!.text(), "secret");
});
