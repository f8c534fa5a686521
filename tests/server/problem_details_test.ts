/**
 * Problem details (RFC 9457): as a reply that a handler makes, and in place of error payloads.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  ApplicationResponseError,
  BadRequestError,
  DefaultStatusCodeError,
  get,
  HttpError,
  Listener,
  type ListenerConfiguration,
  NotFoundError,
  reasonPhrase,
  ResourceMethodNotAllowedError,
  serve,
  service,
  TooManyRequestsError,
} from "@pirouette/http";
import fc from "fast-check";
import { problem } from "../../src/message/problem.ts";
import { answerError, type ErrorRules } from "../../src/server/error_answer.ts";
import { locate } from "../../src/server/locate.ts";
import { onBothTransports } from "../support/both_transports.ts";

const SETTINGS = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 500 };

async function answer(
  error: unknown,
  rules: ErrorRules,
  init: RequestInit = {},
  url = "http://localhost/a?b=c",
): Promise<Response> {
  const exchange = locate(new Request(url, init), undefined);
  return await answerError(exchange, error, { onError: () => {}, ...rules });
}

Deno.test("problem details: off unless asked for", async () => {
  for (const rules of [{}, { problemDetails: undefined }, { problemDetails: false }]) {
    const response = await answer(new NotFoundError("none"), rules, {
      headers: { accept: "application/problem+json" },
    });
    assert.equal(response.headers.get("content-type"), "application/json");
    assert.equal(response.headers.get("vary"), null);
    assert.equal((await response.json()).message, "none");
  }
});

Deno.test("problem details: every error without a body of its own is one", async () => {
  const table: readonly (readonly [unknown, number, string | undefined, Record<string, string>])[] =
    [
      [new NotFoundError("none"), 404, "none", {}],
      [new NotFoundError(), 404, undefined, {}],
      [new TooManyRequestsError("slow", { headers: { "retry-after": 5 } }), 429, "slow", {
        "retry-after": "5",
      }],
      [
        new ResourceMethodNotAllowedError("Method not allowed", ["GET"]),
        405,
        "Method not allowed",
        {
          allow: "GET",
        },
      ],
      [new HttpError("ours"), 500, "ours", {}],
      [new DefaultStatusCodeError("ours", { status: 499 }), 499, "ours", {}],
      [
        new ApplicationResponseError("Bad Gateway", {
          statusCode: 502,
          headers: new Headers({ "x-a": "b" }),
          body: undefined,
        }),
        502,
        undefined,
        { "x-a": "b" },
      ],
      [new Error("s3cret"), 500, undefined, {}],
      ["s3cret", 500, undefined, {}],
      [new NotFoundError("a", { body: 1n, mediaType: "a\x01" }), 500, undefined, {}],
    ];
  for (const [error, status, detail, headers] of table) {
    const response = await answer(error, { problemDetails: true });
    assert.equal(response.status, status);
    assert.equal(response.headers.get("content-type"), "application/problem+json");
    assert.equal(response.headers.get("vary"), null);
    for (const [name, value] of Object.entries(headers)) {
      assert.equal(response.headers.get(name), value);
    }
    const { timestamp, ...body } = await response.json();
    assert.ok(!Number.isNaN(Date.parse(timestamp)));
    assert.deepEqual(body, {
      type: "about:blank",
      title: reasonPhrase(status),
      status,
      ...(detail === undefined ? {} : { detail }),
      instance: "/a?b=c",
      method: "GET",
    });
  }
});

Deno.test("problem details: an error's own body stays what it is", async () => {
  const errors = [
    new BadRequestError("a", { body: { own: true } }),
    new ApplicationResponseError("a", {
      statusCode: 400,
      headers: new Headers(),
      body: { own: true },
    }),
  ];
  for (const error of errors) {
    for (const problemDetails of [true, "negotiate"] as const) {
      const response = await answer(error, { problemDetails }, {
        headers: { accept: "application/problem+json" },
      });
      assert.equal(response.headers.get("content-type"), "application/json");
      assert.equal(response.headers.get("vary"), null);
      assert.deepEqual(await response.json(), { own: true });
    }
  }
});

Deno.test("problem details: negotiated, Accept chooses and Vary says so", async () => {
  const problemJson = "application/problem+json";
  const json = "application/json";
  const table: Readonly<Record<string, string>> = {
    "": json,
    "*/*": json,
    "application/*": json,
    "application/json": json,
    "application/problem+json": problemJson,
    "APPLICATION/PROBLEM+JSON": problemJson,
    "application/problem+json, */*;q=0.1": problemJson,
    "application/problem+json;q=0.5, application/json": json,
    "application/json;q=0.5, application/problem+json": problemJson,
    "application/problem+json, application/json": problemJson,
    "application/json, application/problem+json": json,
    "application/problem+json;q=0, */*": json,
    "application/json;q=0, */*": problemJson,
    // Neither is acceptable: an answer that can be read helps more than none.
    "text/html": json,
    "application/problem+xml": json,
    "nonsense": json,
    ";;;,,,q=": json,
  };
  for (const [accept, type] of Object.entries(table)) {
    const response = await answer(new NotFoundError("none"), { problemDetails: "negotiate" }, {
      headers: { accept },
    });
    assert.equal(response.headers.get("content-type"), type, accept);
    assert.equal(response.headers.get("vary"), "Accept", accept);
    const body = await response.json();
    assert.equal(body.detail ?? body.message, "none");
  }
  const absent = await answer(new NotFoundError("none"), { problemDetails: "negotiate" });
  assert.equal(absent.headers.get("content-type"), json);
  for (
    const [given, sent] of Object.entries({
      "Accept-Encoding": "Accept-Encoding, Accept",
      "accept": "accept",
      "*": "*",
    })
  ) {
    const error = new NotFoundError("none", { headers: { vary: given } });
    const response = await answer(error, { problemDetails: "negotiate" });
    assert.equal(response.headers.get("vary"), sent);
  }
});

Deno.test("problem details: HEAD has the header fields alone", async () => {
  for (const problemDetails of [true, "negotiate"] as const) {
    const response = await answer(new NotFoundError("none"), { problemDetails }, {
      method: "HEAD",
      headers: { accept: "application/problem+json" },
    });
    assert.equal(response.headers.get("content-type"), "application/problem+json");
    assert.equal(response.body, null);
  }
});

Deno.test("problem details: the instance is a URI reference to this host, whatever was asked", async () => {
  const instance = async (target: string): Promise<string> =>
    (await (await answer(new NotFoundError("none"), { problemDetails: true }, {}, target)).json())
      .instance;
  assert.equal(await instance("http://localhost//evil.example/a"), "/.//evil.example/a");
  assert.equal(
    await instance("http://localhost/a|b?c=[d]^`{}%zz"),
    "/a%7Cb?c=%5Bd%5D%5E%60%7B%7D%25zz",
  );
  assert.equal(await instance("http://localhost/%C3%BC?a=%20"), "/%C3%BC?a=%20");
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "binary" }), async (text) => {
      const url = `http://localhost/${text}`;
      if (!URL.canParse(url)) return;
      const given = await instance(url);
      assert.match(given, /^\/(?!\/)(?:[\w\-.~:/?@!$&'()*+,;=]|%[\dA-Fa-f]{2})*$/);
      assert.equal(new URL(given, "http://localhost/").host, "localhost");
    }),
    SETTINGS,
  );
});

Deno.test("problem details: a listener writes them where no service answers, and for a bare handler", async () => {
  const options = { port: 0, host: "127.0.0.1", problemDetails: true } as const;
  {
    await using server = await serve([], options);
    const response = await fetch(`${server.url}/a`);
    const { status, detail, instance } = await response.json();
    assert.deepEqual([response.status, status, instance], [404, 404, "/a"]);
    assert.match(detail, /^no service has registered for listener/);
  }
  {
    const services = ["/v1", "/v2"].map((basePath) => service({ basePath }, []));
    await using server = await serve(services, { ...options, problemDetails: "negotiate" });
    for (const accept of ["application/problem+json", "application/json"]) {
      const response = await fetch(`${server.url}/other`, { headers: { accept } });
      await response.body?.cancel();
      assert.deepEqual([response.status, response.headers.get("content-type")], [404, accept]);
      assert.equal(response.headers.get("vary"), "Accept");
    }
  }
  {
    const handler = (): never => {
      throw new NotFoundError("none");
    };
    await using server = await serve(handler, options);
    const response = await fetch(server.url);
    assert.equal(response.headers.get("content-type"), "application/problem+json");
    assert.equal((await response.json()).detail, "none");
  }
});

Deno.test("problem details: an option that is neither true, false nor negotiate is refused", () => {
  for (const problemDetails of ["yes", "", 1, null, {}]) {
    assert.throws(
      () => new Listener(0, { problemDetails } as unknown as ListenerConfiguration),
      { name: "TypeError", message: /^A listener has the problemDetails ".*": use true, false or/ },
    );
  }
  for (const problemDetails of [true, false, "negotiate"] as const) {
    new Listener(0, { problemDetails });
  }
});

Deno.test("problem: a reply of problem details, with its extensions", async () => {
  const it = service({}, [
    get("/", () =>
      problem({
        status: 403,
        type: "https://example.com/problems/out-of-credit",
        title: "You do not have enough credit",
        detail: "Your balance is 30, but that costs 50",
        instance: "/account/12345/msgs/abc",
        headers: { "retry-after": 60 },
        balance: 30,
        accounts: ["/account/12345", "/account/67890"],
      })),
    get("/least", () => problem({ status: 410 })),
  ]);
  await onBothTransports(it, async (ask) => {
    const response = await ask("/");
    assert.equal(response.status, 403);
    assert.equal(response.headers.get("content-type"), "application/problem+json");
    assert.equal(response.headers.get("retry-after"), "60");
    assert.deepEqual(await response.json(), {
      type: "https://example.com/problems/out-of-credit",
      title: "You do not have enough credit",
      status: 403,
      detail: "Your balance is 30, but that costs 50",
      instance: "/account/12345/msgs/abc",
      balance: 30,
      accounts: ["/account/12345", "/account/67890"],
    });
    const least = await ask("/least");
    assert.deepEqual(await least.json(), { type: "about:blank", title: "Gone", status: 410 });
  });
});

Deno.test("problem: its body is typed, has no prototype and nothing undefined", () => {
  const { body, status } = problem({ status: 409, type: "/taken", count: 3, none: undefined });
  const count: number = body.count;
  const exact: 409 = status;
  assert.deepEqual([count, exact], [3, 409]);
  assert.equal(Object.getPrototypeOf(body), null);
  assert.deepEqual(Object.keys(body), ["type", "status", "count"]);
  // @ts-expect-error: header fields are no member.
  assert.equal(problem({ status: 409, headers: {} }).body.headers, undefined);
});

Deno.test("problem: may be the body of an error", async () => {
  const { body, mediaType = "" } = problem({ status: 400, code: "E1" });
  const response = await answer(new BadRequestError("a", { body, mediaType }), {});
  assert.equal(response.headers.get("content-type"), "application/problem+json");
  assert.equal((await response.json()).code, "E1");
});

Deno.test("problem: a type or an instance that is no URI reference is refused", () => {
  const good = [
    "about:blank",
    "https://example.com/a?b=c#d",
    "/a",
    "a",
    "../a",
    "?a",
    "#a",
    "//example.com/a",
    "urn:uuid:1",
    "tag:a@b.example,2026:c",
    "http://[::1]/a",
    "/%C3%BC",
  ];
  const bad = [
    "",
    " ",
    "a b",
    "/ü",
    "/a\n",
    "/%zz",
    "/%",
    "http://[",
    "http://a:b",
    "#a#b",
    "/<a>",
    '/"',
    "/a|b",
    "\\a",
    `${"/a".repeat(50_000)} `,
    42,
    null,
    {},
  ];
  for (const reference of good) {
    assert.equal(problem({ status: 400, type: reference }).body.type, reference);
    assert.equal(problem({ status: 400, instance: reference }).body.instance, reference);
  }
  for (const reference of bad as string[]) {
    assert.throws(() => problem({ status: 400, type: reference }), TypeError, String(reference));
    assert.throws(() => problem({ status: 400, instance: reference }), TypeError);
  }
});

Deno.test("problem: names that are taken, and statuses of no error, are refused", () => {
  const taken = [
    ...["Type", "TITLE", "Status", "Detail", "Instance"],
    ...["body", "Headers", "mediaType", "constructor", "prototype", ""],
  ];
  for (const name of taken) {
    assert.throws(() => problem({ status: 400, [name]: 1 }), {
      name: "TypeError",
      message: `Cannot use "${name}" as an extension of a problem: the name is taken, give another`,
    });
  }
  const polluting = JSON.parse('{"status":400,"__proto__":{"polluted":true}}');
  assert.throws(() => problem(polluting), TypeError);
  for (const status of [0, 99, 200, 304, 399, 600, 400.5, NaN, "400" as unknown as number]) {
    assert.throws(() => problem({ status }), RangeError);
  }
});
