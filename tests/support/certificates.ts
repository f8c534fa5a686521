/**
 * Certificates that are made for one test, by the program `openssl`. A few are always there; what else
 * a test asks for is made when it asks, once.
 *
 * @module
 */
import { Authority, type Identity, openssl } from "./certificate_authority.ts";
import { withFolder } from "./temp_folder.ts";

export type { Identity } from "./certificate_authority.ts";

/** An identity whose key is encrypted (PKCS#8, `ENCRYPTED PRIVATE KEY`). */
export interface EncryptedIdentity extends Identity {
  /** What the key is encrypted with. */
  readonly password: string;
}

/** A PKCS#12 file. */
export interface StoreFile {
  /** Its path. */
  readonly path: string;
  /** What is in it. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What it is encrypted with. */
  readonly password: string;
}

/** An authority and what it signed. */
export interface Certificates {
  /** The folder with `ca.pem`, `server.pem`, `server.key` and so on. */
  readonly folder: string;
  /** The authority's certificate. */
  readonly ca: string;
  /** The authority itself, for a certificate that is not among these. */
  readonly authority: Authority;
  /** For `localhost` and 127.0.0.1. */
  readonly server: Identity;
  /** For `other.example`. */
  readonly other: Identity;
  /** A client's. */
  readonly client: Identity;
  /** The server's, with an encrypted key: `server.pem`, `server-encrypted.key`. */
  serverEncrypted(): Promise<EncryptedIdentity>;
  /** The client's, with an encrypted key: `client.pem`, `client-encrypted.key`. */
  clientEncrypted(): Promise<EncryptedIdentity>;
  /** The server's certificate and key: `server.p12`. */
  serverStore(): Promise<StoreFile>;
  /** The client's certificate and key: `client.p12`. */
  clientStore(): Promise<StoreFile>;
  /** The authority's certificate alone: `trust.p12`. */
  trustStore(): Promise<StoreFile>;
  /**
   * The server's names, certified by an authority between (`between.pem`) that the authority certified:
   * `chained.pem` has both certificates.
   */
  chained(): Promise<Identity & { readonly between: string; readonly leaf: string }>;
  /** The server's names, expired: `expired.pem`. */
  expired(): Promise<Identity>;
  /** A client's certificate that is in the list of revoked ones: `revoked.pem`, `ca-crl.pem`. */
  revoked(): Promise<Identity & { readonly crl: string }>;
  /** Revokes the server's certificate, too: `ca-crl.pem`, after `revoked()`. */
  crlOfServer(): Promise<string>;
  /** For a name: `named("a.example")`, `named("*.wild.example")`. The files have `_` for `*`. */
  named(name: string): Promise<Identity>;
  /** What an OCSP responder says of `server`, in DER, for an hour. */
  ocsp(status: "good" | "revoked" | "unknown"): Promise<Uint8Array<ArrayBuffer>>;
}

/** The serial numbers of certificates that are in the authority's books. */
export const serials = { server: 0x51, client: 0xc1, revoked: 0xbad } as const;

const password = "correct horse";

/** Runs `check` with new certificates. */
export async function withCertificates(
  check: (certificates: Certificates) => Promise<void>,
): Promise<void> {
  await withFolder({}, async (folder) => {
    const authority = await Authority.root(folder, "ca", "Test authority");
    const serverNames = "DNS:localhost,IP:127.0.0.1";
    const [server, other, client] = await Promise.all([
      authority.sign("server", {
        names: serverNames,
        usage: "serverAuth",
        serial: serials.server,
      }),
      authority.sign("other", { names: "DNS:other.example", usage: "serverAuth" }),
      authority.sign("client", {
        names: "DNS:client.example",
        usage: "clientAuth",
        serial: serials.client,
      }),
    ]);
    const revokedOnes = [{ serial: serials.revoked, name: "revoked" }];
    await check({
      folder,
      ca: authority.cert,
      authority,
      server,
      other,
      client,
      serverEncrypted: once(() => encrypted(folder, "server", server)),
      clientEncrypted: once(() => encrypted(folder, "client", client)),
      serverStore: once(() => store(folder, "server", "server", "-inkey", "server.key")),
      clientStore: once(() => store(folder, "client", "client", "-inkey", "client.key")),
      trustStore: once(() => store(folder, "ca", "trust", "-nokeys")),
      chained: once(async () => {
        const { cert: between } = await authority.sign("between", { isAuthority: true });
        const below = await Authority.at(folder, "between");
        const { cert: leaf, key } = await below.sign("chained", {
          names: serverNames,
          usage: "serverAuth",
        });
        const cert = leaf + between;
        await Deno.writeTextFile(`${folder}/chained.pem`, cert);
        return { cert, key, between, leaf };
      }),
      expired: once(() =>
        authority.sign("expired", { names: serverNames, usage: "serverAuth", days: -1 })
      ),
      revoked: once(async () => {
        const identity = await authority.sign("revoked", {
          names: "DNS:revoked.example",
          usage: "clientAuth",
          serial: serials.revoked,
        });
        return { ...identity, crl: await authority.listRevoked(revokedOnes) };
      }),
      crlOfServer: () =>
        authority.listRevoked([...revokedOnes, { serial: serials.server, name: "server" }]),
      named: (name) =>
        authority.sign(name.replaceAll("*", "_"), { names: `DNS:${name}`, usage: "serverAuth" }),
      ocsp: (status) => authority.ocsp({ serial: serials.server, name: "server" }, { status }),
    });
  });
}

function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => made ??= make();
}

async function encrypted(
  folder: string,
  name: string,
  { cert }: Identity,
): Promise<EncryptedIdentity> {
  const file = `${name}-encrypted.key`;
  await openssl(
    folder,
    ...["pkcs8", "-topk8", "-in", `${name}.key`, "-passout", `pass:${password}`, "-out", file],
  );
  return { cert, key: await Deno.readTextFile(`${folder}/${file}`), password };
}

async function store(
  folder: string,
  cert: string,
  name: string,
  ...keys: string[]
): Promise<StoreFile> {
  const path = `${folder}/${name}.p12`;
  await openssl(
    folder,
    ...["pkcs12", "-export", "-in", `${cert}.pem`, ...keys, "-out", path],
    ...["-name", name, "-passout", `pass:${password}`],
  );
  return { path, bytes: await Deno.readFile(path), password };
}
