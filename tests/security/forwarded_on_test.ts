// SECURITY.md row 14, the client's side: what a gateway writes cannot be steered by who sent the request.
import assert from "node:assert/strict";
import { keepConnection } from "../../src/message/connection.ts";
import { parseForwarded } from "../../src/message/forwarded.ts";
import { forwardedHeadersFor, type ForwardedMode } from "../../src/message/forwarded_build.ts";
import { TrustedProxies } from "../../src/layers/client_address.ts";

const client = "198.51.100.1";

/** A request of a peer. */
function from(hostname: string, fields: HeadersInit): Request {
  const request = new Request("http://localhost/", { headers: fields });
  keepConnection(request, { remoteAddr: { transport: "tcp", hostname } });
  return request;
}

/** What the server behind a gateway takes for the client of a request that came with `fields`. */
function believed(
  fields: HeadersInit,
  mode: ForwardedMode,
  field: "forwarded" | "x-forwarded-for",
) {
  const sent = from("10.0.0.9", forwardedHeadersFor(from(client, fields), mode));
  return new TrustedProxies({ trustedProxies: ["10.0.0.0/8"], forwardedBy: field }).addressOf(sent);
}

const spoofs = [
  ...["127.0.0.1", "10.0.0.1", "10.0.0.1, 10.0.0.2", ",,,", "unknown", '"', "'", "[", "\\", "::1"],
  ...['for="', 'for="x', 'for="\\', 'for="\\"', 'for=127.0.0.1;a="', 'x"', '\\"', 'for=\\"a"'],
  ...[
    'for=";for=127.0.0.1;a="',
    "for=127.0.0.1",
    "for=127.0.0.1;",
    ";",
    "for=10.0.0.1, for=10.0.0.2",
  ],
  "for=10.0.0.1,".repeat(1000),
  "x".repeat(8000),
  '"' + "x".repeat(8000) + '"',
];

Deno.test("security 14: a client cannot make a gateway name somebody else", () => {
  for (const spoofed of spoofs) {
    for (const name of ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-by"]) {
      for (const mode of ["enable", "transition"] as const) {
        const fields = { [name]: spoofed };
        assert.equal(
          believed(fields, mode, "forwarded"),
          client,
          `${name}: ${spoofed.slice(0, 30)}`,
        );
      }
    }
  }
});

Deno.test("security 14: an older field that a client sends is not passed on as the gateway's", () => {
  for (const spoofed of spoofs) {
    const fields = { "x-forwarded-for": spoofed };
    assert.equal(believed(fields, "enable", "x-forwarded-for"), client, spoofed.slice(0, 30));
  }
  // Removed: the gateway is who is connected, and nobody else is named.
  assert.equal(
    believed({ "x-forwarded-for": "127.0.0.1" }, "transition", "x-forwarded-for"),
    "10.0.0.9",
  );
});

Deno.test("security 14: Connection cannot take away what the gateway writes", () => {
  const fields = {
    connection: "forwarded, x-forwarded-for, x-forwarded-host",
    "x-forwarded-for": "127.0.0.1",
  };
  assert.equal(believed(fields, "enable", "forwarded"), client);
  assert.equal(believed(fields, "enable", "x-forwarded-for"), client);
});

Deno.test("security 14: what is passed on is bounded, the nearest proxies' elements stay", () => {
  const long = Array.from({ length: 5000 }, (_, index) => `for=_${index}`).join(", ");
  for (const name of ["forwarded", "x-forwarded-for"]) {
    for (const mode of ["enable", "transition"] as const) {
      const headers = forwardedHeadersFor(
        from(client, { [name]: long.replaceAll("for=", name === "forwarded" ? "for=" : "") }),
        mode,
      );
      const value = headers.get("forwarded") ?? "";
      assert.ok(value.length <= 4200, `${value.length}`);
      assert.ok((headers.get("x-forwarded-for") ?? "").length <= 4200);
      const elements = parseForwarded(value);
      assert.equal(elements.at(-1)?.for, client);
      if (name === "forwarded" || mode === "transition") {
        assert.equal(elements.at(-2)?.for, "_4999");
      }
    }
  }
});

Deno.test("security 14: a host that could mean anything else is not told", () => {
  for (
    const host of ["a@b", "a/b", "a b", 'a"b', "a,b", "a;b", "[::1", "a:999999", "a".repeat(300)]
  ) {
    const headers = forwardedHeadersFor(from(client, { host }));
    assert.equal(headers.get("forwarded"), `for=${client};host=localhost;proto=http`, host);
  }
});
