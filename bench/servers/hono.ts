/**
 * Hono, with its own validator helper around the same Zod schema.
 *
 * @module
 */
// deno-lint-ignore-file no-import-prefix -- a peer is pinned here, so that the package never knows it
import { Hono } from "npm:hono@4.13.19";
import { validator } from "npm:hono@4.13.19/validator";
import { chosen, listen } from "../support/program.ts";

const app = await chosen<Hono>({
  hello: () => new Hono().get("/", (c) => c.text("Hello, World!")),
  json: () => new Hono().get("/json", (c) => c.json({ message: "Hello, World!" })),
  params: () =>
    new Hono().get("/users/:id/posts/:post", (c) =>
      c.json({
        id: Number(c.req.param("id")),
        post: Number(c.req.param("post")),
        limit: Number(c.req.query("limit") ?? 20),
      })),
  body: async () => {
    const { Album } = await import("../support/album.ts");
    const app = new Hono();
    app.post(
      "/albums",
      validator("json", (value, c) => {
        const { success, data } = Album.safeParse(value);
        return success ? data : c.text("invalid", 400);
      }),
      (c) => {
        const { id, title } = c.req.valid("json");
        return c.json({ id, title }, 201);
      },
    );
    return app;
  },
});
listen((request) => app.fetch(request));
