/**
 * What the original library's own tests hold of trailers and of what servers push (spec 10.1.1), beyond
 * the published cases: both pass through a gateway.
 */
import assert from "node:assert/strict";
import {
  any,
  get,
  ok,
  PushPromise,
  responseTrailers,
  service,
  text,
  withTrailers,
} from "@pirouette/http";
import { rawRequest } from "../support/raw_http.ts";
import { overHttp2 } from "./over_http2.ts";

const trailed = service({ basePath: "/backend" }, [
  any("/echoResponseWithTrailer", { body: text() }, ({ body }) => {
    return ok({
      body,
      trailers: { foo: "Trailer for echo payload", baz: "The second trailer" },
    });
  }),
  any("/responseEmptyPayloadWithTrailer", () => {
    return ok({
      body: "",
      trailers: {
        foo: "Trailer for empty payload",
        baz: "The second trailer for empty payload",
      },
    });
  }),
]);

Deno.test("original http2: trailers pass through, changed or not", async () => {
  await overHttp2(trailed, async (backend) => {
    const echo = "/backend/echoResponseWithTrailer";
    const passing = service({ basePath: "/passthroughservice" }, [
      any("/forward", ({ request }) => backend.forward(echo, request)),
      any("/buildPayload", async ({ request }) => {
        const response = await backend.forward(echo, request);
        const body = await response.text();
        const trailers = await responseTrailers(response);
        trailers.set("baz", "this trailer will get replaced");
        trailers.set("barr", "this is a new trailer");
        return withTrailers(new Response(body), trailers);
      }),
      any("/empty", ({ request }) => {
        return backend.forward("/backend/responseEmptyPayloadWithTrailer", request);
      }),
    ]);
    const echoed = { foo: "Trailer for echo payload", baz: "The second trailer" };
    await overHttp2(passing, async (api, _http2, { port }) => {
      for (const body of ["Small payload", "x".repeat(100_000)]) {
        const response = await api.post("/passthroughservice/forward", body);
        assert.equal(await response.text(), body);
        assert.deepEqual(Object.fromEntries(await responseTrailers(response)), echoed);
      }
      const empty = await api.post("/passthroughservice/empty", "");
      assert.equal(await empty.text(), "");
      assert.deepEqual(Object.fromEntries(await responseTrailers(empty)), {
        foo: "Trailer for empty payload",
        baz: "The second trailer for empty payload",
      });
      const built = await api.post("/passthroughservice/buildPayload", "Small payload");
      assert.equal(await built.text(), "Small payload");
      assert.deepEqual(Object.fromEntries(await responseTrailers(built)), {
        ...echoed,
        baz: "this trailer will get replaced",
        barr: "this is a new trailer",
      });
      assert.equal(built.headers.get("trailer"), "barr, baz, foo");
      // Over HTTP/1.1 they follow the last chunk.
      using socket = await Deno.connect({ hostname: "127.0.0.1", port });
      const fields = ["Host: x", "Connection: close", "Content-Length: 5"];
      const request = rawRequest("POST /passthroughservice/forward HTTP/1.1", fields, "Small");
      await socket.write(new TextEncoder().encode(request));
      const received = await new Response(socket.readable).text();
      assert.match(
        received,
        /\r\nSmall\r\n0\r\nbaz: The second trailer\r\nfoo: Trailer [^\r]*\r\n\r\n$/,
      );
    });
  });
});

Deno.test("original http2: a gateway takes what its backend pushes", async () => {
  const shop = service({ basePath: "/backendHttp2Service" }, [
    get("/main", async ({ caller }) => {
      const promises = ["/resource1", "/resource2", "/resource3"].map((path) => {
        return new PushPromise(path);
      });
      for (const promise of promises) caller.promise(promise);
      await caller.respond({ response: { name: "main resource" } });
      for (const promise of promises) {
        await caller.pushPromisedResponse(promise, { push: { name: promise.path.slice(1) } });
      }
    }),
  ]);
  await overHttp2(shop, async (_api, backend) => {
    const frontend = service({ basePath: "/frontendHttpService" }, [
      get("/", async () => {
        const future = backend.submit("GET", "/backendHttp2Service/main");
        const promises = [];
        while (await backend.hasPromise(future)) {
          promises.push(await backend.getNextPromise(future));
        }
        const main = await (await backend.getResponse(future)).text();
        const pushed = await Promise.all(promises.map(async (promise) => {
          const text = await (await backend.getPromisedResponse(promise)).text();
          return text.includes(promise.path.slice(1, 10));
        }));
        assert.match(main, /main/);
        assert.deepEqual(pushed, [true, true, true]);
        return { status: "successful" };
      }),
    ]);
    await overHttp2(frontend, async (api) => {
      const response = await api.get("/frontendHttpService");
      assert.equal(response.headers.get("content-type"), "application/json");
      assert.deepEqual(await response.json(), { status: "successful" });
    });
  });
});

Deno.test("original http2: a promise has header fields, by any case of their names", () => {
  const { headers } = new PushPromise();
  headers.append("header1", "value1");
  assert.equal(headers.get("header1"), "value1");
  assert.ok(headers.has("Header1"));
  headers.append("header1", "value2");
  assert.equal(headers.get("header1"), "value1, value2");
  headers.set("header1", "value3");
  headers.set("header2", "value4");
  assert.deepEqual([...headers.keys()], ["header1", "header2"]);
  headers.delete("header1");
  assert.ok(!headers.has("header1"));
});
