/**
 * SECURITY.md row 26: nothing that a program sends on behalf of somebody else splits or adds to the
 * request: values of header fields, methods, paths, queries, names of parts, cookies that decode to
 * line breaks (CVE-2026-9679).
 *
 * @module
 */
import assert from "node:assert/strict";
import { Client, encodePayload, HttpError, type MessageOptions, path } from "@pirouette/http";
import { CookieStore } from "../../src/layers/cookie_store.ts";
import { cookies } from "../../src/layers/cookies.ts";

/** The heads of the requests that a server received, and what else it did. */
interface RawServer extends AsyncDisposable {
  readonly url: string;
  readonly received: string[];
}

/** Answers every request with `fields`, and keeps the bytes of each. */
function listen(fields: readonly string[] = []): RawServer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const received: string[] = [];
  const answer = ["HTTP/1.1 200 OK", "content-length: 0", "connection: close", ...fields, "", ""];
  const serving = (async () => {
    for await (const connection of listener) {
      const buffer = new Uint8Array(65_536);
      const count = await connection.read(buffer) ?? 0;
      received.push(new TextDecoder("latin1").decode(buffer.subarray(0, count)));
      await connection.write(new TextEncoder().encode(answer.join("\r\n")));
      connection.close();
    }
  })();
  return {
    url: `http://127.0.0.1:${listener.addr.port}`,
    received,
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving;
    },
  };
}

/** Waits for an answer of {@linkcode listen}, and for the end of it. */
async function answered(call: Promise<Response>): Promise<void> {
  const response = await call;
  assert.deepEqual([response.status, await response.text()], [200, ""]);
}

/** What would be a field, or a request, of its own. */
const payloads = [
  "a\r\nx-injected: 1",
  "a\nx-injected: 1",
  "a\rx-injected: 1",
  "a\r\n\r\nGET /injected HTTP/1.1\r\nhost: h",
  "a\0",
  "a\r\n x-injected: folded",
  "\r\nx-injected: 1\r\n",
];

Deno.test("security 26: header fields, media types and methods are refused", async () => {
  await using server = listen();
  const api = new Client(server.url);
  for (const text of payloads) {
    // Line breaks around a value are nothing to the platform, which takes them away.
    if (text.trim() === text) await refusedAll(api, text);
  }
  assert.deepEqual(server.received, []);
});

async function refusedAll(api: Client, text: string): Promise<void> {
  const options: readonly MessageOptions[] = [
    { headers: { "x-value": text } },
    { headers: { "x-list": ["b", text] } },
    { headers: [["x-pair", text]] },
    { headers: { cookie: `a=${text}` } },
    { headers: { [text]: "value" } },
    { headers: { host: text } },
    { headers: { "content-type": text } },
    { mediaType: text },
  ];
  const calls = [
    ...options.map((one) => () => api.post("/", "body", one)),
    () => api.execute(text, "/"),
    () => api.execute(`GET ${text}`, "/"),
  ];
  for (const call of calls) {
    await assert.rejects(call, (error: unknown) => {
      assert.ok(error instanceof HttpError, `${error}`);
      assert.equal(error.name, "InitializingOutboundRequestError");
      assert.doesNotMatch(error.message, /[\r\n\0]/);
      return true;
    });
  }
}

Deno.test("security 26: paths are refused, parameters encoded", async () => {
  await using server = listen();
  const api = new Client(server.url);
  for (const text of payloads) {
    await assert.rejects(api.get(`/${text}`), { name: "InitializingOutboundRequestError" });
    await assert.rejects(api.get(`/?q=${text}`), { name: "InitializingOutboundRequestError" });
    await assert.rejects(api.fetch(`/${text}`), { name: "InitializingOutboundRequestError" });
    await answered(api.get(path`/${text}`, { query: { [text]: text, list: [text, "b"] } }));
  }
  assert.equal(server.received.length, payloads.length);
  for (const head of server.received) {
    assert.doesNotMatch(head, /^x-injected|^GET \/injected|\0/im);
    assert.match(head, /^GET \/(?:a|%0D)\S* HTTP\/1\.1\r\n/);
  }
});

Deno.test("security 26: what frames a message is the transport's to say", async () => {
  await using server = listen();
  const api = new Client(server.url);
  const lies = [{ "content-length": "3" }, { "content-length": "30" }, { "content-length": "x" }];
  for (const headers of lies) await answered(api.post("/", "hello", { headers }));
  await answered(api.get("/", { headers: { "content-length": "10" } }));
  await answered(api.get("/", { headers: { "transfer-encoding": "chunked" } }));
  const [first, second, third, ...others] = server.received;
  for (const head of [first, second, third]) assert.match(head ?? "", /^content-length: 5\r$/m);
  for (const head of others) assert.doesNotMatch(head, /^content-length|^transfer-encoding/m);
  assert.equal(others.length, 2);
});

Deno.test("security 26: names of parts are escaped", async () => {
  const name = 'a"\r\nx-injected: 1\r\n\r\n';
  const form = new FormData();
  form.append(name, "value");
  form.append("file", new File(["content"], name));
  const { body } = encodePayload(form);
  const sent = await new Response(body).text();
  assert.doesNotMatch(sent, /^x-injected/im);
  assert.match(sent, /name="a%22%0D%0Ax-injected: 1%0D%0A%0D%0A"/);
  const fields = encodePayload({ [name]: name }, {
    mediaType: "application/x-www-form-urlencoded",
  });
  assert.doesNotMatch(String(fields.body), /[\r\n"]/);
});

Deno.test("security 26: cookies are sent back as they were set, never decoded", async () => {
  await using server = listen(["set-cookie: a=%0d%0ax-injected:%201", "set-cookie: b=1%00"]);
  const store = new CookieStore();
  const api = new Client(server.url, { layers: [cookies({ store })] });
  await answered(api.get("/"));
  await answered(api.get("/"));
  const second = server.received[1] ?? "";
  assert.match(second, /^cookie: a=%0d%0ax-injected:%201; b=1%00\r$/im);
  assert.doesNotMatch(second, /^x-injected/im);
});
