import assert from "node:assert/strict";
import type { Fetch } from "../../src/message/fetch.ts";
import { Cookie } from "../../src/message/cookie.ts";
import { cookies, type CookiesOptions } from "../../src/layers/cookies.ts";
import { CookieStore } from "../../src/layers/cookie_store.ts";

/** Sets the cookies that the query names, and answers with those it got. */
const echo: Fetch = (input, init) => {
  const request = new Request(input, init);
  const response = new Response(request.headers.get("cookie") ?? "none");
  for (const field of new URL(request.url).searchParams.getAll("set")) {
    response.headers.append("set-cookie", field);
  }
  return Promise.resolve(response);
};

const textOf = async (response: Promise<Response>) => await (await response).text();

Deno.test("cookies: what a response sets goes with the next request", async () => {
  const browse = cookies()(echo);
  assert.equal(await textOf(browse("https://x.com/?set=a%3D1&set=b%3D2%3B+path%3D/y")), "none");
  assert.equal(await textOf(browse("https://x.com/y/z")), "b=2; a=1");
  assert.equal(await textOf(browse("https://y.com/")), "none");
});

Deno.test("cookies: a cookie that the request names wins, and the request stays as it was", async () => {
  const store = new CookieStore();
  const url = "https://x.com/";
  await store.addCookies([new Cookie("a", "stored"), new Cookie("b", "stored")], url);
  const browse = cookies({ store })(echo);
  const request = new Request(url, { headers: { cookie: "a=own; c=own" } });
  assert.equal(await textOf(browse(request)), "a=own; c=own; b=stored");
  assert.equal(request.headers.get("cookie"), "a=own; c=own");
  const own = new Request(url, { headers: { cookie: "a=own; b=own" } });
  assert.equal(await textOf(browse(own)), "a=own; b=own");
  const plain = new Request(url, { method: "POST", body: "text" });
  assert.equal(await textOf(browse(plain)), "a=stored; b=stored");
  assert.equal(plain.headers.has("cookie"), false);
  assert.equal(await textOf(browse(url, { headers: { cookie: "" } })), "a=stored; b=stored");
});

Deno.test("cookies: the body of a request goes on with it", async () => {
  const store = new CookieStore();
  await store.addCookie(new Cookie("a", "1"), "https://x.com/");
  const body = cookies({ store })(async (input, init) =>
    new Response(await new Request(input, init).text())
  );
  const request = new Request("https://x.com/", { method: "POST", body: "text" });
  assert.equal(await textOf(body(request)), "text");
});

Deno.test("cookies: a request without cookies to send is passed on as it is", async () => {
  let passed: unknown;
  const browse = cookies()((input) => {
    passed = input;
    return Promise.resolve(new Response());
  });
  const request = new Request("https://x.com/");
  await browse(request);
  assert.equal(passed, request);
});

Deno.test("cookies: no Request is built where the caller built none", async () => {
  const store = new CookieStore();
  await store.addCookie(new Cookie("a", "1"), "https://x.com/");
  const passed: unknown[][] = [];
  const browse = cookies({ store })((...call) => {
    passed.push(call);
    return Promise.resolve(new Response(null, { headers: { "set-cookie": "b=2" } }));
  });
  const init = { method: "POST", body: "text", headers: { "x-a": "1" } };
  await browse("https://y.com/", init);
  await browse(new URL("https://x.com/p"), init);
  const [elsewhere, here] = passed;
  assert.deepEqual(elsewhere, ["https://y.com/", init]);
  const [url, sent] = here as [URL, RequestInit];
  assert.equal(String(url), "https://x.com/p");
  assert.deepEqual([sent.method, sent.body], ["POST", "text"]);
  assert.deepEqual([...sent.headers as Headers], [["cookie", "a=1"], ["x-a", "1"]]);
  assert.deepEqual(init.headers, { "x-a": "1" });
});

Deno.test("cookies: a relative address gets none, and is known by the response's", async () => {
  const store = new CookieStore();
  const errors: unknown[] = [];
  let url = "";
  const browse = cookies({ store, onError: (error) => errors.push(error) })(() => {
    const response = new Response(null, { headers: { "set-cookie": "a=1" } });
    Object.defineProperty(response, "url", { value: url });
    return Promise.resolve(response);
  });
  url = "https://x.com/albums";
  await browse("/albums");
  url = "";
  assert.equal((await browse("/albums")).headers.getSetCookie().length, 1);
  assert.deepEqual((await store.getAllCookies()).map(({ domain }) => domain), ["x.com"]);
  assert.deepEqual(errors, []);
});

Deno.test("cookies: a store that fails is told of, and the exchange goes on", async () => {
  const errors: unknown[] = [];
  const fail = () => {
    throw new Error("disk full");
  };
  const store = new CookieStore({
    persistentCookieHandler: {
      storeCookie: fail,
      getAllCookies: fail,
      removeCookie: fail,
      removeAllCookies: fail,
    },
  });
  const browse = cookies({ store, onError: (error) => errors.push(error) })(echo);
  assert.equal(await textOf(browse("https://x.com/?set=a%3D1")), "none");
  assert.equal(errors.length, 2);
});

Deno.test("cookies: whoever is told of a failing store gets the request, without its body", async () => {
  const told: [string, string, boolean][] = [];
  const store = new CookieStore({
    persistentCookieHandler: {
      storeCookie() {},
      getAllCookies: () => Promise.reject(new Error("disk full")),
      removeCookie() {},
      removeAllCookies() {},
    },
  });
  const onError = (_error: unknown, { method, url, body }: Request): void => {
    told.push([method, url, body === null]);
  };
  const body = new Blob(["streamed"]).stream();
  const response = cookies({ store, onError })(async (input, init) =>
    new Response(await new Request(input, init).text())
  )("https://x.com/", { method: "POST", body });
  assert.equal(await textOf(response), "streamed");
  assert.deepEqual(told, [["POST", "https://x.com/", true]]);
});

Deno.test("cookies: odd Set-Cookie fields are passed over, and the response is untouched", async () => {
  const store = new CookieStore();
  const browse = cookies({ store })(echo);
  const response = await browse("https://x.com/?set=&set=%3D&set=nameless&set=%3Bx&set=a%3D1");
  assert.equal(response.headers.getSetCookie().length, 5);
  assert.deepEqual((await store.getAllCookies()).map(({ name }) => name), ["a"]);
});

Deno.test("cookies: a page of another site, as site tells", async () => {
  const store = new CookieStore();
  const url = "https://x.com/";
  await store.addCookie(new Cookie("lax", "1", { sameSite: "lax" }), url);
  await store.addCookie(new Cookie("none", "1", { sameSite: "none", secure: true }), url);
  const from = (site: string) => textOf(cookies({ store, site: () => site })(echo)(url));
  assert.equal(await from("https://www.x.com/"), "lax=1; none=1");
  assert.equal(await from("https://y.com/"), "none=1");
});

Deno.test("cookies: an unknown option is refused", () => {
  assert.throws(() => cookies({ jar: 1 } as CookiesOptions), /cookies has no option "jar"/);
});

Deno.test("cookies: over a socket, and as of the address that answered after a redirect", async () => {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/from") {
      return new Response(null, { status: 302, headers: { location: "/to/page" } });
    }
    const headers = new Headers([["set-cookie", "a=1"], ["set-cookie", "b=2; HttpOnly; Path=/"]]);
    return new Response(request.headers.get("cookie") ?? "none", { headers });
  });
  const base = `http://127.0.0.1:${server.addr.port}`;
  const store = new CookieStore();
  const browse = cookies({ store })(fetch);
  assert.equal(await textOf(browse(`${base}/from`)), "none");
  assert.deepEqual((await store.getCookiesByName("a")).map(({ path }) => path), ["/to"]);
  assert.equal(await textOf(browse(`${base}/to/other`)), "a=1; b=2");
  assert.equal(await textOf(browse(`${base}/elsewhere`)), "b=2");
  await server.shutdown();
});
