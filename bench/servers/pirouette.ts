/**
 * This library, as its README would have it written: parameters typed, the body checked.
 *
 * @module
 */
import { get, int, post, type Resource, serve, service } from "@pirouette/http";
import { chosen } from "../support/program.ts";

const resource = await chosen<Resource>({
  hello: () => get("/", () => "Hello, World!"),
  json: () => get("/json", () => ({ message: "Hello, World!" })),
  params: () =>
    get(
      "/users/:id/posts/:post",
      { path: { id: int(), post: int() }, query: { limit: int({ default: 20 }) } },
      ({ path, query }) => ({ id: path.id, post: path.post, limit: query.limit }),
    ),
  body: async () => {
    const { Album } = await import("../support/album.ts");
    return post("/albums", { body: Album }, ({ body }) => ({ id: body.id, title: body.title }));
  },
});
const server = await serve(service({}, [resource]), { port: 0, host: "127.0.0.1" });
console.log(server.port);
