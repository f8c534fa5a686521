import assert from "node:assert/strict";
import {
  array,
  boolean,
  type Fields,
  get,
  int,
  type Interceptor,
  interceptor,
  named,
  oneOf,
  optional,
  post,
  type Schema,
  type Service,
  service,
  string,
} from "@pirouette/http";
import { type } from "arktype";
import * as v from "valibot";
import { z } from "zod";
import { onBothTransports } from "../support/both_transports.ts";

/** A service whose resource echoes the cookies it binds. */
function echo(cookies: Fields | Schema): Service {
  return service({}, [get("/", { cookies }, ({ cookies }) => cookies as object)]);
}

const account = {
  session: string(),
  theme: optional(oneOf("dark", "light")),
  visits: int({ default: 0 }),
};
const missing = "no cookie value found for";
const unfit = "cookie binding failed for parameter:";

const CASES: [cookies: Fields | Schema, field: string | undefined, expected: unknown][] = [
  [account, "session=31d4", { session: "31d4", visits: 0 }],
  [account, "visits=7; theme=dark; session=31d4; other=1", {
    session: "31d4",
    theme: "dark",
    visits: 7,
  }],
  [account, undefined, `${missing} 'session'`],
  [account, "", `${missing} 'session'`],
  [account, "session=", `${missing} 'session'`],
  [account, "session", `${missing} 'session'`],
  [account, "Session=31d4", `${missing} 'session'`],
  [account, "session=31d4; visits=ten", `${unfit} 'visits': expected int`],
  [account, "session=31d4; theme=", { session: "31d4", visits: 0 }],
  [account, "session=31d4; theme=blue", `${unfit} 'theme': expected `],
  [account, "session=a; session=b", { session: "a", visits: 0 }],
  [{ id: named("__Host-id", int()) }, "id=1; __Host-id=2", { id: 2 }],
  [{ a: string() }, 'a="b c"', { a: '"b c"' }],
  [{ a: string() }, "a=b=c%3b", { a: "b=c%3b" }],
  [{ a: boolean() }, "a=true", { a: true }],
  [{ a: array(int()) }, "a=1; b=0; a=2", { a: [1, 2] }],
  [{ a: array(int(), { separator: "." }) }, "a=1.2; a=3", { a: [1, 2, 3] }],
  [{ a: array(string()) }, "a=", `${missing} 'a'`],
  [{ a: string({ minLength: 3 }) }, "a=xy", "cookie validation failed: "],
  [{ a: z.coerce.number().max(5) }, "a=4", { a: 4 }],
  [{ a: z.coerce.number().max(5) }, "a=6", "cookie validation failed: "],
  [{ a: z.string().optional() }, "b=1", {}],
  [z.object({ a: z.string(), b: z.string().optional() }), "a=1; a=2; c=3", { a: "1" }],
  [z.object({ a: z.array(z.string()) }), "a=1; a=2", { a: ["1", "2"] }],
  [z.object({ a: z.string() }), "b=1", "cookie binding failed: "],
  [z.object({ a: z.string().max(1) }), "a=12", "cookie validation failed: "],
];

for (const [cookies, field, expected] of CASES) {
  const shape = "~standard" in cookies ? "a schema" : Object.keys(cookies).join(", ");
  Deno.test(`cookies: ${shape} of ${JSON.stringify(field)}`, async () => {
    const init = field === undefined ? {} : { headers: { cookie: field } };
    const response = await echo(cookies).fetch("http://localhost/", init);
    if (typeof expected !== "string") {
      assert.equal(response.status, 200);
      return assert.deepEqual(await response.json(), expected);
    }
    assert.equal(response.status, 400);
    const { message } = await response.json();
    assert.ok(message.startsWith(expected), message);
  });
}

Deno.test("security 20: no message repeats the value of a cookie", async () => {
  const schemas: (Fields | Schema)[] = [
    { a: int() },
    { a: oneOf("dark", "light") },
    { a: string({ maxLength: 2 }) },
    { a: array(int()) },
    { a: array(string({ maxLength: 2 })) },
    { a: z.literal("x") },
    { a: z.string().max(2) },
    { a: type("'x' | 'y'") },
    { a: type("string.numeric.parse") },
    { a: v.picklist(["x", "y"]) },
    { a: v.pipe(v.string(), v.maxLength(2)) },
    type({ a: "'x' | 'y'" }),
    type({ a: "string <= 2" }),
    v.object({ a: v.picklist(["x", "y"]) }),
    z.strictObject({ b: z.string() }),
  ];
  for (const cookies of schemas) {
    const headers = { cookie: "a=hunter2" };
    const response = await echo(cookies).fetch("http://localhost/", { headers });
    assert.equal(response.status, 400);
    assert.doesNotMatch(await response.text(), /hunter2/);
  }
});

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;

Deno.test("types: what is declared of cookies is inferred", () => {
  const same = <A, B>(_proof: Equal<A, B>): void => {};
  get("/", { cookies: account }, ({ cookies }) => {
    same<typeof cookies.session, string>(true);
    same<typeof cookies.theme, "dark" | "light" | undefined>(true);
    same<typeof cookies.visits, number>(true);
  });
  get("/", { cookies: z.object({ a: z.string() }) }, ({ cookies }) => {
    same<typeof cookies, { a: string }>(true);
  });
  get("/", ({ cookies }) => same<typeof cookies, ReadonlyMap<string, string>>(true));
  // @ts-expect-error: a cookie is declared by a schema
  get("/", { cookies: { a: "string" } }, () => "");
});

Deno.test("cookies: all of them, where none is declared, over both transports", async () => {
  const site = service({}, [
    get("/", ({ cookies }) => [cookies.get("a"), cookies.get("none") ?? null, cookies.size]),
    get("/same", ({ cookies, request }) => cookies === cookies && request.url !== ""),
    get("/bound", { cookies: { a: string() } }, ({ cookies }) => cookies.a),
  ]);
  await onBothTransports(site, async (ask) => {
    const headers = { cookie: "a=1; b=2; a=3" };
    assert.deepEqual(await (await ask("/", { headers })).json(), ["1", null, 2]);
    assert.deepEqual(await (await ask("/")).json(), [null, null, 0]);
    assert.equal(await (await ask("/same", { headers })).json(), true);
    assert.equal(await (await ask("/bound", { headers })).text(), "1");
    assert.equal((await ask("/bound")).status, 400);
  });
});

Deno.test("cookies: treatNilableAsOptional false asks for the name at least", async () => {
  const cookies = { a: optional(string()) };
  const strict = service({ treatNilableAsOptional: false }, [
    get("/", { cookies }, ({ cookies }) => ({ a: cookies.a ?? null })),
  ]);
  const ask = (cookie: string) => strict.fetch("http://localhost/", { headers: { cookie } });
  assert.equal((await ask("b=1")).status, 400);
  assert.deepEqual(await (await ask("a=")).json(), { a: null });
});

Deno.test("cookies: bound beside everything else, by asynchronous schemas too", async () => {
  const later = z.string().refine((text) => Promise.resolve(text !== "bad"));
  const site = service({}, [
    post("/:id", {
      path: { id: int() },
      query: { q: string() },
      headers: { "x-h": string() },
      cookies: { now: string(), later },
      body: z.object({ n: z.number() }),
    }, ({ path, query, headers, cookies, body }) => [path.id, query.q, headers, cookies, body.n]),
  ]);
  const ask = (cookie: string) =>
    site.fetch("http://localhost/1?q=2", {
      method: "POST",
      headers: { cookie, "x-h": "3", "content-type": "application/json" },
      body: '{"n":4}',
    });
  assert.deepEqual(await (await ask("now=5; later=6")).json(), [
    1,
    "2",
    { "x-h": "3" },
    { now: "5", later: "6" },
    4,
  ]);
  assert.equal((await ask("now=5; later=bad")).status, 400);
  assert.equal((await ask("later=6")).status, 400);
});

Deno.test("cookies: interceptors bind them, and see all of them unbound", async () => {
  const seen: unknown[] = [];
  const bound = interceptor({
    bind: { cookies: { session: string(), later: z.string().refine(() => Promise.resolve(true)) } },
    request({ cookies, context }) {
      seen.push(cookies.session, cookies.later);
      return context.next();
    },
    response({ cookies, context }) {
      seen.push(cookies.get("session"));
      return context.next();
    },
  });
  const plain: Interceptor = {
    request({ cookies, context }) {
      seen.push([...cookies.keys()]);
      return context.next();
    },
  };
  const site = service({ interceptors: [bound, plain] }, [get("/", () => "done")]);
  const ask = (cookie: string) => site.fetch("http://localhost/", { headers: { cookie } });
  assert.equal(await (await ask("session=1; later=2")).text(), "done");
  assert.deepEqual(seen, ["1", "2", ["session", "later"], "1"]);
  const response = await ask("later=2");
  assert.equal(response.status, 400);
  assert.equal((await response.json()).message, `${missing} 'session'`);
});

Deno.test("security 9: declared and undeclared cookies named __proto__ pollute nothing", async () => {
  const fields = { ["__proto__"]: string(), constructor: string() };
  const site = service({}, [
    get("/fields", { cookies: fields }, ({ cookies }) => [
      Object.keys(cookies).sort(),
      cookies["__proto__"] as unknown,
      Object.getPrototypeOf(cookies) === Object.prototype,
    ]),
    get("/whole", { cookies: z.looseObject({ a: z.string() }) }, ({ cookies }) => [
      cookies.a,
      ({} as Record<string, unknown>)["a"] ?? null,
    ]),
    get("/all", ({ cookies }) => cookies.get("__proto__")),
  ]);
  const headers = { cookie: "__proto__=x; constructor=y; a=1" };
  const ask = async (path: string) =>
    await (await site.fetch(`http://localhost${path}`, { headers })).text();
  assert.equal(await ask("/fields"), '[["__proto__","constructor"],"x",true]');
  assert.equal(await ask("/whole"), '["1",null]');
  assert.equal(await ask("/all"), "x");
});
