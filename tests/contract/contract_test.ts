/**
 * The contract: every case against every transport, runtime and protocol that it is about.
 *
 * One process serves a column of the table in all its protocols, and the cases of a protocol run at
 * once: none of them may depend on another.
 *
 * @module
 */
import assert from "node:assert/strict";
import { withCertificates } from "../support/certificates.ts";
import { hasPeer } from "../support/peers.ts";
import { pattern } from "../support/temp_folder.ts";
import { within } from "../support/within.ts";
import { textOf } from "./ask.ts";
import { Asking } from "./asking.ts";
import { appliesTo, type Case, differenceAt } from "./case.ts";
import { cases } from "./cases.ts";
import { notes } from "./cases/bodies.ts";
import { RunningColumn } from "./servers.ts";
import { columnName, columns, type Protocol, protocols } from "./target.ts";

/** How many cases run at once: the machine has few cores, and a case has its time. */
const AT_ONCE = 16;

for (const column of columns) {
  const isNode = column.runtime !== "Deno";
  Deno.test({
    name: `contract: ${columnName(column)}`,
    ignore: !hasPeer("openssl") || isNode && !hasPeer("npm"),
    fn: (t) =>
      withCertificates(async ({ folder, server: identity, ca }) => {
        await Deno.mkdir(`${folder}/files`);
        await Deno.writeFile(`${folder}/files/large.bin`, pattern(10 * 1024 * 1024));
        await Deno.writeTextFile(`${folder}/files/small.txt`, "0123456789");
        const authority = { cert: ca, file: `${folder}/ca.pem` };
        const settings = { folder: `${folder}/files`, identity, authority };
        await using running = await RunningColumn.start(column, settings);
        for (const protocol of protocols) {
          const asked = cases.filter((one) => appliesTo(one, protocol));
          await atOnce(asked, (one) => hold(t, running, protocol, one));
          await t.step(`${protocol}: it still runs`, () => running.checkRunning());
        }
        await t.step("a graceful stop waits for what is in flight", () => stopWhileAsked(running));
      }),
  });
}

/** Tells the server to stop while it is answering in every protocol. */
async function stopWhileAsked(running: RunningColumn): Promise<void> {
  await using asks = new AsyncDisposableStack();
  const answers: Promise<string>[] = [];
  for (const protocol of protocols) {
    const ask = asks.use(new Asking(running, protocol));
    const answer = ask.request(`/slow/${ask.id}`).then(textOf);
    answer.catch(() => {});
    answers.push(answer);
    await within(notes(ask, ask.id), "the handler is called").catch(() => running.stop());
  }
  const stopped = running.stop();
  stopped.catch(() => {});
  for (const answer of answers) assert.equal(await within(answer, "an answer"), "slow");
  // Sooner than its deadline, with which it would end whatever is still there.
  await within(stopped, "it ends", 3_000);
}

async function hold(
  t: Deno.TestContext,
  running: RunningColumn,
  protocol: Protocol,
  one: Case,
): Promise<void> {
  const difference = differenceAt(one, { ...running.column, protocol });
  const suffix = difference === undefined ? "" : ` (differs: ${difference.because})`;
  await t.step({
    name: `${protocol}: ${one.feature}: ${one.name}${suffix}`,
    // Others run beside it; what they all leave open is seen where they end.
    sanitizeOps: false,
    sanitizeResources: false,
    sanitizeExit: false,
    fn: async () => {
      await using ask = new Asking(running, protocol);
      await within((difference ?? one).run(ask), one.name, 10_000);
    },
  });
}

async function atOnce<Item>(
  items: readonly Item[],
  run: (item: Item) => Promise<void>,
): Promise<void> {
  const waiting = items.values();
  const worker = async (): Promise<void> => {
    for (const item of waiting) await run(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
