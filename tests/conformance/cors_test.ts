/** CORS of services and resources: simple requests and preflights (spec 4.1, 4.2). */
import assert from "node:assert/strict";
import { get, options, post, put, serve, type Service, service } from "@pirouette/http";
import { ask } from "./ask.ts";
import { conformance } from "./cases.ts";

const m3 = "http://www.m3.com";
const hello = "http://www.hello.com";
const wso2 = "http://www.wso2.com";
const facebook = "http://www.facebook.com";
const amazon = "http://www.amazon.com";
const bbc = "http://www.bbc.com";
const pingOther = "X-PINGOTHER";
const exposed = ["X-Content-Type-Options", pingOther];

const both = service({
  basePath: "/hello1",
  cors: {
    allowOrigins: [m3, hello],
    allowCredentials: true,
    allowHeaders: ["CORELATION_ID"],
    exposeHeaders: ["CORELATION_ID"],
    maxAge: 1,
  },
}, [
  post("/test1", {
    cors: {
      allowOrigins: [wso2, facebook],
      allowCredentials: true,
      allowHeaders: ["X-Content-Type-Options", pingOther],
    },
  }, () => ({ echo: "resource" })),
  get("/test2", () => ({ echo: "service" })),
  post("/test3", {
    cors: { allowOrigins: [wso2, "http://facebook.com", amazon], allowCredentials: true },
  }, () => ({ echo: "more origins" })),
  put("/test4", { cors: { allowOrigins: ["*"], allowMethods: ["*"] } }, () => ({ echo: "any" })),
]);

const resourceOnly = service({ basePath: "/hello2" }, [
  post("/test1", {
    cors: { allowOrigins: [hello, ` ${facebook}  `], exposeHeaders: exposed },
  }, () => ({ echo: "resource" })),
  put("/test2", {
    cors: {
      allowMethods: ["HEAD", "PUT"],
      allowOrigins: [bbc, ` ${amazon}  `],
      exposeHeaders: exposed,
    },
  }, () => ({ echo: "resource" })),
]);

const restricted = service({
  basePath: "/hello3",
  cors: {
    allowCredentials: true,
    allowMethods: ["GET", "PUT"],
    allowOrigins: [m3, facebook],
    allowHeaders: exposed,
    maxAge: 1,
  },
}, [put("/info1", () => ({ echo: "service" }))]);

const none = service({ basePath: "/echo4" }, [
  post("/info1", () => ({ echo: "none" })),
  options("/info2", () => ({ echo: "its own" })),
  post("/info3", {
    cors: { allowOrigins: ["*"], allowMethods: ["*"], exposeHeaders: exposed },
  }, () => ({ echo: "any" })),
]);

const everyone = service({
  basePath: "/hello5",
  cors: { allowOrigins: ["*"], allowMethods: ["*"] },
}, [post("/info1", () => ({ echo: "any" }))]);

/** What an answer says of CORS; a field that is not there is left out. */
interface Cors {
  readonly origin?: string;
  readonly credentials?: string;
  readonly headers?: string;
  readonly methods?: string;
  readonly expose?: string;
  readonly maxAge?: string;
}

const fields: Readonly<Record<keyof Cors, string>> = {
  origin: "access-control-allow-origin",
  credentials: "access-control-allow-credentials",
  headers: "access-control-allow-headers",
  methods: "access-control-allow-methods",
  expose: "access-control-expose-headers",
  maxAge: "access-control-max-age",
};

function corsOf(response: Response): Cors {
  return Object.fromEntries(
    Object.entries(fields)
      .map(([name, field]) => [name, response.headers.get(field)])
      .filter(([, value]) => value !== null),
  );
}

/** Sends a simple request from `origin`; it is answered whatever CORS says. */
async function simple(asked: Service, line: string, origin: string, expected: Cors) {
  const method = line.slice(0, line.indexOf(" "));
  const body = method === "GET" ? {} : { body: "Hello there" };
  const response = await ask(asked, line, { ...body, headers: { origin } });
  assert.equal(response.ok, true, line);
  assert.notEqual((await response.json()).echo, undefined);
  assert.deepEqual(corsOf(response), expected, `${line} from "${origin}"`);
}

/** What a preflight sends. */
interface Preflight {
  readonly origin?: string;
  readonly method?: string;
  readonly headers?: string;
}

/** Asks whether a request may be sent, in process and over a socket. */
async function preflight(
  asked: Service,
  path: string,
  sent: Preflight,
  expected: Cors | { readonly allow: string },
) {
  const headers = new Headers();
  if (sent.origin !== undefined) headers.set("origin", sent.origin);
  if (sent.method !== undefined) headers.set("access-control-request-method", sent.method);
  if (sent.headers !== undefined) headers.set("access-control-request-headers", sent.headers);
  await using server = await serve(asked, { port: 0, host: "127.0.0.1" });
  for (const whom of [asked, server]) {
    const response = await ask(whom, `OPTIONS ${path}`, { headers });
    const told = JSON.stringify([path, sent]);
    assert.equal(response.status, 204, told);
    assert.equal(response.headers.get("allow"), "allow" in expected ? expected.allow : null, told);
    assert.deepEqual(corsOf(response), "allow" in expected ? {} : expected, told);
    assert.equal(await response.text(), "");
  }
}

conformance("cors", {
  "resource CORS overrides service CORS": async () => {
    const allowed = { origin: wso2, credentials: "true" };
    await simple(both, "POST /hello1/test1", wso2, allowed);
    await simple(both, "POST /hello1/test1", m3, {});
    await simple(both, "GET /hello1/test2", hello, {
      origin: hello,
      credentials: "true",
      expose: "CORELATION_ID",
    });
    await simple(both, "GET /hello1/test2", wso2, {});
    await simple(both, "POST /hello1/test3", `${wso2} ${amazon}`, {
      origin: `${wso2} ${amazon}`,
      credentials: "true",
    });
    await simple(both, "POST /hello1/test3", `${wso2} ${m3}`, {});
  },

  "configured origins are trimmed": async () => {
    const allowed = { origin: facebook, expose: "X-Content-Type-Options, X-PINGOTHER" };
    await simple(resourceOnly, "POST /hello2/test1", facebook, allowed);
  },

  "restricted allowMethods": async () => {
    const sent = { origin: m3, headers: pingOther };
    const refused = { allow: "PUT, OPTIONS" };
    await preflight(restricted, "/hello3/info1", { ...sent, method: "POST" }, refused);
    await preflight(restricted, "/hello3/info1", { ...sent, method: "GET" }, refused);
    await preflight(restricted, "/hello3/info1", { ...sent, method: "PUT" }, {
      origin: m3,
      credentials: "true",
      headers: pingOther,
      methods: "PUT",
      maxAge: "1",
    });
    const deleting = { origin: bbc, method: "DELETE", headers: pingOther };
    await preflight(resourceOnly, "/hello2/test2", deleting, refused);
    // It is listed, but no resource answers it.
    await preflight(resourceOnly, "/hello2/test2", { ...deleting, method: "HEAD" }, refused);
  },

  "exposed headers on simple request": async () => {
    await simple(resourceOnly, "POST /hello2/test1", hello, {
      origin: hello,
      expose: "X-Content-Type-Options, X-PINGOTHER",
    });
  },

  "disallowed or malformed origin still serves without CORS headers": async () => {
    for (const origin of ["www.wso2.com", "", "http://www.other.com", "null", "://", `${wso2}/`]) {
      await simple(both, "POST /hello1/test1", origin, {});
    }
  },

  "wildcard origin echoes the caller origin": async () => {
    const sent = { origin: "http://www.wso2Ballerina.com", method: "POST", headers: pingOther };
    const allowed = { origin: sent.origin, headers: pingOther, methods: "POST" };
    await preflight(everyone, "/hello5/info1", sent, allowed);
    await preflight(none, "/echo4/info3", sent, allowed);
    await preflight(both, "/hello1/test4", { ...sent, method: "PUT" }, {
      ...allowed,
      methods: "PUT",
    });
    await simple(everyone, "POST /hello5/info1", sent.origin, { origin: sent.origin });
  },

  "preflight success": async () => {
    const sent = { origin: wso2, method: "POST", headers: pingOther };
    const allowed = { origin: wso2, credentials: "true", methods: "POST" };
    await preflight(both, "/hello1/test1", sent, { ...allowed, headers: pingOther });
    await preflight(both, "/hello1/test1", { ...sent, headers: "X-pingOTHER" }, {
      ...allowed,
      headers: "X-pingOTHER",
    });
    await preflight(both, "/hello1/test1", { origin: wso2, method: "POST" }, allowed);
    await preflight(resourceOnly, "/hello2/test2", { ...sent, origin: bbc, method: "PUT" }, {
      origin: bbc,
      headers: pingOther,
      methods: "PUT",
    });
    // HEAD is answered by the GET resource, and asks its config.
    const head = { origin: m3, method: "HEAD", headers: "CORELATION_ID" };
    await preflight(both, "/hello1/test2", head, {
      origin: m3,
      credentials: "true",
      headers: "CORELATION_ID",
      methods: "HEAD",
      maxAge: "1",
    });
  },
}, {
  "preflight success":
    "Access-Control-Max-Age is not sent without a maxAge: the Fetch standard has no -1",
});

const ordinary: readonly (readonly [why: string, sent: Preflight])[] = [
  ["no origin", { method: "POST", headers: pingOther }],
  ["no method", { origin: wso2, headers: pingOther }],
  ["a method that the path does not have", { origin: wso2, method: "PUT", headers: pingOther }],
  ["a field that is not allowed", { origin: wso2, method: "POST", headers: "WSO2" }],
  ["an origin in other case", { origin: "http://www.Wso2.com", method: "POST" }],
  ["an origin that only the service allows", { origin: m3, method: "POST" }],
];

for (const [why, sent] of ordinary) {
  Deno.test(`cors: a preflight with ${why} is answered as any OPTIONS`, async () => {
    await preflight(both, "/hello1/test1", sent, { allow: "POST, OPTIONS" });
  });
}

Deno.test("cors: without a config, preflights are answered as any OPTIONS", async () => {
  const sent = { origin: wso2, method: "POST" };
  await preflight(none, "/echo4/info1", sent, { allow: "POST, OPTIONS" });
  const response = await ask(none, "POST /echo4/info1", { headers: { origin: wso2 } });
  assert.equal(response.headers.get("vary"), null);
});

Deno.test("cors: an OPTIONS resource answers for its path", async () => {
  const response = await ask(none, "OPTIONS /echo4/info2", { headers: { origin: wso2 } });
  assert.deepEqual(await response.json(), { echo: "its own" });
});

Deno.test("cors: every answer of a service with a config says what it varies by", async () => {
  const list = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";
  const asks = { "access-control-request-method": "POST" };
  const expected: readonly (readonly [string, Record<string, string>, string])[] = [
    ["GET /hello1/test2", {}, "Origin"],
    ["GET /hello1/test2", { origin: hello }, "Origin"],
    ["GET /hello1/test2", { origin: wso2 }, "Origin"],
    ["GET /hello1/nowhere", { origin: hello }, "Origin"],
    ["OPTIONS /hello1/test1", { origin: wso2, ...asks }, list],
    ["OPTIONS /hello1/test1", { origin: hello, ...asks }, list],
  ];
  for (const [line, headers, vary] of expected) {
    const response = await ask(both, line, { headers });
    assert.equal(response.headers.get("vary"), vary, line);
    await response.body?.cancel();
  }
});

Deno.test("cors: errors of a service are readable by the origins that it allows", async () => {
  for (
    const [line, status] of [["GET /hello1/nowhere", 404], ["PUT /hello1/test2", 405]] as const
  ) {
    const response = await ask(both, line, { headers: { origin: hello } });
    assert.equal(response.status, status);
    assert.equal(response.headers.get("access-control-allow-origin"), hello);
    await response.body?.cancel();
  }
});

Deno.test("cors: a config that contradicts itself fails where the service is made", () => {
  const cors = { allowOrigins: ["*"], allowCredentials: true };
  assert.throws(() => service({ cors }, []), TypeError);
  assert.throws(() => service({}, [get("/", { cors }, () => "never")]), TypeError);
});
