/**
 * oak. Its newest release on npm is 14.1.0, built for Node: it listens through `node:http`, and its
 * replies are not the ones `Deno.serve` takes. Later releases are on JSR only.
 *
 * @module
 */
// deno-lint-ignore-file no-import-prefix -- a peer is pinned here, so that the package never knows it
import { Application, Router } from "npm:@oakserver/oak@14.1.0";
import { chosen } from "../support/program.ts";

const router = await chosen<Router>({
  hello: () => new Router().get("/", ({ response }) => void (response.body = "Hello, World!")),
  json: () =>
    new Router().get("/json", ({ response }) => {
      response.body = { message: "Hello, World!" };
    }),
  params: () => {
    const router = new Router();
    router.get("/users/:id/posts/:post", ({ params, request, response }) => {
      response.body = {
        id: Number(params.id),
        post: Number(params.post),
        limit: Number(request.url.searchParams.get("limit") ?? 20),
      };
    });
    return router;
  },
  body: async () => {
    const { Album } = await import("../support/album.ts");
    return new Router().post("/albums", async ({ request, response }) => {
      const { id, title } = Album.parse(await request.body.json());
      response.status = 201;
      response.body = { id, title };
    });
  },
});
const app = new Application();
app.use(router.routes());
const port = freePort();
const listening = app.listen({ port, hostname: "127.0.0.1" });
await untilReachable(port);
console.log(port);
await listening;

/** A port that is free now: oak does not tell which one it got when it is asked for port 0. */
function freePort(): number {
  using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  return listener.addr.port;
}

/** oak says that it listens before it does. */
async function untilReachable(port: number): Promise<void> {
  for (;;) {
    try {
      (await Deno.connect({ port, hostname: "127.0.0.1" })).close();
      return;
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
    }
  }
}
