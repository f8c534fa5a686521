/**
 * What the words of Deno (rustls) and Node (OpenSSL) for a TLS connection that failed mean.
 *
 * @module
 */

/** What a platform says, and what that is; the first that fits counts. */
const meanings: readonly (readonly [RegExp, string])[] = [
  // What the other side says in an alert (RFC 8446 section 6.2) is about this side.
  [/CertificateRequired|alert certificate required/, "the server wants a client certificate"],
  [
    /CertificateRevoked|alert certificate revoked/,
    "the server says that the client's certificate was revoked",
  ],
  [
    /CertificateExpired|alert certificate expired/,
    "the server says that the client's certificate has expired",
  ],
  [
    /UnknownCA|alert unknown ca|BadCertificate|alert bad certificate|CertificateUnknown|alert certificate unknown/,
    "the server does not take the client's certificate",
  ],
  [
    /HandshakeFailure|alert handshake failure/,
    "the server wants a client certificate, or offers no cipher in common",
  ],
  [/ProtocolVersion|protocol version|unsupported protocol/, "no version of TLS in common"],
  [/UnrecognisedName|unrecognized name/, "the server does not know the name it is called by"],
  // What follows is about the other side's certificate.
  [
    /UnknownIssuer|unable to get (?:local )?issuer|unable to verify the first|self[- ]signed/,
    "the server's certificate is of no authority that is trusted, see tls.ca",
  ],
  [
    /peer certificate: (?:Expired|certificate expired)|has expired/,
    "the server's certificate has expired",
  ],
  [/NotValidYet|not valid yet|not yet valid/, "the server's certificate is not valid yet"],
  [
    /NotValidForName|not valid for name|match certificate's altnames/,
    "the server's certificate is for another host",
  ],
  [/certificate revoked/, "the server's certificate was revoked"],
  [
    /unable to get certificate CRL/,
    "there is no list of revoked certificates of one of the server's authorities",
  ],
  [/CRL has expired/, "a list of revoked certificates is out of date"],
  [
    /corrupt message|wrong version number|packet length too long|InvalidContentType/,
    "the server does not speak TLS",
  ],
];

/** The platform's words, with what they mean in front of them where that is known. */
export function tlsReason(words: string): string {
  const meaning = meanings.find(([pattern]) => pattern.test(words))?.[1];
  return meaning === undefined ? words : `${meaning} (${words})`;
}
