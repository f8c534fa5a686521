import assert from "node:assert/strict";
import {
  type ErrorPayload,
  get,
  head,
  ok,
  post,
  put,
  serve,
  service,
  string,
  text,
} from "@pirouette/http";
import { etagOf } from "../../src/message/etag.ts";
import { checkPreconditions } from "../../src/server/conditional.ts";
import { onBothTransports } from "../support/both_transports.ts";
import { rawRequest, sendRaw } from "../support/raw_http.ts";

const BEFORE = "Wed, 21 Oct 2015 07:27:59 GMT";
const MODIFIED = "Wed, 21 Oct 2015 07:28:00 GMT";
const body = "0123456789abcdefghij";
const rangeable = { etag: '"v1"', "last-modified": MODIFIED, "accept-ranges": "bytes" };

const answering = service({}, [
  get("/tagged", () => ok({ body, headers: { etag: '"v1"', "last-modified": MODIFIED } })),
  get("/weak", () => ok({ body, headers: { etag: 'W/"v1"' } })),
  get("/bare", () => ok({ body, headers: { "x-a": "1" } })),
  get("/plain", () => body),
  get("/listed", () => ok({ body, headers: [["ETag", '"v1"']] })),
  get("/response", () => new Response(body, { headers: { ETag: '"v1"' } })),
  get("/text", () => ok({ body, headers: rangeable })),
  get("/bytes", () => ok({ body: new TextEncoder().encode(body), headers: rangeable })),
  get("/blob", () => ok({ body: new Blob([body]), headers: rangeable })),
  get("/json", () => ok({ body: { title: "é" }, headers: rangeable })),
  get("/later", async () => await Promise.resolve(ok({ body, headers: rangeable }))),
  get("/stream", () => ok({ body: new Blob([body]).stream(), headers: rangeable })),
  get("/foreign", () => new Response(body, { headers: rangeable })),
  get("/none", () => ok({ body, headers: { etag: '"v1"', "accept-ranges": "none" } })),
  get("/empty", () => ok({ headers: rangeable })),
  head("/headed", () => ok({ body, headers: rangeable })),
  post("/text", () => ok({ body, headers: rangeable })),
]);

Deno.test("conditional: If-Match and If-Unmodified-Since that do not hold give 412", async () => {
  const table: [path: string, headers: Record<string, string>, status: number][] = [
    ["/tagged", { "if-match": '"v1"' }, 200],
    ["/tagged", { "if-match": '"v2"' }, 412],
    ["/tagged", { "if-match": "*" }, 200],
    ["/weak", { "if-match": 'W/"v1"' }, 412],
    ["/listed", { "if-match": '"v2"' }, 412],
    ["/response", { "if-match": '"v2"' }, 412],
    ["/response", { "if-match": '"v1"' }, 200],
    ["/tagged", { "if-unmodified-since": BEFORE }, 412],
    ["/tagged", { "if-unmodified-since": MODIFIED }, 200],
    ["/tagged", { "if-match": '"v1"', "if-unmodified-since": BEFORE }, 200],
    ["/tagged", { "if-match": '"v2"', "if-none-match": '"v1"' }, 412],
    ["/tagged", { "if-match": '"v1"', "if-none-match": '"v1"' }, 304],
    // Where the answer names no version, there is nothing to compare with.
    ["/bare", { "if-match": '"v2"' }, 200],
    ["/plain", { "if-match": '"v2"' }, 200],
    // A handler that changes something asks itself.
    ["POST /text", { "if-match": '"v2"' }, 200],
  ];
  await onBothTransports(answering, async (ask) => {
    for (const [line, headers, status] of table) {
      const [path = "", method = "GET"] = line.split(" ").reverse();
      const response = await ask(path, { method, headers });
      const shown = JSON.stringify([line, headers]);
      assert.equal(response.status, status, shown);
      if (status !== 412) {
        assert.equal(await response.text(), status === 200 ? body : "", shown);
        continue;
      }
      const payload: ErrorPayload = await response.json();
      assert.equal(payload.reason, "Precondition Failed");
      assert.equal(payload.path, path);
      assert.equal(response.headers.get("etag"), null);
      const headed = await ask(path, { method: "HEAD", headers });
      assert.deepEqual([headed.status, await headed.text()], [412, ""], shown);
    }
  });
});

Deno.test("conditional: a 304 says what the 200 would, but nothing of the content", async () => {
  const fields = {
    "cache-control": "max-age=1",
    "content-location": "/there",
    etag: '"v1"',
    expires: MODIFIED,
    vary: "Accept",
    "last-modified": MODIFIED,
    "set-cookie": "a=b",
    "access-control-allow-origin": "*",
    "content-security-policy": "default-src 'none'",
    "x-a": "1",
  };
  const content = {
    "content-encoding": "identity",
    "content-language": "en",
    "content-length": "20",
    "content-type": "text/x",
  };
  const full = service({}, [get("/", () => ok({ body, headers: { ...fields, ...content } }))]);
  const response = await full.fetch("http://localhost/", { headers: { "if-none-match": '"v1"' } });
  assert.equal(response.status, 304);
  assert.equal(response.body, null);
  assert.deepEqual(Object.fromEntries(response.headers), fields);
});

const PARTS: [path: string, range: string, expected: string][] = [
  ["/text", "bytes=0-4", "01234"],
  ["/bytes", "bytes=-2", "ij"],
  ["/blob", "bytes=18-100", "ij"],
  ["/later", "bytes=5-", "56789abcdefghij"],
  // Bytes, not characters.
  ["/json", "bytes=10-11", "é"],
];

Deno.test("conditional: a part of what is in memory, where the reply offers parts", async () => {
  await onBothTransports(answering, async (ask) => {
    for (const [path, range, expected] of PARTS) {
      const whole = await ask(path);
      const size = (await whole.arrayBuffer()).byteLength;
      const response = await ask(path, { headers: { range } });
      assert.equal(response.status, 206, path);
      const sent = new TextEncoder().encode(expected).length;
      assert.equal(response.headers.get("content-length"), String(sent));
      assert.match(
        response.headers.get("content-range") ?? "",
        new RegExp(`^bytes \\d+-\\d+/${size}$`),
      );
      for (const name of ["content-type", "etag", "last-modified", "accept-ranges"]) {
        assert.equal(response.headers.get(name), whole.headers.get(name), name);
      }
      assert.equal(await response.text(), expected);
    }
  });
});

Deno.test("conditional: several parts are sent as multipart/byteranges", async () => {
  await onBothTransports(answering, async (ask) => {
    for (const path of ["/text", "/bytes", "/blob", "/later"]) {
      const response = await ask(path, { headers: { range: "bytes=0-1, 10-11, -1" } });
      assert.equal(response.status, 206);
      const type = response.headers.get("content-type") ?? "";
      const boundary = type.slice("multipart/byteranges; boundary=".length);
      const content = await response.text();
      assert.equal(response.headers.get("content-length"), String(content.length));
      const parts = content.split(`--${boundary}`).slice(1, -1).map((part) =>
        part.trim().split("\r\n\r\n")
      );
      assert.deepEqual(parts.map(([, sent]) => sent), ["01", "ab", "j"]);
      assert.ok(parts[2]?.[0]?.includes("content-range: bytes 19-19/20"));
    }
  });
});

Deno.test("conditional: a part that there is not gives 416", async () => {
  await onBothTransports(answering, async (ask) => {
    for (const path of ["/text", "/blob", "/later"]) {
      const response = await ask(path, { headers: { range: "bytes=20-" } });
      assert.equal(response.status, 416);
      assert.equal(response.headers.get("content-range"), "bytes */20");
      assert.equal((await response.json()).reason, "Range Not Satisfiable");
    }
  });
});

Deno.test("conditional: the whole is sent where a range does not count", async () => {
  const part = { range: "bytes=0-1" };
  const table: [path: string, headers: Record<string, string>, status?: number][] = [
    ["/text", { range: "bytes=2-1" }],
    ["/text", { range: "lines=0-1" }],
    ["/blob", { range: "bytes=x" }],
    ["/text", { ...part, "if-range": '"v2"' }],
    ["/blob", { ...part, "if-range": BEFORE }],
    ["/text", { ...part, "if-range": '"v1"' }, 206],
    ["/text", { ...part, "if-range": MODIFIED }, 206],
    ["/tagged", part],
    ["/none", part],
    ["/plain", part],
    // What is read as it comes cannot be read from the middle.
    ["/stream", part],
    // A Response is passed on as it is: whoever made it has seen the range too.
    ["/foreign", part],
    // Conditions go before ranges.
    ["/text", { ...part, "if-none-match": '"v1"' }, 304],
    ["/text", { ...part, "if-match": '"v2"' }, 412],
  ];
  await onBothTransports(answering, async (ask) => {
    for (const [path, headers, status = 200] of table) {
      const response = await ask(path, { headers });
      const shown = JSON.stringify([path, headers]);
      assert.equal(response.status, status, shown);
      const sent = await response.text();
      if (status === 200) {
        assert.equal(sent, body, shown);
        assert.equal(response.headers.get("content-range"), null);
      }
    }
    const headed = await ask("/text", { method: "HEAD", headers: part });
    assert.deepEqual([headed.status, await headed.text()], [200, ""]);
    const posted = await ask("/text", { method: "POST", headers: part });
    assert.deepEqual([posted.status, await posted.text()], [200, body]);
    const empty = await ask("/empty", { headers: { range: "bytes=-5" } });
    assert.deepEqual([empty.status, await empty.text()], [200, ""]);
  });
});

Deno.test("conditional: a part has one length on the wire, and no chunks", async () => {
  await using server = await serve(answering, { port: 0, host: "127.0.0.1" });
  for (const range of ["bytes=0-4", "bytes=0-0, 5-5"]) {
    const fields = ["host: localhost", `range: ${range}`, "connection: close"];
    const response = await sendRaw(server, rawRequest("GET /text HTTP/1.1", fields));
    assert.equal(response?.status, 206);
    assert.equal(response.head.match(/content-length/gi)?.length, 1, response.head);
    assert.equal(response.headers.get("transfer-encoding"), null);
    assert.equal(response.headers.get("content-length"), String(response.body.length));
  }
});

Deno.test("checkPreconditions: a PUT changes only the version that was meant", async () => {
  let note: string | undefined;
  const current = () => note === undefined ? undefined : { etag: etagOf(note) };
  const notes = service({}, [
    get("/note", ({ request }) =>
      checkPreconditions(request, current()) ??
        ok({ body: note, headers: { etag: etagOf(note ?? "") } })),
    put("/note", { body: text(string()) }, ({ request, body }) => {
      checkPreconditions(request, current());
      note = body;
      return ok({ headers: { etag: etagOf(body) } });
    }),
  ]);
  await onBothTransports(notes, async (ask) => {
    note = undefined;
    const write = async (body: string, headers: Record<string, string>) => {
      const response = await ask("/note", {
        method: "PUT",
        body,
        headers: { "content-type": "text/plain", ...headers },
      });
      await response.body?.cancel();
      return response.status;
    };
    assert.equal(await write("a", { "if-match": "*" }), 412);
    assert.equal(await write("a", { "if-none-match": "*" }), 200);
    assert.equal(await write("b", { "if-none-match": "*" }), 412);
    assert.equal(await write("b", { "if-match": etagOf("b") }), 412);
    assert.equal(note, "a");
    assert.equal(await write("b", { "if-match": etagOf("a") }), 200);
    assert.equal(note, "b");
    const known = await ask("/note", { headers: { "if-none-match": etagOf("b") } });
    assert.deepEqual([known.status, known.headers.get("etag")], [304, etagOf("b")]);
    const read = await ask("/note", { headers: { "if-none-match": etagOf("a") } });
    assert.deepEqual([read.status, await read.text()], [200, "b"]);
  });
});

Deno.test("checkPreconditions: its 304 has the validators that there are", () => {
  const request = new Request("http://localhost/", { headers: { "if-modified-since": MODIFIED } });
  const reply = checkPreconditions(request, { lastModified: new Date(MODIFIED) });
  assert.equal(reply?.status, 304);
  assert.deepEqual(reply.headers, { "last-modified": MODIFIED });
});
