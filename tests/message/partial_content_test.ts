import assert from "node:assert/strict";
import {
  type PartSource,
  partsResponse,
  rangesFor,
  unsatisfiedRange,
} from "../../src/message/partial_content.ts";

const text = "0123456789abcdefghij";
const bytes = new TextEncoder().encode(text);
const inMemory: PartSource = {
  size: bytes.length,
  read: (start, end) => bytes.subarray(start, end),
};
const blob = new Blob([bytes]);
const inBlob: PartSource = { size: blob.size, read: (start, end) => blob.slice(start, end) };
const streamed: PartSource = {
  size: blob.size,
  read: (start, end) => Promise.resolve(blob.slice(start, end).stream()),
};

const headers = new Headers({
  "content-type": "text/plain",
  "content-length": "20",
  etag: '"v1"',
  "x-a": "1",
});

for (const [name, source] of Object.entries({ inMemory, inBlob, streamed })) {
  Deno.test(`partsResponse: one range, ${name}`, async () => {
    const response = await partsResponse(source, [{ start: 2, end: 5 }], headers);
    assert.equal(response.status, 206);
    assert.deepEqual(Object.fromEntries(response.headers), {
      "content-length": "3",
      "content-range": "bytes 2-4/20",
      "content-type": "text/plain",
      etag: '"v1"',
      "x-a": "1",
    });
    assert.equal(await response.text(), "234");
  });

  Deno.test(`partsResponse: several ranges, ${name}`, async () => {
    const ranges = [{ start: 18, end: 20 }, { start: 0, end: 1 }];
    const response = await partsResponse(source, ranges, headers);
    assert.equal(response.status, 206);
    assert.equal(response.headers.get("content-range"), null);
    assert.equal(response.headers.get("etag"), '"v1"');
    const type = response.headers.get("content-type") ?? "";
    const boundary = /^multipart\/byteranges; boundary=([0-9a-f-]{36})$/.exec(type)?.[1];
    const body = await response.text();
    assert.equal(response.headers.get("content-length"), String(body.length));
    assert.equal(
      body,
      [
        `--${boundary}`,
        "content-type: text/plain",
        "content-range: bytes 18-19/20",
        "",
        "ij",
        `--${boundary}`,
        "content-type: text/plain",
        "content-range: bytes 0-0/20",
        "",
        "0",
        `--${boundary}--`,
        "",
      ].join("\r\n"),
    );
  });
}

Deno.test("partsResponse: a body without a type has parts without one", async () => {
  const ranges = [{ start: 0, end: 1 }, { start: 5, end: 6 }];
  const response = await partsResponse(inMemory, ranges, new Headers());
  assert.ok(!(await response.text()).includes("content-type"));
});

Deno.test("partsResponse: of several parts each is read when it is sent", async () => {
  const read: number[] = [];
  let cancelled = 0;
  const source: PartSource = {
    size: 100,
    read(start, end) {
      read.push(start);
      return new ReadableStream({
        pull: (controller) => controller.enqueue(new Uint8Array(end - start)),
        cancel: () => void cancelled++,
      });
    },
  };
  const ranges = [{ start: 0, end: 5 }, { start: 10, end: 15 }, { start: 20, end: 25 }];
  const response = await partsResponse(source, ranges, new Headers());
  const reader = response.body!.getReader();
  await reader.read();
  await reader.read();
  assert.deepEqual(read, [0]);
  await reader.cancel();
  assert.deepEqual([read, cancelled], [[0], 1]);
});

Deno.test("partsResponse: what cannot be read is an error", async () => {
  const failing: PartSource = { size: 10, read: () => Promise.reject(new Error("gone")) };
  await assert.rejects(partsResponse(failing, [{ start: 0, end: 1 }], headers), /gone/);
  const several = [{ start: 0, end: 1 }, { start: 5, end: 6 }];
  const response = await partsResponse(failing, several, headers);
  await assert.rejects(response.text(), /gone/);
  await assert.rejects(partsResponse(inMemory, [], headers), { name: "RangeError" });
});

Deno.test("rangesFor: only of GET, and only of the version that If-Range names", () => {
  const asked = (init: RequestInit) =>
    rangesFor(new Request("http://localhost/", init), 20, { etag: '"v1"' });
  const range = "bytes=0-1";
  const ranges = [{ start: 0, end: 2 }];
  assert.deepEqual(asked({ headers: { range } }), ranges);
  assert.deepEqual(asked({ headers: { range, "if-range": '"v1"' } }), ranges);
  assert.equal(asked({ headers: { range, "if-range": '"v2"' } }), undefined);
  assert.equal(asked({}), undefined);
  assert.equal(asked({ method: "HEAD", headers: { range } }), undefined);
  assert.equal(asked({ method: "POST", headers: { range } }), undefined);
  assert.equal(asked({ headers: { range: "bytes=20-" } }), "unsatisfiable");
  assert.equal(asked({ headers: { range: "bytes=20-", "if-range": '"v2"' } }), undefined);
  assert.equal(unsatisfiedRange(20), "bytes */20");
});
