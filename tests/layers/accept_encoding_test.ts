/** Asking servers for compressed responses, or for none. @module */
import assert from "node:assert/strict";
import { any, type Fetch, serve, service, stack } from "@pirouette/http";
import { acceptEncoding } from "../../src/layers/accept_encoding.ts";
import type { CompressionMode } from "../../src/layers/compress_config.ts";

const url = "http://a.example/";

/** The `Accept-Encoding` that is sent. */
async function asked(mode: CompressionMode, ...call: Parameters<Fetch>): Promise<string | null> {
  let value: string | null = null;
  const record: Fetch = (input, init) => {
    value = new Request(input, init).headers.get("accept-encoding");
    return Promise.resolve(new Response());
  };
  await stack(record, acceptEncoding(mode))(...call);
  return value;
}

Deno.test("Accept-Encoding: what each mode asks for", async () => {
  const own = { "accept-encoding": "zstd" };
  for (
    const [mode, headers, expected] of [
      ["AUTO", {}, null],
      ["AUTO", own, "zstd"],
      ["ALWAYS", {}, "br, gzip, deflate"],
      ["ALWAYS", own, "zstd"],
      ["ALWAYS", { "accept-encoding": "identity" }, "identity"],
      ["ALWAYS", { range: "bytes=0-9" }, null],
      ["NEVER", {}, "identity"],
      ["NEVER", own, "identity"],
      ["NEVER", { range: "bytes=0-9" }, "identity"],
    ] as const
  ) {
    // A runtime that has zstd asks for it too.
    const seen = (value: string | null) =>
      headers === own ? value : value?.replace(" zstd,", "") ?? null;
    assert.equal(seen(await asked(mode, url, { headers })), expected, `${mode}, init`);
    assert.equal(
      seen(await asked(mode, new Request(url, { headers }))),
      expected,
      `${mode}, Request`,
    );
  }
});

Deno.test("Accept-Encoding: AUTO is no layer at all", () => {
  const next: Fetch = () => Promise.resolve(new Response());
  assert.equal(acceptEncoding()(next), next);
});

Deno.test("Accept-Encoding: another mode is refused", () => {
  assert.throws(
    () => acceptEncoding("always" as CompressionMode),
    /^TypeError: acceptEncoding has no mode "always": use "AUTO", "ALWAYS" or "NEVER"$/,
  );
});

Deno.test("Accept-Encoding: what the platform sends, and undoes, in each mode", async () => {
  const target = service({}, [any("/*", async ({ request }) => {
    const packed = new Blob(["hello"]).stream().pipeThrough(new CompressionStream("gzip"));
    return new Response(await new Response(packed).bytes(), {
      headers: {
        "content-encoding": "gzip",
        "x-asked": request.headers.get("accept-encoding") ?? "",
      },
    });
  })]);
  await using server = await serve(target, { port: 0, host: "127.0.0.1" });
  for (
    const [mode, expected, isDecoded] of [
      ["AUTO", "gzip,br", true],
      ["ALWAYS", "br, gzip, deflate", true],
      // A server that compresses all the same is believed: nothing is undone.
      ["NEVER", "identity", false],
    ] as const
  ) {
    const response = await stack(fetch, acceptEncoding(mode))(server.url);
    assert.equal(response.headers.get("x-asked")?.replace(" zstd,", ""), expected);
    assert.equal(await response.text() === "hello", isDecoded, mode);
  }
});
