/**
 * Serves a page that pushes what it needs, and takes it as a client that has the logo already:
 * `deno run --allow-net examples/http2_push/main.ts`
 */
import { serve } from "../../mod.ts";
import { Http2Client } from "@pirouette/http/http2";
import { pageService } from "./service.ts";

if (import.meta.main) {
  await using server = await serve(pageService, {
    host: "127.0.0.1",
    port: 0,
    transport: "node",
  });
  await using client = new Http2Client(server.url);
  using future = client.submit("GET", "/");
  for await (const promise of future.promises) {
    if (promise.path === "/logo.svg") {
      promise.reject();
      console.log(`${promise.path}: not wanted`);
      continue;
    }
    const response = await promise.response;
    console.log(`${promise.path}: ${response.headers.get("content-type")}`);
    console.log(await response.text());
  }
  const response = await future.response;
  console.log(`/: ${response.headers.get("content-type")}`);
  console.log(await response.text());
}
