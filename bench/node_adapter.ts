/**
 * What the way from Node to a handler of web requests costs: bare `node:http`, this library and its
 * peers, in one run on Node 24.
 *
 * Every server is its own process, started once. Each round loads all of them, in another order, one
 * after the other. Ratios are of pairs of the same round: of requests a second, where more is better.
 *
 * `deno run --no-lock -A bench/node_adapter.ts [--rounds 7] [--seconds 1] [--rows hello,json] [--servers bare,hono]`
 *
 * @module
 */
import { parseArgs } from "node:util";
import { nodePeers } from "./support/node_peers.ts";
import { type NodeRow, nodeRows } from "./support/node_rows.ts";
import { markdownTable, median, pairedRatio, rotated } from "./support/stats.ts";
import { hasWrk, load } from "./support/wrk.ts";
import { readCpuTime } from "./support/child.ts";
import { type NodeProgram, startOnNode } from "../tests/support/node_runtime.ts";

/** Names of the server programs, the floor first, then ours. */
const servers = [
  "bare",
  "pirouette",
  "pirouette_fetch",
  "pirouette_handler",
  "hono",
  "srvx",
  "srvx_fast",
];

interface Contender {
  readonly server: string;
  readonly program: NodeProgram;
  readonly port: number;
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
      rows: { type: "string", default: nodeRows.map(({ name }) => name).join() },
      servers: { type: "string", default: servers.join() },
    },
  });
  if (!await hasWrk()) Deno.exit(1);
  await nodePeers(new URL("./node_servers/", import.meta.url));
  const asked = nodeRows.filter(({ name }) => values.rows.split(",").includes(name));
  const chosen = servers.filter((server) => values.servers.split(",").includes(server));
  for (const row of asked) {
    console.log(await measureRow(row, chosen, Number(values.rounds), Number(values.seconds)));
  }
  console.log(
    `Medians of ${values.rounds} interleaved rounds of ${values.seconds} s, 16 connections, Node 24.`,
  );
}

async function measureRow(
  row: NodeRow,
  names: readonly string[],
  rounds: number,
  seconds: number,
): Promise<string> {
  await using stack = new AsyncDisposableStack();
  const contenders: Contender[] = [];
  for (const server of names) {
    const file = new URL(`./node_servers/${server}.ts`, import.meta.url);
    const program = stack.use(
      await startOnNode(24, file, { args: [row.name], timeout: 3_600_000 }),
    );
    const port = Number(await program.line());
    await verify(row, server, port);
    contenders.push({ server, program, port, cost: [], rate: [] });
  }
  for (const { port } of contenders) await load(row, port, 1);
  for (let round = 0; round < rounds; round++) {
    console.error(`${row.name}: round ${round + 1} of ${rounds}`);
    for (const { program, port, cost, rate } of rotated(contenders, round)) {
      const before = readCpuTime(program.child.pid);
      const { requests, perSecond } = await load(row, port, seconds);
      cost.push((readCpuTime(program.child.pid) - before) / requests);
      rate.push(perSecond);
    }
  }
  return `### ${row.title}\n\n${table(contenders)}\n`;
}

/** Makes sure that a server gives the row's right answer before its speed counts. */
async function verify(row: NodeRow, server: string, port: number): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}${row.path}`, {
    ...row.body === undefined ? {} : {
      method: "POST",
      body: row.body,
      headers: { "content-type": "application/json" },
    },
  });
  const text = await response.text();
  if (response.status !== 200 || text !== row.answer) {
    throw new Error(`Cannot compare "${server}": it answered ${response.status} ${text}`);
  }
}

function table(contenders: readonly Contender[]): string {
  const bare = contenders.find(({ server }) => server === "bare");
  const peers = contenders.filter(({ server }) => server !== "bare" && !isOurs(server));
  const best = peers.toSorted((a, b) => median(b.rate) - median(a.rate))[0];
  const ratio = (rates: readonly number[], base: Contender | undefined) =>
    base === undefined ? "" : pairedRatio(rates, base.rate).toFixed(2);
  const lines = contenders.map(({ server, cost, rate }) => [
    isOurs(server) ? `**${server}**` : server,
    Math.round(median(rate)).toLocaleString("en"),
    ratio(rate, bare),
    ratio(rate, best),
    median(cost).toFixed(1),
  ]);
  const head = ["server", "requests a second", "× bare", "× best peer", "CPU µs a request"];
  return markdownTable(head, lines);
}

function isOurs(server: string): boolean {
  return server.startsWith("pirouette");
}
