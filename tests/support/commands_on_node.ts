/**
 * What tests use of `Deno.Command`, over `node:child_process`: `curl`, `openssl` and others like them
 * are run to their end, or spoken to while they run.
 *
 * Used where tests run on Node, by `tests_on_node.ts`, and nowhere else.
 *
 * @module
 */
import { type ChildProcess, spawn, type StdioOptions } from "node:child_process";
import process from "node:process";
import { Readable, Writable } from "node:stream";

type Pipe = "piped" | "null" | "inherit";

/** How to run a program. */
export interface CommandOptions {
  /** What follows its name. */
  readonly args?: readonly string[];
  /** The folder it runs in. */
  readonly cwd?: string | URL;
  /** Environment variables besides our own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where it reads. */
  readonly stdin?: Pipe;
  /** Where it prints. */
  readonly stdout?: Pipe;
  /** Where it complains. */
  readonly stderr?: Pipe;
  /** Kills it. */
  readonly signal?: AbortSignal;
}

/** How a program ended. */
export interface CommandStatus {
  /** Whether with 0. */
  readonly success: boolean;
  /** Its exit code. */
  readonly code: number;
  /** The signal that ended it. */
  readonly signal: string | null;
}

/** How a program ended, and what it printed. */
export interface CommandOutput extends CommandStatus {
  /** What it printed. */
  readonly stdout: Uint8Array;
  /** What it complained about. */
  readonly stderr: Uint8Array;
}

/** A program that is to be run. */
export class CommandOnNode {
  readonly #command: string;
  readonly #options: CommandOptions;

  /** Runs nothing yet. */
  constructor(command: string, options: CommandOptions = {}) {
    this.#command = command;
    this.#options = options;
  }

  /** Runs it to its end. */
  async output(): Promise<CommandOutput> {
    const { stdin = "null", stdout = "piped", stderr = "piped" } = this.#options;
    return await this.#start([stdin, stdout, stderr]).output();
  }

  /** Starts it. */
  spawn(): ChildOnNode {
    const { stdin = "inherit", stdout = "inherit", stderr = "inherit" } = this.#options;
    return this.#start([stdin, stdout, stderr]);
  }

  #start(pipes: readonly Pipe[]): ChildOnNode {
    const { args = [], cwd, env = {}, signal } = this.#options;
    const stdio: StdioOptions = pipes.map((pipe) => {
      if (pipe === "null") return "ignore";
      return pipe === "piped" ? "pipe" : "inherit";
    });
    return new ChildOnNode(spawn(this.#command, [...args], {
      stdio,
      ...cwd === undefined ? {} : { cwd },
      env: { ...process.env, ...env },
      ...signal === undefined ? {} : { signal },
    }));
  }
}

/** A program that runs. */
export class ChildOnNode {
  readonly #child: ChildProcess;
  readonly #streams = new Map<string, unknown>();
  /** How it ended. */
  readonly status: Promise<CommandStatus>;

  /** Takes a process that was just started. */
  constructor(child: ChildProcess) {
    this.#child = child;
    this.status = new Promise((resolve, reject) => {
      child.once("error", (error) => {
        // One that was aborted ends by its signal, which is told then.
        if (error.name !== "AbortError") reject(error);
      });
      child.once("exit", (code, signal) => {
        resolve({ success: code === 0, code: code ?? 128, signal });
      });
    });
    // Whoever waits for its output sees why it did not start.
    this.status.catch(() => {});
  }

  /** Its process. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Where it reads. */
  get stdin(): WritableStream<Uint8Array> {
    return this.#stream("stdin", () => Writable.toWeb(piped(this.#child.stdin)));
  }

  /** What it prints. */
  get stdout(): ReadableStream<Uint8Array> {
    return this.#stream("stdout", () => Readable.toWeb(piped(this.#child.stdout)));
  }

  /** What it complains about. */
  get stderr(): ReadableStream<Uint8Array> {
    return this.#stream("stderr", () => Readable.toWeb(piped(this.#child.stderr)));
  }

  /** Reads what it prints, to its end. */
  async output(): Promise<CommandOutput> {
    const read = async (stream: Readable | null): Promise<Uint8Array> => {
      if (stream === null) return new Uint8Array();
      const pieces: Uint8Array[] = [];
      for await (const piece of stream) pieces.push(piece);
      return new Uint8Array(Buffer.concat(pieces));
    };
    const { stdout, stderr } = this.#child;
    const [status, printed, complained] = await Promise.all([
      this.status,
      read(stdout),
      read(stderr),
    ]);
    return { ...status, stdout: printed, stderr: complained };
  }

  /** Sends it a signal. */
  kill(signal: NodeJS.Signals = "SIGTERM"): void {
    if (!this.#child.kill(signal)) throw new TypeError("Child process has already terminated");
  }

  #stream<T>(name: string, make: () => unknown): T {
    if (!this.#streams.has(name)) this.#streams.set(name, make());
    return this.#streams.get(name) as T;
  }
}

function piped<T>(stream: T | null): T {
  if (stream === null) throw new TypeError("It is not piped");
  return stream;
}
