import assert from "node:assert/strict";
import fc from "fast-check";
import { parseHeader } from "../../src/message/header_value.ts";
import { buildLink, type Link, parseLink } from "../../src/message/link.ts";

const PROPERTY = {
  seed: Number(Deno.env.get("FC_SEED") ?? Date.now()),
  numRuns: 500,
  verbose: true,
};

/** Params as a plain object, since ours have no prototype and strict equality looks at it. */
function plain(links: readonly Link[]): Link[] {
  return links.map((link) => link.params ? { ...link, params: { ...link.params } } : link);
}

const READ: [value: string | null, expected: Link[]][] = [
  [null, []],
  ["", []],
  ["</a>", [{ href: "/a" }]],
  ["<>", [{ href: "" }]],
  ['</a>; rel="next", </b>;rel=last', [{ href: "/a", rel: "next" }, { href: "/b", rel: "last" }]],
  ["  < /a >  ;REL = next ", [{ href: "/a", rel: "next" }]],
  ['<https://e.com/?a=1,2;b>; rel="next"', [{ href: "https://e.com/?a=1,2;b", rel: "next" }]],
  ['</p>; rel="x"; methods="GET, PUT"; types="a/b, c/d"', [
    { href: "/p", rel: "x", methods: ["GET", "PUT"], types: ["a/b", "c/d"] },
  ]],
  ['</p>; rel="x"; methods=""GET", "PUT"", </q>', [
    { href: "/p", rel: "x", methods: ["GET", "PUT"] },
    { href: "/q" },
  ]],
  ['</a>; rel="start http://e.com/rel"', [{ href: "/a", rel: "start http://e.com/rel" }]],
  ["</a>; rel=first; rel=second", [{ href: "/a", rel: "first" }]],
  [String.raw`</a>; title="x \"y\", z;"; crossorigin`, [
    { href: "/a", params: { title: 'x "y", z;', crossorigin: "" } },
  ]],
  ["</a>; title=plain; title*=UTF-8'de'n%c3%a4chstes", [
    { href: "/a", params: { title: "nächstes" } },
  ]],
  ["</a>; title=plain; title*=UTF-8''%ff", [{ href: "/a", params: { title: "plain" } }]],
  ["</a>; title*=latin-1''x; *=UTF-8''y; rel*=UTF-8''z", [{ href: "/a" }]],
  ["garbage, </a>, rel=x, </b", [{ href: "/a" }]],
  ["</a>;;; ; a b=1; =2; c", [{ href: "/a", params: { c: "" } }]],
  ['</a>; title="open, </b>', [{ href: "/a", params: { title: "open, </b>" } }]],
];

for (const [value, expected] of READ) {
  Deno.test(`parseLink: reads ${JSON.stringify(value)}`, () => {
    assert.deepEqual(plain(parseLink(value)), expected);
  });
}

Deno.test("parseLink: resolves targets, and skips those that cannot be", () => {
  const links = parseLink("<?page=2>, <//cdn.com/x>, <http://[>, <>", "https://e.com/a/b?page=1");
  assert.deepEqual(links.map((link) => link.href), [
    "https://e.com/a/b?page=2",
    "https://cdn.com/x",
    "https://e.com/a/b?page=1",
  ]);
  assert.equal(parseLink("</x>", new URL("http://a/"))[0]?.href, "http://a/x");
});

Deno.test("parseLink: parameters named as prototype members are plain entries", () => {
  const [link] = parseLink("</a>; __proto__=1; constructor=2");
  assert.deepEqual(Object.entries(link?.params ?? {}), [["__proto__", "1"], ["constructor", "2"]]);
  assert.equal(Object.getPrototypeOf(link?.params), null);
});

const WRITTEN: [links: Link[], expected: string][] = [
  [[], ""],
  [
    [{ href: "/p", rel: "x", methods: ["PUT"], types: ["application/json"] }],
    '</p>; rel="x"; methods="PUT"; types="application/json"',
  ],
  [
    [
      { href: "/restBucks/orders/{id}", rel: "status", methods: ["GET", "POST"] },
      { href: "/restBucks/payment/{id}", rel: "payment" },
    ],
    '</restBucks/orders/{id}>; rel="status"; methods="GET, POST", ' +
    '</restBucks/payment/{id}>; rel="payment"',
  ],
  [[{ href: "/a", methods: [], types: [] }], "</a>"],
  [[{ href: '/a b<c>"é%20?x=1,2;3#f' }], "</a%20b%3Cc%3E%22%C3%A9%20?x=1,2;3#f>"],
  [[{ href: "/a", rel: 'say "x\\y"' }], String.raw`</a>; rel="say \"x\\y\""`],
  [
    [{ href: "/a", params: { title: "a, b; c", type: "text/html" } }],
    '</a>; title="a, b; c"; type="text/html"',
  ],
  [[{ href: "/a", params: { title: "näch'(s)*" } }], "</a>; title*=UTF-8''n%C3%A4ch%27%28s%29%2A"],
];

for (const [links, expected] of WRITTEN) {
  Deno.test(`buildLink: writes ${JSON.stringify(expected)}`, () => {
    assert.equal(buildLink(links), expected);
  });
}

Deno.test("buildLink: parseHeader reads it with quotes, as the original's tests expect", () => {
  const text = buildLink([
    { href: "/o/{id}", rel: "status", methods: ["GET", "PUT"], types: ["a/b"] },
    { href: "/p", rel: "cancel", methods: ["DELETE"] },
  ]);
  assert.deepEqual(parseHeader(text).map(({ value, params }) => [value, { ...params }]), [
    ["</o/{id}>", { rel: '"status"', methods: '"GET, PUT"', types: '"a/b"' }],
    ["</p>", { rel: '"cancel"', methods: '"DELETE"' }],
  ]);
});

Deno.test("security row 13: buildLink lets nothing break out of its place", () => {
  const refused: Link[] = [
    { href: "/a\r\nSet-Cookie: x=y" },
    { href: "/a\0" },
    { href: "/\ud800" },
    { href: "/a", rel: "x\r\ny" },
    { href: "/a", rel: "é" },
    { href: "/a", methods: ['GET", x="'] },
    { href: "/a", methods: ["GET,PUT"] },
    { href: "/a", methods: [""] },
    { href: "/a", types: ["a/b\n"] },
    { href: "/a", params: { "x; y": "1" } },
    { href: "/a", params: { "": "1" } },
    { href: "/a", params: { rel: "1" } },
    { href: "/a", params: { "title*": "1" } },
    { href: "/a", params: { title: "a\nb" } },
    { href: "/a", params: { title: "\udfff" } },
  ];
  for (const link of refused) {
    assert.throws(() => buildLink([link]), TypeError, JSON.stringify(link));
  }
});

Deno.test("parseLink: reads back what buildLink wrote", () => {
  const char = fc.constantFrom(..."abZ09 \",;=\\<>'()*%é€/?#{}");
  const text = fc.string({ unit: char });
  const ascii = fc.string({ unit: fc.constantFrom(...'abZ ",;=\\<>') });
  const item = fc.stringMatching(/^[A-Za-z+/.-]{1,8}$/);
  const name = fc.stringMatching(/^[a-z]{1,6}$/).filter((name) =>
    !["rel", "methods", "types"].includes(name)
  );
  const link = fc.record({
    href: fc.webUrl({ withQueryParameters: true }),
    rel: ascii,
    methods: fc.array(item, { minLength: 1 }),
    types: fc.array(item, { minLength: 1 }),
    params: fc.dictionary(name, text, { minKeys: 1, noNullPrototype: true }),
  });
  fc.assert(
    fc.property(fc.array(link), (links) => {
      const written = buildLink(links);
      assert(/^[\x20-\x7e]*$/.test(written));
      const expected = links.map((link) => ({ ...link, params: { ...link.params } }));
      assert.deepEqual(plain(parseLink(written)), expected);
    }),
    PROPERTY,
  );
});

Deno.test("parseLink: never fails, and what it read can be resolved or written", () => {
  const unit = fc.constantFrom(..."<>ab,;=\"\\*' %é/\0");
  fc.assert(
    fc.property(fc.string({ unit }), (value) => {
      parseLink(value);
      for (const { href } of parseLink(value, "https://e.com/")) assert(URL.canParse(href));
    }),
    PROPERTY,
  );
});

Deno.test("security row 18: a megabyte of Link is read in linear time", () => {
  for (const unit of ["<", "<,", "<a, ", ">", "<>,", '"', ";a", '</a>; a="', " ", "</a>;rel=x,"]) {
    for (const tail of ["", ">"]) {
      const text = unit.repeat(1_000_000 / unit.length) + tail;
      const start = performance.now();
      parseLink(text);
      assert(performance.now() - start < 3000, `slow: ${unit}`);
    }
  }
});
