/**
 * Runs programs of this repository on real Nodes, against the package as npm users get it.
 *
 * ```ts ignore
 * // A program that ends. `@pirouette/http`, `../../src/…`, `../support/…`, `zod` and `fast-check`
 * // are imported in it as everywhere in tests/; it uses no `Deno`.
 * const { stdout } = await runOnNode(20, new URL("./program.ts", import.meta.url), { args: ["x"] });
 *
 * // The same, written here, in JavaScript.
 * await runOnNode(24, `import { get } from "@pirouette/http"; console.log(typeof get);`);
 *
 * // A server: it says on a line that it is ready, and runs until the block is left.
 * await using server = await startOnNode(22, new URL("./server.ts", import.meta.url));
 * const { port } = JSON.parse(await server.line());
 * ```
 *
 * The first use on a machine fetches Node and the packages (some 60 MB a version, seconds), the
 * first use after a change packs the library (4 s); both are shared by all the files of a run.
 * A test that uses this asks `hasPeer("npm")` first.
 *
 * @module
 */
import { onNode, packed } from "./node_package.ts";
import { nodeProgram, type NodeVersion, nodeVersions } from "./node_tools.ts";

export { nodeProgram, type NodeVersion, nodeVersions, onNode, packed };

/** How to run a program on Node. */
export interface OnNodeOptions {
  /** What follows the program on its command line. */
  readonly args?: readonly string[];
  /** What precedes it: `--expose-gc`. */
  readonly nodeArgs?: readonly string[];
  /** Environment variables besides our own. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Milliseconds after which it is killed.
   *
   * @default 60_000
   */
  readonly timeout?: number;
}

/** How a program on Node ended. */
export interface NodeRun {
  /** Its exit code. */
  readonly code: number;
  /** What it printed. */
  readonly stdout: string;
  /** What it complained about. */
  readonly stderr: string;
}

/**
 * Runs a program on Node to its end.
 *
 * @param program a TypeScript file of this repository, or JavaScript
 * @throws {Error} with what it printed, when its exit code is not 0.
 */
export async function runOnNode(
  version: NodeVersion,
  program: URL | string,
  options: OnNodeOptions = {},
): Promise<NodeRun> {
  const { code, stdout, stderr } = await (await command(version, program, options)).output();
  const decoder = new TextDecoder();
  const run = { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  if (code !== 0) {
    throw new Error(`On Node ${version} it ended with ${code}:\n${run.stderr}\n${run.stdout}`);
  }
  return run;
}

/** A program that runs on Node; `await using` ends it. */
export class NodeProgram implements AsyncDisposable {
  /** The process. */
  readonly child: Deno.ChildProcess;

  readonly #lines: AsyncIterator<string>;
  readonly #complaints: Promise<string>;

  /** Takes a process whose both outputs are piped. */
  constructor(child: Deno.ChildProcess) {
    this.child = child;
    this.#lines = linesOf(child.stdout);
    this.#complaints = new Response(child.stderr).text();
  }

  /**
   * The next line it prints.
   *
   * @throws {Error} with what it complained about, when it ends instead.
   */
  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`The program on Node ended:\n${await this.#complaints}`);
    return value;
  }

  /**
   * Ends it, reads the rest of what it prints, and gives how it ended.
   *
   * @param signal what it is told; `SIGTERM` lets it end by itself
   */
  async stop(signal: Deno.Signal = "SIGKILL"): Promise<NodeRun> {
    try {
      this.child.kill(signal);
    } catch {
      // It has ended already.
    }
    let stdout = "";
    for (let next = await this.#lines.next(); !next.done; next = await this.#lines.next()) {
      stdout += `${next.value}\n`;
    }
    const [{ code }, stderr] = await Promise.all([this.child.status, this.#complaints]);
    return { code, stdout, stderr };
  }

  /** Kills it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/**
 * Starts a program on Node that goes on: a server.
 *
 * @param program a TypeScript file of this repository, or JavaScript
 */
export async function startOnNode(
  version: NodeVersion,
  program: URL | string,
  options: OnNodeOptions = {},
): Promise<NodeProgram> {
  return new NodeProgram((await command(version, program, options)).spawn());
}

async function command(
  version: NodeVersion,
  program: URL | string,
  { args = [], nodeArgs = [], env = {}, timeout = 60_000 }: OnNodeOptions,
): Promise<Deno.Command> {
  const [node, folder] = await Promise.all([nodeProgram(version), packed()]);
  const what = typeof program === "string"
    ? ["--input-type=module", "--eval", program, "--"]
    : await onNode([program]);
  return new Deno.Command(node, {
    args: ["--no-warnings", ...nodeArgs, ...what, ...args],
    cwd: folder,
    env: { ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(timeout),
  });
}

async function* linesOf(bytes: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of bytes.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}
