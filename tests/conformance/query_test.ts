/** The query table: how parameters bind (spec 2.3.4.3, 5.2). */
import assert from "node:assert/strict";
import {
  array,
  bigint,
  boolean,
  decimal,
  type Fields,
  float,
  get,
  int,
  json,
  named,
  oneOf,
  optional,
  serve,
  type Service,
  service,
  string,
} from "@pirouette/http";
import { z } from "zod";
import { rawRequest, sendRaw } from "../support/raw_http.ts";
import { expectAnswer, expectError } from "./ask.ts";
import { conformance } from "./cases.ts";

const comma = { separator: "," } as const;
const missing = "no query param value found for";
const unfit = "error in casting query param :";

/** A service whose resource echoes what its query binds. */
function echo(query: Fields): Service {
  return service({}, [get("/", { query }, ({ query }) => query)]);
}

/** The query as a program reads it where it declares nothing. */
const raw = service({}, [
  get("/", ({ query }) => {
    const names = new Set(query.keys());
    return Object.fromEntries([...names].map((name) => [name, query.getAll(name)]));
  }),
]);

const fooBar = service({ basePath: "/queryparamservice" }, [
  get("/", { query: { foo: string(), bar: int() } }, ({ query }) => query),
]);

const values = ["VALUE1", "VALUE2", "VALUE3"] as const;
const oneEnum = echo({ query: oneOf(...values) });
const enums = echo({ query: array(oneOf(...values), comma) });

conformance("query", {
  "nilable params default to nil": async () => {
    const nilable = echo({
      int: optional(int()),
      string: optional(string()),
      float: optional(float()),
      boolean: optional(boolean()),
      decimal: optional(decimal()),
      bigint: optional(bigint()),
      ints: optional(array(int())),
      json: optional(json()),
      enum: optional(oneOf(...values)),
      zod: z.string().optional(),
    });
    await expectAnswer(nilable, "GET /", {});
    await expectAnswer(nilable, "GET /?", {});
    await expectAnswer(nilable, "GET /?other=1&INT=2", {});
    await expectAnswer(nilable, "GET /?int&string&ints&json&enum&zod", {});
    await expectAnswer(nilable, "GET /?int=1&ints=2", { int: 1, ints: [2] });
    // Absent is nil, but what is there must still fit.
    await expectError(nilable, "GET /?int=", 400, `${unfit} 'int'`);
    await expectError(nilable, "GET /?enum=VALUE4", 400, `${unfit} 'enum'`);
  },

  "record query with a missing field": async () => {
    const Student = z.strictObject({ name: z.string(), age: z.int() });
    const student = echo({ student: json(Student) });
    const of = (value: unknown) => `GET /?student=${encodeURIComponent(JSON.stringify(value))}`;
    await expectAnswer(student, of({ name: "Kim", age: 20 }), {
      student: { name: "Kim", age: 20 },
    });
    await expectError(student, of({ name: "Kim" }), 400, `${unfit} 'student'`);
    await expectError(student, of({ name: "Kim", age: "20" }), 400, `${unfit} 'student'`);
    await expectError(student, of({ name: "Kim", age: 20, x: 1 }), 400, `${unfit} 'student'`);
    await expectError(student, of([]), 400, `${unfit} 'student'`);
    await expectError(student, "GET /?student=Kim", 400, `${unfit} 'student'`);
    await expectError(student, "GET /?student=", 400, `${unfit} 'student'`);
    await expectError(student, "GET /", 400, `${missing} 'student'`);
    const students = echo({ students: array(json(Student)) });
    const kim = encodeURIComponent('{"name":"Kim","age":20}');
    await expectAnswer(students, `GET /?students=${kim}&students=${kim}`, {
      students: [{ name: "Kim", age: 20 }, { name: "Kim", age: 20 }],
    });
  },

  "unencoded braces accepted": async () => {
    const map = echo({ query: json(z.record(z.string(), z.unknown())) });
    await using server = await serve(map, { port: 0, host: "127.0.0.1" });
    for (
      const target of [
        '/?query={"name":"John"%2C%20"age":37}',
        '/?query={"name":"John","age":37}',
        "/?query=%7B%22name%22:%22John%22%2C+%22age%22:37%7D",
      ]
    ) {
      const response = await sendRaw(server, rawRequest(`GET ${target} HTTP/1.1`, ["Host: x"]));
      assert.deepEqual(JSON.parse(response?.body ?? ""), { query: { name: "John", age: 37 } });
    }
    await expectAnswer(map, 'GET /?query={"name":"John"%2C "age":37}', {
      query: { name: "John", age: 37 },
    });
    await expectError(map, "GET /?query={", 400, `${unfit} 'query'`);
    await expectError(map, "GET /?query=[1]", 400, `${unfit} 'query'`);
  },

  "range-limited ints": async () => {
    const signed32 = echo({ query: int({ min: -(2 ** 31), max: 2 ** 31 - 1 }) });
    const unsigned32 = echo({ query: int({ min: 0, max: 2 ** 32 - 1 }) });
    const signed8 = echo({ query: array(int({ min: -128, max: 127 }), comma) });
    await expectError(signed32, "GET /?query=5000000000", 400, "query validation failed");
    await expectError(unsigned32, "GET /?query=-32", 400, "query validation failed");
    await expectError(signed8, "GET /?query=1,50000000", 400, "query validation failed");
    await expectAnswer(signed32, "GET /?query=2147483647", { query: 2147483647 });
    await expectAnswer(signed32, "GET /?query=-2147483648", { query: -2147483648 });
    await expectError(signed32, "GET /?query=2147483648", 400, "query validation failed");
    await expectAnswer(unsigned32, "GET /?query=4294967295", { query: 4294967295 });
    await expectError(unsigned32, "GET /?query=4294967296", 400, "query validation failed");
    await expectAnswer(signed8, "GET /?query=-128,127", { query: [-128, 127] });
    await expectError(signed8, "GET /?query=-129", 400, "query validation failed");
    const any = echo({ query: int() });
    await expectAnswer(any, "GET /?query=9007199254740991", { query: 9007199254740991 });
    await expectError(any, "GET /?query=9007199254740992", 400, `${unfit} 'query'`);
    await expectError(any, "GET /?query=9223372036854775808", 400, `${unfit} 'query'`);
  },

  "query cast failure": async () => {
    await expectError(fooBar, "GET /queryparamservice/?foo=WSO2&bar=go", 400, `${unfit} 'bar'`);
    await expectError(fooBar, "GET /queryparamservice/?foo=WSO2&bar=", 400, `${unfit} 'bar'`);
    for (const bar of ["1.5", "1e3", "0x10", "%201", "1%20", "+1", "%2B1", "--1", "NaN", "١"]) {
      const line = `GET /queryparamservice?foo=&bar=${encodeURI(bar).replaceAll("%25", "%")}`;
      await expectError(fooBar, line, 400, `${unfit} 'bar'`);
    }
    const others = { float: float(), boolean: boolean(), decimal: decimal() };
    for (const [name, schema] of Object.entries(others)) {
      const other = echo({ [name]: schema });
      for (const text of ["", "ten", "Infinity", "1,2", "yes"]) {
        await expectError(other, `GET /?${name}=${text}`, 400, `${unfit} '${name}'`);
      }
    }
    await expectError(echo({ bar: array(int()) }), "GET /?bar=1&bar=x", 400, `${unfit} 'bar'`);
    // The client is told of the parameter in its own words, shortened, and nothing of the program.
    await expectError(
      fooBar,
      `GET /queryparamservice?foo=&bar=${"9".repeat(3000)}x`,
      400,
      /^error in casting query param : 'bar': .{0,100}$/,
    );
  },

  "scalar param takes the first of many": async () => {
    // Ours takes lists of commas apart only where the schema says so; the first of several is then
    // the first item of the list.
    const lists = echo({
      id: array(int(), comma),
      PersoN: array(string(), comma),
      val: array(float(), comma),
      isPresent: array(boolean(), comma),
      dc: array(decimal(), comma),
    });
    const sent = "id=5652,324441,652&PersoN=no,hello,gool&val=53.9,1.11&isPresent=false,true" +
      "&dc=4.78,5.67";
    await expectAnswer(lists, `GET /?${sent}`, {
      id: [5652, 324441, 652],
      PersoN: ["no", "hello", "gool"],
      val: [53.9, 1.11],
      isPresent: [false, true],
      dc: ["4.78", "5.67"],
    });
    const scalars = echo({
      id: int(),
      PersoN: string(),
      val: float(),
      isPresent: boolean(),
      dc: decimal(),
    });
    const repeated = "id=5652&id=324441&PersoN=no&PersoN=hello&val=53.9&val=x&isPresent=false" +
      "&isPresent=true&dc=4.78&dc=5.67";
    const first = { id: 5652, PersoN: "no", val: 53.9, isPresent: false, dc: "4.78" };
    await expectAnswer(scalars, `GET /?${repeated}`, first);
    await expectError(scalars, `GET /?${sent}`, 400, `${unfit} 'id'`);
    const text = echo({ foo: string() });
    await expectAnswer(text, "GET /?foo=a,b", { foo: "a,b" });
    await expectAnswer(text, "GET /?foo=&foo=b", { foo: "" });
    await expectAnswer(text, "GET /?foo&foo=b", { foo: "b" });
  },

  "encoded comma is not a separator": async () => {
    const sent = "foo=Owner%20IN%20%28%27owner1%27%2C%27owner2%27%29,Owner%20OUT";
    const list = echo({ foo: array(string(), comma) });
    await expectAnswer(list, `GET /?${sent}`, {
      foo: ["Owner IN ('owner1','owner2')", "Owner OUT"],
    });
    await expectAnswer(list, "GET /?foo=a%2Cb", { foo: ["a,b"] });
    await expectAnswer(list, "GET /?foo=a%2cb,c&foo=d%2C", { foo: ["a,b", "c", "d,"] });
    await expectAnswer(echo({ foo: array(string()) }), "GET /?foo=a,b", { foo: ["a,b"] });
    const piped = echo({ foo: array(int(), { separator: "|" }) });
    await expectAnswer(piped, "GET /?foo=1|2&foo=3", { foo: [1, 2, 3] });
  },

  "bare key on required param is missing": async () => {
    const typed = echo({ "x-Type": string() });
    await expectError(typed, "GET /?x-Type", 400, `${missing} 'x-Type'`);
    await expectError(typed, "GET /?a=b&x-Type&c", 400, `${missing} 'x-Type'`);
    await expectError(typed, "GET /?x-Type&x-Type", 400, `${missing} 'x-Type'`);
    await expectAnswer(typed, "GET /?x-Type=", { "x-Type": "" });
    await expectError(echo({ n: int() }), "GET /?n", 400, `${missing} 'n'`);
    await expectError(echo({ n: array(int()) }), "GET /?n", 400, `${missing} 'n'`);
    await expectError(echo({ n: z.string() }), "GET /?n", 400, `${missing} 'n'`);
  },

  "defaults": async () => {
    const foo = echo({ foo: string({ default: "hello" }) });
    await expectAnswer(foo, "GET /", { foo: "hello" });
    await expectAnswer(foo, "GET /?foo", { foo: "hello" });
    await expectAnswer(foo, "GET /?foo=", { foo: "" });
    await expectAnswer(foo, "GET /?foo=WSO2", { foo: "WSO2" });
    const others = echo({
      int: int({ default: 10 }),
      ints: array(int(), { default: [1, 2] }),
      enum: oneOf(values, { default: "VALUE2" }),
      zod: z.string().default("zod"),
      nil: optional(boolean({ default: true })),
    });
    const defaults = { int: 10, ints: [1, 2], enum: "VALUE2", zod: "zod", nil: true };
    await expectAnswer(others, "GET /", defaults);
    await expectAnswer(others, "GET /?int&ints&enum&zod&nil", defaults);
    await expectAnswer(others, "GET /?int=0&ints=3", { ...defaults, int: 0, ints: [3] });
    // A default stands in for nothing, not for something that does not fit.
    await expectError(others, "GET /?int=", 400, `${unfit} 'int'`);
    await expectError(others, "GET /?enum=value1", 400, `${unfit} 'enum'`);
  },

  "annotation renames the query key": async () => {
    const person = echo({
      firstName: named("first", string()),
      lastName: named("last-name", string()),
      age: named("", optional(int())),
    });
    await expectAnswer(person, "GET /?first=A&last-name=B", { firstName: "A", lastName: "B" });
    await expectAnswer(person, "GET /?first=A&last-name=B&age=3", {
      firstName: "A",
      lastName: "B",
      age: 3,
    });
    await expectError(person, "GET /?firstName=A&lastName=B", 400, `${missing} 'first'`);
    await expectError(person, "GET /?first=A", 400, `${missing} 'last-name'`);
    await expectError(person, "GET /?first=A&last-name=B&age=x", 400, `${unfit} 'age'`);
    const odd = echo({ a: named("a[b]", string()), c: named("c d", string()) });
    await expectAnswer(odd, "GET /?a%5Bb%5D=1&c+d=2", { a: "1", c: "2" });
    await expectAnswer(odd, "GET /?a[b]=1&c%20d=2", { a: "1", c: "2" });
  },

  "key present with empty value": async () => {
    const foo = echo({ foo: string() });
    await expectAnswer(foo, "GET /?foo=", { foo: "" });
    await expectAnswer(foo, "GET /?foo=&bar=1", { foo: "" });
    await expectAnswer(foo, "GET /?foo==", { foo: "=" });
    await expectAnswer(foo, "GET /?foo=a=b", { foo: "a=b" });
    await expectAnswer(echo({ foo: optional(string()) }), "GET /?foo=", { foo: "" });
    await expectAnswer(echo({ foo: array(string()) }), "GET /?foo=&foo=", { foo: ["", ""] });
  },

  "required query missing": async () => {
    const line = "GET /queryparamservice/?FOO=WSO2&bar=go";
    await expectError(fooBar, line, 400, `${missing} 'foo'`);
    await expectError(fooBar, "GET /queryparamservice", 400, `${missing} 'foo'`);
    await expectError(fooBar, "GET /queryparamservice?foo=x", 400, `${missing} 'bar'`);
    await expectError(fooBar, "GET /queryparamservice?foo=x&barr=1", 400, `${missing} 'bar'`);
    await expectAnswer(fooBar, "GET /queryparamservice?foo=x&bar=1", { foo: "x", bar: 1 });
    await expectAnswer(fooBar, "GET /queryparamservice?bar=1&&foo=x&", { foo: "x", bar: 1 });
    await expectAnswer(fooBar, "GET /queryparamservice?%66oo=x&b%61r=1", { foo: "x", bar: 1 });
  },

  "enum query": async () => {
    await expectAnswer(oneEnum, "GET /?query=VALUE3", { query: "VALUE3" });
    for (const value of ["value", "value3", "VALUE", "", "VALUE33", "constructor"]) {
      await expectError(oneEnum, `GET /?query=${value}`, 400, `${unfit} 'query'`);
    }
    await expectAnswer(echo({ query: oneOf(1, 2) }), "GET /?query=2", { query: 2 });
    await expectError(echo({ query: oneOf(1, 2) }), "GET /?query=3", 400, `${unfit} 'query'`);
    const theirs = echo({ query: z.enum(["A", "B"]) });
    await expectAnswer(theirs, "GET /?query=A", { query: "A" });
    await expectError(theirs, "GET /?query=a", 400, `${unfit} 'query'`);
  },

  "percent decoding of values": async () => {
    await expectAnswer(raw, "GET /?foo=%25aaa", { foo: ["%aaa"] });
    await expectAnswer(raw, "GET /?foo=abc%21", { foo: ["abc!"] });
    const foo = echo({ foo: string() });
    const cases: Record<string, string> = {
      "%25aaa": "%aaa",
      "abc%21": "abc!",
      "a+b": "a b",
      "a%2Bb": "a+b",
      "a%20b": "a b",
      "%E2%82%AC": "€",
      "%26%3D%23": "&=#",
      "%2525": "%25",
      "%F0%9F%98%80": "😀",
    };
    for (const [sent, read] of Object.entries(cases)) {
      await expectAnswer(foo, `GET /?foo=${sent}`, { foo: read });
    }
    for (const sent of ["%", "%zz", "%2", "%FF"]) {
      await expectError(foo, `GET /?foo=${sent}`, 400, `${unfit} 'foo'`);
    }
  },

  "comma separated and repeated values merge in order": async () => {
    const lists = echo({ foo: array(string(), comma), bar: array(string(), comma) });
    await expectAnswer(lists, "GET /?foo=a,b&bar=c&foo=d", { foo: ["a", "b", "d"], bar: ["c"] });
    await expectAnswer(lists, "GET /?bar=c,d&foo=a&bar=e,f", {
      foo: ["a"],
      bar: ["c", "d", "e", "f"],
    });
    const ints = echo({ n: array(int(), comma) });
    await expectAnswer(ints, "GET /?n=3,1&n=2&n=1", { n: [3, 1, 2, 1] });
    await expectError(ints, "GET /?n=3,x&n=2", 400, `${unfit} 'n'`);
    // Undeclared, a query is the platform's own URLSearchParams, which knows no commas.
    await expectAnswer(raw, "GET /?foo=a,b&bar=c&foo=d", { foo: ["a,b", "d"], bar: ["c"] });
  },

  "enum array query": async () => {
    await expectAnswer(enums, "GET /?query=VALUE2,VALUE1", { query: ["VALUE2", "VALUE1"] });
    await expectError(enums, "GET /?query=value1,value2", 400, `${unfit} 'query'`);
    await expectError(enums, "GET /?query=VALUE1,value2", 400, `${unfit} 'query'`);
    await expectAnswer(enums, "GET /?query=VALUE2&query=VALUE3", { query: ["VALUE2", "VALUE3"] });
    await expectError(enums, "GET /", 400, `${missing} 'query'`);
    const repeated = echo({ query: array(oneOf(...values)) });
    await expectError(repeated, "GET /?query=VALUE2,VALUE1", 400, `${unfit} 'query'`);
  },
}, {
  "scalar param takes the first of many":
    'a comma separates only where the schema says array(…, { separator: "," })',
});
