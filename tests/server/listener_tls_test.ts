/**
 * TLS of a listener, against curl and `openssl s_client`, on both transports under Deno.
 *
 * @module
 */
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { GenericListenerError, Listener, type ListenerConfiguration } from "@pirouette/http";
import { type Certificates, withCertificates } from "../support/certificates.ts";
import { hasPeer } from "../support/peers.ts";
import { curl, sClient } from "../support/tls_peers.ts";
import { serveTold, type Told } from "../support/tls_service.ts";

type Tls = NonNullable<ListenerConfiguration["tls"]>;

const ignore = !hasPeer("openssl") || !hasPeer("curl");
const transports = ["deno", "node"] as const;
const some = { cert: "cert.pem", key: "key.pem" };

/** What curl is told, which trusts the authority alone. */
async function ask(folder: string, port: number, ...args: string[]): Promise<Told> {
  const { code, stdout, stderr } = await curl(
    ...["--cacert", `${folder}/ca.pem`, `https://localhost:${port}/`, ...args],
  );
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

/** Whose certificate is shown to a client that asks for a name. */
async function shownFor(port: number, ...args: string[]): Promise<string | undefined> {
  const { stdout } = await sClient(port, "/", ...args);
  return /^subject=CN = (.*)$/m.exec(stdout)?.[1];
}

Deno.test("tls: options that contradict each other are refused when the listener is made", () => {
  const mutualSsl = { cert: "ca.pem" };
  const wrong: readonly (readonly [tls: object, message: RegExp, isGeneric?: true])[] = [
    [{}, /^Certificate file location must be provided for secure connection/, true],
    [{ cert: "", key: "k" }, /^Certificate file location must be provided/, true],
    [{ cert: "c", key: "" }, /^Private key file location must be provided/, true],
    [
      { keyStore: { path: "", password: "x" } },
      /^KeyStore file location must be provided for secure connection/,
      true,
    ],
    [
      { keyStore: { path: "a.p12", password: "" } },
      /^KeyStore password must be provided for secure connection/,
      true,
    ],
    [{ ...some, keyStore: { path: "a", password: "b" } }, /keyStore beside cert/],
    [{ ...some, certificates: [{ cert: "c" }] }, /^Private key file.*certificates\[0\]\.key/, true],
    [{ ...some, certificates: [{ ...some, nope: 1 }] }, /certificates\[0\] has no option "nope"/],
    [{ ...some, serverNames: ["a.*.example"] }, /serverNames has "a\.\*\.example"/],
    [{ ...some, serverNames: [] }, /serverNames is a list/],
    [{ certificates: [some], serverNames: ["a.example"] }, /without a certificate/],
    [{ ...some, mutualSsl: {} }, /^Certificate file location.*mutualSsl\.cert/, true],
    [{ ...some, mutualSsl: { cert: "" } }, /^Certificate file location must be provided/, true],
    [
      { ...some, mutualSsl: { trustStore: { path: "", password: "x" } } },
      /^TrustStore file location must be provided for secure connection/,
      true,
    ],
    [
      { ...some, mutualSsl: { trustStore: { path: "t.p12", password: "" } } },
      /^TrustStore password must be provided for secure connection/,
      true,
    ],
    [{ ...some, mutualSsl: { ...mutualSsl, verifyClient: true } }, /verifyClient "true"/],
    [{ ...some, mutualSsl: { ...mutualSsl, crl: [] } }, /crl has no list/],
    [{ ...some, onReloadError: () => {} }, /onReloadError has no effect without reload/],
    [{ ...some, versions: ["TLSv1.1"] }, /lists TLSv1\.2, TLSv1\.3 or both/],
    [{ ...some, versions: [] }, /lists TLSv1\.2, TLSv1\.3 or both/],
    [{ ...some, ciphers: ["ECDHE-RSA-AES128-GCM-SHA256"] }, /ciphers has none for TLSv1\.3/],
    [{ ...some, ciphers: ["TLS_AES_128_GCM_SHA256"] }, /ciphers has none for TLSv1\.2/],
    [{ ...some, ciphers: ["A:B"] }, /list of cipher suites/],
    [{ ...some, shareSession: "no" }, /shareSession is true or false/],
    [{ ...some, shareSession: false, sessionTimeout: 1000 }, /no effect with shareSession: false/],
    [{ ...some, sessionTimeout: 1500 }, /whole seconds/, true],
    [{ ...some, handshakeTimeout: 0 }, /handshakeTimeout : 0/, true],
    [{ ...some, reload: "often" }, /reload : often/, true],
    [{ ...some, secure: true }, /tls has no option "secure"/],
  ];
  for (const [tls, message, isGeneric = false] of wrong) {
    assert.throws(() => new Listener(0, { tls: tls as Tls }), (error: Error) => {
      assert.match(error.message, message);
      assert.equal(error.name, isGeneric ? "GenericListenerError" : "TypeError", error.message);
      return true;
    }, JSON.stringify(tls));
  }
});

Deno.test("tls: what Deno.serve cannot honour takes the other transport, or is refused", () => {
  const only: readonly Partial<Tls>[] = [
    { mutualSsl: { cert: "ca.pem" } },
    { certificates: [some] },
    { serverNames: ["a.example"] },
    { versions: ["TLSv1.3"] },
    { ciphers: ["TLS_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"] },
    { shareSession: false },
    { sessionTimeout: 1000 },
    { handshakeTimeout: 1000 },
    { ocspStapling: "auto" },
    { reload: "watch" },
  ];
  for (const tls of only) {
    const [name = ""] = Object.keys(tls);
    assert.throws(
      () => new Listener(0, { tls: { ...some, ...tls }, transport: "deno" }),
      { name: "GenericListenerError", message: new RegExp(`cannot honour tls\\.${name}`) },
    );
  }
  const both = { ...some, versions: ["TLSv1.3", "TLSv1.2"], shareSession: true } as const;
  assert.doesNotThrow(() => new Listener(0, { tls: both, transport: "deno" }));
});

Deno.test("tls: what Deno's node:tls ignores is refused at start", { ignore }, async () => {
  await withCertificates(async ({ server, ca }) => {
    const refused: readonly (readonly [tls: Partial<Tls>, name: RegExp])[] = [
      [{ ciphers: ["TLS_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"] }, /tls\.ciphers/],
      [{ shareSession: false }, /tls\.shareSession: false/],
      [{ sessionTimeout: 1000 }, /tls\.sessionTimeout/],
    ];
    for (const [tls, name] of refused) {
      await assert.rejects(serveTold({ ...server, mutualSsl: { cert: ca }, ...tls }), (error) => {
        assert.ok(error instanceof GenericListenerError);
        assert.match(error.message, name);
        assert.match(error.message, /run on Node/);
        return true;
      });
    }
  });
});

Deno.test(
  "tls: certificate and key are texts, paths, URLs or a key store",
  { ignore },
  async () => {
    await withCertificates(async (certificates) => {
      const { folder, server } = certificates;
      const { path, bytes, password } = await certificates.serverStore();
      const encrypted = await certificates.serverEncrypted();
      const given: readonly Tls[] = [
        server,
        { cert: `${folder}/server.pem`, key: `${folder}/server.key` },
        {
          cert: pathToFileURL(`${folder}/server.pem`),
          key: pathToFileURL(`${folder}/server.key`),
        },
        { cert: encrypted.cert, key: encrypted.key, keyPassword: encrypted.password },
        { keyStore: { path, password } },
        { keyStore: { bytes, password } },
      ];
      for (const transport of transports) {
        for (const tls of given) {
          await using running = await serveTold(tls, { transport });
          assert.match(running.url, /^https:/);
          const told = await ask(folder, running.port);
          assert.equal(told.version, transport === "node" ? "TLSv1.3" : undefined);
          assert.equal(told.clientVerified, undefined);
          assert.equal(told.handshake, undefined);
        }
      }
    });
  },
);

Deno.test("tls: what cannot be used is named, and never shown", { ignore }, async () => {
  await withCertificates(async (certificates) => {
    const { folder, server, other } = certificates;
    const { path } = await certificates.serverStore();
    const encrypted = await certificates.serverEncrypted();
    const wrong: readonly (readonly [tls: Tls, message: RegExp])[] = [
      [{ cert: `${folder}/none.pem`, key: server.key }, /tls\.cert.*ENOENT/],
      [{ cert: server.cert, key: `${folder}/none.key` }, /tls\.key.*ENOENT/],
      [{ cert: server.key, key: server.key }, /no PEM "CERTIFICATE" in tls\.cert/],
      [{ cert: server.cert, key: other.key }, /tls\.key: it is not the key of/],
      [{ cert: server.cert, key: encrypted.key }, /encrypted tls\.key: give tls\.keyPassword/],
      [{ ...server, key: encrypted.key, keyPassword: "wrong" }, /cannot decrypt tls\.key/],
      [{ keyStore: { path, password: "wrong" } }, /Cannot open tls\.keyStore/],
      [{ keyStore: { path: `${folder}/none`, password: "x" } }, /tls\.keyStore\.path.*ENOENT/],
      [{ ...server, mutualSsl: { cert: server.key } }, /in tls\.mutualSsl\.cert/],
      [
        { ...server, certificates: [{ cert: other.cert, key: server.key }] },
        /tls\.certificates\[0\]\.key: it is not the key of/,
      ],
    ];
    for (const [tls, message] of wrong) {
      await assert.rejects(serveTold(tls), (error: Error) => {
        assert.equal(error.name, "GenericListenerError");
        assert.match(error.message, message);
        assert.ok(!error.message.includes("BEGIN CERT") && !error.message.includes("MIG"));
        return true;
      });
    }
  });
});

Deno.test(
  "tls: a client is shown the certificate for the name it asks for",
  { ignore },
  async () => {
    await withCertificates(async (certificates) => {
      const { server, other } = certificates;
      const wild = await certificates.named("*.wild.example");
      await using running = await serveTold({
        ...server,
        certificates: [other, wild, { ...other, serverNames: ["Second.example"] }],
      });
      assert.equal(running.transport, "node_http");
      const names: readonly (readonly [asked: string, shown: string])[] = [
        ["localhost", "server"],
        ["other.example", "other"],
        ["OTHER.example", "other"],
        ["a.wild.example", "_.wild.example"],
        ["a.b.wild.example", "server"],
        ["wild.example", "server"],
        ["second.example", "other"],
        ["unknown.example", "server"],
      ];
      for (const [asked, shown] of names) {
        assert.equal(await shownFor(running.port, "-servername", asked), shown, asked);
      }
      assert.equal(await shownFor(running.port, "-noservername"), "server");
    });
  },
);

Deno.test("tls: only the versions that are listed are spoken", { ignore }, async () => {
  await withCertificates(async ({ folder, server, other }) => {
    for (
      const [version, flag, refused] of [
        ["TLSv1.2", "--tls-max=1.2", "--tlsv1.3"],
        ["TLSv1.3", "--tlsv1.3", "--tls-max=1.2"],
      ] as const
    ) {
      await using running = await serveTold({
        ...server,
        certificates: [other],
        versions: [version],
      });
      const told = await ask(folder, running.port, ...flag.split("="));
      assert.equal(told.version, version);
      for (const host of ["localhost", "other.example"]) {
        const { code } = await curl(
          ...["-k", "--connect-to", `${host}:443:127.0.0.1:${running.port}`],
          ...[...refused.split("="), `https://${host}/`],
        );
        assert.equal(code, 35, `${version} and ${refused} to ${host}`);
      }
    }
  });
});

Deno.test("tls: a handshake that does not come to an end is broken off", { ignore }, async () => {
  await withCertificates(async ({ folder, server }) => {
    // The platform's timer, so that it is short rather than virtual.
    await using running = await serveTold({ ...server, handshakeTimeout: 200 });
    const started = performance.now();
    const connection = await Deno.connect({ port: running.port, hostname: "127.0.0.1" });
    await connection.write(Uint8Array.of(0x16, 3, 1));
    const read = await connection.read(new Uint8Array(64)).catch(() => null);
    connection.close();
    assert.ok(read === null || read > 0);
    const took = performance.now() - started;
    assert.ok(took > 150 && took < 5000, `${took} ms`);
    assert.equal((await ask(folder, running.port)).version, "TLSv1.3");
  });
});

/** Files that can be replaced while a listener uses them. */
async function liveFiles({ folder }: Certificates, identity: string): Promise<Tls> {
  await replace(folder, identity);
  return { cert: `${folder}/live.pem`, key: `${folder}/live.key` };
}

async function replace(folder: string, identity: string): Promise<void> {
  for (const kind of ["key", "pem"]) {
    await Deno.copyFile(`${folder}/${identity}.${kind}`, `${folder}/next.${kind}`);
    await Deno.rename(`${folder}/next.${kind}`, `${folder}/live.${kind}`);
  }
}

Deno.test("tls: certificates are read again, and open connections go on", { ignore }, async () => {
  await withCertificates(async (certificates) => {
    const { folder, other } = certificates;
    const live = await liveFiles(certificates, "server");
    await using running = await serveTold({ ...live, certificates: [other] }, {
      transport: "node",
    });
    assert.equal(await shownFor(running.port), "server");
    const open = await Deno.connectTls({
      hostname: "localhost",
      port: running.port,
      caCerts: [certificates.ca],
    });
    await replace(folder, "client");
    await running.reloadCertificates();
    assert.equal(await shownFor(running.port), "client");
    assert.equal(await shownFor(running.port, "-servername", "other.example"), "other");
    await open.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    const answer = new Uint8Array(4096);
    const size = await open.read(answer);
    assert.match(new TextDecoder().decode(answer.subarray(0, size ?? 0)), /^HTTP\/1\.1 200/);
    open.close();

    await Deno.writeTextFile(`${folder}/live.key`, "nonsense");
    await assert.rejects(running.reloadCertificates(), {
      name: "GenericListenerError",
      message: /^Cannot take other certificates: .*tls\.key/,
    });
    assert.equal(await shownFor(running.port), "client");
  });
});

Deno.test("tls: changed files are noticed", { ignore }, async () => {
  await withCertificates(async (certificates) => {
    const { folder } = certificates;
    for (const reload of ["watch", 50] as const) {
      const live = await liveFiles(certificates, "server");
      const failed = Promise.withResolvers<Error>();
      const onReloadError = (error: Error): void => {
        // Between its two halves, a change may have been seen as well.
        if (error.message.includes("tls.cert:")) failed.resolve(error);
      };
      await using running = await serveTold({ ...live, reload, onReloadError });
      assert.equal(await shownFor(running.port), "server");
      await replace(folder, "other");
      // The file system's own notice, and as long as a machine under load may need for it.
      const deadline = performance.now() + 10_000;
      while (await shownFor(running.port) !== "other") {
        assert.ok(performance.now() < deadline, `${reload}: it was not noticed`);
      }
      await Deno.writeTextFile(`${folder}/live.pem`, "nonsense");
      assert.match((await failed.promise).message, /^Cannot take other certificates: .*tls\.cert:/);
      assert.equal(await shownFor(running.port), "other");
    }
  });
});

Deno.test(
  "tls: without certificates, or on Deno.serve, none are read again",
  { ignore },
  async () => {
    await withCertificates(async ({ server }) => {
      await using running = await serveTold(server);
      assert.equal(running.transport, "deno_serve");
      await assert.rejects(running.reloadCertificates(), {
        name: "GenericListenerError",
        message: /use transport: "node"/,
      });
    });
  },
);
