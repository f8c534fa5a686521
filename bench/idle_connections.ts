/**
 * What an idle connection costs in memory: thousands of them, each kept after one request, on bare
 * `node:http`, on this library over both transports, and with TLS off.
 *
 * Memory is what the system counts (resident) before the first and with the last connection, after a
 * collection of garbage where the server can be asked for one. Addresses of the client are spread over
 * 127.0.0.0/8, because each has only some 28,000 ports.
 *
 * `deno run --no-lock -A bench/idle_connections.ts [--connections 10000]`; needs as many open files on
 * either side (`ulimit -n`), and says so where there are fewer.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { connect, type Socket } from "node:net";
import { NodeProgram, startOnNode } from "../tests/support/node_runtime.ts";
import { markdownTable } from "./support/stats.ts";

/** A server that holds them. */
interface Holder {
  readonly name: string;
  start(): Promise<NodeProgram>;
}

const program = new URL("../tests/support/attacked_server.ts", import.meta.url);
const patient = { keepAliveTimeout: 600_000, maxConnections: 100_000 };
const node = JSON.stringify({ transport: "node", socketLimits: patient });

const bare = `
  import { createServer } from "node:http";
  const server = createServer((request, response) => {
    if (request.url === "/memory") globalThis.gc();
    response.writeHead(200, { "content-type": "text/plain", "content-length": 4 });
    response.end("here");
  });
  server.keepAliveTimeout = 600_000;
  server.listen(0, "127.0.0.1", 511, () => console.log(server.address().port));
`;

const holders: readonly Holder[] = [
  {
    name: "bare node:http, Node 24",
    start: () => startOnNode(24, bare, { nodeArgs: ["--expose-gc"], timeout: 300_000 }),
  },
  {
    name: "pirouette, Node 24",
    start: () =>
      startOnNode(24, program, { args: [node], nodeArgs: ["--expose-gc"], timeout: 300_000 }),
  },
  { name: 'pirouette, Deno, "node"', start: () => startOnDeno(node) },
  { name: 'pirouette, Deno, "deno"', start: () => startOnDeno("{}") },
];

// deno-lint-ignore require-await -- every starter gives a promise
async function startOnDeno(argument: string): Promise<NodeProgram> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-lock", "--quiet", "--no-check", "--allow-all", "--v8-flags=--expose-gc"],
      ...[program.pathname, argument],
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  return new NodeProgram(child);
}

if (import.meta.main) {
  const { values } = parseArgs({
    args: Deno.args,
    options: { connections: { type: "string", default: "10000" } },
  });
  const lines: string[][] = [];
  for (const holder of holders) lines.push(await measure(holder, Number(values.connections)));
  console.log(markdownTable(
    ["server", "connections", "KiB each", "MiB before", "MiB with all", "ms to answer another"],
    lines,
  ));
}

async function measure({ name, start }: Holder, wanted: number): Promise<string[]> {
  await using server = await start();
  const port = Number(await server.line());
  const { pid } = server.child;
  // What the first requests load is not the connections' memory.
  for (let round = 0; round < 200; round++) (await open(port, round)).destroy();
  await collect(port);
  const before = residentOf(pid);
  const sockets: Socket[] = [];
  try {
    // A hundred at a time: more would overflow the queue of those that wait to be accepted.
    while (sockets.length < wanted) {
      const more = Array.from(
        { length: Math.min(100, wanted - sockets.length) },
        (_, index) => open(port, sockets.length + index),
      );
      sockets.push(...await Promise.all(more));
    }
  } catch (error) {
    console.error(`${name}: no more than ${sockets.length} connections: ${error}`);
  }
  await collect(port);
  const after = residentOf(pid);
  const begin = performance.now();
  (await open(port, 0)).destroy();
  const answer = performance.now() - begin;
  for (const socket of sockets) socket.destroy();
  return [
    name,
    sockets.length.toLocaleString("en"),
    ((after - before) / sockets.length).toFixed(1),
    (before / 1_024).toFixed(0),
    (after / 1_024).toFixed(0),
    answer.toFixed(1),
  ];
}

/** Asks once on a connection of its own, which is kept. */
function open(port: number, index: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const localAddress = `127.0.1.${1 + index % 250}`;
    const socket = connect({ host: "127.0.0.1", port, localAddress });
    socket.on("error", reject);
    socket.once("data", () => resolve(socket));
    socket.resume();
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  });
}

async function collect(port: number): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await (await fetch(`http://127.0.0.1:${port}/memory`)).body?.cancel();
    await new Promise((done) => setTimeout(done, 200));
  }
}

/** Memory in KiB, as the system counts it. */
function residentOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1]);
}
