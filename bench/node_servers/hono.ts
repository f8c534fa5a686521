/**
 * Hono over its own adapter to Node.
 *
 * @module
 */
// deno-lint-ignore-file no-import-prefix -- a peer is pinned here, so that the package never knows it
import { serve } from "npm:@hono/node-server@2.1.8";
import { Hono } from "npm:hono@4.13.19";
import { ItemsSchema } from "../support/node_items.ts";
import { chosenOnNode, type Items } from "../support/node_program.ts";

const app = chosenOnNode<() => Hono>({
  hello: () => new Hono().get("/", (c) => c.text("Hello, World!")),
  json: () => new Hono().get("/json", (c) => c.json({ message: "Hello, World!" })),
  post: () =>
    new Hono().post("/items", async (c) => {
      const { items } = await c.req.json<Items>();
      return c.json({ items: items.length });
    }),
  bound: () =>
    new Hono().post("/items", async (c) => {
      const { items } = ItemsSchema.parse(await c.req.json());
      return c.json({ items: items.length });
    }),
})();
serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => console.log(port));
