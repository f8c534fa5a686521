/** Links between resources: how they are resolved, and where an answer carries them (spec 7.2). */
import assert from "node:assert/strict";
import * as v from "valibot";
import { z } from "zod";
import fc from "fast-check";
import {
  any,
  byMediaType,
  bytes,
  created,
  del,
  form,
  get,
  int,
  json,
  noContent,
  notFound,
  ok,
  oneOf,
  optional,
  parseLink,
  post,
  put,
  type Reply,
  reply,
  type Resource,
  resource,
  seeOther,
  stream,
  string,
  text,
  Xml,
  xml,
} from "@pirouette/http";
import { GenericListenerError } from "../../src/message/listener_errors.ts";
import { withLinks } from "../../src/server/link_injection.ts";
import { resolveLinks } from "../../src/server/links.ts";
import type { LinkedTo, Spec } from "../../src/server/resource.ts";
import type { ResourceLinks } from "../../src/server/resource_links.ts";

const answer = (): string => "answer";

/** The links of the first resource. */
function linksOf(
  first: Resource,
  others: readonly Resource[] = [],
  basePath = "",
  prefix?: string,
): ResourceLinks {
  const links = resolveLinks(basePath, [first, ...others], prefix).get(first);
  assert.ok(links !== undefined);
  return links;
}

/** The one link to a resource that declares `spec`. */
function linkTo(spec: Spec, prefix?: string): unknown {
  const target = put("/to", { ...spec, name: "to" }, answer);
  const from = get("/from", { linkedTo: [{ name: "to", relation: "x" }] }, answer);
  return linksOf(from, [target], "", prefix).links["x"];
}

/** What one link says, as plain data: links have no prototype. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

Deno.test("links: a resource without linkedTo has none", () => {
  const resources = [get("/a", { name: "a" }, answer), get("/b", { linkedTo: [] }, answer)];
  assert.equal(resolveLinks("/base", resources).size, 0);
});

Deno.test("links: resolved by name and method, whatever the case", () => {
  const from = post("/orders", {
    name: "Order",
    linkedTo: [
      { name: "ORDERS", relation: "Update", method: "put" },
      { name: "orders", relation: "status", method: "Get" },
      { name: "Orders", relation: "cancel", method: "DELETE" },
      { name: "order" },
      { name: "MOVED", relation: "move" },
    ],
  }, answer);
  const { links, header } = linksOf(from, [
    any("/orders/:id", { name: "orders" }, answer),
    put("/orders/:id", { name: "Orders", mediaType: "application/json" }, answer),
    del("/orders/:key", { name: "oRDERS" }, answer),
    resource("move", "/moved", { name: "moved" }, answer),
  ], "/v1");
  assert.deepEqual(plain(links), {
    update: { href: "/v1/orders/{id}", types: ["application/json"], methods: ["PUT"] },
    status: {
      href: "/v1/orders/{id}",
      methods: ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"],
    },
    cancel: { href: "/v1/orders/{key}", methods: ["DELETE"] },
    self: { href: "/v1/orders", methods: ["POST"] },
    move: { href: "/v1/moved", methods: ["MOVE"] },
  });
  assert.deepEqual(Object.keys(links), ["update", "status", "cancel", "self", "move"]);
  assert.deepEqual(Object.keys(links["update"] ?? {}), ["href", "types", "methods"]);
  assert.equal(
    header.split(", <")[0],
    '</v1/orders/{id}>; rel="update"; methods="PUT"; types="application/json"',
  );
  assert.deepEqual(
    parseLink(header),
    Object.entries(links).map(([rel, link]) => ({ ...link, rel })),
  );
});

Deno.test("links: a method's own resource goes before the default accessor, wherever it stands", () => {
  const own = get("/x", { name: "x", mediaType: "a/own" }, answer);
  const every = any("/x", { name: "x", mediaType: "a/every" }, answer);
  const from = get("/from", {
    linkedTo: [
      { name: "x", relation: "get", method: "get" },
      { name: "x", relation: "put", method: "put" },
    ],
  }, answer);
  for (const others of [[own, every], [every, own]]) {
    const { links } = linksOf(from, others);
    assert.deepEqual(links["get"]?.types, ["a/own"]);
    assert.deepEqual(links["put"]?.types, ["a/every"]);
  }
});

Deno.test("links: they cannot be changed, and inherit nothing", () => {
  const from = get(
    "/",
    { name: "Home", linkedTo: [{ name: "home", relation: "__proto__" }] },
    answer,
  );
  const { links } = linksOf(from);
  assert.equal(Object.getPrototypeOf(links), null);
  assert.deepEqual(Object.keys(links), ["__proto__"]);
  const link = Object.values(links)[0];
  for (const frozen of [links, link, link?.methods]) assert.ok(Object.isFrozen(frozen));
  assert.equal(JSON.stringify(links), '{"__proto__":{"href":"/","methods":["GET"]}}');
});

const hrefs: readonly (readonly [basePath: string, path: string, href: string])[] = [
  ["", "/", "/"],
  ["/", "/a", "/a"],
  ["/api", "/", "/api/"],
  ["/api", "/orders/:id", "/api/orders/{id}"],
  ["/api/", "/orders/:id/items/:item", "/api/orders/{id}/items/{item}"],
  ["/a%20b", "/ü/%7Ec d", "/a%20b/%C3%BC/~c%20d"],
  ["", "/:id(\\d+)", "/{id}"],
  ["", "/:id(\\d{2})?", "/{id}"],
  ["", "/a/:id?", "/a/{id}"],
  ["", "/a{/:id}?", "/a/{id}"],
  ["", "/a{/b}?/c", "/a/b/c"],
  ["", "/:a-:b.json", "/{a}-{b}.json"],
  ["", "/files/:path*", "/files/*"],
  ["", "/files/:path+", "/files/*"],
  ["", "/files/*", "/files/*"],
  ["", "/(\\d+)/x", "/{0}/x"],
  ["", "/\\:literal/\\{id\\}", "/:literal/%7Bid%7D"],
];

Deno.test("links: the target is the base path and the path as a template", () => {
  for (const [basePath, path, href] of hrefs) {
    const target = get(path, { name: "to" } as Spec, answer);
    const from = post("/from", { linkedTo: [{ name: "to" }] }, answer);
    assert.equal(linksOf(from, [target], basePath).links["self"]?.href, href, path);
  }
});

const typeTable: readonly (readonly [spec: Spec, ...types: string[]])[] = [
  [{}],
  [{ mediaType: "application/hal+json" }, "application/hal+json"],
  [{ produces: ["text/html", "application/json", "text/html"] }, "text/html", "application/json"],
  [{ produces: ["text/html"], mediaType: "a/b" }, "a/b"],
  [{ produces: [], responses: { 200: z.object({ id: z.string() }) } }, "application/vnd.x+json"],
  [{ responses: { 201: z.string() } }, "text/vnd.x+plain"],
  [{ responses: { 200: z.array(z.string()) } }, "application/vnd.x+json"],
  [
    { responses: { 200: z.union([z.string(), z.int()]) } },
    "text/vnd.x+plain",
    "application/vnd.x+json",
  ],
  [{ responses: { 200: z.enum(["a", "b"]) } }, "text/vnd.x+plain"],
  [{ responses: { 200: z.string().nullable() } }, "text/vnd.x+plain"],
  [{ responses: { 200: z.literal(1) } }, "application/vnd.x+json"],
  [{ responses: { 200: z.null() } }],
  [{ responses: { 200: z.unknown() } }],
  [{ responses: { 200: v.object({ id: v.string() }) } }],
  [{ responses: { 200: string() } }, "text/vnd.x+plain"],
  [{ responses: { 200: optional(int()) } }, "application/vnd.x+json"],
  [{ responses: { 200: oneOf(["a", "b"]) } }, "text/vnd.x+plain"],
  [{ responses: { 200: text() } }, "text/vnd.x+plain"],
  [{ responses: { 200: bytes() } }, "application/vnd.x+octet-stream"],
  [{ responses: { 200: stream() } }, "application/vnd.x+octet-stream"],
  [{ responses: { 200: json() } }, "application/vnd.x+json"],
  [{ responses: { 200: xml() } }],
  [{ responses: { 200: form() } }],
  [
    { responses: { 200: byMediaType(json(), text(), xml()) } },
    "application/vnd.x+json",
    "text/vnd.x+plain",
  ],
  [{ responses: { 404: z.object({}), 500: z.string() } }],
  [
    { responses: { 200: z.object({}), 202: z.object({}), 404: z.string() } },
    "application/vnd.x+json",
  ],
];

Deno.test("links: types are those that the linked resource declares", () => {
  for (const [spec, ...types] of typeTable) {
    const expected = { href: "/to", ...(types.length > 0 && { types }), methods: ["PUT"] };
    assert.deepEqual(plain(linkTo(spec, "vnd.x")), expected, JSON.stringify(types));
  }
  const plainJson = linkTo({ responses: { 200: z.object({}) } });
  assert.deepEqual(plain(plainJson), {
    href: "/to",
    types: ["application/json"],
    methods: ["PUT"],
  });
});

/** Attaches resources that each have a name, or link somewhere. */
const failures: readonly (readonly [why: string, ...resources: Resource[]])[] = [
  [
    "cannot duplicate resource link name: 'resource1' unless they have the same path",
    get("/resource1", { name: "resource1" }, answer),
    post("/resource2", { name: "resource1" }, answer),
  ],
  [
    "cannot duplicate resource link name: 'RESOURCE1' unless they have the same path",
    get("/a/:id", { name: "resource1" }, answer),
    post("/a/:key", { name: "Resource1" }, answer),
    put("/a/:id(\\d+)", { name: "RESOURCE1" }, answer),
  ],
  [
    "cannot duplicate resource link relation: 'relation1'",
    get("/resource1", {
      name: "resource1",
      linkedTo: [
        { name: "resource1", relation: "relation1" },
        { name: "resource2", relation: "Relation1" },
      ],
    }, answer),
    get("/resource2", { name: "resource2" }, answer),
  ],
  [
    "cannot duplicate resource link relation: 'self'",
    get("/a", { name: "a", linkedTo: [{ name: "a" }, { name: "a", method: "get" }] }, answer),
  ],
  [
    "cannot find resource with resource link name: 'resource1'",
    get("/resource1", { linkedTo: [{ name: "Resource1" }] }, answer),
  ],
  [
    "cannot find GET resource with resource link name: 'resource1'",
    get("/resource1", { linkedTo: [{ name: "resource1", method: "get" }] }, answer),
    post("/resource2", { name: "resource1" }, answer),
  ],
  [
    "cannot find PUT resource with resource link name: 'nothing'",
    get("/resource1", { linkedTo: [{ name: "nothing", method: "put" }] }, answer),
  ],
  [
    "cannot resolve resource link name: 'resource1' since multiple occurrences found",
    get("/resource1", { name: "resource1", linkedTo: [{ name: "resource1" }] }, answer),
    post("/resource1", { name: "resource1" }, answer),
  ],
  [
    "cannot resolve resource link name: 'a' since multiple occurrences found",
    get("/a", { name: "a", linkedTo: [{ name: "a" }] }, answer),
    any("/a", { name: "a" }, answer),
  ],
];

Deno.test("links: what cannot be resolved is refused with the original's words", () => {
  for (const [why, ...resources] of failures) {
    assert.throws(() => resolveLinks("/base", resources), (error) => {
      assert.ok(error instanceof GenericListenerError);
      assert.equal(error.message, `resource link generation failed: ${why}`);
      return true;
    });
  }
});

Deno.test("links: what cannot be sent as a header field is refused at once", () => {
  const table: readonly (readonly [Spec, RegExp])[] = [
    [
      { name: "a", linkedTo: [{ name: "a", relation: "nächstes" }] },
      /failed: Cannot write Link rel/,
    ],
    [{ name: "a", linkedTo: [{ name: "a", relation: "a\nb" }] }, /failed: Cannot write Link rel/],
    [
      { name: "a", mediaType: 'text/plain;a="b"', linkedTo: [{ name: "a" }] },
      /failed: Cannot write Link types/,
    ],
  ];
  for (const [spec, message] of table) {
    assert.throws(() => resolveLinks("", [get("/a", spec, answer)]), {
      name: "GenericListenerError",
      message,
    });
  }
});

Deno.test("links: unknown and empty fields of a link are refused", () => {
  const table: readonly (readonly [spec: unknown, message: RegExp])[] = [
    [
      { linkedTo: [{ name: "a", rel: "x" }] },
      /A link of GET \/a has no option "rel": use one of name, relation, method/,
    ],
    [{ linkedTo: [{}] }, /Cannot link GET \/a: its linkedTo name is undefined, give a text/],
    [{ linkedTo: [{ name: "a", relation: "" }] }, /its linkedTo relation is empty, give a text/],
    [{ linkedTo: [{ name: "a", method: "" }] }, /its linkedTo method is empty, give a text/],
    [{ linkedTo: [{ name: "a", method: 1 }] }, /its linkedTo method is number, give a text/],
    [{ name: "" }, /its name is empty, give a text/],
    [{ name: 1 }, /its name is number, give a text/],
  ];
  for (const [spec, message] of table) {
    assert.throws(() => resolveLinks("", [get("/a", spec as Spec, answer)]), {
      name: "TypeError",
      message,
    });
  }
});

Deno.test("links: a polluted prototype names and links nothing", () => {
  const prototype = Object.prototype as { name?: string; linkedTo?: readonly LinkedTo[] };
  try {
    prototype.name = "polluted";
    prototype.linkedTo = [{ name: "polluted" }];
    const resources = [get("/a", {}, answer), get("/b", {}, answer)];
    assert.equal(resolveLinks("", resources).size, 0);
  } finally {
    delete prototype.name;
    delete prototype.linkedTo;
  }
});

const links = linksOf(
  get("/orders", { name: "order", linkedTo: [{ name: "payment", relation: "payment" }] }, answer),
  [put("/payment/:id", { name: "payment" }, answer)],
);
const inBody = { payment: { href: "/payment/{id}", methods: ["PUT"] } };
const inHeader = '</payment/{id}>; rel="payment"; methods="PUT"';

/** A value with links in it, and whether those went into the body or the header. */
function linked(
  value: unknown,
  given: { status?: number; mediaType?: string; negotiated?: string; returned?: unknown } = {},
): { value: unknown; where: "body" | "header" | "nowhere"; status?: number } {
  const { status = 200, mediaType, negotiated, returned } = given;
  const done = withLinks(value, links, { status, mediaType }, {
    negotiated,
    ...(returned !== undefined && { returned }),
  });
  const isReply = done !== null && typeof done === "object" && "mediaType" in done;
  const body = isReply ? (done as Reply).body : done;
  const headers = isReply ? new Headers((done as Reply).headers as HeadersInit) : new Headers();
  const isInside = body !== null && typeof body === "object" && "_links" in body &&
    body._links === links.links;
  const isOutside = headers.get("link") === inHeader;
  assert.ok(!(isInside && isOutside), "once is enough");
  let where: "body" | "header" | "nowhere" = "nowhere";
  if (isInside) where = "body";
  if (isOutside) where = "header";
  return { value: done, where, ...(isReply && { status: (done as Reply).status }) };
}

Deno.test("links: a plain object gets _links as its last key, in a copy", () => {
  const order = { id: "1", items: [{ _links: 1 }] };
  const { value, where } = linked(order);
  assert.equal(where, "body");
  assert.deepEqual(order, { id: "1", items: [{ _links: 1 }] });
  assert.deepEqual(plain(value), { ...order, _links: inBody });
  assert.deepEqual(Object.keys(value as object), ["id", "items", "_links"]);
});

Deno.test("links: keys of the body stay keys", () => {
  const body = JSON.parse('{"__proto__":{"a":1},"constructor":2}');
  const { value, where } = linked(body);
  assert.equal(where, "body");
  assert.equal(
    JSON.stringify(value),
    `{"__proto__":{"a":1},"constructor":2,"_links":${JSON.stringify(inBody)}}`,
  );
  assert.equal(({} as { a?: unknown }).a, undefined);
  assert.equal(linked(Object.assign(Object.create(null), { a: 1 })).where, "body");
});

class Order {
  id = "1";
}

const headerCases: readonly (readonly [name: string, value: unknown])[] = [
  ["text", "text"],
  ["an empty text", ""],
  ["a number", 1],
  ["false", false],
  ["null", null],
  ["an array", [{ id: 1 }]],
  ["an instance of a class", new Order()],
  ["a date", new Date(0)],
  ["bytes", new Uint8Array(1)],
  ["a stream", new Blob(["a"]).stream()],
  ["a blob", new Blob(["a"])],
  ["a form", new FormData()],
  ["XML", new Xml("<a/>")],
  ["a frozen object", Object.freeze({ id: 1 })],
  ["a sealed object", Object.seal({ id: 1 })],
  ["an object that is closed", Object.preventExtensions({ id: 1 })],
  ["an object with links of its own", { id: 1, _links: {} }],
  ["an object with undefined links of its own", { id: 1, _links: undefined }],
  ["an object that writes itself", { id: 1, toJSON: () => ({ id: 2 }) }],
];

Deno.test("links: what has no room for them goes with a Link header field", () => {
  for (const [name, value] of headerCases) {
    const done = linked(value, { status: 201 });
    assert.equal(done.where, "header", name);
    assert.equal(done.status, 201, name);
    assert.equal((done.value as Reply).body, value, name);
    if (value === null) continue;
    const replied = linked(ok({ body: value }));
    assert.equal(replied.where, "header", name);
    assert.equal((replied.value as Reply).body, value, name);
  }
});

Deno.test("links: an answer without a body has them in the header", () => {
  const accepted = linked(undefined);
  assert.deepEqual([accepted.where, accepted.status], ["header", 202]);
  for (const empty of [noContent(), ok(), created({ headers: { location: "/1" } })]) {
    const { where, status } = linked(empty);
    assert.deepEqual([where, status], ["header", empty.status]);
  }
});

Deno.test("links: a reply keeps its status, header fields and media type", () => {
  const headers = { "x-a": ["1", "2"], location: "/1" };
  const inside = linked(created({ body: { id: 1 }, headers, mediaType: "application/hal+json" }));
  assert.equal(inside.where, "body");
  const { status, body, headers: same, mediaType } = inside.value as Reply;
  assert.deepEqual([status, plain(body), mediaType], [
    201,
    { id: 1, _links: inBody },
    "application/hal+json",
  ]);
  assert.equal(same, headers);
  const outside = linked(created({ body: "a", headers, mediaType: "text/own" })).value as Reply;
  assert.deepEqual(outside.headers, { ...headers, link: inHeader });
  assert.deepEqual([outside.status, outside.body, outside.mediaType], [201, "a", "text/own"]);
  assert.deepEqual(headers, { "x-a": ["1", "2"], location: "/1" });
});

Deno.test("links: header fields of every form are kept, and a Link field stays the only one", () => {
  const pairs: [string, string][] = [["X-A", "1"], ["x-a", "2"]];
  for (const headers of [pairs, new Headers(pairs)]) {
    const { value, where } = linked(ok({ body: "a", headers }));
    assert.equal(where, "header");
    assert.equal(new Headers((value as Reply).headers as HeadersInit).get("x-a"), "1, 2");
  }
  const own = [
    { LINK: "<a>" },
    [["Link", "<a>"]] as [string, string][],
    new Headers({ link: "<a>" }),
  ];
  for (const headers of own) {
    const { value, where } = linked(ok({ body: "a", headers }));
    assert.equal(where, "nowhere");
    assert.equal((value as Reply).headers, headers);
    assert.equal(linked(ok({ body: {}, headers })).where, "body");
    assert.equal(linked(ok({ body: { _links: {} }, headers })).where, "nowhere");
  }
});

Deno.test("links: only JSON has room for them", () => {
  const types: readonly (readonly [type: string, where: "body" | "header"])[] = [
    ["application/json", "body"],
    ["Application/JSON; charset=utf-8", "body"],
    ["application/vnd.restBucks+json", "body"],
    ["application/xml", "header"],
    ["text/plain", "header"],
    ["application/x-www-form-urlencoded", "header"],
    ["garbage", "header"],
  ];
  for (const [type, where] of types) {
    const headers = { "Content-Type": type };
    assert.equal(linked({}, { mediaType: type }).where, where, type);
    assert.equal(linked({}, { negotiated: type }).where, where, type);
    assert.equal(linked(ok({ body: {}, mediaType: type })).where, where, type);
    assert.equal(linked(ok({ body: {} }), { mediaType: type }).where, where, type);
    assert.equal(linked(ok({ body: {} }), { negotiated: type }).where, where, type);
    assert.equal(linked(ok({ body: {}, headers })).where, where, type);
  }
  // As the content type itself is chosen: the reply's, the resource's, the field, the negotiated.
  const inXml = ok({ body: {}, headers: { "content-type": "text/xml" } });
  assert.equal(linked(inXml, { mediaType: "application/json" }).where, "body");
  assert.equal(linked(inXml, { negotiated: "application/json" }).where, "header");
  const inJson = ok({ body: {}, mediaType: "application/json" });
  assert.equal(linked(inJson, { mediaType: "text/xml" }).where, "body");
});

Deno.test("links: responses, errors and replies that are no success have none", () => {
  const none = [
    new Response("{}", { headers: { "content-type": "application/json" } }),
    new Error("no"),
    notFound({ body: { why: "gone" } }),
    seeOther({ headers: { location: "/" } }),
    reply(500, { body: {} }),
    reply(304),
    reply(199),
  ];
  for (const value of none) assert.equal(linked(value).value, value);
});

Deno.test("links: what the handler closed stays closed when a schema copied it", () => {
  const closed = Object.freeze({ id: 1 });
  assert.equal(linked({ id: 1 }, { returned: closed }).where, "header");
  assert.equal(linked({ id: 1 }, { returned: { id: "1" } }).where, "body");
  assert.equal(linked({ id: 1 }, { returned: "1" }).where, "body");
  const replied = ok({ body: { id: 1 } });
  assert.equal(linked(replied, { returned: ok({ body: closed }) }).where, "header");
  assert.equal(linked(replied, { returned: replied }).where, "body");
});

Deno.test("links: any JSON object keeps all it has", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: false }), (body) => {
      const before = JSON.stringify(body);
      const { value, where } = linked(body);
      assert.equal(JSON.stringify(body), before);
      if (Object.hasOwn(body, "_links") || "toJSON" in body) return where !== "body";
      const end = `"_links":${JSON.stringify(inBody)}}`;
      const comma = before === "{}" ? "" : ",";
      assert.equal(JSON.stringify(value), before.slice(0, -1) + comma + end);
      return where === "body";
    }),
    { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), verbose: true },
  );
});
