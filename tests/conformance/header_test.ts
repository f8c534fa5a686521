/** The header table: how header fields bind (spec 2.3.4.5). */
import {
  array,
  boolean,
  decimal,
  type Fields,
  float,
  get,
  int,
  named,
  oneOf,
  optional,
  serve,
  type Service,
  service,
  string,
} from "@pirouette/http";
import { z } from "zod";
import { expectAnswer, expectError } from "./ask.ts";
import { conformance } from "./cases.ts";

const missing = "no header value found for";
const unfit = "header binding failed for parameter:";

/** A service whose resource echoes what its headers bind. */
function echo(headers: Fields): Service {
  return service({}, [get("/", { headers }, ({ headers }) => headers)]);
}

const foo = echo({ foo: string() });

const rateLimit = echo({
  "x-rate-limit-id": string(),
  "x-rate-limit-remaining": int(),
  "x-rate-limit-types": array(string()),
});

const limits = {
  "x-rate-limit-id": "dwqfec",
  "x-rate-limit-remaining": "23",
  "x-rate-limit-types": "weqfe,cs",
};

conformance("header", {
  "field-level name annotation": async () => {
    const record = echo({
      header1: named("x-header1", string()),
      header2: named("x-header2", int()),
      header3: named("X-Header3", array(string())),
    });
    const headers = { "x-header1": "one", "x-header2": "2", "x-header3": "a, b" };
    await expectAnswer(record, "GET /", { header1: "one", header2: 2, header3: ["a", "b"] }, {
      headers,
    });
    const { "x-header1": header1, ...others } = headers;
    await expectError(record, "GET /", 400, `${missing} 'x-header1'`, {
      headers: { ...others, header1 },
    });
    const { "x-header2": _, ...without2 } = headers;
    await expectError(record, "GET /", 400, `${missing} 'x-header2'`, { headers: without2 });
    const unnamed = echo({ referer: named("", string()) });
    await expectAnswer(unnamed, "GET /", { referer: "r" }, { headers: { Referer: "r" } });
  },

  "record with a missing required header": async () => {
    const record = echo({ sid: string(), did: int(), bid: optional(string()) });
    await expectAnswer(record, "GET /", { sid: "s", did: 1 }, { headers: { sid: "s", did: "1" } });
    await expectError(record, "GET /", 400, `${missing} 'did'`, { headers: { sid: "s" } });
    await expectError(record, "GET /", 400, `${missing} 'did'`, { headers: { sid: "s", did: "" } });
    await expectError(record, "GET /", 400, `${missing} 'sid'`);
    await expectError(echo({ many: array(int()) }), "GET /", 400, `${missing} 'many'`);
    await expectError(echo({ theirs: z.string() }), "GET /", 400, `${missing} 'theirs'`);
    const whole = service({}, [
      get("/", { headers: z.object({ sid: z.string(), did: z.coerce.number() }) }, (
        { headers },
      ) => headers),
    ]);
    await expectAnswer(whole, "GET /", { sid: "s", did: 1 }, { headers: { sid: "s", did: "1" } });
    await expectError(whole, "GET /", 400, "header binding failed", { headers: { did: "1" } });
  },

  "missing header": async () => {
    await expectError(foo, "GET /", 400, `${missing} 'foo'`);
    await expectError(foo, "GET /", 400, `${missing} 'foo'`, { headers: { food: "bar" } });
    await expectError(foo, "GET /", 400, `${missing} 'foo'`, { headers: { foo: "" } });
    await expectError(foo, "GET /?foo=bar", 400, `${missing} 'foo'`);
    await expectError(echo({ Foo: string() }), "GET /", 400, `${missing} 'Foo'`);
    const defaults = echo({ foo: string({ default: "hello" }), n: int({ default: 3 }) });
    await expectAnswer(defaults, "GET /", { foo: "hello", n: 3 });
    await expectAnswer(defaults, "GET /", { foo: "hello", n: 3 }, { headers: { foo: "", n: "" } });
    await expectAnswer(defaults, "GET /", { foo: "x", n: 4 }, { headers: { foo: "x", n: "4" } });
  },

  "header lookup is case insensitive": async () => {
    for (const name of ["FOO", "foo", "fOo"]) {
      await expectAnswer(foo, "GET /", { foo: "HTtP" }, { headers: { [name]: "HTtP" } });
    }
    const capitals = echo({ "X-API-Key": string(), userAgent: named("User-AGENT", string()) });
    await using server = await serve(capitals, { port: 0, host: "127.0.0.1" });
    const headers = { "x-api-KEY": "SeCret", "user-agent": "Test/1" };
    await expectAnswer(server, "GET /", { "X-API-Key": "SeCret", userAgent: "Test/1" }, {
      headers,
    });
    // Binding to an enum compares the value as it is.
    const level = echo({ level: oneOf("HIGH", "LOW") });
    await expectAnswer(level, "GET /", { level: "HIGH" }, { headers: { LEVEL: "HIGH" } });
    await expectError(level, "GET /", 400, `${unfit} 'level'`, { headers: { level: "high" } });
  },

  "record header cast failure": async () => {
    await expectAnswer(rateLimit, "GET /", {
      "x-rate-limit-id": "dwqfec",
      "x-rate-limit-remaining": 23,
      "x-rate-limit-types": ["weqfe", "cs"],
    }, { headers: limits });
    const message = `${unfit} 'x-rate-limit-remaining'`;
    for (const value of ["23xyz", "2.5", "1e2", "9007199254740993"]) {
      const headers = { ...limits, "x-rate-limit-remaining": value };
      await expectError(rateLimit, "GET /", 400, message, { headers });
    }
  },

  "scalar header cast failure": async () => {
    const schemas = { int: int(), float: float(), boolean: boolean(), decimal: decimal() };
    for (const [name, schema] of Object.entries(schemas)) {
      const one = echo({ header: schema });
      await expectError(one, "GET /", 400, `${unfit} 'header'`, { headers: { header: "hi" } });
      const many = echo({ header: array(schema) });
      const [good, bad] = name === "boolean" ? ["true", "hi"] : ["1", "hi"];
      await expectError(many, "GET /", 400, `${unfit} 'header'`, {
        headers: { header: `${good}, ${bad}` },
      });
    }
    const zod = echo({ header: z.coerce.number() });
    await expectError(zod, "GET /", 400, `${unfit} 'header'`, { headers: { header: "hi" } });
    // Of several values a scalar takes the first.
    const first = echo({ header: int() });
    const headers = [["header", "1"], ["header", "hi"]] as [string, string][];
    await expectAnswer(first, "GET /", { header: 1 }, { headers });
    const all = echo({ header: array(int()) });
    const numbers = [["header", "1"], ["header", "2,3"]] as [string, string][];
    await expectAnswer(all, "GET /", { header: [1, 2, 3] }, { headers: numbers });
  },

  "empty header on nilable": async () => {
    const nilable = echo({ foo: optional(string()), n: optional(int()) });
    await expectAnswer(nilable, "GET /", {}, { headers: { foo: "" } });
    await expectAnswer(nilable, "GET /", {}, { headers: { foo: "  ", n: "" } });
    await expectAnswer(nilable, "GET /", {});
    await expectAnswer(nilable, "GET /", { foo: "x" }, { headers: { foo: " x " } });
    await expectError(nilable, "GET /", 400, `${unfit} 'n'`, { headers: { n: "x" } });
    await using server = await serve(nilable, { port: 0, host: "127.0.0.1" });
    await expectAnswer(server, "GET /", {}, { headers: { foo: "" } });
  },
});
