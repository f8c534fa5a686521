/**
 * What the original library's own tests hold of what a client binds answers to (spec 2.4.3): values,
 * unions by media type and nil, beyond the published cases.
 */
import assert from "node:assert/strict";
import {
  type Body,
  byMediaType,
  bytes,
  Client,
  form,
  get,
  int,
  json,
  noContent,
  optional,
  PayloadBindingError,
  PayloadValidationError,
  service,
  string,
  text,
  xml,
} from "@pirouette/http";
import { z } from "zod";
import { answering, plain, refusal } from "./answering.ts";

const Person = z.object({ name: z.string(), age: z.number() });
const Stock = z.object({ id: z.number(), price: z.number() });

const wso2 = [87, 83, 79, 50];
const formText = "first%20Name=WS%20O2&tea%24%2Am=Bal%40Dance";
const formRecord = { "first Name": "WS O2", "tea$*m": "Bal@Dance" };
const formType = "application/x-www-form-urlencoded";
const odd = "type2/subtype2";
const everything = byMediaType(xml(), json(), text(), bytes());

type Declared = Body | z.ZodType | ReturnType<typeof int>;

Deno.test("original client, binding: values by media type and declared type", async () => {
  const nested = { id: "chamil", values: { a: 2, b: 45, c: { x: "mnb", y: "uio" } } };
  const table: readonly (readonly [body: string, type: string | undefined, Declared, unknown])[] = [
    [JSON.stringify(nested), "application/json", json(), nested],
    ["<name>Ballerina</name>", "application/xml", xml(), { name: "Ballerina" }],
    ["This is my @4491*&&#$^($@", "text/plain", text(), "This is my @4491*&&#$^($@"],
    ["WSO2", "application/octet-stream", bytes(), wso2],
    ['{"name":"chamil","age":15}', "application/json", Person, { name: "chamil", age: 15 }],
    ['[{"name":"a","age":3}]', "application/json", z.array(Person), [{ name: "a", age: 3 }]],
    ['{"1":{"name":"a","age":3}}', "application/json", z.record(z.string(), Person), {
      "1": { name: "a", age: 3 },
    }],
    ["56", "application/json", int(), 56],
    ["-2147483648", "application/json", int(), -2147483648],
    ["[56,34]", "application/json", z.array(z.number()), [56, 34]],
    ['{"name":11,"team":22}', "application/json", z.record(z.string(), z.number()), {
      name: 11,
      team: 22,
    }],
    ['["hello","ballerina"]', "application/json", z.array(z.string()), ["hello", "ballerina"]],
    ['{"status":"OK"}', "application/json", z.record(z.string(), z.string()), { status: "OK" }],
    ['{"status":"OK"}', "application/vnd.acme+json", json(), { status: "OK" }],
    ["563", "application/json", json(), 563],
    // Bytes in JSON are numbers, for a list of them and for one.
    ["[87,83,79,50]", "application/json", bytes(), wso2],
    ["[[87,83]]", "application/json", z.array(z.array(z.number())), [[87, 83]]],
    ["WSO2", "text/plain", bytes(), wso2],
    // A type that says nothing leaves it to what is declared; so does none.
    ["65", odd, int(), 65],
    ["[56,34]", odd, z.array(z.number()), [56, 34]],
    ["hello", odd, text(), "hello"],
    ['["hello"]', odd, z.array(z.string()), ["hello"]],
    ["WSO2", odd, bytes(), wso2],
    ['{"name":11}', odd, z.record(z.string(), z.number()), { name: 11 }],
    ["65", undefined, int(), 65],
    ["hello", undefined, text(), "hello"],
    ["<a>b</a>", undefined, xml(), { a: "b" }],
    ["WSO2", undefined, bytes(), wso2],
    ['{"name":"a","age":1}', undefined, Person, { name: "a", age: 1 }],
    [formText, formType, form(), formRecord],
    [formText, formType, text(), formText],
    ["first%20Name=WS%20O2&tea%24%2Am=", formType, form(), { "first Name": "WS O2", "tea$*m": "" }],
    ["first%20Name=WS%20O2&=Bal%40Dance", formType, form(), { "first Name": "WS O2" }],
    ["first%20Name=WS%20O2", formType, form(), { "first Name": "WS O2" }],
    ["key1=value+1&key2=value+2", formType, form(), { key1: "value 1", key2: "value 2" }],
  ];
  for (const [body, type, as, expected] of table) {
    const bound: unknown = await answering({ body, type: type ?? "" }).get("/", { as });
    assert.deepEqual(plain(bound), expected, `${body} as ${type}`);
  }
});

Deno.test("original client, binding: unions are bound by the media type", async () => {
  const table: readonly (readonly [body: string, type: string, Declared, unknown])[] = [
    ["<name>WSO2</name>", "application/xml", byMediaType(xml(), json()), { name: "WSO2" }],
    ['{"id":20}', "application/json", byMediaType(xml(), json()), { id: 20 }],
    ["hello", "text/plain", byMediaType(xml(), text()), "hello"],
    ["WSO2", "text/plain", byMediaType(xml(), bytes()), wso2],
    [formText, formType, byMediaType(xml(), form()), formRecord],
    [formText, formType, byMediaType(text(), xml()), formText],
    ["WSO2", "application/octet-stream", byMediaType(bytes(), xml()), wso2],
    ['{"name":"hello","age":20}', "application/json", z.union([Person, Stock]), {
      name: "hello",
      age: 20,
    }],
    ["56", "application/json", z.union([z.number(), z.string()]), 56],
    ["65", odd, z.union([z.number(), z.string()]), 65],
    ["hello", "text/plain", z.union([z.number(), z.string()]), "hello"],
    ["hello", "text/plain", everything, "hello"],
    ['{"id":20}', "application/json", everything, { id: 20 }],
    ["<name>WSO2</name>", "application/xml", everything, { name: "WSO2" }],
    ["WSO2", "application/octet-stream", everything, wso2],
    // Anything at all is what the media type has it.
    ["Hello, World!", "text/plain", z.unknown(), "Hello, World!"],
    ["name=John&age=23", formType, z.unknown(), { name: "John", age: "23" }],
    ['{"name":"John"}', "application/json", z.unknown(), { name: "John" }],
    ["<m>Hello</m>", "application/xml", z.unknown(), { m: "Hello" }],
    ["WSO2", "application/octet-stream", z.unknown(), wso2],
  ];
  for (const [body, type, as, expected] of table) {
    const bound: unknown = await answering({ body, type }).get("/", { as });
    assert.deepEqual(plain(bound), expected, `${body} as ${type}`);
  }
});

Deno.test("original client, binding: what a media type cannot give is incompatible", async () => {
  const table: readonly (readonly [body: string, type: string, Declared, message: string])[] = [
    ["65", "application/xml", int(), "incompatible int found for 'application/xml' mime type"],
    ["65", "text/plain", int(), "incompatible int found for 'text/plain' mime type"],
    ["a", "text/plain", xml(), "incompatible xml found for 'text/plain' mime type"],
    ["{}", "application/json", xml(), "incompatible xml found for 'application/json' mime type"],
    ["{}", "application/json", form(), "incompatible map<string> found for 'application/json'"],
    ["a", "application/octet-stream", text(), "incompatible string found for"],
    ["<a/>", "application/xml", text(), "incompatible string found for 'application/xml'"],
    ["a=b", formType, bytes(), "incompatible byte[] found for"],
    ["a", "text/plain", Person, "incompatible "],
    ["a", "text/plain", byMediaType(xml(), json()), "incompatible xml|json found for 'text/plain'"],
  ];
  for (const [body, type, as, message] of table) {
    for (const declared of [as, optional(as)]) {
      const error = await refusal(answering({ body, type }).get("/", { as: declared }));
      assert.ok(error instanceof PayloadBindingError, `${error}`);
      assert.ok(error.message.startsWith(message), error.message);
      // A client's fault is none of whoever asked the service that this client is part of.
      assert.equal(error.status, 500);
    }
  }
});

Deno.test("original client, binding: what does not fit says where", async () => {
  const Weighed = Person.extend({ weight: z.number() });
  const record = '{"name":"chamil","age":15}';
  const table: readonly (readonly [body: string, Declared, detail: RegExp])[] = [
    [record, Weighed, /\$\.weight/],
    [`[${record}]`, z.array(Weighed), /\$\[0\]\.weight/],
    ['{"id":{}}', z.record(z.string(), z.string()), /\$\.id/],
    ['"text"', int(), /int/],
    ["{", json(), /JSON/],
    ["{}", text(), /string/],
    ["[256]", bytes(), /byte\[\]/],
  ];
  for (const [body, as, detail] of table) {
    const error = await refusal(answering({ body, type: "application/json" }).get("/", { as }));
    assert.ok(error instanceof PayloadBindingError && !(error instanceof PayloadValidationError));
    assert.match(error.message, detail);
    assert.match(error.message, /^(?:Payload|data) binding failed: /);
  }
});

Deno.test("original client, binding: no content is nil, or an error", async () => {
  const table: readonly (readonly [type: string | undefined, Declared])[] = [
    ["application/json", json()],
    ["application/json", Person],
    ["application/json", z.array(Person)],
    ["application/json", z.record(z.string(), z.unknown())],
    ["application/xml", xml()],
    ["application/xml", byMediaType(xml(), text())],
    ["text/plain", text()],
    ["text/plain", byMediaType(xml(), bytes())],
    ["application/octet-stream", byMediaType(xml(), bytes())],
    ["application/octet-stream", bytes()],
    [formType, form()],
    [formType, byMediaType(xml(), text())],
    [formType, byMediaType(xml(), form())],
    [undefined, text()],
    [undefined, json()],
    [undefined, int()],
  ];
  for (const [type, as] of table) {
    for (const body of ["", null]) {
      const api = answering(type === undefined ? { body } : { body, type, status: 201 });
      assert.equal(await api.get("/", { as: optional(as) }), undefined, `${type}`);
      const error = await refusal(api.get("/", { as }));
      assert.deepEqual([error.name, error.message], ["NoContentError", "No content"], `${type}`);
      assert.equal(error.status, 500);
    }
  }
  const nothing = new Client("http://h", {
    fetch: service({}, [get("/", () => noContent())]).fetch,
  });
  assert.equal(await nothing.get("/", { as: optional(json()) }), undefined);
});

Deno.test("original client, binding: every method binds", async () => {
  const answer = { body: '{"name":"chamil","age":15}', type: "application/json" };
  const api = answering(answer);
  const bound = { name: "chamil", age: 15 };
  const as = Person;
  assert.deepEqual(await api.get("/", { as }), bound);
  assert.deepEqual(await api.options("/", { as }), bound);
  assert.deepEqual(await api.post("/", "x", { as }), bound);
  assert.deepEqual(await api.put("/", "x", { as }), bound);
  assert.deepEqual(await api.patch("/", "x", { as }), bound);
  assert.deepEqual(await api.delete("/", "x", { as }), bound);
  assert.deepEqual(await api.execute("POST", "/", "x", { as }), bound);
  assert.deepEqual(await api.forward("/", new Request("http://front/"), { as }), bound);
  assert.equal(
    await answering({ body: "hello", type: "text/plain" }).get("/", { as: string() }),
    "hello",
  );
});
