/** Whatever the parameters of a call are, its URL is where the program said, and gives them back. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { BaseURL } from "../../src/client/base_url.ts";
import { path, type PathValue } from "../../src/client/path.ts";
import { encodeQuery, type QueryValue } from "../../src/client/query.ts";
import { InitializingOutboundRequestError } from "../../src/message/client_errors.ts";

const options = { numRuns: 500, seed: Number(Deno.env.get("FC_SEED") ?? Date.now()) };

/** Text with all that means something somewhere in a URL. */
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom(..."./\\%2eE?#&=+,:;@ \t\r\n\0é😀") }),
  fc.constantFrom(
    "..",
    ".",
    "%2e",
    "..%2f",
    "%2e%2e",
    "\\..\\",
    "//evil.example",
    "a b",
    "http://x",
  ),
);

const value: fc.Arbitrary<PathValue> = fc.oneof(
  text,
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.bigInt(),
  fc.boolean(),
);

/** A base address: with and without a path, and a slash at its end. */
const base = fc.tuple(
  fc.constantFrom("http://api.example", "https://api.example:8443", "http://[::1]:80"),
  fc.array(fc.stringMatching(/^[a-z0-9_-]{1,6}$/), { maxLength: 3 }),
  fc.constantFrom("", "/"),
).map(([origin, segments, end]) => origin + segments.map((one) => `/${one}`).join("") + end);

/** Whether a parameter alone in its segment would not be one. */
function climbs(one: PathValue): boolean {
  return one === "" || one === "." || one === "..";
}

function segments(pathname: string): string[] {
  return pathname.split("/").slice(1).map(decodeURIComponent);
}

Deno.test("path: parameters are the segments they were, or are refused", () => {
  fc.assert(
    fc.property(
      base,
      value,
      fc.array(value, { minLength: 1, maxLength: 3 }),
      (start, one, many) => {
        const make = (): string => path`/a/${one}/b/${many}`;
        if ([one, ...many].some(climbs)) {
          assert.throws(make, InitializingOutboundRequestError);
          return;
        }
        const address = new BaseURL(start);
        const url = new URL(address.resolve(make()));
        assert.equal(url.origin, new URL(start).origin);
        assert.equal(url.search + url.hash, "");
        const before = segments(new URL(start).pathname).filter((segment) => segment !== "");
        const given = ["a", String(one), "b", ...many.map(String)];
        assert.deepEqual(segments(url.pathname), [...before, ...given]);
      },
    ),
    options,
  );
});

Deno.test("path: a parameter beside other text is part of its segment, and no more", () => {
  fc.assert(
    fc.property(text, text, (one, other) => {
      const make = (): string => path`/v${one}.${other}/end`;
      const url = new URL(new BaseURL("http://h/base").resolve(make()));
      assert.deepEqual(segments(url.pathname), ["base", `v${one}.${other}`, "end"]);
    }),
    options,
  );
});

Deno.test("path: parameters make no dots together", () => {
  const dots = fc.constantFrom("", ".", "..", "%2e", "%2E", "/", "a");
  fc.assert(
    fc.property(dots, dots, (one, other) => {
      const make = (): string => path`/a/${one}${other}/b`;
      if (climbs(one + other)) assert.throws(make, InitializingOutboundRequestError);
      else {
        const url = new URL(new BaseURL("http://h/base").resolve(make()));
        assert.deepEqual(segments(url.pathname), ["base", "a", one + other, "b"]);
      }
      // Dots that the program wrote count as well.
      const last = (): string => path`/a/.${one}`;
      if (one === "" || one === ".") assert.throws(last, InitializingOutboundRequestError);
      else assert.equal(new URL(`http://h${last()}`).pathname.split("/").length, 3);
    }),
    options,
  );
});

Deno.test("path: a parameter behind the question mark or the hash stays there", () => {
  fc.assert(
    fc.property(text, text, (one, other) => {
      const url = new URL(new BaseURL("http://h").resolve(path`/a?q=${one}#${other}`));
      assert.equal(url.pathname, "/a");
      assert.deepEqual([...url.searchParams], [["q", one]]);
      assert.equal(decodeURIComponent(url.hash.slice(1)), other);
    }),
    options,
  );
});

Deno.test("path: half a surrogate pair is refused", () => {
  for (const half of ["\ud800", "a\udc00", "\udc00\ud800"]) {
    assert.throws(() => path`/a/${half}`, InitializingOutboundRequestError);
    assert.throws(() => encodeQuery({ half }, "comma"), InitializingOutboundRequestError);
    assert.throws(() => encodeQuery({ [half]: "a" }, "comma"), InitializingOutboundRequestError);
  }
});

const queryValue: fc.Arbitrary<QueryValue> = fc.oneof(
  text,
  fc.integer(),
  fc.bigInt(),
  fc.boolean(),
  fc.constantFrom(null, undefined),
);
const query = fc.dictionary(text, fc.oneof(queryValue, fc.array(queryValue, { maxLength: 4 })), {
  maxKeys: 5,
});

/** What of a list is sent. */
function sent(given: QueryValue | readonly QueryValue[]): string[] {
  const list: readonly QueryValue[] = Array.isArray(given) ? given : [given as QueryValue];
  return list.filter((one) => one !== null && one !== undefined).map(String);
}

Deno.test("query: parameters come back from the URL, lists as repeated ones", () => {
  fc.assert(
    fc.property(base, query, (start, params) => {
      const encoded = encodeQuery(params, "repeat");
      const url = new URL(new BaseURL(start).resolve(`/a?${encoded}`));
      assert.equal(url.hash, "");
      assert.ok(url.pathname.endsWith("/a"));
      const expected = Object.entries(params).flatMap(([name, given]) =>
        sent(given).map((one) => [name, one])
      );
      assert.deepEqual([...url.searchParams], expected);
    }),
    options,
  );
});

Deno.test("query: the items of a list with commas come back when they are split before decoding", () => {
  fc.assert(
    fc.property(query, (params) => {
      const { search } = new URL(`http://h/?${encodeQuery(params, "comma")}`);
      const pairs = search.slice(1).split("&").filter((pair) => pair !== "").map((pair) => {
        const [name = "", list = "", ...more] = pair.split("=");
        assert.deepEqual(more, []);
        return [decodeURIComponent(name), list.split(",").map(decodeURIComponent)];
      });
      const expected = Object.entries(params)
        .map(([name, given]) => [name, sent(given)] as const)
        .filter(([, items]) => items.length > 0);
      assert.deepEqual(pairs, expected);
    }),
    options,
  );
});

Deno.test("base URL: whatever a call names is below it, or refused", () => {
  const named = fc.oneof(
    text,
    text.map((rest) => `/${rest}`),
    text.map((rest) => `//${rest}`),
    text.map((rest) => `http://${rest}`),
    text.map((rest) => `/%2e%2e/${rest}`),
    fc.tuple(text, text).map(([one, other]) => `/${one}/../${other}`),
  );
  fc.assert(
    fc.property(base, named, (start, target) => {
      const address = new BaseURL(start);
      let resolved: string;
      try {
        resolved = address.resolve(target);
      } catch (error) {
        assert.ok(error instanceof InitializingOutboundRequestError, `${error}`);
        return;
      }
      const url = new URL(resolved);
      assert.equal(url.origin, address.origin);
      assert.equal(url.username + url.password, "");
      // An absolute URL of the same origin may name any of its paths.
      if (/^https?:/i.test(target)) return;
      const prefix = new URL(start).pathname.replace(/\/$/, "");
      assert.ok(url.pathname === prefix || url.pathname.startsWith(`${prefix}/`) || prefix === "");
    }),
    { ...options, numRuns: 2_000 },
  );
});
