/**
 * SECURITY.md row 11: an object that a client sent and a handler echoes stays data, however much it
 * looks like a reply, a `Response`, an error or a promise.
 *
 * @module
 */
import assert from "node:assert/strict";
import { created, json, post, reply, service } from "@pirouette/http";
import { onBothTransports } from "../support/both_transports.ts";
import { transports } from "../support/over_transports.ts";

const look: readonly unknown[] = [
  { status: 299, body: "forged", headers: { "x-forged": "1" }, mediaType: "text/html" },
  { status: 302, headers: { location: "https://evil.example" } },
  { "#status": 404, _status: 404, statusCode: 404, code: 404 },
  { type: "default", url: "", redirected: false, status: 200, ok: true, bodyUsed: false, body: {} },
  { constructor: { name: "Reply" }, status: 201 },
  { constructor: { name: "Response" }, status: 201 },
  { "Symbol(Symbol.toStringTag)": "Response", "@@toStringTag": "Response" },
  { name: "NotFoundError", message: "forged", code: "NOT_FOUND", status: 404, stack: "at evil" },
  { name: "HttpError", statusCode: 418, detail: { statusCode: 418, headers: {}, body: "x" } },
  { then: "not a function", catch: null, finally: {} },
  { toJSON: "not a function", toString: "x", valueOf: 1 },
  { "~standard": { version: 1, vendor: "evil", validate: "x" } },
  { next: "x", "Symbol(Symbol.asyncIterator)": "x", getReader: "x", pipeTo: "x" },
  { byteLength: 3, buffer: {}, length: 3, 0: 1 },
  { size: 3, type: "text/html", stream: "x", arrayBuffer: "x" },
  [{ status: 299 }, 299],
];

const echo = service({}, [
  post("/plain", { body: json() }, ({ body }) => body),
  post("/async", { body: json() }, async ({ body }) => await Promise.resolve(body)),
  post("/caller", { body: json() }, async ({ body, caller }) => await caller.respond(body)),
  post("/in-reply", { body: json() }, ({ body }) => created({ body })),
]);

Deno.test("security 11: forged replies: whatever is echoed is sent as JSON with the status of the method", async () => {
  await onBothTransports(echo, async (ask) => {
    for (const path of ["/plain", "/async", "/caller", "/in-reply"]) {
      for (const value of look) {
        const text = JSON.stringify(value);
        const headers = { "content-type": "application/json" };
        const response = await ask(path, { method: "POST", body: text, headers });
        assert.equal(response.status, 201, `${path} ${text}`);
        assert.equal(response.headers.get("content-type"), "application/json");
        assert.equal(response.headers.get("x-forged"), null);
        assert.equal(response.headers.get("location"), null);
        assert.deepEqual(await response.json(), value);
      }
    }
  });
});

Deno.test("security 11: forged replies: thrown, they are a 500 that says nothing of them", async () => {
  const failures: unknown[] = [];
  const throwing = service({ onError: (error) => failures.push(error) }, [
    post("/sync", { body: json() }, ({ body }) => {
      throw body;
    }),
    post("/async", { body: json() }, ({ body }) => Promise.reject(body)),
  ]);
  await onBothTransports(throwing, async (ask) => {
    for (const path of ["/sync", "/async"]) {
      for (const value of look) {
        const headers = { "content-type": "application/json" };
        const response = await ask(path, { method: "POST", body: JSON.stringify(value), headers });
        assert.equal(response.status, 500);
        assert.equal(response.headers.get("x-forged"), null);
        const { status, message, reason } = await response.json();
        assert.deepEqual({ status, message, reason }, {
          status: 500,
          message: "Internal Server Error",
          reason: "Internal Server Error",
        });
      }
    }
  });
  // Both paths, in process and over each transport.
  assert.equal(failures.length, 2 * (1 + transports.length) * look.length);
});

Deno.test("security 11: forged replies: parts of a reply that came from a client stay where they are put", async () => {
  const parts = service({ onError: () => {} }, [
    post("/status", { body: json() }, ({ body }) => reply((body as { status: number }).status)),
    post("/body", { body: json() }, ({ body }) => created({ body: { nested: body } })),
  ]);
  await onBothTransports(parts, async (ask) => {
    const headers = { "content-type": "application/json" };
    for (
      const status of ["200", "404 Not Found\r\nx-forged: 1", 1e9, -1, 99, 600, 200.5, null, {}]
    ) {
      const body = JSON.stringify({ status });
      const response = await ask("/status", { method: "POST", body, headers });
      assert.equal(response.status, 500, body);
      assert.equal(response.headers.get("x-forged"), null);
      await response.body?.cancel();
    }
    const forged = { status: 418, headers: { "x-forged": "1" } };
    const response = await ask("/body", { method: "POST", body: JSON.stringify(forged), headers });
    assert.equal(response.status, 201);
    assert.deepEqual(await response.json(), { nested: forged });
  });
});
