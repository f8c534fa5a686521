/** Headers that tell browsers to be careful. @module */
import assert from "node:assert/strict";
import { asRequest, type Fetch, get, noContent, service, stack } from "@pirouette/http";
import {
  cspNonceOf,
  secureHeaders,
  type SecureHeadersOptions,
} from "../../src/layers/secure_headers.ts";
import { onBothTransports } from "../support/both_transports.ts";

const url = "http://localhost/";

const defaults = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "origin-agent-cluster": "?1",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=31536000; includeSubDomains",
  "x-content-type-options": "nosniff",
  "x-dns-prefetch-control": "off",
  "x-frame-options": "DENY",
  "x-permitted-cross-domain-policies": "none",
  "x-xss-protection": "0",
};

async function fieldsOf(
  options: SecureHeadersOptions,
  own: HeadersInit = {},
): Promise<Record<string, string>> {
  const inside: Fetch = () => Promise.resolve(new Response(null, { headers: own }));
  const response = await stack(inside, secureHeaders(options))(url);
  return Object.fromEntries(response.headers);
}

Deno.test("secure headers: the defaults, and no more", async () => {
  assert.deepEqual(await fieldsOf({}), defaults);
});

Deno.test("secure headers: each can be replaced or left out", async () => {
  const options: readonly (readonly [keyof SecureHeadersOptions, string])[] = [
    ["contentSecurityPolicy", "content-security-policy"],
    ["crossOriginEmbedderPolicy", "cross-origin-embedder-policy"],
    ["crossOriginOpenerPolicy", "cross-origin-opener-policy"],
    ["crossOriginResourcePolicy", "cross-origin-resource-policy"],
    ["originAgentCluster", "origin-agent-cluster"],
    ["permissionsPolicy", "permissions-policy"],
    ["referrerPolicy", "referrer-policy"],
    ["strictTransportSecurity", "strict-transport-security"],
    ["xContentTypeOptions", "x-content-type-options"],
    ["xDnsPrefetchControl", "x-dns-prefetch-control"],
    ["xFrameOptions", "x-frame-options"],
    ["xPermittedCrossDomainPolicies", "x-permitted-cross-domain-policies"],
    ["xXssProtection", "x-xss-protection"],
  ];
  for (const [option, name] of options) {
    assert.deepEqual(await fieldsOf({ [option]: "other" }), { ...defaults, [name]: "other" });
    const rest = Object.entries(defaults).filter(([field]) => field !== name);
    assert.deepEqual(await fieldsOf({ [option]: false }), Object.fromEntries(rest));
    for (const bad of ["", "a\r\nb: c", "a\nb", "a\0", "é", " a", "a ", "\u2028"]) {
      assert.throws(() => secureHeaders({ [option]: bad }), {
        name: "TypeError",
        message: new RegExp(option),
      });
    }
  }
  const wrong = { hsts: false, xFrameOptions: "DENY" };
  assert.throws(() => secureHeaders(wrong), { message: /no option "hsts"/ });
});

Deno.test("secure headers: what the handler set stays, X-Powered-By goes", async () => {
  const own = {
    "Content-Security-Policy": "default-src 'self'",
    "X-Frame-Options": "SAMEORIGIN",
    "X-Powered-By": "magic",
  };
  assert.deepEqual(await fieldsOf({}, own), {
    ...defaults,
    "content-security-policy": "default-src 'self'",
    "x-frame-options": "SAMEORIGIN",
  });
  const kept = await fieldsOf({ removePoweredBy: false }, own);
  assert.equal(kept["x-powered-by"], "magic");
});

Deno.test("secure headers: a policy by directive", async () => {
  const fields = await fieldsOf({
    contentSecurityPolicy: {
      "default-src": ["'self'"],
      "img-src": "'self' data:",
      "upgrade-insecure-requests": true,
      "sandbox": [],
    },
  });
  assert.equal(
    fields["content-security-policy"],
    "default-src 'self'; img-src 'self' data:; upgrade-insecure-requests; sandbox",
  );
  for (
    const bad of [
      { "default src": "'self'" },
      { "": "'self'" },
      { "img-src": ["'self'; script-src *"] },
      { "img-src": ["a b"] },
      { "img-src": ["a,b"] },
      { "img-src": ["a\nb"] },
      {},
    ]
  ) assert.throws(() => secureHeaders({ contentSecurityPolicy: bad }), TypeError);
});

Deno.test("secure headers: a nonce is another each time, and the page can have it", async () => {
  const page: Fetch = (input, init) =>
    Promise.resolve(new Response(cspNonceOf(asRequest(input, init))));
  for (
    const contentSecurityPolicy of [
      "script-src 'nonce'; style-src 'nonce'",
      { "script-src": ["'nonce'"], "style-src": "'nonce'" },
    ]
  ) {
    const fetch = stack(page, secureHeaders({ contentSecurityPolicy }));
    const nonces = new Set<string>();
    for (let time = 0; time < 20; time++) {
      const response = await fetch(url);
      const nonce = await response.text();
      assert.match(nonce, /^[A-Za-z0-9+/]{22}==$/);
      assert.equal(
        response.headers.get("content-security-policy"),
        `script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'`,
      );
      assert.equal(response.headers.get("x-frame-options"), "DENY");
      nonces.add(nonce);
    }
    assert.equal(nonces.size, 20);
  }
  assert.equal(cspNonceOf(new Request(url)), undefined);
});

Deno.test("secure headers: errors, redirects and bodiless responses have them, over both transports", async () => {
  const careful = service({ layers: [secureHeaders()] }, [
    get("/", () => "in"),
    get("/none", () => noContent()),
    get("/moved", () => Response.redirect("http://localhost/", 302)),
    get("/broken", () => {
      throw new RangeError("secret");
    }),
  ]);
  const { error } = console;
  console.error = () => {};
  try {
    await onBothTransports(careful, async (ask) => {
      for (
        const [path, status] of [
          ["/", 200],
          ["/none", 204],
          ["/moved", 302],
          ["/broken", 500],
          ["/missing", 404],
        ] as const
      ) {
        const response = await ask(path, { redirect: "manual" });
        assert.equal(response.status, status, path);
        for (const [name, value] of Object.entries(defaults)) {
          assert.equal(response.headers.get(name), value, `${path} ${name}`);
        }
        const body = await response.text();
        if (status === 204 || status === 302) assert.equal(body, "");
      }
    });
  } finally {
    console.error = error;
  }
});
