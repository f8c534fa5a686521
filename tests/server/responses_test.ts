/**
 * Declared responses: what a handler sends is checked before it goes out, and nothing more than was
 * declared does.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  BadRequestError,
  conflict,
  created,
  get,
  InitializingOutboundResponseError,
  ok,
  post,
  type Resource,
  service,
  type ServiceConfig,
  string,
} from "@pirouette/http";
import { type } from "arktype";
import * as v from "valibot";
import { z } from "zod";
import { onBothTransports } from "../support/both_transports.ts";

const Album = z.object({ id: z.string(), price: z.number().positive() });
type Album = z.infer<typeof Album>;

/** As much as a database would give, whatever the types say. */
function stored(fields: object): Album {
  return { id: "1", price: 5, ...fields };
}

/** The answer of one resource to GET, and what onError was told. */
async function answer(
  one: Resource,
  config: ServiceConfig = {},
): Promise<{ status: number; body: string; told: unknown[] }> {
  const told: unknown[] = [];
  const single = service({ onError: (error) => told.push(error), ...config }, [one]);
  const response = await single.fetch("http://localhost/", { method: one.method });
  return { status: response.status, body: await response.text(), told };
}

Deno.test("responses: a body is what is declared, and loses what is not", async () => {
  const secret = stored({ secret: "s3cret" });
  const table: readonly (readonly [Resource, number])[] = [
    [get("/", { responses: { 200: Album } }, () => secret), 200],
    [get("/", { responses: { 200: Album } }, () => Promise.resolve(secret)), 200],
    [get("/", { responses: { 200: Album } }, () => ok({ body: secret })), 200],
    [post("/", { responses: { 201: Album } }, () => secret), 201],
    [post("/", { responses: { 201: Album } }, () => created({ body: secret })), 201],
    [post("/", { responses: { 409: Album } }, () => conflict({ body: secret })), 409],
  ];
  for (const [one, expected] of table) {
    const { status, body, told } = await answer(one);
    assert.deepEqual([status, body], [expected, '{"id":"1","price":5}']);
    assert.deepEqual(told, []);
  }
});

Deno.test("responses: a reply keeps its fields and media type", async () => {
  const kept = service({}, [
    get(
      "/",
      { responses: { 200: Album } },
      () => ok({ body: stored({}), headers: { "x-a": "1" }, mediaType: "application/album+json" }),
    ),
  ]);
  await onBothTransports(kept, async (ask) => {
    const { headers, body } = await ask("/");
    await body?.cancel();
    assert.equal(headers.get("x-a"), "1");
    assert.equal(headers.get("content-type"), "application/album+json");
  });
});

Deno.test("responses: a body that is not what is declared is a 500 that does not say why", async () => {
  const wrong = stored({ price: -5, owner: "s3cret" });
  const resources: readonly Resource[] = [
    get("/", { responses: { 200: Album } }, () => wrong),
    get("/", { responses: { 200: Album } }, () => Promise.resolve(wrong)),
    get("/", { responses: { 409: Album } }, () => conflict({ body: wrong })),
    get("/", { responses: { 200: z.strictObject(Album.shape) } }, () => stored({ s3cret: 1 })),
    get("/", { responses: { 200: z.array(Album) } }, () => [stored({}), wrong]),
  ];
  for (const one of resources) {
    const { status, body, told } = await answer(one);
    assert.equal(status, 500);
    assert.doesNotMatch(body, /price|s3cret|positive|owner/);
    assert.equal(JSON.parse(body).status, 500);
    const [error] = told;
    assert.equal(told.length, 1);
    assert.ok(error instanceof InitializingOutboundResponseError);
    assert.match(String(error.cause), /\$.*(?:price|s3cret)/);
  }
});

Deno.test("responses: validation: false sends what is returned", async () => {
  const wrong = stored({ price: -5, extra: true });
  const one = get("/", { responses: { 200: Album } }, () => wrong);
  const { status, body, told } = await answer(one, { validation: false });
  assert.deepEqual([status, body], [200, '{"id":"1","price":-5,"extra":true}']);
  assert.deepEqual(told, []);
});

Deno.test("responses: what is not declared, errors and a Response are not checked", async () => {
  const responses = { 200: Album };
  const table: readonly (readonly [Resource, number, RegExp])[] = [
    [get("/", { responses }, () => new Response("mine")), 200, /^mine$/],
    [get("/", { responses }, () => new BadRequestError("no")), 400, /"message":"no"/],
    [get("/", { responses }, () => conflict({ body: "undeclared" }) as never), 409, /^undeclared$/],
  ];
  for (const [one, expected, pattern] of table) {
    const { status, body } = await answer(one);
    assert.equal(status, expected);
    assert.match(body, pattern);
  }
});

Deno.test("responses: the schemas of any library, also those that have to be waited for", async () => {
  const schemas = {
    zod: Album,
    "zod, asynchronous": Album.refine(async ({ price }) => await Promise.resolve(price < 100)),
    valibot: v.object({ id: v.string(), price: v.pipe(v.number(), v.minValue(0)) }),
    "valibot, asynchronous": v.pipeAsync(
      v.object({ id: v.string(), price: v.number() }),
      v.checkAsync(async ({ price }) => await Promise.resolve(price >= 0 && price < 100)),
    ),
    arktype: type({ id: "string", price: "number > 0" }),
  };
  for (const [name, schema] of Object.entries(schemas)) {
    const good = await answer(get("/", { responses: { 200: schema } }, () => stored({})));
    assert.deepEqual([good.status, good.body], [200, '{"id":"1","price":5}'], name);
    const price = name.endsWith("asynchronous") ? 500 : -1;
    const bad = await answer(get("/", { responses: { 200: schema } }, () => stored({ price })));
    assert.deepEqual([bad.status, bad.told.length], [500, 1], name);
  }
});

Deno.test("responses: what the schema yields is what is sent", async () => {
  const shouting = string({ minLength: 1 });
  const coded = z.string().transform((text) => ({ text }));
  const texts = await answer(get("/", { responses: { 200: shouting } }, () => "a"));
  assert.deepEqual([texts.status, texts.body], [200, "a"]);
  const empty = await answer(get("/", { responses: { 200: shouting } }, () => ""));
  assert.equal(empty.status, 500);
  const made = await answer(get("/", { responses: { 200: coded } }, () => "a" as never));
  assert.deepEqual([made.status, made.body], [200, '{"text":"a"}']);
});
