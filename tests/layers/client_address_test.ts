/** Who sent a request, where proxies stand before the service. @module */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Connection, keepConnection } from "../../src/message/connection.ts";
import {
  clientAddress,
  TrustedProxies,
  type TrustedProxiesOptions,
} from "../../src/layers/client_address.ts";

const settings = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 500 };

/** A request as a listener gives it. */
function received(
  hostname: string | undefined,
  headers: HeadersInit = {},
  transport = "tcp",
): Request {
  const request = new Request("http://localhost/", { headers });
  const remoteAddr: Connection["remoteAddr"] = hostname === undefined
    ? { transport }
    : { transport, hostname, port: 4711 };
  keepConnection(request, { remoteAddr });
  return request;
}

Deno.test("client address: without trusted proxies it is who is connected", () => {
  for (
    const [hostname, expected] of [
      ["192.0.2.1", "192.0.2.1"],
      ["::ffff:192.0.2.1", "192.0.2.1"],
      ["2001:DB8::1", "2001:db8::1"],
      ["fe80::1%eth0", "fe80::1"],
    ] as const
  ) {
    const headers = { "x-forwarded-for": "198.51.100.1", forwarded: "for=198.51.100.1" };
    assert.equal(clientAddress(received(hostname, headers)), expected);
    assert.equal(clientAddress(received(hostname, headers), { trustedProxies: [] }), expected);
  }
  assert.equal(clientAddress(new Request("http://localhost/")), undefined);
  assert.equal(clientAddress(received(undefined, {}, "unix")), undefined);
});

Deno.test("client address: entries are walked from the right while their writers are trusted", () => {
  const trusted = ["10.0.0.0/8", "fd00::/8", "192.0.2.7"];
  for (
    const [hostname, entries, expected] of [
      ["10.0.0.1", "198.51.100.1", "198.51.100.1"],
      ["10.0.0.1", "203.0.113.9, 198.51.100.1", "198.51.100.1"],
      ["10.0.0.1", "203.0.113.9, 198.51.100.1, 10.1.1.1", "198.51.100.1"],
      ["10.0.0.1", "198.51.100.1, 192.0.2.7, fd00::1, 10.1.1.1", "198.51.100.1"],
      ["10.0.0.1", "10.3.3.3, 10.2.2.2", "10.3.3.3"],
      ["10.0.0.1", "", "10.0.0.1"],
      ["10.0.0.1", " , ,198.51.100.1, ,", "198.51.100.1"],
      ["10.0.0.1", "198.51.100.1, unknown", "10.0.0.1"],
      ["10.0.0.1", "198.51.100.1, garbage, 10.2.2.2", "10.2.2.2"],
      ["10.0.0.1", "198.51.100.1:5678", "198.51.100.1"],
      ["10.0.0.1", "[2001:DB8::1]:443", "2001:db8::1"],
      ["10.0.0.1", "2001:db8::1", "2001:db8::1"],
      ["10.0.0.1", "198.51.100.1, ::ffff:10.9.9.9", "198.51.100.1"],
      ["::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"],
      ["fd00::1%eth0", "198.51.100.1", "198.51.100.1"],
      ["192.0.2.8", "198.51.100.1", "192.0.2.8"],
    ] as const
  ) {
    const request = received(hostname, { "x-forwarded-for": entries });
    assert.equal(clientAddress(request, { trustedProxies: trusted }), expected, entries);
  }
});

Deno.test("client address: Forwarded says the same, and scheme and host are of the same proxy", () => {
  const proxies = new TrustedProxies({ trustedProxies: ["10.0.0.0/8"], forwardedBy: "forwarded" });
  for (
    const [field, expected] of [
      ["for=198.51.100.1;proto=https;host=a.example", ["198.51.100.1", "https", "a.example"]],
      ['for=evil, for="[2001:db8::1]:80";proto=HTTPS, for=10.2.2.2;proto=http;host=inner', [
        "2001:db8::1",
        "https",
        undefined,
      ]],
      ["for=_hidden;host=a.example, for=10.2.2.2", ["10.2.2.2", undefined, "a.example"]],
      ["proto=https", ["10.0.0.1", "https", undefined]],
      ['for=198.51.100.1;proto=javascript;host="a/b"', ["198.51.100.1", undefined, undefined]],
      ['for="198.51.100.1', ["10.0.0.1", undefined, undefined]],
    ] as const
  ) {
    const { address, proto, host } = proxies.clientOf(received("10.0.0.1", { forwarded: field }));
    assert.deepEqual([address, proto, host], expected, field);
  }
  assert.deepEqual(proxies.clientOf(received("192.0.2.1", { forwarded: "proto=https" })), {
    address: "192.0.2.1",
    proto: undefined,
    host: undefined,
  });
});

Deno.test("client address: X-Forwarded-Proto and -Host are read at the place of the address", () => {
  const proxies = new TrustedProxies({ trustedProxies: ["10.0.0.0/8"] });
  for (
    const [entries, protos, hosts, expected] of [
      ["198.51.100.1", "https", "A.example:8443", ["https", "a.example:8443"]],
      ["198.51.100.1, 10.2.2.2", "https", "a.example", ["https", "a.example"]],
      ["198.51.100.1, 10.2.2.2", "https, http", "a.example, inner", ["https", "a.example"]],
      ["9.9.9.9, 198.51.100.1", "https, http", "evil, a.example", ["http", "a.example"]],
      ["", "https", "a.example", ["https", "a.example"]],
    ] as const
  ) {
    const { proto, host } = proxies.clientOf(received("10.0.0.1", {
      "x-forwarded-for": entries,
      "x-forwarded-proto": protos,
      "x-forwarded-host": hosts,
    }));
    assert.deepEqual([proto, host], expected, entries);
  }
  const untold = proxies.clientOf(received("192.0.2.1", { "x-forwarded-proto": "https" }));
  assert.equal(untold.proto, undefined);
});

Deno.test("client address: a number counts proxies, whoever they are", () => {
  const entries = { "x-forwarded-for": "203.0.113.9, 198.51.100.1, 192.0.2.50" };
  for (
    const [trustedProxies, expected] of [
      [0, "192.0.2.1"],
      [1, "192.0.2.50"],
      [2, "198.51.100.1"],
      [3, "203.0.113.9"],
      [4, "203.0.113.9"],
    ] as const
  ) assert.equal(clientAddress(received("192.0.2.1", entries), { trustedProxies }), expected);
  const inProcess = new Request("http://localhost/", { headers: entries });
  assert.equal(clientAddress(inProcess, { trustedProxies: 1 }), "192.0.2.50");
  assert.equal(clientAddress(inProcess, { trustedProxies: ["0.0.0.0/0"] }), undefined);
});

Deno.test("client address: names stand for ranges, and unix for a socket without an address", () => {
  const headers = { "x-forwarded-for": "198.51.100.1" };
  for (
    const [name, hostname, transport, expected] of [
      ["loopback", "127.0.0.1", "tcp", "198.51.100.1"],
      ["loopback", "::1", "tcp", "198.51.100.1"],
      ["loopback", "10.0.0.1", "tcp", "10.0.0.1"],
      ["private", "172.31.255.255", "tcp", "198.51.100.1"],
      ["private", "172.32.0.0", "tcp", "172.32.0.0"],
      ["private", "fe80::1%2", "tcp", "198.51.100.1"],
      ["unix", undefined, "unix", "198.51.100.1"],
      ["unix", "127.0.0.1", "tcp", "127.0.0.1"],
      ["loopback", undefined, "unix", undefined],
    ] as const
  ) {
    const request = received(hostname, headers, transport);
    assert.equal(clientAddress(request, { trustedProxies: [name] }), expected, name);
  }
});

const addresses = fc.constantFrom(
  ...["10.0.0.1", "10.9.9.9", "198.51.100.1", "203.0.113.9", "2001:db8::1", "fd00::1"],
);
const entry = fc.oneof(addresses, fc.constantFrom("unknown", "_x", "1.2.3", "", "999.1.1.1"));

Deno.test("client address: it decides as splitting, reversing and looking from the front does", () => {
  const isTrusted = (address: string): boolean => /^(10\.|fd00:)/.test(address);
  const proxies = new TrustedProxies({ trustedProxies: ["10.0.0.0/8", "fd00::/8"] });
  const quoted = new TrustedProxies({
    trustedProxies: ["10.0.0.0/8", "fd00::/8"],
    forwardedBy: "forwarded",
  });
  fc.assert(
    fc.property(addresses, fc.array(entry, { maxLength: 8 }), (peer, entries) => {
      let expected = peer;
      for (const next of entries.filter((one) => one !== "").reverse()) {
        if (!isTrusted(expected)) break;
        if (!/^(\d+\.\d+\.\d+\.\d+|.*:.*)$/.test(next) || next.startsWith("999")) break;
        expected = next;
      }
      const older = received(peer, { "x-forwarded-for": entries.join(", ") });
      assert.equal(proxies.addressOf(older), expected);
      const elements = entries.filter((one) => one !== "")
        .map((one) => `for="${one.includes(":") ? `[${one}]:80` : one}"`);
      const newer = received(peer, { forwarded: elements.join(",") });
      assert.equal(quoted.addressOf(newer), expected);
    }),
    settings,
  );
});

Deno.test("client address: bad options are named", () => {
  for (
    const [options, name, message] of [
      [{ trustedProxies: -1 }, "RangeError", /trustedProxies/],
      [{ trustedProxies: 1.5 }, "RangeError", /trustedProxies/],
      [{ trustedProxies: ["10.0.0.0/99"] }, "TypeError", /10\.0\.0\.0\/99/],
      [{ trustedProxies: ["__proto__"] }, "TypeError", /__proto__/],
      [{ trustedProxies: 1, trustProxy: true }, "TypeError", /no option "trustProxy"/],
      [{ trustedProxies: 1, forwardedBy: "x-real-ip" }, "TypeError", /forwardedBy/],
    ] as const
  ) assert.throws(() => new TrustedProxies(options as TrustedProxiesOptions), { name, message });
});
