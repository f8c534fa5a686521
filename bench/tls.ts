/**
 * What a request over TLS costs: bare `Deno.serve` against this library's transport on it, and against
 * a service behind that, over HTTP/1.1 and HTTP/2.
 *
 * Every server is its own process, and every round loads all of them, one after the other. A
 * connection is kept for all its requests, so that the records of TLS are measured and not its
 * handshakes. `wrk` speaks HTTP/1.1, `h2load` HTTP/2 with eight streams on each connection.
 *
 * `deno run --no-lock -A bench/tls.ts [--rounds 9] [--seconds 1]`
 *
 * @module
 */
import { parseArgs } from "node:util";
import { type Child, startChild } from "./support/child.ts";
import { markdownTable, median, pairedRatio, rotated } from "./support/stats.ts";

interface Contender {
  readonly server: string;
  readonly child: Child;
  /** CPU microseconds a request, one of each round. */
  readonly cost: number[];
  /** Requests a second, one of each round. */
  readonly rate: number[];
}

/** Loads a port for some seconds and tells how many requests were answered. */
type Load = (port: number, seconds: number) => Promise<number>;

const loads: Readonly<Record<string, Load>> = {
  "HTTP/1.1": (port, seconds) =>
    requestsOf(
      "wrk",
      ["--threads=1", "--connections=16", `--duration=${seconds}s`, `https://127.0.0.1:${port}/`],
      /(\d+) requests in/,
      /Non-2xx|Socket errors/,
    ),
  "HTTP/2": (port, seconds) =>
    requestsOf(
      "h2load",
      ["-c16", "-m8", "-D", String(seconds), `https://127.0.0.1:${port}/`],
      /(\d+) succeeded/,
      /[1-9]\d* (?:failed|errored|timeout)/,
    ),
};

if (import.meta.main) {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      rounds: { type: "string", default: "9" },
      seconds: { type: "string", default: "1" },
    },
  });
  for (const [version, load] of Object.entries(loads)) {
    console.log(await measure(version, load, Number(values.rounds), Number(values.seconds)));
  }
  console.log(
    `Medians of ${values.rounds} interleaved rounds of ${values.seconds} s, 16 connections.`,
  );
}

async function measure(
  version: string,
  load: Load,
  rounds: number,
  seconds: number,
): Promise<string> {
  await using stack = new AsyncDisposableStack();
  const contenders: Contender[] = [];
  for (const server of ["raw_tls", "transport_tls", "pirouette_tls"]) {
    const child = stack.use(await startChild(server, "hello"));
    contenders.push({ server, child, cost: [], rate: [] });
  }
  for (const { child } of contenders) await load(child.port, 1);
  for (let round = 0; round < rounds; round++) {
    console.error(`${version}: round ${round + 1} of ${rounds}`);
    for (const { child, cost, rate } of rotated(contenders, round)) {
      const before = child.cpuTime();
      const requests = await load(child.port, seconds);
      cost.push((child.cpuTime() - before) / requests);
      rate.push(requests / seconds);
    }
  }
  const [raw] = contenders;
  const lines = contenders.map(({ server, cost, rate }) => [
    server,
    median(cost).toFixed(1),
    pairedRatio(cost, raw?.cost ?? []).toFixed(3),
    Math.round(median(rate)).toLocaleString("en"),
    pairedRatio(rate, raw?.rate ?? []).toFixed(3),
  ]);
  const head = ["server", "CPU µs a request", "× raw", "requests a second", "× raw"];
  return `### Hello over TLS, ${version}\n\n${markdownTable(head, lines)}\n`;
}

async function requestsOf(
  program: string,
  args: readonly string[],
  count: RegExp,
  trouble: RegExp,
): Promise<number> {
  const { stdout } = await new Deno.Command(program, { args: [...args], stdin: "null" }).output();
  const report = new TextDecoder().decode(stdout);
  const requests = Number(count.exec(report)?.[1]);
  if (trouble.test(report) || !(requests > 0)) {
    throw new Error(`Cannot use a sample with errors: ${report}`);
  }
  return requests;
}
