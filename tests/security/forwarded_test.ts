// SECURITY.md row 14: which hop is trusted, odd addresses, slow patterns (CVE-2025-55152).
import assert from "node:assert/strict";
import { stack } from "../../mod.ts";
import { keepConnection } from "../../src/message/connection.ts";
import { forwardedHops, nearestFirst, parseForwarded } from "../../src/message/forwarded.ts";
import { parseIpAddress } from "../../src/message/ip_address.ts";
import { TrustedProxies } from "../../src/layers/client_address.ts";
import { rateLimit } from "../../src/layers/rate_limit.ts";

/** A request of a peer, with fields as they were sent. */
function from(hostname: string, ...fields: [string, string][]): Request {
  const headers = new Headers();
  for (const [name, value] of fields) headers.append(name, value);
  const request = new Request("http://localhost/", { headers });
  keepConnection(request, { remoteAddr: { transport: "tcp", hostname } });
  return request;
}

const client = "198.51.100.1";

Deno.test("security 14: nobody is believed unless they are trusted", () => {
  const nobody = new TrustedProxies();
  const others = new TrustedProxies({ trustedProxies: ["10.0.0.0/8"] });
  for (const proxies of [nobody, others]) {
    const request = from(
      client,
      ["x-forwarded-for", "10.0.0.1"],
      ["x-forwarded-proto", "https"],
      ["x-forwarded-host", "admin.example"],
      ["forwarded", "for=10.0.0.1;proto=https;host=admin.example"],
      ["x-real-ip", "10.0.0.1"],
    );
    assert.deepEqual(proxies.clientOf(request), {
      address: client,
      proto: undefined,
      host: undefined,
    });
  }
});

Deno.test("security 14: what a client writes left of a proxy's entry changes nothing", () => {
  const proxies = new TrustedProxies({ trustedProxies: ["10.0.0.0/8"] });
  for (
    const spoofed of [
      ...["127.0.0.1", "10.0.0.1", "10.0.0.1, 10.0.0.2", ",,,", "unknown", '"', "'", "[", "\\"],
      ...["for=127.0.0.1", "a".repeat(8000), "::1", "127.0.0.1:80", "\t"],
    ]
  ) {
    const joined = from("10.0.0.9", ["x-forwarded-for", `${spoofed}, ${client}`]);
    assert.equal(proxies.addressOf(joined), client, spoofed.slice(0, 20));
    const lines = from("10.0.0.9", ["x-forwarded-for", spoofed], ["X-Forwarded-For", client]);
    assert.equal(proxies.addressOf(lines), client, spoofed.slice(0, 20));
  }
});

Deno.test("security 14: open quotes hide what follows, and make nobody else appear", () => {
  const proxies = new TrustedProxies({ trustedProxies: ["10.0.0.0/8"], forwardedBy: "forwarded" });
  const written = [`for=${client}`, `for="${client}:80";by="10.0.0.9"`, `for="${client}"`];
  for (const spoofed of ['for="', 'for="x', 'for="\\', 'for="\\"', 'for=127.0.0.1;a="', 'x"']) {
    for (const added of written) {
      const request = from("10.0.0.9", ["forwarded", spoofed], ["forwarded", added]);
      assert.ok([client, "10.0.0.9"].includes(proxies.addressOf(request) ?? ""), spoofed + added);
    }
  }
  const balanced = [
    'for=";for=127.0.0.1;a="',
    'for="x, for=127.0.0.1"',
    "for=127.0.0.1;for=",
    "=,=",
  ];
  for (const spoofed of balanced) {
    for (const added of written) {
      const request = from("10.0.0.9", ["forwarded", spoofed], ["forwarded", added]);
      assert.equal(proxies.addressOf(request), client, spoofed);
    }
  }
});

Deno.test("security 14: only the field that the proxies write is read", () => {
  const fields: [string, string][] = [
    ["forwarded", "for=127.0.0.1;proto=https"],
    ["x-forwarded-for", client],
  ];
  const older = new TrustedProxies({ trustedProxies: ["10.0.0.0/8"] });
  assert.equal(older.addressOf(from("10.0.0.9", ...fields)), client);
  assert.equal(older.clientOf(from("10.0.0.9", ...fields)).proto, undefined);
  const newer = new TrustedProxies({ trustedProxies: ["10.0.0.0/8"], forwardedBy: "forwarded" });
  assert.equal(newer.addressOf(from("10.0.0.9", ...fields)), "127.0.0.1");
  assert.equal(newer.addressOf(from("10.0.0.9", ["x-forwarded-for", client])), "10.0.0.9");
});

Deno.test("security 14: an IPv4-mapped address is the IPv4 address, as peer, entry and range", () => {
  for (const range of ["10.0.0.0/8", "::ffff:10.0.0.0/104"]) {
    const proxies = new TrustedProxies({ trustedProxies: [range] });
    for (const peer of ["10.0.0.9", "::ffff:10.0.0.9", "::FFFF:0a00:0009"]) {
      for (const entry of [client, `::ffff:${client}`, `[::ffff:c633:6401]:80`]) {
        assert.equal(proxies.addressOf(from(peer, ["x-forwarded-for", entry])), client);
      }
    }
  }
});

Deno.test("security 14: addresses that are read in two ways are read in none", () => {
  const proxies = new TrustedProxies({ trustedProxies: ["10.0.0.0/8", "loopback"] });
  for (
    const odd of [
      ...["0177.0.0.1", "0x7f.0.0.1", "2130706433", "127.1", "127.0.0.01", "10.8", "127.0.0.1%0"],
      ...[
        "::ffff:0177.0.0.1",
        "::1%lo",
        "[::1%lo]",
        "0:0:0:0:0:0:0:0:1",
        "::1::",
        "1.2.3.4.",
        "١٢٧.0.0.1",
      ],
    ]
  ) {
    // Were it trusted, the spoofed entry left of it would be believed.
    const value = new TextDecoder("latin1").decode(new TextEncoder().encode(`${client}, ${odd}`));
    assert.equal(proxies.addressOf(from("10.0.0.9", ["x-forwarded-for", value])), "10.0.0.9", odd);
  }
});

Deno.test("security 14: one client is one key, however its address is written", async () => {
  const one = rateLimit({ limit: 1, window: 60_000, client: { trustedProxies: ["10.0.0.0/8"] } });
  for (
    const [first, ...same] of [
      ["192.0.2.1", "::ffff:192.0.2.1", "[::ffff:c000:201]:80", "192.0.2.1:4711"],
      ["2001:db8::1", "2001:DB8:0:0::ffff", "[2001:db8::2]:9", "2001:db8:0:0:a:b:c:d"],
    ]
  ) {
    const limited = stack(() => Promise.resolve(new Response("in")), one);
    await limited(from("10.0.0.9", ["x-forwarded-for", first ?? ""]));
    for (const entry of same) {
      await assert.rejects(limited(from("10.0.0.9", ["x-forwarded-for", entry])), { status: 429 });
    }
  }
});

Deno.test("security 14: long and odd fields are read in linear time", () => {
  const length = 60_000;
  const proxies = new TrustedProxies({ trustedProxies: 1_000_000 });
  const newer = new TrustedProxies({ trustedProxies: 1_000_000, forwardedBy: "forwarded" });
  for (
    const piece of [
      ...[
        ",",
        " ",
        "a",
        '"',
        "\\",
        '"\\',
        "for=",
        "for=a;",
        "for=a,",
        'for="a",',
        ";",
        "=",
        "[",
        ":",
      ],
      ...["::", "1.", "1.2.3.4,", "[::1]:80,", "for=_a;proto=", "a=a ;", '\\"', "\t, ", ":1"],
    ]
  ) {
    const value = piece.repeat(length / piece.length);
    const request = from("10.0.0.9", ["x-forwarded-for", `${value}x`], ["forwarded", `${value}x`]);
    const start = performance.now();
    proxies.clientOf(request);
    newer.clientOf(request);
    for (const _ of nearestFirst(value));
    forwardedHops(value);
    parseIpAddress(value);
    assert.ok(parses(value) !== undefined);
    const time = performance.now() - start;
    // Far above what linear time takes, far below what quadratic time does.
    assert.ok(time < 500, `${JSON.stringify(piece)} took ${time.toFixed(0)} ms`);
  }
});

function parses(value: string): boolean {
  try {
    parseForwarded(value);
    return true;
  } catch {
    return false;
  }
}
