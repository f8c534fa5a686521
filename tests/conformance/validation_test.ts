/** The validation table: constraints of queries, paths, headers and payloads. */
import { array, decimal, float, get, int, optional, post, service, string } from "@pirouette/http";
import { z } from "zod";
import { expectAnswer, expectError } from "./ask.ts";
import { conformance } from "./cases.ts";

const name = string({ minLength: 2, maxLength: 20 });

function failed(what: string, ...constraints: readonly string[]): string {
  const told = constraints.map((constraint) => `'${constraint}'`).join(",");
  return `${what} validation failed: Validation failed for ${told} constraint(s).`;
}

const queries = service({}, [
  get("/", { query: { name } }, ({ query }) => query.name),
  get("/age", { query: { age: optional(int({ min: 18, max: 120 })) } }, ({ query }) => query),
  get("/list", {
    query: { ids: array(int({ min: 1 }), { separator: ",", minLength: 2, maxLength: 3 }) },
  }, ({ query }) => query.ids),
  get("/zod", { query: { name: z.string().min(2).max(20) } }, ({ query }) => query.name),
]);

const letters = string({ pattern: /[a-zA-Z]+/ });

const rest = service({}, [
  get("/:words+", { path: { words: array(letters, { maxLength: 4 }) } }, ({ path }) => path.words),
]);

const paths = service({ basePath: "/path" }, [
  get("/:words+", { path: { words: array(letters) } }, ({ path }) => path.words),
  get("/one/:id", { path: { id: int({ max: 10 }) } }, ({ path }) => path.id),
  get("/price/:price", { path: { price: decimal({ min: "0.50" }) } }, ({ path }) => path.price),
]);

const headers = service({}, [
  get(
    "/",
    { headers: { "x-name": name, "x-rate": optional(float({ max: 1 })) } },
    ({ headers }) => headers["x-name"],
  ),
]);

const Person = z.object({ name: z.string().min(2), age: z.int().min(0) });

const payloads = service({}, [
  post("/name", { body: name }, ({ body }) => body),
  post("/person", { body: Person }, ({ body }) => body),
]);

conformance("validation", {
  "query constraint": async () => {
    await expectError(queries, "GET /?name=", 400, failed("query", "$:minLength"));
    await expectError(queries, `GET /?name=${"x".repeat(26)}`, 400, failed("query", "$:maxLength"));
    await expectAnswer(queries, "GET /?name=ab", "ab");
    await expectAnswer(queries, `GET /?name=${"x".repeat(20)}`, "x".repeat(20));
    await expectError(queries, "GET /?name=a", 400, failed("query", "$:minLength"));
    await expectError(queries, "GET /?name=%F0%9F%98%80", 400, failed("query", "$:minLength"));
    // What is not there, or of another type, breaks no constraint.
    await expectError(queries, "GET /", 400, "no query param value found for 'name'");
    await expectError(queries, "GET /age?age=x", 400, "error in casting query param : 'age'");
    await expectError(queries, "GET /age?age=17", 400, failed("query", "$:minValue"));
    await expectError(queries, "GET /age?age=121", 400, failed("query", "$:maxValue"));
    await expectAnswer(queries, "GET /age?age=18", { age: 18 });
    await expectAnswer(queries, "GET /age", {});
    await expectError(queries, "GET /list?ids=1", 400, failed("query", "$:minLength"));
    await expectError(queries, "GET /list?ids=1,2,3,4", 400, failed("query", "$:maxLength"));
    await expectError(
      queries,
      "GET /list?ids=0,1,-1",
      400,
      failed("query", "$[0]:minValue", "$[2]:minValue"),
    );
    await expectError(queries, "GET /zod?name=a", 400, failed("query", "$:too_small"));
  },

  "rest path constraint reports indexes": async () => {
    const line = "GET /path/123/hello/t1m3";
    await expectError(rest, line, 400, failed("path", "$[1]:pattern", "$[3]:pattern"));
    await expectError(rest, "GET /a/b/c/d/e", 400, failed("path", "$:maxLength"));
    await expectError(paths, line, 400, failed("path", "$[0]:pattern", "$[2]:pattern"));
    await expectAnswer(paths, "GET /path/hello/World", ["hello", "World"]);
    await expectError(paths, "GET /path/hello/w%20rld", 400, failed("path", "$[1]:pattern"));
    await expectError(paths, "GET /path/one/11", 400, failed("path", "$:maxValue"));
    await expectError(paths, "GET /path/price/0.49", 400, failed("path", "$:minValue"));
    await expectAnswer(paths, "GET /path/price/0.50", "0.50");
    const cast = "error in casting path parameter : 'id'";
    await expectError(paths, "GET /path/one/ten", 400, cast);
  },

  "payload constraint on client": async () => {
    // The client comes later; a service's payload is validated by the same rule.
    const json = { "content-type": "application/json" };
    const send = (value: unknown) => ({ headers: json, body: JSON.stringify(value) });
    await expectAnswer(payloads, "POST /name", "Kim", { status: 201, ...send("Kim") });
    await expectError(payloads, "POST /name", 400, failed("payload", "$:minLength"), send("K"));
    await expectError(
      payloads,
      "POST /person",
      400,
      /^payload validation failed: Validation failed for '\$\.name:.+','\$\.age:.+' constraint\(s\)\./,
      send({ name: "K", age: -1 }),
    );
    await expectError(payloads, "POST /person", 400, "data binding failed", send({ name: "K" }));
    const x = { headers: { "x-name": "K" } };
    await expectError(headers, "GET /", 400, failed("header", "$:minLength"), x);
    const rate = { headers: { "x-name": "Kim", "x-rate": "1.5" } };
    await expectError(headers, "GET /", 400, failed("header", "$:maxValue"), rate);
  },
}, {
  "payload constraint on client": "there is no client yet",
});
