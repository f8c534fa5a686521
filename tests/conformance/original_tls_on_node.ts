/**
 * Run by Node, and by nothing else: what the original library's own tests hold of TLS (spec 9.2) that a
 * client can have on Node only. Prints a line for each thing that holds; its argument is the folder of
 * certificates.
 *
 * @module
 */
import assert from "node:assert/strict";
import process from "node:process";
import {
  get,
  type ListenerConfiguration,
  type RunningServer,
  serve,
  service,
  SslError,
  transport,
  type TransportOptions,
} from "@pirouette/http";

type ServerTls = NonNullable<ListenerConfiguration["tls"]>;
type Version = "1.1" | "2";
type ClientTls = NonNullable<TransportOptions["tls"]>;

const folder = process.argv[2] ?? ".";
const file = (name: string): string => `${folder}/${name}`;
const ca = file("ca.pem");
const identity = { cert: file("server.pem"), key: file("server.key") };
const client = { cert: file("client.pem"), key: file("client.key") };
const told = service({}, [
  get("/", ({ caller }) => [caller.tls?.version, caller.tls?.cipher, caller.httpVersion].join(" ")),
]);

function start(
  tls: Partial<ServerTls>,
  config: ListenerConfiguration = {},
): Promise<RunningServer> {
  return serve(told, { port: 0, host: "127.0.0.1", tls: { ...identity, ...tls }, ...config });
}

async function ask(
  { port }: RunningServer,
  tls: ClientTls,
  { host = "localhost", httpVersion = "1.1" }: { host?: string; httpVersion?: Version } = {},
): Promise<string> {
  // undici speaks HTTP/2 where the server does.
  const spoken = httpVersion === "2" ? "auto" : httpVersion;
  await using connections = transport({ httpVersion: spoken, tls });
  return await (await connections.fetch(`https://${host}:${port}/`)).text();
}

async function refuses(asking: Promise<string>): Promise<void> {
  await assert.rejects(asking, (error) => {
    assert.ok(error instanceof SslError, String(error));
    assert.match(error.message, /^SSL connection failed: /);
    return true;
  });
}

const both = ["TLSv1.2", "TLSv1.3"] as const;
{
  const old = await start({ versions: ["TLSv1.2"] });
  const latest = await start({ versions: ["TLSv1.3"] });
  for (const httpVersion of ["1.1", "2"] as const) {
    for (const [server, version] of [[old, "TLSv1.2"], [latest, "TLSv1.3"]] as const) {
      for (const versions of [[version], both, both.toReversed()]) {
        const said = await ask(server, { ca, versions }, { httpVersion });
        assert.ok(said.startsWith(`${version} `), said);
        assert.ok(said.endsWith(` ${httpVersion}`), said);
      }
    }
  }
  console.log("versions in common are agreed on");
  await refuses(ask(old, { ca, versions: ["TLSv1.3"] }));
  await refuses(ask(latest, { ca, versions: ["TLSv1.2"] }));
  console.log("no version in common");
  await old.gracefulStop();
  await latest.gracefulStop();
}
{
  const strong = "ECDHE-ECDSA-AES256-GCM-SHA384";
  const weak = "ECDHE-ECDSA-AES128-SHA";
  const mutualSsl = { cert: ca };
  const strict = await start({ versions: ["TLSv1.2"], ciphers: [strong], mutualSsl });
  const open = await start({ mutualSsl });
  const weakly: ClientTls = { ca, ...client, versions: ["TLSv1.2"], ciphers: [weak] };
  await refuses(ask(strict, weakly));
  console.log("no cipher in common");
  // They are given by OpenSSL's names, and told by the standard's.
  assert.match(await ask(open, weakly), / TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA /);
  const strongly = await ask(strict, { ca, ...client });
  assert.match(strongly, / TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 /);
  console.log("a cipher in common is agreed on");
  await strict.gracefulStop();
  await open.gracefulStop();
}
{
  // Its certificate has one name and no address.
  const server = await start({ cert: file("localhost.pem"), key: file("localhost.key") });
  const host = "127.0.0.1";
  for (const httpVersion of ["1.1", "2"] as const) {
    await refuses(ask(server, { ca }, { host, httpVersion }));
    const named = await ask(server, { ca, serverName: "localhost" }, { host, httpVersion });
    assert.ok(named.endsWith(` ${httpVersion}`), named);
  }
  console.log("another name is asked for");
  for (const httpVersion of ["1.1", "2"] as const) {
    await ask(server, { ca, verifyHostName: false }, { host, httpVersion });
    await refuses(ask(server, { verifyHostName: false }, { host, httpVersion }));
  }
  console.log("the host is not looked at");
  await server.gracefulStop();
}
{
  const plain = await start({});
  const asking = await start({ mutualSsl: { cert: ca } });
  for (const httpVersion of ["1.1", "2"] as const) {
    await ask(plain, { enable: false }, { httpVersion });
    // A client that trusts whoever it calls shows what it has all the same.
    await ask(asking, { enable: false, ...client }, { httpVersion });
    await assert.rejects(ask(asking, { enable: false }, { httpVersion }));
  }
  console.log("certificates are not looked at");
  await plain.gracefulStop();
  await asking.gracefulStop();
}
