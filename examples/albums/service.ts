/** The album service: list, search, get, create, replace, delete, in JSON and XML, and a form. */
import {
  array,
  byMediaType,
  conflict,
  created,
  del,
  float,
  form,
  get,
  int,
  json,
  noContent,
  notFound,
  optional,
  post,
  put,
  type Service,
  service,
  string,
  xml,
} from "../../mod.ts";
import { z } from "zod";
import { Album, AlbumStore } from "./store.ts";

const Problem = z.object({ message: z.string() });

/** XML and forms carry text only, so that the price is converted. */
const TextAlbum = Album.extend({ price: z.coerce.number().positive() });
const XmlAlbum = z.object({ album: TextAlbum }).transform(({ album }) => album);

/** An album with the picture of its cover, as a browser's form sends it. */
const Upload = TextAlbum.extend({ cover: z.file().max(1_000_000) });

const produces = ["application/json", "application/xml"];

/** Makes the service; each has a store of its own unless it is given one. */
export function albumService(store: AlbumStore = new AlbumStore()): Service {
  const missing = (id: string) => notFound({ body: { message: `There is no album ${id}` } });
  return service({ basePath: "/v1" }, [
    get("/albums", {
      query: {
        artist: optional(string()),
        maxPrice: optional(float({ min: 0 })),
        limit: int({ min: 1, max: 100, default: 20 }),
      },
      responses: { 200: z.array(Album) },
    }, ({ query }) => store.list(query)),

    get("/albums/search", {
      query: { words: array(string({ minLength: 1 }), { separator: ",", maxLength: 10 }) },
    }, ({ query }) => store.search(query.words)),

    get("/albums/:id", { produces }, ({ path }) => store.get(path.id) ?? missing(path.id)),

    post("/albums", {
      body: byMediaType(json(Album), xml(XmlAlbum)),
      consumes: produces,
      responses: { 201: Album, 409: Problem },
    }, ({ body }) => {
      if (!store.add(body)) {
        return conflict({ body: { message: `There is an album ${body.id} already` } });
      }
      return created({ body, headers: { location: `/v1/albums/${encodeURIComponent(body.id)}` } });
    }),

    post("/albums/upload", { body: form(Upload) }, ({ body: { cover, ...album } }) => {
      store.put(album);
      return created({ body: { ...album, coverSize: cover.size } });
    }),

    put("/albums/:id", { body: Album.omit({ id: true }) }, ({ path, body }) => {
      const album = { id: path.id, ...body };
      store.put(album);
      return album;
    }),

    del("/albums/:id", ({ path }) => store.delete(path.id) ? noContent() : missing(path.id)),
  ]);
}
