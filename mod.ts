/**
 * Typed HTTP services on web standards: one vocabulary for server and client.
 *
 * A service is a list of resources; each says what it binds, and its handler gets that, typed.
 *
 * @example
 * ```ts
 * import { created, get, int, notFound, post, serve, service } from "@pirouette/http";
 * import { z } from "zod";
 *
 * const Album = z.object({ id: z.string(), title: z.string() });
 * const albums = new Map<string, z.infer<typeof Album>>();
 *
 * const server = await serve(
 *   service({ basePath: "/v1" }, [
 *     get("/albums", { query: { limit: int({ default: 20 }) } }, ({ query }) =>
 *       [...albums.values()].slice(0, query.limit)),
 *     get("/albums/:id", ({ path }) => albums.get(path.id) ?? notFound()),
 *     post("/albums", { body: Album }, ({ body }) => {
 *       albums.set(body.id, body);
 *       return created({ body, headers: { location: `/v1/albums/${body.id}` } });
 *     }),
 *   ]),
 *   { port: 0 },
 * );
 * await server.gracefulStop();
 * ```
 *
 * @module
 */

export * from "./src/client/mod.ts";
export * from "./src/server/mod.ts";
