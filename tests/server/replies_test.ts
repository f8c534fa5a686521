/**
 * What a handler returns and what the client gets: statuses, header fields, content types, bodies
 * of every kind, and what depends on the request's conditions and method.
 *
 * @module
 */
import assert from "node:assert/strict";
import * as pirouette from "@pirouette/http";
import {
  created,
  get,
  isBodiless,
  noContent,
  ok,
  post,
  type Reply,
  reply,
  type ReplyHeaders,
  serve,
  service,
  type ServiceConfig,
  type Spec,
  Xml,
} from "@pirouette/http";
import * as replies from "../../src/message/replies.ts";
import { onBothTransports } from "../support/both_transports.ts";
import { rawRequest, sendRaw } from "../support/raw_http.ts";

/** A service that answers GET, and POST, of `/name` with what is listed under that name. */
function answering(
  values: Readonly<Record<string, () => unknown>>,
  spec: Spec<"/:name"> = {},
  config: ServiceConfig = {},
): pirouette.Service {
  return service(config, [
    get("/:name", spec as Spec, ({ path }) => values[(path as { name: string }).name]?.()),
    post("/:name", spec as Spec, ({ path }) => values[(path as { name: string }).name]?.()),
  ]);
}

/** The functions that make replies, by name. */
const builders: readonly (readonly [string, (options?: object) => Reply])[] = Object.entries(
  replies,
);

Deno.test("replies: there is a function for every registered status", () => {
  const statuses = builders.map(([, make]) => make().status).sort((a, b) => a - b);
  assert.equal(new Set(statuses).size, statuses.length);
  const registered = Array.from({ length: 500 }, (_, index) => index + 100).filter((status) =>
    !["Informational", "Success", "Redirection", "Client Error", "Server Error"]
      .includes(pirouette.reasonPhrase(status))
  );
  assert.deepEqual(statuses, registered);
});

Deno.test("replies: every status is sent, with its body, fields and media type", async () => {
  const makes = builders.filter(([, make]) => make().status >= 200);
  const plain = answering(Object.fromEntries(makes));
  const full = answering(Object.fromEntries(makes.map(([name, make]) => {
    const body = isBodiless(make().status)
      ? {}
      : { body: { name }, mediaType: "application/x+json" };
    return [name, () => make({ headers: { "x-name": name }, ...body })];
  })));
  await onBothTransports(plain, async (ask) => {
    for (const [name, make] of makes) {
      const response = await ask(`/${name}`, { redirect: "manual" });
      assert.equal(response.status, make().status, name);
      assert.equal(await response.text(), "", name);
      assert.equal(response.headers.get("content-type"), null, name);
    }
  });
  await onBothTransports(full, async (ask) => {
    for (const [name, make] of makes) {
      const { status } = make();
      const response = await ask(`/${name}`, { redirect: "manual" });
      assert.equal(response.status, status, name);
      assert.equal(response.headers.get("x-name"), name);
      const text = await response.text();
      if (isBodiless(status)) assert.equal(text, "", name);
      else {
        assert.equal(text, JSON.stringify({ name }));
        assert.equal(response.headers.get("content-type"), "application/x+json");
      }
    }
  });
});

Deno.test("replies: a status without a function is given to reply()", async () => {
  const teapot = answering({ a: () => reply(418, { body: "tea" }), b: () => reply(599) });
  assert.equal((await teapot.fetch("http://localhost/a")).status, 418);
  assert.equal((await teapot.fetch("http://localhost/b")).status, 599);
  for (const status of [0, 99, 600, 200.5, NaN, -200]) {
    assert.throws(() => reply(status), RangeError, String(status));
  }
});

Deno.test("replies: a body with a status that never has one is refused where it is made", () => {
  for (const status of [100, 103, 204, 205, 304]) {
    assert.throws(() => reply(status, { body: "a" }), { name: "TypeError" }, String(status));
  }
  assert.throws(() => noContent({ body: "a" } as never), {
    message: "Cannot reply with a body and status 204: it never has one",
  });
});

Deno.test("replies: an informational status is no answer, and the log says so", async () => {
  for (const [name, make] of builders) {
    if (make().status >= 200) continue;
    const told: unknown[] = [];
    const early = answering({ a: make }, {}, { onError: (error) => told.push(error) });
    const response = await early.fetch("http://localhost/a");
    assert.equal(response.status, 500, name);
    assert.equal(told.length, 1);
    assert.ok(told[0] instanceof pirouette.InitializingOutboundResponseError);
    assert.match(told[0].message, new RegExp(`status ${make().status}\\b`));
  }
});

Deno.test("replies: header fields are a record, a list or a Headers", async () => {
  const cookies = new Headers({ "x-a": "1" });
  cookies.append("set-cookie", "a=1");
  cookies.append("set-cookie", "b=2");
  const forms: Readonly<Record<string, ReplyHeaders>> = {
    record: { "X-A": 1, "set-cookie": ["a=1", "b=2"] },
    list: [["x-a", "1"], ["Set-Cookie", "a=1"], ["set-cookie", "b=2"]],
    headers: cookies,
  };
  const values = Object.fromEntries(
    Object.entries(forms).flatMap(([name, headers]) => [
      [name, () => ok({ headers })],
      [`${name}-body`, () => ok({ headers, body: { a: 1 } })],
    ]),
  );
  await onBothTransports(answering(values), async (ask) => {
    for (const name of Object.keys(values)) {
      const response = await ask(`/${name}`);
      await response.body?.cancel();
      assert.equal(response.headers.get("x-a"), "1", name);
      assert.deepEqual(response.headers.getSetCookie(), ["a=1", "b=2"], name);
    }
  });
  const scalars = answering({
    a: () => ok({ headers: { "x-number": 1.5, "x-boolean": false, "x-list": [1, "a", true] } }),
  });
  const { headers } = await scalars.fetch("http://localhost/a");
  const given = ["x-number", "x-boolean", "x-list"].map((name) => headers.get(name));
  assert.deepEqual(given, ["1.5", "false", "1, a, true"]);
});

Deno.test("replies: a content type of the reply goes before the resource's, then the field's", async () => {
  const [own, field] = ["application/own", "application/field"];
  const values = {
    both: () => ok({ body: "a", mediaType: own, headers: { "Content-Type": field } }),
    own: () => ok({ body: "a", mediaType: own }),
    field: () => ok({ body: "a", headers: { "Content-Type": field } }),
    list: () => ok({ body: "a", headers: [["content-type", field]] }),
    none: () => ok({ body: "a" }),
    plain: () => "a",
    response: () => new Response("a", { headers: { "content-type": field } }),
    bodiless: () => ok({ headers: { "content-type": field } }),
  };
  const text = "text/plain;charset=UTF-8";
  const table: Readonly<Record<keyof typeof values, readonly [string | null, string | null]>> = {
    both: [own, own],
    own: [own, own],
    field: [field, "text/x-spec"],
    list: [field, "text/x-spec"],
    none: [text, "text/x-spec"],
    plain: [text, "text/x-spec"],
    response: [field, field],
    bodiless: [field, field],
  };
  const unspecified = answering(values);
  const specified = answering(values, { mediaType: "text/x-spec" });
  for (const [name, expected] of Object.entries(table)) {
    const types = await Promise.all([unspecified, specified].map(async (one) => {
      const response = await one.fetch(`http://localhost/${name}`);
      return response.headers.get("content-type");
    }));
    assert.deepEqual(types, expected, name);
  }
});

Deno.test("replies: produces chooses among JSON, XML and text by what the client accepts", async () => {
  const produces = ["application/json", "application/xml", "text/plain"];
  const negotiated = answering({
    object: () => ({ album: { id: 1 } }),
    reply: () => created({ body: { album: { id: 1 } } }),
    text: () => "a text",
    number: () => 7,
    own: () => ok({ body: { a: 1 }, mediaType: "application/vnd.own+json" }),
    response: () => new Response("as it is"),
  }, { produces });
  const xml = "<album><id>1</id></album>";
  const table: readonly (readonly [string, string | undefined, string | null, string])[] = [
    ["object", undefined, "application/json", '{"album":{"id":1}}'],
    ["object", "*/*", "application/json", '{"album":{"id":1}}'],
    ["object", "application/xml", "application/xml", xml],
    ["object", "application/json;q=0.5, application/xml", "application/xml", xml],
    ["object", "application/xml;q=0.1, application/*;q=0.2", "application/json", "{"],
    ["object", "text/html, application/xml;q=0.9, */*;q=0.8", "application/xml", xml],
    ["reply", "application/xml", "application/xml", xml],
    ["text", "application/json", "application/json", '"a text"'],
    ["text", "text/*", "text/plain", "a text"],
    ["number", "text/plain", "text/plain", "7"],
    ["own", "application/xml", "application/vnd.own+json", '{"a":1}'],
    ["response", "application/json", "text/plain;charset=UTF-8", "as it is"],
  ];
  await onBothTransports(negotiated, async (ask) => {
    for (const [name, accept, type, start] of table) {
      const response = await ask(`/${name}`, accept === undefined ? {} : { headers: { accept } });
      const body = await response.text();
      assert.equal(response.headers.get("content-type"), type, `${name} ${accept}`);
      assert.ok(body.includes(start), `${name} ${accept}: ${body}`);
    }
    for (const accept of ["image/png", "application/json;q=0", "text/html, image/*"]) {
      const refused = await ask("/object", { headers: { accept } });
      assert.deepEqual([refused.status, (await refused.json()).status], [406, 406], accept);
    }
  });
});

Deno.test("replies: mediaTypeSubtypePrefix goes into types that the value decides", async () => {
  const prefixed = answering(
    {
      object: () => ({ a: 1 }),
      text: () => "a",
      xml: () => new Xml("<a/>"),
      bytes: () => new Uint8Array(1),
      number: () => ok({ body: 1 }),
      own: () => ok({ body: { a: 1 }, mediaType: "application/json" }),
    },
    {},
    { mediaTypeSubtypePrefix: "vnd.acme" },
  );
  const table: Readonly<Record<string, string>> = {
    object: "application/vnd.acme+json",
    text: "text/vnd.acme+plain",
    xml: "application/vnd.acme+xml",
    bytes: "application/vnd.acme+octet-stream",
    number: "application/vnd.acme+json",
    own: "application/json",
  };
  for (const [name, type] of Object.entries(table)) {
    const response = await prefixed.fetch(`http://localhost/${name}`);
    assert.equal(response.headers.get("content-type"), type, name);
    assert.equal(response.status, 200);
  }
});

/** Bytes as an async iterable. */
async function* generated(): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode("in ");
  await Promise.resolve();
  yield new TextEncoder().encode("pieces");
}

function form(): FormData {
  const data = new FormData();
  data.set("title", "Jeru");
  data.set("cover", new File(["picture"], "cover.png", { type: "image/png" }));
  return data;
}

Deno.test("replies: a value is sent as its type says, with 201 from POST", async () => {
  const octets = "application/octet-stream";
  const json = "application/json";
  const values: Readonly<Record<string, () => unknown>> = {
    text: () => "text",
    empty: () => "",
    object: () => ({ a: [1, { b: null }], c: undefined }),
    array: () => [1, "a"],
    number: () => 1.5,
    zero: () => 0,
    boolean: () => false,
    null: () => null,
    bigint: () => 12345678901234567890n,
    nested: () => ({ id: 12345678901234567890n }),
    date: () => new Date(0),
    map: () => Object.create(null, { a: { value: 1, enumerable: true } }),
    bytes: () => new TextEncoder().encode("bytes"),
    buffer: () => new TextEncoder().encode("buffer").buffer,
    blob: () => new Blob(["blob"], { type: "image/png" }),
    untyped: () => new Blob(["blob"]),
    stream: () => new Blob(["stream"]).stream(),
    iterable: () => generated(),
    fields: () => new URLSearchParams({ a: "1", b: "ä" }),
    xml: () => new Xml("<album><id>1</id></album>"),
    promise: () => Promise.resolve("promised"),
  };
  const table: Readonly<Record<string, readonly [string, string]>> = {
    text: ["text/plain;charset=UTF-8", "text"],
    empty: ["text/plain;charset=UTF-8", ""],
    object: [json, '{"a":[1,{"b":null}]}'],
    array: [json, '[1,"a"]'],
    number: [json, "1.5"],
    zero: [json, "0"],
    boolean: [json, "false"],
    null: [json, "null"],
    bigint: [json, "12345678901234567890"],
    nested: [json, '{"id":12345678901234567890}'],
    date: [json, '"1970-01-01T00:00:00.000Z"'],
    map: [json, '{"a":1}'],
    bytes: [octets, "bytes"],
    buffer: [octets, "buffer"],
    blob: ["image/png", "blob"],
    untyped: [octets, "blob"],
    stream: [octets, "stream"],
    iterable: [octets, "in pieces"],
    fields: ["application/x-www-form-urlencoded;charset=UTF-8", "a=1&b=%C3%A4"],
    xml: ["application/xml", "<album><id>1</id></album>"],
    promise: ["text/plain;charset=UTF-8", "promised"],
  };
  assert.deepEqual(Object.keys(table), Object.keys(values));
  const made = Object.fromEntries(
    Object.entries(values).map(([name, make]) =>
      [`ok-${name}`, async () => ok({ body: await make() })] as const
    ),
  );
  await onBothTransports(answering({ ...values, ...made }), async (ask) => {
    for (const [name, [type, body]] of Object.entries(table)) {
      const forms = [[name, "GET", 200], [name, "POST", 201], [`ok-${name}`, "POST", 200]] as const;
      for (const [path, method, status] of forms) {
        const response = await ask(`/${path}`, { method });
        const where = `${method} ${path}`;
        assert.deepEqual([response.status, await response.text()], [status, body], where);
        assert.equal(response.headers.get("content-type"), type, where);
      }
    }
  });
});

Deno.test("replies: FormData is sent with its boundary, whatever type is asked for", async () => {
  const forms = answering({ plain: form, reply: () => ok({ body: form() }) });
  const typed = answering({ typed: () => ok({ body: form(), mediaType: "multipart/form-data" }) });
  for (const [one, name] of [[forms, "plain"], [forms, "reply"], [typed, "typed"]] as const) {
    await onBothTransports(one, async (ask) => {
      const response = await ask(`/${name}`);
      assert.match(response.headers.get("content-type") ?? "", /^multipart\/form-data; *boundary=/);
      const data = await response.formData();
      assert.equal(data.get("title"), "Jeru");
      const cover = data.get("cover");
      assert.ok(cover instanceof File);
      assert.deepEqual([cover.name, cover.type, await cover.text()], [
        "cover.png",
        "image/png",
        "picture",
      ]);
    });
  }
});

Deno.test("replies: what cannot be sent is a 500, and the log says why", async () => {
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  const values: Readonly<Record<string, () => unknown>> = {
    function: () => () => "a",
    symbol: () => Symbol("a"),
    cycle: () => cycle,
    array: () => [cycle],
    form: () => ok({ body: { a: { b: 1 } }, mediaType: "application/x-www-form-urlencoded" }),
    multipart: () => ok({ body: { a: 1 }, mediaType: "multipart/form-data" }),
    field: () => ok({ headers: { "bad name": "a" } }),
    value: () => ok({ headers: { a: "a\r\nb: c" } }),
    type: () => ok({ body: "a", mediaType: "text/plain\n" }),
  };
  const told: unknown[] = [];
  const failing = answering(values, {}, { onError: (error) => told.push(error) });
  for (const name of Object.keys(values)) {
    told.length = 0;
    const response = await failing.fetch(`http://localhost/${name}`);
    await response.body?.cancel();
    assert.equal(response.status, 500, name);
    assert.equal(told.length, 1, name);
    assert.ok(told[0] instanceof pirouette.HttpError, name);
  }
});

Deno.test("replies: a Response is sent as it is", async () => {
  const passed = answering({
    mine: () =>
      new Response("mine", { status: 299, statusText: "Mine", headers: [["a", "1"], ["a", "2"]] }),
    redirect: () => Response.redirect("http://other.test/", 307),
    json: () => Response.json({ a: 1 }, { status: 202 }),
    empty: () => new Response(),
  });
  await onBothTransports(passed, async (ask) => {
    const mine = await ask("/mine", { method: "POST" });
    assert.deepEqual([mine.status, await mine.text()], [299, "mine"]);
    assert.equal(mine.headers.get("a"), "1, 2");
    const redirect = await ask("/redirect", { redirect: "manual" });
    await redirect.body?.cancel();
    assert.equal(redirect.headers.get("location"), "http://other.test/");
    const json = await ask("/json");
    assert.deepEqual([json.status, await json.json()], [202, { a: 1 }]);
    assert.equal((await ask("/empty")).status, 200);
  });
});

const MODIFIED = "Wed, 21 Oct 2015 07:28:00 GMT";

Deno.test("replies: what the client has already is not sent again", async () => {
  const strong = { headers: { etag: '"v1"', "x-kept": "1" } };
  const values = {
    strong: () => ok({ body: { a: 1 }, ...strong }),
    weak: () => ok({ body: { a: 1 }, headers: { ETag: 'W/"v1"' } }),
    dated: () => ok({ body: { a: 1 }, headers: { "last-modified": MODIFIED } }),
    both: () => ok({ body: "a", headers: { etag: '"v1"', "last-modified": MODIFIED } }),
    response: () => new Response("a", strong),
    none: () => ok({ body: "a" }),
    created: () => created({ body: "a", ...strong }),
  };
  const [none, since] = ["if-none-match", "if-modified-since"];
  const [before, after] = ["Wed, 21 Oct 2015 07:27:59 GMT", "Thu, 22 Oct 2015 00:00:00 GMT"];
  const table: readonly (readonly [keyof typeof values, Record<string, string>, number])[] = [
    ["strong", {}, 200],
    ["strong", { [none]: '"v1"' }, 304],
    ["strong", { [none]: 'W/"v1"' }, 304],
    ["strong", { [none]: '"v2"' }, 200],
    ["strong", { [none]: '"v2", "v1"' }, 304],
    ["strong", { [none]: '"v2","v3" , W/"v1"' }, 304],
    ["strong", { [none]: '"v", "v11", "1"' }, 200],
    ["strong", { [none]: "v1" }, 200],
    ["strong", { [none]: '"v1' }, 200],
    ["strong", { [none]: "*" }, 304],
    ["strong", { [since]: after }, 200],
    ["weak", { [none]: '"v1"' }, 304],
    ["weak", { [none]: 'W/"v1"' }, 304],
    ["weak", { [none]: 'W/"v2"' }, 200],
    ["dated", { [since]: MODIFIED }, 304],
    ["dated", { [since]: after }, 304],
    ["dated", { [since]: before }, 200],
    ["dated", { [since]: "yesterday" }, 200],
    ["dated", { [none]: '"v1"' }, 200],
    ["both", { [none]: '"v2"', [since]: after }, 200],
    ["both", { [none]: '"v1"', [since]: before }, 304],
    ["response", { [none]: '"v1"' }, 304],
    ["none", { [none]: "*" }, 200],
    ["none", { [since]: after }, 200],
    ["created", { [none]: '"v1"' }, 201],
  ];
  await onBothTransports(answering(values), async (ask) => {
    for (const [name, headers, status] of table) {
      for (const method of ["GET", "HEAD"]) {
        // The platform's client has no cache of its own; this says so to those that have.
        const response = await ask(`/${name}`, { method, headers, cache: "no-store" });
        const body = await response.text();
        const where = `${method} ${name} ${JSON.stringify(headers)}`;
        assert.equal(response.status, status, where);
        assert.equal(body === "", status === 304 || method === "HEAD", where);
        if (status !== 304) continue;
        assert.equal(response.headers.get("content-type"), null, where);
        if (name === "strong") assert.equal(response.headers.get("x-kept"), "1");
        if (name === "strong" || name === "both") {
          assert.equal(response.headers.get("etag"), '"v1"');
        }
      }
      const posted = await ask(`/${name}`, { method: "POST", headers });
      await posted.body?.cancel();
      assert.notEqual(posted.status, 304, name);
    }
  });
});

Deno.test("replies: a 304 leaves the stream that it stands for unread", async () => {
  let pulled = 0;
  const cancelled = Promise.withResolvers<void>();
  const streamed = answering({
    a: () =>
      ok({
        body: new ReadableStream({
          pull: () => void pulled++,
          cancel: () => cancelled.resolve(),
        }, { highWaterMark: 0 }),
        headers: { etag: '"v1"' },
      }),
  });
  const headers = { "if-none-match": '"v1"' };
  assert.equal((await streamed.fetch("http://localhost/a", { headers })).status, 304);
  await cancelled.promise;
  assert.equal(pulled, 0);
});

Deno.test("replies: HEAD is answered like GET, less the body", async () => {
  const values = {
    text: () => "four",
    object: () => ({ a: 1 }),
    reply: () => ok({ body: "four", headers: { "x-a": "1" } }),
    response: () => new Response("four", { headers: { "x-a": "1" } }),
    sized: () => new Response("four", { headers: { "content-length": "4" } }),
    stream: () => new Blob(["four"]).stream(),
    nothing: () => undefined,
    error: () => new pirouette.NotFoundError("no such thing"),
    missing: () => pirouette.notFound({ body: "four" }),
  };
  await onBothTransports(answering(values), async (ask) => {
    for (const name of [...Object.keys(values), "deeper/missing"]) {
      const [expected, response] = [
        await ask(`/${name}`),
        await ask(`/${name}`, { method: "HEAD" }),
      ];
      await expected.body?.cancel();
      assert.equal(response.status, expected.status, name);
      assert.equal(await response.text(), "", name);
      for (const field of ["content-type", "x-a"]) {
        assert.equal(response.headers.get(field), expected.headers.get(field), `${name} ${field}`);
      }
    }
  });
});

Deno.test("replies: to HEAD no length is told that GET would not have", async () => {
  const lengths = answering({
    text: () => "four",
    response: () => new Response("four"),
    sized: () => new Response("four", { headers: { "content-length": "4" } }),
    stream: () => new Blob(["four"]).stream(),
    empty: () => ok(),
    missing: () => pirouette.notFound({ body: "four" }),
  });
  await using server = await serve(lengths, { host: "127.0.0.1", port: 0 });
  for (const name of ["text", "response", "sized", "stream", "empty", "missing", "deeper/none"]) {
    const request = rawRequest(`HEAD /${name} HTTP/1.1`, ["Host: x"]);
    const response = await sendRaw(server, request, { head: true });
    const length = response?.headers.get("content-length");
    const expected = (await fetch(`${server.url}/${name}`).then((one) => one.bytes())).length;
    if (length !== null) assert.equal(Number(length), expected, name);
  }
});
