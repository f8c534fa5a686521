/**
 * Serves the ledger to clients that show a certificate of its authority:
 *
 *     sh examples/mutual_tls/certificates.sh FOLDER
 *     deno run --allow-net --allow-read=FOLDER examples/mutual_tls/main.ts FOLDER
 *
 * with another port than 9443 as a second argument.
 */
import { serve } from "../../mod.ts";
import { ledgerService } from "./service.ts";

if (import.meta.main) {
  const [folder, port = "9443"] = Deno.args;
  if (folder === undefined) {
    console.error("Name the folder of the certificates");
    Deno.exit(2);
  }
  const server = await serve(ledgerService(), {
    host: "127.0.0.1",
    port: Number(port),
    tls: {
      cert: `${folder}/server.pem`,
      key: `${folder}/server.key`,
      // Only this authority is trusted, not those of the system.
      mutualSsl: { verifyClient: "require", cert: `${folder}/ca.pem` },
      // Whoever renews the certificate need not start the program again.
      reload: "watch",
    },
  });
  const url = `https://localhost:${server.port}/ledger`;
  const as = (name: string) => `--cert ${folder}/${name}.pem --key ${folder}/${name}.key`;
  const entry = `-H 'Content-Type: application/json' -d '{"text":"Ink","amount":-250}'`;
  console.log(`The ledger is served at ${url} by ${server.transport}\n\nTry:
  curl --cacert ${folder}/ca.pem ${as("accountant")} ${entry} ${url}/entries
  curl --cacert ${folder}/ca.pem ${as("auditor")} ${entry} ${url}/entries
  curl --cacert ${folder}/ca.pem ${as("auditor")} ${url}/entries
  curl --cacert ${folder}/ca.pem ${url}/entries
`);
  await server.finished;
}
