/** What servers do wrong, met by a whole client over a socket: a typed error, no hang, no reuse. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import zlib from "node:zlib";
import {
  Client,
  type ClientConfiguration,
  CookieStore,
  HttpError,
  json,
  text,
} from "@pirouette/http";
import {
  type Accepted,
  sayingServer,
  stayingServer,
  type TcpServer,
  tcpServer,
} from "../support/tcp_server.ts";
import { within } from "../support/within.ts";

const ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

/** What a bound call rejects with, which has to be an error of this library. */
async function refusal(call: Promise<unknown>, what: string): Promise<HttpError> {
  const error = await within(call.then(() => undefined, (reason: unknown) => reason), what, 20_000);
  assert.ok(error instanceof HttpError, `${what}: ${error}`);
  assert.doesNotMatch(error.message, /s3cret|\.$/);
  return error;
}

/** A client with connections of its own, so that they can be counted. */
function clientOf({ url }: TcpServer, config: ClientConfiguration = {}): Client {
  return new Client(url, { transport: {}, ...config });
}

/** Answers each connection's first request with a text, and then says and hears nothing more. */
function silentServer(text: string): TcpServer {
  return tcpServer(async (connection) => {
    await connection.readHead();
    await connection.say(text);
    while (await connection.read() !== undefined);
  });
}

interface BadAnswer {
  readonly what: string;
  readonly server: () => TcpServer;
  readonly config?: ClientConfiguration;
  readonly error: string;
  /** Whether it was a message with an end, behind which the connection can be used again. */
  readonly isWhole?: boolean;
}

const badAnswers: readonly BadAnswer[] = [
  {
    what: "closes without an answer",
    server: () => sayingServer(""),
    error: "InitializingInboundResponseError",
  },
  {
    what: "speaks no HTTP",
    server: () => stayingServer("220 mail.example ESMTP\r\n"),
    error: "InitializingInboundResponseError",
  },
  {
    what: "declares more than it sends",
    server: () => sayingServer(`${ok}Content-Length: 100\r\n\r\n{"a":`),
    error: "ReadingInboundResponseBodyError",
  },
  {
    what: "declares two lengths",
    server: () => stayingServer(`${ok}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} `),
    error: "ReadingInboundResponseHeadersError",
  },
  {
    what: "has a control character in a cookie",
    server: () => stayingServer(`${ok}Set-Cookie: a=\x01b\r\nContent-Length: 2\r\n\r\n{}`),
    config: { cookies: true },
    error: "ReadingInboundResponseHeadersError",
  },
  {
    what: "breaks off inside a chunk",
    server: () => sayingServer(`${ok}Transfer-Encoding: chunked\r\n\r\n9\r\n{"a":`),
    error: "ReadingInboundResponseBodyError",
  },
  {
    what: "breaks off between chunks, where what came is whole by itself",
    server: () => sayingServer(`${ok}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n`),
    error: "ReadingInboundResponseBodyError",
  },
  {
    what: "sends chunks without sizes",
    server: () => stayingServer(`${ok}Transfer-Encoding: chunked\r\n\r\n{}\r\n0\r\n\r\n`),
    error: "ReadingInboundResponseBodyError",
  },
  {
    what: "sends header fields without end",
    server: () =>
      tcpServer(async (connection) => {
        await connection.readHead();
        await connection.say(ok);
        for (let count = 0;; count++) await connection.say(`x-${count}: ${"a".repeat(1_000)}\r\n`);
      }),
    error: "ReadingInboundResponseHeadersError",
  },
  {
    what: "sends no gzip as gzip",
    server: () => stayingServer(`${ok}Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}`),
    error: "ReadingInboundResponseBodyError",
    isWhole: true,
  },
  {
    what: "has a media type that is none",
    server: () =>
      stayingServer("HTTP/1.1 200 OK\r\nContent-Type: a/b/c\r\nContent-Length: 2\r\n\r\n{}"),
    error: "MediaTypeBindingError",
    isWhole: true,
  },
  {
    what: "redirects to what is no address",
    server: () =>
      stayingServer("HTTP/1.1 302 Found\r\nLocation: http://[::1\r\nContent-Length: 0\r\n\r\n"),
    config: { followRedirects: true },
    error: "RedirectError",
    isWhole: true,
  },
  {
    what: "never answers",
    server: () => silentServer(""),
    config: { timeout: 50 },
    error: "IdleTimeoutError",
  },
  {
    what: "falls silent in the middle of its head",
    server: () => silentServer(`${ok}x-half: a`),
    config: { timeout: 50 },
    error: "IdleTimeoutError",
  },
  {
    what: "falls silent in the middle of its body",
    server: () => silentServer(`${ok}Content-Length: 100\r\n\r\n{"a":`),
    config: { timeout: 50 },
    error: "IdleTimeoutError",
  },
];

for (const { what, server: start, config, error: name, isWhole = false } of badAnswers) {
  Deno.test(`bad server: one that ${what}`, async () => {
    await using server = start();
    await using api = clientOf(server, config);
    for (let call = 1; call <= 2; call++) {
      const error = await refusal(api.get("/a?key=s3cret", { as: json() }), what);
      assert.equal(error.name, name, String(error));
      assert.ok(error.status >= 500, `${error.status}`);
    }
    if (!isWhole) assert.equal(server.used, 2, "a connection was used again");
  });
}

Deno.test("bad server: one that sends a gigabyte in a megabyte", async () => {
  const mebibyte = zlib.deflateRawSync(new Uint8Array(1024 * 1024), {
    level: 9,
    finishFlush: zlib.constants.Z_FULL_FLUSH,
  });
  const start = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
  const bomb = Buffer.concat([start, ...Array.from({ length: 1024 }, () => mebibyte)]);
  const heads = [
    `${ok}Content-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\n\r\n`,
    `${ok}Content-Encoding: gzip\r\nConnection: close\r\n\r\n`,
  ];
  for (const head of heads) {
    await using server = sayingServer(head + bomb.toString("latin1"));
    await using api = clientOf(server);
    const before = Deno.memoryUsage().external;
    for (const as of [json(), text()]) {
      const error = await refusal(api.get("/", { as }), "a bomb");
      assert.equal(error.name, "ReadingInboundResponseBodyError", String(error));
      const grown = Deno.memoryUsage().external - before;
      assert.ok(grown < 512 * 1024 * 1024, `${grown} bytes more`);
    }
  }
});

Deno.test("bad server: cookies that are none are passed over, the rest are kept", async () => {
  const fields = [
    "",
    "=",
    ";",
    "=value",
    "name",
    "b=c; Domain=other.example",
    "c=d; Domain=com",
    "d=e; Expires=yesterday; Max-Age=; Path; SameSite=odd; Secure=",
    `e=${"x".repeat(5_000)}`,
    "__Host-f=g; Path=/a",
    "__proto__=h; Path=/",
    "good=1; Path=/; HttpOnly",
  ];
  const lines = fields.map((field) => `Set-Cookie: ${field}\r\n`).join("");
  await using server = tcpServer(async (connection) => {
    for (;;) {
      const head = await connection.readHead();
      const cookie = /^cookie: (.*)\r$/im.exec(head)?.[1] ?? "none";
      const body = JSON.stringify(cookie);
      await connection.say(`${ok}${lines}Content-Length: ${body.length}\r\n\r\n${body}`);
    }
  });
  const store = new CookieStore();
  await using api = clientOf(server, { cookies: store });
  assert.equal(await api.get("/", { as: json() }), "none");
  assert.equal(await api.get("/", { as: json() }), "__proto__=h; good=1");
  assert.deepEqual(
    (await store.getAllCookies()).map(({ name }) => name).sort(),
    ["__proto__", "good"],
  );
});

Deno.test("bad server: one that answers before it was sent everything", async () => {
  const early = async (connection: Accepted): Promise<void> => {
    await connection.readHead();
    const problem = `{"reason":"large"}`;
    await connection.say(
      "HTTP/1.1 413 Too Large\r\nContent-Type: application/json\r\n" +
        `Content-Length: ${problem.length}\r\n\r\n${problem}`,
    );
    while (await connection.read() !== undefined);
  };
  await using server = tcpServer(early);
  await using api = clientOf(server);
  const stop = new AbortController();
  const endless = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (controller) => controller.enqueue(new Uint8Array(10)),
  });
  const call = api.post("/", endless, { as: json(), signal: stop.signal });
  const error = await refusal(call, "the early answer");
  assert.equal(error.name, "ClientRequestError");
  assert.deepEqual((error as unknown as { detail: { body: unknown } }).detail.body, {
    reason: "large",
  });
  await refusal(api.post("/", "x", { as: json() }), "the next answer");
  assert.equal(server.accepted, 2, "the connection was used again");
  stop.abort();
});
