/** The client whose calls are all bound by status. @module */
import assert from "node:assert/strict";
import { z } from "zod";
import { type Fetch, InitializingOutboundRequestError, json } from "@pirouette/http";
import { StatusCodeClient } from "../../src/client/status_code_client.ts";
import { StatusCodeResponseBindingError } from "../../src/message/status_binding_errors.ts";

const Album = z.object({ id: z.string() });
const Problem = z.object({ message: z.string() });

/** A fetch that answers with the status that a path ends in, and tells what it was asked. */
function answering(sent: string[] = []): Fetch {
  return (input, init) => {
    const status = Number(String(input).slice(-3));
    sent.push(`${init?.method} ${input} ${init?.body ?? "-"}`);
    return Promise.resolve(Response.json({ id: "1", message: "why" }, { status }));
  };
}

Deno.test("status code client: every verb gives what is declared for all calls", async () => {
  const sent: string[] = [];
  const { get, options, post, put, patch, delete: del, execute, forward, head, url } =
    new StatusCodeClient("http://api.example/v1", {
      fetch: answering(sent),
      responses: { 200: Album, 404: Problem },
    });
  assert.equal(url, "http://api.example/v1");
  const received = new Request("http://here.example", { method: "POST", body: "3" });
  const answers = [
    await get("/200"),
    await options("/200"),
    await post("/200", { a: 1 }),
    await put("/200", "2"),
    await patch("/200"),
    await del("/200"),
    await execute("MOVE", "/200"),
    await forward("/200", received),
  ];
  for (const { status, body } of answers) assert.deepEqual([status, body], [200, { id: "1" }]);
  assert.equal((await head("/200")).status, 200);
  assert.deepEqual(sent.map((line) => line.split(" ")[0]), [
    ..."GET OPTIONS POST PUT PATCH DELETE MOVE POST HEAD".split(" "),
  ]);
  assert.equal(sent[2], 'POST http://api.example/v1/200 {"a":1}');
});

Deno.test("status code client: what a call declares comes before what all do", async () => {
  const api = new StatusCodeClient("http://api.example", {
    fetch: answering(),
    responses: { 404: Problem, default: json() },
  });
  const own = { responses: { 200: Album, 404: Album } } as const;
  for (let round = 0; round < 2; round++) {
    assert.deepEqual((await api.get("/200", own)).body, { id: "1" });
    assert.deepEqual((await api.get("/404", own)).body, { id: "1" });
    assert.deepEqual((await api.get("/404")).body, { message: "why" });
    const rest = await api.get("/500", own);
    assert.deepEqual([rest.status, rest.body], [500, { id: "1", message: "why" }]);
    const query = await api.post("/200", "x", { ...own, query: { a: 500 } });
    assert.equal(query.status, 500);
  }
});

Deno.test("status code client: a call without any responses is refused", async () => {
  const api = new StatusCodeClient("http://api.example", { fetch: () => assert.fail("was sent") });
  // @ts-expect-error: it has to declare some
  const bare = api.get("/200");
  await assert.rejects(bare, /^TypeError: responses declares nothing: name the statuses to expect/);
  // @ts-expect-error: it has to declare some
  await assert.rejects(api.post("/200", "x"), TypeError);
  // @ts-expect-error: no record
  await assert.rejects(api.get("/200", { responses: 5 }), TypeError);
  // @ts-expect-error: a body is bound by its status only
  const both = api.get("/200", { as: Album, responses: { 200: Album } });
  await assert.rejects(both, /^TypeError: A call takes as or responses, not both$/);
});

Deno.test("status code client: a status that nobody declares is an error", async () => {
  const api = new StatusCodeClient("http://api.example", {
    fetch: answering(),
    responses: { 404: Problem },
  });
  await assert.rejects(api.get("/500", { responses: { 200: Album } }), (error) => {
    assert.ok(error instanceof StatusCodeResponseBindingError);
    assert.match(error.message, /^incompatible type: 200\|404 found .* status code: 500$/);
    return true;
  });
});

Deno.test("status code client: wrong configuration is refused when it is made", () => {
  const make = (config: unknown) => () =>
    new StatusCodeClient("http://api.example", config as never);
  assert.throws(make({ responses: { 99: Album } }), /responses has no status "99"/);
  assert.throws(make({ responses: {} }), /responses declares nothing/);
  assert.throws(make({ responses: { 204: Album } }), /responses\[204\] has a body/);
  assert.throws(make({ respones: {} }), /^TypeError: .*has no option "respones"/);
  assert.throws(
    () => new StatusCodeClient("ftp://api.example"),
    InitializingOutboundRequestError,
  );
});

Deno.test("status code client: the client beneath it sends the same way", async () => {
  const sent: string[] = [];
  const api = new StatusCodeClient("http://api.example/v1", { fetch: answering(sent) });
  assert.equal((await api.client.get("/404")).status, 404);
  assert.equal((await api.client.fetch("/200")).status, 200);
  assert.deepEqual(sent.map((line) => line.split(" ")[1]), [
    "http://api.example/v1/404",
    "http://api.example/v1/200",
  ]);
});

Deno.test("status code client: it is closed as a client is", async () => {
  const config = { responses: { default: json() }, transport: {} };
  const closings: ((api: StatusCodeClient) => void | Promise<void>)[] = [
    (api) => api.close(),
    (api) => api[Symbol.dispose](),
    (api) => api[Symbol.asyncDispose](),
  ];
  for (const close of closings) {
    const api = new StatusCodeClient("http://127.0.0.1:1", config);
    await close(api as unknown as StatusCodeClient);
    await assert.rejects(api.get("/"), { message: /the transport is closed/ });
  }
});
