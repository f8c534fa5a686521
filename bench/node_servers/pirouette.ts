/**
 * A service of this library, over its transport for Node.
 *
 * @module
 */
import { get, ok, post, type Resource, serve, service } from "@pirouette/http";
import { ItemsSchema } from "../support/node_items.ts";
import { chosenOnNode, type Items } from "../support/node_program.ts";

const resource = chosenOnNode<() => Resource>({
  hello: () => get("/", () => "Hello, World!"),
  json: () => get("/json", () => ({ message: "Hello, World!" })),
  post: () =>
    post("/items", async ({ request }) => {
      const { items }: Items = await request.json();
      return ok({ body: { items: items.length } });
    }),
  bound: () =>
    post(
      "/items",
      { body: ItemsSchema },
      ({ body: { items } }) => ok({ body: { items: items.length } }),
    ),
})();
const server = await serve(service({}, [resource]), { port: 0, host: "127.0.0.1" });
console.log(server.port);
