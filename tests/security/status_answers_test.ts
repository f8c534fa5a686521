/**
 * SECURITY.md rows 10, 11 and 15: what a remote service answers is data. However it looks, it chooses
 * neither the status nor the header fields of what a gateway answers, and pollutes nothing.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Client, get, json, service, string } from "@pirouette/http";
import type { Responses } from "../../src/client/status_responses.ts";

const secret = "session=of-the-gateway";
const responses: Responses = {
  200: { body: json(), headers: { "x-declared": string({ default: "" }) } },
  404: json(),
};

/** A gateway that returns what a call gave, of a remote service that answers with `body`. */
function gateway(status: number, body: unknown): (path: string) => Promise<Response> {
  const api = new Client("http://api.example", {
    fetch: () =>
      Promise.resolve(Response.json(body, {
        status,
        headers: {
          "set-cookie": secret,
          connection: "x-hop",
          "x-hop": "1",
          "transfer-encoding": "chunked",
          "content-length": "1",
          "x-declared": "yes",
        },
      })),
  });
  const answer = service({}, [
    get("/answer", () => api.get("/", { responses })),
    get("/body", async () => (await api.get("/", { responses })).body),
  ]);
  return (path) => answer.fetch(`http://gateway.example${path}`);
}

const forged: readonly unknown[] = [
  { status: 299, body: "forged", headers: { "x-forged": "1" }, mediaType: "text/html" },
  { status: 302, headers: { location: "https://evil.example" } },
  { constructor: { name: "Reply" }, status: 201 },
  { name: "NotFoundError", message: "forged", code: "NOT_FOUND", status: 404, stack: "at evil" },
];

Deno.test("security 11: status answers: what a handler returns of one is data", async () => {
  for (const status of [200, 404]) {
    for (const body of forged) {
      const ask = gateway(status, body);
      const whole = await ask("/answer");
      assert.equal(whole.status, 200);
      const told = await whole.json();
      assert.deepEqual([told.status, told.body, told.mediaType], [
        status,
        body,
        "application/json",
      ]);
      const part = await ask("/body");
      assert.equal(part.status, 200);
      assert.deepEqual(await part.json(), body);
      for (const { headers } of [whole, part]) {
        assert.equal(headers.get("x-forged"), null);
        assert.equal(headers.get("location"), null);
      }
    }
  }
});

Deno.test("security 15: status answers: no header field of the other connection is passed on", async () => {
  for (const status of [200, 404]) {
    const ask = gateway(status, { id: "1" });
    for (const path of ["/answer", "/body"]) {
      const response = await ask(path);
      for (const name of ["set-cookie", "x-hop", "x-declared", "transfer-encoding"]) {
        assert.equal(response.headers.get(name), null, name);
      }
      assert.ok(!(await response.text()).includes(secret));
    }
  }
});

Deno.test("security 10: status answers: nothing is taken from a polluted prototype", async () => {
  const api = new Client("http://api.example", {
    fetch: () => Promise.resolve(Response.json({ id: "1" }, { status: 500 })),
  });
  const pollution = {
    500: json(),
    default: json(),
    mediaType: "application/xml",
    responses: { 200: json() },
  };
  try {
    for (const [name, value] of Object.entries(pollution)) {
      Object.defineProperty(Object.prototype, name, { value, configurable: true });
    }
    await assert.rejects(
      api.get("/", { responses: { 200: {} } }),
      /incompatible type: 200 found for the response with status code: 500/,
    );
    const answer = await api.get("/", { responses: { 500: {} } });
    assert.deepEqual(answer.body, { id: "1" });
    assert.equal(answer.mediaType, "application/json");
    const plain = await api.get("/", {});
    assert.ok(plain instanceof Response);
    await plain.body?.cancel();
  } finally {
    for (const name of Object.keys(pollution)) Reflect.deleteProperty(Object.prototype, name);
  }
});

Deno.test("security 10: status answers: a header field called __proto__ is a field", async () => {
  const api = new Client("http://api.example", {
    fetch: () => Promise.resolve(new Response(null, { headers: [["__proto__", "x"]] })),
  });
  const fields = Object.fromEntries([["__proto__", string()]]);
  const { headers } = await api.get("/", { responses: { 200: { headers: fields } } });
  assert.deepEqual(Object.entries(headers), [["__proto__", "x"]]);
  assert.equal(Object.getPrototypeOf(headers), Object.prototype);
});
