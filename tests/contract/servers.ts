/**
 * Starts the contract's service in every column, each in a process of its own.
 *
 * @module
 */
import type { ServeOptions } from "@pirouette/http";
import { NodeProgram, type NodeVersion, startOnNode } from "../support/node_runtime.ts";
import type { Identity } from "../support/certificates.ts";
import type { ServerArgument, Told } from "./server.ts";
import type { Column, Place, Protocol } from "./target.ts";

/** The listeners of a column, by their names. */
export type ListenerName = "main" | "main TLS" | "tight" | "tight TLS";

/** An authority's certificate. */
export interface Authority {
  /** In PEM. */
  readonly cert: string;
  /** The path of the file. */
  readonly file: string;
}

/** What a column is served with. */
export interface Settings {
  /** The folder of static files. */
  readonly folder: string;
  /** What is shown over TLS. */
  readonly identity: Identity;
  /** Who has certified it. */
  readonly authority: Authority;
}

/** A column that is being served. */
export class RunningColumn implements AsyncDisposable {
  /** What is served. */
  readonly column: Column;
  readonly #program: NodeProgram;
  readonly #told: Readonly<Record<string, Told>>;
  readonly #ca: Authority;

  private constructor(
    column: Column,
    program: NodeProgram,
    told: Readonly<Record<string, Told>>,
    ca: Authority,
  ) {
    this.column = column;
    this.#program = program;
    this.#told = told;
    this.#ca = ca;
  }

  /** Starts it. */
  static async start(
    column: Column,
    { folder, identity, authority }: Settings,
  ): Promise<RunningColumn> {
    const listeners = listenersOf(column, identity);
    const argument: ServerArgument = { folder, listeners };
    const program = await startServer(column, JSON.stringify(argument));
    try {
      const told = JSON.parse(await program.line());
      return new RunningColumn(column, program, told, authority);
    } catch (error) {
      await program.stop();
      throw error;
    }
  }

  /** Where to ask in a protocol. */
  place(protocol: Protocol, name: "main" | "tight" = "main"): Place {
    const isSecure = protocol.endsWith("TLS");
    const { port, transport, error } = this.#told[isSecure ? `${name} TLS` : name] ?? {};
    if (port === undefined) throw new Error(`Does not listen: ${error}`);
    if (transport !== this.column.transport) throw new Error(`It is served by ${transport}`);
    const { cert, file } = this.#ca;
    return isSecure ? { port, ca: cert, caFile: file } : { port, ca: undefined, caFile: undefined };
  }

  /**
   * Nothing while the process runs.
   *
   * @throws {Error} with what it complained about, when it has ended.
   */
  async checkRunning(): Promise<void> {
    const ended = await Promise.race([
      this.#program.child.status.then(() => true),
      new Promise<false>((resolve) => setTimeout(() => resolve(false), 10)),
    ]);
    if (!ended) return;
    const { code, stderr } = await this.#program.stop();
    throw new Error(`It ended with ${code}: ${stderr.slice(-2_000)}`);
  }

  /**
   * Tells the process to end.
   *
   * @throws {Error} with what it complained about, when it ends with another code than 0.
   */
  async stop(): Promise<void> {
    const { code, stderr } = await this.#program.stop("SIGTERM");
    if (code !== 0) throw new Error(`It ended with ${code}: ${stderr.slice(-2_000)}`);
  }

  /** Ends the process. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program.stop();
  }
}

/** The most bytes that the tight listeners take of a header section. */
export const tightHeaderSize = 4_000;

/** The most characters that the tight listeners take of a target. */
export const tightUriLength = 200;

/** How long the tight listeners wait for a request and its answer, in milliseconds. */
export const tightTimeout = 300;

function listenersOf(
  { transport, runtime }: Column,
  { cert, key }: Identity,
): Record<ListenerName, ServeOptions> {
  const isDefault = (transport === "deno_serve") === (runtime === "Deno");
  const own: ServeOptions = isDefault ? {} : { transport: "node" };
  const main: ServeOptions = { port: 0, host: "127.0.0.1", ...own };
  const tight: ServeOptions = {
    ...main,
    timeout: tightTimeout,
    requestLimits: { maxUriLength: tightUriLength, maxHeaderSize: tightHeaderSize },
    server: "Contract/1",
  };
  const tls = { cert, key };
  return { main, tight, "main TLS": { ...main, tls }, "tight TLS": { ...tight, tls } };
}

async function startServer({ runtime }: Column, argument: string): Promise<NodeProgram> {
  const program = new URL("server.ts", import.meta.url);
  if (runtime !== "Deno") {
    const version = Number(runtime.slice("Node ".length)) as NodeVersion;
    return await startOnNode(version, program, { args: [argument], timeout: 120_000 });
  }
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--allow-all", program.pathname, argument],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  return new NodeProgram(child);
}
