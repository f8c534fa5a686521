/**
 * The floor: each row as the least that `Deno.serve` can answer. The parameters row reads nothing and
 * the body row checks nothing.
 *
 * @module
 */
import { chosen, listen } from "../support/program.ts";

type Handler = (request: Request) => Response | Promise<Response>;

listen(
  await chosen<Handler>({
    hello: () => () => new Response("Hello, World!"),
    json: () => () => Response.json({ message: "Hello, World!" }),
    params: () => () => Response.json({ id: 42, post: 7, limit: 10 }),
    body: () => async (request) => {
      const album = await request.json();
      return Response.json({ id: album.id, title: album.title }, { status: 201 });
    },
  }),
);
