/** The payload table: how bodies bind (spec 2.3.4.4). */
import {
  array,
  byMediaType,
  bytes,
  decimal,
  float,
  form,
  get,
  int,
  json,
  optional,
  post,
  type Schema,
  type Service,
  service,
  string,
  text,
  xml,
} from "@pirouette/http";
import * as v from "valibot";
import { type } from "arktype";
import { z } from "zod";
import { expectAnswer, expectError } from "./ask.ts";
import { conformance } from "./cases.ts";

const formType = "application/x-www-form-urlencoded";
const jsonType = "application/json";
const xmlType = "application/xml";
const plain = "text/plain";
const octets = "application/octet-stream";

/** A service that echoes its body, in a list that tells nil from an empty answer. */
function echo(body: Schema): Service {
  return service({}, [
    post("/", { body }, ({ body }) => [body instanceof Uint8Array ? [...body] : body]),
  ]);
}

function send(body: string, contentType?: string): RequestInit {
  // As bytes it gets no content type from the platform.
  const headers = contentType === undefined ? {} : { "content-type": contentType };
  return { body: new TextEncoder().encode(body), headers };
}

async function expectBound(
  schema: Schema,
  body: string,
  contentType: string | undefined,
  value: unknown,
): Promise<void> {
  const expected = [value === undefined ? null : value];
  await expectAnswer(echo(schema), "POST /", expected, { status: 201, ...send(body, contentType) });
}

async function expectFailure(
  schema: Schema,
  body: string,
  contentType: string | undefined,
  detail: string,
): Promise<void> {
  const message = `data binding failed: ${detail}`;
  await expectError(echo(schema), "POST /", 400, message, send(body, contentType));
}

const Person = z.strictObject({ name: z.string(), age: z.int() });
const strings = z.record(z.string(), z.string());
const ints = z.record(z.string(), z.int());

conformance("payload", {
  "union picks member by media type": async () => {
    const map = z.record(z.string(), z.unknown());
    const union = byMediaType(json(map), xml());
    await expectBound(union, '{"a":1}', jsonType, { a: 1 });
    await expectBound(union, "<a>1</a>", xmlType, { a: "1" });
    await expectBound(union, '{"a":1}', "application/ld+json", { a: 1 });
    await expectBound(union, "<a>1</a>", "application/atom+xml; charset=utf-8", { a: "1" });
    await expectBound(union, "<a>1</a>", "text/xml", { a: "1" });
    await expectFailure(union, "[1]", jsonType, "Invalid input");
    for (const contentType of [plain, formType, octets]) {
      await expectFailure(union, "a=1", contentType, "incompatible type found: 'json|xml'");
    }
    const texts = byMediaType(json(Person), text(), bytes());
    await expectBound(texts, '{"name":"Kim","age":8}', jsonType, { name: "Kim", age: 8 });
    await expectBound(texts, "Kim", plain, "Kim");
    await expectBound(texts, "Kim", octets, [75, 105, 109]);
    await expectBound(texts, "a=1", formType, "a=1");
  },

  "form body to map<int>": async () => {
    const incompatible = "incompatible type found: 'map<int>'";
    await expectFailure(ints, "a=1&b=2", formType, incompatible);
    await expectFailure(form(ints), "a=1", formType, incompatible);
    const types = { float: z.number(), boolean: z.boolean() };
    for (const [name, item] of Object.entries(types)) {
      const detail = `incompatible type found: 'map<${name}>'`;
      await expectFailure(z.record(z.string(), item), "a=true", formType, detail);
    }
    await expectFailure(
      z.array(z.string()),
      "a=1",
      formType,
      "incompatible type found: 'string[]'",
    );
    await expectFailure(int(), "a=1", formType, "incompatible type found: 'int'");
    // What converts texts itself takes those of a form.
    const coerced = z.record(z.string(), z.coerce.number());
    await expectBound(coerced, "a=1&b=2", formType, { a: 1, b: 2 });
  },

  "byte[] with application/json expects JSON array": async () => {
    await expectFailure(bytes(), "WSO2", jsonType, "unrecognized token 'WSO2'");
    await expectBound(bytes(), "[87, 83, 79, 50]", jsonType, [87, 83, 79, 50]);
    await expectBound(bytes(), "[]", jsonType, []);
    for (const body of ["[256]", "[-1]", "[1.5]", '["a"]', "{}", '"WSO2"']) {
      await expectFailure(bytes(), body, jsonType, "incompatible type found: 'byte[]'");
    }
    for (const contentType of [plain, octets, "image/png", "text/csv", undefined]) {
      await expectBound(bytes(), "WSO2", contentType, [87, 83, 79, 50]);
    }
  },

  "record param with text body": async () => {
    await expectFailure(Person, "ballerina", plain, "incompatible type found: 'record'");
    const titled = Person.meta({ title: "Person" });
    await expectFailure(titled, "ballerina", plain, "incompatible type found: 'Person'");
    await expectFailure(titled, "ballerina", octets, "incompatible type found: 'Person'");
    await expectFailure(titled, "name=Kim&age=8", formType, "incompatible type found: 'Person'");
    await expectFailure(json(Person), "{}", plain, "incompatible type found: 'json'");
    await expectFailure(int(), "5", plain, "incompatible type found: 'int'");
    await expectFailure(strings, "x", plain, "incompatible type found: 'map<string>'");
    // Of Valibot's schemas nobody can tell the name.
    const foreign = v.object({ name: v.string() });
    await expectFailure(foreign, "ballerina", plain, "incompatible type found: 'anydata'");
  },

  "form body to map<string>": async () => {
    const sent = "name=hello%20go&team=ba%20%23ller%20%40na";
    const read = { name: "hello go", team: "ba #ller @na" };
    await expectBound(strings, sent, formType, read);
    await expectBound(form(strings), sent, formType, read);
    await expectBound(form(), sent, formType, read);
    await expectBound(string(), sent, formType, sent);
    await expectBound(z.string(), sent, formType, sent);
    await expectBound(strings, "name=a+b&plus=%2B", formType, { name: "a b", plus: "+" });
    await expectBound(form(), "a=1&b=2&a=3", formType, { a: ["1", "3"], b: "2" });
    await expectBound(form(), "a.b=1&c[d]=2&constructor=3", formType, {
      "a.b": "1",
      "c[d]": "2",
      constructor: "3",
    });
    const Login = z.object({ user: z.string().min(2), password: z.string() });
    const login = { user: "kim", password: "s=crét" };
    await expectBound(Login, "user=kim&password=s%3Dcr%C3%A9t", formType, login);
    await expectFailure(Login, "user=kim", formType, "incompatible type found: 'record'");
    const short = send("user=k&password=", formType);
    await expectError(echo(Login), "POST /", 400, "payload validation failed: ", short);
  },

  "form edge cases": async () => {
    await expectBound(strings, "name=x&team=", formType, { name: "x", team: "" });
    await expectBound(strings, "name=x&=b", formType, { name: "x" });
    await expectFailure(strings, "", formType, "String payload is null");
    await expectBound(strings, "name=x&team", formType, { name: "x", team: "" });
    await expectBound(strings, "&name=x&&", formType, { name: "x" });
    await expectBound(strings, "name=x==y", formType, { name: "x==y" });
    await expectBound(optional(strings), "", formType, undefined);
    for (const malformed of ["a=%", "a=%zz", "%=1", "a=%ff"]) {
      await expectFailure(strings, malformed, formType, "malformed percent-encoding");
    }
  },

  "content-type parameters ignored for form": async () => {
    for (
      const contentType of [
        `${formType}; charset=UTF-8`,
        `${formType};`,
        `${formType};charset=utf-8;`,
        `${formType} ; a="b;c"`,
        formType.toUpperCase(),
      ]
    ) {
      await expectBound(strings, "a=b&c=%C3%A9", contentType, { a: "b", c: "é" });
    }
  },

  "undefined field on closed record": async () => {
    const sent = '{"name":"WSO2","team":8}';
    const closed = {
      zod: Person,
      valibot: v.strictObject({ name: v.string(), age: v.optional(v.number()) }),
      arktype: type({ name: "string", "age?": "number", "+": "reject" }),
    };
    for (const schema of Object.values(closed)) {
      await expectFailure(schema, sent, jsonType, "undefined field 'team'");
      await expectBound(schema, '{"name":"WSO2","age":8}', jsonType, { name: "WSO2", age: 8 });
    }
    const nested = z.object({ people: z.array(Person) });
    const inner = '{"people":[{"name":"a","age":1},{"name":"b","age":1,"x":1,"y":2}]}';
    const told = "undefined field 'x' at $.people[1]; undefined field 'y' at $.people[1]";
    await expectFailure(nested, inner, jsonType, told);
    await expectFailure(Person, '{"name":"WSO2"}', jsonType, "$.age: ");
    await expectFailure(Person, '{"name":"WSO2","age":"8"}', jsonType, "$.age: ");
    // An open record takes what it does not know; the default of Zod drops it.
    const open = z.looseObject({ name: z.string() });
    await expectBound(open, sent, jsonType, { name: "WSO2", team: 8 });
    await expectBound(z.object({ name: z.string() }), sent, jsonType, { name: "WSO2" });
    // A client that sends many, or long ones, is not told all of them.
    const flood = Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`${at}`, at]));
    const init = send(JSON.stringify({ ...flood, ["x".repeat(5000)]: 1 }), jsonType);
    await expectError(echo(Person), "POST /", 400, /^.{0,1000}and \d+ more$/, init);
  },

  "string? with empty body": async () => {
    for (const contentType of [plain, undefined, jsonType, "application/abc"]) {
      await expectBound(optional(string()), "", contentType, undefined);
    }
    await expectBound(z.string().optional(), "", plain, undefined);
    await expectBound(optional(Person), "", jsonType, undefined);
    await expectBound(optional(xml()), "", xmlType, undefined);
    await expectBound(optional(bytes()), "", octets, undefined);
    await expectBound(string({ default: "none" }), "", plain, "none");
    await expectBound(string(), "", plain, "");
    await expectBound(bytes(), "", octets, []);
    await expectBound(optional(string()), " ", plain, " ");
    for (const [schema, contentType] of [[Person, jsonType], [int(), undefined]] as const) {
      await expectFailure(schema, "", contentType, "the payload is empty");
    }
    await expectFailure(xml(), "", xmlType, "the payload is empty");
    const bodiless = service({}, [
      post("/", { body: optional(Person) }, ({ body }) => [body]),
      get("/", { body: optional(string()) }, ({ body }) => [body]),
    ]);
    await expectAnswer(bodiless, "POST /", [null], { status: 201 });
    await expectAnswer(bodiless, "GET /", [null]);
  },

  "unknown media type infers from param type": async () => {
    const sent = '{"name":"WSO2","age":8}';
    for (const contentType of ["application/abc", "application/vnd.x.y", "x/y; a=b", undefined]) {
      await expectBound(int(), "5", contentType, 5);
      await expectBound(float(), "5.5", contentType, 5.5);
      await expectBound(decimal(), "5.5", contentType, "5.5");
      await expectBound(array(int()), "[1,2]", contentType, [1, 2]);
      await expectBound(z.array(z.int()), "[1,2]", contentType, [1, 2]);
      await expectBound(Person, sent, contentType, { name: "WSO2", age: 8 });
      await expectBound(json(), "null", contentType, null);
      await expectBound(string(), "WSO2", contentType, "WSO2");
      await expectBound(z.string(), "WSO2", contentType, "WSO2");
      await expectBound(xml(), "<a>b</a>", contentType, { a: "b" });
      await expectBound(bytes(), "WSO2", contentType, [87, 83, 79, 50]);
      await expectFailure(Person, "WSO2", contentType, "unrecognized token 'WSO2'");
      await expectFailure(int(), '"5"', contentType, "expected int");
    }
  },

  "encoded & and = inside form keys and values": async () => {
    const sent = "key0%261%3D2=value1&key2=value2%26value3%3Dvalue4";
    const read = { "key0&1=2": "value1", key2: "value2&value3=value4" };
    await expectBound(strings, sent, formType, read);
    await expectBound(form(), sent, formType, read);
    await expectBound(strings, "a%26=%26&b=%3D%25%2B", formType, { "a&": "&", b: "=%+" });
  },

  "string[] with text/plain": async () => {
    const incompatible = (item: string) => `incompatible array element type found: '${item}'`;
    await expectFailure(array(string()), "WSO2", plain, incompatible("string"));
    await expectFailure(z.array(z.string()), "WSO2", plain, incompatible("string"));
    await expectFailure(array(int()), "[1]", plain, incompatible("int"));
    await expectFailure(array(string()), "WSO2", octets, incompatible("string"));
    await expectBound(array(string()), '["a","b"]', jsonType, ["a", "b"]);
    await expectFailure(array(string()), '["a",1]', jsonType, "$[1]: expected string");
    await expectFailure(array(string()), '"a"', jsonType, "expected array");
  },
});
