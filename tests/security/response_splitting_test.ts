/**
 * SECURITY.md row 13: what a client sent cannot add header fields or a body of its own to a
 * response, through whatever part of a reply a handler puts it into.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  BadRequestError,
  ClientRequestError,
  get,
  movedPermanently,
  ok,
  reply,
  type Resource,
  serve,
  service,
} from "@pirouette/http";
import { problem } from "../../src/message/problem.ts";
import { rawRequest, sendRaw } from "../support/raw_http.ts";

/** Texts that end a header field, a status line or a head; `%00` is one that some servers cut at. */
const splits = [
  "%0d%0ax-forged:%201",
  "a%0d%0ax-forged:%201",
  "a%0d%0a%20x-forged:%201",
  "a%0ax-forged:%201",
  "a%0dx-forged:%201",
  "a%0d%0a%0d%0a<script>forged</script>",
  "a%0a%0aforged",
  "a%00x-forged:%201",
  "a%e5%98%8a%e5%98%8dx-forged:%201",
  "a%c4%8d%c4%8ax-forged:%201",
  "a%e2%80%a8x-forged:%201",
  "a%c2%85x-forged:%201",
  "a%0b%0cx-forged:%201",
];

/** An error that brings what another service answered with. */
function upstream(value: string, body: unknown): ClientRequestError {
  const headers = new Headers({ "x-echo": value });
  return new ClientRequestError("a", { statusCode: 400, headers, body });
}

function given(request: Request): string {
  return new URL(request.url).searchParams.get("x") ?? "";
}

const resources: readonly Resource[] = [
  get("/value", ({ request }) => ok({ headers: { "x-echo": given(request) } })),
  get("/values", ({ request }) => ok({ headers: { "x-echo": ["a", given(request)] } })),
  get("/name", ({ request }) => ok({ headers: { [given(request)]: "a" } })),
  get("/pairs", ({ request }) => ok({ headers: [["x-echo", given(request)]] })),
  get("/media-type", ({ request }) => ok({ body: "a", mediaType: given(request) })),
  get("/location", ({ request }) => movedPermanently({ headers: { location: given(request) } })),
  get("/error", ({ request }) => {
    throw new BadRequestError("a", { headers: { "x-echo": given(request) } });
  }),
  get("/upstream", ({ request }) => upstream(given(request), { body: given(request) })),
  get(
    "/problem",
    ({ request }) =>
      problem({ status: 400, detail: given(request), headers: { "x-echo": given(request) } }),
  ),
  get("/problem-type", ({ request }) => problem({ status: 400, type: given(request) })),
  get("/message", ({ request }) => {
    throw new BadRequestError(given(request));
  }),
  get("/caller", ({ request, caller }) => caller.redirect(302, given(request))),
  get("/callers", ({ request, caller }) => caller.redirect(300, ["/a", given(request)])),
  get("/status", ({ request }) => reply(Number(given(request)))),
];

Deno.test("security 13: response splitting: no part of a reply lets a client add a field or a body", async (t) => {
  await using server = await serve(service({ onError: () => {} }, resources), {
    port: 0,
    host: "127.0.0.1",
  });
  for (const { pathname } of resources) {
    await t.step(pathname, async () => {
      for (const split of splits) {
        const head = rawRequest(`GET ${pathname}?x=${split} HTTP/1.1`, ["Host: x"]);
        const response = await sendRaw(server, head);
        assert.ok(response, split);
        assert.equal(response.headers.get("x-forged"), null, split);
        for (const line of response.head.split("\r\n").slice(1)) {
          assert.match(line, /^[a-z-]+: [\t\x20-\x7e\x80-\xff]*$/i, split);
        }
      }
    });
  }
});

Deno.test("security 13: response splitting: what the request brought into an error payload is quoted", async () => {
  await using server = await serve(service({}, resources), { port: 0, host: "127.0.0.1" });
  const target = `/message?x=%22,%22status%22:200,%22a%22:%22%0d%0a%3cscript%3e`;
  const response = await sendRaw(server, rawRequest(`GET ${target} HTTP/1.1`, ["Host: x"]));
  assert.equal(response?.status, 400);
  assert.equal(response.headers.get("content-type"), "application/json");
  const payload = JSON.parse(response.body);
  assert.equal(payload.status, 400);
  assert.equal(payload.message, '","status":200,"a":"\r\n<script>');
});

Deno.test("security 13: response splitting: a status text has no way in", async () => {
  const texts = service({ onError: () => {} }, [
    get("/:text", ({ path }) => new Response("a", { status: 200, statusText: path.text })),
  ]);
  await using server = await serve(texts, { port: 0, host: "127.0.0.1" });
  for (const text of ["a", "a%0ax", "a%e2%82%ac"]) {
    const response = await sendRaw(server, rawRequest(`GET /${text} HTTP/1.1`, ["Host: x"]));
    assert.ok(response);
    assert.match(response.head, /^HTTP\/1\.1 \d{3} [\x20-\x7e]*\r\n/);
  }
});

Deno.test("security 13: response splitting: a Server field that cannot be sent is refused at the start", async () => {
  for (const name of ["a\r\nx-forged: 1", "a\nb", "a\0b"]) {
    await assert.rejects(
      serve(service({}, resources), { port: 0, host: "127.0.0.1", server: name }),
      TypeError,
    );
  }
});

Deno.test("security 13: response splitting: a control character in a header field is a 500, wherever it comes from", async () => {
  // Deno 2.9.6 lets them into `Headers` and ends the process when it sends them.
  const bad = ["\x01", "\x08", "\x0b", "\x0c", "\x0e", "\x1f", "\x7f"];
  let value = "";
  const make = (): Response => new Response("a", { headers: { "x-echo": value } });
  const failing = service({ onError: () => {} }, [
    get("/response", make),
    get("/async-response", () => Promise.resolve(make())),
    get("/reply", () => ok({ headers: { "x-echo": value } })),
    get("/media-type", () => ok({ body: "a", mediaType: value })),
    get("/error", () => new BadRequestError("a", { headers: { "x-echo": value } })),
    get("/error-type", () => new BadRequestError("a", { body: "a", mediaType: value })),
    get("/error-payload", () => new BadRequestError("a", { headers: { "retry-after": value } })),
    get("/upstream", () => upstream(value, "a")),
    get("/upstream-payload", () => upstream(value, undefined)),
    get("/problem", () => problem({ status: 400, headers: { "x-echo": value } })),
    get("/caller", ({ caller }) => caller.respond(make())),
  ]);
  const layered = service({
    basePath: "/layered",
    onError: () => {},
    layers: [() => () => Promise.resolve(make())],
  }, []);
  await using server = await serve([failing, layered], { port: 0, host: "127.0.0.1" });
  for (const char of bad) {
    value = `a${char}b`;
    for (const path of [...failing.resources.map(({ pathname }) => pathname), "/layered"]) {
      const response = await sendRaw(server, rawRequest(`GET ${path} HTTP/1.1`, ["Host: x"]));
      assert.equal(response?.status, 500, `${path} ${JSON.stringify(value)}`);
    }
    await assert.rejects(serve(failing, { port: 0, host: "127.0.0.1", server: value }), TypeError);
  }
});

Deno.test("security 13: response splitting: a bare handler's control character is a 500", async () => {
  const original = console.error;
  console.error = () => {};
  try {
    const handler = (): Promise<Response> =>
      Promise.resolve(new Response("a", { headers: { "x-echo": "a\x0bb" } }));
    await using server = await serve(handler, { port: 0, host: "127.0.0.1" });
    assert.equal((await sendRaw(server, rawRequest("GET / HTTP/1.1", ["Host: x"])))?.status, 500);
  } finally {
    console.error = original;
  }
});
