/**
 * The program `signalled_server.ts` as a process that a test sends signals to.
 *
 * @module
 */
import { within } from "./within.ts";

/** A process that serves. */
export interface SignalledChild extends AsyncDisposable {
  /** The port that it listens on. */
  readonly port: number;
  /** Its address. */
  readonly url: string;
  /** The next line that it says; `undefined` at the end. */
  line(): Promise<string | undefined>;
  /** Sends it a signal. */
  signal(name: Deno.Signal): void;
  /** How it ended: with a code, or by a signal. */
  readonly ended: Promise<{ readonly code: number; readonly signal: string | null }>;
}

/** Starts the program with its arguments; the first ones are Deno's. */
export async function signalledChild(
  args: readonly string[],
  flags: readonly string[] = [],
): Promise<SignalledChild> {
  const program = new URL("signalled_server.ts", import.meta.url).pathname;
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-check", "--allow-net", ...flags, program, ...args],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const lines = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const line = async (): Promise<string | undefined> => {
    for (;;) {
      const end = text.indexOf("\n");
      if (end !== -1) {
        const found = text.slice(0, end);
        text = text.slice(end + 1);
        return found;
      }
      const { done, value } = await within(lines.read(), "a line of the program");
      if (done) return undefined;
      text += value;
    }
  };
  const port = Number(await line());
  if (Number.isNaN(port)) throw new Error(`The program did not start with ${args.join(" ")}`);
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    line,
    signal: (name) => process.kill(name),
    ended: process.status.then(({ code, signal }) => ({ code, signal })),
    async [Symbol.asyncDispose]() {
      try {
        process.kill("SIGKILL");
      } catch {
        // It has ended.
      }
      await process.status;
      await lines.cancel();
    },
  };
}
