/**
 * A hostile server against an HTTP/2 client: promises that it may not make, and whatever can be sent
 * without end (CVE-2019-9512, CVE-2019-9515, CVE-2024-27983 and their kin).
 *
 * @module
 */
import assert from "node:assert/strict";
import type { ServerHttp2Stream } from "node:http2";
import { Http2ClientError } from "@pirouette/http";
import { Http2Client } from "@pirouette/http/http2";
import { withHttp2Server } from "../support/http2_server.ts";
import { type TcpServer, tcpServer } from "../support/tcp_server.ts";
import { within } from "../support/within.ts";

/** A frame (RFC 9113 section 4.1). */
function frame(type: number, flags: number, stream: number, payload: Uint8Array): Uint8Array {
  const { length } = payload;
  const head = [length >> 16, length >> 8 & 255, length & 255, type, flags, 0, 0, 0, stream];
  return new Uint8Array([...head, ...payload]);
}

const settings = frame(4, 0, 0, new Uint8Array());

/** A server that says its settings, waits for the request, and then says `pieces` over and over. */
function flooding(first: Uint8Array, piece: Uint8Array, times: number): TcpServer {
  return tcpServer(async ({ socket }) => {
    await socket.write(settings);
    const buffer = new Uint8Array(4096);
    // The preface, and what may come with it.
    await socket.read(buffer);
    await socket.write(frame(4, 1, 0, new Uint8Array()));
    await socket.write(first);
    for (let at = 0; at < times; at++) await socket.write(piece);
    while (await socket.read(buffer) !== null);
  });
}

Deno.test("security 28: a server cannot speak for another by a promise, nor have one made unsafe", async () => {
  const promises: Record<string, string>[] = [
    { ":path": "/other", ":authority": "other.example" },
    { ":path": "/port", ":authority": "127.0.0.1:1" },
    { ":path": "/user", ":authority": "user@127.0.0.1" },
    { ":path": "/scheme", ":scheme": "https" },
    { ":path": "/post", ":method": "POST" },
    { ":path": "/delete", ":method": "DELETE" },
    { ":path": "/body", "content-length": "3" },
    { ":path": "*" },
  ];
  const codes: number[] = [];
  await withHttp2Server((stream, path) => {
    const fields = promises[Number(path.slice(1))];
    const answer = (): void => {
      if (stream.destroyed) return;
      stream.respond({ ":status": 200 });
      stream.end("main");
    };
    stream.pushStream(fields ?? {}, (error, pushed) => {
      if (error) return answer();
      pushed.on("error", () => {});
      pushed.on("close", () => codes.push(pushed.rstCode));
      answer();
    });
  }, async ({ url }) => {
    for (const at of promises.keys()) {
      await using client = new Http2Client(url);
      using future = client.submit("GET", `/${at}`);
      // Where the platform itself finds it malformed, it leaves the server.
      const told = await Array.fromAsync(future.promises).catch(() => []);
      assert.deepEqual(told, [], promises[at]?.[":path"]);
      await future.response.then((response) => response.text()).catch((error) => {
        assert(error instanceof Http2ClientError);
      });
    }
  });
  assert(codes.filter((code) => code === 1).length >= 4, `reset with ${codes}`);
});

Deno.test("security 28: promises without end cost the connection", async () => {
  let refused = 0;
  await withHttp2Server((stream) => {
    for (let at = 0; at < 50; at++) {
      stream.pushStream({ ":path": `/${at}` }, (error, pushed) => {
        if (error) return;
        pushed.on("error", () => {});
        pushed.on("close", () => refused++);
      });
    }
    stream.respond({ ":status": 200 });
  }, async ({ url, sessions }) => {
    await using client = new Http2Client(url, { limits: { maxPromises: 10 } });
    using future = client.submit("GET", "/");
    await assert.rejects(
      async () => await (await future.response).text(),
      (error) => {
        assert(error instanceof Http2ClientError);
        assert.match(error.message, /more than 10 promises/);
        return true;
      },
    );
    assert.equal(sessions.length, 1);
  });
});

Deno.test("security 28: promises that nobody asks for are refused after a while", async () => {
  const codes: number[] = [];
  await withHttp2Server((stream) => {
    stream.pushStream({ ":path": "/never" }, (_error, pushed) => {
      pushed.on("error", () => {});
      pushed.on("close", () => codes.push(pushed.rstCode));
      stream.respond({ ":status": 200 });
      stream.end("main");
    });
  }, async ({ url }) => {
    await using client = new Http2Client(url, { limits: { promiseTimeout: 50 } });
    const future = client.submit("GET", "/");
    assert.equal(await (await future.response).text(), "main");
    // Closing waits for the promise, which is broken once its time is over.
    await within(client.close(), "the end of the promise");
  });
  assert.deepEqual(codes, [8]);
});

Deno.test("security 28: a server that pushes where that is switched off is left", async () => {
  // PUSH_PROMISE on stream 1 of stream 2: GET / of the authority "a" over http.
  const block = [0, 0, 0, 2, 0x82, 0x84, 0x86, 0x41, 1, 0x61];
  await using server = flooding(frame(5, 4, 1, new Uint8Array(block)), new Uint8Array(), 0);
  await using client = new Http2Client(server.url);
  await assert.rejects(within(client.fetch(server.url), "the end"), Http2ClientError);
});

Deno.test("security 28: settings and pings without end cost the connection", async () => {
  const pings = frame(6, 0, 0, new Uint8Array(8));
  for (const piece of [settings, pings]) {
    await using server = flooding(new Uint8Array(), piece, 1000);
    await using client = new Http2Client(server.url);
    await assert.rejects(within(client.fetch(server.url), "the end"), (error) => {
      assert(error instanceof Http2ClientError);
      assert.match(error.message, /floods it with settings or pings/);
      return true;
    });
  }
});

Deno.test("security 28: header sections without end, or beyond their limit, end", async () => {
  // A field of 4000 bytes, again and again, in frames that continue each other.
  const field = new Uint8Array(4 + 4003);
  field.set([0, 1, 0x61, 0x7f, 0xa1, 0x1e]);
  const first = frame(1, 0, 1, new Uint8Array([0x88]));
  await using server = flooding(first, frame(9, 0, 1, field), 500);
  await using client = new Http2Client(server.url);
  await assert.rejects(within(client.fetch(server.url), "the end"), { name: /Error$/ });
  await withHttp2Server((stream) => {
    stream.respond({ ":status": 200, "x-large": "a".repeat(20_000) });
    stream.end("ok");
  }, async ({ url }) => {
    await using client = new Http2Client(url, { maxHeaderListSize: 8192 });
    await assert.rejects(client.fetch(url), { name: "ReadingInboundResponseHeadersError" });
    await using patient = new Http2Client(url);
    assert.equal(await (await patient.fetch(url)).text(), "ok");
  });
});

Deno.test("security 28: informational responses without end cost the call", async () => {
  await withHttp2Server((stream: ServerHttp2Stream, path) => {
    const count = path === "/many" ? 40 : 16;
    for (let at = 0; at < count; at++) stream.additionalHeaders({ ":status": 103, link: "</a>" });
    stream.respond({ ":status": 200 });
    stream.end("ok");
  }, async ({ url }) => {
    let told = 0;
    await using client = new Http2Client(url, { onInformational: () => told++ });
    await assert.rejects(client.fetch(`${url}/many`), (error) => {
      assert(error instanceof Http2ClientError);
      assert.match(error.message, /too many informational responses/);
      return true;
    });
    assert.equal(told, 16);
    assert.equal(await (await client.fetch(`${url}/few`)).text(), "ok");
  });
});

Deno.test("security 26: header fields with control characters are not sent", async () => {
  await using client = new Http2Client("http://127.0.0.1:1");
  for (const value of ["a\x01b", "a\x7fb"]) {
    await assert.rejects(
      client.fetch("http://127.0.0.1:1", { headers: { "x-a": value } }),
      (error) => {
        assert.equal((error as Error).name, "InitializingOutboundRequestError");
        assert(!(error as Error).message.includes(value));
        return true;
      },
    );
  }
});

Deno.test("security 24: what is submitted goes to the client's own origin", () => {
  const client = new Http2Client("http://127.0.0.1:1/v1");
  for (const path of ["http://other.example/", "/../admin", "/\r\n", "ftp://127.0.0.1:1/"]) {
    assert.throws(() => client.submit("GET", path), { name: "InitializingOutboundRequestError" });
  }
});
