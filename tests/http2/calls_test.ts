/**
 * Calls over an HTTP/2 client's own connections: bodies both ways, trailers, informational responses,
 * aborts, connections that are shared, left and made anew, and what fails.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { ServerHttp2Stream } from "node:http2";
import {
  Client,
  ClientConnectorError,
  Http2ClientError,
  stack,
  string,
  WritingOutboundRequestBodyError,
} from "@pirouette/http";
import { retry } from "@pirouette/http/layers";
import { Http2Client, type InformationalResponse, responseTrailers } from "@pirouette/http/http2";
import { withHttp2Server } from "../support/http2_server.ts";
import { within } from "../support/within.ts";

/** Sends back what was sent. */
function echo(stream: ServerHttp2Stream): void {
  stream.respond({ ":status": 200, "content-type": "text/plain" });
  stream.pipe(stream);
}

Deno.test("http2 client: calls and layers go over one connection", async () => {
  await withHttp2Server(echo, async ({ url, sessions }) => {
    await using http2 = new Http2Client(url);
    const client = new Client(url, { fetch: http2.fetch });
    assert.equal(await client.post("/echo", "hello", { as: string() }), "hello");
    const fetch = stack(http2.fetch, retry({ count: 1 }));
    const bodies = await Promise.all(
      Array.from({ length: 20 }, async (_, at) => {
        const response = await fetch(`${url}/${at}`, { method: "POST", body: `body ${at}` });
        return await response.text();
      }),
    );
    assert.deepEqual(bodies, Array.from({ length: 20 }, (_, at) => `body ${at}`));
    assert.equal(sessions.length, 1);
  });
});

Deno.test("http2 client: what is sent is what the server receives", async () => {
  await withHttp2Server((stream, path, headers) => {
    stream.respond({ ":status": 207, "set-cookie": ["a=1", "b=2"], "x-path": path });
    stream.end(JSON.stringify({
      method: headers[":method"],
      authority: headers[":authority"],
      path,
      te: headers.te,
      accept: headers.accept,
      length: headers["content-length"],
      connection: headers.connection,
    }));
    stream.resume();
  }, async ({ url }) => {
    await using http2 = new Http2Client(url);
    const response = await http2.fetch(`${url}/a%20b?c=d#e`, {
      method: "PATCH",
      body: "äöü",
      headers: { accept: "a/b", te: "trailers", connection: "keep-alive", "keep-alive": "3" },
    });
    assert.equal(response.status, 207);
    assert.equal(response.url, `${url}/a%20b?c=d`);
    assert.deepEqual(response.headers.getSetCookie(), ["a=1", "b=2"]);
    assert.deepEqual(await response.json(), {
      method: "PATCH",
      authority: new URL(url).host,
      path: "/a%20b?c=d",
      te: "trailers",
      accept: "a/b",
      length: "6",
    });
  });
});

Deno.test("http2 client: messages without a body have none", async () => {
  await withHttp2Server((stream, path) => {
    const status = Number(path.slice(1));
    const fields = status === 204 ? {} : { "content-length": "3" };
    stream.respond({ ":status": status, ...fields }, { endStream: true });
  }, async ({ url }) => {
    await using http2 = new Http2Client(url);
    for (const status of [204, 304]) {
      const response = await http2.fetch(`${url}/${status}`);
      assert.equal(response.status, status);
      assert.equal(response.body, null);
    }
    const response = await http2.fetch(`${url}/200`, { method: "HEAD" });
    assert.equal(response.headers.get("content-length"), "3");
    assert.equal(await response.text(), "");
  });
});

Deno.test("http2 client: trailers come after the body", async () => {
  await withHttp2Server((stream, path) => {
    stream.respond({ ":status": 200 }, { waitForTrailers: path === "/with" });
    stream.on("wantTrailers", () => stream.sendTrailers({ "x-sum": "7" }));
    stream.end("body");
  }, async ({ url }) => {
    await using http2 = new Http2Client(url);
    const response = await http2.fetch(`${url}/with`);
    const trailers = responseTrailers(response);
    assert.equal(await response.text(), "body");
    assert.equal((await trailers).get("x-sum"), "7");
    const without = await http2.fetch(`${url}/without`);
    await without.body?.cancel();
    assert.deepEqual([...await responseTrailers(without)], []);
    assert.deepEqual([...await responseTrailers(new Response())], []);
  });
});

Deno.test("http2 client: early hints are told ahead of the response", async () => {
  await withHttp2Server((stream) => {
    stream.additionalHeaders({ ":status": 103, link: "</style.css>; rel=preload" });
    stream.respond({ ":status": 200 });
    stream.end();
  }, async ({ url }) => {
    const told: InformationalResponse[] = [];
    await using http2 = new Http2Client(url, { onInformational: (hint) => told.push(hint) });
    await (await http2.fetch(`${url}/page`)).text();
    assert.equal(told.length, 1);
    assert.equal(told[0]?.status, 103);
    assert.equal(told[0]?.url, `${url}/page`);
    assert.equal(told[0]?.headers.get("link"), "</style.css>; rel=preload");
  });
});

Deno.test("http2 client: a body that expects 100 is sent once it is wanted, or not at all", async () => {
  const seen: string[] = [];
  await withHttp2Server((stream, path) => {
    stream.on("data", (chunk) => seen.push(`${path} ${chunk}`));
    if (path === "/no") {
      stream.respond({ ":status": 413 });
      return void stream.end("too much");
    }
    seen.push(`${path} head`);
    if (path === "/yes") stream.additionalHeaders({ ":status": 100 });
    stream.on("end", () => {
      stream.respond({ ":status": 200 });
      stream.end("thanks");
    });
  }, async ({ url }) => {
    // The time that a server which says nothing is waited for is the platform's.
    await using http2 = new Http2Client(url, { continueTimeout: 50 });
    const send = (path: string, body: BodyInit): Promise<Response> =>
      http2.fetch(url + path, { method: "PUT", body, headers: { expect: "100-continue" } });
    assert.equal(await (await send("/yes", "body")).text(), "thanks");
    assert.equal(await (await send("/silent", "body")).text(), "thanks");
    let isCancelled = false;
    const body = new ReadableStream({
      cancel() {
        isCancelled = true;
      },
    }, { highWaterMark: 0 });
    const refused = await send("/no", body);
    assert.equal(refused.status, 413);
    assert.equal(await refused.text(), "too much");
    assert(isCancelled);
  });
  assert.deepEqual(seen, ["/yes head", "/yes body", "/silent head", "/silent body"]);
});

Deno.test("http2 client: bodies are read and sent as slowly as the other end does", async () => {
  let written = 0;
  let pulled = 0;
  await withHttp2Server((stream, path) => {
    if (path === "/up") return;
    stream.respond({ ":status": 200 });
    const fill = (): void => {
      while (written < 200 && stream.write(new Uint8Array(16_384))) written++;
    };
    stream.on("drain", fill);
    fill();
  }, async ({ url }) => {
    await using http2 = new Http2Client(url);
    const response = await http2.fetch(`${url}/down`);
    const reader = response.body?.getReader();
    await reader?.read();
    const aborting = new AbortController();
    const up = http2.fetch(`${url}/up`, {
      method: "POST",
      signal: aborting.signal,
      body: new ReadableStream({
        pull(controller) {
          pulled++;
          controller.enqueue(new Uint8Array(16_384));
        },
      }),
    });
    // Time for the sockets to take more, if they would.
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert(written < 20, `${written} pieces were taken in though nobody reads`);
    assert(pulled < 20, `${pulled} pieces were pulled though nobody takes them`);
    await reader?.cancel();
    aborting.abort();
    await assert.rejects(up, { name: "AbortError" });
  });
});

Deno.test("http2 client: an abort resets the stream, before and after the head", async () => {
  const codes: number[] = [];
  await withHttp2Server((stream, path) => {
    stream.on("close", () => codes.push(stream.rstCode));
    if (path === "/head") {
      stream.respond({ ":status": 200 });
      stream.write("part");
    }
  }, async ({ url, sessions }) => {
    await using http2 = new Http2Client(url);
    const first = new AbortController();
    const call = http2.fetch(`${url}/silent`, { signal: first.signal });
    setTimeout(() => first.abort(new Error("enough")), 30);
    await assert.rejects(call, { message: "enough" });
    const second = new AbortController();
    const response = await http2.fetch(`${url}/head`, { signal: second.signal });
    second.abort(new Error("enough again"));
    await assert.rejects(response.text(), { message: "enough again" });
    await assert.rejects(http2.fetch(url, { signal: AbortSignal.abort(new Error("late")) }), {
      message: "late",
    });
    assert.equal(sessions.length, 1);
  });
  assert.deepEqual(codes, [8, 8]);
});

Deno.test("http2 client: a connection that breaks is told by the call, and by the body", async () => {
  await withHttp2Server((stream, path) => {
    if (path === "/silent") return;
    if (path === "/reset") return stream.close(2);
    stream.respond({ ":status": 200 });
    stream.write("part");
  }, async ({ url, drop }) => {
    await using http2 = new Http2Client(url);
    await assert.rejects(http2.fetch(`${url}/reset`), Http2ClientError);
    const response = await http2.fetch(`${url}/part`);
    const trailers = responseTrailers(response);
    const silent = http2.fetch(`${url}/silent`);
    setTimeout(drop, 50);
    const failures = await Promise.allSettled([response.text(), trailers, silent]);
    for (const failure of failures) {
      assert.equal(failure.status, "rejected");
      assert.equal(failure.reason.name, "Http2ClientError");
    }
    const again = await http2.fetch(`${url}/part`);
    await again.body?.cancel();
  });
});

Deno.test("http2 client: a request body that fails is told as such", async () => {
  await withHttp2Server(() => {}, async ({ url }) => {
    await using http2 = new Http2Client(url);
    const body = new ReadableStream({
      pull(controller) {
        controller.error(new Error("no more paper"));
      },
    });
    await assert.rejects(http2.fetch(url, { method: "POST", body }), (error) => {
      assert(error instanceof WritingOutboundRequestBodyError);
      assert.equal((error.cause as Error).message, "no more paper");
      return true;
    });
  });
});

Deno.test("http2 client: a server that answers early needs no more of the body", async () => {
  await withHttp2Server((stream) => {
    stream.respond({ ":status": 413 });
    stream.end("no");
    stream.close(0);
  }, async ({ url }) => {
    await using http2 = new Http2Client(url);
    const response = await http2.fetch(url, { method: "POST", body: "x".repeat(500_000) });
    assert.equal(response.status, 413);
    assert.equal(await within(response.text(), "the body"), "no");
  });
});

Deno.test("http2 client: nobody there, or somebody who speaks HTTP/1.1", async () => {
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => new Response("h1"),
  );
  void server;
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const answering = (async () => {
    const connection = await listener.accept();
    await connection.read(new Uint8Array(100));
    await connection.write(new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n"));
    connection.close();
    listener.close();
  })();
  await using http2 = new Http2Client("http://127.0.0.1:9");
  await assert.rejects(http2.fetch("http://127.0.0.1:1/?secret#x"), (error) => {
    assert(error instanceof ClientConnectorError);
    assert.equal(error.url, "http://127.0.0.1:1/");
    assert(!error.message.includes("127.0.0.1"), error.message);
    return true;
  });
  const { port } = listener.addr as Deno.NetAddr;
  await assert.rejects(http2.fetch(`http://127.0.0.1:${port}/`), Http2ClientError);
  await answering;
  for (const url of ["ftp://127.0.0.1/", "/relative"]) {
    await assert.rejects(http2.fetch(url), { name: "InitializingOutboundRequestError" });
  }
});

Deno.test("http2 client: calls beyond what a server allows at once wait for their turn", async () => {
  let most = 0;
  let open = 0;
  await withHttp2Server((stream) => {
    most = Math.max(most, ++open);
    stream.on("close", () => open--);
    stream.respond({ ":status": 200 });
    stream.end("ok");
  }, async ({ url, sessions }) => {
    await using client = new Http2Client(url);
    const calls = Array.from({ length: 60 }, async () => await (await client.fetch(url)).text());
    assert.deepEqual(new Set(await Promise.all(calls)), new Set(["ok"]));
    assert.ok(most <= 2 * sessions.length, `${most} on ${sessions.length}`);
  }, { settings: { maxConcurrentStreams: 2 } });
});

Deno.test("http2 client: what onInformational throws is the call's failure, and nobody else's", async () => {
  await withHttp2Server((stream, path) => {
    if (path === "/hints") stream.additionalHeaders({ ":status": 103, link: "</a>" });
    stream.respond({ ":status": 200 });
    stream.end("ok");
  }, async ({ url }) => {
    const own = new Error("The program's own");
    const onInformational = (): never => {
      throw own;
    };
    await using client = new Http2Client(url, { onInformational });
    await assert.rejects(client.fetch(`${url}/hints`), own);
    assert.equal(await (await client.fetch(url)).text(), "ok");
  });
});

Deno.test("http2 client: a body that is not sent is told so", async () => {
  let dropped = 0;
  const body = (): ReadableStream<Uint8Array> =>
    new ReadableStream({
      cancel() {
        dropped++;
      },
    }, { highWaterMark: 0 });
  const nowhere = "http://127.0.0.1:1";
  const client = new Http2Client(nowhere);
  const call = (init: RequestInit): Promise<Response> =>
    client.fetch(nowhere, { method: "POST", body: body(), ...init });
  await assert.rejects(call({}), { name: "ClientConnectorError" });
  await assert.rejects(call({ signal: AbortSignal.abort() }), { name: "AbortError" });
  await client.close();
  await assert.rejects(call({}), { name: "GenericClientError" });
  assert.equal(dropped, 3);
});

Deno.test("http2 client: a Content-Length that is not the body's is not sent", async () => {
  let requests = 0;
  await withHttp2Server((stream) => {
    requests++;
    stream.resume();
    stream.on("end", () => {
      if (stream.destroyed || stream.aborted) return;
      stream.respond({ ":status": 200 });
      stream.end("ok");
    });
  }, async ({ url }) => {
    await using client = new Http2Client(url);
    const call = async (length: string, body: BodyInit | null): Promise<string> => {
      const headers = { "content-length": length };
      return await (await client.fetch(url, { method: "POST", headers, body })).text();
    };
    const stream = (text: string): ReadableStream<Uint8Array> => new Blob([text]).stream();
    const odd: [string, string | null][] = [["2", "abc"], ["4", "abc"], ["3", null], ["+3", "abc"]];
    for (const [length, body] of odd) {
      await assert.rejects(call(length, body), { name: "InitializingOutboundRequestError" });
    }
    assert.equal(requests, 0);
    for (const length of ["2", "4"]) {
      await assert.rejects(call(length, stream("abc")), {
        name: "WritingOutboundRequestBodyError",
      });
    }
    assert.equal(await call("3", stream("abc")), "ok");
    assert.equal(await call("3", "abc"), "ok");
  });
});
