/**
 * Certificates that are made for one test, by the program `openssl`.
 *
 * @module
 */
import { withFolder } from "./temp_folder.ts";

/** A certificate and its key, in PEM. */
export interface Identity {
  /** The certificate. */
  readonly cert: string;
  /** The private key. */
  readonly key: string;
}

/** An authority and what it signed. */
export interface Certificates {
  /** The folder with `ca.pem`, `server.pem`, `server.key` and so on. */
  readonly folder: string;
  /** The authority's certificate. */
  readonly ca: string;
  /** For `localhost` and 127.0.0.1. */
  readonly server: Identity;
  /** For `other.example`. */
  readonly other: Identity;
  /** A client's. */
  readonly client: Identity;
}

/** Runs `check` with new certificates. */
export async function withCertificates(
  check: (certificates: Certificates) => Promise<void>,
): Promise<void> {
  await withFolder({}, async (folder) => {
    const read = (name: string): Promise<string> => Deno.readTextFile(`${folder}/${name}`);
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc"];
    const days = ["-days", "2"];
    const openssl = async (...args: string[]): Promise<void> => {
      const { success, stderr } = await new Deno.Command("openssl", { args, cwd: folder }).output();
      if (!success) throw new Error(new TextDecoder().decode(stderr));
    };
    await openssl(
      ...["req", "-x509", ...curve, "-keyout", "ca.key", "-out", "ca.pem", ...days],
      ...["-subj", "/CN=Test authority", "-addext", "basicConstraints=critical,CA:TRUE"],
    );
    const sign = async (name: string, names: string, usage: string): Promise<Identity> => {
      await openssl(
        ...["req", ...curve, "-keyout", `${name}.key`, "-out", `${name}.csr`],
        ...["-subj", `/CN=${name}`],
      );
      const extensions = `subjectAltName=${names}\nextendedKeyUsage=${usage}\n`;
      await Deno.writeTextFile(`${folder}/${name}.ext`, extensions);
      await openssl(
        ...["x509", "-req", "-in", `${name}.csr`, "-CA", "ca.pem", "-CAkey", "ca.key"],
        ...["-CAcreateserial", "-out", `${name}.pem`, ...days, "-extfile", `${name}.ext`],
      );
      return { cert: await read(`${name}.pem`), key: await read(`${name}.key`) };
    };
    const server = await sign("server", "DNS:localhost,IP:127.0.0.1", "serverAuth");
    const other = await sign("other", "DNS:other.example", "serverAuth");
    const client = await sign("client", "DNS:client.example", "clientAuth");
    await check({ folder, ca: await read("ca.pem"), server, other, client });
  });
}
