/**
 * What the original library's own tests and rules hold of CORS (spec 4.1, 4.2), beyond the published
 * cases: what makes a preflight one, and what each kind of answer says.
 */
import assert from "node:assert/strict";
import { type CorsConfig, del, get, post, put, type Service, service } from "@pirouette/http";
import { onBothTransports } from "../support/both_transports.ts";

const one = "http://www.one.example";
const two = "http://www.two.example";

const cors: CorsConfig = {
  allowOrigins: [one, ` ${two}  `],
  allowCredentials: true,
  allowHeaders: ["X-One", "X-Two"],
  exposeHeaders: ["X-Seen", "X-Heard"],
  maxAge: 1,
};

const closed = service({ basePath: "/closed", cors }, [
  get("/both", () => "got"),
  post("/both", () => "posted"),
  // Its own config takes the place of the service's as a whole.
  put("/both", { cors: { allowOrigins: [two], allowMethods: ["PUT", "DELETE"] } }, () => "put"),
  del("/deleted", () => "deleted"),
]);

const open = service({ basePath: "/open", cors: { allowOrigins: ["*"] } }, [
  get("/any", () => "got"),
  put("/any", { cors: { allowMethods: ["*"], allowHeaders: ["X-One"] } }, () => "put"),
]);

const fields: readonly string[] = [
  "access-control-allow-origin",
  "access-control-allow-credentials",
  "access-control-allow-methods",
  "access-control-allow-headers",
  "access-control-expose-headers",
  "access-control-max-age",
  "allow",
];

/** The CORS fields of an answer and its `Allow`, in the order above; those that are not there are null. */
function told({ headers }: Response): (string | null)[] {
  return fields.map((name) => headers.get(name));
}

interface Asked {
  readonly service: Service;
  readonly path: string;
  readonly origin: string;
  readonly method?: string;
  readonly names?: string;
}

const preflights: Readonly<Record<string, readonly [Asked, expected: (string | null)[]]>> = {
  "is told the method it asks for, its fields and the age, and nothing that is exposed": [
    { service: closed, path: "/closed/both", origin: one, method: "POST", names: "X-One" },
    [one, "true", "POST", "X-One", null, "1", null],
  ],
  "may name several fields, with or without spaces": [
    { service: closed, path: "/closed/both", origin: two, method: "GET", names: "x-two,X-ONE" },
    [two, "true", "GET", "x-two, X-ONE", null, "1", null],
  ],
  // There a space before a name makes it another one.
  "may put spaces between its fields": [
    { service: closed, path: "/closed/both", origin: two, method: "GET", names: "X-Two, X-One" },
    [two, "true", "GET", "X-Two, X-One", null, "1", null],
  ],
  "with a field too many is an ordinary OPTIONS": [
    { service: closed, path: "/closed/both", origin: one, method: "GET", names: "X-One,X-Three" },
    [null, null, null, null, null, null, "GET, POST, PUT, OPTIONS"],
  ],
  "is answered by the config of the resource it asks for": [
    { service: closed, path: "/closed/both", origin: two, method: "PUT", names: "Anything" },
    [two, null, "PUT", "Anything", null, null, null],
  ],
  "from an origin that only the service allows is an ordinary OPTIONS": [
    { service: closed, path: "/closed/both", origin: one, method: "PUT" },
    [null, null, null, null, null, null, "GET, POST, PUT, OPTIONS"],
  ],
  "for a method that is listed but not there is an ordinary OPTIONS": [
    { service: closed, path: "/closed/both", origin: two, method: "DELETE" },
    [null, null, null, null, null, null, "GET, POST, PUT, OPTIONS"],
  ],
  "for HEAD is answered by GET": [
    { service: closed, path: "/closed/both", origin: one, method: "HEAD" },
    [one, "true", "HEAD", null, null, "1", null],
  ],
  "for HEAD where there is no GET is an ordinary OPTIONS": [
    { service: closed, path: "/closed/deleted", origin: one, method: "HEAD" },
    [null, null, null, null, null, null, "DELETE, OPTIONS"],
  ],
  "for two methods at once is an ordinary OPTIONS": [
    { service: closed, path: "/closed/both", origin: one, method: "GET,POST" },
    [null, null, null, null, null, null, "GET, POST, PUT, OPTIONS"],
  ],
  "for a method in other case is an ordinary OPTIONS": [
    { service: closed, path: "/closed/both", origin: one, method: "post" },
    [null, null, null, null, null, null, "GET, POST, PUT, OPTIONS"],
  ],
  "from two origins at once is an ordinary OPTIONS": [
    { service: closed, path: "/closed/both", origin: `${one} ${two}`, method: "GET" },
    [null, null, null, null, null, null, "GET, POST, PUT, OPTIONS"],
  ],
  "from what is no origin is an ordinary OPTIONS": [
    { service: closed, path: "/closed/both", origin: "www.one.example", method: "GET" },
    [null, null, null, null, null, null, "GET, POST, PUT, OPTIONS"],
  ],
  "from any origin is told that origin where all are allowed": [
    { service: open, path: "/open/any", origin: two, method: "GET", names: "Any, Thing" },
    [two, null, "GET", "Any, Thing", null, null, null],
  ],
  // The resource's config says nothing of origins, so that it allows all; fields it does restrict.
  "is held to the one list that a config has": [
    { service: open, path: "/open/any", origin: two, method: "PUT", names: "X-Two" },
    [null, null, null, null, null, null, "GET, PUT, OPTIONS"],
  ],
};

for (const [what, [asked, expected]] of Object.entries(preflights)) {
  Deno.test(`cors of the original: a preflight ${what}`, async () => {
    const { path, origin, method, names } = asked;
    const headers = new Headers({ origin });
    if (method !== undefined) headers.set("access-control-request-method", method);
    if (names !== undefined) headers.set("access-control-request-headers", names);
    await onBothTransports(asked.service, async (ask) => {
      const response = await ask(path, { method: "OPTIONS", headers });
      assert.equal(response.status, 204);
      assert.deepEqual(told(response), expected);
      assert.equal(await response.text(), "");
    });
  });
}

const actual: Readonly<Record<string, readonly [Asked, expected: (string | null)[]]>> = {
  "is told who may read it, with credentials, and what is exposed": [
    { service: closed, path: "/closed/both", origin: one, method: "POST" },
    [one, "true", null, null, "X-Seen, X-Heard", null, null],
  ],
  "from several allowed origins is told them all": [
    { service: closed, path: "/closed/both", origin: `${one} ${two}`, method: "GET" },
    [`${one} ${two}`, "true", null, null, "X-Seen, X-Heard", null, null],
  ],
  "from an origin that is not allowed is answered and told nothing": [
    { service: closed, path: "/closed/both", origin: "http://www.three.example", method: "GET" },
    [null, null, null, null, null, null, null],
  ],
  "from an allowed origin and one that is not is told nothing": [
    { service: closed, path: "/closed/both", origin: `${one} http://www.three.example` },
    [null, null, null, null, null, null, null],
  ],
  // There what is no origin is passed over (docs/differences.md).
  "from an allowed origin and what is none is told nothing": [
    { service: closed, path: "/closed/both", origin: `${one} www.two.example` },
    [null, null, null, null, null, null, null],
  ],
  "of a resource with its own config is told what that says, and nothing of the service's": [
    { service: closed, path: "/closed/both", origin: two, method: "PUT" },
    [two, null, null, null, null, null, null],
  ],
  "from any origin is told that origin where all are allowed": [
    { service: open, path: "/open/any", origin: one, method: "GET" },
    [one, null, null, null, null, null, null],
  ],
};

for (const [what, [asked, expected]] of Object.entries(actual)) {
  Deno.test(`cors of the original: a request ${what}`, async () => {
    const { path, origin, method = "GET" } = asked;
    await onBothTransports(asked.service, async (ask) => {
      const response = await ask(path, { method, headers: { origin } });
      assert.equal(response.ok, true);
      assert.deepEqual(told(response), expected);
      assert.match(await response.text(), /^(got|posted|put)$/);
      // Without an origin nobody asks, and only caches are told anything.
      const plain = await ask(path, { method });
      assert.deepEqual(told(plain), fields.map(() => null));
      assert.equal(plain.headers.get("vary"), "Origin");
      await plain.body?.cancel();
    });
  });
}

Deno.test("cors of the original: every origin with credentials is refused here", () => {
  // There it allows every origin, with credentials (docs/differences.md).
  const every: CorsConfig = { allowOrigins: ["*"], allowMethods: ["*"], allowCredentials: true };
  assert.throws(() => service({ cors: every }, []), TypeError);
  assert.throws(() => service({}, [put("/", { cors: every }, () => "never")]), TypeError);
});
