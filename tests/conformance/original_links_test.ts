/**
 * What the original library's own tests hold of links (spec 7.2), beyond the published cases: what
 * a link says of the types of the resource it leads to, how a `Link` field is written, and when one
 * is sent in place of `_links`.
 *
 * Return types are gone at run time; where one there decides, a declaration here does.
 */
import assert from "node:assert/strict";
import {
  any,
  byMediaType,
  bytes,
  created,
  del,
  get,
  json,
  Listener,
  notFound,
  ok,
  parseLink,
  post,
  put,
  type Resource,
  service,
  text,
  Xml,
} from "@pirouette/http";
import { z } from "zod";
import { onBothTransports } from "../support/both_transports.ts";
import { ask } from "./ask.ts";

const Message = z.object({ timestamp: z.string(), message: z.string() });
const message = { timestamp: "now", message: "Links returned" };

/** What each linked resource declares, and the types that a link to it says it has. */
const declared: readonly (readonly [spec: object, types?: readonly string[]])[] = [
  [{ responses: { 200: z.string() } }, ["text/plain"]],
  [{ produces: ["application/xml"] }, ["application/xml"]],
  [{ responses: { 200: bytes() } }, ["application/octet-stream"]],
  [{ mediaType: "application/json" }, ["application/json"]],
  [{}],
  [{ produces: ["application/xml", "text/plain"] }, ["application/xml", "text/plain"]],
  [
    { responses: { 200: byMediaType(json(), text()) } },
    ["application/json", "text/plain"],
  ],
  [
    { produces: ["application/json", "application/json+id"] },
    ["application/json", "application/json+id"],
  ],
  [{ responses: { 404: z.string() } }],
];

Deno.test("links of the original: a link says the types that its resource declares", async () => {
  const targets = declared.map(([spec], at) =>
    get(`/link${at}`, { ...spec, name: `link${at}` }, () => "never asked")
  );
  const linkedTo = declared.map((_, at) => ({ name: `link${at}`, relation: `link${at}` }));
  const linking = service({ basePath: "/hateoas" }, [
    get("/links", {
      name: "link",
      linkedTo: [{ name: "link" }, ...linkedTo],
      responses: { 200: Message },
    }, () => ok({ body: message })),
    ...targets,
  ]);
  const expected: Record<string, object> = {
    self: { href: "/hateoas/links", types: ["application/json"], methods: ["GET"] },
  };
  for (const [at, [, types]] of declared.entries()) {
    const href = `/hateoas/link${at}`;
    expected[`link${at}`] = { href, ...(types === undefined ? {} : { types }), methods: ["GET"] };
  }
  await onBothTransports(linking, async (ask) => {
    const response = await ask("/hateoas/links");
    assert.deepEqual(await response.json(), { ...message, _links: expected });
  });
});

const linkedTo = [{ name: "orders", relation: "status", method: "get" }, {
  name: "orders",
  relation: "cancel",
  method: "delete",
}] as const;

const written =
  '</orders/{id}>; rel="status"; methods="GET, POST, PUT, PATCH, DELETE, OPTIONS, HEAD"; ' +
  'types="application/json, text/plain", </orders/{id}>; rel="cancel"; methods="DELETE"';

const inBody = {
  status: {
    href: "/orders/{id}",
    types: ["application/json", "text/plain"],
    methods: ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"],
  },
  cancel: { href: "/orders/{id}", methods: ["DELETE"] },
};

const targets = [
  any("/orders/:id", { name: "orders", produces: ["application/json", "text/plain"] }, () => ({})),
  del("/orders/:id", { name: "orders" }, () => ok()),
];

/** What a linking resource answers with, and what the client gets of its links. */
const answers: Readonly<
  Record<string, readonly [make: () => unknown, where: "body" | "field" | "none"]>
> = {
  "an open record": [() => ({ id: "1" }), "body"],
  "an open record in a reply of success": [() => created({ body: { id: "1" } }), "body"],
  "a closed record": [() => Object.freeze({ id: "1" }), "field"],
  "a record with links of its own": [() => ({ id: "1", _links: {} }), "field"],
  "a list": [() => [{ id: "1" }], "field"],
  "text": [() => "text", "field"],
  "XML": [() => new Xml("<a/>"), "field"],
  "a reply without a body": [() => ok(), "field"],
  "nothing": [() => {}, "field"],
  "a reply that is no success": [() => notFound({ body: { id: "1" } }), "none"],
  "a response": [() => Response.json({ id: "1" }), "none"],
  "an error": [() => Promise.reject(new Error("no")), "none"],
};

for (const [what, [make, where]] of Object.entries(answers)) {
  Deno.test(`links of the original: ${what} has them in the ${where}`, async () => {
    const linking = service({ onError: () => {} }, [
      post("/order", { linkedTo }, make),
      ...targets,
    ]);
    await onBothTransports(linking, async (ask) => {
      const response = await ask("/order", { method: "POST" });
      assert.equal(response.headers.get("link"), where === "field" ? written : null);
      const body = await response.text();
      if (where === "body") assert.deepEqual(JSON.parse(body), { id: "1", _links: inBody });
      else assert.ok(!body.includes("orders"));
      if (where !== "field") return;
      const parsed = parseLink(response.headers.get("link")) as readonly { rel: string }[];
      assert.deepEqual(parsed.map(({ rel }) => rel), ["status", "cancel"]);
    });
  });
}

Deno.test("links of the original: a Link field of the handler's own stays", async () => {
  const own = { link: '</own>; rel="own"' };
  const linking = service({}, [
    post("/order", { linkedTo }, () => ok({ body: "text", headers: own })),
    ...targets,
  ]);
  const response = await ask(linking, "POST /order");
  assert.equal(response.headers.get("link"), own.link);
  await response.body?.cancel();
});

Deno.test("links of the original: what cannot be resolved is refused where it is attached", () => {
  const value = () => "text";
  const cases: readonly (readonly [why: string, resources: readonly Resource[]])[] = [
    [
      "cannot duplicate resource link name: 'resource1' unless they have the same path",
      [
        get("/resource1", { name: "resource1" }, value),
        post("/resource2", { name: "resource1" }, value),
      ],
    ],
    [
      "cannot duplicate resource link relation: 'relation1'",
      [
        get("/resource1", {
          name: "resource1",
          linkedTo: [
            { name: "resource1", relation: "relation1" },
            { name: "resource2", relation: "relation1" },
          ],
        }, value),
        get("/resource2", { name: "resource2" }, value),
      ],
    ],
    [
      "cannot find resource with resource link name: 'resource1'",
      [get("/resource1", { linkedTo: [{ name: "resource1" }] }, value)],
    ],
    [
      "cannot find PUT resource with resource link name: 'resource1'",
      [
        get("/resource1", { linkedTo: [{ name: "resource1", method: "put" }] }, value),
        post("/resource2", { name: "resource1" }, value),
      ],
    ],
    [
      "cannot resolve resource link name: 'resource1' since multiple occurrences found",
      [
        get("/resource1", { name: "resource1", linkedTo: [{ name: "resource1" }] }, value),
        post("/resource1", { name: "resource1" }, value),
      ],
    ],
  ];
  for (const [why, resources] of cases) {
    const expected = {
      name: "GenericListenerError",
      message: `resource link generation failed: ${why}`,
    };
    assert.throws(() => {
      new Listener(0).attach(service({}, resources), "/service1");
    }, expected);
  }
  // One name for one path, whatever the method, is fine.
  new Listener(0).attach(service({}, [
    get("/orders/:id", { name: "orders" }, value),
    put("/orders/:id", { name: "orders" }, value),
    post("/orders", { linkedTo: [{ name: "orders", method: "put" }] }, value),
  ]));
});
