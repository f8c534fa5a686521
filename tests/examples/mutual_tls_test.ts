/**
 * The ledger example: with certificates of a test's authority as a library, and with those that its own
 * script makes as two programs.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Client, ClientError, serve, transport, type TransportOptions } from "@pirouette/http";
import { type Entry, ledgerService } from "../../examples/mutual_tls/service.ts";
import { type Certificates, withCertificates } from "../support/certificates.ts";
import { hasPeer } from "../support/peers.ts";
import { root } from "../support/source.ts";
import { withFolder } from "../support/temp_folder.ts";

const ignore = !hasPeer("openssl");
const spiffe = "URI:spiffe://ledger.example";
const ink = { text: "Ink", amount: -250 };

/** A ledger of its own that asks for certificates, as `main.ts` does. */
function serveLedger(
  { server, ca }: Certificates,
  verifyClient: "require" | "optional" = "require",
) {
  const tls = { ...server, mutualSsl: { verifyClient, cert: ca } };
  return serve(ledgerService(), { host: "127.0.0.1", port: 0, tls });
}

/** What is answered to whoever shows this: the status, and the names in the ledger or the message. */
async function ask(
  url: string,
  tls: NonNullable<TransportOptions["tls"]>,
  init?: { readonly method: "POST"; readonly body: string },
): Promise<readonly [status: number, said: string]> {
  using own = transport({ tls });
  const headers = { "content-type": "application/json" };
  const response = await new Client(`${url}/ledger`, { transport: own })
    .fetch("/entries", init === undefined ? {} : { ...init, headers });
  const body: Entry | Entry[] | { message: string } = await response.json();
  if ("message" in body) return [response.status, body.message];
  return [response.status, [body].flat().map(({ by }) => by).join()];
}

Deno.test("ledger: a certificate reads or writes by the names it is for", { ignore }, async () => {
  await withCertificates(async (certificates) => {
    const { authority, ca, client } = certificates;
    const usage = "clientAuth";
    const accountant = await authority.sign("alice", { names: `${spiffe}/accountant`, usage });
    const auditor = await authority.sign("bob", { names: `${spiffe}/auditor`, usage });
    await using server = await serveLedger(certificates);
    assert.equal(server.transport, "node_http");
    const post = { method: "POST", body: JSON.stringify(ink) } as const;
    const not = [403, "The client's certificate does not entitle it to this"];
    assert.deepEqual(await ask(server.url, { ca, ...accountant }, post), [201, "CN=alice"]);
    assert.deepEqual(await ask(server.url, { ca, ...auditor }, post), not);
    assert.deepEqual(await ask(server.url, { ca, ...auditor }), [200, "CN=alice"]);
    // What the authority has certified for something else entitles to nothing here.
    assert.deepEqual(await ask(server.url, { ca, ...client }), not);
    assert.deepEqual(await ask(server.url, { ca, ...client }, post), not);
    const bad = { method: "POST", body: '{"text":"","amount":0.5}' } as const;
    assert.equal((await ask(server.url, { ca, ...accountant }, bad))[0], 400);
  });
});

Deno.test("ledger: without a certificate nobody gets in, however the listener asks", {
  ignore,
}, async () => {
  await withCertificates(async (certificates) => {
    const { ca } = certificates;
    {
      await using server = await serveLedger(certificates);
      // An alert, or a connection that closes without a word: Deno's socket may be gone before it is read.
      await assert.rejects(ask(server.url, { ca }), ClientError);
    }
    await using server = await serveLedger(certificates, "optional");
    const not = [401, "The client has shown no certificate that is trusted"];
    assert.deepEqual(await ask(server.url, { ca }), not);
  });
  const inProcess = await ledgerService().fetch("http://localhost/ledger/entries");
  assert.equal(inProcess.status, 401);
  await inProcess.body?.cancel();
});

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(command: string, ...args: readonly string[]): Promise<Outcome> {
  const output = await new Deno.Command(command, { args: [...args], cwd: root, stdin: "null" })
    .output();
  const [stdout = "", stderr = ""] = [output.stdout, output.stderr]
    .map((bytes) => new TextDecoder().decode(bytes));
  return { code: output.code, stdout, stderr };
}

/** Runs the listener's program on a free port; gives `use` all that it wrote. */
async function runMain(folder: string, use: (told: string) => Promise<void>): Promise<void> {
  const allowed = ["--no-prompt", "--allow-net=127.0.0.1", `--allow-read=${folder}`];
  await using child = new Deno.Command(Deno.execPath(), {
    args: ["run", ...allowed, "examples/mutual_tls/main.ts", folder, "0"],
    cwd: root,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let told = "";
  try {
    while (!told.endsWith("\n\n")) {
      const { done, value } = await reader.read();
      if (done) throw new Error(`The example ended: ${told}`);
      told += value;
    }
    await use(told);
  } finally {
    child.kill();
    while (!(await reader.read()).done);
  }
}

Deno.test("ledger: the programs and curl do what they say", {
  ignore: ignore || !hasPeer("curl") || Deno.build.os === "windows",
}, async () => {
  await withFolder({}, async (folder) => {
    const made = await run("sh", "examples/mutual_tls/certificates.sh", folder);
    assert.equal(made.code, 0, made.stderr);
    await runMain(folder, async (told) => {
      const url = /https:\S+/.exec(told)?.[0] ?? "";
      const call = (name: string) =>
        run(
          Deno.execPath(),
          ...["run", "--no-prompt", "--allow-net=localhost", `--allow-read=${folder}`],
          ...["examples/mutual_tls/client.ts", folder, name, url],
        );
      const accountant = await call("accountant");
      const entered = "Entered by CN=accountant: Ink -250\n1 in the ledger\n";
      assert.deepEqual([accountant.code, accountant.stdout], [0, entered], accountant.stderr);
      const auditor = await call("auditor");
      assert.deepEqual([auditor.code, auditor.stdout], [0, "Not entered: 403\n1 in the ledger\n"]);
      // Whatever an authority has not signed for clients is none of their certificates.
      const server = await call("server");
      assert.equal(server.code, 1);
      assert.match(server.stderr, /^Refused: /);

      const expected = [/"by":"CN=accountant"/, /"status":403/, /^\[\{.*\},\{.*\}\]$/, undefined];
      const lines = told.split("\n").filter((line) => line.startsWith("  curl "));
      assert.equal(lines.length, expected.length);
      for (const [index, line] of lines.entries()) {
        const words = [...line.trim().matchAll(/'([^']*)'|(\S+)/g)].map(([, a, b]) => a ?? b ?? "");
        const usual = ["--silent", "--max-time", "10", "--noproxy", "*"];
        const { code, stdout } = await run("curl", ...usual, ...words.slice(1));
        const wanted = expected[index];
        if (wanted === undefined) assert.notEqual(code, 0);
        else assert.match(stdout, wanted, line);
      }
    });
  });
});
