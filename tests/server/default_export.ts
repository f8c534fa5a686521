/**
 * A service as `deno serve` takes it: one of its own module, which is told the client's address.
 *
 * @module
 */
import { get, int, type Service, service } from "@pirouette/http";

const greetings: Service = service({ basePath: "/v1" }, [
  get(
    "/hello/:name",
    { query: { times: int({ default: 1 }) } },
    ({ path, query }) => `Hello, ${path.name}! `.repeat(query.times).trim(),
  ),
  get("/who", ({ caller }) => caller.remoteAddress.ip),
]);

export default greetings;
