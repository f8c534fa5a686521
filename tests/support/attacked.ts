/**
 * A server that is attacked, in a process of its own on Deno or on Node, and what an honest client sees
 * of it in the meantime.
 *
 * @module
 */
import type { ServeOptions, SocketLimits } from "@pirouette/http";
import { NodeProgram, type NodeVersion, startOnNode } from "./node_runtime.ts";
import type { Attack } from "./attacks.ts";

/** Where a server runs. */
export type AttackedRuntime = "Deno" | `Node ${NodeVersion}`;

/** A server that runs in a process of its own; `await using` ends it. */
export class AttackedServer implements AsyncDisposable {
  /** Its port on 127.0.0.1. */
  readonly port: number;
  readonly #program: NodeProgram;
  readonly #ca: string | undefined;

  private constructor(program: NodeProgram, port: number, ca: string | undefined) {
    this.#program = program;
    this.port = port;
    this.#ca = ca;
  }

  /** Starts one. */
  static async start(
    runtime: AttackedRuntime,
    options: ServeOptions,
    ca?: string,
  ): Promise<AttackedServer> {
    const program = await startProgram(runtime, JSON.stringify(options));
    return new AttackedServer(program, Number(await program.line()), ca);
  }

  /** Its sockets, the one that it listens on and those of its runtime included (Linux). */
  sockets(): number {
    const folder = `/proc/${this.#program.child.pid}/fd`;
    let count = 0;
    for (const { name } of Deno.readDirSync(folder)) {
      try {
        if (Deno.readLinkSync(`${folder}/${name}`).startsWith("socket:")) count++;
      } catch {
        // It was closed in the meantime.
      }
    }
    return count;
  }

  /** Its memory in bytes, as the system counts it (Linux). */
  memory(): number {
    const status = Deno.readTextFileSync(`/proc/${this.#program.child.pid}/status`);
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1_024;
  }

  /** Milliseconds in which an honest client is answered on a connection of its own. */
  async ask(): Promise<number> {
    const start = performance.now();
    using socket = await this.#connect();
    await socket.write(honest);
    const buffer = new Uint8Array(4_096);
    let text = "";
    while (!text.includes("here")) {
      const count = await socket.read(buffer);
      if (count === null) throw new Error(`An honest client was not answered, but: ${text}`);
      text += decoder.decode(buffer.subarray(0, count));
    }
    return performance.now() - start;
  }

  /** Asks again and again for some milliseconds, and tells how long each answer took. */
  async askFor(time: number): Promise<number[]> {
    const times: number[] = [];
    const end = performance.now() + time;
    while (performance.now() < end) {
      times.push(await this.ask());
      await new Promise((done) => setTimeout(done, 2));
    }
    return times;
  }

  /** Milliseconds from now until as few sockets are left. */
  async untilLeft(sockets: number, patience: number): Promise<number> {
    const start = performance.now();
    for (;;) {
      const time = performance.now() - start;
      if (this.sockets() <= sockets) return time;
      if (time > patience) return Infinity;
      await new Promise((done) => setTimeout(done, 10));
    }
  }

  /** What it complained about; it ends. */
  async complaints(): Promise<string> {
    return (await this.#program.stop()).stderr;
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program.stop();
  }

  async #connect(): Promise<Deno.TcpConn | Deno.TlsConn> {
    const socket = await Deno.connect({ hostname: "127.0.0.1", port: this.port });
    // Else the system waits with a request for the acknowledgement of the handshake.
    socket.setNoDelay();
    const ca = this.#ca;
    if (ca === undefined) return socket;
    return await Deno.startTls(socket, { hostname: "localhost", caCerts: [ca] });
  }
}

const decoder = new TextDecoder();
const honest = new TextEncoder().encode(
  "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
);

async function startProgram(runtime: AttackedRuntime, argument: string): Promise<NodeProgram> {
  const program = new URL("attacked_server.ts", import.meta.url);
  if (runtime !== "Deno") {
    const version = Number(runtime.slice("Node ".length)) as NodeVersion;
    return await startOnNode(version, program, { args: [argument], timeout: 300_000 });
  }
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--allow-all", program.pathname, argument],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  return new NodeProgram(child);
}

/** An attack from a process of its own, so that it takes no time of the honest client's; `await using` ends it. */
export class RunningAttacker implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
  }

  /** Starts one, and waits until every offender has begun. */
  static async start(attack: Attack, port: number, offenders: number): Promise<RunningAttacker> {
    const program = new URL("attacker.ts", import.meta.url).pathname;
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-check", "--allow-all"],
        ...[program, attack.name, String(port), String(offenders)],
      ],
      stdin: "piped",
      stdout: "piped",
      signal: AbortSignal.timeout(60_000),
    }).spawn();
    const reader = child.stdout.getReader();
    const { done } = await reader.read();
    reader.releaseLock();
    if (done) throw new Error(`The attack "${attack.name}" did not begin`);
    return new RunningAttacker(child);
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.stdin.close().catch(() => {});
    await this.#child.stdout.cancel();
    await this.#child.status;
  }
}

/** Limits that are short, and different enough to tell which of them it was. */
export const shortLimits:
  & SocketLimits
  & Required<
    Pick<
      SocketLimits,
      "headerTimeout" | "requestTimeout" | "receiveTimeout" | "sendTimeout" | "keepAliveTimeout"
    >
  > = {
    headerTimeout: 800,
    requestTimeout: 1_200,
    receiveTimeout: 600,
    sendTimeout: 600,
    keepAliveTimeout: 700,
  };

/** How long a TLS handshake may take there, in milliseconds. */
export const shortHandshake = 800;

/** The limit that an attack's offenders run into, in milliseconds; `undefined` where they leave by themselves. */
export function limitOf({ endedBy }: Attack): number | undefined {
  if (endedBy === "itself") return undefined;
  if (endedBy === "at once") return 0;
  if (endedBy === "handshakeTimeout") return shortHandshake;
  return shortLimits[endedBy];
}
