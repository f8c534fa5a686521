/**
 * A server program of the bench as a process of its own: started, asked for its port and for the CPU
 * time it has used.
 *
 * @module
 */
import type { RowName } from "./rows.ts";

/** A running server program. */
export interface Child extends AsyncDisposable {
  /** Port it listens on. */
  readonly port: number;
  /** Milliseconds from starting the process to its printing the port. */
  readonly startTime: number;
  /** CPU time used so far, user and system, in microseconds. */
  cpuTime(): number;
}

/**
 * Starts `bench/servers/<server>.ts` for a row and waits for its port.
 *
 * @throws {Error} when the program ends without printing a port.
 */
export async function startChild(server: string, row: RowName): Promise<Child> {
  const program = new URL(`../servers/${server}.ts`, import.meta.url);
  const start = performance.now();
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-lock", "--allow-all", program.pathname, row],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const port = await readPort(process.stdout);
  const startTime = performance.now() - start;
  if (port === undefined) {
    throw new Error(`Cannot start server "${server}" for row "${row}": it printed no port`);
  }
  return {
    port,
    startTime,
    cpuTime: () => readCpuTime(process.pid),
    async [Symbol.asyncDispose]() {
      process.kill("SIGKILL");
      await process.status;
    },
  };
}

/** The first line that is a number. The rest of the output is read and dropped, so it never blocks. */
async function readPort(output: ReadableStream<Uint8Array>): Promise<number | undefined> {
  const reader = output.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return undefined;
    text += value;
    const port = /^(\d+)\n/m.exec(text)?.[1];
    if (port === undefined) continue;
    drain(reader);
    return Number(port);
  }
}

async function drain(reader: ReadableStreamDefaultReader<string>): Promise<void> {
  while (!(await reader.read()).done);
}

/**
 * CPU time a process has used, user and system, in microseconds: Linux counts it in ticks of 10 ms,
 * fields 14 and 15 of its `stat`.
 */
export function readCpuTime(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  // The second field is the program's name in brackets, which may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}
