/**
 * A ledger that clients read and write by their certificates: whoever shows one that the authority
 * signed may read, and an accountant may write.
 */
import {
  clientCertificate,
  clientCertificateKey,
  created,
  get,
  type PeerCertificate,
  post,
  type Service,
  service,
} from "../../mod.ts";
import { z } from "zod";

/** What is asked to be entered: an amount in cents. */
export const NewEntry = z.object({ text: z.string().min(1).max(200), amount: z.int() });

/** An entry, and whose certificate was shown when it was made. */
export const Entry = NewEntry.extend({ by: z.string() });

/** An entry. */
export type Entry = z.infer<typeof Entry>;

/** The names that entitle to something. They are the authority's to give, so that nobody claims one. */
const entitled: ReadonlyMap<string, readonly string[]> = new Map([
  ["URI:spiffe://ledger.example/auditor", ["read"]],
  ["URI:spiffe://ledger.example/accountant", ["read", "write"]],
]);

/** What a certificate entitles to, by the names that it is for. */
function scopesOf({ subjectAltNames }: PeerCertificate): readonly string[] {
  return subjectAltNames.flatMap((name) => entitled.get(name) ?? []);
}

/** The ledger, in memory. */
export function ledgerService(entries: Entry[] = []): Service {
  return service({
    basePath: "/ledger",
    interceptors: [
      clientCertificate({ on: { method: "GET" }, scopes: "read", scopesOf }),
      clientCertificate({ on: { method: "POST" }, scopes: "write", scopesOf }),
    ],
  }, [
    get("/entries", { responses: { 200: z.array(Entry) } }, () => entries),
    post("/entries", { body: NewEntry }, ({ body, context }) => {
      const entry = { ...body, by: context.getWithType(clientCertificateKey).subject };
      entries.push(entry);
      return created({ body: entry });
    }),
  ]);
}
