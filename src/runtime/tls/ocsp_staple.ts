/**
 * OCSP (RFC 6960) as a server needs it that staples: asking the responder that its certificate names,
 * and how long an answer is good for. Whether it is genuine is the client's to verify.
 *
 * @module
 */
import { certificatesOfPem, readCertificate } from "./certificate.ts";
import { DerReader, Tag } from "./der.ts";

/** How much of an answer is read, in bytes; those of real responders have some two thousand. */
const longestResponse = 65_536;

/** Milliseconds that a responder may take. */
const responderTimeout = 10_000;

/**
 * When the answer in an OCSP response is over, in milliseconds since 1970; `undefined` where it does
 * not say.
 *
 * @throws {Error} when it is no answer, but an error or nothing that can be read.
 */
export function ocspEnd(response: Uint8Array): number | undefined {
  const outer = new DerReader(response).inside(Tag.sequence);
  const [status] = outer.expect(0x0a);
  if (status !== 0) throw new Error(`The OCSP response is an error, of status ${status}`);
  const bytes = outer.inside(0xa0).inside(Tag.sequence);
  if (bytes.oid() !== "1.3.6.1.5.5.7.48.1.1") throw new Error("The OCSP response is no basic one");
  const data = bytes.inside(Tag.octetString).inside(Tag.sequence).inside(Tag.sequence);
  data.optional(0xa0);
  data.next();
  data.expect(0x18);
  const single = data.inside(Tag.sequence).inside(Tag.sequence);
  single.expect(Tag.sequence);
  single.next();
  single.expect(0x18);
  const end = single.optional(0xa0);
  return end === undefined ? undefined : timeOf(new DerReader(end).expect(0x18));
}

/** The bytes in a file. */
export async function readOcspFile(place: string | URL): Promise<Uint8Array> {
  const { readFile } = await import("node:fs/promises");
  return await readFile(place);
}

/**
 * Asks the responder that a certificate names.
 *
 * @param cert PEM with the certificate and, behind it, that of its issuer
 * @throws {Error} (as a rejection) when it names none, the issuer is missing, or there is no answer.
 */
export async function askResponder(cert: string): Promise<Uint8Array> {
  const [leaf, above] = certificatesOfPem(cert);
  if (leaf === undefined || above === undefined) {
    throw new Error(
      "The issuer's certificate is not behind the certificate, so OCSP cannot be asked",
    );
  }
  const certificate = readCertificate(leaf);
  const url = certificate.ocspUrl;
  if (url === undefined || !/^https?:/i.test(url)) {
    throw new Error("The certificate names no OCSP responder");
  }
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/ocsp-request", accept: "application/ocsp-response" },
    body: await ocspRequest(certificate, readCertificate(above).publicKey),
    redirect: "error",
    signal: AbortSignal.timeout(responderTimeout),
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`The OCSP responder answers with status ${response.status}`);
  }
  return await readAtMost(response, longestResponse);
}

/** A request for one certificate, known by SHA-1 as every responder does (RFC 5019 section 2.1.1). */
async function ocspRequest(
  { issuerName, serial }: { readonly issuerName: Uint8Array; readonly serial: Uint8Array },
  issuerKey: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  const sha1 = async (bytes: Uint8Array): Promise<Uint8Array> =>
    new Uint8Array(await crypto.subtle.digest("SHA-1", new Uint8Array(bytes)));
  const algorithm = der(Tag.sequence, [0x06, 5, 0x2b, 0x0e, 3, 2, 0x1a, 0x05, 0]);
  const certificate = der(
    Tag.sequence,
    algorithm,
    der(Tag.octetString, await sha1(issuerName)),
    der(Tag.octetString, await sha1(issuerKey)),
    der(Tag.integer, serial),
  );
  // A request in a list, in what may be signed, in the whole.
  let request = certificate;
  for (let depth = 0; depth < 4; depth++) request = der(Tag.sequence, request);
  return request;
}

/** One value in DER; none of them has more than 255 bytes. */
function der(tag: number, ...parts: readonly ArrayLike<number>[]): Uint8Array<ArrayBuffer> {
  const content = parts.flatMap((part) => Array.from(part));
  const length = content.length < 0x80 ? [content.length] : [0x81, content.length];
  return Uint8Array.from([tag, ...length, ...content]);
}

async function readAtMost(response: Response, limit: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of response.body ?? []) {
    size += piece.length;
    if (size > limit) throw new Error(`The OCSP responder sends more than ${limit} bytes`);
    pieces.push(piece);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** GeneralizedTime, in UTC and without fractions (RFC 5280 section 4.1.2.5.2). */
function timeOf(content: Uint8Array): number {
  const text = new TextDecoder().decode(content);
  const iso = text.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z");
  const time = iso === text ? NaN : Date.parse(iso);
  if (Number.isNaN(time)) throw new SyntaxError("The OCSP response has a time that cannot be read");
  return time;
}
