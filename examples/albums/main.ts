/** Serves the albums: `deno task start`, or with another port `deno task start 8080`. */
import { serve } from "../../mod.ts";
import { albumService } from "./service.ts";

if (import.meta.main) {
  const port = Number(Deno.args[0] ?? 9090);
  const server = await serve(albumService(), { host: "127.0.0.1", port });
  const albums = `${server.url}/v1/albums`;
  const album = '{"id":"4","title":"Kind of Blue","artist":"Miles Davis","price":29.5}';
  console.log(`Albums are served at ${albums}\n\nTry:
  curl '${albums}?maxPrice=40'
  curl -H 'Accept: application/xml' ${albums}/1
  curl -H 'Content-Type: application/json' -d '${album}' ${albums}
`);
  await server.finished;
}
