/** What fails while a request is sent is a typed error, and the connection is not used again. @module */
import assert from "node:assert/strict";
import * as errors from "../../src/message/client_errors.ts";
import { transport } from "../../src/client/transport.ts";
import { platformFetch } from "../../src/client/transport_default.ts";
import { explainFailure } from "../../src/client/transport_failure.ts";
import { type Accepted, sayingServer, stayingServer, tcpServer } from "../support/tcp_server.ts";
import { within } from "../support/within.ts";

/** A class of errors, by what tests need of it. */
type ErrorClass = abstract new (...args: never[]) => Error;

/** What a promise rejects with. */
async function failure(promise: Promise<unknown>): Promise<unknown> {
  return await within(
    promise.then((value) => assert.fail(`resolved with ${value}`), (error) => error),
    "a failure",
  );
}

const ok = "HTTP/1.1 200 OK\r\n";

/** What servers say: the error that it is, and what its message has. */
const badAnswers: Readonly<Record<string, readonly [string, ErrorClass, RegExp]>> = {
  "nothing": ["", errors.InitializingInboundResponseError, /closed before/],
  "garbage": ["hello\r\n\r\n", errors.InitializingInboundResponseError, /version/],
  "another version": [
    "HTTP/3.0 200 OK\r\n\r\n",
    errors.InitializingInboundResponseError,
    /version/,
  ],
  "a status of two digits": [
    "HTTP/1.1 20 OK\r\n\r\n",
    errors.InitializingInboundResponseError,
    /status/,
  ],
  "half a head": [`${ok}A: b`, errors.InitializingInboundResponseError, /closed before/],
  "a field without colon": [
    `${ok}A b\r\n\r\n`,
    errors.ReadingInboundResponseHeadersError,
    /header/,
  ],
  "NUL in a field": [`${ok}A: \0\r\n\r\n`, errors.ReadingInboundResponseHeadersError, /header/],
  "a length that is no number": [
    `${ok}Content-Length: x\r\n\r\n`,
    errors.ReadingInboundResponseHeadersError,
    /content-length/,
  ],
  "two lengths": [
    `${ok}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
    errors.ReadingInboundResponseHeadersError,
    /content-length/,
  ],
  "too many fields": [
    `${ok}${"A: b\r\n".repeat(500)}\r\n`,
    errors.ReadingInboundResponseHeadersError,
    /^Response max header size exceeds: /,
  ],
  "a switch of protocols": [
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    errors.InitializingInboundResponseError,
    /unasked/,
  ],
};

for (const [name, [bytes, kind, message]] of Object.entries(badAnswers)) {
  Deno.test(`transport: a server that says ${name}`, async () => {
    const breaksOff = name === "nothing" || name === "half a head";
    await using server = breaksOff ? sayingServer(bytes) : stayingServer(bytes);
    using open = transport();
    for (let call = 1; call <= 2; call++) {
      const error = await failure(open.fetch(`${server.url}/a?key=secret`));
      assert.ok(error instanceof kind, String(error));
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /secret|\.$/);
      assert.ok(name === "a switch of protocols" || error.cause instanceof TypeError);
      assert.equal(server.accepted, call, "the connection was used again");
    }
  });
}

Deno.test("transport: header sections without end", async () => {
  const endless: Record<string, (connection: Accepted) => Promise<void>> = {
    fields: async ({ say }) => {
      for (let count = 0;; count++) await say(`h${count}: ${"x".repeat(1_000)}\r\n`);
    },
    "one field": async ({ say }) => {
      await say("A: ");
      for (;;) await say("x".repeat(10_000));
    },
  };
  for (const [name, talk] of Object.entries(endless)) {
    await using server = tcpServer(async (connection) => {
      await connection.readHead();
      await connection.say(ok);
      await talk(connection);
    });
    using open = transport();
    const error = await failure(open.fetch(server.url));
    assert.ok(error instanceof errors.ReadingInboundResponseHeadersError, `${name}: ${error}`);
  }
});

const badBodies: Readonly<Record<string, string>> = {
  "ends before its length": `${ok}Content-Length: 100\r\n\r\nabc`,
  "ends inside a chunk": `${ok}Transfer-Encoding: chunked\r\n\r\n5\r\nab`,
  "ends without the last chunk": `${ok}Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n`,
  "has a chunk size that is no number": `${ok}Transfer-Encoding: chunked\r\n\r\nzz\r\nab`,
};

for (const [name, bytes] of Object.entries(badBodies)) {
  Deno.test(`transport: a body that ${name}`, async () => {
    const breaksOff = name.startsWith("ends");
    await using server = breaksOff ? sayingServer(bytes) : stayingServer(bytes);
    using open = transport();
    for (let call = 1; call <= 2; call++) {
      const response = await open.fetch(server.url);
      const error = explainFailure(await failure(response.text()), { phase: "body" });
      assert.ok(error instanceof errors.ReadingInboundResponseBodyError, String(error));
      assert.equal(server.accepted, call);
    }
  });
}

Deno.test("transport: a body that is no gzip is one that broke off", async () => {
  await using server = stayingServer(
    `${ok}Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc`,
  );
  using open = transport();
  const response = await open.fetch(server.url);
  const error = explainFailure(await failure(response.text()), { phase: "body" });
  assert.ok(error instanceof errors.ReadingInboundResponseBodyError, String(error));
});

Deno.test("transport: what follows a body is not taken for the next response", async () => {
  const evil = `${ok}Content-Length: 4\r\n\r\nevil`;
  await using server = stayingServer(`${ok}Content-Length: 4\r\n\r\ngood${evil}`);
  using open = transport();
  for (let call = 1; call <= 3; call++) {
    assert.equal(await (await open.fetch(server.url)).text(), "good");
    assert.equal(server.accepted, call);
  }
});

Deno.test("transport: a length beside chunks decides nothing", async () => {
  await using server = stayingServer(
    `${ok}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ngood\r\n0\r\n\r\n`,
  );
  using open = transport();
  for (let call = 1; call <= 3; call++) {
    assert.equal(await (await open.fetch(server.url)).text(), "good");
  }
});

Deno.test("transport: a body that is not wanted is not taken for the next response", async () => {
  await using server = stayingServer(`${ok}Content-Length: 30\r\n\r\nhalf`);
  using open = transport();
  for (let call = 1; call <= 2; call++) {
    await (await open.fetch(server.url)).body?.cancel();
    assert.equal(server.used, call);
  }
});

Deno.test("transport: nobody listens, or there is no such host", async () => {
  const gone = sayingServer("");
  await gone[Symbol.asyncDispose]();
  using open = transport();
  for (const send of [open.fetch, platformFetch]) {
    for (const url of [`${gone.url}/a?key=secret`, "http://host.invalid/"]) {
      const error = await failure(send(url));
      assert.ok(error instanceof errors.ClientConnectorError, String(error));
      assert.ok(error.message.startsWith("Something wrong with the connection: "), error.message);
      assert.doesNotMatch(error.message, /host\.invalid|127\.0\.0\.1/);
      assert.equal(error.url, url.split("?")[0]);
      assert.doesNotMatch(error.message, /secret/);
      assert.equal(error.status, 502);
    }
  }
});

Deno.test("transport: what is wrong with a call", async () => {
  const { InitializingOutboundRequestError } = errors;
  const table: Record<string, [string, RequestInit | undefined, RegExp]> = {
    "relative": ["/albums?key=secret", undefined, /its address is no whole URL/],
    "no host": ["http://?key=secret", undefined, /no whole URL/],
    "port": ["http://127.0.0.1:99999/", undefined, /no whole URL/],
    "blocked port": ["http://127.0.0.1:1/", undefined, /blocked/],
    "ftp": ["ftp://127.0.0.1/", undefined, /only http: and https:/],
    "file": ["file:///etc/hosts", undefined, /only http: and https:/],
    "data": ["data:text/plain,secret", undefined, /only http: and https:/],
    "CONNECT": ["http://127.0.0.1:9/", { method: "CONNECT" }, /Method is forbidden/],
    "TRACE": ["http://127.0.0.1:9/", { method: "trace" }, /Method is forbidden/],
    "method": ["http://127.0.0.1:9/", { method: "GE\r\nT" }, /Method is not valid/],
    "body": ["http://127.0.0.1:9/", { body: "secret" }, /cannot have body/],
    "CRLF": ["http://127.0.0.1:9/", { headers: { a: "secret\r\nb: c" } }, /header field/],
    "NUL": ["http://127.0.0.1:9/", { headers: { a: "secret\0" } }, /header field/],
    "name": ["http://127.0.0.1:9/", { headers: { "a secret": "b" } }, /header field/],
    "beyond Latin-1": ["http://127.0.0.1:9/", { headers: { a: "secret\u0100" } }, /header field/],
  };
  using open = transport();
  for (const [name, [url, init, message]] of Object.entries(table)) {
    const error = await failure(open.fetch(url, init));
    assert.ok(error instanceof InitializingOutboundRequestError, `${name}: ${error}`);
    assert.match(error.message, message);
    // Not even a cause may show what a header field says.
    if (message.source === "header field") assert.doesNotMatch(Deno.inspect(error), /secret/);
    assert.doesNotMatch(error.message, /secret/);
  }
  const used = new Request("http://127.0.0.1:9/", { method: "POST", body: "x" });
  await used.text();
  assert.ok(await failure(open.fetch(used)) instanceof InitializingOutboundRequestError);
});

Deno.test("transport: the reason of an abort is what a call rejects with", async () => {
  await using server = tcpServer(async (connection) => {
    await connection.readHead();
    await connection.read();
  });
  using open = transport();
  for (const reason of [new TypeError("fetch failed"), new RangeError("mine"), "text", undefined]) {
    for (const asRequest of [false, true]) {
      const controller = new AbortController();
      const init = { signal: controller.signal };
      const call = asRequest
        ? open.fetch(new Request(server.url, init))
        : open.fetch(server.url, init);
      controller.abort(reason);
      const error = await failure(call);
      // A Request has a signal of its own, which follows the one it was given.
      if (reason === undefined) assert.equal((error as Error).name, "AbortError");
      else assert.equal(error, reason);
    }
  }
  assert.equal(await failure(open.fetch(server.url, { signal: AbortSignal.abort("x") })), "x");
});

Deno.test("transport: a server that never answers is given up by a signal", async () => {
  await using server = tcpServer(async (connection) => {
    await connection.readHead();
    await connection.read();
  });
  using open = transport();
  const error = await failure(open.fetch(server.url, { signal: AbortSignal.timeout(30) }));
  assert.equal((error as Error).name, "TimeoutError");
});

Deno.test("transport: a request body that fails", async () => {
  await using server = tcpServer(async (connection) => {
    while (await connection.read() !== undefined);
  });
  using open = transport();
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => controller.error(new Error("the file is gone")),
  });
  const error = await failure(open.fetch(server.url, { method: "POST", body }));
  assert.ok(error instanceof errors.WritingOutboundRequestBodyError, String(error));
  // Its words are the program's: for the log, not for the clients of a service that lets it through.
  assert.equal(error.message, "Cannot send the request body: its stream failed");
  assert.match(String((error.cause as Error).cause), /the file is gone$/);
});

Deno.test("transport: a server that goes away, or answers and goes, during an upload", async () => {
  for (const answer of ["", "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno"]) {
    await using server = tcpServer(async (connection) => {
      await connection.readHead();
      await connection.say(answer);
    });
    using open = transport();
    let left = 2_000;
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        if (left-- > 0) controller.enqueue(new Uint8Array(65_536));
        else controller.close();
      },
    });
    const result = await within(
      open.fetch(server.url, { method: "POST", body }).then(
        (response) => response.text(),
        (error: unknown) => error,
      ),
      "the end of the upload",
    );
    // Whether the answer is still seen is a race between reading and writing.
    if (answer === "" || result !== "no") {
      assert.ok(result instanceof errors.WritingOutboundRequestBodyError, String(result));
    }
    assert.equal(server.accepted, 1);
  }
});

Deno.test("transport: a connection whose request body was not sent to its end is not used again", async () => {
  await using server = tcpServer(async (connection) => {
    await connection.readHead();
    await connection.say("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
    while (await connection.read() !== undefined);
  });
  using open = transport();
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (controller) => controller.enqueue(new Uint8Array(10)),
  });
  const stop = new AbortController();
  const response = await within(
    open.fetch(server.url, { method: "POST", body, signal: stop.signal }),
    "the early answer",
  );
  assert.equal(response.status, 413);
  assert.equal(await response.text(), "no");
  assert.equal(await (await open.fetch(server.url)).text(), "no");
  assert.equal(server.accepted, 2);
  stop.abort();
});

/** An error of a platform: a TypeError with causes. */
function platformError(
  message: string,
  ...causes: { message: string; code?: string }[]
): TypeError {
  let cause: Error | undefined;
  for (const { message, code } of causes.toReversed()) {
    cause = Object.assign(new Error(message, { cause }), code === undefined ? {} : { code });
  }
  return new TypeError(message, { cause });
}

Deno.test("transport: what Node's failures are", () => {
  const table: [string, string, ErrorClass][] = [
    ["connect ECONNREFUSED 127.0.0.1:80", "ECONNREFUSED", errors.ClientConnectorError],
    ["getaddrinfo ENOTFOUND host.invalid", "ENOTFOUND", errors.ClientConnectorError],
    ["getaddrinfo EAI_AGAIN host", "EAI_AGAIN", errors.ClientConnectorError],
    ["Connect Timeout Error", "UND_ERR_CONNECT_TIMEOUT", errors.ClientConnectorError],
    ["self-signed certificate", "DEPTH_ZERO_SELF_SIGNED_CERT", errors.SslError],
    ["in chain", "SELF_SIGNED_CERT_IN_CHAIN", errors.SslError],
    ["certificate has expired", "CERT_HAS_EXPIRED", errors.SslError],
    ["Hostname/IP does not match", "ERR_TLS_CERT_ALTNAME_INVALID", errors.SslError],
    ["unable to verify", "UNABLE_TO_VERIFY_LEAF_SIGNATURE", errors.SslError],
    ["wrong version number", "ERR_SSL_WRONG_VERSION_NUMBER", errors.SslError],
    ["other side closed", "UND_ERR_SOCKET", errors.InitializingInboundResponseError],
    ["Headers Overflow", "UND_ERR_HEADERS_OVERFLOW", errors.ReadingInboundResponseHeadersError],
    ["Headers Timeout Error", "UND_ERR_HEADERS_TIMEOUT", errors.IdleTimeoutError],
    ["invalid header", "UND_ERR_INVALID_ARG", errors.InitializingOutboundRequestError],
    ["assert(upgrade)", "ERR_ASSERTION", errors.InitializingInboundResponseError],
    ["session error", "ERR_HTTP2_SESSION_ERROR", errors.Http2ClientError],
    ["The client is destroyed", "UND_ERR_DESTROYED", errors.GenericClientError],
    ["read ECONNRESET", "ECONNRESET", errors.WritingOutboundRequestBodyError],
  ];
  for (const [message, code, kind] of table) {
    const given = platformError("fetch failed", { message, code });
    const error = explainFailure(given, { url: "https://user:pw@a.example/b?c#d" });
    assert.ok(error instanceof kind, `${code}: ${error}`);
    assert.equal(error.cause, given);
    assert.doesNotMatch(error.message, /pw|\?c|host\.invalid|127\.0\.0\.1/);
  }
  const reset = platformError("fetch failed", { message: "read ECONNRESET", code: "ECONNRESET" });
  assert.ok(
    explainFailure(reset, { hasBody: false }) instanceof errors.InitializingInboundResponseError,
  );
  const nested = platformError(
    "fetch failed",
    { message: "Request was cancelled." },
    { message: "Proxy response (407) !== 200 when HTTP Tunneling", code: "UND_ERR_ABORTED" },
  );
  assert.ok(explainFailure(nested) instanceof errors.ClientConnectorError);
  const cut = platformError("terminated", { message: "other side closed", code: "UND_ERR_SOCKET" });
  assert.ok(
    explainFailure(cut, { phase: "body" }) instanceof errors.ReadingInboundResponseBodyError,
  );
});

Deno.test("transport: what is no failure of the platform stays what it is", () => {
  const mine = [new Error("mine"), new errors.SslError("mine"), "text", undefined, null];
  for (const error of mine) assert.equal(explainFailure(error), error);
  const twice = new TypeError("Body already consumed.");
  assert.equal(explainFailure(twice, { phase: "body" }), twice);
  const circle = new TypeError("fetch failed");
  circle.cause = circle;
  assert.ok(explainFailure(circle) instanceof errors.ClientError);
});
