/**
 * The page that pushes, as its own client takes it and as others ask for it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { serve } from "@pirouette/http";
import { pageService } from "../../examples/http2_push/service.ts";
import { hasPeer } from "../support/peers.ts";
import { root } from "../support/source.ts";

Deno.test("http2 push example: the program shows what it is pushed", async () => {
  const program = new URL("examples/http2_push/main.ts", root);
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-net=127.0.0.1", "--no-prompt", "--no-lock", program.pathname],
    cwd: new URL(".", root),
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  assert.equal(
    new TextDecoder().decode(stdout),
    [
      "/style.css: text/css",
      "h1 { color: teal }",
      "/logo.svg: not wanted",
      "/: text/html",
      "<link rel=stylesheet href=/style.css><img src=/logo.svg><h1>Albums</h1>",
      "",
    ].join("\n"),
  );
});

Deno.test("http2 push example: who takes no pushes asks", async () => {
  for (const transport of ["node", "auto"] as const) {
    await using server = await serve(pageService, { host: "127.0.0.1", port: 0, transport });
    const response = await fetch(`${server.url}/style.css`);
    assert.equal(await response.text(), "h1 { color: teal }");
  }
});

Deno.test({
  name: "http2 push example: nghttp is pushed the same",
  ignore: !hasPeer("nghttp"),
  async fn() {
    await using server = await serve(pageService, {
      host: "127.0.0.1",
      port: 0,
      transport: "node",
    });
    const { stdout } = await new Deno.Command("nghttp", {
      args: ["-v", `${server.url}/`],
    }).output();
    const told = new TextDecoder().decode(stdout);
    assert.equal(told.match(/recv PUSH_PROMISE frame/g)?.length, 2, told);
    assert.match(told, /h1 \{ color: teal \}/);
    assert.match(told, /<svg/);
  },
});
