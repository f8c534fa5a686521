/**
 * A request must not be able to end the process: what fails while nobody waits for it any more, as
 * an asynchronous schema beside one that has failed already, is nobody's rejection.
 *
 * @module
 */
import assert from "node:assert/strict";
import { get, int, interceptor, type Schema, service } from "@pirouette/http";
import { onBothTransports } from "../support/both_transports.ts";

/** A schema of another library, which looks something up and does not find it. */
const refusing: Schema<string> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: async () => {
      await Promise.resolve();
      return { issues: [{ message: "not found" }] };
    },
  },
};

const whole = refusing as unknown as Schema<Record<string, string>>;

Deno.test("unattended failures: an asynchronous schema that fails after another part has", async () => {
  const goesOn = { request: () => new Response("never") };
  const pathAndQuery = { path: { id: refusing }, query: { n: int() } };
  const failing = service({
    interceptors: [
      interceptor({ on: { path: "/hook/:id" }, bind: pathAndQuery, ...goesOn }),
      interceptor({
        on: { path: "/hooks" },
        bind: { query: whole, headers: { n: int() } },
        ...goesOn,
      }),
    ],
  }, [
    get("/path/:id", pathAndQuery, () => "never"),
    get("/whole/:id", { path: whole, query: { n: int() } }, () => "never"),
    get("/fields", { query: { id: refusing, n: int() } }, () => "never"),
    get("/query", { query: whole, headers: { n: int() } }, () => "never"),
    get("/headers", { headers: { id: refusing, n: int() } }, () => "never"),
  ]);
  const unhandled: unknown[] = [];
  const keep = (event: PromiseRejectionEvent): void => {
    event.preventDefault();
    unhandled.push(event.reason);
  };
  globalThis.addEventListener("unhandledrejection", keep);
  try {
    await onBothTransports(failing, async (ask) => {
      for (
        const path of ["/path/1", "/whole/1", "/fields", "/query", "/headers", "/hook/1", "/hooks"]
      ) {
        const response = await ask(`${path}?id=1&n=x`, { headers: { id: "1", n: "x" } });
        await response.body?.cancel();
        assert.equal(response.status, 400, path);
      }
    });
    // Rejections are told of once the task is over.
    await new Promise((resolve) => setTimeout(resolve, 0));
  } finally {
    globalThis.removeEventListener("unhandledrejection", keep);
  }
  assert.deepEqual(unhandled, []);
});
