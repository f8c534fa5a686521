/**
 * h3, without its srvx adapter, which would add 3 µs a request on Deno.
 *
 * @module
 */
// deno-lint-ignore-file no-import-prefix -- a peer is pinned here, so that the package never knows it
import { getQuery, getRouterParams, H3, readValidatedBody } from "npm:h3@2.0.8";
import { chosen, listen } from "../support/program.ts";

const app = await chosen<H3>({
  hello: () => new H3().get("/", () => "Hello, World!"),
  json: () => new H3().get("/json", () => ({ message: "Hello, World!" })),
  params: () =>
    new H3().get("/users/:id/posts/:post", (event) => {
      const { id, post } = getRouterParams(event);
      const { limit = 20 } = getQuery<{ limit?: string }>(event);
      return { id: Number(id), post: Number(post), limit: Number(limit) };
    }),
  body: async () => {
    const { Album } = await import("../support/album.ts");
    return new H3().post("/albums", async (event) => {
      const { id, title } = await readValidatedBody(event, Album);
      event.res.status = 201;
      return { id, title };
    });
  },
});
listen((request) => app.fetch(request));
