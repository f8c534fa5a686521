/** The list of what is called without a proxy. @module */
import assert from "node:assert/strict";
import fc from "fast-check";
import { noProxyFor } from "../../src/client/transport_no_proxy.ts";

const settings = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 300 };

/** An entry, addresses that it names, and addresses that it does not. */
const table: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ["*", ["http://a.example", "https://[::1]:8443"], []],
  [
    "example.com",
    [
      "http://example.com",
      "https://example.com:8443/x",
      "http://a.b.example.com",
      "http://EXAMPLE.com.",
    ],
    ["http://notexample.com", "http://example.com.evil.example", "http://com", "http://example.co"],
  ],
  [".example.com", ["http://a.example.com"], ["http://example.com", "http://xexample.com"]],
  ["*.example.com", ["http://a.b.example.com"], ["http://example.com"]],
  ["Example.COM.:8080", ["http://a.example.com:8080"], [
    "http://example.com",
    "https://example.com",
  ]],
  ["example.com:443", ["https://example.com"], ["http://example.com", "https://example.com:8443"]],
  ["example.com:80", ["http://example.com"], ["https://example.com"]],
  ["bücher.example", ["http://xn--bcher-kva.example", "http://BÜCHER.example"], [
    "http://bucher.example",
  ]],
  ["localhost", ["http://localhost:3000", "http://a.localhost"], [
    "http://127.0.0.1",
    "http://[::1]",
  ]],
  ["10.0.0.0/8", ["http://10.255.0.1:99"], ["http://11.0.0.1", "http://10.example"]],
  ["192.0.2.1", ["http://192.0.2.1"], ["http://192.0.2.10", "http://1.192.0.2.1.example"]],
  ["192.0.2.1:8080", ["http://192.0.2.1:8080"], ["http://192.0.2.1"]],
  ["::1", ["http://[::1]", "http://[0:0:0:0:0:0:0:1]:80"], ["http://[::2]", "http://127.0.0.1"]],
  ["[::1]", ["http://[::1]:81"], ["http://[::2]"]],
  ["[::1]:81", ["http://[::1]:81"], ["http://[::1]"]],
  ["fd00::/8", ["http://[fd12::1]"], ["http://[fe80::1]"]],
];

Deno.test("no proxy: names, addresses, ranges and ports", () => {
  for (const [entry, without, through] of table) {
    const bypasses = noProxyFor(["192.0.2.99", ` ${entry} `.trim()]);
    for (const url of without) assert.ok(bypasses(new URL(url)), `${entry} names ${url}`);
    for (const url of through) assert.ok(!bypasses(new URL(url)), `${entry} does not name ${url}`);
  }
  assert.ok(!noProxyFor([])(new URL("http://a.example")));
});

Deno.test("no proxy: what is no entry is refused with its remedy", () => {
  const bad = [
    ["", "a b", "a@b", "http://a.example", "a.example/path", "a.example:0", "a.example:99999"],
    [
      "a.example:080",
      "a.example:x",
      "10.0.0.1/8",
      "10.0.0.0/33",
      "a*b.example",
      "*.*",
      ".",
      "[::1",
    ],
    ["0177.0.0.1", "127.1", "2130706433", "0x7f.1", ".127.0.0.1", "*.10.0.0.1", "a,b c"],
  ].flat();
  for (const entry of bad) {
    assert.throws(() => noProxyFor([entry]), (error) => {
      assert.ok(error instanceof TypeError, entry);
      assert.match(error.message, /: write /, entry);
      return true;
    }, entry);
  }
});

Deno.test("no proxy: any text is an entry or an error, and never throws on an address", () => {
  fc.assert(
    fc.property(fc.string(), fc.webUrl(), (entry, address) => {
      let bypasses: (url: URL) => boolean;
      try {
        bypasses = noProxyFor([entry]);
      } catch (error) {
        return error instanceof TypeError;
      }
      return typeof bypasses(new URL(address)) === "boolean";
    }),
    settings,
  );
});

Deno.test("no proxy: a domain names itself and what is below, nothing else", () => {
  fc.assert(
    fc.property(fc.domain(), fc.domain(), (domain, other) => {
      const bypasses = noProxyFor([domain]);
      const [name, host] = [domain.toLowerCase(), other.toLowerCase()];
      return bypasses(new URL(`http://${domain}`)) &&
        bypasses(new URL(`http://${other}.${domain}`)) &&
        bypasses(new URL(`http://${other}`)) === (host === name || host.endsWith(`.${name}`));
    }),
    settings,
  );
});
