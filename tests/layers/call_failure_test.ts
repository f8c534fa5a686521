/** What a failed call says of the next attempt, by the words of this library and of platforms. @module */
import assert from "node:assert/strict";
import { ClientConnectorError, SslError } from "../../src/message/client_errors.ts";
import { isTransient } from "../../src/layers/call_failure.ts";
import { retry } from "../../src/layers/retry.ts";
import { isTargetFailure } from "../../src/layers/circuit_breaker_outcome.ts";
import { mayWorkElsewhere } from "../../src/layers/target_failure.ts";
import { withCertificates } from "../support/certificates.ts";
import { hasPeer } from "../support/peers.ts";

const at = "error sending request for url (https://albums.example/) from 10.0.0.1:1 for " +
  "https://albums.example/ (10.0.0.2:443): client error (Connect): ";

/** What Deno's `fetch` fails with. */
const deno = (words: string): TypeError =>
  new TypeError("fetch failed", { cause: new Error(`${at}${words}`) });

/** What Node's does. */
const node = (code: string): TypeError =>
  new TypeError("fetch failed", { cause: Object.assign(new Error("words"), { code }) });

Deno.test("call failure: TLS does not pass, what else keeps from connecting may", () => {
  const table: [error: Error, isTransient: boolean][] = [
    [deno("invalid peer certificate: UnknownIssuer"), false],
    [deno("invalid peer certificate: certificate expired: verification time 1 (UNIX)"), false],
    [deno("received fatal alert: HandshakeFailure"), false],
    [deno("received corrupt message of type InvalidContentType"), false],
    [deno("peer is incompatible: NoCipherSuitesInCommon"), false],
    [deno("tls handshake eof"), false],
    [deno("unexpected EOF during handshake"), false],
    [node("DEPTH_ZERO_SELF_SIGNED_CERT"), false],
    [node("CERT_HAS_EXPIRED"), false],
    [node("UNABLE_TO_VERIFY_LEAF_SIGNATURE"), false],
    [node("ERR_TLS_CERT_ALTNAME_INVALID"), false],
    [node("ERR_SSL_WRONG_VERSION_NUMBER"), false],
    [node("EPROTO"), false],
    [
      new TypeError("fetch failed", { cause: new Error("outer", { cause: node("EPROTO").cause }) }),
      false,
    ],
    [new SslError("untrusted"), false],
    [deno("tcp connect error: Connection refused (os error 111)"), true],
    [deno("dns error: failed to lookup address information"), true],
    [deno("tcp connect error: invalid peer certificate"), true],
    [node("ECONNREFUSED"), true],
    [node("ECONNRESET"), true],
    [node("UND_ERR_SOCKET"), true],
    [new ClientConnectorError("refused"), true],
    // The address is the caller's, and says nothing of what happened.
    [
      new TypeError("fetch failed", {
        cause: new Error(
          "error sending request for url (https://a.example/invalid%20peer%20certificate): " +
            "connection closed before message completed",
        ),
      }),
      true,
    ],
    [new TypeError("Failed to fetch"), true],
    [new TypeError("invalid peer certificate"), false],
  ];
  for (const [error, expected] of table) {
    const { cause } = error;
    assert.equal(isTransient(error), expected, `${error.message} ${cause}`);
    // It is the target's fault in any case, and another may do better; but for the program's mistake.
    const isTargets = error.message !== "invalid peer certificate";
    assert.equal(mayWorkElsewhere(error), isTargets, `${error.message} ${cause}`);
    assert.equal(isTargetFailure(error), isTargets, `${error.message} ${cause}`);
  }
});

Deno.test("call failure: causes that go round in a circle end", () => {
  const cause = new Error("round");
  cause.cause = cause;
  assert.equal(isTransient(new TypeError("fetch failed", { cause })), true);
});

Deno.test({
  name: "call failure: the global fetch does not try again where it trusts nobody",
  ignore: !hasPeer("openssl"),
  fn: () =>
    withCertificates(async ({ server: { cert, key } }) => {
      const attempts = { count: 0 };
      await using server = Deno.serve(
        { hostname: "127.0.0.1", port: 0, cert, key, onListen: () => {} },
        () => new Response("never"),
      );
      const counted: typeof fetch = (...parts) => {
        attempts.count++;
        return fetch(...parts);
      };
      const send = retry({ interval: 0 })(counted);
      await assert.rejects(send(`https://127.0.0.1:${server.addr.port}/`), TypeError);
      assert.equal(attempts.count, 1);
    }),
});
