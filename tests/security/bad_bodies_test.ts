/**
 * Bad bodies over a real socket: each is answered 400 or ends the connection, never 5xx, and the
 * next request is answered.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  bytes,
  form,
  get,
  json,
  post,
  type RunningServer,
  serve,
  service,
  text,
  xml,
} from "@pirouette/http";
import { z } from "zod";
import { RawConnection, rawRequest, type RawResponse, sendRaw } from "../support/raw_http.ts";

const everything = service({ basePath: "/v1" }, [
  get("/ok", () => "ok"),
  post("/json", { body: json() }, () => "bound"),
  post("/album", { body: z.object({ title: z.string() }) }, () => "bound"),
  post("/text", { body: text() }, () => "bound"),
  post("/bytes", { body: bytes() }, () => "bound"),
  post("/form", { body: form() }, () => "bound"),
  post("/xml", { body: xml() }, () => "bound"),
]);

const HOST = "Host: x";

/** Sends one bad request, and then a good one on a connection of its own. */
async function answerTo(server: RunningServer, request: string): Promise<RawResponse | undefined> {
  const response = await sendRaw(server, request);
  await assertAlive(server);
  return response;
}

async function assertAlive(server: RunningServer): Promise<void> {
  const next = await fetch(`${server.url}/v1/ok`);
  assert.equal(next.status, 200);
  assert.equal(await next.text(), "ok");
}

const badUtf8 = [
  "\xff",
  "\xc3",
  "\xc0\xaf",
  "\xed\xa0\x80",
  "\xf8\x88\x80\x80\x80",
  "a\xffb",
  "\xfe\xff",
];

/** Bodies that are refused, by path and media type. */
const bodies: readonly (readonly [path: string, mediaType: string, body: string])[] = [
  ...badUtf8.flatMap((bytes) =>
    [
      ["/v1/json", "application/json", `"${bytes}"`],
      ["/v1/album", "application/json", `{"title":"${bytes}"}`],
      ["/v1/text", "text/plain; charset=utf-8", bytes],
      ["/v1/form", "application/x-www-form-urlencoded", `a=${bytes}`],
      ["/v1/xml", "application/xml", `<a>${bytes}</a>`],
    ] as const
  ),
  ["/v1/json", "application/json", "[".repeat(100_000)],
  ["/v1/json", "application/json", "[".repeat(100_000) + "]".repeat(100_000)],
  ["/v1/json", "application/json", '{"a":'.repeat(100_000) + "1" + "}".repeat(100_000)],
  ["/v1/album", "application/json", `{"title":${"[".repeat(100_000)}${"]".repeat(100_000)}}`],
  ["/v1/json", "application/json", "\0"],
  ["/v1/json", "application/json", "{'a':1}"],
  ["/v1/json", "application/json", "NaN"],
  ["/v1/json", "application/json", "{}{}"],
  ["/v1/json", "application/json", '{"a":1,}'],
  ["/v1/json", "application/json", '"\n"'],
  ["/v1/json", "application/json", ""],
  ["/v1/album", "application/json", "null"],
  ["/v1/album", "application/json", "[]"],
  ["/v1/form", "application/x-www-form-urlencoded", "a=%zz"],
  ["/v1/form", "application/x-www-form-urlencoded", "a=%ff"],
  ["/v1/form", "application/x-www-form-urlencoded", "a=1&".repeat(10_000)],
  ["/v1/form", "multipart/form-data", "a"],
  ["/v1/form", "multipart/form-data; boundary=b", "a"],
  ["/v1/form", "multipart/form-data; boundary=b", "--b\r\n"],
  [
    "/v1/form",
    "multipart/form-data; boundary=b",
    '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1',
  ],
  ["/v1/form", "multipart/form-data; boundary=b", "--b\r\n\r\n1\r\n--b--\r\n"],
  ["/v1/xml", "application/xml", "<a>".repeat(100_000)],
  ["/v1/xml", "application/xml", "<a>".repeat(100_000) + "</a>".repeat(100_000)],
  [
    "/v1/xml",
    "application/xml",
    '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
  ],
  [
    "/v1/xml",
    "application/xml",
    `<!DOCTYPE a [<!ENTITY b0 "b">${
      Array.from({ length: 20 }, (_, n) => `<!ENTITY b${n + 1} "&b${n};&b${n};&b${n};">`).join("")
    }]><a>&b20;</a>`,
  ],
  ["/v1/xml", "application/xml", `<a>${"&#x41;".repeat(200_000)}`],
  ["/v1/xml", "application/xml", "<a>&undefined;</a>"],
  ["/v1/xml", "application/xml", "<a>&#0;</a>"],
  ["/v1/xml", "application/xml", "<a></b>"],
  ["/v1/xml", "application/xml", "text"],
];

Deno.test("bad bodies: what is refused", async () => {
  await using server = await serve(everything, { port: 0, host: "127.0.0.1" });
  for (const [path, mediaType, body] of bodies) {
    const fields = [HOST, `Content-Type: ${mediaType}`];
    const length = `Content-Length: ${body.length}`;
    const whole = rawRequest(`POST ${path} HTTP/1.1`, [...fields, length], body);
    const response = await answerTo(server, whole);
    assert.equal(response?.status, 400, `${path} ${JSON.stringify(body.slice(0, 80))}`);
    assert.ok(!/\bat .*\.ts|node_modules|file:\/\/\/(?!etc)/.test(response.body), response.body);
    if (body === "") continue;
    const chunks = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    const chunked = rawRequest(
      `POST ${path} HTTP/1.1`,
      [...fields, "Transfer-Encoding: chunked"],
      chunks,
    );
    assert.equal((await answerTo(server, chunked))?.status, 400, `${path} chunked`);
  }
});

Deno.test("bad bodies: one that breaks off, while it is bound", async () => {
  await using server = await serve(everything, { port: 0, host: "127.0.0.1" });
  const types: Readonly<Record<string, string>> = {
    "/v1/json": "application/json",
    "/v1/text": "text/plain",
    "/v1/bytes": "application/octet-stream",
    "/v1/form": "multipart/form-data; boundary=b",
    "/v1/xml": "application/xml",
  };
  for (const [path, type] of Object.entries(types)) {
    const framings = [
      ["Content-Length: 100", "{}"],
      ["Content-Length: 100", ""],
      ["Transfer-Encoding: chunked", "2\r\n{}\r\n"],
      ["Transfer-Encoding: chunked", "5\r\n{}"],
      ["Transfer-Encoding: chunked", "5"],
      ["Transfer-Encoding: chunked", ""],
    ] as const;
    for (const [field, part] of framings) {
      const start = rawRequest(
        `POST ${path} HTTP/1.1`,
        [HOST, `Content-Type: ${type}`, field],
        part,
      );
      {
        using half = await RawConnection.open(server);
        await half.send(start);
        await half.closeWrite();
        const response = await half.read();
        assert.ok(response === undefined || response.status === 400, `${path} ${field} ${part}`);
      }
      {
        using gone = await RawConnection.open(server);
        await gone.send(start);
      }
      await assertAlive(server);
    }
  }
});
