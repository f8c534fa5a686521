import assert from "node:assert/strict";
import { matrixParams, stripMatrix } from "../../src/server/matrix_params.ts";

const target =
  "/hello/t1/john;age=10;color=white/bar/1991;month=may;day=12/foo;a=5;b=10?x=10&y=5;z";

Deno.test("matrix parameters: are given by the path of their segment", () => {
  const of = (path: string): Record<string, string> => ({ ...matrixParams(target, path) });
  assert.deepEqual(of("/hello/t1/john"), { age: "10", color: "white" });
  assert.deepEqual(of("/hello/t1/john/bar/1991"), { month: "may", day: "12" });
  assert.deepEqual(of("/hello/t1/john/bar/1991/foo"), { a: "5", b: "10" });
  assert.deepEqual(of("/hello/t1/"), {});
  assert.deepEqual(of("/hello/t1/jane"), {});
  assert.deepEqual(of("/hello/t1/john/bar/1991/foo/more"), {});
});

Deno.test("matrix parameters: are decoded, keep plus signs, and the last of a name counts", () => {
  const params = matrixParams("/caf%C3%A9;a%20b=c%3Bd+e;x=1;x=2;;/y", "/café");
  assert.deepEqual({ ...params }, { "a b": "c;d+e", x: "2" });
});

Deno.test("matrix parameters: cannot reach a prototype", () => {
  const params = matrixParams("/a;__proto__=x;constructor=y", "/a");
  assert.equal(Object.getPrototypeOf(params), null);
  assert.deepEqual(Object.entries(params), [["__proto__", "x"], ["constructor", "y"]]);
});

Deno.test("matrix parameters: are stripped of a path", () => {
  assert.equal(stripMatrix("/a/b"), "/a/b");
  assert.equal(stripMatrix("/t2/john;age=2;color=white/foo;a=5;b=10"), "/t2/john/foo");
  assert.equal(stripMatrix("/a;/b;;"), "/a/b");
});

Deno.test("matrix parameters: what is not name=value is refused as upstream does", () => {
  for (
    const [pair, path] of [
      ["age", "/hello/t2/john;age;color=white/foo;a=5;b=10"],
      ["a=b=c", "/x;a=b=c"],
      ["=b", "/x;=b"],
      ["a=", "/x;a="],
      ["", "/x;;a=b"],
    ] as const
  ) {
    assert.throws(() => stripMatrix(path), {
      name: "BadMatrixParamError",
      message: `found non-matrix parameter '${pair}' in path '${path.slice(1)}'`,
    });
  }
});
