/**
 * Serves the shop, its audit log on standard output:
 * `deno run --allow-net --allow-read=examples/interceptors/public examples/interceptors/main.ts`,
 * with another port as an argument.
 */
import { serve } from "../../mod.ts";
import { shopService } from "./service.ts";

if (import.meta.main) {
  const port = Number(Deno.args[0] ?? 9090);
  const service = shopService({ sink: (line) => console.log(line) });
  const server = await serve(service, { host: "127.0.0.1", port });
  const shop = `${server.url}/shop`;
  const order = `-H 'Content-Type: application/json' -d '{"product":"anvil","quantity":2}'`;
  const preflight = `-H 'Origin: https://app.example' -H 'Access-Control-Request-Method: GET'`;
  console.log(`The shop is served at ${shop}\n\nTry:
  curl -i -H 'X-Tenant: acme' ${order} ${shop}/orders
  curl -i -H 'X-Tenant: acme' ${shop}/orders
  curl -i -H 'X-Tenant: nobody' ${shop}/orders
  curl -i -H 'X-Tenant: acme' -X PUT ${shop}/orders
  curl -i --compressed ${shop}/products
  curl -i -X OPTIONS ${preflight} ${shop}/products
  curl -i -r 0-14 ${shop}/help/
`);
  await server.finished;
}
