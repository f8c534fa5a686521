/** Header fields of responses that somebody else made. @module */
import assert from "node:assert/strict";
import { editHeaders } from "../../src/layers/response_headers.ts";

const edit = (headers: Headers): void => headers.set("x-added", "1");

Deno.test("response headers: they are changed where they are", () => {
  const response = new Response("body");
  assert.equal(editHeaders(response, edit), response);
  assert.equal(response.headers.get("x-added"), "1");
});

Deno.test("response headers: an immutable response is copied, with all that it says", async () => {
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/moved") return Response.redirect(new URL("/201", request.url));
    const status = Number(pathname.slice(1));
    const body = status === 204 || status === 304 ? null : "body";
    return new Response(body, { status, headers: { "x-own": "2", "set-cookie": "a=b" } });
  });
  const origin = `http://127.0.0.1:${server.addr.port}`;
  for (
    const [path, status, body, redirected] of [
      ["/201", 201, "body", false],
      ["/204", 204, "", false],
      ["/304", 304, "", false],
      ["/moved", 201, "body", true],
    ] as const
  ) {
    const response = await fetch(origin + path);
    const { url, statusText } = response;
    const copy = editHeaders(response, edit);
    assert.notEqual(copy, response);
    assert.deepEqual(
      [copy.status, copy.statusText, copy.url, copy.redirected],
      [status, statusText, url, redirected],
    );
    assert.deepEqual(["x-added", "x-own"].map((name) => copy.headers.get(name)), ["1", "2"]);
    assert.deepEqual(copy.headers.getSetCookie(), ["a=b"]);
    if (body === "") assert.equal(copy.body, null);
    assert.equal(await copy.text(), body);
  }
});

Deno.test("response headers: what cannot be built anew is left, an error that is another's passes", () => {
  const failed = Response.error();
  assert.equal(editHeaders(failed, edit), failed);
  const broken = (): void => {
    throw new RangeError("broken");
  };
  assert.throws(() => editHeaders(new Response(), broken), RangeError);
});
