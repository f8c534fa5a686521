import assert from "node:assert/strict";
import { decodeText, readBytes, readText } from "../../src/message/body_reader.ts";
import { ReadingInboundResponseBodyError } from "../../src/message/client_errors.ts";
import { PayloadBindingError } from "../../src/message/errors.ts";

type Body = BodyInit | null;

const request = (body: Body, headers: HeadersInit = {}) =>
  new Request("http://localhost/", { method: "POST", body, headers });

/** A body of so many one-byte chunks. */
const chunks = (count: number) => {
  let left = count;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (left-- > 0) controller.enqueue(new Uint8Array([0x61]));
      else controller.close();
    },
  });
};

const broken = () => new ReadableStream({ start: (c) => c.error(new Error("connection reset")) });

Deno.test("readBytes: reads with and without a declared length", async () => {
  assert.deepEqual(await readBytes(request("abc"), 3), new Uint8Array([0x61, 0x62, 0x63]));
  assert.equal((await readBytes(request("abc", { "content-length": "3" }), 3)).length, 3);
  assert.equal((await readBytes(request(chunks(5)), 5)).length, 5);
  assert.equal((await readBytes(new Response(chunks(5)), 5)).length, 5);
  assert.equal((await readBytes(request(null), 0)).length, 0);
  assert.equal((await readBytes(new Response(null), 0)).length, 0);
  assert.equal((await readBytes(request("abc", { "content-length": "many" }), 3)).length, 3);
});

Deno.test("readBytes: a response that breaks off or is over the limit is no fault of its reader", async () => {
  for (const body of [broken(), chunks(6)]) {
    await assert.rejects(readBytes(new Response(body), 5), (error) => {
      assert.ok(error instanceof ReadingInboundResponseBodyError);
      assert.equal(error.status, 502);
      return true;
    });
  }
});

Deno.test("readBytes: a request that breaks off is bad, with its cause", async () => {
  await assert.rejects(readBytes(request(broken()), 5), (error) => {
    assert.ok(error instanceof PayloadBindingError);
    assert.equal(error.message, "data binding failed: the payload broke off before its end");
    assert.ok(error.cause instanceof Error);
    return true;
  });
});

Deno.test("readBytes: reading twice is a mistake of the program, not of the client", async () => {
  const message = request("abc");
  await readBytes(message, 3);
  await assert.rejects(readBytes(message, 3), TypeError);
});

Deno.test("readText: leaves out a byte order mark", async () => {
  assert.equal(await readText(request("\uFEFFabc"), 10), "abc");
});

const bytes = (...values: number[]) => new Uint8Array(values);

const DECODED:
  readonly (readonly [bytes: Uint8Array, charset: string | undefined, text: string])[] = [
    [bytes(0x65, 0xcc, 0x81), undefined, "e\u0301"],
    [bytes(0xef, 0xbf, 0xbd), undefined, "\uFFFD"],
    [bytes(0xc3, 0xa9), "utf-8", "é"],
    [bytes(0xc3, 0xa9), "UTF8", "é"],
    [bytes(0xe9), "ISO-8859-1", "é"],
    [bytes(0x41, 0x00), "utf-16le", "A"],
  ];

for (const [input, charset, text] of DECODED) {
  Deno.test(`decodeText: reads ${charset ?? "bytes without a charset"}: ${text}`, () => {
    assert.equal(decodeText(input, charset), text);
  });
}

for (const input of [bytes(0xff), bytes(0xc3), bytes(0xc0, 0x80), bytes(0xed, 0xa0, 0x80)]) {
  Deno.test(`decodeText: refuses what is not UTF-8: ${input}`, () => {
    assert.throws(() => decodeText(input), {
      name: "PayloadBindingError",
      message: "data binding failed: the payload is not valid utf-8",
    });
  });
}

for (const charset of ["utf-7", "nonsense", ""]) {
  Deno.test(`decodeText: refuses the charset "${charset}" with 415`, () => {
    assert.throws(() => decodeText(bytes(0x61), charset), {
      name: "UnsupportedRequestMediaTypeError",
      status: 415,
    });
  });
}
