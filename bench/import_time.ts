/**
 * What loading costs: a process that imports the server entry, or the whole library, and starts a
 * hello service, against one that starts a bare `Deno.serve`. Measured from the start of the process to its printed port.
 *
 * `deno run --no-lock -A bench/import_time.ts [--rounds 15]`; fails above the budget.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { startChild } from "./support/child.ts";
import { markdownTable, median, rotated } from "./support/stats.ts";

/** Milliseconds that a service's entry may add to a bare start. */
const budget = 60;

if (import.meta.main) {
  const { values } = parseArgs({
    args: Deno.args,
    options: { rounds: { type: "string", default: "15" } },
  });
  const times = await measure(["raw", "pirouette_server", "pirouette"], Number(values.rounds));
  const bare = median(times.get("raw") ?? []);
  const extra = median(times.get("pirouette_server") ?? []) - bare;
  console.log(markdownTable(
    ["start of a hello service", "median ms", "ms over bare"],
    [...times].map(([server, samples]) => [
      server,
      median(samples).toFixed(1),
      (median(samples) - bare).toFixed(1),
    ]),
  ));
  console.log(
    `\nMedians of ${values.rounds} interleaved starts; the budget of the server entry is ${budget} ms ` +
      "over bare. The main entry loads the client as well, with all it does about failures.",
  );
  if (!(extra <= budget)) Deno.exit(1);
}

async function measure(
  servers: readonly string[],
  rounds: number,
): Promise<Map<string, number[]>> {
  const times = new Map<string, number[]>(servers.map((server) => [server, []]));
  // The first start of each compiles its modules into the cache and is not counted.
  for (let round = -1; round < rounds; round++) {
    for (const server of rotated(servers, round + 1)) {
      await using child = await startChild(server, "hello");
      if (round >= 0) times.get(server)?.push(child.startTime);
    }
  }
  return times;
}
