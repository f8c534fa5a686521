/**
 * What the original library's own tests hold of retries by a client (spec 2.4.1.4), as its gateways tell
 * it to their callers: each function of a client, forms and nested forms, statuses.
 */
import assert from "node:assert/strict";
import { any, Client, type RetryOptions, service } from "@pirouette/http";
import { faultFetch, type ScriptedAnswer, VirtualClock } from "@pirouette/http/testing";

const late: ScriptedAnswer = { latency: 5_000 };
const lateThrice = (answer: ScriptedAnswer): ScriptedAnswer[] => [late, late, late, answer];

/** The original's client: three retries, from 3 s on, each attempt may take 2 s. */
function client(script: readonly ScriptedAnswer[], options: RetryOptions = {}) {
  const clock = new VirtualClock();
  const backend = faultFetch(script, { clock });
  const api = new Client("http://localhost:9225", {
    fetch: backend.fetch,
    timeout: { headers: 2_000, clock },
    retry: {
      count: 3,
      interval: 3_000,
      backOffFactor: 0.5,
      methods: "all",
      statusCodes: [],
      ...{ jitter: "none", clock, ...options },
    },
  });
  /** What a call gives; its time passes at once. */
  const ended = async (call: Promise<Response>): Promise<Response> => {
    call.catch(() => {});
    await clock.advance(60_000);
    assert.equal(clock.pendingTimers, 0);
    return await call;
  };
  return { api, backend, clock, ended };
}

Deno.test("original retry: every function of a client is tried until it is answered", async () => {
  const path = "/mockHelloService";
  const table: readonly (readonly [string, (api: Client) => Promise<Response>, ScriptedAnswer])[] =
    [
      ["POST", (api) => api.post(path, { Name: "Ballerina" }), { body: "Hello World!!!" }],
      ["HEAD", (api) => api.head(path), { headers: { "x-head-retry-count": "4" } }],
      ["PUT", (api) => api.put(path, "a simple PUT request"), { body: "PUT is successful" }],
      ["PATCH", (api) => api.patch(path, "a simple PATCH request"), {
        body: "PATCH is successful",
      }],
      ["DELETE", (api) => api.delete(path, "a simple DELETE request"), { body: "DELETE is done" }],
      ["OPTIONS", (api) => api.options(path), { headers: { allow: "OPTIONS, GET, HEAD, POST" } }],
      ["GET", (api) => api.get(path), { body: "GET is successful" }],
      ["GET", (api) => api.execute("GET", path), { body: "GET is successful" }],
      ["MOVE", (api) => api.execute("MOVE", path, "there"), { body: "moved" }],
      [
        "POST",
        (api) =>
          api.forward(path, new Request("http://front/", { method: "POST", body: "passed" })),
        { body: "Hello World!!!" },
      ],
    ];
  for (const [method, send, answer] of table) {
    const { api, backend, ended } = client(lateThrice(answer));
    const response = await ended(send(api));
    assert.equal(response.status, 200, method);
    for (const [name, value] of Object.entries(answer.headers ?? {})) {
      assert.equal(response.headers.get(name), value);
    }
    assert.equal(await response.text(), method === "HEAD" ? "" : answer.body ?? "ok");
    // Two seconds each; waits of 3, 1.5 and 0.75 s.
    assert.deepEqual(backend.calls.map(({ at }) => at), [0, 5_000, 8_500, 11_250], method);
    assert.deepEqual(backend.calls.map((call) => call.method), new Array(4).fill(method));
    const [first] = backend.calls;
    for (const { text } of backend.calls) assert.equal(text, first?.text);
  }
});

/** Parts in a part, as a mail has them. */
const nested = [
  "--outer\r\n",
  'content-disposition: form-data; name="parent"\r\n',
  "content-type: multipart/mixed; boundary=inner\r\n\r\n",
  "--inner\r\ncontent-type: text/plain\r\n\r\nChild Part 1\r\n",
  "--inner\r\ncontent-type: application/octet-stream\r\n\r\n\0\x01\x02\r\n--inner--\r\n",
  "--outer--\r\n",
].join("");

Deno.test("original retry: a gateway passes forms on, nested ones too, with every attempt", async () => {
  const form = new FormData();
  form.set("first", new Blob(["Part1"], { type: "text/plain" }));
  form.set("second", new Blob([new Uint8Array([0, 255, 10])]), "second.bin");
  const bodies: readonly RequestInit[] = [
    { body: form },
    { body: nested, headers: { "content-type": "multipart/form-data; boundary=outer" } },
  ];
  for (const init of bodies) {
    const { api, backend, ended } = client(lateThrice({ body: "Hello World!!!" }));
    const gateway = service({ basePath: "/retryDemoService" }, [
      any("/", ({ request }) => api.forward("/mockHelloService", request)),
    ]);
    const asked = new Request("http://front/retryDemoService", { method: "POST", ...init });
    const [type, sent] = [asked.headers.get("content-type"), await asked.clone().bytes()];
    const response = await ended(Promise.resolve(gateway.fetch(asked)));
    assert.equal(await response.text(), "Hello World!!!");
    assert.equal(backend.count, 4);
    for (const { body, headers } of backend.calls) {
      assert.equal(headers.get("content-type"), type);
      assert.deepEqual(body, sent);
    }
  }
});

Deno.test("original retry: statuses that are listed, and what a gateway makes of the outcome", async () => {
  const options: RetryOptions = {
    backOffFactor: 2,
    maxWaitInterval: 20_000,
    statusCodes: [501, 502, 503],
  };
  const gone: ScriptedAnswer = { status: 502, body: "Gateway Timed out." };
  const table: readonly (readonly [readonly ScriptedAnswer[], number, RegExp, number])[] = [
    [[gone, gone, gone, { body: "Hello World!!!" }], 200, /^Hello World!!!$/, 4],
    [[gone], 502, /^Gateway Timed out\.$/, 4],
    // A status ends it that is not listed, and so does one that comes after a timeout.
    [[late, { status: 500, body: "no" }], 500, /^no$/, 2],
    [[late], 500, /^All the retry attempts failed\./, 4],
    [[gone, { fault: "refused" }, late, late], 500, /^All the retry attempts failed\./, 4],
  ];
  for (const [script, status, message, attempts] of table) {
    const { api, backend, ended } = client(script, options);
    const gateway = service({}, [
      any("/", async ({ request }) => {
        try {
          return await api.post("/mockStatusCodeService", request.body);
        } catch (error) {
          return new Response((error as Error).message, { status: 500 });
        }
      }),
    ]);
    const asked = new Request("http://front/", { method: "POST", body: '{"Name":"Ballerina"}' });
    const response = await ended(Promise.resolve(gateway.fetch(asked)));
    assert.equal(response.status, status);
    assert.match(await response.text(), message);
    assert.equal(backend.count, attempts);
    for (const { text } of backend.calls) assert.equal(text, '{"Name":"Ballerina"}');
    assert.equal(backend.openBodies, 0);
  }
});
