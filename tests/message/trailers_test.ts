/**
 * Trailer fields beside a response: what may be one, and which copies keep them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { compress } from "@pirouette/http/layers";
import {
  get,
  InitializingOutboundResponseError,
  ok,
  serve,
  service,
  withTrailers,
} from "@pirouette/http";
import { trailerFields, trailersOf } from "../../src/message/trailers.ts";

Deno.test("trailers: a response keeps those it was given", () => {
  const response = new Response("body");
  assert.equal(trailersOf(response), undefined);
  assert.equal(withTrailers(response, { "x-sum": "1" }), response);
  assert.deepEqual([...trailersOf(response) as Headers], [["x-sum", "1"]]);
  const make = () => ({ "x-sum": "2" });
  assert.equal(trailersOf(withTrailers(response, make)), make);
});

Deno.test("trailers: what frames, routes or guards a message is none", () => {
  for (
    const name of [
      "Content-Length",
      "transfer-encoding",
      "Host",
      "Trailer",
      "Set-Cookie",
      "Authorization",
      "Content-Type",
      "Cache-Control",
    ]
  ) {
    assert.throws(() => withTrailers(new Response(), { [name]: "x" }), TypeError, name);
    assert.throws(() => ok({ body: "x", trailers: { [name]: "x" } }), TypeError, name);
  }
  assert.throws(() => trailerFields({ "a\r\nb": "x" }), TypeError);
  assert.throws(() => trailerFields({ "x-a": "x\r\nb: c" }), TypeError);
});

Deno.test("trailers: a reply's are kept by the response that is made of it", async () => {
  const answer = await service({}, [
    get("/", () => ok({ body: "text", trailers: { "x-sum": "7" } })),
  ]).fetch("http://x/");
  assert.equal(await answer.text(), "text");
  assert.deepEqual([...trailersOf(answer) as Headers], [["x-sum", "7"]]);
});

Deno.test("trailers: a layer that writes the body anew hands them on", async () => {
  const give = () =>
    Promise.resolve(withTrailers(
      new Response("x".repeat(5000), {
        headers: { "content-type": "text/plain" },
      }),
      { "x-sum": "7" },
    ));
  const answer = await compress()(give)("http://x/", { headers: { "accept-encoding": "gzip" } });
  assert.equal(answer.headers.get("content-encoding"), "gzip");
  assert.deepEqual([...trailersOf(answer) as Headers], [["x-sum", "7"]]);
  await answer.body?.cancel();
});

Deno.test("trailers: a transport without them answers 500 rather than lose them", async () => {
  const errors: unknown[] = [];
  await using server = await serve(
    service({ onError: (error) => void errors.push(error) }, [
      get("/reply", () => ok({ body: "text", trailers: { "x-sum": "7" } })),
      get("/response", () => withTrailers(new Response("text"), { "x-sum": "7" })),
    ]),
    { port: 0, host: "127.0.0.1", transport: "deno" },
  );
  for (const path of ["/reply", "/response"]) {
    const answer = await fetch(server.url + path);
    assert.equal(answer.status, 500);
    await answer.body?.cancel();
    assert.ok(errors.pop() instanceof InitializingOutboundResponseError);
  }
});
