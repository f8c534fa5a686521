/** Row 24: no other spelling of a host slips past the list of what needs no proxy, or into it. @module */
import assert from "node:assert/strict";
import { noProxyFor } from "../../src/client/transport_no_proxy.ts";

Deno.test("security 24: every spelling of an address is in a range, or none is", () => {
  const spellings = [
    ["127.0.0.1", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "2130706433", "017700000001", "127.1"],
    ["127.0.1", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:1]", "127.0.0.1."],
    ["%31%32%37.0.0.1", "①②⑦.0.0.1", "127。0。0。1"],
  ].flat();
  const loopback = noProxyFor(["127.0.0.0/8"]);
  const mapped = noProxyFor(["::ffff:127.0.0.0/104"]);
  const another = noProxyFor(["10.0.0.0/8", "localhost", "1.example", "0.0.1"].slice(0, 3));
  for (const host of spellings) {
    const url = new URL(`http://${host}/`);
    assert.ok(loopback(url), host);
    assert.ok(mapped(url), host);
    assert.ok(!another(url), host);
  }
});

Deno.test("security 24: names that only look like one on the list go through the proxy", () => {
  const bypasses = noProxyFor(["internal.example", "10.0.0.1", "localhost"]);
  const others = [
    ["http://internal.example@evil.example/", "http://evil.example/internal.example"],
    ["http://evil.example?internal.example", "http://evil.example#.internal.example"],
    ["http://evilinternal.example/", "http://internal.example.evil.example/"],
    ["http://internal-example/", "http://10.0.0.1.evil.example/", "http://localhost.evil.example/"],
    ["http://internal.example%2eevil.example/", "http://xn--nternal-q9a.example/"],
    ["http://evil.example\\@internal.example/"],
  ].flat();
  for (const url of others) assert.ok(!bypasses(new URL(url)), url);
  for (const url of ["http://user@internal.example./", "http://INTERNAL.example", "http://10.1"]) {
    assert.ok(bypasses(new URL(url)), url);
  }
});

Deno.test("security 24: a list cannot be written in a spelling that is understood differently", () => {
  for (const entry of ["0177.0.0.1", "127.1", "2130706433", "010.0.0.0/8", "[::ffff:127.1]"]) {
    assert.throws(() => noProxyFor([entry]), TypeError, entry);
  }
});
