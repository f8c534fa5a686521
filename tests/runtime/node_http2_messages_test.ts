/**
 * Messages over HTTP/2 on the transport of Node's modules, under Deno and under real Nodes.
 *
 * @module
 */
import assert from "node:assert/strict";
import { callHttp2, untilHttp2, valuesOf, withHttp2Session } from "../support/http2_calls.ts";
import { onHttp2Runtimes } from "../support/http2_listener.ts";
import {
  frame,
  frameFlag,
  frameType,
  headerBlock,
  number32,
  RawHttp2,
  requestFields,
} from "../support/raw_http2.ts";
import { sendRaw } from "../support/raw_http.ts";

Deno.test("http2: a message means over HTTP/2 what it means over HTTP/1.1", async () => {
  await onHttp2Runtimes({}, async (target) => {
    await withHttp2Session(target, async (session) => {
      const whole = await callHttp2(session, "/whole");
      assert.equal(whole.status, 200);
      assert.equal(whole.body, "whole");
      assert.deepEqual(valuesOf(whole, "content-length"), ["5"]);
      assert.equal(valuesOf(whole, "date").length, 1);

      const big = await callHttp2(session, "/big?size=1000000");
      assert.equal(big.body.length, 1_000_000);

      const fields = await callHttp2(session, "/fields");
      assert.deepEqual(valuesOf(fields, "set-cookie"), ["a=1", "b=2"]);
      assert.deepEqual(valuesOf(fields, "x-kept"), ["a"]);
      assert.deepEqual(valuesOf(fields, "connection"), []);
      assert.deepEqual(valuesOf(fields, "keep-alive"), []);

      const head = await callHttp2(session, "/whole", { headers: { ":method": "HEAD" } });
      assert.deepEqual([head.status, head.body], [200, ""]);
      assert.deepEqual(valuesOf(head, "content-length"), ["5"]);

      for (const code of [204, 205, 304]) {
        const bodiless = await callHttp2(session, `/status?code=${code}`);
        assert.deepEqual([bodiless.status, bodiless.body, bodiless.code], [code, "", 0]);
      }
      assert.equal((await callHttp2(session, "/nowhere")).status, 404);
    });
    const old = await sendRaw(target, "GET /whole HTTP/1.1\r\nHost: a\r\n\r\n");
    assert.equal(old?.body, "whole");
  }, [20, 22, 24]);
});

Deno.test("http2: a handler sees method, URL, fields and both ends", async () => {
  await onHttp2Runtimes({}, async (target) => {
    await withHttp2Session(target, async (session) => {
      const headers = { cookie: ["a=b", "c=d"], "x-many": "1", "x-\u0061": "2" };
      const { body } = await callHttp2(session, "/seen?a=%20b", { headers });
      const seen = JSON.parse(body);
      assert.equal(seen.method, "GET");
      assert.equal(seen.url, `http://127.0.0.1:${target.port}/seen?a=%20b`);
      const fields = new Headers(seen.headers);
      assert.equal(fields.get("cookie"), "a=b; c=d");
      assert.equal(fields.get("host"), `127.0.0.1:${target.port}`);
      assert.ok(!seen.headers.some(([name]: [string]) => name.startsWith(":")));
      assert.equal(seen.version, "2");
      assert.equal(seen.tls, null);
      assert.equal(seen.remote.hostname, "127.0.0.1");
      assert.ok(seen.remote.port > 0);
      assert.equal(seen.local.port, target.port);
    });
  });
});

Deno.test("http2: bodies come with their trailers, and go with theirs", async () => {
  await onHttp2Runtimes({}, async (target) => {
    await withHttp2Session(target, async (session) => {
      const body = new Uint8Array(300_000);
      const post = { ":method": "POST" };
      const plain = await callHttp2(session, "/upload", { headers: post, body });
      assert.deepEqual(JSON.parse(plain.body), { length: 300_000, trailers: [] });
      const trailers = { "x-sum": "7" };
      const trailed = await callHttp2(session, "/upload", { headers: post, body, trailers });
      assert.deepEqual(JSON.parse(trailed.body), { length: 300_000, trailers: [["x-sum", "7"]] });

      for (const path of ["/trailers", "/trailers?empty"]) {
        const answer = await callHttp2(session, path);
        assert.equal(answer.trailers["x-sum"], "1", path);
        // It would say how long a body is that is there already.
        assert.equal(answer.trailers["content-length"], undefined);
        assert.equal(answer.code, 0);
      }
    });
  });
});

Deno.test("http2: informational responses come first, and 100 when the body is wanted", async () => {
  await onHttp2Runtimes({}, async (target) => {
    await withHttp2Session(target, async (session) => {
      const early = await callHttp2(session, "/early");
      assert.deepEqual([early.informed, early.status], [[103], 200]);
      const headers = { ":method": "POST", expect: "100-continue" };
      const read = await callHttp2(session, "/upload", { headers, body: new Uint8Array(5) });
      assert.deepEqual([[...new Set(read.informed)], read.status], [[100], 200]);
      const unread = await callHttp2(session, "/whole", { headers, body: new Uint8Array(5) });
      assert.deepEqual([unread.informed, unread.status], [[], 200]);
    });
  });
});

Deno.test("http2: a body that breaks off is told apart from one that ends", async () => {
  await onHttp2Runtimes({}, async (target) => {
    await withHttp2Session(target, async (session) => {
      const failed = await callHttp2(session, "/fails");
      assert.deepEqual([failed.status, failed.body, failed.code], [200, "half", 2]);
    });
    for (const code of [0, 2, 8]) {
      // Node's own client ends a body before it breaks it off.
      using raw = await RawHttp2.open(target);
      const stream = raw.nextStream();
      const head = headerBlock(requestFields("/upload", "POST"));
      await raw.send(
        frame(frameType.headers, frameFlag.endHeaders, stream, head),
        frame(frameType.data, 0, stream, new Uint8Array(4)),
      );
      await withHttp2Session(target, async (session) => {
        await untilHttp2(session, "/upload-ended", "begun");
        await raw.send(frame(frameType.rstStream, 0, stream, number32(code)));
        await untilHttp2(session, "/upload-ended", "failed: TypeError");
      });
    }
  });
});

Deno.test("http2: a handler is told when its client gives up", async () => {
  await onHttp2Runtimes({}, async (target) => {
    await withHttp2Session(target, async (session) => {
      const stream = session.request({ ":path": "/wait" });
      stream.on("error", () => {});
      await callHttp2(session, "/whole");
      stream.close(8);
      await untilHttp2(session, "/gone", "1");

      const endless = session.request({ ":path": "/endless" });
      endless.on("error", () => {});
      await new Promise((resolve) => endless.once("data", resolve));
      endless.close(8);
      await untilHttp2(session, "/gone", "2");

      await withHttp2Session(target, async (other) => {
        other.request({ ":path": "/wait" }).on("error", () => {});
        await callHttp2(other, "/whole");
      });
      await untilHttp2(session, "/gone", "3");
    });
  });
});

Deno.test("http2: a method in any case, with a body or without, is no failure", async () => {
  const { headers, data } = frameType;
  await onHttp2Runtimes({}, async (target) => {
    for (const method of ["GET", "HEAD", "get", "Head", "TRACE", "trace", "TraCK"]) {
      using raw = await RawHttp2.open(target);
      for (const size of [0, 5, 50_000]) {
        const stream = raw.nextStream();
        const block = headerBlock(requestFields("/whole", method));
        await raw.send(frame(headers, frameFlag.endHeaders, stream, block));
        for (let left = size; left > 0; left -= 10_000) {
          await raw.send(frame(data, 0, stream, new Uint8Array(Math.min(left, 10_000))));
        }
        await raw.send(frame(data, frameFlag.endStream, stream));
        // 200, as HPACK has it.
        assert.equal((await raw.head(stream)).payload[0], 0x88, `${method} on ${target.runtime}`);
      }
    }
  });
});
