/**
 * Services that attach and detach each other while they answer, as the original's own test of it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Fetch, get, type Listener, type Service, service } from "@pirouette/http";

/** Starts a listener, and asks its services in turn. */
export async function comeAndGo(
  listener: Listener,
  fetch: Fetch,
): Promise<void> {
  const quiet = { onError: () => {} };
  const mock2: Service = service(quiet, [
    get("/mock2Resource", () => {
      listener.detach(mock3).attach(mock3, "/mock3");
      return "Mock2 resource was invoked";
    }),
  ]);
  const mock3: Service = service(quiet, [
    get("/mock3Resource", () => {
      listener.detach(mock2).attach(mock4, "/mock4");
      return "Mock3 invoked. Mock2 detached. Mock4 attached";
    }),
  ]);
  const mock4: Service = service(quiet, [
    get("/mock4Resource", () => {
      listener.attach(mock2, "/mock2").detach(mock5);
      return "Mock4 invoked. Mock2 attached";
    }),
  ]);
  const mock5 = service(quiet, [get("/mock5Resource", () => "Mock5 invoked")]);
  listener.attach(
    service(quiet, [
      get("/", () => {
        listener.attach(mock2, "/mock2").attach(mock3, "/mock3");
        return "Mock1 invoked. Mock2 attached. Mock3 attached";
      }),
    ]),
    "/mock1",
  );
  await using server = await listener.start();
  const rows: readonly (readonly [path: string, status: number, said: string])[] = [
    ["/mock1", 200, "Mock1 invoked. Mock2 attached. Mock3 attached"],
    ["/mock2/mock2Resource", 200, "Mock2 resource was invoked"],
    ["/mock3/mock3Resource", 200, "Mock3 invoked. Mock2 detached. Mock4 attached"],
    ["/mock2/mock2Resource", 404, "no matching service found for path: /mock2/mock2Resource"],
    ["/mock3/mock3Resource", 500, "Two services have the same base path: '/mock4'"],
    ["/mock4/mock4Resource", 200, "Mock4 invoked. Mock2 attached"],
    ["/mock2/mock2Resource", 200, "Mock2 resource was invoked"],
  ];
  for (const [path, status, said] of rows) {
    const response = await fetch(server.url + path);
    assert.equal(response.status, status, path);
    assert.equal(status === 200 ? await response.text() : (await response.json()).message, said);
  }
}
