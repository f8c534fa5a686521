/** The listener table, over real sockets (spec 2.1). */
import assert from "node:assert/strict";
import {
  any,
  bytes,
  GenericListenerError,
  get,
  type Layer,
  Listener,
  type ListenerConfiguration,
  post,
  type RunningServer,
  serve,
  service,
  string,
} from "@pirouette/http";
import { VirtualClock } from "@pirouette/http/testing";
import { transports } from "../support/over_transports.ts";
import { RawConnection, rawRequest, sendRaw } from "../support/raw_http.ts";
import { ask, expectAnswer, expectError, expectPayload } from "./ask.ts";
import { conformance } from "./cases.ts";

const local = { port: 0, host: "127.0.0.1" };

/** What accepts connections. */
type Transport = "deno" | "node";

/** Runs a check on each transport. */
function onEach(check: (transport: Transport) => Promise<void>): () => Promise<void> {
  return async () => {
    for (const transport of transports) await check(transport);
  };
}

/** What answers a request written by hand, and the error payload it has, if it should. */
async function statusOf(
  server: RunningServer,
  line: string,
  fields: readonly string[] = [],
  body = "",
): Promise<number | undefined> {
  const request = rawRequest(`${line} HTTP/1.1`, ["Host: localhost", ...fields], body);
  return (await sendRaw(server, request))?.status;
}

const echo = service({}, [
  any("/*", () => "here"),
  post("/bytes", { body: bytes() }, ({ body }) => String(body.length)),
  post("/text", { body: string() }, ({ body }) => body),
]);

const inFiles = { cert: "cert.pem", key: "key.pem" };

/** What the original says of a certificate that is not given; no file is read for it. */
const refusedTls: readonly (readonly [ListenerConfiguration["tls"] & object, string])[] = [
  [
    { keyStore: { path: "", password: "ballerina" } },
    "KeyStore file location must be provided for secure connection",
  ],
  [
    { keyStore: { path: "store.p12", password: "" } },
    "KeyStore password must be provided for secure connection",
  ],
  [{}, "Certificate file location must be provided for secure connection"],
  [{ ...inFiles, cert: "" }, "Certificate file location must be provided for secure connection"],
  [{ ...inFiles, key: "" }, "Private key file location must be provided for secure connection"],
  [
    { ...inFiles, mutualSsl: { verifyClient: "require", cert: "" } },
    "Certificate file location must be provided for secure connection",
  ],
  [
    { ...inFiles, mutualSsl: { trustStore: { path: "trust.p12", password: "" } } },
    "TrustStore password must be provided for secure connection",
  ],
  [
    { ...inFiles, mutualSsl: { trustStore: { path: "", password: "ballerina" } } },
    "TrustStore file location must be provided for secure connection",
  ],
  [
    { certificates: [{ ...inFiles, cert: "" }] },
    "Certificate file location must be provided for secure connection",
  ],
];

conformance("listener", {
  "pipelined responses keep request order": onEach(async (transport) => {
    const gates = new Map(["1", "2", "3"].map((id) => [id, Promise.withResolvers<void>()]));
    const arrived = new Map(["1", "2", "3"].map((id) => [id, Promise.withResolvers<void>()]));
    const slow = service({}, [
      get("/:id", async ({ path }) => {
        arrived.get(path.id)?.resolve();
        await gates.get(path.id)?.promise;
        return `answer ${path.id}`;
      }),
    ]);
    await using server = await serve(slow, { ...local, transport });
    using connection = await RawConnection.open(server);
    const requests = ["1", "2", "3"].map((id) => rawRequest(`GET /${id} HTTP/1.1`, ["Host: x"]));
    await connection.send(requests.join(""));
    // The last may answer first, if it is begun at all before the first is answered.
    gates.get("3")?.resolve();
    gates.get("2")?.resolve();
    await arrived.get("1")?.promise;
    gates.get("1")?.resolve();
    for (const id of ["1", "2", "3"]) {
      assert.equal((await connection.read())?.body, `answer ${id}`);
    }
    // Any number of them is taken; they wait in the connection until their turn comes.
    for (const gate of gates.values()) gate.resolve();
    const many = Array.from({ length: 40 }, (_, index) => `more${index}`);
    await connection.send(
      many.map((id) => rawRequest(`GET /${id} HTTP/1.1`, ["Host: x"])).join(""),
    );
    for (const id of many) assert.equal((await connection.read())?.body, `answer ${id}`);
    if (transport === "deno") return;

    // Who sends a few more than may wait is made to wait, and who sends far more is sent away.
    const http1Settings = { maxPipelinedRequests: 2 };
    await using strict = await serve(slow, { ...local, transport, http1Settings });
    using patient = await RawConnection.open(strict);
    const few = many.slice(0, 6);
    await patient.send(few.map((id) => rawRequest(`GET /${id} HTTP/1.1`, ["Host: x"])).join(""));
    for (const id of few) assert.equal((await patient.read())?.body, `answer ${id}`);
    using flooding = await RawConnection.open(strict);
    await flooding.send(rawRequest("GET /many HTTP/1.1", ["Host: x"]).repeat(1_000));
    let answered = 0;
    while (await flooding.read().catch(() => undefined) !== undefined) answered++;
    assert.ok(answered < 1_000, "the connection is closed before all are answered");
  }),

  "request limits": onEach(async (transport) => {
    const requestLimits = { maxUriLength: 32, maxHeaderSize: 200, maxEntityBodySize: 10 };
    await using server = await serve(echo, { ...local, transport, requestLimits });
    const uri = (length: number) => `/${"x".repeat(length - 1)}`;
    await expectAnswer(server, `GET ${uri(32)}`, "here");
    await expectError(server, `GET ${uri(33)}`, 414, "The request target is longer than");
    await expectError(server, `GET /x?${"y".repeat(40)}`, 414, "The request target is longer than");
    const field = (length: number) => [`x-long: ${"y".repeat(length)}`];
    assert.equal(await statusOf(server, "GET /", field(150)), 200);
    assert.equal(await statusOf(server, "GET /", field(200)), 431);
    const many = Array.from({ length: 30 }, (_, index) => `x-${index}: y`);
    assert.equal(await statusOf(server, "GET /", many), 431);
    for (const body of ["x".repeat(11), "x".repeat(100_000)]) {
      await expectError(server, "POST /bytes", 413, /^.+$/, { body });
      await expectError(server, "POST /text", 413, /^.+$/, { body });
    }
    await expectAnswer(server, "POST /bytes", "10", { status: 201, body: "x".repeat(10) });
    const chunked = ["Transfer-Encoding: chunked", "Content-Type: text/plain"];
    const exact = "a\r\n0123456789\r\n0\r\n\r\n";
    assert.equal(await statusOf(server, "POST /text", chunked, exact), 201);
    const over = "8\r\n01234567\r\n3\r\n890\r\n0\r\n\r\n";
    assert.equal(await statusOf(server, "POST /text", chunked, over), 413);
    // Who does not bind a body may stream one of any length.
    await expectAnswer(server, "POST /other", "here", { body: "x".repeat(100) });

    await using standard = await serve(echo, { ...local, transport });
    await expectAnswer(standard, `GET ${uri(4096)}`, "here");
    await expectError(standard, `GET ${uri(4097)}`, 414, "The request target is longer than 4096");
    assert.equal(await statusOf(standard, "GET /", field(9000)), 200);
    await expectAnswer(standard, "POST /bytes", "100000", {
      status: 201,
      body: "x".repeat(100_000),
    });
  }),

  "Server header": onEach(async (transport) => {
    const reading = Promise.withResolvers<void>();
    const told: Layer = (next) => (input, init) => {
      const answer = next(input, init);
      if (input instanceof Request && input.method === "POST") reading.resolve();
      return answer;
    };
    const named = service({ basePath: "/named", layers: [told] }, [
      get("/", () => "here"),
      get("/response", () => new Response("here", { headers: { server: "other" } })),
      post("/text", { body: string() }, ({ body }) => body),
    ]);
    const clock = new VirtualClock();
    const config = { ...local, transport, timeout: 1000, clock };
    const lines = ["GET /named", "GET /named/x", "GET /x", "DELETE /named", "OPTIONS /named"];
    {
      await using server = await serve(named, { ...config, server: "Mysql" });
      const statuses = [];
      for (const line of [...lines, "GET /named/response"]) {
        const response = await ask(server, line);
        await response.body?.cancel();
        statuses.push(response.status);
        assert.equal(response.headers.get("server"), "Mysql", line);
      }
      assert.deepEqual(statuses, [200, 404, 404, 405, 204, 200]);
      using connection = await RawConnection.open(server);
      await connection.send(
        rawRequest("POST /named/text HTTP/1.1", ["Host: x", "Content-Length: 9"], "part"),
      );
      await reading.promise;
      await clock.advance(1000);
      const late = await connection.read();
      assert.equal(late?.status, 408);
      assert.equal(late?.headers.get("server"), "Mysql");
      expectPayload(JSON.parse(late?.body ?? ""), {
        status: 408,
        message: /./,
        path: "/named/text",
        method: "POST",
      });
    }
    await using server = await serve(named, { ...local, transport });
    for (const line of lines) {
      const response = await ask(server, line);
      await response.body?.cancel();
      assert.equal(response.headers.get("server"), null, line);
    }
  }),

  "init validation": () => {
    const refused: readonly (readonly [ListenerConfiguration, string])[] = [
      [
        { timeout: -1 },
        "Idle timeout cannot be negative. If you want to disable the timeout please use value 0",
      ],
      [{ timeout: NaN }, "Idle timeout cannot be negative."],
      ...(["maxUriLength", "maxHeaderSize", "maxEntityBodySize"] as const).flatMap((name) =>
        [0, -2, 1.5, NaN].map((value) =>
          [
            { requestLimits: { [name]: value } },
            `Invalid configuration found for ${name} : ${value}`,
          ] as const
        )
      ),
      [
        { requestLimits: { maxUriLength: -1 } },
        "Invalid configuration found for maxUriLength : -1",
      ],
      [
        { requestLimits: { maxHeaderSize: -1 } },
        "Invalid configuration found for maxHeaderSize : -1",
      ],
      [{ gracefulStopTimeout: -1 }, "gracefulStopTimeout cannot be negative"],
      ...refusedTls.map(([tls, message]) => [{ tls }, message] as const),
    ];
    for (const [config, message] of refused) {
      assert.throws(() => new Listener(0, config), (error) => {
        assert.ok(error instanceof GenericListenerError);
        assert.equal(error.message.slice(0, message.length), message);
        return true;
      });
    }
    new Listener(0, { timeout: 0, requestLimits: { maxEntityBodySize: -1 } });
    for (const port of [-1, 65536, 1.5, NaN]) {
      assert.throws(() => new Listener(port), GenericListenerError);
    }
    // An option it does not know is refused and never left unheeded, as the original's name for tls.
    const insecure = JSON.parse('{"secureSocket":{"key":{"path":""}}}');
    assert.throws(() => new Listener(0, insecure), TypeError);
  },
}, {
  "pipelined responses keep request order":
    "a few more than maxPipelinedRequests wait, there the connection is closed",
  "request limits": "maxHeaderSize has no default of its own, the transport's limit stands",
  "Server header": "none is sent unless it is configured",
  "init validation": "a remedy follows the original's words, and secureSocket is tls",
});
