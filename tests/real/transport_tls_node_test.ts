/** What a transport's TLS does on every Node: `transport_tls_on_node.ts`. @module */
import assert from "node:assert/strict";
import { Authority, openssl } from "../support/certificate_authority.ts";
import { type Certificates, serials, withCertificates } from "../support/certificates.ts";
import { nodeVersions, runOnNode } from "../support/node_runtime.ts";
import { hasPeer } from "../support/peers.ts";

const program = new URL("./transport_tls_on_node.ts", import.meta.url);

/** A certificate whose status a responder is asked for. */
const asked = { serial: 0xa1a, name: "asked" };

/** Says of `asked` what it was last told to by a GET of `/good`, `/revoked` and so on. */
function responder(
  answers: Readonly<Record<string, () => Response>>,
): Deno.HttpServer<Deno.NetAddr> {
  let saying = "good";
  let count = 0;
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    if (request.method === "GET") {
      const what = new URL(request.url).pathname.slice(1);
      if (what !== "asked") saying = what;
      return new Response(`${count}`);
    }
    count++;
    assert.equal(request.headers.get("content-type"), "application/ocsp-request");
    await request.arrayBuffer();
    return answers[saying]?.() ?? new Response(null, { status: 404 });
  });
}

/** Makes every file that the program reads; what the responder may say depends on them. */
async function prepare(certificates: Certificates, address: string): Promise<void> {
  const { folder, authority } = certificates;
  const write = (name: string, bytes: Uint8Array): Promise<void> => {
    return Deno.writeFile(`${folder}/${name}`, bytes);
  };
  await certificates.clientEncrypted();
  await certificates.clientStore();
  await certificates.trustStore();
  await certificates.chained();
  await certificates.expired();
  await Deno.writeTextFile(`${folder}/server-crl.pem`, await certificates.crlOfServer());
  await certificates.revoked();
  await write("ocsp-good.der", await certificates.ocsp("good"));
  await write("ocsp-revoked.der", await certificates.ocsp("revoked"));
  // It has the name and the key identifier of the authority, and another key.
  await openssl(
    folder,
    ...["x509", "-in", "ca.pem", "-noout", "-ext", "subjectKeyIdentifier", "-out", "ca.ski"],
  );
  const identifier = (await Deno.readTextFile(`${folder}/ca.ski`)).trim().split(/\s+/).at(-1);
  const impostor = await Authority.root(
    folder,
    "impostor",
    "Test authority",
    `subjectKeyIdentifier=${identifier}`,
  );
  const server = { serial: serials.server, name: "server" };
  await write("ocsp-forged.der", await impostor.ocsp(server, { status: "good" }));
  const at = (url: string): { names: string; usage: string } => ({
    names: "DNS:localhost",
    usage: `serverAuth\nauthorityInfoAccess=OCSP;URI:${url}`,
  });
  await authority.sign(asked.name, { ...at(address), serial: asked.serial });
  await authority.sign("gone", at("http://127.0.0.1:9/"));
}

for (const version of nodeVersions) {
  Deno.test({
    name: `transport tls on Node ${version}: files, sessions, revoked certificates`,
    ignore: Deno.build.os === "windows" || !hasPeer("npm") || !hasPeer("openssl"),
    fn: () =>
      withCertificates(async (certificates) => {
        const { authority } = certificates;
        const answers: Record<string, () => Response> = {
          failure: () => new Response(null, { status: 500 }),
          much: () => new Response(new Uint8Array(100_000)),
          elsewhere: () => new Response(null, { status: 302, headers: { location: "/good" } }),
        };
        await using server = responder(answers);
        const address = `http://127.0.0.1:${server.addr.port}`;
        await prepare(certificates, address);
        for (const status of ["good", "revoked"] as const) {
          const bytes = await authority.ocsp(asked, { status });
          answers[status] = () => new Response(bytes);
        }
        const other = await certificates.ocsp("good");
        answers.other = () => new Response(other);
        const { stdout } = await runOnNode(version, program, {
          args: [certificates.folder, address],
        });
        const lines = stdout.split("\n").filter((line) => line.startsWith("ok "));
        assert.equal(lines.length, 14, stdout);
      }),
  });
}
