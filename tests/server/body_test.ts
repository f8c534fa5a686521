/**
 * Payloads of every kind, from the bytes on the wire to what the handler is given, and the schemas
 * of other libraries wherever a schema can stand.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  array,
  byMediaType,
  bytes,
  form,
  get,
  int,
  json,
  optional,
  post,
  type Resource,
  type Schema,
  service,
  type ServiceConfig,
  stream,
  string,
  text,
  xml,
} from "@pirouette/http";
import { type } from "arktype";
import * as v from "valibot";
import { z } from "zod";
import { onBothTransports } from "../support/both_transports.ts";

/** A service that tells what it is given as a body of `schema`, as JSON. */
function echo(schema: Schema, config: ServiceConfig = {}): ReturnType<typeof service> {
  return service(config, [
    post("/", { body: schema }, ({ body }) => ({ body: shown(body) })),
  ]);
}

/** A value as JSON tells it, with what it would not tell. */
function shown(value: unknown): unknown {
  if (value === undefined) return "undefined";
  if (value instanceof Uint8Array) return { bytes: [...value] };
  if (value instanceof File) return { file: value.name, type: value.type, size: value.size };
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, shown(one)]));
}

type Sent = BodyInit | undefined;

/** A payload: its bytes, its content type if it has one of its own, and what it binds to. */
type Row = readonly [
  sent: Sent,
  contentType: string | undefined,
  expected: { status: number } | { body: unknown },
];

function toInit([body, contentType]: Row): RequestInit {
  const headers: HeadersInit = contentType === undefined ? {} : { "content-type": contentType };
  return { method: "POST", headers, ...(body === undefined ? {} : { body }) };
}

async function checkRows(schema: Schema, rows: readonly Row[], config?: ServiceConfig) {
  await onBothTransports(echo(schema, config), async (ask, transport) => {
    for (const row of rows) {
      const [sent, contentType, expected] = row;
      const response = await ask("/", toInit(row));
      const body = await response.json();
      const where = `${transport}: ${String(sent)} as ${contentType}: ${JSON.stringify(body)}`;
      if ("status" in expected) assert.equal(response.status, expected.status, where);
      else {assert.deepEqual(
          { status: response.status, ...body },
          { status: 201, ...expected },
          where,
        );}
    }
  });
}

const refused = { status: 400 };
const latin1 = new Uint8Array([0x63, 0x61, 0x66, 0xe9]);

Deno.test("body: text", async () => {
  await checkRows(text(), [
    ["plain", "text/plain", { body: "plain" }],
    ["plain", undefined, { body: "plain" }],
    ["<p>", "text/html; charset=utf-8", { body: "<p>" }],
    ["", "text/plain", { body: "" }],
    [latin1, "text/plain; charset=iso-8859-1", { body: "café" }],
    [latin1, "text/plain", refused],
    ["a", "text/plain; charset=klingon", { status: 415 }],
    ['"quoted"', "application/json", { body: "quoted" }],
    ["7", "application/json", refused],
    ["a=1&b=2", "application/x-www-form-urlencoded", { body: "a=1&b=2" }],
    ["<a/>", "application/xml", refused],
    ["\ufeffmarked", "text/plain", { body: "marked" }],
  ]);
  await checkRows(text(z.string().max(3)), [
    ["abc", "text/plain", { body: "abc" }],
    ["abcd", "text/plain", refused],
  ]);
  await checkRows(string({ minLength: 2 }), [
    ["ab", "text/plain", { body: "ab" }],
    ["a", "text/plain", refused],
  ]);
});

Deno.test("body: JSON", async () => {
  await checkRows(json(), [
    ['{"a":[1,null]}', "application/json", { body: { a: [1, null] } }],
    ["7", "application/json; charset=utf-8", { body: 7 }],
    ["7", "APPLICATION/JSON", { body: 7 }],
    ["[]", "application/vnd.album+json", { body: [] }],
    ["null", "application/json", { body: null }],
    ["{}", "application/odd", { body: {} }],
    ["{", "application/json", refused],
    ["", "application/json", refused],
    [undefined, undefined, refused],
    ["{}", "text/plain", refused],
    ["{}", "application/xml", refused],
    ["{}", "nonsense", refused],
  ]);
  const Point = z.object({ x: z.number(), y: z.number().default(0) });
  await checkRows(json(Point), [
    ['{"x":1,"z":2}', "application/json", { body: { x: 1, y: 0 } }],
    ['{"x":"1"}', "application/json", refused],
    ["[]", "application/json", refused],
  ]);
  await checkRows(int({ max: 9 }), [
    ["9", "application/json", { body: 9 }],
    ["10", "application/json", refused],
    ['"9"', "application/json", refused],
    ["1.5", "application/json", refused],
  ]);
  await checkRows(array(int()), [
    ["[1,2]", "application/json", { body: [1, 2] }],
    ['[1,"2"]', "application/json", refused],
    ["1", "application/json", refused],
  ]);
});

Deno.test("body: XML", async () => {
  const album = "<album><id>1</id><tag>a</tag><tag>b</tag></album>";
  const tree = { album: { id: "1", tag: ["a", "b"] } };
  await checkRows(xml(), [
    [album, "application/xml", { body: tree }],
    [album, "text/xml", { body: tree }],
    [album, "application/atom+xml; charset=utf-8", { body: tree }],
    ["<album>", "application/xml", refused],
    ["", "application/xml", refused],
    [album, "text/plain", refused],
    ["{}", "application/json", refused],
  ]);
  const Album = z.object({ album: z.object({ id: z.coerce.number() }) });
  await checkRows(xml(Album), [
    [album, "application/xml", { body: { album: { id: 1 } } }],
    ["<book><id>1</id></book>", "application/xml", refused],
  ]);
});

function upload(...files: readonly File[]): FormData {
  const data = new FormData();
  data.set("title", "Jeru");
  for (const file of files) data.append("cover", file);
  return data;
}

const picture = (name: string) => new File(["picture"], name, { type: "image/png" });

Deno.test("body: forms, URL-encoded and multipart, with files", async () => {
  const encoded = "application/x-www-form-urlencoded";
  const file = (name: string) => ({ file: name, type: "image/png", size: 7 });
  await checkRows(form(), [
    ["a=1&b=%C3%A4+c&a=2&d", encoded, { body: { a: ["1", "2"], b: "ä c", d: "" } }],
    [new URLSearchParams({ a: "1" }), undefined, { body: { a: "1" } }],
    [upload(), undefined, { body: { title: "Jeru" } }],
    [upload(picture("a")), undefined, { body: { title: "Jeru", cover: file("a") } }],
    [upload(picture("a"), picture("b")), undefined, {
      body: { title: "Jeru", cover: [file("a"), file("b")] },
    }],
    ["a=%zz", encoded, refused],
    ["", encoded, refused],
    ["a=1", "text/plain", refused],
    ["a=1", "multipart/form-data", refused],
    ["--x\r\nnonsense", "multipart/form-data; boundary=x", refused],
  ]);
  const Upload = z.object({ title: z.string(), cover: z.file().max(10).mime("image/png") });
  await checkRows(form(Upload), [
    [upload(picture("a")), undefined, { body: { title: "Jeru", cover: file("a") } }],
    [upload(), undefined, refused],
    [upload(new File(["a"], "a", { type: "text/html" })), undefined, refused],
    [upload(new File(["x".repeat(11)], "a", { type: "image/png" })), undefined, refused],
    [upload(picture("a"), picture("b")), undefined, refused],
  ]);
});

Deno.test("body: bytes", async () => {
  await checkRows(bytes(), [
    [new Uint8Array([0, 255]), "application/octet-stream", { body: { bytes: [0, 255] } }],
    [new Uint8Array([0, 255]), "image/png", { body: { bytes: [0, 255] } }],
    [new Uint8Array([0, 255]), undefined, { body: { bytes: [0, 255] } }],
    [latin1, "text/plain", { body: { bytes: [...latin1] } }],
    [undefined, undefined, { body: { bytes: [] } }],
    ["[1,255]", "application/json", { body: { bytes: [1, 255] } }],
    ["[256]", "application/json", refused],
    ["<a/>", "application/xml", refused],
  ]);
});

Deno.test("body: a stream is handed over unread, whatever its type", async () => {
  const streams = service({ maxEntityBodySize: 1 }, [
    post("/", { body: stream() }, async ({ body }) => {
      const first = await body?.getReader().read();
      return { first: first?.value === undefined ? null : new TextDecoder().decode(first.value) };
    }),
  ]);
  await onBothTransports(streams, async (ask) => {
    const rows = [["{", "application/json"], ["more than one", "nonsense"]] as const;
    for (const [body, contentType] of rows) {
      const headers = { "content-type": contentType };
      const response = await ask("/", { method: "POST", body, headers });
      assert.deepEqual(await response.json(), { first: body });
    }
    const { first } = await (await ask("/", { method: "POST" })).json();
    // A transport makes an empty stream of no body.
    assert.equal(first ?? "", "");
  });
});

Deno.test("body: the media type chooses among several kinds", async () => {
  const Note = z.object({ text: z.string() });
  const XmlNote = z.object({ note: Note }).transform(({ note }) => note);
  const TextNote = z.string().transform((sent) => ({ text: sent }));
  await checkRows(byMediaType(json(Note), xml(XmlNote), text(TextNote)), [
    ['{"text":"a"}', "application/json", { body: { text: "a" } }],
    ["<note><text>a</text></note>", "application/xml", { body: { text: "a" } }],
    ["a", "text/plain", { body: { text: "a" } }],
    ['{"text":"a"}', "application/odd", { body: { text: "a" } }],
    ["<note><text>a</text></note>", "application/json", refused],
    ["a", "application/octet-stream", refused],
    ["<note/>", "application/xml", refused],
  ]);
});

Deno.test("body: one that is optional may be left out, and may not be wrong", async () => {
  const rows: readonly Row[] = [
    [undefined, undefined, { body: "undefined" }],
    ["", "application/json", { body: "undefined" }],
    ['{"a":1}', "application/json", { body: { a: 1 } }],
    ['{"a":"1"}', "application/json", refused],
    ["{", "application/json", refused],
  ];
  const A = z.object({ a: z.number() });
  await checkRows(optional(json(A)), rows);
  await checkRows(optional(A), rows);
  await checkRows(A.optional(), rows);
  await checkRows(optional(text()), [
    [undefined, undefined, { body: "undefined" }],
    ["a", "text/plain", { body: "a" }],
  ]);
  await checkRows(int({ default: 7 }), [
    [undefined, undefined, { body: 7 }],
    ["8", "application/json", { body: 8 }],
    ["1.5", "application/json", refused],
  ]);
  await checkRows(A.default({ a: 5 }), [
    [undefined, undefined, { body: { a: 5 } }],
    ['{"a":1}', "application/json", { body: { a: 1 } }],
  ]);
});

Deno.test("body: a schema alone takes what the media type gives", async () => {
  const A = z.object({ a: z.coerce.number() });
  await checkRows(A, [
    ['{"a":1}', "application/json", { body: { a: 1 } }],
    ["a=1", "application/x-www-form-urlencoded", { body: { a: 1 } }],
    ["<a>1</a>", "application/xml", { body: { a: 1 } }],
    ["a", "text/plain", refused],
  ]);
});

Deno.test("body: with lax binding null and absent stand for each other", async () => {
  const Lax = z.object({
    a: z.number().optional(),
    b: z.string().nullable(),
    deep: z.object({ c: z.number().optional() }).optional(),
  });
  const sent = '{"a":null,"deep":{"c":null}}';
  const type = "application/json";
  await checkRows(Lax, [[sent, type, refused]]);
  await checkRows(Lax, [
    [sent, type, { body: { b: null, deep: {} } }],
    ['{"a":1,"b":"b"}', type, { body: { a: 1, b: "b" } }],
    ['{"a":"1","b":"b"}', type, refused],
    ['{"a":null}', type, { body: { b: null } }],
  ], { laxDataBinding: true });
});

/** The same record in three libraries, in both ways, and so that it has to be waited for. */
const libraries: Readonly<Record<string, { whole: Schema; fields: Record<string, Schema> }>> = {
  zod: {
    whole: z.object({ name: z.string().min(2), age: z.coerce.number() }),
    fields: { name: z.string().min(2), age: z.coerce.number() },
  },
  "zod, asynchronous": {
    whole: z.object({
      name: z.string().refine((name) => Promise.resolve(name.length > 1)),
      age: z.coerce.number(),
    }),
    fields: {
      name: z.string().refine((name) => Promise.resolve(name.length > 1)),
      age: z.coerce.number(),
    },
  },
  valibot: {
    whole: v.object({
      name: v.pipe(v.string(), v.minLength(2)),
      age: v.pipe(v.unknown(), v.transform(Number), v.number()),
    }),
    fields: {
      name: v.pipe(v.string(), v.minLength(2)),
      age: v.pipe(v.string(), v.transform(Number), v.number()),
    },
  },
  "valibot, asynchronous": {
    whole: v.objectAsync({
      name: v.pipeAsync(v.string(), v.checkAsync((name) => Promise.resolve(name.length > 1))),
      age: v.pipe(v.unknown(), v.transform(Number), v.number()),
    }),
    fields: {
      name: v.pipeAsync(v.string(), v.checkAsync((name) => Promise.resolve(name.length > 1))),
      age: v.pipe(v.string(), v.transform(Number), v.number()),
    },
  },
  arktype: {
    whole: type({ name: "string >= 2", age: "string.numeric.parse | number" }),
    fields: { name: type("string >= 2"), age: type("string.numeric.parse") },
  },
};

Deno.test("body: Zod, Valibot and ArkType stand wherever a schema can", async (t) => {
  const same = ({ name, age }: { name: unknown; age: unknown }) => ({ name, age });
  for (const [name, { whole, fields }] of Object.entries(libraries)) {
    await t.step(name, async () => {
      const record = whole as Schema<{ name: string; age: number }>;
      const each = fields as { name: Schema<string>; age: Schema<number> };
      const resources: readonly Resource[] = [
        post("/body", { body: record }, ({ body }) => same(body)),
        get("/query", { query: record }, ({ query }) => same(query)),
        get("/query/each", { query: each }, ({ query }) => same(query)),
        get("/headers", { headers: record }, ({ headers }) => same(headers)),
        get("/headers/each", { headers: each }, ({ headers }) => same(headers)),
        get("/path/:name/:age", { path: record }, ({ path }) => same(path)),
        get("/each/:name/:age", { path: each }, ({ path }) => same(path)),
      ];
      await onBothTransports(service({}, resources), async (ask) => {
        const requests = (who: string): readonly (readonly [string, RequestInit])[] => {
          const headers = { name: who, age: "41" };
          const body = JSON.stringify({ name: who, age: 41 });
          const json = { "content-type": "application/json" };
          return [
            ["/body", { method: "POST", body, headers: json }],
            [`/query?name=${who}&age=41`, {}],
            [`/query/each?name=${who}&age=41`, {}],
            ["/headers", { headers }],
            ["/headers/each", { headers }],
            [`/path/${who}/41`, {}],
            [`/each/${who}/41`, {}],
          ];
        };
        for (const [path, init] of requests("Kim")) {
          const response = await ask(path, init);
          assert.deepEqual(await response.json(), { name: "Kim", age: 41 }, path);
        }
        for (const [path, init] of requests("K")) {
          const response = await ask(path, init);
          const { status, message } = await response.json();
          assert.deepEqual([response.status, status], [400, 400], path);
          assert.match(message, /name/, path);
        }
      });
    });
  }
});

Deno.test("body: a missing parameter of another library's schema is named", async () => {
  for (const [name, { fields }] of Object.entries(libraries)) {
    const each = service({}, [
      get("/", { query: fields }, () => "a"),
      get("/headers", { headers: fields }, () => "a"),
    ]);
    for (const path of ["/?age=41", "/headers"]) {
      const headers = { age: "41" };
      const response = await each.fetch(`http://localhost${path}`, { headers });
      const { message } = await response.json();
      assert.equal(response.status, 400, name);
      assert.match(message, /value found for 'name'$/, name);
    }
  }
});
