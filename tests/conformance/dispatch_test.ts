/** The dispatch table: which service and which resource a request reaches (spec 2.3.3, 3). */
import assert from "node:assert/strict";
import {
  any,
  array,
  boolean,
  type Call,
  decimal,
  float,
  GenericListenerError,
  get,
  int,
  Listener,
  oneOf,
  post,
  put,
  resource,
  serve,
  service,
} from "@pirouette/http";
import { rawRequest, sendRaw } from "../support/raw_http.ts";
import { ask, expectAnswer, expectError, expectPayload } from "./ask.ts";
import { conformance } from "./cases.ts";

const local = { port: 0, host: "127.0.0.1" };

/** Sends a target that a client would tidy, over a socket. */
async function sendTarget(server: { port: number }, target: string, host = "localhost") {
  const response = await sendRaw(server, rawRequest(`GET ${target} HTTP/1.1`, [`Host: ${host}`]));
  assert.ok(response !== undefined, target);
  return response;
}

const hello = service({ basePath: "/hello" }, [
  get("/echo2", () => "hello echo2"),
  post("/so2", () => "so2"),
  get("/echo2/:abc", ({ path }) => path.abc),
]);

const helloWorld = service({ basePath: "/hello/world" }, [
  get("/echo2", ({ query }) => `world echo2 ${query.get("regid")}`),
  get("/echo2/:s+", ({ path }) => ({ rest: path.s })),
  get("/echo2/foo/bar", () => "echo2/foo/bar"),
]);

const wildcard = service({ basePath: "/wildcard" }, [
  any("/Go", () => "Go"),
  any("/go/:x/:y", ({ path }) => `${path.x} ${path.y}`),
  post("/:id", ({ path }) => ({ id: path.id })),
  any("/:w*", ({ path }) => ({ w: path.w })),
]);

const restParam = service({ basePath: "/restParam" }, [
  get("/int/:aaa+", { path: { aaa: array(int()) } }, ({ path }) => path.aaa),
  get("/float/:aaa+", { path: { aaa: array(float()) } }, ({ path }) => path.aaa),
  get("/boolean/:aaa+", { path: { aaa: array(boolean()) } }, ({ path }) => path.aaa),
  get("/decimal/:aaa+", { path: { aaa: array(decimal()) } }, ({ path }) => path.aaa),
  get("/string/:aaa+", ({ path }) => path.aaa),
  get("/enum/:aaa+", { path: { aaa: array(oneOf("RED", "BLUE")) } }, ({ path }) => path.aaa),
  get("/int32/:aaa+", { path: { aaa: array(int({ min: -(2 ** 31), max: 2 ** 31 - 1 })) } }, (
    { path },
  ) => path.aaa),
]);

conformance("dispatch", {
  "longest service base path wins": async () => {
    for (const services of [[hello, helloWorld], [helloWorld, hello]]) {
      await using server = await serve(services, local);
      await expectAnswer(server, "GET /hello/world/echo2?regid=abc", "world echo2 abc");
      await expectAnswer(server, "GET /hello/echo2", "hello echo2");
      // A base path ends where a segment does, and what it takes it does not give back.
      await expectAnswer(server, "GET /hello/echo2/worldly", "worldly");
      await expectError(server, "GET /hello/world/so2", 404, "no matching resource found for path");
      await expectError(server, "GET /helloworld/echo2", 404, "no matching service found for path");
    }
  },

  "405 on known path with other accessor (GET on POST)": async () => {
    await expectError(hello, "GET /hello/so2", 405, "Method not allowed");
    const refused = await ask(hello, "GET /hello/so2");
    assert.equal(refused.headers.get("allow"), "POST, OPTIONS");
    await expectError(hello, "GET /hello/so2/", 405, "Method not allowed");
    await expectAnswer(hello, "POST /hello/so2", "so2", { status: 201 });
  },

  "405 on known path with other accessor (POST on GET)": async () => {
    await expectError(hello, "POST /hello/echo2", 405, "Method not allowed");
    await expectError(hello, "DELETE /hello/echo2", 405, "Method not allowed");
    await expectError(hello, "MOVE /hello/echo2", 405, "Method not allowed");
    await expectAnswer(hello, "HEAD /hello/echo2", "");
  },

  "rest param does not match zero segments below a literal": async () => {
    const echo55 = service({ basePath: "/echo55" }, [
      any("/:s*", ({ path }) => ({ rest: path.s })),
      any("/foo/bar", () => "foo/bar"),
      any("/foo/:s+", ({ path }) => ({ foo: path.s })),
    ]);
    await expectAnswer(echo55, "GET /echo55/foo", { rest: ["foo"] });
    await expectAnswer(echo55, "GET /echo55/foo/", { rest: ["foo"] });
    await expectAnswer(echo55, "GET /echo55/foo/abc", { foo: ["abc"] });
    await expectAnswer(echo55, "POST /echo55/foo/abc/d", { foo: ["abc", "d"] }, { status: 200 });
    await expectAnswer(echo55, "GET /echo55/foo/bar", "foo/bar");
    await expectAnswer(echo55, "GET /echo55/foo/bar/", "foo/bar");
    await expectAnswer(echo55, "GET /echo55/foobar", { rest: ["foobar"] });
    await expectAnswer(echo55, "GET /echo55", { rest: [] });
    await expectAnswer(echo55, "GET /echo55/", { rest: [] });
  },

  "virtual host routing": async () => {
    const named = (host: string, answer: string, basePath = "/page") =>
      service({ host, basePath }, [get("/index", () => answer)]);
    const page = service({ basePath: "/page" }, [get("/index", () => "default")]);
    const services = [
      page,
      named("abc.com", "abc"),
      named("xyz.com:8080", "xyz"),
      named("deep.com", "deep", "/page/index"),
    ];
    await using server = await serve(services, local);
    const answer = async (host: string) => {
      const { status, body } = await sendTarget(server, "/page/index", host);
      return status === 200 ? body : status;
    };
    assert.equal(await answer("abc.com"), "abc");
    assert.equal(await answer("ABC.com"), "abc");
    assert.equal(await answer("abc.com:9090"), "abc");
    assert.equal(await answer("xyz.com:8080"), "xyz");
    assert.equal(await answer("xyz.com"), "default");
    assert.equal(await answer("other.com"), "default");
    assert.equal(await answer("evil.com@abc.com"), 400);
    // A host that has services is not served by those of all the others.
    assert.equal(await answer("deep.com"), 404);
    const missing = await sendTarget(server, "/elsewhere", "abc.com");
    expectPayload(JSON.parse(missing.body), {
      status: 404,
      message: "no matching service found for path: /elsewhere",
      path: "/elsewhere",
      method: "GET",
    });
  },

  "path literals are case sensitive": async () => {
    await expectAnswer(wildcard, "POST /wildcard/Go", "Go");
    await expectAnswer(wildcard, "POST /wildcard/go/1/2", "1 2");
    await expectAnswer(wildcard, "GET /wildcard/Go/1/2", { w: ["Go", "1", "2"] });
    await expectAnswer(wildcard, "GET /wildcard/go", { w: ["go"] });
    await expectError(wildcard, "GET /Wildcard/Go", 404, "no matching service found for path");
  },

  "percent-encoded UTF-8 literal": async () => {
    const words = ["සිංහල", "தமிழ்", "日本語", "été", "😀"];
    const many = service(
      { basePath: "/é" },
      words.map((word) => get(`/${word}/end`, () => word)),
    );
    await using server = await serve(many, local);
    for (const word of words) {
      await expectAnswer(server, `GET /%C3%A9/${encodeURIComponent(word)}/end`, word);
      const lower = encodeURIComponent(word).toLowerCase();
      await expectAnswer(many, `GET /%c3%a9/${lower}/end`, word);
      await expectAnswer(many, `GET /é/${word}/end`, word);
    }
  },

  "different param names at the same position coexist": async () => {
    const uri = service({}, [
      get("/path/:id", ({ path }) => ({ id: path.id })),
      get("/path/:note/aa/:id", ({ path }) => ({ note: path.note, id: path.id })),
      get("/:aaa/go/:bbb", ({ path }) => ({ aaa: path.aaa, bbb: path.bbb })),
      get("/:bbb/go/:aaa/:ccc", ({ path }) => ({ bbb: path.bbb, aaa: path.aaa, ccc: path.ccc })),
      post("/:zzz/go/:yyy", ({ path }) => ({ zzz: path.zzz, yyy: path.yyy })),
    ]);
    await expectAnswer(uri, "GET /foo/go/bar/cc", { bbb: "foo", aaa: "bar", ccc: "cc" });
    await expectAnswer(uri, "GET /foo/go/bar", { aaa: "foo", bbb: "bar" });
    await expectAnswer(uri, "POST /foo/go/bar", { zzz: "foo", yyy: "bar" }, { status: 201 });
    await expectAnswer(uri, "GET /path/1", { id: "1" });
    await expectAnswer(uri, "GET /path/n/aa/1", { note: "n", id: "1" });
    await expectAnswer(uri, "GET /path/go/1", { aaa: "path", bbb: "1" });
  },

  "literal containing a slash only matches %2F": async () => {
    const slashed = service({ basePath: "/s" }, [get("/path!with%2Fslash", () => "slashed")]);
    await using server = await serve(slashed, local);
    for (
      const target of ["/s/path!with%2Fslash", "/s/path!with%2fslash", "/s/path%21with%2Fslash"]
    ) {
      assert.equal((await sendTarget(server, target)).body, "slashed");
    }
    for (
      const target of ["/s/path!with/slash", "/s/path!with%252Fslash", "/s%2Fpath!with%2Fslash"]
    ) {
      assert.equal((await sendTarget(server, target)).status, 404, target);
    }
    const one = service({}, [get("/:a", ({ path }) => path.a)]);
    await expectAnswer(one, "GET /x%2Fy", "x/y");
    const rest = service({}, [get("/:a+", ({ path }) => path.a)]);
    await expectAnswer(rest, "GET /x%2Fy/z", ["x/y", "z"]);
  },

  "bad rest param cast is 400": async () => {
    const message = "error in casting path parameter : 'aaa'";
    await expectError(restParam, "GET /restParam/int/12.3/4.56", 400, message);
    await expectError(restParam, "GET /restParam/int/1/x", 400, message);
    await expectError(restParam, "GET /restParam/int/9007199254740993", 400, message);
    await expectError(restParam, "GET /restParam/float/1.5/hello?a=b", 400, message);
    await expectError(restParam, "GET /restParam/boolean/true/maybe", 400, message);
    await expectError(restParam, "GET /restParam/decimal/1e3", 400, message);
    await expectError(restParam, "GET /restParam/int/1//2", 404, "no matching resource found");
  },

  "extraPathInfo holds the part matched by the rest param": async () => {
    const info = ({ context }: Pick<Call<string, unknown>, "context">) => context.extraPathInfo;
    const echo69 = service({ basePath: "/echo69" }, [
      any("/a/:a+", info),
      any("/a", info),
      any("/b/*", info),
      any("/c/:id", info),
    ]);
    await expectAnswer(echo69, "GET /echo69/a/b/c", "/b/c");
    await expectAnswer(echo69, "GET /echo69/a/c", "/c");
    await expectAnswer(echo69, "GET /echo69/a", "");
    await expectAnswer(echo69, "GET /echo69/a/b%20c/%2F?x=/y", "/b%20c/%2F");
    await expectAnswer(echo69, "GET /echo69/b/c/d", "/c/d");
    await expectAnswer(echo69, "GET /echo69/c/d", "");
  },

  "detach makes a service unreachable and re-attachable": async () => {
    const listener = new Listener(0, { host: "127.0.0.1" });
    const here = service({ basePath: "/here" }, [get("/", () => "here")]);
    const there = service({ basePath: "/there" }, [get("/", () => "there")]);
    listener.attach(here).attach(there);
    await using server = await listener.start();
    await expectAnswer(server, "GET /here", "here");
    listener.detach(here);
    await expectError(server, "GET /here", 404, "no matching service found for path: /here");
    await expectAnswer(server, "GET /there", "there");
    listener.attach(here);
    await expectAnswer(server, "GET /here", "here");
    assert.throws(() => listener.attach(here), GenericListenerError);
    listener.detach(here).detach(there);
    await expectError(server, "GET /here", 404, "no service has registered for listener");
    listener.attach(here, "/elsewhere");
    await expectAnswer(server, "GET /elsewhere", "here");
    await expectError(server, "GET /here", 404, "no matching service found for path: /here");
  },

  "literal beats rest param": async () => {
    await expectAnswer(helloWorld, "GET /hello/world/echo2/foo/bar", "echo2/foo/bar");
    await expectAnswer(helloWorld, "GET /hello/world/echo2/bar", { rest: ["bar"] });
    await expectAnswer(helloWorld, "GET /hello/world/echo2/foo", { rest: ["foo"] });
    await expectAnswer(helloWorld, "GET /hello/world/echo2/foo/bar/", "echo2/foo/bar");
    const rest = ["foo", "bar", "baz"];
    await expectAnswer(helloWorld, "GET /hello/world/echo2/foo/bar/baz", { rest });
    const ordered = service({}, [
      get("/a/:rest+", () => "rest"),
      get("/a/:one", () => "one"),
      get("/a/:n(\\d+)", () => "number"),
      get("/a/1", () => "literal"),
    ]);
    await expectAnswer(ordered, "GET /a/1", "literal");
    await expectAnswer(ordered, "GET /a/2", "number");
    await expectAnswer(ordered, "GET /a/b", "one");
    await expectAnswer(ordered, "GET /a/b/c", "rest");
  },

  "reserved characters match both raw and percent-encoded": async () => {
    const base = service({ basePath: "/test$base&path" }, [
      get("/base", () => "base"),
      // What means something in a pattern is escaped to mean itself.
      get("/it's\\+\\(1,2\\)!/:x", () => "it"),
    ]);
    await using server = await serve(base, local);
    const spellings = [
      "test$base&path",
      "test%24base%26path",
      "test$base%26path",
      "test%24base&path",
    ];
    for (const spelling of spellings) {
      assert.equal((await sendTarget(server, `/${spelling}/base`)).body, "base", spelling);
    }
    const encoded = service({ basePath: "/test%24base%26path" }, [get("/base", () => "base")]);
    for (const spelling of spellings) await expectAnswer(encoded, `GET /${spelling}/base`, "base");
    assert.equal(
      (await sendTarget(server, "/test$base&path/it%27s%2B%281%2C2%29%21/1")).body,
      "it",
    );
    assert.equal((await sendTarget(server, "/test$base&path/it's+(1,2)!/1")).body, "it");
    assert.equal((await sendTarget(server, "/test%2524base%26path/base")).status, 404);
  },

  "404 text for unmatched service": async () => {
    const one = service({ basePath: "/one" }, [get("/", () => "one")]);
    const two = service({ basePath: "/two" }, [get("/", () => "two")]);
    const message = "no matching service found for path: /optionss";
    await using server = await serve([one, two], local);
    await expectError(server, "OPTIONS /optionss", 404, message);
    await expectError(one, "OPTIONS /optionss", 404, message);
    await expectError(server, "GET /optionss?a=b", 404, `${message}?a=b`);
    await expectError(server, "GET /", 404, "no matching service found for path: /");
  },

  "plus in a single path param decodes to space": async () => {
    await expectAnswer(hello, "GET /hello/echo2/shafreen+anfar", "shafreen+anfar");
    await expectAnswer(hello, "GET /hello/echo2/shafreen%2Banfar", "shafreen+anfar");
    await expectAnswer(hello, "GET /hello/echo2/shafreen%20anfar", "shafreen anfar");
    await expectAnswer(restParam, "GET /restParam/string/a+b/c%20d", ["a+b", "c d"]);
  },

  "service without base path is mounted at /": async () => {
    const echo = service({}, [any("/echo1", ({ query }) => query.get("foo"))]);
    await using server = await serve([hello, echo], local);
    await expectAnswer(server, "GET /echo1?foo=zzz", "zzz");
    await expectAnswer(server, "PUT /echo1?foo=zzz", "zzz");
    await expectAnswer(server, "GET /hello/echo2", "hello echo2");
    await expectError(server, "GET /echo2", 404, "no matching resource found for path : /echo2");
  },

  "typed rest params": async () => {
    await expectAnswer(restParam, "GET /restParam/int/345/234/123", [345, 234, 123]);
    await expectAnswer(restParam, "GET /restParam/int/-7", [-7]);
    await expectAnswer(restParam, "GET /restParam/float/12.3/4.56", [12.3, 4.56]);
    await expectAnswer(restParam, "GET /restParam/boolean/true/false/TRUE", [true, false, true]);
    await expectAnswer(restParam, "GET /restParam/decimal/12.30/4.56", ["12.30", "4.56"]);
    await expectAnswer(restParam, "GET /restParam/string/a/b%2Fc/d%20e", ["a", "b/c", "d e"]);
    await expectAnswer(restParam, "GET /restParam/enum/RED/BLUE/RED", ["RED", "BLUE", "RED"]);
    await expectAnswer(restParam, "GET /restParam/int32/2147483647", [2147483647]);
    // A value outside an enum names something that is not there.
    const missing = "no matching resource found for path : /restParam/enum/RED/red , method : GET";
    await expectError(restParam, "GET /restParam/enum/RED/red", 404, missing);
    const tooLarge = "path validation failed: Validation failed for '$[1]:maxValue' constraint(s).";
    await expectError(restParam, "GET /restParam/int32/1/2147483648", 400, tooLarge);
  },

  "base path with special characters matches the encoded form": async () => {
    const go = service({ basePath: "/my/Tes@tHello/go" }, [get("/foo", () => "foo")]);
    await using server = await serve(go, local);
    for (
      const target of [
        "/my/Tes%40tHello/go/foo",
        "/my/Tes@tHello/go/foo",
        "/my/%54es@tHello/go/foo",
      ]
    ) {
      assert.equal((await sendTarget(server, target)).body, "foo", target);
    }
    assert.equal((await sendTarget(server, "/my/tes%40thello/go/foo")).status, 404);
    const spaced = service({ basePath: "/a b" }, [get("/c d", () => "spaced")]);
    await expectAnswer(spaced, "GET /a%20b/c%20d", "spaced");
  },

  "404 when listener has no services": async () => {
    const listener = new Listener(0, { host: "127.0.0.1" });
    await using server = await listener.start();
    const message = `no service has registered for listener : /127.0.0.1:${server.port}`;
    await expectError(server, "GET /products", 404, message);
    await expectError(server, "OPTIONS /", 404, message);
    listener.attach(hello);
    await expectAnswer(server, "GET /hello/echo2", "hello echo2");
  },

  "wildcard catches method mismatch of a param resource": async () => {
    await expectAnswer(wildcard, "GET /wildcard/123", { w: ["123"] });
    await expectAnswer(wildcard, "POST /wildcard/123", { id: "123" }, { status: 201 });
    await expectAnswer(wildcard, "PUT /wildcard/123", { w: ["123"] });
    await expectAnswer(wildcard, "POST /wildcard/123/4", { w: ["123", "4"] });
    const stepwise = service({}, [
      get("/a/b", () => "get a/b"),
      post("/a/:x", () => "post a/x"),
      put("/:x/b", () => "put x/b"),
      resource("MOVE", "/:rest+", () => "move"),
    ]);
    await expectAnswer(stepwise, "GET /a/b", "get a/b");
    await expectAnswer(stepwise, "POST /a/b", "post a/x", { status: 201 });
    await expectAnswer(stepwise, "PUT /a/b", "put x/b");
    await expectAnswer(stepwise, "MOVE /a/b", "move");
    await expectError(stepwise, "DELETE /a/b", 405, "Method not allowed");
  },

  "404 text for unmatched resource": async () => {
    const shop = service({ basePath: "/ecommerceservice" }, [
      get("/products/:product/:review", () => "review"),
    ]);
    const target = "/ecommerceservice/products/PID123/RID123/ID?param=value";
    const message = `no matching resource found for path : ${target} , method : GET`;
    await expectError(shop, `GET ${target}`, 404, message);
    await expectError(
      shop,
      "DELETE /ecommerceservice/x",
      404,
      "no matching resource found for path : /ecommerceservice/x , method : DELETE",
    );
    await expectError(
      shop,
      "GET /ecommerceservice",
      404,
      "no matching resource found for path : /ecommerceservice , method : GET",
    );
    await expectError(
      shop,
      "OPTIONS /ecommerceservice/x",
      404,
      "no matching resource found for path",
    );
  },
}, {
  "plus in a single path param decodes to space": "a plus is never a space in a path",
});
