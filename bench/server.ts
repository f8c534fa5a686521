/**
 * What a request costs: bare `Deno.serve` against this library and its peers, in one run.
 *
 * Every server is its own process, started once. Each round loads all of them, in another order, one
 * after the other; the CPU time a server's process used is divided by the requests it answered. The
 * table goes to standard output, progress to standard error.
 *
 * `deno run --no-lock -A bench/server.ts [--rounds 7] [--seconds 1] [--rows hello,json] [--servers raw,hono]`
 *
 * @module
 */
import { parseArgs } from "node:util";
import { type Child, startChild } from "./support/child.ts";
import { type Row, rows } from "./support/rows.ts";
import { markdownTable, median, pairedRatio, rotated } from "./support/stats.ts";
import { hasWrk, load } from "./support/wrk.ts";

/** Names of the server programs, the floor first, then ours. */
const servers = ["raw", "by_hand", "pirouette", "hono", "h3", "elysia", "oak"];

/** What is no library of somebody else's. */
const notPeers = ["raw", "by_hand", "pirouette"];

interface Contender {
  readonly server: string;
  readonly child: Child;
  /** CPU microseconds a request, one of each round. */
  readonly cost: number[];
  /** Requests a second, one of each round. */
  readonly rate: number[];
}

if (import.meta.main) {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      rounds: { type: "string", default: "7" },
      seconds: { type: "string", default: "1" },
      rows: { type: "string", default: rows.map(({ name }) => name).join() },
      servers: { type: "string", default: servers.join() },
    },
  });
  if (!await hasWrk()) Deno.exit(1);
  const asked = rows.filter(({ name }) => values.rows.split(",").includes(name));
  const chosen = servers.filter((server) => values.servers.split(",").includes(server));
  for (const row of asked) {
    console.log(await measureRow(row, chosen, Number(values.rounds), Number(values.seconds)));
  }
  console.log(
    `Medians of ${values.rounds} interleaved rounds of ${values.seconds} s, 16 connections.`,
  );
}

async function measureRow(
  row: Row,
  names: readonly string[],
  rounds: number,
  seconds: number,
): Promise<string> {
  await using stack = new AsyncDisposableStack();
  const contenders: Contender[] = [];
  for (const server of names) {
    const child = stack.use(await startChild(server, row.name));
    await verify(row, server, child.port);
    contenders.push({ server, child, cost: [], rate: [] });
  }
  for (const { child } of contenders) await load(row, child.port, 1);
  for (let round = 0; round < rounds; round++) {
    console.error(`${row.name}: round ${round + 1} of ${rounds}`);
    for (const { child, cost, rate } of rotated(contenders, round)) {
      const before = child.cpuTime();
      const { requests, perSecond } = await load(row, child.port, seconds);
      cost.push((child.cpuTime() - before) / requests);
      rate.push(perSecond);
    }
  }
  return `### ${row.title}\n\n${table(contenders)}\n`;
}

/** Makes sure that a server gives the row's right answer before its speed counts. */
async function verify(row: Row, server: string, port: number): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}${row.path}`, {
    method: row.method,
    ...row.body === undefined
      ? {}
      : { body: row.body, headers: { "content-type": "application/json" } },
  });
  const text = await response.text();
  if (response.status !== row.status || text !== row.answer) {
    throw new Error(`Cannot compare "${server}": it answered ${response.status} ${text}`);
  }
}

function table(contenders: readonly Contender[]): string {
  const raw = contenders.find(({ server }) => server === "raw");
  const peers = contenders.filter(({ server }) => !notPeers.includes(server));
  const best = peers.toSorted((a, b) => median(a.cost) - median(b.cost))[0];
  const ratio = (costs: readonly number[], base: Contender | undefined) =>
    base === undefined ? "" : pairedRatio(costs, base.cost).toFixed(2);
  const lines = contenders.map(({ server, cost, rate }) => [
    server === "pirouette" ? "**pirouette**" : server,
    median(cost).toFixed(1),
    ratio(cost, raw),
    ratio(cost, best),
    Math.round(median(rate)).toLocaleString("en"),
  ]);
  const head = ["server", "CPU µs a request", "× raw", "× best peer", "requests a second"];
  return markdownTable(head, lines);
}
