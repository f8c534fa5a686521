/**
 * The table of types and media types that go together, cell by cell (spec 2.3.4.4).
 *
 * A row is tried with our own schemas where there are some, with Zod's, and with Zod's inside
 * `json()`, which binds JSON alone. A table is a list of maps here: JavaScript has none.
 */
import {
  array,
  boolean,
  bytes,
  decimal,
  float,
  form,
  int,
  json,
  post,
  type Schema,
  service,
  string,
  text,
  xml,
} from "@pirouette/http";
import { z } from "zod";
import { ask, expectError, read } from "./ask.ts";
import assert from "node:assert/strict";

const mediaTypes = {
  text: ["text/plain", "text/csv"],
  xml: ["application/xml", "text/xml", "application/atom+xml"],
  json: ["application/json", "application/ld+json"],
  form: ["application/x-www-form-urlencoded"],
  octets: ["application/octet-stream"],
} as const;

type MediaType = keyof typeof mediaTypes;

interface Row {
  /** The type, as the table names it. */
  readonly type: string;
  /** Schemas of the type, by how they are declared. */
  readonly schemas: Readonly<Record<string, Schema>>;
  /** A value of the type, as JSON. */
  readonly sample: unknown;
  /** The media types the table allows. */
  readonly allowed: readonly MediaType[];
  /** Media types that a schema takes beyond the table, by how it is declared. */
  readonly more?: Readonly<Record<string, readonly MediaType[]>>;
}

/** What is sent as each media type; the sample is valid JSON, and JSON is text, too. */
function bodyOf(mediaType: MediaType, sample: unknown): string {
  switch (mediaType) {
    case "xml":
      return "<a>1</a>";
    case "form":
      return "a=1";
    default:
      return JSON.stringify(sample);
  }
}

/** A type and the three structures of it: lists, maps, lists of maps. */
function structures(
  type: string,
  sample: unknown,
  schemas: { readonly zod: z.ZodType; readonly own?: Schema },
  cells: Pick<Row, "allowed" | "more"> = { allowed: ["json"] },
): Row[] {
  const { zod, own } = schemas;
  const map = z.record(z.string(), zod);
  // XML becomes a tree of texts: a schema that takes any texts, or anything, takes one.
  const tree: Row["more"] = zod.safeParse("1").success ? { Zod: ["xml"] } : {};
  const onlyJson = (name: string, value: unknown, schema: z.ZodType, mine?: Schema): Row => ({
    type: name,
    sample: value,
    allowed: ["json"],
    schemas: { Zod: schema, "json(Zod)": json(schema), ...(mine === undefined ? {} : { mine }) },
  });
  return [
    {
      type,
      sample,
      schemas: { Zod: zod, ...(own === undefined ? { "json(Zod)": json(zod) } : { own }) },
      ...cells,
    },
    onlyJson(`${type}[]`, [sample], z.array(zod), own && array(own)),
    {
      ...onlyJson(`map<${type}>`, { a: sample }, map),
      allowed: type === "string" ? ["json", "form"] : ["json"],
      ...(type === "string"
        ? { schemas: { Zod: map }, more: tree }
        : { more: type === "json" ? { Zod: ["xml", "form"] } : tree }),
    },
    onlyJson(`table<map<${type}>>`, [{ a: sample }], z.array(map)),
  ];
}

const Person = z.object({ name: z.string() });

const rows: readonly Row[] = [
  ...structures("boolean", true, { zod: z.boolean(), own: boolean() }),
  ...structures("int", 5, { zod: z.int(), own: int() }),
  ...structures("float", 1.5, { zod: z.number(), own: float() }),
  ...structures("decimal", 1.5, { zod: z.number(), own: decimal() }),
  ...structures("string", "hello", { zod: z.string(), own: string() }, {
    allowed: ["text", "json", "form"],
  }),
  ...structures("json", 1, { zod: z.json() }, {
    allowed: ["json"],
    // Anything at all is wanted, and every media type gives something.
    more: { Zod: ["text", "xml", "form"] },
  }),
  {
    type: "byte[]",
    sample: [1, 2],
    schemas: { own: bytes() },
    allowed: ["text", "json", "octets"],
  },
  { type: "byte[][]", sample: [[1], [2]], schemas: { "json()": json() }, allowed: ["json"] },
  { type: "xml", sample: {}, schemas: { own: xml() }, allowed: ["xml"] },
  { type: "text", sample: "x", schemas: { own: text() }, allowed: ["text", "json", "form"] },
  { type: "form", sample: {}, schemas: { own: form() }, allowed: ["form"] },
  {
    type: "record",
    sample: { name: "Kim" },
    schemas: { Zod: Person, "json(Zod)": json(Person) },
    allowed: ["json"],
  },
  {
    type: "record[]",
    sample: [{ name: "Kim" }],
    schemas: { Zod: z.array(Person), own: array(Person), "json(Zod)": json(z.array(Person)) },
    allowed: ["json"],
  },
  {
    type: "map<record>",
    sample: { a: { name: "Kim" } },
    schemas: { Zod: z.record(z.string(), Person) },
    allowed: ["json"],
  },
];

for (const { type, sample, schemas, allowed, more = {} } of rows) {
  for (const [declared, schema] of Object.entries(schemas)) {
    const echo = service({}, [post("/", { body: schema }, () => "bound")]);
    for (const [name, contentTypes] of Object.entries(mediaTypes)) {
      const mediaType = name as MediaType;
      const isBeyond = more[declared]?.includes(mediaType) === true;
      const isAllowed = isBeyond || allowed.includes(mediaType);
      const says = isAllowed ? isBeyond ? "gives, beyond the table," : "gives" : "does not give";
      Deno.test(`payload table: ${mediaType} ${says} ${type} (${declared})`, async () => {
        for (const contentType of contentTypes) {
          const init = {
            headers: { "content-type": contentType },
            body: bodyOf(mediaType, sample),
          };
          if (isAllowed) {
            const response = await ask(echo, "POST /", init);
            assert.equal(await read(response), "bound", contentType);
          } else await expectError(echo, "POST /", 400, "data binding failed", init);
        }
      });
    }
  }
}
