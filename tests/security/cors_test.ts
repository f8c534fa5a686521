/**
 * SECURITY.md row 5: `*` with credentials never reflects an origin, nothing of a request gets into
 * `Vary`, lists are read in linear time; and the ways around a list of origins.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { cors } from "../../src/layers/cors.ts";
import type { CorsConfig } from "../../src/layers/cors_config.ts";
import { maxDecisions, maxOriginLength } from "../../src/layers/cors_origins.ts";
import { CorsPolicy } from "../../src/layers/cors_policy.ts";

const settings = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 500 };
const app = "https://app.example";
const url = "http://localhost/";
const allowOrigin = "access-control-allow-origin";
const allowCredentials = "access-control-allow-credentials";

/** What an origin gets with the answer to an ordinary request. */
function answerTo(policy: CorsPolicy, origin: string, response = new Response(null)): Headers {
  return policy.apply(new Request(url, { headers: { origin } }), response).headers;
}

Deno.test("security 5: every origin with credentials is refused before a request comes", () => {
  const configs: CorsConfig[] = [
    { allowOrigins: ["*"], allowCredentials: true },
    { allowOrigins: [" *"], allowCredentials: true },
    { allowOrigins: [app, "*"], allowCredentials: true },
    { allowOrigins: [() => false, "*"], allowCredentials: true },
    { allowCredentials: true },
  ];
  for (const config of configs) {
    assert.throws(() => new CorsPolicy(config), /credentials with "\*" in allowOrigins/);
    assert.throws(() => cors(config), TypeError);
  }
});

Deno.test("security 5: every origin never gets credentials, though what is fetched inside says so", () => {
  const policy = new CorsPolicy({ allowOrigins: ["*"] });
  const inside = () =>
    new Response(null, {
      headers: { [allowCredentials]: "true", [allowOrigin]: "https://x.example" },
    });
  const headers = answerTo(policy, "https://evil.example", inside());
  assert.equal(headers.get(allowOrigin), "https://evil.example");
  assert.equal(headers.get(allowCredentials), null);

  const refused = answerTo(new CorsPolicy({ allowOrigins: [app] }), "https://x.example", inside());
  assert.equal(refused.get(allowOrigin), null);
  assert.equal(refused.get(allowCredentials), null);
});

Deno.test("security 5: nothing of a request gets into Vary (GHSA-q7jf-gf43-6x6p)", async () => {
  const layered = cors({ allowOrigins: [app], allowPrivateNetwork: true })(() =>
    Promise.resolve(new Response("inside"))
  );
  const evil = { vary: "x-evil", "access-control-request-headers": "x-evil, vary" };
  for (const origin of [app, "https://x-evil.example"]) {
    const actual = await layered(url, { headers: { origin, ...evil } });
    assert.equal(actual.headers.get("vary"), "Origin");
    const preflight = await layered(url, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "X-EVIL", ...evil },
    });
    assert.equal(
      preflight.headers.get("vary"),
      "Origin, Access-Control-Request-Method, Access-Control-Request-Headers, Access-Control-Request-Private-Network",
    );
  }
});

Deno.test("security 5: Vary names Origin also where the answer has no CORS field", () => {
  const policy = new CorsPolicy({ allowOrigins: [app] });
  assert.equal(policy.apply(new Request(url), new Response(null)).headers.get("vary"), "Origin");
  for (const origin of ["https://evil.example", "", "null"]) {
    assert.equal(answerTo(policy, origin).get("vary"), "Origin");
  }
});

Deno.test("security 5: lists and origins are read in linear time, up to a length", () => {
  const policy = new CorsPolicy({ allowOrigins: ["*", /^(?:https:\/\/(?:[a-z]+)+)$/] });
  const length = 1_000_000;
  const texts = [",", " ", "\t,", "a", "a,", "a ", "https://", "https://a ", "a://b:", "-.", "["];
  for (const text of texts.map((piece) => piece.repeat(length / piece.length) + "!")) {
    const start = performance.now();
    answerTo(policy, text);
    policy.preflight(
      new Request(url, {
        method: "OPTIONS",
        headers: {
          origin: app,
          "access-control-request-method": "PUT",
          "access-control-request-headers": text,
        },
      }),
    );
    policy.apply(new Request(url), new Response(null, { headers: { vary: text } }));
    const time = performance.now() - start;
    // The platform reads the million characters a few times over, too.
    assert.ok(time < 1000, `${JSON.stringify(text.slice(0, 9))}… took ${time.toFixed(0)} ms`);
  }
});

Deno.test("security 5: a pattern that would match parts of origins is refused or held to the whole", () => {
  for (const pattern of [/app\.example/, /^https:\/\/app\.example/, /app\.example$/]) {
    assert.throws(() => new CorsPolicy({ allowOrigins: [pattern] }), /\^ and end it with \$/);
  }
  const policy = new CorsPolicy({
    allowOrigins: [/^https:\/\/app\.example|https:\/\/b\.example$/, /^https:\/\/c\.example$/m],
  });
  const origins = {
    [app]: true,
    "https://b.example": true,
    "https://c.example": true,
    "https://app.example.evil.example": false,
    "https://app.example:1@evil.example": false,
    "evil://https://b.example": false,
    "https://evil.example?https://b.example": false,
  };
  for (const [origin, is] of Object.entries(origins)) {
    assert.equal(answerTo(policy, origin).get(allowOrigin), is ? origin : null, origin);
  }
});

Deno.test("security 5: a pattern with a memory is refused, because it allows every other time", () => {
  for (const flags of ["g", "y", "gi"]) {
    const pattern = new RegExp(`^${app}$`, flags);
    assert.throws(() => new CorsPolicy({ allowOrigins: [pattern] }), /flag g or y/);
  }
});

Deno.test("security 5: a pattern that is changed later changes nothing", () => {
  const pattern = /^https:\/\/app\.example$/;
  const allowOrigins = [pattern, "https://b.example"];
  const policy = new CorsPolicy({ allowOrigins });
  pattern.compile("^.*$");
  pattern.exec = () => [""] as unknown as RegExpExecArray;
  allowOrigins.push("https://evil.example");
  assert.equal(answerTo(policy, "https://evil.example").get(allowOrigin), null);
});

Deno.test("security 5: the origin null is allowed by its name alone", () => {
  const open: CorsConfig = { allowOrigins: [/^.*$/, () => true], allowCredentials: true };
  assert.equal(answerTo(new CorsPolicy(open), "null").get(allowOrigin), null);
  assert.equal(answerTo(new CorsPolicy(open), "NULL").get(allowOrigin), null);
  const listed = new CorsPolicy({ allowOrigins: ["null"], allowCredentials: true });
  assert.equal(answerTo(listed, "null").get(allowOrigin), "null");
});

Deno.test("security 5: patterns and functions are asked about well-formed origins only", () => {
  const policy = new CorsPolicy({
    allowOrigins: [(origin) => {
      assert.match(origin, /^[a-z][a-z0-9+.-]*:\/\/[a-z0-9._~-]+(?::\d+)?$/i);
      assert.ok(origin.length <= maxOriginLength);
      return true;
    }],
  });
  const piece = fc.constantFrom(
    "https",
    "://",
    "a.example",
    ":",
    "80",
    " ",
    "/",
    "@",
    "?",
    "#",
    "é",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 9 }), (pieces) => {
      const origin = new Headers({ origin: encode(pieces.join("")) }).get("origin") as string;
      const answer = answerTo(policy, origin).get(allowOrigin);
      assert.ok(answer === null || answer === origin);
    }),
    settings,
  );
});

Deno.test("security 5: an answer's origin is one that the request sent, or a star", () => {
  const policy = new CorsPolicy({ allowOrigins: ["*"] });
  fc.assert(
    fc.property(fc.webUrl(), (text) => {
      for (const origin of [text, new URL(text).origin]) {
        const answer = answerTo(policy, encode(origin)).get(allowOrigin);
        assert.ok(answer === null || answer === encode(origin));
      }
      assert.equal(answerTo(policy, new URL(text).origin).get(allowOrigin), new URL(text).origin);
    }),
    settings,
  );
});

Deno.test("security 5: decisions that are kept are few, and stay right when they are forgotten", () => {
  const policy = new CorsPolicy({ allowOrigins: [app, /^https:\/\/[0-9]+\.ok\.example$/] });
  for (let round = 0; round < 2; round++) {
    for (let number = 0; number < maxDecisions * 3; number++) {
      const [good, bad] = [`https://${number}.ok.example`, `https://${number}.evil.example`];
      assert.equal(answerTo(policy, good).get(allowOrigin), good);
      assert.equal(answerTo(policy, bad).get(allowOrigin), null);
      assert.equal(answerTo(policy, app).get(allowOrigin), app);
    }
  }
});

Deno.test("security 5: a polluted prototype allows nothing", () => {
  const polluted = Object.prototype as Record<string, unknown>;
  Object.assign(polluted, { allowOrigins: ["*"], allowPrivateNetwork: true, maxAge: 1 });
  try {
    assert.throws(() => new CorsPolicy({}), /sets nothing/);
    const policy = new CorsPolicy({ allowOrigins: [app] });
    assert.equal(answerTo(policy, "https://evil.example").get(allowOrigin), null);
    assert.equal(policy.preflightVary.includes("Private"), false);
  } finally {
    for (const name of ["allowOrigins", "allowPrivateNetwork", "maxAge"]) delete polluted[name];
  }
});

/** `text` as bytes that a header value can hold. */
function encode(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, (char) => encodeURIComponent(char));
}
