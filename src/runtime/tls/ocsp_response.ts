/**
 * Reads what an OCSP responder says of a certificate (RFC 6960), by the package pkijs, which is loaded
 * when there is something to read.
 *
 * An answer counts if the certificate's issuer signed it, or a responder that the issuer certified for
 * nothing else; whether that responder's certificate was revoked is not asked again. Signatures with SHA-1
 * do not count.
 *
 * @module
 */
import { SslError } from "../../message/client_errors.ts";

/** A certificate that is asked for. */
export interface OcspSubject {
  /** The certificate, in DER. */
  readonly certificate: Uint8Array;
  /** That of whoever signed it, in DER. */
  readonly issuer: Uint8Array;
}

/** Bytes of an answer, beyond which it is not read. */
export const maxOcspResponse = 65_536;

/** What clocks may differ by, in milliseconds. */
const skew = 300_000;

/** How old an answer that does not say when there is a newer one may be, in milliseconds. */
const maxAge = 86_400_000;

/** Certificates of responders that are tried; one is usual. */
const maxSigners = 4;

/** Certificates that one answer speaks of; one is usual. */
const maxSubjects = 64;

/**
 * Checks that a certificate is good.
 *
 * @param now milliseconds since 1970.
 * @returns until when the answer holds, in milliseconds since 1970.
 * @throws {SslError} when the certificate was revoked, or the answer does not say for sure that it is
 * good.
 */
export async function checkOcspResponse(
  response: Uint8Array,
  subject: OcspSubject,
  now: number,
): Promise<number> {
  if (response.length > maxOcspResponse) throw doubt("its OCSP response is too long");
  const pkijs = await import("pkijs");
  const { basic, certificate, issuer } = readResponse(pkijs, response, subject);
  const { responses } = basic.tbsResponseData;
  if (responses.length > maxSubjects) throw doubt("its OCSP response is of too many certificates");
  try {
    // A server says itself who its issuer is: whoever has only the issuer's name could speak for it.
    if (!await certificate.verify(issuer)) {
      throw doubt("the issuer that the server names has not signed it");
    }
    if (!await isSigned(pkijs, basic, issuer, now)) {
      throw doubt("its OCSP response is not signed by its authority");
    }
    for (const answer of responses) {
      if (!await isOf(pkijs, answer.certID, certificate, issuer)) continue;
      return readAnswer(answer, now);
    }
  } catch (error) {
    if (error instanceof SslError) throw error;
    throw doubt("its OCSP response is signed in a way that is not known here", error);
  }
  throw doubt("its OCSP response is of another certificate");
}

/**
 * What is sent to a responder to ask for a certificate.
 *
 * @returns the question in DER, and where to ask: what the certificate names, which need not be there.
 * @throws {SslError} when the certificate cannot be read.
 */
export async function ocspRequest(
  subject: OcspSubject,
): Promise<{ readonly url: URL | undefined; readonly body: Uint8Array<ArrayBuffer> }> {
  const pkijs = await import("pkijs");
  try {
    const certificate = pkijs.Certificate.fromBER(new Uint8Array(subject.certificate));
    const issuer = pkijs.Certificate.fromBER(new Uint8Array(subject.issuer));
    const request = new pkijs.OCSPRequest();
    await request.createForCertificate(certificate, {
      // The one that every responder knows (RFC 5019 section 2.1.1); it protects nothing.
      hashAlgorithm: "SHA-1",
      issuerCertificate: issuer,
    });
    const body = new Uint8Array(request.toSchema(true).toBER());
    return { url: responderOf(pkijs, certificate), body };
  } catch (error) {
    throw doubt("it cannot be read", error);
  }
}

type Pkijs = typeof import("pkijs");
type Certificate = import("pkijs").Certificate;
type BasicOCSPResponse = import("pkijs").BasicOCSPResponse;

const basicResponse = "1.3.6.1.5.5.7.48.1.1";
const ocspAccess = "1.3.6.1.5.5.7.48.1";
const authorityInfoAccess = "1.3.6.1.5.5.7.1.1";
const extendedKeyUsage = "2.5.29.37";
const ocspSigning = "1.3.6.1.5.5.7.3.9";

function readResponse(
  pkijs: Pkijs,
  response: Uint8Array,
  subject: OcspSubject,
): { basic: BasicOCSPResponse; certificate: Certificate; issuer: Certificate } {
  let status: number;
  let basic: BasicOCSPResponse | undefined;
  let certificate: Certificate;
  let issuer: Certificate;
  try {
    const whole = pkijs.OCSPResponse.fromBER(new Uint8Array(response));
    status = whole.responseStatus.valueBlock.valueDec;
    if (whole.responseBytes?.responseType === basicResponse) {
      basic = pkijs.BasicOCSPResponse.fromBER(whole.responseBytes.response.getValue());
    }
    certificate = pkijs.Certificate.fromBER(new Uint8Array(subject.certificate));
    issuer = pkijs.Certificate.fromBER(new Uint8Array(subject.issuer));
  } catch (error) {
    throw doubt("its OCSP response cannot be read", error);
  }
  // RFC 6960 section 4.2.1: 0 is successful, 1 to 6 say why there is no answer.
  if (status !== 0) throw doubt(`its OCSP responder gives no answer (status ${status})`);
  if (basic === undefined) throw doubt("its OCSP response is of a kind that is not known");
  return { basic, certificate, issuer };
}

async function isSigned(
  pkijs: Pkijs,
  basic: BasicOCSPResponse,
  issuer: Certificate,
  now: number,
): Promise<boolean> {
  const crypto = pkijs.getCrypto(true);
  if (!isStrong(pkijs, basic)) return false;
  const isBy = (signer: Certificate): Promise<boolean> =>
    crypto.verifyWithPublicKey(
      new Uint8Array(basic.tbsResponseData.tbsView),
      basic.signature,
      signer.subjectPublicKeyInfo,
      basic.signatureAlgorithm,
      // Of another kind than the signature, a key cannot have made it.
    ).catch(() => false);
  if (await isBy(issuer)) return true;
  for (const signer of (basic.certs ?? []).slice(0, maxSigners)) {
    if (await isResponder(pkijs, signer, issuer, now) && await isBy(signer)) return true;
  }
  return false;
}

/** Whether something is signed over a hash for which nobody finds another text. */
function isStrong(
  pkijs: Pkijs,
  { signatureAlgorithm }: Pick<Certificate, "signatureAlgorithm">,
): boolean {
  const hash = pkijs.getCrypto(true).getHashAlgorithm(signatureAlgorithm);
  return hash.startsWith("SHA-") && hash !== "SHA-1";
}

/** RFC 6960 section 4.2.2.2: certified by the issuer itself, for answers like this. */
async function isResponder(
  pkijs: Pkijs,
  signer: Certificate,
  issuer: Certificate,
  now: number,
): Promise<boolean> {
  if (!signer.issuer.isEqual(issuer.subject)) return false;
  if (now < signer.notBefore.value.getTime() - skew) return false;
  if (now > signer.notAfter.value.getTime() + skew) return false;
  const usage = signer.extensions?.find(({ extnID }) => extnID === extendedKeyUsage)?.parsedValue;
  if (!usage?.keyPurposes?.includes(ocspSigning)) return false;
  if (!isStrong(pkijs, signer)) return false;
  return await signer.verify(issuer);
}

async function isOf(
  pkijs: Pkijs,
  id: import("pkijs").CertID,
  certificate: Certificate,
  issuer: Certificate,
): Promise<boolean> {
  if (!id.serialNumber.isEqual(certificate.serialNumber)) return false;
  const crypto = pkijs.getCrypto(true);
  const { name } = crypto.getAlgorithmByOID(id.hashAlgorithm.algorithmId, true, "CertID");
  const own = await pkijs.CertID.create(certificate, {
    hashAlgorithm: name,
    issuerCertificate: issuer,
  });
  return id.isEqual(own);
}

/** Reads what is said of one certificate, and until when. */
function readAnswer(
  { certStatus, thisUpdate, nextUpdate }: import("pkijs").SingleResponse,
  now: number,
): number {
  const { tagClass, tagNumber }: { tagClass: number; tagNumber: number } = certStatus.idBlock;
  // Whoever says that it was revoked is believed, however long ago it was said.
  if (tagClass === 3 && tagNumber === 1) {
    throw new SslError("The server's certificate was revoked (OCSP)");
  }
  if (tagClass !== 3 || tagNumber !== 0) throw doubt("its OCSP responder does not know it");
  const from = thisUpdate.getTime();
  const until = nextUpdate === undefined ? from + maxAge : nextUpdate.getTime();
  if (!(from - skew <= now)) throw doubt("its OCSP response is of a time to come");
  if (!(now <= until + skew)) throw doubt("its OCSP response is out of date");
  return until;
}

/** The first address by HTTP that a certificate names (RFC 5280 section 4.2.2.1). */
function responderOf(pkijs: Pkijs, { extensions = [] }: Certificate): URL | undefined {
  const found = extensions.find(({ extnID }) => extnID === authorityInfoAccess)?.parsedValue;
  if (!(found instanceof pkijs.InfoAccess)) return undefined;
  for (const { accessMethod, accessLocation } of found.accessDescriptions) {
    const { type, value }: { type: number; value: unknown } = accessLocation;
    // 6 is a URI.
    if (accessMethod !== ocspAccess || type !== 6 || typeof value !== "string") continue;
    if (URL.canParse(value) && new URL(value).protocol === "http:") return new URL(value);
  }
  return undefined;
}

/** The certificate is not known to be good. */
function doubt(reason: string, cause?: unknown): SslError {
  return new SslError(
    `The server's certificate is not known to be good: ${reason}`,
    cause === undefined ? undefined : { cause },
  );
}
