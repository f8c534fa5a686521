/**
 * A certificate of its own signing for a server of the bench, by the program `openssl`.
 *
 * @module
 */

/** A certificate and its key in PEM. */
export interface BenchCertificate {
  /** The certificate, for `localhost`. */
  readonly cert: string;
  /** Its private key, on the curve P-256. */
  readonly key: string;
}

/** Makes one, which nobody trusts. */
export async function benchCertificate(): Promise<BenchCertificate> {
  const { stdout } = await new Deno.Command("openssl", {
    args: [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
      ...["-keyout", "-", "-out", "-", "-days", "1", "-subj", "/CN=localhost"],
    ],
    stdin: "null",
    stderr: "null",
  }).output();
  const text = new TextDecoder().decode(stdout);
  const [cert] = /-----BEGIN CERT[^]*?-----END CERT.*/.exec(text) ?? [""];
  const [key] = /-----BEGIN PRIV[^]*?-----END PRIV.*/.exec(text) ?? [""];
  return { cert, key };
}
