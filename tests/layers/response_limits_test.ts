/** Limits on responses: what is refused, with which error, and what is left as it is. @module */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Fetch, stack } from "@pirouette/http";
import {
  ClientError,
  ReadingInboundResponseBodyError,
  ReadingInboundResponseHeadersError,
} from "../../src/message/client_errors.ts";
import { responseLimits, type ResponseLimitsOptions } from "../../src/layers/response_limits.ts";
import { rawHead, RawServer } from "./decompress_raw_server.ts";

const PROPERTY = {
  seed: Number(Deno.env.get("FC_SEED") ?? Date.now()),
  numRuns: 200,
  verbose: true,
};

const url = "http://a.example/";
const TOO_LARGE = /^Response max entity body size exceeds: Entity body is larger than 10 bytes$/;

/** A body in the given chunks that says whether it was cancelled. */
function streamOf(chunks: readonly Uint8Array[]): {
  body: ReadableStream<Uint8Array>;
  state: { pulled: number; cancelled: unknown };
} {
  const state: { pulled: number; cancelled: unknown } = { pulled: 0, cancelled: undefined };
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const chunk = chunks[state.pulled++];
      if (chunk === undefined) controller.close();
      else controller.enqueue(chunk);
    },
    cancel: (reason) => void (state.cancelled = reason),
  }, { highWaterMark: 0 });
  return { body, state };
}

/** A limited fetch whose answer is `response`, as the network would have given it. */
function limited(response: Response, options: ResponseLimitsOptions, from = url): Fetch {
  if (from !== "") Object.defineProperty(response, "url", { value: from });
  return stack(() => Promise.resolve(response), responseLimits(options));
}

Deno.test("response limits: nothing configured means nothing is looked at", () => {
  const next: Fetch = () => Promise.resolve(new Response());
  assert.equal(responseLimits({ maxHeaderSize: -1, maxEntityBodySize: -1 })(next), next);
  assert.equal(responseLimits()(next), next);
});

Deno.test("response limits: header fields are counted as HTTP/1.1 writes them", async () => {
  // `x-a: 12` with its line end, and two cookies, which are two fields.
  const headers = new Headers([["x-a", "12"], ["set-cookie", "a=1"], ["set-cookie", "b=2"]]);
  const size = 9 + 17 + 17;
  const fits = new Response(null, { headers });
  assert.equal(await limited(fits, { maxHeaderSize: size })(url), fits);
  const { body, state } = streamOf([]);
  const over = limited(new Response(body, { headers }), { maxHeaderSize: size - 1 });
  await assert.rejects(over(url), (error: Error) => {
    assert.ok(error instanceof ReadingInboundResponseHeadersError);
    assert.ok(error instanceof ClientError);
    const said = `Response max header size exceeds: HTTP header is larger than ${size - 1} bytes`;
    assert.equal(error.message, said);
    assert.equal(state.cancelled, error);
    return true;
  });
});

Deno.test("response limits: a body that declares too much is refused unread", async () => {
  for (const length of ["11", "0011", "99999999999999999999999"]) {
    const { body, state } = streamOf([new Uint8Array(11)]);
    const response = new Response(body, { headers: { "content-length": length } });
    await assert.rejects(limited(response, { maxEntityBodySize: 10 })(url), (error: Error) => {
      assert.ok(error instanceof ReadingInboundResponseBodyError);
      assert.match(error.message, TOO_LARGE);
      assert.equal(state.cancelled, error);
      return true;
    });
    assert.equal(state.pulled, 0);
  }
});

Deno.test("response limits: a response without a body may declare any length", async () => {
  // As to HEAD, or with 304.
  for (const status of [200, 204, 304]) {
    const response = new Response(null, { status, headers: { "content-length": "11" } });
    assert.equal(await limited(response, { maxEntityBodySize: 10 })(url), response);
  }
});

Deno.test("response limits: a response whose length fits is passed on as it is", async () => {
  const plain: HeadersInit[] = [{}, { "content-encoding": "identity" }];
  for (const headers of plain) {
    const { body } = streamOf([new Uint8Array(10)]);
    const response = new Response(body, { headers: { ...headers, "content-length": "10" } });
    assert.equal(await limited(response, { maxEntityBodySize: 10 })(url), response);
  }
});

const UNTRUSTED: [why: string, headers: Record<string, string>, from: string][] = [
  ["no length", {}, url],
  ["chunks make its length void", { "content-length": "3", "transfer-encoding": "chunked" }, url],
  ["it was decoded", { "content-length": "3", "content-encoding": "gzip" }, url],
  ["it was made in this process", { "content-length": "3" }, ""],
  ["its length is no number", { "content-length": "x" }, url],
  ["its length is negative", { "content-length": "-1" }, url],
  ["its length is a list", { "content-length": "3, 3" }, url],
  ["its length is a fraction", { "content-length": "3.0" }, url],
  ["its length is hexadecimal", { "content-length": "0x3" }, url],
];

for (const [why, headers, from] of UNTRUSTED) {
  Deno.test(`response limits: a body is counted where ${why}`, async () => {
    const limit = { maxEntityBodySize: 10 };
    const whole = streamOf([new Uint8Array(4), new Uint8Array(6)]);
    const fits = await limited(new Response(whole.body, { headers }), limit, from)(url);
    assert.equal((await fits.bytes()).length, 10);
    const more = streamOf([new Uint8Array(4), new Uint8Array(7), new Uint8Array(1)]);
    const over = await limited(new Response(more.body, { headers }), limit, from)(url);
    await assert.rejects(over.bytes(), (error: Error) => {
      assert.ok(error instanceof ReadingInboundResponseBodyError);
      assert.match(error.message, TOO_LARGE);
      assert.equal(more.state.cancelled, error);
      return true;
    });
    assert.equal(more.state.pulled, 2);
  });
}

Deno.test("response limits: a limit of 0 takes no body but an empty one", async () => {
  const limit = { maxEntityBodySize: 0 };
  assert.equal(await (await limited(new Response(""), limit, "")(url)).text(), "");
  const response = await limited(new Response("a"), limit, "")(url);
  await assert.rejects(response.text(), ReadingInboundResponseBodyError);
});

Deno.test("response limits: a counted response keeps what it says", async () => {
  const headers = { "content-type": "text/x", "set-cookie": "a=1" };
  for (const status of [200, 404, 599, 999]) {
    const { body } = streamOf([new TextEncoder().encode("hello")]);
    const response = new Response(body, { statusText: "So so", headers });
    Object.defineProperties(response, {
      status: { value: status },
      ok: { value: status === 200 },
      redirected: { value: true },
    });
    const answer = await limited(response, { maxEntityBodySize: 10 })(url);
    assert.notEqual(answer, response);
    assert.equal(answer.status, status);
    assert.equal(answer.ok, status === 200);
    assert.equal(answer.statusText, "So so");
    assert.equal(answer.url, url);
    assert.equal(answer.redirected, true);
    assert.deepEqual([...answer.headers], [...response.headers]);
    assert.equal(await answer.text(), "hello");
  }
});

Deno.test("response limits: a counted body is read no faster than it is wanted, and cancelled with it", async () => {
  const { body, state } = streamOf([new Uint8Array(1), new Uint8Array(1)]);
  const answer = await limited(new Response(body), { maxEntityBodySize: 10 })(url);
  assert.equal(state.pulled, 0);
  const reader = answer.body?.getReader();
  await reader?.read();
  assert.equal(state.pulled, 1);
  await reader?.cancel("enough");
  assert.equal(state.cancelled, "enough");
});

Deno.test("response limits: a source's own failure is left as it is", async () => {
  for (const failure of [new Error("mine"), new DOMException("x", "AbortError"), "text"]) {
    const body = new ReadableStream({ pull: (controller) => controller.error(failure) });
    const answer = await limited(new Response(body), { maxEntityBodySize: 10 })(url);
    const caught = await answer.body?.getReader().read().catch((error) => error);
    assert.equal(caught, failure);
  }
});

Deno.test("response limits: a call that fails, fails as it did", async () => {
  const failure = new TypeError("no network");
  const fetch = stack(() => Promise.reject(failure), responseLimits({ maxHeaderSize: 1 }));
  assert.equal(await fetch(url).catch((error) => error), failure);
});

Deno.test("response limits: input and init are passed on untouched", async () => {
  const calls: unknown[][] = [];
  const fetch = stack((...given) => {
    calls.push(given);
    return Promise.resolve(new Response());
  }, responseLimits({ maxEntityBodySize: 1 }));
  const init = { method: "POST" };
  const request = new Request(url);
  await fetch(url, init);
  await fetch(request);
  assert.equal(calls[0]?.[1], init);
  assert.equal(calls[1]?.[0], request);
});

const REFUSED: [options: object, error: new () => Error, says: RegExp][] = [
  [{ maxStatusLineLength: 4096 }, TypeError, /maxStatusLineLength.*leave it out$/],
  [{ maxBody: 1 }, TypeError, /no option "maxBody": use one of maxHeaderSize, maxEntityBodySize$/],
  [{ maxHeaderSize: 0 }, RangeError, /from 1 for maxHeaderSize, or -1 for no limit, not 0$/],
  [{ maxHeaderSize: 1.5 }, RangeError, /maxHeaderSize.*not 1.5$/],
  [{ maxHeaderSize: NaN }, RangeError, /maxHeaderSize.*not NaN$/],
  [{ maxEntityBodySize: -2 }, RangeError, /from 0 for maxEntityBodySize.*not -2$/],
  [{ maxEntityBodySize: Infinity }, RangeError, /maxEntityBodySize.*not Infinity$/],
  [{ maxEntityBodySize: "10" }, RangeError, /maxEntityBodySize.*not 10$/],
];

for (const [options, error, says] of REFUSED) {
  Deno.test(`response limits: ${JSON.stringify(options)} is refused when it is made`, () => {
    assert.throws(() => responseLimits(options), (thrown: Error) => {
      assert.ok(thrown instanceof error);
      assert.match(thrown.message, says);
      return true;
    });
  });
}

Deno.test("response limits: a polluted prototype sets no limit", () => {
  const options: ResponseLimitsOptions = Object.create({ maxEntityBodySize: -7 });
  assert.doesNotThrow(() => responseLimits(options));
});

Deno.test("response limits: any chunks and any limit give all of a body or an error", async () => {
  const chunk = fc.uint8Array({ maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(fc.array(chunk, { maxLength: 10 }), fc.nat(120), async (chunks, limit) => {
      const bytes = chunks.flatMap((part) => [...part]);
      const { body, state } = streamOf(chunks.map((part) => new Uint8Array(part)));
      const fetch = limited(new Response(body), { maxEntityBodySize: limit });
      const read: number[] = [];
      const stream = (await fetch(url)).body as ReadableStream<Uint8Array>;
      try {
        for await (const part of stream) read.push(...part);
        assert.ok(bytes.length <= limit);
        assert.deepEqual(read, bytes);
      } catch (error) {
        assert.ok(error instanceof ReadingInboundResponseBodyError, String(error));
        assert.ok(bytes.length > limit && read.length <= limit);
        assert.deepEqual(read, bytes.slice(0, read.length));
        assert.equal(state.cancelled, error);
      }
    }),
    PROPERTY,
  );
});

Deno.test("response limits: real responses, with a length and in chunks", async (t) => {
  const LIMITS = { maxHeaderSize: 1024, maxEntityBodySize: 1024 };
  const fetch_ = stack(fetch, responseLimits(LIMITS));
  const inChunks = (...sizes: number[]): string => {
    const parts = sizes.map((size) => `${size.toString(16)}\r\n${"a".repeat(size)}\r\n`);
    return rawHead("200 OK", "Transfer-Encoding: chunked") + parts.join("") + "0\r\n\r\n";
  };
  const withLength = (size: number): string => {
    return rawHead("200 OK", `Content-Length: ${size}`) + "a".repeat(size);
  };
  for (const [raw, size] of [[withLength(1024), 1024], [inChunks(400, 400), 800]] as const) {
    await t.step(`${size} bytes fit`, async () => {
      await using server = new RawServer(() => [raw]);
      assert.equal((await (await fetch_(server.url)).text()).length, size);
    });
  }
  await t.step("a length over the limit", async () => {
    await using server = new RawServer(() => [withLength(1025)]);
    await assert.rejects(fetch_(server.url), ReadingInboundResponseBodyError);
  });
  await t.step("many chunks over the limit", async () => {
    await using server = new RawServer(() => [inChunks(400, 400, 400)]);
    const response = await fetch_(server.url);
    await assert.rejects(response.text(), ReadingInboundResponseBodyError);
  });
  await t.step("a header over the limit", async () => {
    const raw = rawHead("200 OK", `X: ${"a".repeat(1025)}`, "Content-Length: 0");
    await using server = new RawServer(() => [raw]);
    await assert.rejects(fetch_(server.url), ReadingInboundResponseHeadersError);
  });
});
