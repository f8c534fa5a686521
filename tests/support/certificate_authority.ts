/**
 * An authority that certifies for one test, by the program `openssl`: keys on the curve P-256, which
 * are made in some ten milliseconds.
 *
 * @module
 */

/** A certificate and its key, in PEM. */
export interface Identity {
  /** The certificate; those between it and its authority behind it. */
  readonly cert: string;
  /** The private key. */
  readonly key: string;
}

/** What a certificate says. */
export interface CertificateRequest {
  /** `DNS:localhost,IP:127.0.0.1`, or none for an authority. */
  readonly names?: string;
  /** What it may be used for, as `serverAuth`, `clientAuth` or `OCSPSigning`. */
  readonly usage?: string;
  /** Whether it may certify others. */
  readonly isAuthority?: boolean;
  /** Its place in its authority's books; also what a list of revoked ones and OCSP know it by. */
  readonly serial?: number;
  /** Days until it expires; below 0 for one that has, and so was never valid. */
  readonly days?: number;
}

/** Runs `openssl` in a folder. */
export async function openssl(folder: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", {
    args,
    cwd: folder,
    stdin: "null",
    stdout: "null",
  }).output();
  if (!success) throw new Error(`openssl ${args[0]}: ${new TextDecoder().decode(stderr)}`);
}

/** Whom `Authority` calls revoked in its books. */
export interface Revoked {
  /** The serial number. */
  readonly serial: number;
  /** Its subject's name. */
  readonly name: string;
}

/** An authority whose files are `NAME.pem` and `NAME.key` in a folder. */
export class Authority {
  /** The folder of its files and of those that it makes. */
  readonly folder: string;
  /** Its name, and that of its files. */
  readonly name: string;
  /** Its certificate in PEM. */
  readonly cert: string;
  #serial = 0x1000;

  private constructor(folder: string, name: string, cert: string) {
    this.folder = folder;
    this.name = name;
    this.cert = cert;
  }

  /** One that certifies itself; `more` is another extension. */
  static async root(
    folder: string,
    name: string,
    title: string,
    more?: string,
  ): Promise<Authority> {
    await openssl(
      folder,
      ...["req", "-x509", ...curve, "-keyout", `${name}.key`, "-out", `${name}.pem`],
      ...["-days", "2", "-subj", `/CN=${title}`],
      ...["-addext", "basicConstraints=critical,CA:TRUE"],
      ...more === undefined ? [] : ["-addext", more],
    );
    return Authority.at(folder, name);
  }

  /** One whose files are there. */
  static async at(folder: string, name: string): Promise<Authority> {
    return new Authority(folder, name, await Deno.readTextFile(`${folder}/${name}.pem`));
  }

  /** Certifies; the files are `NAME.pem` and `NAME.key`. */
  async sign(name: string, request: CertificateRequest): Promise<Identity> {
    const { folder } = this;
    const { names, usage, isAuthority = false, serial = this.#serial++, days = 2 } = request;
    await openssl(
      folder,
      ...["req", "-new", ...curve, "-keyout", `${name}.key`, "-out", `${name}.csr`],
      ...["-subj", `/CN=${name}`],
    );
    const extensions = [`basicConstraints=critical,CA:${isAuthority ? "TRUE" : "FALSE"}`];
    if (names !== undefined) extensions.push(`subjectAltName=${names}`);
    if (usage !== undefined) extensions.push(`extendedKeyUsage=${usage}`);
    await Deno.writeTextFile(`${folder}/${name}.ext`, `${extensions.join("\n")}\n`);
    await openssl(
      folder,
      ...["x509", "-req", "-in", `${name}.csr`, "-CA", `${this.name}.pem`],
      ...["-CAkey", `${this.name}.key`, "-set_serial", `${serial}`, "-out", `${name}.pem`],
      ...["-days", `${days}`, "-extfile", `${name}.ext`],
    );
    const read = (kind: string): Promise<string> => Deno.readTextFile(`${folder}/${name}.${kind}`);
    return { cert: await read("pem"), key: await read("key") };
  }

  /** A list of revoked certificates in PEM, which is also the file `NAME-crl.pem`. */
  async listRevoked(revoked: readonly Revoked[]): Promise<string> {
    const { folder, name } = this;
    await this.#writeBooks(revoked.map((entry) => bookLine(entry, "revoked")));
    await Deno.writeTextFile(
      `${folder}/${name}.cnf`,
      `[ca]\ndefault_ca=own\n[own]\ndatabase=${name}.index\ndefault_md=sha256\n`,
    );
    await openssl(
      folder,
      ...["ca", "-gencrl", "-config", `${name}.cnf`, "-cert", `${name}.pem`],
      ...["-keyfile", `${name}.key`, "-crldays", "2", "-out", `${name}-crl.pem`],
    );
    return await Deno.readTextFile(`${folder}/${name}-crl.pem`);
  }

  /**
   * What an OCSP responder says of a certificate that this authority signed, in DER.
   *
   * @param signer the files' name of whoever signs the answer.
   * @param minutes until there is a newer answer.
   */
  async ocsp(
    { serial, name: subject }: Revoked,
    { status, signer = this.name, minutes = 60 }: OcspAnswer,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { folder, name } = this;
    const file = `${name}-${serial}-${status}-${signer}`;
    const lines = status === "unknown" ? [] : [bookLine({ serial, name: subject }, status)];
    await this.#writeBooks(lines, `${file}.index`);
    await openssl(
      folder,
      ...["ocsp", "-issuer", `${name}.pem`, "-cert", `${subject}.pem`],
      ...["-no_nonce", "-reqout", `${file}.req`],
    );
    await openssl(
      folder,
      ...["ocsp", "-index", `${file}.index`, "-CA", `${name}.pem`, "-rsigner", `${signer}.pem`],
      ...["-rkey", `${signer}.key`, "-reqin", `${file}.req`, "-respout", `${file}.der`],
      ...["-nmin", `${minutes}`],
    );
    return await Deno.readFile(`${folder}/${file}.der`);
  }

  #writeBooks(lines: readonly string[], file = `${this.name}.index`): Promise<void> {
    return Deno.writeTextFile(`${this.folder}/${file}`, lines.join(""));
  }
}

/** What an OCSP answer says, and who signs it. */
export interface OcspAnswer {
  /** What is said of the certificate. */
  readonly status: "good" | "revoked" | "unknown";
  /** The files' name of whoever signs; the authority itself if it is left out. */
  readonly signer?: string;
  /** Minutes until there is a newer answer. */
  readonly minutes?: number;
}

const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc"];

/** A line of the text database that `openssl ca` and `openssl ocsp` read. */
function bookLine({ serial, name }: Revoked, status: "good" | "revoked"): string {
  const digits = serial.toString(16).toUpperCase();
  const hex = digits.length % 2 === 0 ? digits : `0${digits}`;
  const [mark, when] = status === "good" ? ["V", ""] : ["R", "200102030405Z,keyCompromise"];
  return `${mark}\t991231235959Z\t${when}\t${hex}\tunknown\t/CN=${name}\n`;
}
