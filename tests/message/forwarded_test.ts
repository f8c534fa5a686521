/** What proxies tell: Forwarded (RFC 7239) and its older relatives. @module */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  forwardedHops,
  nearestFirst,
  nodeAddress,
  parseForwarded,
  readHost,
  readProto,
} from "../../src/message/forwarded.ts";
import { formatIpAddress } from "../../src/message/ip_address.ts";

const settings = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 500 };

Deno.test("Forwarded: elements and their parameters", () => {
  for (
    const [value, expected] of [
      ["", []],
      [" , ,", []],
      ['for="_gazonk"', [{ for: "_gazonk" }]],
      ['For="[2001:db8:cafe::17]:4711"', [{ for: "[2001:db8:cafe::17]:4711" }]],
      ["for=192.0.2.60;proto=http;by=203.0.113.43", [{
        for: "192.0.2.60",
        by: "203.0.113.43",
        proto: "http",
      }]],
      ["for=192.0.2.43, for=198.51.100.17", [{ for: "192.0.2.43" }, { for: "198.51.100.17" }]],
      ["for=192.0.2.43,for=unknown;host=a.example", [{ for: "192.0.2.43" }, {
        for: "unknown",
        host: "a.example",
      }]],
      ["for=a; proto=https ;", [{ for: "a", proto: "https" }]],
      ['secret=x;__proto__=y;for="a, \\"b\\";c"', [{ for: 'a, "b";c' }]],
    ] as const
  ) assert.deepEqual(parseForwarded(value), expected, value);
});

Deno.test("Forwarded: a malformed element is an error, and tells nothing among others", () => {
  for (
    const value of [
      ...["for", "for=", "=a", 'for="a', 'for="a"b', 'for=a"b"', "for=a;for=b", "for=a;FOR=b"],
      ...[
        "for=[::1]",
        "for=::1",
        "for=a b",
        "for =a",
        "for= a",
        "fo r=a",
        'for="a\\"',
        'for="\u0100"',
      ],
      ...['for="a\x01"', "for=a;proto", "for=1.2.3.4:80"],
    ]
  ) {
    assert.throws(() => parseForwarded(value), { name: "InvalidHeaderValueError" }, value);
    const hops = forwardedHops(`${value}, for=192.0.2.1`);
    const first = hops[0]?.address;
    // Where quotes are left open nobody knows what stands inside them.
    const isOpen = value === 'for="a' || value === 'for="a\\"';
    assert.equal(first && formatIpAddress(first), isOpen ? undefined : "192.0.2.1", value);
    assert.equal(hops[1]?.address, undefined);
  }
});

Deno.test("Forwarded: what is written is what is read", () => {
  const text = fc.string({ unit: fc.constantFrom(...'abc,;="\\ \t[]:._é') });
  const element = fc.record({ for: text, by: text, host: text, proto: text }, {
    requiredKeys: [],
    noNullPrototype: true,
  })
    .filter((one) => Object.keys(one).length > 0);
  fc.assert(
    fc.property(fc.array(element, { maxLength: 5 }), (expected) => {
      const value = expected.map((one) =>
        Object.entries(one).map(([name, is]) => `${name}="${is.replace(/["\\]/g, "\\$&")}"`).join(
          ";",
        )
      ).join(", ");
      assert.deepEqual(parseForwarded(value).map((one) => ({ ...one })), expected);
    }),
    settings,
  );
});

Deno.test("Forwarded: an entry that is added last is read whatever stands before it", () => {
  const noise = fc.string({ unit: fc.constantFrom(...'for=a,;"\\ []:1.') });
  fc.assert(
    fc.property(noise, (before) => {
      const hops = forwardedHops(`${before}, for=192.0.2.1`);
      const address = hops[0]?.address;
      // Either it is read, or quotes are open and nothing is.
      if (hops.length > 0) assert.equal(address && formatIpAddress(address), "192.0.2.1");
    }),
    settings,
  );
});

Deno.test("Forwarded: the address of a node", () => {
  for (
    const [node, expected] of [
      ["192.0.2.1", "192.0.2.1"],
      ["192.0.2.1:80", "192.0.2.1"],
      ["192.0.2.1:_port", "192.0.2.1"],
      ["[2001:db8::1]", "2001:db8::1"],
      ["[2001:DB8::1]:65535", "2001:db8::1"],
      ["2001:db8::1", "2001:db8::1"],
      ["[::ffff:192.0.2.1]:1", "192.0.2.1"],
      ["::ffff:192.0.2.1", "192.0.2.1"],
      ...["unknown", "_hidden", "", "[192.0.2.1]", "[::1", "[::1]80", "[::1]:", "[::1]:x", "::1]"]
        .map((odd) => [odd, undefined] as const),
      ...["192.0.2.1:", "192.0.2.1:123456", "192.0.2.1:a", "192.0.2.1 ", "[]", "[", "]", "[[::1]]"]
        .map((odd) => [odd, undefined] as const),
      ...["0300.0.2.1", "3221225985", "0xc0000201", "[::1%eth0]", "localhost", "localhost:80"]
        .map((odd) => [odd, undefined] as const),
    ] as const
  ) {
    const address = nodeAddress(node);
    assert.equal(address && formatIpAddress(address), expected, node);
  }
});

Deno.test("X-Forwarded: members from the right", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("a", ",", " ", "\t", "b") }), (value) => {
      const expected = value.split(",").map((one) => one.trim()).filter((one) => one !== "");
      assert.deepEqual([...nearestFirst(value)], expected.reverse());
    }),
    settings,
  );
});

Deno.test("X-Forwarded: schemes and hosts that could mean something else are not read", () => {
  assert.deepEqual(["http", "HTTPS", "ftp", "javascript", ""].map(readProto), [
    "http",
    "https",
    undefined,
    undefined,
    undefined,
  ]);
  for (const host of ["a.example", "A.example:8080", "[::1]:80", "_dns.a", "192.0.2.1"]) {
    assert.equal(readHost(host), host.toLowerCase());
  }
  for (
    const host of ["", "a/b", "a@b", "a b", "a:b", "a:123456", "[a]x", "a\\b", "-a", "a?b", "é"]
  ) {
    assert.equal(readHost(host), undefined, host);
  }
});
