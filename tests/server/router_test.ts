import assert from "node:assert/strict";
import { type Match, Router } from "../../src/server/router.ts";

function match<T>(router: Router<T>, method: string, path: string): Match<T> | undefined {
  const url = `http://localhost:9090${path}?next=/a/b#c/d`;
  return router.match(method, url, 21, 21 + path.length);
}

/** What the patterns of the routes and the parameters are for a path, as text. */
function answer(patterns: readonly string[], path: string): string | undefined {
  const router = new Router<string>();
  for (const pattern of patterns) router.add("GET", pattern, pattern);
  const found = match(router, "GET", path);
  return found && `${found.value} ${JSON.stringify(found.params())}`;
}

const coexisting = ["/path/:id", "/path/:note/aa/:id", "/:aaa/go/:bbb", "/:bbb/go/:aaa/:ccc"];

const choices: readonly (readonly [readonly string[], path: string, answer: string | undefined])[] =
  [
    [coexisting, "/foo/go/bar/cc", '/:bbb/go/:aaa/:ccc {"bbb":"foo","aaa":"bar","ccc":"cc"}'],
    [coexisting, "/foo/go/bar", '/:aaa/go/:bbb {"aaa":"foo","bbb":"bar"}'],
    [coexisting, "/path/1/aa/2", '/path/:note/aa/:id {"note":"1","id":"2"}'],
    [["/a/:x/b", "/a/c/d"], "/a/c/b", '/a/:x/b {"x":"c"}'],
    [["/a/:x/b", "/a/c/:y/d", "/:z+"], "/a/c/b/x", '/:z+ {"z":["a","c","b","x"]}'],
    [["/:s*", "/foo/:s*", "/foo/bar"], "/foo", '/:s* {"s":["foo"]}'],
    [["/:s*", "/foo/:s*", "/foo/bar"], "/foo/abc", '/foo/:s* {"s":["abc"]}'],
    [["/:s*", "/foo/:s*", "/foo/bar"], "/foo/bar", "/foo/bar {}"],
    [["/foo/:s*", "/*"], "/foo/", '/* {"0":["foo",""]}'],
    [["/foo/:s*"], "/foo", '/foo/:s* {"s":[]}'],
    [["/a/:x?"], "/a", "/a/:x? {}"],
    [["/a/:x?", "/a"], "/a", "/a {}"],
    [["/foo/*"], "/foo", undefined],
    [["/foo/*"], "/foo/", '/foo/* {"0":[]}'],
    [["/:x", "/:x(\\d+)", "/:x-:y", "/7"], "/7", "/7 {}"],
    [["/:x", "/:x(\\d+)", "/:x-:y", "/7"], "/8", '/:x(\\d+) {"x":"8"}'],
    [["/:x", "/:x(\\d+)", "/:x-:y", "/7"], "/8-9-10", '/:x-:y {"x":"8","y":"9-10"}'],
    [["/:x", "/:x(\\d+)", "/:x-:y", "/7"], "/eight", '/:x {"x":"eight"}'],
    [["/Go"], "/go", undefined],
    [["/a/:x/b"], "/a//b", undefined],
    [["/a/:x"], "/a/", undefined],
    [["/a/:x"], "/a/b%2Fc", '/a/:x {"x":"b/c"}'],
    [["/a/:x+"], "/a/b%2Fc/d", '/a/:x+ {"x":["b/c","d"]}'],
    [["/a/:x+"], "/a/b//c", undefined],
    [["/a/:x"], "/a/1+1", '/a/:x {"x":"1+1"}'],
    [["/:x"], "/%E0%B6%85", '/:x {"x":"අ"}'],
    [["/අ"], "/%E0%B6%85", "/අ {}"],
    [["/path!with%2Fslash"], "/path!with%2Fslash", "/path!with%2Fslash {}"],
    [["/path!with%2Fslash"], "/path!with/slash", undefined],
    [
      ["/:a/:b/:c/:d/:e"],
      "/1/2/3/4%20/5",
      '/:a/:b/:c/:d/:e {"a":"1","b":"2","c":"3","d":"4 ","e":"5"}',
    ],
  ];

Deno.test("router: the most specific pattern is chosen, segment by segment", () => {
  for (const [patterns, path, expected] of choices) {
    assert.equal(answer(patterns, path), expected, path);
    assert.equal(answer(patterns.toReversed(), path), expected, `${path}, added in reverse`);
  }
});

Deno.test("router: a method that a pattern lacks is looked for in the next best one", () => {
  const router = new Router<string>();
  router.add("POST", "/wildcard/:id", "id");
  router.add("*", "/wildcard/:w+", "rest");
  assert.equal(match(router, "GET", "/wildcard/123")?.value, "rest");
  assert.equal(match(router, "POST", "/wildcard/123")?.value, "id");
  assert.equal(match(router, "BREW", "/wildcard/123")?.value, "rest");
});

Deno.test("router: an exact method wins over any, whatever the names and the order", () => {
  const router = new Router<string>();
  router.add("*", "/:a/x", "any");
  router.add("GET", "/:b/x", "get");
  const found = match(router, "GET", "/1/x");
  assert.equal(found?.value, "get");
  assert.deepEqual({ ...found?.params() }, { b: "1" });
  assert.equal(match(router, "PUT", "/1/x")?.value, "any");
});

Deno.test("router: HEAD takes its own route, then GET's, then any", () => {
  const router = new Router<string>();
  router.add("GET", "/a", "get");
  router.add("*", "/a", "any");
  router.add("*", "/b", "any");
  assert.equal(match(router, "HEAD", "/a")?.value, "get");
  assert.equal(match(router, "HEAD", "/b")?.value, "any");
  router.add("HEAD", "/a", "head");
  assert.equal(match(router, "HEAD", "/a")?.value, "head");
});

Deno.test("router: methods are exact", () => {
  const router = new Router<string>();
  router.add("GET", "/a", "get");
  assert.equal(match(router, "get", "/a"), undefined);
  assert.equal(match(router, "__proto__", "/a"), undefined);
});

Deno.test("router: a second pattern of the same paths and method is refused, naming both", () => {
  const router = new Router<string>();
  router.add("GET", "/a/:b", "first");
  router.add("POST", "/a/:b", "other method");
  assert.throws(() => router.add("GET", "/a/:c", "second"), {
    name: "TypeError",
    message: 'Cannot add "GET /a/:c": "GET /a/:b" already matches the same paths',
  });
});

Deno.test("router: allowed lists methods in the order they were added", () => {
  const router = new Router<number>();
  router.add("POST", "/test", 1);
  router.add("DELETE", "/other", 2);
  router.add("GET", "/:name", 3);
  router.add("*", "/:name+", 4);
  const url = "http://h/test?x";
  assert.deepEqual(router.allowed(url, 8, 13), ["POST", "GET", "*"]);
  assert.deepEqual(router.allowed("/other", 0, 6), ["DELETE", "GET", "*"]);
  assert.deepEqual(new Router().allowed(url, 8, 13), []);
});

Deno.test("router: a route added after a match takes part in the next one", () => {
  const router = new Router<number>();
  router.add("GET", "/:a", 1);
  assert.equal(match(router, "GET", "/x")?.value, 1);
  router.add("GET", "/x", 2);
  assert.equal(match(router, "GET", "/x")?.value, 2);
});

Deno.test("router: a match keeps its parameters when another is made", () => {
  const router = new Router<number>();
  router.add("GET", "/:a/:b/:c/:d", 1);
  const first = match(router, "GET", "/1/2/3/4");
  match(router, "GET", "/5/6/7/8");
  assert.deepEqual(["a", "b", "c", "d"].map((name) => first?.params()[name]), ["1", "2", "3", "4"]);
  assert.deepEqual([0, 1, 2, 3, 4].map((index) => first?.raw(index)), [
    "1",
    "2",
    "3",
    "4",
    undefined,
  ]);
});

Deno.test("router: a parameter that the route does not have is undefined, whatever was matched before", () => {
  const router = new Router<number>();
  router.add("GET", "/:a/:b/:c", 1);
  router.add("GET", "/:one", 2);
  match(router, "GET", "/1/2/3");
  const found = match(router, "GET", "/9");
  assert.deepEqual([found?.raw(0), found?.raw(1), found?.param(2)], ["9", undefined, undefined]);
});

Deno.test("router: parameters may be named like members of an object", () => {
  const router = new Router<number>();
  router.add("GET", "/:__proto__/:constructor/:toString", 1);
  const params = match(router, "GET", "/a/b/c")?.params() ?? {};
  assert.equal(params instanceof Object, false);
  assert.ok(Object.isFrozen(Object.getPrototypeOf(params)));
  assert.deepEqual(Reflect.ownKeys(Object.getPrototypeOf(params)), []);
  assert.deepEqual(Object.entries(params), [["__proto__", "a"], ["constructor", "b"], [
    "toString",
    "c",
  ]]);
  router.add("GET", "/plain", 2);
  assert.equal(match(router, "GET", "/plain")?.params()["constructor"], undefined);
  assert.equal(Reflect.has({}, "a"), false);
});

Deno.test("router: what a rest matched is given with its slash", () => {
  const router = new Router<number>();
  router.add("GET", "/a/:rest*", 1);
  router.add("GET", "/b/*", 2);
  router.add("GET", "/c/:one", 3);
  const rests = ["/a/b/c", "/a", "/b/", "/b/x%2Fy", "/c/d"].map((path) =>
    match(router, "GET", path)?.rest
  );
  assert.deepEqual(rests, ["/b/c", "", "/", "/x%2Fy", ""]);
});

Deno.test("router: malformed encoding throws when it is read, and not before", () => {
  const router = new Router<number>();
  router.add("GET", "/:a", 1);
  const found = match(router, "GET", "/%E0%A4%A");
  assert.equal(found?.raw(0), "%E0%A4%A");
  assert.throws(() => found?.params(), URIError);
});
