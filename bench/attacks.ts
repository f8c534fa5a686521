/**
 * What attacks cost others: how long an honest client waits before and while a server is attacked, and
 * when the offenders are gone. Attacks and limits are those of `tests/support/slow_attacks.ts`.
 *
 * Server, attackers and honest client are processes of their own. A round measures undisturbed and then
 * attacked, so that a machine that gets slower disturbs both; the ratio is of medians of the same round.
 *
 * `deno run --no-lock -A bench/attacks.ts [--rounds 3] [--offenders 200] [--runtimes "Node 24,Deno"] [--only tls]`
 *
 * @module
 */
import { parseArgs } from "node:util";
import {
  type AttackedRuntime,
  AttackedServer,
  limitOf,
  RunningAttacker,
  shortHandshake,
  shortLimits,
} from "../tests/support/attacked.ts";
import { type Attack, attacks } from "../tests/support/attacks.ts";
import { withCertificates } from "../tests/support/certificates.ts";
import { markdownTable, median, pairedRatio } from "./support/stats.ts";

/** How long the honest client asks, undisturbed and attacked, in milliseconds. */
const asking = 400;

/** How long offenders are waited for beyond their limit, in milliseconds. */
const patience = 3_000;

const head = ["attack", "offenders", "ms before", "ms during", "×", "p99 before", "p99 during"]
  .concat(["limit ms", "all gone after ms"]);

if (import.meta.main) {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      rounds: { type: "string", default: "3" },
      offenders: { type: "string", default: "200" },
      runtimes: { type: "string", default: "Node 24,Deno" },
      only: { type: "string", default: "" },
    },
  });
  const chosen = attacks.filter(({ name }) =>
    name.toLowerCase().includes(values.only.toLowerCase())
  );
  await withCertificates(async ({ server: { cert, key }, ca }) => {
    const tls = { cert, key, handshakeTimeout: shortHandshake };
    for (const runtime of values.runtimes.split(",") as AttackedRuntime[]) {
      const options = { transport: "node", socketLimits: shortLimits } as const;
      await using plain = await AttackedServer.start(runtime, options);
      await using secure = await AttackedServer.start(runtime, { ...options, tls }, ca);
      const lines: string[][] = [];
      for (const attack of chosen.filter(({ notOn }) => notOn !== runtime)) {
        console.error(`${runtime}: ${attack.name}`);
        const server = attack.isSecure ? secure : plain;
        const asked = Number(values.offenders);
        lines.push(
          await measure(server, attack, asked, Number(values.rounds)).catch((error) => [
            `${attack.name}: ${error.message}`,
          ]),
        );
      }
      console.log(`### Attacks on ${runtime}\n\n${markdownTable(head, lines)}\n`);
    }
  });
  console.log(
    `Medians of ${values.rounds} rounds; milliseconds an honest client waits on a connection of its own.`,
  );
}

async function measure(
  server: AttackedServer,
  attack: Attack,
  asked: number,
  rounds: number,
): Promise<string[]> {
  const offenders = Math.min(asked, attack.most ?? asked);
  const limit = limitOf(attack);
  const [before, during, gone]: [number[][], number[][], number[]] = [[], [], []];
  await server.askFor(asking);
  for (let round = 0; round < rounds; round++) {
    const sockets = server.sockets();
    before.push(await server.askFor(asking));
    await using _attacker = await RunningAttacker.start(attack, server.port, offenders);
    const start = performance.now();
    during.push(await server.askFor(asking));
    if (limit === undefined) continue;
    const passed = performance.now() - start;
    gone.push(passed + await server.untilLeft(sockets, limit + patience));
  }
  const medians = [before, during].map((times) => times.map(median)) as [number[], number[]];
  const worst = [before, during].map((times) => median(times.map(percentile99)));
  return [
    attack.name,
    String(offenders),
    ...medians.map((values) => median(values).toFixed(2)),
    pairedRatio(medians[1], medians[0]).toFixed(2),
    ...worst.map((value) => value.toFixed(1)),
    limit === undefined ? "they leave" : String(limit),
    limit === undefined ? "" : median(gone).toFixed(0),
  ];
}

function percentile99(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? NaN;
}
