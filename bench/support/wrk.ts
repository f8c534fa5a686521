/**
 * Load from `wrk`, the one program here that is fast enough not to be what is measured.
 *
 * @module
 */
import type { Row } from "./rows.ts";

/** What a sample of load saw. */
export interface Load {
  /** Requests answered. */
  readonly requests: number;
  /** Requests answered a second. */
  readonly perSecond: number;
}

/** Whether `wrk` is installed; if it is not, says how to get it. */
export async function hasWrk(): Promise<boolean> {
  try {
    await new Deno.Command("wrk", { args: ["-v"], stdout: "null", stderr: "null" }).output();
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.error("Cannot measure without wrk: install it, on Debian with `apt-get install wrk`");
    return false;
  }
}

/**
 * Asks a row of the server on `port` for some whole seconds over 16 connections.
 *
 * @throws {Error} when any reply was an error, as the sample would then measure something else.
 */
export async function load(
  row: Pick<Row, "path" | "body">,
  port: number,
  seconds: number,
): Promise<Load> {
  const script = row.body === undefined ? undefined : await writeScript(row.body);
  const { stdout } = await new Deno.Command("wrk", {
    args: [
      "--threads=1",
      "--connections=16",
      `--duration=${seconds}s`,
      ...script ? [`--script=${script}`] : [],
      `http://127.0.0.1:${port}${row.path}`,
    ],
    stdin: "null",
  }).output();
  if (script) await Deno.remove(script);

  const report = new TextDecoder().decode(stdout);
  const requests = Number(/(\d+) requests in/.exec(report)?.[1]);
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(report)?.[1]);
  const broken = /Non-2xx|Socket errors/.test(report);
  if (broken || !(requests > 0)) throw new Error(`Cannot use a sample with errors: ${report}`);
  return { requests, perSecond };
}

async function writeScript(body: string): Promise<string> {
  const file = await Deno.makeTempFile({ suffix: ".lua" });
  await Deno.writeTextFile(
    file,
    [
      'wrk.method = "POST"',
      'wrk.headers["content-type"] = "application/json"',
      `wrk.body = ${JSON.stringify(body)}`,
    ].join("\n"),
  );
  return file;
}
