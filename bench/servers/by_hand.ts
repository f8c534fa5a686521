/**
 * What one writes on bare `Deno.serve` to do the same work without a library: parameters read and
 * checked with `URL`, the body with Zod.
 *
 * @module
 */
import { chosen, listen } from "../support/program.ts";

type Handler = (request: Request) => Response | Promise<Response>;

const refused = (): Response => new Response(null, { status: 400 });

listen(
  await chosen<Handler>({
    hello: () => (request) =>
      new URL(request.url).pathname === "/"
        ? new Response("Hello, World!")
        : new Response(null, { status: 404 }),
    json: () => (request) =>
      new URL(request.url).pathname === "/json"
        ? Response.json({ message: "Hello, World!" })
        : new Response(null, { status: 404 }),
    params: () => (request) => {
      const { pathname, searchParams } = new URL(request.url);
      const [, , id, , post] = pathname.split("/").map(Number);
      const limit = Number(searchParams.get("limit") ?? 20);
      return [id, post, limit].every(Number.isInteger)
        ? Response.json({ id, post, limit })
        : refused();
    },
    body: async () => {
      const { Album } = await import("../support/album.ts");
      return async (request) => {
        const { success, data } = Album.safeParse(await request.json());
        if (!success) return refused();
        return Response.json({ id: data.id, title: data.title }, { status: 201 });
      };
    },
  }),
);
