/**
 * Responses that nobody asked for (RFC 9113 section 8.4) on the transport of Node's modules.
 *
 * @module
 */
import assert from "node:assert/strict";
import { connect } from "node:http2";
import { callHttp2, untilHttp2, withHttp2Session } from "../support/http2_calls.ts";
import { onHttp2Runtimes } from "../support/http2_listener.ts";
import { hasPeer } from "../support/peers.ts";
import { within } from "../support/within.ts";

Deno.test("http2 push: a promise is made ahead of the answer, and kept", async () => {
  await onHttp2Runtimes({}, async (target) => {
    await withHttp2Session(target, async (session) => {
      const pushed = Promise.withResolvers<{ path: unknown; asked: unknown; body: string }>();
      session.on("stream", (stream, headers) => {
        let body = "";
        stream.setEncoding("utf8");
        stream.on("data", (piece: string) => body += piece);
        stream.on("end", () => {
          pushed.resolve({ path: headers[":path"], asked: headers["x-asked"], body });
        });
      });
      assert.equal((await callHttp2(session, "/push")).body, "main");
      const got = await within(pushed.promise, "what is pushed");
      assert.deepEqual(got, { path: "/pushed", asked: "a", body: "pushed" });
      await untilHttp2(session, "/promise", "kept");
    });
  });
});

Deno.test("http2 push: a promise that is refused is told, and nobody is pushed to against will", async () => {
  await onHttp2Runtimes({}, async (target) => {
    await withHttp2Session(target, async (session) => {
      session.on("stream", (stream) => {
        stream.on("error", () => {});
        stream.close(8);
      });
      // More than the window takes: what is sent already cannot be refused.
      assert.equal((await callHttp2(session, "/push?size=1000000")).body, "main");
      await untilHttp2(session, "/promise", "refused");
      assert.equal((await callHttp2(session, "/push?path=nowhere")).status, 500);
      assert.equal((await callHttp2(session, "/push?path=/a%20b")).status, 500);
    });
    const session = connect(`http://127.0.0.1:${target.port}`, { settings: { enablePush: false } });
    session.on("error", () => {});
    assert.equal((await callHttp2(session, "/push")).body, "no push");
    const closed = new Promise<void>((resolve) => session.once("close", () => resolve()));
    session.close();
    await within(closed, "the end of the session");
  });
});

Deno.test("http2 push: serverPush: false promises nothing", async () => {
  await onHttp2Runtimes({ http2Settings: { serverPush: false } }, async (target) => {
    await withHttp2Session(target, async (session) => {
      assert.equal((await callHttp2(session, "/push")).body, "no push");
    });
  });
});

Deno.test({
  name: "http2 push: nghttp is pushed to",
  ignore: !hasPeer("nghttp"),
  async fn() {
    await onHttp2Runtimes({}, async ({ port }) => {
      const { stdout } = await new Deno.Command("nghttp", {
        args: ["-v", "--timeout=5", `http://127.0.0.1:${port}/push`],
        stdin: "null",
      }).output();
      const said = new TextDecoder().decode(stdout);
      assert.match(said, /recv PUSH_PROMISE frame/);
      assert.match(said, /:path: \/pushed/);
      assert.match(said, /x-pushed: a/);
    });
  },
});
