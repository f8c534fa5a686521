/**
 * Enters something in the ledger and reads it, with a certificate from the folder that
 * `certificates.sh` has made:
 * `deno run --allow-net --allow-read examples/mutual_tls/client.ts FOLDER accountant`, as `auditor`,
 * and with another address as a third argument.
 */
import { Client, ClientError, ClientRequestError, transport } from "../../mod.ts";
import { z } from "zod";
import { Entry } from "./service.ts";

/** Prints what the holder of a certificate may do. */
async function show(folder: string, name: string, url: string): Promise<void> {
  using own = transport({
    tls: { ca: `${folder}/ca.pem`, cert: `${folder}/${name}.pem`, key: `${folder}/${name}.key` },
  });
  const ledger = new Client(url, { transport: own });
  try {
    const entry = await ledger.post("/entries", { text: "Ink", amount: -250 }, { as: Entry });
    console.log(`Entered by ${entry.by}: ${entry.text} ${entry.amount}`);
  } catch (error) {
    if (!(error instanceof ClientRequestError)) throw error;
    console.log(`Not entered: ${error.detail.statusCode}`);
  }
  const entries = await ledger.get("/entries", { as: z.array(Entry) });
  console.log(`${entries.length} in the ledger`);
}

if (import.meta.main) {
  const [folder, name, url = "https://localhost:9443/ledger"] = Deno.args;
  if (folder === undefined || name === undefined) {
    console.error("Name the folder of the certificates, and whose is shown");
    Deno.exit(2);
  }
  await show(folder, name, url).catch((error) => {
    if (!(error instanceof ClientError)) throw error;
    console.error(`Refused: ${error.message}`);
    Deno.exit(1);
  });
}
