/** The links table: links between resources, in bodies and header fields (spec 7.2). */
import assert from "node:assert/strict";
import {
  accepted,
  any,
  del,
  get,
  Listener,
  ok,
  parseLink,
  post,
  put,
  type Resource,
  serve,
  service,
  Xml,
} from "@pirouette/http";
import { z } from "zod";
import { ask, type Asked, expectAnswer } from "./ask.ts";
import { conformance } from "./cases.ts";

const Order = z.object({ location: z.string(), status: z.string() });
const Receipt = Order.extend({ id: z.string(), cost: z.number() });
const Payment = Order.extend({ id: z.string(), amount: z.number() });

const order = Object.freeze({ location: "take-out", status: "PAYMENT_PENDING" });
const receipt = { id: "001", ...order, cost: 23.5 };
const payment = { id: "001", ...order, amount: 25 };

/** An object that is closed where the query asks for it. */
function closable(body: object, query: URLSearchParams): object {
  return query.get("closed") === "true" ? Object.freeze({ ...body }) : { ...body };
}

const toOrders = [
  { name: "orders", relation: "status", method: "get" },
  { name: "orders", relation: "cancel", method: "delete" },
  { name: "payment", relation: "payment" },
] as const;

const restBucks = service({ basePath: "/restBucks", mediaTypeSubtypePrefix: "vnd.restBucks" }, [
  post("/order", {
    name: "order",
    linkedTo: [{ name: "orders", relation: "update", method: "put" }, ...toOrders],
    responses: { 201: Receipt },
  }, ({ query }) => closable(receipt, query) as z.infer<typeof Receipt>),
  any("/orders/:id", {
    name: "orders",
    linkedTo: [
      { name: "orders", method: "get" },
      { name: "orders", relation: "update", method: "put" },
      { name: "orders", relation: "cancel", method: "delete" },
      { name: "payment", relation: "payment" },
    ],
    responses: { 200: Order },
  }, () => order),
  put("/orders/:id", {
    name: "orders",
    linkedTo: [{ name: "orders", method: "put" }, ...toOrders],
    responses: { 200: Receipt },
  }, () => receipt),
  del("/orders/:id", {
    name: "orders",
    linkedTo: [{ name: "orders", method: "delete" }],
  }, () => ok()),
  put("/payment/:id", {
    name: "payment",
    linkedTo: [{ name: "payment" }, { name: "orders", relation: "status", method: "get" }],
    responses: { 202: Payment },
  }, ({ query }) => accepted({ body: closable(payment, query) as z.infer<typeof Payment> })),
]);

const types = ["application/vnd.restBucks+json"];
const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"];
const put1 = { href: "/restBucks/orders/{id}", types, methods: ["PUT"] };
const any1 = { href: "/restBucks/orders/{id}", types, methods };
const delete1 = { href: "/restBucks/orders/{id}", methods: ["DELETE"] };
const pay = { href: "/restBucks/payment/{id}", types, methods: ["PUT"] };

type ExpectedLinks = Readonly<Record<string, object>>;

/** Asks, and compares the links, which are in the header and not in the body. */
async function expectHeader(
  whom: Asked,
  line: string,
  status: number,
  links: ExpectedLinks,
): Promise<void> {
  const response = await ask(whom, line);
  assert.equal(response.status, status, line);
  assert.ok(!(await response.text()).includes("_links"), line);
  const expected = Object.entries(links).map(([rel, link]) => ({ ...link, rel }));
  assert.deepEqual(parseLink(response.headers.get("link")), expected, line);
}

/** Asks, and compares the links, which are in the body and not in the header. */
async function expectBody(
  whom: Asked,
  line: string,
  status: number,
  body: object,
  links: ExpectedLinks,
): Promise<void> {
  await expectAnswer(whom, line, { ...body, _links: links }, { status });
  const response = await ask(whom, line);
  assert.equal(response.headers.get("link"), null, line);
  assert.equal(response.headers.get("content-type"), types[0]);
  assert.equal(Object.keys(await response.json()).at(-1), "_links");
}

/** Attaches resources, which must be refused. */
function expectRefused(why: string, resources: readonly Resource[]): void {
  const expected = {
    name: "GenericListenerError",
    message: `resource link generation failed: ${why}`,
  };
  assert.throws(() => service({ basePath: "/links" }, resources), expected);
}

conformance("links", {
  "links in body": async () => {
    await using server = await serve(restBucks, { port: 0, host: "127.0.0.1" });
    for (const whom of [restBucks, server]) {
      const fromOrder = { update: put1, status: any1, cancel: delete1, payment: pay };
      await expectBody(whom, "POST /restBucks/order?closed=false", 201, receipt, fromOrder);
      await expectHeader(whom, "POST /restBucks/order?closed=true", 201, fromOrder);
      await expectHeader(whom, "GET /restBucks/orders/001", 200, {
        self: any1,
        update: put1,
        cancel: delete1,
        payment: pay,
      });
      await expectBody(whom, "PUT /restBucks/orders/001", 200, receipt, {
        self: put1,
        status: any1,
        cancel: delete1,
        payment: pay,
      });
      await expectHeader(whom, "DELETE /restBucks/orders/001", 200, { self: delete1 });
      const fromPayment = { self: pay, status: any1 };
      await expectBody(whom, "PUT /restBucks/payment/001", 202, payment, fromPayment);
      await expectHeader(whom, "PUT /restBucks/payment/001?closed=true", 202, fromPayment);
    }
  },

  "attach-time errors": async () => {
    const text = () => "text";
    expectRefused(
      "cannot duplicate resource link name: 'resource1' unless they have the same path",
      [
        get("/resource1", { name: "resource1" }, text),
        post("/resource2", { name: "resource1" }, text),
      ],
    );
    expectRefused("cannot duplicate resource link relation: 'relation1'", [
      get("/resource1", {
        name: "resource1",
        linkedTo: [
          { name: "resource1", relation: "relation1" },
          { name: "resource2", relation: "relation1" },
        ],
      }, text),
      get("/resource2", { name: "resource2" }, text),
    ]);
    expectRefused("cannot find resource with resource link name: 'resource1'", [
      get("/resource1", { linkedTo: [{ name: "resource1" }] }, text),
    ]);
    expectRefused("cannot find GET resource with resource link name: 'resource1'", [
      get("/resource1", { linkedTo: [{ name: "resource1", method: "get" }] }, text),
      post("/resource2", { name: "resource1" }, text),
    ]);
    const ambiguous = [
      get("/resource1", { name: "resource1", linkedTo: [{ name: "resource1" }] }, text),
      post("/resource1", { name: "resource1" }, text),
    ];
    const why = "cannot resolve resource link name: 'resource1' since multiple occurrences found";
    expectRefused(why, ambiguous);

    // A service that is attached elsewhere has its links from there.
    const moved = service({ basePath: "/first" }, [
      get("/a", { name: "a", linkedTo: [{ name: "a" }] }, () => ({})),
    ]);
    const listener = new Listener(0, { host: "127.0.0.1" }).attach(moved, "/second");
    await using server = await listener.start();
    const links = { self: { href: "/second/a", methods: ["GET"] } };
    await expectAnswer(server, "GET /second/a", { _links: links });

    // What is no JSON object has its links in the header.
    const linkedTo = [{ name: "a" }];
    const others = service({ onError: () => {} }, [
      get("/a", { name: "a", linkedTo }, () => ["a"]),
      get("/text", { linkedTo }, () => "text"),
      get("/xml", { linkedTo }, () => new Xml("<a/>")),
      get("/nothing", { linkedTo }, () => {}),
      get("/typed", { linkedTo, mediaType: "application/xml" }, () => ({ a: "b" })),
      get("/own", { linkedTo }, () => ok({ body: "own", headers: { link: "</own>" } })),
      get("/response", { linkedTo }, () => Response.json({})),
      get("/caller", { linkedTo }, ({ caller }) => caller.respond({ a: 1 })),
      get("/failed", { linkedTo }, () => {
        throw new Error("failed");
      }),
    ]);
    const self = { self: { href: "/a", methods: ["GET"] } };
    for (const path of ["/a", "/text", "/xml", "/typed"]) {
      await expectHeader(others, `GET ${path}`, 200, self);
      await expectHeader(others, `HEAD ${path}`, 200, self);
    }
    await expectHeader(others, "GET /nothing", 202, self);
    for (const path of ["/response", "/caller", "/failed"]) {
      const response = await ask(others, `GET ${path}`);
      assert.equal(response.headers.get("link"), null, path);
      assert.ok(!(await response.text()).includes("_links"), path);
    }
    assert.equal((await ask(others, "GET /own")).headers.get("link"), "</own>");
  },
});
