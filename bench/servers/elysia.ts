/**
 * Elysia, compiled ahead of time by itself as is its default.
 *
 * @module
 */
// deno-lint-ignore-file no-import-prefix -- a peer is pinned here, so that the package never knows it
import { Elysia } from "npm:elysia@1.4.30";
import { chosen, listen } from "../support/program.ts";

interface App {
  readonly fetch: (request: Request) => Response | Promise<Response>;
}

const app = await chosen<App>({
  hello: () => new Elysia().get("/", () => "Hello, World!"),
  json: () => new Elysia().get("/json", () => ({ message: "Hello, World!" })),
  params: () =>
    new Elysia().get("/users/:id/posts/:post", ({ params, query }) => ({
      id: Number(params.id),
      post: Number(params.post),
      limit: Number(query.limit ?? 20),
    })),
  body: async () => {
    const { Album } = await import("../support/album.ts");
    return new Elysia().post(
      "/albums",
      ({ body, status }) => status(201, { id: body.id, title: body.title }),
      { body: Album },
    );
  },
});
listen(app.fetch);
