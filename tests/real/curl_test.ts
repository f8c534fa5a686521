/**
 * A served service against the real `curl`: what it sends and understands is not what our own tests
 * imagine. Skipped with a printed line where curl is absent, except on CI.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  get,
  int,
  json,
  noContent,
  ok,
  post,
  type RunningServer,
  serve,
  service,
  stream,
} from "@pirouette/http";
import { hasPeer } from "../support/peers.ts";

/** What curl received. */
interface Received {
  readonly status: number;
  readonly head: string;
  readonly headers: Headers;
  readonly body: string;
}

const MIB = 1024 * 1024;

const tried = service({ basePath: "/v1" }, [
  get("/hello/:name", { query: { times: int({ default: 1 }) } }, ({ path, query }) => {
    return `Hello, ${path.name}! `.repeat(query.times).trim();
  }),
  get("/seen/:rest*", ({ request }) => ({ seen: new URL(request.url).pathname })),
  get("/tagged", () => ok({ body: "a", headers: { etag: '"a"' } })),
  get("/nothing", () => noContent()),
  get("/endless", () => {
    return new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) });
  }),
  post("/echo", { body: json() }, ({ body }) => ({ body })),
  post("/small", { body: json(), maxEntityBodySize: 1_000 }, ({ body }) => ({ body })),
  post("/size", { body: stream() }, async ({ body, request }) => {
    let size = 0;
    for await (const chunk of body ?? []) size += chunk.length;
    const { headers } = request;
    return {
      size,
      length: headers.get("content-length"),
      coding: headers.get("transfer-encoding"),
    };
  }),
]);

/** Runs curl and reads the last response it received. */
async function curl(args: readonly string[], input?: Uint8Array): Promise<Received> {
  const child = new Deno.Command("curl", {
    args: ["--silent", "--show-error", "--include", "--max-time", "10", "--noproxy", "*", ...args],
    stdin: input === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (input !== undefined) {
    const writer = child.stdin.getWriter();
    // A server that refuses an upload lets curl leave before it read all of its own input.
    await writer.write(input).then(() => writer.close()).catch(() => {});
  }
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder().decode(stdout);
  if (code !== 0 && text === "") throw new Error(new TextDecoder().decode(stderr));
  return parse(text);
}

function parse(text: string): Received {
  const end = text.indexOf("\r\n\r\n");
  const head = text.slice(0, end);
  const rest = text.slice(end + 4);
  const [line = "", ...fields] = head.split("\r\n");
  const status = Number(line.split(" ")[1]);
  if (status < 200) return parse(rest);
  const headers = new Headers(fields.map((field): [string, string] => {
    const colon = field.indexOf(":");
    return [field.slice(0, colon), field.slice(colon + 1)];
  }));
  return { status, head, headers, body: rest };
}

/** A test of each version of HTTP, if there is a curl. */
function withCurl(
  name: string,
  check: (url: string, version: readonly string[], server: RunningServer) => Promise<void>,
  versions: readonly string[] = ["--http1.1", "--http2-prior-knowledge"],
): void {
  Deno.test(`curl: ${name}`, async (t) => {
    if (!hasPeer("curl")) return;
    await using server = await serve(tried, { port: 0, host: "127.0.0.1" });
    for (const version of versions) {
      await t.step(version, () => check(`${server.url}/v1`, [version], server));
    }
    const still = await fetch(`${server.url}/v1/hello/you`);
    assert.deepEqual([still.status, await still.text()], [200, "Hello, you!"]);
  });
}

withCurl("a GET, with parameters", async (url, version) => {
  const { status, body, head } = await curl([...version, `${url}/hello/you?times=2`]);
  assert.equal(status, 200);
  assert.equal(body, "Hello, you! Hello, you!");
  assert.match(head, version[0] === "--http1.1" ? /^HTTP\/1\.1 200 OK/ : /^HTTP\/2 200/);
});

withCurl("a POST of JSON, and one that is none", async (url, version) => {
  const type = ["--header", "content-type: application/json"];
  const good = await curl([...version, ...type, "--data", '{"a":"ü"}', `${url}/echo`]);
  assert.equal(good.status, 201);
  assert.deepEqual(JSON.parse(good.body), { body: { a: "ü" } });
  const bad = await curl([...version, ...type, "--data", '{"a":', `${url}/echo`]);
  assert.equal(bad.status, 400);
  assert.equal(JSON.parse(bad.body).path, "/v1/echo");
});

withCurl("an upload in chunks, without a length", async (url, version) => {
  const input = new Uint8Array(3 * MIB).fill(0x61);
  const chunked = [
    "--header",
    "transfer-encoding: chunked",
    "--header",
    "content-type: text/plain",
  ];
  const { status, body } = await curl(
    [...version, ...chunked, "--request", "POST", "--upload-file", "-", `${url}/size`],
    input,
  );
  assert.equal(status, 201);
  const { size, length } = JSON.parse(body);
  assert.equal(size, input.length);
  assert.equal(length, null);
});

withCurl("an upload over the limit", async (url, version) => {
  const input = new Uint8Array(MIB).fill(0x20);
  for (const framing of ["x-framing: length", "transfer-encoding: chunked"]) {
    const fields = ["content-type: application/json", "expect:", framing];
    const headers = fields.flatMap((field) => ["--header", field]);
    const args = [...version, ...headers, "--data-binary", "@-", `${url}/small`];
    const refused = await curl(args, input).catch((error: Error) => error);
    // HTTP/2 ends an upload that is answered already by a reset, which curl 7.88 may take for a
    // failure.
    if (refused instanceof Error && version[0] !== "--http1.1") {
      assert.match(refused.message, /HTTP\/2/);
    } else assert.equal((refused as Received).status, 413);
  }
});

withCurl("HEAD", async (url, version) => {
  for (
    const [path, status] of [["/hello/you", 200], ["/none", 404], ["/echo", 405], ["/endless", 200]]
  ) {
    const received = await curl([...version, "--head", `${url}${path}`]);
    assert.equal(received.status, status, String(path));
    assert.equal(received.body, "");
  }
});

// Nobody sends 100 on HTTP/2 here, and curl 7.88 does not get over that.
withCurl("Expect: 100-continue", async (url, version) => {
  const expecting = [
    "--header",
    "expect: 100-continue",
    "--header",
    "content-type: application/json",
  ];
  const fits = await curl([...version, ...expecting, "--data", "[1]", `${url}/small`]);
  assert.equal(fits.status, 201);
  const body = `[${"1,".repeat(1_000)}1]`;
  const over = await curl([...version, ...expecting, "--data", body, `${url}/small`]);
  assert.equal(over.status, 413);
}, ["--http1.1"]);

withCurl("--path-as-is", async (url, version) => {
  const table: readonly (readonly [path: string, status: number, seen?: string])[] = [
    ["/seen/../hello/you", 400],
    ["/seen/%2e%2e/hello/you", 400],
    ["/seen/./a", 400],
    ["/../../../etc/passwd", 400],
    ["/seen/..;/a", 400],
    ["/seen/a%00", 400],
    ["/seen/%zz", 400],
    ["/seen/\\a", 400],
    ["/seen/%61%2Fb", 200, "/v1/seen/a%2Fb"],
    ["/seen/%252e%252e/a", 200, "/v1/seen/%252e%252e/a"],
    ["/seen/a;b=c", 200, "/v1/seen/a"],
    ["/seen/...", 200, "/v1/seen/..."],
  ];
  for (const [path, status, seen] of table) {
    const received = await curl([...version, "--path-as-is", `${url}${path}`]);
    assert.equal(received.status, status, path);
    if (seen !== undefined) assert.deepEqual(JSON.parse(received.body), { seen }, path);
  }
});

withCurl("statuses without a body", async (url, version) => {
  const nothing = await curl([...version, `${url}/nothing`]);
  assert.equal(nothing.status, 204);
  assert.equal(nothing.body, "");
  const known = await curl([...version, "--header", 'if-none-match: W/"a"', `${url}/tagged`]);
  assert.equal(known.status, 304);
  assert.equal(known.body, "");
  const options = await curl([...version, "--request", "OPTIONS", `${url}/echo`]);
  assert.equal(options.status, 204);
  assert.equal(options.headers.get("allow"), "POST, OPTIONS");
});

withCurl("odd methods and targets", async (url, version, server) => {
  const table = [
    [["--request", "TRACE", `${url}/hello/you`], 405],
    [["--request", "get", `${url}/hello/you`], 405],
    [["--request", "__proto__", `${url}/hello/you`], 405],
    [["--request-target", "*", "--request", "OPTIONS", server.url], 404],
    [["--request-target", "//v1/hello/you", server.url], 404],
  ] as const;
  for (const [args, status] of table) {
    const received = await curl([...version, ...args]);
    assert.equal(received.status, status, args.join(" "));
  }
  const host = ["--header", "host: [::1", `${url}/hello/you`];
  if (version[0] === "--http1.1") assert.equal((await curl([...version, ...host])).status, 400);
  else await assert.rejects(curl([...version, ...host]), /PROTOCOL_ERROR/);
});

// curl 7.88 cannot use a connection of HTTP/2 twice where it was told of the version beforehand.
withCurl("several requests on one connection", async (url, version) => {
  const urls = Array.from({ length: 20 }, (_, index) => `${url}/hello/${index}`);
  const writeOut = ["--write-out", " %{num_connects}\\n"];
  const { stdout } = await new Deno.Command("curl", {
    args: ["--silent", "--max-time", "10", "--noproxy", "*", ...version, ...writeOut, ...urls],
    stdin: "null",
    stderr: "null",
  }).output();
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  assert.deepEqual(lines, urls.map((_, index) => `Hello, ${index}! ${index === 0 ? 1 : 0}`));
}, ["--http1.1"]);

withCurl("a client that leaves in the middle", async (url, version) => {
  const received = await curl([
    ...version,
    "--max-filesize",
    "100000",
    "--max-time",
    "0.2",
    `${url}/endless`,
  ])
    .catch(() => undefined);
  assert.ok(received === undefined || received.status === 200);
});
