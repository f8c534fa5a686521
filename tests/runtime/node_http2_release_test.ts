/**
 * The end of a session that is told of in the middle of what is read: Deno 2.9.6 would free it there
 * and then, and read on in it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { performServerHandshake, type ServerHttp2Session } from "node:http2";
import { createServer } from "node:net";
import process from "node:process";
import { releaseLater, releaseLaterOnceLeft } from "../../src/runtime/http2/release.ts";
import { frame, frameType, RawHttp2 } from "../support/raw_http2.ts";
import { within } from "../support/within.ts";

const cases = [[0, releaseLater], [2, releaseLater], [0, releaseLaterOnceLeft], [
  2,
  releaseLaterOnceLeft,
]] as const;
for (const [code, release] of cases) {
  Deno.test(`http2: a session ends once it is not read from any more (GOAWAY ${code}, ${release.name})`, async () => {
    const seen = Promise.withResolvers<boolean>();
    const ended = Promise.withResolvers<void>();
    const server = createServer((socket) => {
      const session = performServerHandshake(socket) as ServerHttp2Session;
      release(session);
      session.on("error", () => {});
      session.on("close", () => ended.resolve());
      // Told while the frame is read; what comes next in turn comes when the reading is done.
      session.on("goaway", () => process.nextTick(() => seen.resolve(session.destroyed)));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    {
      using raw = await RawHttp2.open({ port });
      const leaving = new Uint8Array(8);
      leaving[7] = code;
      await raw.send(frame(frameType.goaway, 0, 0, leaving));
      assert.equal(await within(seen.promise, "GOAWAY"), false);
      await within(ended.promise, "the end of the session");
    }
    await new Promise((resolve) => server.close(resolve));
  });
}
