/** What a gateway tells of a request it passes on (RFC 7239). @module */
import assert from "node:assert/strict";
import fc from "fast-check";
import { keepConnection, type PlatformAddress } from "../../src/message/connection.ts";
import { forwardedHops, parseForwarded } from "../../src/message/forwarded.ts";
import {
  forwardedHeadersFor,
  type ForwardedMode,
  type ForwardedOptions,
} from "../../src/message/forwarded_build.ts";
import { forwardedNode, serializeForwarded } from "../../src/message/forwarded_build_element.ts";
import { keepOrigin } from "../../src/message/request_origin.ts";
import { TrustedProxies } from "../../src/layers/client_address.ts";

const settings = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 500 };

/** A request as a gateway receives it. */
function received(
  remoteAddr: PlatformAddress | string | undefined,
  fields: HeadersInit = {},
  localAddr?: PlatformAddress,
): Request {
  const request = new Request("http://albums.example:8080/v1", { headers: fields });
  if (remoteAddr === undefined) return request;
  const peer = typeof remoteAddr === "string"
    ? { transport: "tcp", hostname: remoteAddr, port: 50_000 }
    : remoteAddr;
  keepConnection(request, { remoteAddr: peer, ...(localAddr === undefined ? {} : { localAddr }) });
  return request;
}

const own = 'for=192.0.2.60;host="albums.example:8080";proto=http';

Deno.test("passing on: who sent the request, where to and how", () => {
  for (
    const [request, expected] of [
      [received("192.0.2.60"), own],
      [received("2001:DB8::17"), 'for="[2001:db8::17]";host="albums.example:8080";proto=http'],
      [received("fe80::1%eth0"), 'for="[fe80::1]";host="albums.example:8080";proto=http'],
      [received("::ffff:192.0.2.60"), own],
      [received(undefined), 'for=unknown;host="albums.example:8080";proto=http'],
      [
        received({ transport: "unix" }),
        'for=unknown;host="albums.example:8080";proto=http',
      ],
      [
        received("192.0.2.60", { host: "Other.Example" }),
        "for=192.0.2.60;host=other.example;proto=http",
      ],
      [received("192.0.2.60", { host: 'a";for=127.0.0.1' }), own],
      [
        received("192.0.2.60", {}, { hostname: "203.0.113.60", port: 80 }),
        'for=192.0.2.60;by=203.0.113.60;host="albums.example:8080";proto=http',
      ],
      [received("192.0.2.60", {}, { hostname: "0.0.0.0", port: 80 }), own],
    ] as const
  ) {
    assert.equal(forwardedHeadersFor(request).get("forwarded"), expected);
  }
});

Deno.test("passing on: a request that an interceptor made tells of the one received", () => {
  const first = received("192.0.2.60", { host: "albums.example" });
  const second = new Request("https://inside.example/", { headers: { "x-a": "1" } });
  keepOrigin(second, first);
  const headers = forwardedHeadersFor(second);
  assert.equal(headers.get("forwarded"), "for=192.0.2.60;host=albums.example;proto=http");
  assert.equal(headers.get("x-a"), "1");
});

Deno.test("passing on: what each mode makes of what was received", () => {
  const three = {
    "x-forwarded-for": "192.0.2.43, 2001:db8:cafe::17",
    "x-forwarded-host": "www.example",
    "x-forwarded-proto": "https",
  };
  const element = "for=192.0.2.43;by=203.0.113.60;proto=http;host=example.com";
  const rows: [ForwardedMode, Record<string, string>, Record<string, string>][] = [
    ["disable", {}, {}],
    ["disable", { ...three, forwarded: element }, { ...three, forwarded: element }],
    ["enable", {}, { forwarded: own }],
    ["enable", { forwarded: element }, { forwarded: `${element}, ${own}` }],
    ["enable", { forwarded: "by=203.0.113.60" }, { forwarded: `by=203.0.113.60, ${own}` }],
    ["enable", { forwarded: " , " }, { forwarded: own }],
    ["enable", three, {
      forwarded: own,
      "x-forwarded-for": "192.0.2.43, 2001:db8:cafe::17, 192.0.2.60",
      "x-forwarded-host": "www.example, albums.example:8080",
      "x-forwarded-proto": "https, http",
    }],
    ["enable", { "x-forwarded-by": "13.134.224.167" }, {
      forwarded: own,
      "x-forwarded-by": "13.134.224.167",
    }],
    ["transition", {}, { forwarded: own }],
    ["transition", { forwarded: element }, { forwarded: `${element}, ${own}` }],
    ["transition", three, {
      forwarded:
        `for=192.0.2.43;host=www.example;proto=https, for="[2001:db8:cafe::17]";host=www.example;proto=https, ${own}`,
    }],
    ["transition", { forwarded: element, "x-forwarded-for": "192.0.2.1" }, {
      forwarded: `${element}, for=192.0.2.1, ${own}`,
    }],
    ["transition", { "x-forwarded-for": "192.0.2.43:47011, [2001:db8::1]:80, unknown, _a, a;b" }, {
      forwarded:
        `for="192.0.2.43:47011", for="[2001:db8::1]:80", for=unknown, for=_a, for=unknown, ${own}`,
    }],
    ["transition", {
      "x-forwarded-by": "123.34.24.65",
      "x-forwarded-host": "www.abc.com",
      "x-forwarded-proto": "https",
    }, {
      forwarded: `for=unknown;by=123.34.24.65;host=www.abc.com;proto=https, ${own}`,
    }],
    ["transition", { "x-forwarded-for": "192.0.2.1", "x-forwarded-by": "192.0.2.2" }, {
      forwarded: `for=192.0.2.1, ${own}`,
    }],
  ];
  for (const [mode, fields, expected] of rows) {
    const headers = forwardedHeadersFor(received("192.0.2.60", fields), mode);
    assert.deepEqual(Object.fromEntries(headers), expected, `${mode} ${JSON.stringify(fields)}`);
  }
});

Deno.test("passing on: a gateway's name", () => {
  const request = received("192.0.2.60", { "x-forwarded-by": "192.0.2.1" });
  for (
    const [by, expected] of [
      ["_gateway", "_gateway"],
      ["203.0.113.60", "203.0.113.60"],
      ["2001:db8::1", "[2001:db8::1]"],
      ["[2001:db8::1]:8080", "[2001:db8::1]:8080"],
    ] as const
  ) {
    const headers = forwardedHeadersFor(request, { by });
    assert.equal(parseForwarded(headers.get("forwarded") ?? "")[0]?.by, expected);
  }
  assert.equal(
    forwardedHeadersFor(request, { by: "_gateway" }).get("x-forwarded-by"),
    "192.0.2.1, _gateway",
  );
});

Deno.test("passing on: options that mean nothing are refused", () => {
  for (
    const [options, message] of [
      [
        { mode: "on" },
        'forwarded has no mode "on": set mode to "disable", "enable" or "transition"',
      ],
      [{ by: "gateway.example" }, 'cannot call itself "gateway.example": set by to an IP address'],
      [{ by: '_a"' }, "cannot call itself"],
      [{ name: "x" }, 'forwarded has no option "name"'],
      [{ mode: "disable", by: "_a" }, 'in mode "disable": set mode to "enable"'],
    ] as const
  ) {
    assert.throws(
      () => forwardedHeadersFor(received("192.0.2.60"), options as ForwardedOptions),
      (error: unknown) => error instanceof TypeError && error.message.includes(message),
      message,
    );
  }
});

Deno.test("passing on: an element is written as it is read", () => {
  const address = fc.oneof(fc.ipV4(), fc.ipV6());
  const name = fc.stringMatching(/^_[A-Za-z0-9._-]{1,10}$/);
  const node = fc.oneof(address, name, fc.constant("unknown"));
  const element = fc.record({
    for: node,
    by: node,
    host: fc.constantFrom("a.example", "a.example:80", "[::1]", "[::1]:8080"),
    proto: fc.constantFrom("http", "https"),
  }, { requiredKeys: ["for"] });
  fc.assert(
    fc.property(element, (given) => {
      const normal = { ...given, for: forwardedNode(given.for) };
      if (given.by !== undefined) normal.by = forwardedNode(given.by) as string;
      assert.deepEqual(parseForwarded(serializeForwarded(given)), [normal]);
    }),
    settings,
  );
  for (
    const bad of [
      { for: "a.example" },
      { by: '"' },
      { host: "a b" },
      { proto: "ftp" },
      { for: "_a\r\nx: y" },
    ]
  ) {
    assert.throws(() => serializeForwarded(bad), /^TypeError: Cannot write ".+" as \w+ of a/);
  }
});

Deno.test("passing on: what was received left of it, it reads as one whole element more", () => {
  const noise = fc.string({
    unit: fc.constantFrom(...'for=by;host,"\\ []:._1aé\t'),
    maxLength: 60,
  });
  const mode = fc.constantFrom<ForwardedMode>("enable", "transition");
  fc.assert(
    fc.property(noise, noise, noise, mode, (forwarded, older, host, chosen) => {
      const fields = { forwarded, "x-forwarded-for": older, "x-forwarded-host": host };
      const value = forwardedHeadersFor(received("192.0.2.60", fields), chosen).get("forwarded");
      const elements = parseForwarded(value ?? "");
      assert.deepEqual(elements.at(-1), {
        for: "192.0.2.60",
        host: "albums.example:8080",
        proto: "http",
      });
      assert.equal(forwardedHops(value ?? "").length, elements.length);
    }),
    settings,
  );
});

Deno.test("passing on: what transition makes is believed as what was received would be", () => {
  const node = fc.constantFrom("10.0.0.1", "10.0.0.2", "198.51.100.1", "2001:db8::1", "unknown");
  const list = (item: fc.Arbitrary<string>) =>
    fc.array(item, { minLength: 1, maxLength: 4 }).map((items) => items.join(", "));
  const host = list(fc.constantFrom("a.example", "b.example:80"));
  const proto = list(fc.constantFrom("http", "https"));
  const gatewayAddress = "10.0.0.9";
  const older = new TrustedProxies({ trustedProxies: ["10.0.0.0/8"] });
  const newer = new TrustedProxies({ trustedProxies: ["10.0.0.0/8"], forwardedBy: "forwarded" });
  fc.assert(
    fc.property(list(node), host, proto, (senders, hosts, protos) => {
      const request = received("10.0.0.3", {
        "x-forwarded-for": senders,
        "x-forwarded-host": hosts,
        "x-forwarded-proto": protos,
      });
      const sent = received(gatewayAddress, forwardedHeadersFor(request, "transition"));
      assert.deepEqual(newer.clientOf(sent), older.clientOf(request));
    }),
    settings,
  );
});
