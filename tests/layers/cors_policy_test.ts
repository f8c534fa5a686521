import assert from "node:assert/strict";
import { type CorsConfig, mergeCors } from "../../src/layers/cors_config.ts";
import { CorsPolicy } from "../../src/layers/cors_policy.ts";

const app = "https://app.example";
const url = "http://localhost/albums";
const preflightVary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";

type Fields = Record<string, string>;

function fieldsOf(response: Response | undefined): Fields | undefined {
  return response && Object.fromEntries(response.headers);
}

function asks(method: string, origin: string, headers?: string): Request {
  return new Request(url, {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": method,
      ...headers === undefined ? {} : { "access-control-request-headers": headers },
    },
  });
}

function from(origin: string | undefined): Request {
  return new Request(url, { headers: origin === undefined ? {} : { origin } });
}

const contradictions: readonly (readonly [config: object, message: RegExp])[] = [
  [{}, /sets nothing: set allowOrigins/],
  [{ allowOrigins: undefined }, /sets nothing/],
  [{ allowOrigin: ["*"] }, /no option "allowOrigin": use one of allowOrigins, /],
  [{ allowOrigins: [] }, /no origin: list one/],
  [{ allowOrigins: app }, /allowOrigins: give a list/],
  [{ allowOrigins: [1] }, /members are texts, patterns and functions/],
  [{ allowOrigins: [new URL(app)] }, /members are texts/],
  [{ allowOrigins: ["*"], allowCredentials: true }, /"\*" in allowOrigins: list the origins/],
  [{ allowCredentials: true }, /"\*" in allowOrigins/],
  [{ allowOrigins: [app, " * "], allowCredentials: true }, /"\*" in allowOrigins/],
  ...(["allowMethods", "allowHeaders", "exposeHeaders"] as const).map((option) =>
    [
      { allowOrigins: [app], allowCredentials: true, [option]: ["*"] },
      new RegExp(`"\\*" in ${option}: list .*leave allowCredentials out`),
    ] as const
  ),
  [{ allowOrigins: [app], allowCredentials: "false" }, /"false" as allowCredentials: give true/],
  [{ allowPrivateNetwork: 1 }, /1 as allowPrivateNetwork/],
  ...[
    "",
    "app.example",
    "//app.example",
    "https://",
    "https://app.example/",
    "https://app.example/path",
    "https://app.example?x",
    "https://app.example#x",
    "https://user@app.example",
    "https://*.app.example",
    "https://app.example:",
    "https://app.example:123456",
    "https://app.example:99999",
    "https://app.example, https://b.example",
    "https://[::1",
    "https://bücher.example",
  ].map((origin) =>
    [{ allowOrigins: [origin] }, /scheme:\/\/host or scheme:\/\/host:port/] as const
  ),
  [{ allowOrigins: ["https://App.example"] }, /browsers send "https:\/\/app\.example", list that/],
  [{ allowOrigins: ["HTTPS://app.example"] }, /browsers send "https:\/\/app\.example"/],
  [{ allowOrigins: ["https://app.example:443"] }, /browsers send "https:\/\/app\.example"/],
  [{ allowOrigins: ["http://app.example:080"] }, /browsers send "http:\/\/app\.example"/],
  [{ allowOrigins: ["http://0x7f.1"] }, /browsers send "http:\/\/127\.0\.0\.1"/],
  [{ allowOrigins: ["Capacitor://localhost"] }, /browsers send "capacitor:\/\/localhost"/],
  [{ allowOrigins: [/^https:\/\/a$/g] }, /flag g or y/],
  [{ allowOrigins: [/^https:\/\/a$/y] }, /flag g or y/],
  [{ allowOrigins: [/app\.example/] }, /begin the pattern with \^ and end it with \$/],
  [{ allowOrigins: [/^https:\/\/app\.example/] }, /end it with \$/],
  [{ allowOrigins: [/app\.example$/] }, /begin the pattern with \^/],
  [{ allowMethods: [] }, /no method: leave allowMethods out/],
  [{ allowMethods: "GET" }, /allowMethods: give a list/],
  [{ allowMethods: ["GET, PUT"] }, /"GET, PUT" in allowMethods: give methods/],
  [{ allowMethods: [""] }, /"" in allowMethods/],
  [{ allowMethods: ["put"] }, /"put": browsers send "PUT"/],
  [{ allowHeaders: ["X-A:"] }, /"X-A:" in allowHeaders: give field names/],
  [{ exposeHeaders: ["X-A\r\nX-B"] }, /in exposeHeaders: give field names/],
];

for (const [config, message] of contradictions) {
  const name = Object.entries(config).map(([key, value]) =>
    `${key} ${value instanceof RegExp ? value : JSON.stringify(value)}`
  );
  Deno.test(`CorsPolicy: refuses ${name.join(" with ") || "{}"} (${message.source})`, () => {
    assert.throws(() => new CorsPolicy(config as CorsConfig), (error) => {
      assert.ok(error instanceof TypeError);
      assert.match(error.message, message);
      assert.match(error.message, /^[A-Z].*[^.]$/);
      return true;
    });
  });
}

Deno.test("CorsPolicy: maxAge is whole seconds from 0", () => {
  for (const maxAge of [-1, 1.5, NaN, Infinity, "60"]) {
    assert.throws(() => new CorsPolicy({ maxAge } as CorsConfig), RangeError);
  }
  const ask = asks("GET", app);
  const sent = (config: CorsConfig) =>
    new CorsPolicy(config).preflight(ask)?.headers.get("access-control-max-age");
  assert.equal(sent({ maxAge: 0 }), "0");
  assert.equal(sent({ maxAge: 600 }), "600");
  assert.equal(sent({ allowOrigins: ["*"] }), null);
});

const allowed: readonly (readonly [CorsConfig["allowOrigins"], origin: string, is: boolean])[] = [
  [[app], app, true],
  [[` ${app}\t`], app, true],
  [[app], "https://App.example", false],
  [[app], "http://app.example", false],
  [[app], "https://app.example:8443", false],
  [[app], "https://app.example:443", false],
  [[app], "https://app.example.evil.example", false],
  [[app], "https://evil-app.example", false],
  [[app], "https://app.example/", false],
  [[app], "", false],
  [[app], "app.example", false],
  [[app], "null", false],
  [["https://b.example:8443"], "https://b.example:8443", true],
  [["http://[::1]:8000"], "http://[::1]:8000", true],
  [["chrome-extension://aapbdbdomjkkjkao"], "chrome-extension://aapbdbdomjkkjkao", true],
  [["null"], "null", true],
  [["null"], app, false],
  [["*"], app, true],
  [["*"], "http://www.wso2Ballerina.com", true],
  [["*"], "moz-extension://2c127fa4-62c7", true],
  [["*"], "app.example", false],
  [["*"], "https://app.example, https://b.example", false],
  [["*"], "https://app.example/path", false],
  [["*"], "https://user@app.example", false],
  [["*"], "https://" + "a".repeat(1000), false],
  [["*", "null"], "null", true],
  [[/^https:\/\/[a-z]+\.app\.example$/], "https://one.app.example", true],
  [[/^https:\/\/[a-z]+\.app\.example$/], "https://one.app.example.evil", false],
  [[/^https:\/\/[a-z]+\.app\.example$/i], "https://ONE.app.example", true],
  [[/^.*$/], "null", false],
  [[/^.*$/], "app.example", false],
  [[app, (origin) => origin.endsWith(".b.example")], "https://a.b.example", true],
  [[app, (origin) => origin.endsWith(".b.example")], app, true],
  [[app, (origin) => origin.endsWith(".b.example")], "https://c.example", false],
  [[() => true], "null", false],
  [[() => true], "app.example", false],
  [[app, "https://b.example"], `${app} https://b.example`, true],
  [[app, "https://b.example"], `${app} https://c.example`, false],
  [[app, "https://b.example"], `${app}  https://b.example`, false],
  [[app, "null"], `${app} null`, false],
  [[app, (origin) => origin === "https://b.example"], `https://b.example ${app}`, true],
];

for (const [allowOrigins = [], origin, is] of allowed) {
  const list = allowOrigins.map(String).join(" ");
  Deno.test(`CorsPolicy: ${list} ${is ? "allows" : "refuses"} ${origin.slice(0, 60)}`, () => {
    const policy = new CorsPolicy({ allowOrigins });
    // Twice, because what was decided is kept.
    for (let time = 0; time < 2; time++) {
      const fields = fieldsOf(policy.apply(from(origin), new Response(null)));
      const expected = is ? { "access-control-allow-origin": origin } : {};
      assert.deepEqual(fields, { vary: "Origin", ...expected });
    }
  });
}

Deno.test("CorsPolicy: every origin includes those without a name, answered with a star", () => {
  const response = new CorsPolicy({ allowOrigins: ["*"] }).apply(from("null"), new Response(null));
  assert.equal(response.headers.get("access-control-allow-origin"), "*");
});

Deno.test("CorsPolicy: a function is asked for every request, and only where the list is silent", () => {
  const asked: [string, string][] = [];
  const policy = new CorsPolicy({
    allowOrigins: [app, (origin, request) => {
      asked.push([origin, request.headers.get("x-tenant") ?? ""]);
      return request.headers.get("x-tenant") === "b";
    }],
  });
  const answer = (origin: string, tenant: string) => {
    const request = new Request(url, { headers: { origin, "x-tenant": tenant } });
    return policy.apply(request, new Response(null)).headers.get("access-control-allow-origin");
  };
  assert.equal(answer("https://b.example", "a"), null);
  assert.equal(answer("https://b.example", "b"), "https://b.example");
  assert.equal(answer("https://b.example", "a"), null);
  assert.equal(answer(app, "a"), app);
  assert.deepEqual(asked.map(([, tenant]) => tenant), ["a", "b", "a"]);
});

Deno.test("CorsPolicy: a function that does not answer true or false is an error", () => {
  const later = (() => Promise.resolve(false)) as unknown as () => boolean;
  const policy = new CorsPolicy({ allowOrigins: [later], allowCredentials: true });
  assert.throws(() => policy.apply(from(app), new Response(null)), /answers true or false/);
  assert.throws(() => policy.preflight(asks("PUT", app)), /answers true or false/);
});

const put: CorsConfig = {
  allowOrigins: [app],
  allowMethods: ["GET", "PUT"],
  allowHeaders: [" X-One ", "Content-Type"],
};

const preflights: readonly (readonly [
  name: string,
  config: CorsConfig,
  request: Request,
  expected: Fields | undefined,
])[] = [
  ["what it asks for", put, asks("PUT", app, "x-one"), {
    "access-control-allow-origin": app,
    "access-control-allow-methods": "PUT",
    "access-control-allow-headers": "x-one",
  }],
  ["fields as they were written", put, asks("GET", app, "X-oNE,content-type ,\tx-one"), {
    "access-control-allow-origin": app,
    "access-control-allow-methods": "GET",
    "access-control-allow-headers": "X-oNE, content-type, x-one",
  }],
  ["no fields where it asks for none", put, asks("PUT", app), {
    "access-control-allow-origin": app,
    "access-control-allow-methods": "PUT",
  }],
  ["no fields where the list is empty", put, asks("PUT", app, " , ,"), {
    "access-control-allow-origin": app,
    "access-control-allow-methods": "PUT",
  }],
  [
    "credentials and age",
    {
      allowOrigins: [app],
      allowCredentials: true,
      maxAge: 5,
      exposeHeaders: ["x-two"],
    },
    asks("PATCH", app, "Authorization"),
    {
      "access-control-allow-origin": app,
      "access-control-allow-credentials": "true",
      "access-control-allow-methods": "PATCH",
      "access-control-allow-headers": "Authorization",
      "access-control-max-age": "5",
    },
  ],
  [
    "every method and field but Authorization",
    {
      allowMethods: ["*"],
      allowHeaders: ["*"],
    },
    asks("MOVE", "http://www.wso2Ballerina.com", "x-any"),
    {
      "access-control-allow-origin": "http://www.wso2Ballerina.com",
      "access-control-allow-methods": "MOVE",
      "access-control-allow-headers": "x-any",
    },
  ],
  [
    "nothing for Authorization by a star",
    { allowHeaders: ["*"] },
    asks("GET", app, "authorization"),
    undefined,
  ],
  [
    "Authorization beside a star",
    {
      allowHeaders: ["*", "authorization"],
    },
    asks("GET", app, "AUTHORIZATION"),
    {
      "access-control-allow-origin": app,
      "access-control-allow-methods": "GET",
      "access-control-allow-headers": "AUTHORIZATION",
    },
  ],
  ["nothing for another method", put, asks("DELETE", app), undefined],
  ["nothing for POST unless it is listed", put, asks("POST", app), undefined],
  ["nothing for HEAD unless it is listed", put, asks("HEAD", app), undefined],
  ["nothing for a method in other case", put, asks("put", app), undefined],
  ["nothing for two methods", { maxAge: 1 }, asks("GET, PUT", app), undefined],
  ["nothing for an empty method", { maxAge: 1 }, asks("", app), undefined],
  ["nothing for another field", put, asks("PUT", app, "x-one, x-two"), undefined],
  ["nothing for what is no field name", { maxAge: 1 }, asks("PUT", app, "x one"), undefined],
  [
    "nothing for a field where none is allowed",
    { allowHeaders: [] },
    asks("PUT", app, "x-one"),
    undefined,
  ],
  ["nothing for another origin", put, asks("PUT", "https://b.example"), undefined],
  ["nothing for an origin without scheme", { maxAge: 1 }, asks("PUT", "app.example"), undefined],
  ["nothing for an empty origin", { maxAge: 1 }, asks("PUT", ""), undefined],
  ["nothing for two origins", { maxAge: 1 }, asks("PUT", `${app} ${app}`), undefined],
  ["nothing for null", put, asks("PUT", "null"), undefined],
];

for (const [name, config, request, expected] of preflights) {
  Deno.test(`CorsPolicy: a preflight gets ${name}`, () => {
    const policy = new CorsPolicy(config);
    assert.ok(policy.isPreflight(request));
    const response = policy.preflight(request);
    const fields = expected && { ...expected, vary: preflightVary };
    assert.deepEqual(fieldsOf(response), fields);
    if (expected !== undefined) assert.equal(response?.status, 204);
    assert.equal(response?.body ?? null, null);
  });
}

Deno.test("CorsPolicy: what is no preflight is not answered as one", () => {
  const policy = new CorsPolicy({ allowOrigins: ["*"] });
  const method = "access-control-request-method";
  const requests = [
    new Request(url, { method: "OPTIONS", headers: { [method]: "GET" } }),
    new Request(url, { method: "OPTIONS", headers: { origin: app } }),
    new Request(url, { method: "GET", headers: { origin: app, [method]: "GET" } }),
  ];
  for (const request of requests) {
    assert.equal(policy.isPreflight(request), false);
    assert.equal(policy.preflight(request), undefined);
  }
});

Deno.test("CorsPolicy: private networks are allowed only where the config says so", () => {
  const ask = (value: string) => {
    const request = asks("GET", app);
    request.headers.set("access-control-request-private-network", value);
    return request;
  };
  const field = "access-control-allow-private-network";
  const open = new CorsPolicy({ allowPrivateNetwork: true });
  assert.equal(open.preflight(ask("true"))?.headers.get(field), "true");
  assert.equal(open.preflight(ask("false"))?.headers.get(field), null);
  assert.equal(open.preflight(asks("GET", app))?.headers.get(field), null);
  assert.equal(
    open.preflight(ask("true"))?.headers.get("vary"),
    `${preflightVary}, Access-Control-Request-Private-Network`,
  );
  const closed = new CorsPolicy({ allowPrivateNetwork: false });
  assert.equal(closed.preflight(ask("true"))?.headers.get(field), null);
  assert.equal(closed.preflightVary, preflightVary);
});

Deno.test("CorsPolicy: an answer says what its origin may read", () => {
  const config = { allowOrigins: [app], exposeHeaders: [" X-One", "X-Two "] };
  const expected = {
    "access-control-allow-origin": app,
    "access-control-expose-headers": "X-One, X-Two",
    vary: "Origin",
  };
  for (const allowCredentials of [false, true]) {
    const policy = new CorsPolicy({ ...config, allowCredentials });
    const credentials = allowCredentials ? { "access-control-allow-credentials": "true" } : {};
    const marked = policy.apply(from(app), new Response(null));
    assert.deepEqual(fieldsOf(marked), { ...expected, ...credentials });
    assert.deepEqual(fieldsOf(policy.apply(from("https://b.example"), new Response(null))), {
      vary: "Origin",
    });
    assert.deepEqual(fieldsOf(policy.apply(from(undefined), new Response(null))), {
      vary: "Origin",
    });
  }
});

Deno.test("CorsPolicy: a fresh response is marked as any other", () => {
  const configs: CorsConfig[] = [put, { maxAge: 1 }, {
    allowOrigins: [app],
    allowCredentials: true,
    exposeHeaders: ["x-one"],
  }];
  for (const config of configs) {
    const policy = new CorsPolicy(config);
    for (const origin of [undefined, app, "https://b.example", "null", ""]) {
      const fresh = new Response("hello");
      policy.applyFresh(from(origin), fresh);
      assert.deepEqual(
        fieldsOf(fresh),
        fieldsOf(policy.apply(from(origin), new Response("hello"))),
      );
    }
  }
});

for (
  const [before, after] of [
    ["Accept", "Accept, Origin"],
    ["accept-encoding, Accept", "accept-encoding, Accept, Origin"],
    ["Origin", "Origin"],
    ["accept , ORIGIN", "accept , ORIGIN"],
    ["*", "*"],
    ["accept, *", "accept, *"],
    ["x-origin", "x-origin, Origin"],
    ["", "Origin"],
  ] as const
) {
  Deno.test(`CorsPolicy: Vary "${before}" becomes "${after}"`, () => {
    const policy = new CorsPolicy(put);
    for (const origin of [undefined, app, "https://b.example"]) {
      const response = new Response(null, { headers: { vary: before } });
      assert.equal(policy.apply(from(origin), response).headers.get("vary"), after);
    }
  });
}

Deno.test("CorsPolicy: several Vary fields stay as one", () => {
  const response = new Response(null, { headers: [["vary", "accept"], ["vary", "cookie"]] });
  const marked = new CorsPolicy(put).apply(from(app), response);
  assert.equal(marked.headers.get("vary"), "accept, cookie, Origin");
});

Deno.test("CorsPolicy: a response is changed where it can be", () => {
  const response = new Response("hello", { status: 404 });
  assert.equal(new CorsPolicy(put).apply(from(app), response), response);
});

Deno.test("CorsPolicy: a response that cannot be changed is copied with its status and body", async () => {
  const policy = new CorsPolicy(put);
  const fetched = await fetch("data:text/plain,hello");
  const marked = policy.apply(from(app), fetched);
  assert.notEqual(marked, fetched);
  assert.equal(marked.headers.get("access-control-allow-origin"), app);
  assert.equal(marked.headers.get("content-type"), "text/plain");
  assert.equal(await marked.text(), "hello");

  const redirect = policy.apply(from(app), Response.redirect("http://localhost/other", 307));
  assert.equal(redirect.status, 307);
  assert.equal(redirect.headers.get("location"), "http://localhost/other");
  assert.equal(redirect.headers.get("vary"), "Origin");
  assert.equal(redirect.body, null);

  const broken = Response.error();
  assert.equal(policy.apply(from(app), broken), broken);
});

const service: CorsConfig = { allowOrigins: [app], allowCredentials: true, maxAge: 1 };
const own: CorsConfig = { allowOrigins: ["https://b.example"] };
const merges: readonly (readonly [
  name: string,
  service: CorsConfig | undefined,
  resource: CorsConfig | undefined,
  methods: string[],
  expected: CorsConfig | undefined,
])[] = [
  ["nothing is nothing", undefined, undefined, ["GET"], undefined],
  ["the service's applies as it is", service, undefined, ["PUT"], service],
  ["one that sets nothing is none", service, {}, ["PUT"], service],
  ["the resource's replaces all of the service's", service, own, ["PUT"], {
    ...own,
    allowMethods: ["PUT"],
  }],
  ["HEAD comes with GET", undefined, own, ["GET"], { ...own, allowMethods: ["GET", "HEAD"] }],
  ["HEAD comes once", undefined, own, ["HEAD", "GET"], { ...own, allowMethods: ["HEAD", "GET"] }],
  ["a resource of all methods allows all", service, own, ["*"], own],
  ["named methods stay", service, { ...own, allowMethods: ["GET"] }, ["PUT"], {
    ...own,
    allowMethods: ["GET"],
  }],
];

for (const [name, above, resource, methods, expected] of merges) {
  Deno.test(`mergeCors: ${name}`, () => {
    const merged = mergeCors(above, resource, methods);
    assert.deepEqual(merged, expected);
    if (expected === service) assert.equal(merged, service);
  });
}

Deno.test("mergeCors: a config that sets nothing, and nothing above it, is an error of the policy", () => {
  const merged = mergeCors(undefined, {}, ["GET"]);
  assert.throws(() => new CorsPolicy(merged as CorsConfig), /sets nothing/);
});
