import assert from "node:assert/strict";
import fc from "fast-check";
import {
  canonicalCoding,
  decoderOf,
  encoderOf,
  isContentCoding,
  negotiateCoding,
} from "../../src/message/content_coding.ts";

const PROPERTY = {
  seed: Number(Deno.env.get("FC_SEED") ?? Date.now()),
  numRuns: 500,
  verbose: true,
};

const BOTH = ["gzip", "br"];
const CHOICES: [accept: string | null, offered: string[], expected: string | undefined][] = [
  [null, BOTH, "identity"],
  ["", BOTH, "identity"],
  [" ", BOTH, "identity"],
  ["gzip", BOTH, "gzip"],
  ["br", BOTH, "br"],
  ["GZIP", BOTH, "gzip"],
  ["x-gzip", BOTH, "gzip"],
  ["X-GZip;q=0.5", BOTH, "gzip"],
  ["x-gzip;q=0", BOTH, "identity"],
  ["gzip, deflate, br, zstd", BOTH, "gzip"],
  ["gzip, deflate, br, zstd", ["br", "gzip"], "br"],
  ["br, gzip", BOTH, "gzip"],
  ["gzip;q=0.5, br", BOTH, "br"],
  ["gzip;q=0.5,br;q=0.8", BOTH, "br"],
  ["gzip;q=0", BOTH, "identity"],
  ["gzip;q=0, br", BOTH, "br"],
  ["gzip;q=0.0, br;q=0.000", BOTH, "identity"],
  ["deflate", BOTH, "identity"],
  ["compress, deflate", BOTH, "identity"],
  ["gzipped", BOTH, "identity"],
  ["not-gzip", BOTH, "identity"],
  ["*", BOTH, "gzip"],
  ["*;q=0.1", BOTH, "gzip"],
  ["*;q=0", BOTH, undefined],
  ["*;q=0, identity", BOTH, "identity"],
  ["*;q=0, identity;q=0.5", BOTH, "identity"],
  ["*;q=0, br", BOTH, "br"],
  ["gzip;q=0, *", BOTH, "br"],
  ["gzip;q=0.2, *;q=0.1", BOTH, "gzip"],
  ["gzip;q=0.1, *;q=0.2", BOTH, "br"],
  ["identity", BOTH, "identity"],
  ["identity;q=0", BOTH, undefined],
  ["identity;q=0, gzip", BOTH, "gzip"],
  ["identity;q=0, deflate", BOTH, undefined],
  ["identity, gzip;q=0.5", BOTH, "identity"],
  ["identity;q=0.5, gzip;q=0.5", BOTH, "gzip"],
  ["identity;q=0.5, gzip;q=0.9", BOTH, "gzip"],
  ["identity;q=0.5, *;q=0", BOTH, "identity"],
  // One that was sent twice counts the first time; what is no weight is no member.
  ["gzip;q=0, gzip", BOTH, "identity"],
  ["gzip;q=high, br", BOTH, "br"],
  ["gzip ; q = 0.9 , br;q=1.0", BOTH, "br"],
  ["gzip;level=9;q=0.9", BOTH, "gzip"],
  [",,gzip,,", BOTH, "gzip"],
  ["gzip br", BOTH, "identity"],
  ["gzip", [], "identity"],
  ["identity;q=0", [], undefined],
  ["__proto__, constructor", BOTH, "identity"],
];

for (const [accept, offered, expected] of CHOICES) {
  Deno.test(`negotiateCoding: of ${offered} for ${JSON.stringify(accept)}`, () => {
    assert.equal(negotiateCoding(accept, offered), expected);
  });
}

Deno.test("negotiateCoding: whatever is sent, gives what is offered and never throws", () => {
  const weighted = fc.tuple(
    fc.constantFrom("gzip", "x-gzip", "br", "*", "identity", "deflate", ""),
    fc.constantFrom("", ";q=0", ";q=1", ";q=0.5", ";q=", ";q=2", ";", '";'),
  ).map(([name, weight]) => name + weight);
  const header = fc.oneof(fc.string(), fc.array(weighted).map((members) => members.join(",")));
  fc.assert(
    fc.property(header, (accept) => {
      const chosen = negotiateCoding(accept, BOTH);
      assert.ok(chosen === undefined || chosen === "identity" || BOTH.includes(chosen));
    }),
    PROPERTY,
  );
});

Deno.test("negotiateCoding: a coding that is refused is never chosen", () => {
  const others = fc.array(fc.constantFrom("*", "br", "br;q=0.1", "identity;q=0", "*;q=0.2"));
  fc.assert(
    fc.property(others, others, (before, after) => {
      const accept = [...before, "gzip;q=0", ...after].join(", ");
      assert.notEqual(negotiateCoding(accept, BOTH), "gzip");
    }),
    PROPERTY,
  );
});

Deno.test("negotiateCoding: a header of a megabyte is read as far as is sensible", () => {
  const start = performance.now();
  for (const part of ["gzip;q=0.1,", ",", ";", '"', "gzip;", "\\", " ", "a=;"]) {
    negotiateCoding(part.repeat(1_000_000 / part.length), BOTH);
  }
  assert.ok(performance.now() - start < 2_000);
});

Deno.test("content codings: of this runtime go there and back, others are said to be unknown", async () => {
  const text = "over and over and over ".repeat(100);
  for (const coding of ["gzip", "deflate", "br"] as const) {
    const encoder = encoderOf(coding);
    const decoder = decoderOf(coding);
    assert.ok(encoder !== undefined && decoder !== undefined, coding);
    const body = new Response(text).body as ReadableStream<Uint8Array<ArrayBuffer>>;
    const encoded = await new Response(body.pipeThrough(encoder)).bytes();
    assert.ok(encoded.length < text.length / 4);
    const back = new Response(encoded).body as ReadableStream<Uint8Array<ArrayBuffer>>;
    assert.equal(await new Response(back.pipeThrough(decoder)).text(), text);
  }
  // A runtime that learns it does both; none does half.
  assert.equal(encoderOf("zstd") === undefined, decoderOf("zstd") === undefined);
  assert.equal(isContentCoding("compress"), false);
  assert.equal(isContentCoding("__proto__"), false);
  assert.equal(canonicalCoding("X-GZIP"), "gzip");
});
