/** A shop for several tenants, and all that stands around its resources. */
import {
  created,
  del,
  files,
  get,
  NotFoundError,
  oneOf,
  post,
  type Service,
  service,
  UnprocessableEntityError,
} from "../../mod.ts";
import { rateLimit, requestId, secureHeaders } from "../../src/layers/mod.ts";
import { audit, type AuditSink } from "./audit.ts";
import { OrderLine, OrderStore, products } from "./store.ts";
import { plans, tenantOf, tenantOnly } from "./tenant.ts";
import { tooManyRequests, uniformErrors } from "./uniform_errors.ts";

/** What a shop is given; a test gives its own. */
export interface ShopOptions {
  readonly store?: OrderStore;
  /** Takes the lines of the audit log. */
  readonly sink?: AuditSink;
  /** How many requests an address may make in a minute. */
  readonly limit?: number;
  /** Told of faults. */
  readonly onError?: (error: unknown) => void;
}

/** The most of one product that a free plan has. */
const freeQuantity = 10;

/** Makes the service. */
export function shopService({
  store = new OrderStore(),
  sink = () => {},
  limit = 100,
  onError = (error) => console.error(error),
}: ShopOptions = {}): Service {
  const missing = (id: string) => new NotFoundError(`There is no order ${id}`);
  return service({
    basePath: "/shop",
    // Around everything else, the first one outermost.
    layers: [
      requestId(),
      secureHeaders(),
      rateLimit({ limit, window: 60_000, onLimit: tooManyRequests }),
    ],
    // Requests go down the list, answers up: all errors are made uniform before they are audited.
    interceptors: [audit(sink), uniformErrors, tenantOnly],
    cors: {
      allowOrigins: ["https://app.example"],
      allowHeaders: ["content-type", "x-tenant"],
      exposeHeaders: ["x-request-id"],
      maxAge: 600,
    },
    compression: { minimumSize: 256 },
    onError,
  }, [
    get("/products", { cache: true }, () => products),

    get("/orders", ({ context }) => store.list(tenantOf(context).id)),

    post("/orders", {
      body: OrderLine,
      headers: { "x-tenant-plan": oneOf(...plans) },
      linkedTo: [
        { name: "order", relation: "self", method: "GET" },
        { name: "order", relation: "cancel", method: "DELETE" },
      ],
    }, ({ body, headers, context }) => {
      if (!products.some(({ id }) => id === body.product)) {
        throw new UnprocessableEntityError(`There is no product ${body.product}`);
      }
      if (headers["x-tenant-plan"] === "free" && body.quantity > freeQuantity) {
        throw new UnprocessableEntityError(
          `The free plan has at most ${freeQuantity} of a product`,
        );
      }
      const order = store.add(tenantOf(context).id, body);
      return created({ body: order, headers: { location: `/shop/orders/${order.id}` } });
    }),

    get("/orders/:id", { name: "order" }, ({ path, context }) => {
      const order = store.get(tenantOf(context).id, path.id);
      if (order === undefined) throw missing(path.id);
      return order;
    }),

    del("/orders/:id", { name: "order" }, ({ path, context }) => {
      if (!store.delete(tenantOf(context).id, path.id)) throw missing(path.id);
    }),

    get("/help/:path*", files(new URL("./public/", import.meta.url), { index: "index.html" })),
  ]);
}
