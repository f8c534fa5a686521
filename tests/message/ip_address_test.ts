/** IP addresses as text, and ranges of them (RFC 4291, RFC 5952, RFC 4632). @module */
import assert from "node:assert/strict";
import { isIP } from "node:net";
import fc from "fast-check";
import { formatIpAddress, networkOf, parseIpAddress } from "../../src/message/ip_address.ts";
import { isInRange, networkText, parseIpRange } from "../../src/message/ip_range.ts";

const settings = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 500 };

/** The one form of an address; `undefined` for what is none. */
function normal(text: string): string | undefined {
  const address = parseIpAddress(text);
  return address === undefined ? undefined : formatIpAddress(address);
}

Deno.test("IP address: each has one form", () => {
  for (
    const [text, expected] of [
      ["192.0.2.1", "192.0.2.1"],
      ["0.0.0.0", "0.0.0.0"],
      ["255.255.255.255", "255.255.255.255"],
      ["::", "::"],
      ["::1", "::1"],
      ["1::", "1::"],
      ["2001:DB8::A", "2001:db8::a"],
      ["2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"],
      ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
      ["2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
      ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
      ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
      ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
      ["::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"],
      ["::ffff:192.0.2.1", "192.0.2.1"],
      ["::FFFF:C000:201", "192.0.2.1"],
      ["0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1"],
      ["::192.0.2.1", "::c000:201"],
      ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
      ["1:2:3:4:5:6:192.0.2.1", "1:2:3:4:5:6:c000:201"],
    ] as const
  ) assert.equal(normal(text), expected, text);
});

Deno.test("IP address: what only looks like one is none", () => {
  for (
    const text of [
      ...["", " ", "1", "1.2.3", "1.2.3.4.5", "1.2.3.4.", ".1.2.3.4", "1..2.3", "a.b.c.d"],
      ...["256.0.0.1", "01.2.3.4", "1.2.3.00", "0177.0.0.1", "0x7f.0.0.1", "2130706433", "127.1"],
      ...["1.2.3.4 ", " 1.2.3.4", "1.2.3.4\n", "1.2.3.4:80", "+1.2.3.4", "1.2.3.-4", "1e1.2.3.4"],
      ...["１.2.3.4", "1.2.3.4%0", ":", ":::", "1:", ":1", "1::2::3", "1:2:3:4:5:6:7"],
      ...["1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "1::2:3:4:5:6:7:8", "12345::", "g::", "::1 "],
      ...["::1%eth0", "[::1]", "::1.2.3", "::1.2.3.4.5", "::1.2.3.4:5", "::01.2.3.4", "1.2.3.4::"],
      ...["1:2:3:4:5:6:7:1.2.3.4", "::1:2:3:4:5:6:1.2.3.4", "::-1", "::0x1", "1 ::", "::1/64"],
    ]
  ) assert.equal(parseIpAddress(text), undefined, JSON.stringify(text));
});

const octet = fc.integer({ min: 0, max: 255 });
const version4 = fc.array(octet, { minLength: 4, maxLength: 4 }).map((octets) => octets.join("."));
const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
const groups8 = fc.array(group, { minLength: 8, maxLength: 8 });
const nearly = fc.array(
  fc.constantFrom(..."0123456789abcdefABCDEF:.", "::", "ffff", "255", "1.2.3.4", "%", " ", "g"),
  { maxLength: 20 },
).map((parts) => parts.join(""));

Deno.test("IP address: what is one is decided as the platform decides", () => {
  fc.assert(
    fc.property(fc.oneof(version4, fc.ipV6(), nearly, fc.string()), (text) => {
      // The platform also takes a zone behind the address.
      const version = text.includes("%") ? 0 : isIP(text);
      const parsed = parseIpAddress(text);
      assert.equal(parsed !== undefined, version !== 0, text);
      if (version === 4) assert.equal(normal(text), text);
    }),
    { ...settings, numRuns: 3000 },
  );
});

Deno.test("IP address: IPv6 is written as the platform's URL writes it", () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV6(), groups8.map((all) => all.map(hex).join(":"))), (text) => {
      const parsed = parseIpAddress(text);
      assert.ok(parsed !== undefined);
      if (parsed.version === 6) {
        assert.equal(`[${formatIpAddress(parsed)}]`, new URL(`http://[${text}]/`).hostname);
      }
      assert.deepEqual(parseIpAddress(formatIpAddress(parsed)), parsed);
    }),
    settings,
  );
});

function hex(value: number): string {
  return value.toString(16);
}

/** The bits of an address as text: the straightforward way to compare prefixes. */
function bitsOf({ groups }: { readonly groups: readonly number[] }): string {
  return groups.map((one) => one.toString(2).padStart(16, "0")).join("");
}

Deno.test("IP range: an address is in it when its first bits are the same", () => {
  const address = fc.oneof(version4, groups8.map((all) => all.map(hex).join(":")));
  fc.assert(
    fc.property(address, address, fc.nat(128), fc.boolean(), (one, other, bits, near) => {
      const base = parseIpAddress(one);
      assert.ok(base !== undefined);
      const width = base.groups.length * 16;
      const length = bits % (width + 1);
      const network = networkOf(base, length);
      const range = parseIpRange(`${formatIpAddress(network)}/${length}`);
      const asked = near ? base : parseIpAddress(other);
      assert.ok(asked !== undefined);
      const expected = asked.version === base.version &&
        bitsOf(asked).slice(0, length) === bitsOf(base).slice(0, length);
      assert.equal(isInRange(asked, range), expected, `${one}/${length} ${other}`);
    }),
    settings,
  );
});

Deno.test("IP range: one of IPv4-mapped addresses is one of IPv4", () => {
  for (
    const [text, inside, outside] of [
      ["::ffff:10.0.0.0/104", "10.1.2.3", "11.0.0.0"],
      ["::ffff:0:0/96", "1.2.3.4", "::1"],
      ["::/0", "2001:db8::1", "1.2.3.4"],
      ["0.0.0.0/0", "::ffff:1.2.3.4", "2001:db8::1"],
      ["192.0.2.1", "::ffff:192.0.2.1", "192.0.2.2"],
      ["192.0.2.128/25", "192.0.2.129", "192.0.2.127"],
      ["fe80::/10", "febf::1", "fec0::"],
    ] as const
  ) {
    const range = parseIpRange(text);
    const [one, other] = [parseIpAddress(inside), parseIpAddress(outside)];
    assert.ok(one !== undefined && other !== undefined);
    assert.equal(isInRange(one, range), true, `${inside} in ${text}`);
    assert.equal(isInRange(other, range), false, `${outside} in ${text}`);
  }
});

Deno.test("IP range: what cannot be meant is refused", () => {
  for (
    const text of [
      ...["", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/-1", "10.0.0.0/8/8"],
      ...["10.0.0/8", "10.0.0.0/255.0.0.0", "::/129", "localhost", "10.0.0.0 /8", "::1%lo"],
    ]
  ) assert.throws(() => parseIpRange(text), TypeError, JSON.stringify(text));
  assert.throws(() => parseIpRange("10.0.0.1/8"), {
    message: /bits behind its prefix: write 10\.0\.0\.0\/8$/,
  });
  assert.throws(() => parseIpRange("::ffff:0:0/90"), TypeError);
});

Deno.test("IP range: the network of an address as text", () => {
  assert.equal(networkText("2001:db8:1:2:3:4:5:6", 64), "2001:db8:1:2::/64");
  assert.equal(networkText("2001:db8:1:2:3:4:5:6", 56), "2001:db8:1::/56");
  assert.equal(networkText("2001:db8:1:2:3:4:5:6", 128), "2001:db8:1:2:3:4:5:6");
  assert.equal(networkText("::ffff:192.0.2.1", 64), "192.0.2.1");
  assert.equal(networkText("192.0.2.1", 64), "192.0.2.1");
  assert.equal(networkText("no:address", 64), "no:address");
});
