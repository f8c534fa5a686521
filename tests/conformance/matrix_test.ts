/** The matrix table: parameters within the segments of a path (spec 5.3). */
import assert from "node:assert/strict";
import { get, serve, service } from "@pirouette/http";
import { rawRequest, sendRaw } from "../support/raw_http.ts";
import { expectAnswer, expectError, expectPayload } from "./ask.ts";
import { conformance } from "./cases.ts";

const matrix = service({ basePath: "/hello" }, [
  get("/t1/:person/bar/:year/foo", ({ path, query, context }) => ({
    person: path.person,
    year: path.year,
    x: query.get("x"),
    y: query.get("y"),
    personMatrix: context.matrixParams(`/hello/t1/${path.person}`),
    yearMatrix: context.matrixParams(`/hello/t1/${path.person}/bar/${path.year}`),
    fooMatrix: context.matrixParams(`/hello/t1/${path.person}/bar/${path.year}/foo`),
    none: context.matrixParams("/hello/t1"),
    elsewhere: context.matrixParams("/hello/t1/other"),
  })),
  get("/t2/:person/bar", ({ path }) => path.person),
  get("/t3/:rest+", ({ path, context }) => ({
    rest: path.rest,
    last: context.matrixParams(`/hello/t3/${path.rest.join("/")}`),
  })),
]);

const target = "/hello/t1/john;age=10;color=white/bar/1991;month=may;day=12/foo;a=5;b=10?x=10&y=5";

const expected = {
  person: "john",
  year: "1991",
  x: "10",
  y: "5",
  personMatrix: { age: "10", color: "white" },
  yearMatrix: { month: "may", day: "12" },
  fooMatrix: { a: "5", b: "10" },
  none: {},
  elsewhere: {},
};

conformance("matrix", {
  "matrix params per segment": async () => {
    await expectAnswer(matrix, `GET ${target}`, expected);
    await using server = await serve(matrix, { port: 0, host: "127.0.0.1" });
    const response = await sendRaw(server, rawRequest(`GET ${target} HTTP/1.1`, ["Host: x"]));
    assert.deepEqual(JSON.parse(response?.body ?? ""), expected);
    const rest = ["a", "b"];
    await expectAnswer(server, "GET /hello/t3/a/b;x=1", { rest, last: { x: "1" } });
    await expectAnswer(server, "GET /hello/t3/a;x=1/b", { rest, last: {} });
    await expectAnswer(server, "GET /hello/t3/a/b;x=1;x=2;;", { rest, last: { x: "2" } });
    await expectAnswer(server, "GET /hello/t3/a/b;%78=%31%3B%20%2F", { rest, last: { x: "1; /" } });
    await expectAnswer(server, "GET /hello/t3/a/b;?x=1", { rest, last: {} });
    await expectAnswer(server, "GET /hello/t3/a%3Bx=1/b", { rest: ["a;x=1", "b"], last: {} });
    await expectAnswer(server, "GET /hello/t3/a?b;x=1", { rest: ["a"], last: {} });
  },

  "raw semicolons are stripped before matching": async () => {
    const message = "no matching resource found for path : /hello/t2/john";
    await expectError(matrix, "GET /hello/t2/john;age=2;color=white/foo;a=5;b=10", 404, /^/);
    const response = await matrix.fetch("http://localhost/hello/t2/john;age=2;color=white/foo;a=5");
    expectPayload(await response.json(), {
      status: 404,
      message: new RegExp(`^${message}[^ ]*/foo[^ ]* , method : GET$`),
      path: "/hello/t2/john;age=2;color=white/foo;a=5",
      method: "GET",
    });
    await expectAnswer(matrix, "GET /hello/t2/john;age=2;color=white/bar;a=5;b=10", "john");
    await expectAnswer(matrix, "GET /hello/t2/john/bar;", "john");
    await expectError(matrix, "GET /hello/t2;a=5", 404, "no matching resource found for path");
    await expectError(matrix, "GET /hello;a=5/t3", 404, "no matching resource found for path");
    const notAPair = "found non-matrix parameter 'age' in path 'hello/t2/john;age/bar'";
    await expectError(matrix, "GET /hello/t2/john;age/bar", 400, notAPair);
    for (const pair of ["=10", "age=", "age=1=2", "age;color=white"]) {
      await expectError(
        matrix,
        `GET /hello/t2/john;${pair}/bar`,
        400,
        "found non-matrix parameter",
      );
    }
  },
});
