/** Content codings of responses: what is asked for, what is undone, and what is left. @module */
import assert from "node:assert/strict";
import zlib from "node:zlib";
import fc from "fast-check";
import { type Fetch, get, service, stack } from "@pirouette/http";
import { compress } from "../../src/layers/compress.ts";
import { decompress, type DecompressOptions } from "../../src/layers/decompress.ts";
import { ReadingInboundResponseBodyError } from "../../src/message/client_errors.ts";

const PROPERTY = {
  seed: Number(Deno.env.get("FC_SEED") ?? Date.now()),
  numRuns: 100,
  verbose: true,
};

const url = "http://a.example/";
const TEXT = JSON.stringify(Array.from({ length: 300 }, (_, id) => ({ id, title: `Title ${id}` })));

const encoders: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
  gzip: (bytes) => zlib.gzipSync(bytes),
  deflate: (bytes) => zlib.deflateSync(bytes),
  bare: (bytes) => zlib.deflateRawSync(bytes),
  br: (bytes) => zlib.brotliCompressSync(bytes),
};

/** `data` in codings, the first one applied first. */
function encode(data: string | Uint8Array, ...codings: string[]): Uint8Array<ArrayBuffer> {
  let bytes: Uint8Array = typeof data === "string" ? new TextEncoder().encode(data) : data;
  for (const coding of codings) bytes = encoders[coding]?.(bytes) ?? bytes;
  return new Uint8Array(bytes);
}

/** A body in chunks of `size` bytes that says whether it was cancelled. */
function chunked(bytes: Uint8Array, size: number): {
  body: ReadableStream<Uint8Array<ArrayBuffer>>;
  state: { cancelled: boolean };
} {
  const state = { cancelled: false };
  let at = 0;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (at < bytes.length) controller.enqueue(new Uint8Array(bytes.slice(at, at += size)));
      else controller.close();
    },
    cancel: () => void (state.cancelled = true),
  }, { highWaterMark: 0 });
  return { body, state };
}

/** A response that was made in this process, or by a fetch from `from`. */
function coded(body: BodyInit | null, contentEncoding: string, from = ""): Response {
  const response = new Response(body, { headers: { "content-encoding": contentEncoding } });
  if (from !== "") Object.defineProperty(response, "url", { value: from });
  return response;
}

function answering(response: Response, options?: DecompressOptions): Fetch {
  return stack(() => Promise.resolve(response), decompress(options));
}

async function failure(promise: Promise<unknown>): Promise<Error> {
  const error = await promise.then(() => undefined, (cause) => cause);
  assert.ok(error instanceof ReadingInboundResponseBodyError, String(error));
  return error;
}

/** The header fields that the fetch below is called with. */
async function sent(call: Parameters<Fetch>, options?: DecompressOptions): Promise<Headers> {
  let headers = new Headers();
  const fetch = stack((input, init) => {
    headers = new Request(input, init).headers;
    return Promise.resolve(new Response());
  }, decompress(options));
  await fetch(...call);
  return headers;
}

Deno.test("decompress: asks for what the runtime can do, unless the call asks", async () => {
  const known = (await sent([url])).get("accept-encoding");
  assert.match(String(known), /^gzip, deflate, br(, zstd)?$/);
  const request = new Request(url, { headers: { "x-own": "1" } });
  assert.deepEqual([...await sent([request])], [["accept-encoding", known], ["x-own", "1"]]);
  const post = await sent([url, { method: "POST", headers: { "x-own": "2" } }]);
  assert.deepEqual([...post], [["accept-encoding", known], ["x-own", "2"]]);
  assert.equal((await sent([url], { codings: ["br"] })).get("accept-encoding"), "br");
});

Deno.test("decompress: a call that asks itself, or for a part, is passed on untouched", async () => {
  const calls: Parameters<Fetch>[] = [
    [url, { headers: { "accept-encoding": "identity" } }],
    [url, { headers: [["Accept-Encoding", "x"]] }],
    [new Request(url, { headers: { "accept-encoding": "" } })],
    [url, { headers: { range: "bytes=0-1" } }],
  ];
  for (const call of calls) {
    let given: unknown[] = [];
    const fetch = stack((...args) => {
      given = args;
      return Promise.resolve(new Response());
    }, decompress());
    await fetch(...call);
    assert.equal(given[0], call[0]);
    assert.equal(given[1], call[1]);
  }
  assert.equal((await sent([url], { codings: [] })).has("accept-encoding"), false);
});

const HEADERS: [header: string, applied: string[]][] = [
  ["gzip", ["gzip"]],
  ["GZip", ["gzip"]],
  ["x-gzip", ["gzip"]],
  ["deflate", ["deflate"]],
  ["deflate", ["bare"]],
  ["br", ["br"]],
  ["identity, gzip", ["gzip"]],
  ["gzip, identity", ["gzip"]],
  [" , gzip,", ["gzip"]],
  ["gzip , br", ["gzip", "br"]],
  ["gzip, gzip", ["gzip", "gzip"]],
  ["deflate,gzip", ["deflate", "gzip"]],
  ["gzip, deflate", ["gzip", "bare"]],
  ["deflate, deflate", ["bare", "bare"]],
  ["gzip, deflate, br, gzip, x-gzip", ["gzip", "deflate", "br", "gzip", "gzip"]],
];

for (const [header, applied] of HEADERS) {
  Deno.test(`decompress: "${header}" of ${applied.join(", ")} is undone, last coding first`, async () => {
    const bytes = encode(TEXT, ...applied);
    for (const body of [bytes, chunked(bytes, 7).body]) {
      const response = await answering(coded(body, header))(url);
      assert.equal(await response.text(), TEXT);
    }
  });
}

Deno.test("decompress: what it decoded does not say that it is coded, all else it keeps", async () => {
  const headers = {
    "accept-ranges": "bytes",
    "content-digest": "sha-256=:x:",
    "content-encoding": "gzip",
    "content-length": "7",
    "content-md5": "x",
    "content-type": "application/json",
    digest: "x",
    etag: `"1"`,
    "repr-digest": "x",
    "set-cookie": "a=1",
    vary: "Accept-Encoding",
  };
  for (const from of ["", "http://b.example/moved"]) {
    const response = new Response(encode(TEXT, "gzip"), {
      status: 404,
      statusText: "Nope",
      headers,
    });
    if (from !== "") {
      Object.defineProperties(response, { url: { value: from }, redirected: { value: true } });
    }
    const answer = await answering(response, { fetchDecodes: [] })(url);
    assert.deepEqual([...answer.headers], [
      ["content-type", "application/json"],
      ["etag", `"1"`],
      ["set-cookie", "a=1"],
      ["vary", "Accept-Encoding"],
    ]);
    assert.equal(answer.status, 404);
    assert.equal(answer.statusText, "Nope");
    assert.equal(answer.url, from);
    assert.equal(answer.redirected, from !== "");
    assert.equal(await answer.text(), TEXT);
  }
});

const UNTOUCHED: [why: string, response: () => Response][] = [
  ["no coding", () => new Response("abc")],
  ["identity", () => coded("abc", "identity")],
  ["an empty list", () => coded("abc", " , ")],
  ["a coding nobody knows", () => coded("abc", "rot13")],
  ["one such coding among others", () => coded("abc", "gzip, rot13")],
  ["a parameter", () => coded("abc", "gzip;q=1")],
  ["an inherited name", () => coded("abc", "constructor")],
  ["no body, as to HEAD", () => coded(null, "gzip")],
  [
    "204",
    () => new Response(null, { status: 204, headers: { "content-encoding": "gzip" } }),
  ],
  [
    "304",
    () => new Response(null, { status: 304, headers: { "content-encoding": "gzip" } }),
  ],
  [
    "a part of a coded body",
    () => new Response("abc", { status: 206, headers: { "content-encoding": "gzip" } }),
  ],
];

for (const [why, make] of UNTOUCHED) {
  Deno.test(`decompress: a response is left as it is: ${why}`, async () => {
    const response = make();
    const fields = [...response.headers];
    assert.equal(await answering(response)(url), response);
    assert.deepEqual([...response.headers], fields);
    assert.equal(response.bodyUsed, false);
    await response.body?.cancel();
  });
}

Deno.test("decompress: more than five codings are refused, however long the list", async () => {
  for (const count of [6, 7, 100_000]) {
    const { body, state } = chunked(encode(TEXT, "gzip"), 10);
    const list = Array.from({ length: count }, () => "gzip").join(",");
    const error = await failure(answering(coded(body, list))(url));
    assert.match(error.message, /more than 5 content codings$/);
    assert.equal(state.cancelled, true);
  }
});

Deno.test("decompress: what the platform decoded is not decoded again", async () => {
  // A response with a url was fetched; here is no platform that really did.
  for (const header of ["gzip", "br", " GZIP "]) {
    const response = await answering(coded(TEXT, header.trim(), url))(url);
    assert.equal(response.headers.has("content-encoding"), false);
    assert.equal(await response.text(), TEXT);
  }
  for (const options of [{ codings: [] }, {}]) {
    for (const name of ["accept-encoding", "range"]) {
      const bytes = encode(TEXT, "gzip");
      const init = { headers: { [name]: "identity" } };
      const response = await answering(coded(bytes, "gzip", url), options)(url, init);
      assert.equal(await response.text(), TEXT, name);
    }
  }
});

Deno.test("decompress: fetchDecodes says what another fetch below undoes", async () => {
  const all = { fetchDecodes: ["gzip", "deflate", "zstd"] };
  for (const from of ["", url]) {
    for (const header of ["gzip", "zstd", "deflate, GZIP"]) {
      const response = await answering(coded(TEXT, header, from), all)(url);
      assert.equal(await response.text(), TEXT);
      assert.equal(response.headers.has("content-encoding"), false);
    }
    const rest = await answering(coded(encode(TEXT, "br"), "br", from), all)(url);
    assert.equal(await rest.text(), TEXT);
    const none = { fetchDecodes: [] };
    const bytes = encode(TEXT, "gzip");
    assert.equal(await (await answering(coded(bytes, "gzip", from), none)(url)).text(), TEXT);
  }
});

const whole = {
  gzip: encode(TEXT, "gzip"),
  deflate: encode(TEXT, "deflate"),
  br: encode(TEXT, "br"),
};

const BROKEN: [what: string, change: (good: Uint8Array) => Uint8Array][] = [
  ["garbage", () => new Uint8Array(50).fill(0xff)],
  ["garbage after the end", (good) => new Uint8Array([...good, 1, 2, 3])],
  ["the last byte missing", (good) => good.subarray(0, -1)],
  ["half of it", (good) => good.subarray(0, good.length / 2)],
  ["one byte", (good) => good.subarray(0, 1)],
];

for (const coding of ["gzip", "deflate", "br"] as const) {
  for (const [what, change] of BROKEN) {
    Deno.test(`decompress: ${coding} with ${what} fails`, async () => {
      for (const size of [1, 100, 10_000]) {
        const { body, state } = chunked(change(whole[coding]), size);
        const response = await answering(coded(body, coding))(url);
        const error = await failure(response.text());
        assert.equal(
          error.message,
          `The body of the response is not valid ${coding}, or not whole`,
        );
        if (what === "garbage" && size === 1) assert.equal(state.cancelled, true);
      }
    });
  }
}

Deno.test("decompress: an empty body is empty, whatever its coding", async () => {
  for (const coding of ["gzip", "deflate", "br", "gzip, br", "deflate, deflate"]) {
    for (const body of ["", chunked(new Uint8Array(0), 1).body]) {
      assert.equal(await (await answering(coded(body, coding))(url)).text(), "");
    }
    assert.equal(await (await answering(coded("", coding, url))(url)).text(), "");
  }
});

Deno.test("decompress: a sender that breaks off is told apart from data that is bad", async () => {
  for (const coding of ["gzip", "deflate"] as const) {
    for (const from of ["", url]) {
      for (const cut of [0, 100]) {
        const cause = new TypeError("connection reset");
        let pulls = 0;
        const body = new ReadableStream({
          pull(controller) {
            if (pulls++ === 0) controller.enqueue(whole[coding].subarray(0, cut));
            else controller.error(cause);
          },
        });
        const options = from === url ? { fetchDecodes: [coding] } : {};
        const response = await answering(coded(body, coding, from), options)(url);
        const error = await failure(response.text());
        assert.match(error.message, /broke off$/);
        assert.equal(error.cause, cause);
      }
    }
  }
});

Deno.test("decompress: an abort, and what a program fails with, is left as it is", async () => {
  for (const reason of [new DOMException("x", "AbortError"), new Error("mine"), "text"]) {
    for (const coding of ["gzip", "deflate", "gzip, br"]) {
      for (const fetchDecodes of [[], ["gzip", "deflate", "br"]]) {
        const body = new ReadableStream({ pull: (controller) => controller.error(reason) });
        const response = await answering(coded(body, coding), { fetchDecodes })(url);
        assert.equal(await response.text().catch((error) => error), reason, coding);
      }
    }
  }
});

Deno.test("decompress: the source is cancelled with the body", async () => {
  for (const coding of ["gzip", "deflate", "deflate, deflate"]) {
    for (const isBegun of [false, true]) {
      const { body, state } = chunked(encode(TEXT, ...coding.split(", ")), 50);
      const response = await answering(coded(body, coding))(url);
      const reader = response.body?.getReader();
      if (isBegun) await reader?.read();
      await reader?.cancel();
      for (let tick = 0; tick < 50 && !state.cancelled; tick++) await undefined;
      assert.equal(state.cancelled, true, `${coding} ${isBegun}`);
    }
  }
});

Deno.test("decompress: the source is cancelled while it keeps everybody waiting", async () => {
  for (const coding of ["gzip", "deflate"]) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const body = new ReadableStream({ pull: () => new Promise(() => {}), cancel: () => resolve() });
    const response = await answering(coded(body, coding))(url);
    const reader = response.body?.getReader();
    const read = reader?.read();
    await reader?.cancel();
    assert.equal((await read)?.done, true);
    await promise;
  }
});

const ROOMY = { maxRatio: -1, ratioFloor: 0 };

Deno.test("decompress: the output limit holds at every size, whoever decodes", async () => {
  for (const codings of ["gzip", "deflate", "br", "gzip, gzip"]) {
    for (const fetchDecodes of [[], ["gzip", "deflate", "br"]]) {
      const isDone = fetchDecodes.length > 0;
      const bytes = isDone ? encode(TEXT) : encode(TEXT, ...codings.split(", "));
      const take = (maxOutputSize: number): Promise<Response> => {
        const response = coded(chunked(bytes, 100).body, codings);
        return answering(response, { ...ROOMY, fetchDecodes, maxOutputSize })(url);
      };
      assert.equal((await (await take(TEXT.length)).text()).length, TEXT.length);
      for (const limit of [1, 99, 100, TEXT.length - 1]) {
        const error = await failure((await take(limit)).text());
        const said = `decodes to more than ${limit} bytes: raise maxOutputSize to take it`;
        assert.ok(error.message.endsWith(said), error.message);
      }
    }
  }
});

Deno.test("decompress: the ratio counts from the floor on, and not before", async () => {
  const zeros = new Uint8Array(100_000);
  const bytes = encode(zeros, "gzip");
  const ratio = Math.ceil(zeros.length / bytes.length);
  const take = async (options: DecompressOptions): Promise<number> => {
    const response = await answering(coded(chunked(bytes, 50).body, "gzip"), options)(url);
    return (await response.bytes()).length;
  };
  assert.equal(await take({}), zeros.length);
  assert.equal(await take({ maxRatio: 2, ratioFloor: zeros.length }), zeros.length);
  assert.equal(await take({ maxRatio: -1, ratioFloor: 0 }), zeros.length);
  const error = await failure(take({ maxRatio: ratio - 10, ratioFloor: 1_000 }));
  assert.match(error.message, /more than \d+ times what was sent: raise maxRatio to take it$/);
});

Deno.test("decompress: the ratio of what the platform decodes is that of the declared length", async () => {
  const take = async (headers: Record<string, string>): Promise<number> => {
    const response = new Response(chunked(new Uint8Array(1_000), 100).body, {
      headers: { "content-encoding": "gzip", ...headers },
    });
    const options = { fetchDecodes: ["gzip"], maxRatio: 9, ratioFloor: 500 };
    return (await (await answering(response, options)(url)).bytes()).length;
  };
  assert.equal(await take({ "content-length": "112" }), 1_000);
  await failure(take({ "content-length": "111" }));
  await failure(take({ "content-length": "0" }));
  // Without a length that holds there is no ratio.
  assert.equal(await take({}), 1_000);
  assert.equal(await take({ "content-length": "1", "transfer-encoding": "chunked" }), 1_000);
  assert.equal(await take({ "content-length": "1, 1" }), 1_000);
});

Deno.test("decompress: undoes what the compress layer of a service did", async () => {
  const albums = service({ layers: [compress({ minimumSize: 0 })] }, [
    get("/albums", () => ({ title: "Blue" })),
  ]);
  for (const coding of ["gzip", "deflate", "br"] as const) {
    const seen: (string | null)[] = [];
    const spy: Fetch = async (input, init) => {
      const response = await albums.fetch(input, init);
      seen.push(response.headers.get("content-encoding"));
      return response;
    };
    const fetch = stack(spy, decompress({ codings: [coding] }));
    const response = await fetch("http://a.example/albums");
    assert.deepEqual(await response.json(), { title: "Blue" });
    assert.deepEqual(seen, [coding]);
    const head = await fetch("http://a.example/albums", { method: "HEAD" });
    assert.equal(await head.text(), "");
  }
});

const REFUSED: [options: object, error: new () => Error, says: RegExp][] = [
  [{ coding: ["gzip"] }, TypeError, /decompress has no option "coding"/],
  [{ codings: ["rot13"] }, TypeError, /coding "rot13" here: use gzip, deflate/],
  [{ codings: "gzip" }, TypeError, /needs a list for codings, as \["gzip", "br"\]$/],
  [{ fetchDecodes: "gzip" }, TypeError, /needs a list for fetchDecodes/],
  [{ maxOutputSize: 0 }, RangeError, /from 1 for maxOutputSize, or -1 for no limit, not 0$/],
  [{ maxRatio: 1.5 }, RangeError, /maxRatio.*not 1.5$/],
  [{ maxRatio: Infinity }, RangeError, /maxRatio.*not Infinity$/],
  [{ ratioFloor: -1 }, RangeError, /from 0 for ratioFloor, not -1$/],
];

for (const [options, error, says] of REFUSED) {
  Deno.test(`decompress: ${JSON.stringify(options)} is refused when it is made`, () => {
    assert.throws(() => decompress(options), (thrown: Error) => {
      assert.ok(thrown instanceof error);
      assert.match(thrown.message, says);
      return true;
    });
  });
}

Deno.test("decompress: any bytes come back, in any codings, chunks and limit", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 3_000 }),
      fc.array(fc.constantFrom("gzip", "deflate", "bare", "br"), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 2_000 }),
      fc.integer({ min: 1, max: 4_000 }),
      async (data, codings, size, maxOutputSize) => {
        const bytes = new Uint8Array(data);
        const { body } = chunked(encode(bytes, ...codings), size);
        const header = codings.map((name) => name === "bare" ? "deflate" : name).join(", ");
        const response = await answering(coded(body, header), { maxOutputSize })(url);
        const read = await response.bytes().catch((error) => error);
        if (bytes.length > maxOutputSize) {
          assert.ok(read instanceof ReadingInboundResponseBodyError);
        } // What stands between two codings can be longer than the content, and is limited too.
        else if (read instanceof Error) assert.match(read.message, /maxOutputSize/);
        else assert.deepEqual(read, bytes);
        if (bytes.length + 200 <= maxOutputSize) assert.ok(!(read instanceof Error), String(read));
      },
    ),
    PROPERTY,
  );
});

Deno.test("decompress: any bytes and any coding are decoded, left or refused as they should be", async () => {
  const header = fc.oneof(
    fc.constantFrom("gzip", "deflate", "br", "gzip, br", "deflate, deflate"),
    fc.string({ unit: fc.constantFrom("g", "z", ",", " ", "b", "r", ";", "*") }),
  );
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), header, async (data, coding) => {
      try {
        const response = await answering(coded(new Uint8Array(data), coding))(url);
        await response.bytes();
      } catch (error) {
        assert.ok(error instanceof ReadingInboundResponseBodyError, String(error));
      }
    }),
    PROPERTY,
  );
});
