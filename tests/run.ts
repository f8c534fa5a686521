/**
 * `deno task test`: installs the real programs the tests talk to where it may, runs every test, and
 * closes with their counts. Arguments go to `deno test`: `deno task test --filter retry`.
 *
 * Needs nothing but the npm registry; the sub-process is this same Deno, which need not be on the
 * path.
 *
 * @module
 */
import { countJunit, type Counts, countsLine } from "./support/counts.ts";
import { installPeers, missingPeers } from "./support/peers.ts";

const root = new URL("../", import.meta.url);

if (import.meta.main) {
  const missing = await installPeers(missingPeers());
  for (const { command, debian } of missing) {
    console.log(`Without ${command} the tests that need it do not run: install package ${debian}`);
  }
  const tests = await runTests(Deno.args);
  const absent = Deno.env.get("CI") ? missing.length : 0;
  const counts = { passed: tests.passed, failed: tests.failed + absent };
  console.log(countsLine("tests run", counts));
  Deno.exit(counts.failed === 0 ? 0 : 1);
}

/** Runs `deno test`; a run that fails without a failing test (it did not compile) counts one. */
async function runTests(args: readonly string[]): Promise<Counts> {
  const asked = args.find((arg) => arg.startsWith("--junit-path="))?.slice("--junit-path=".length);
  const report = asked ?? await Deno.makeTempFile({ suffix: ".xml" });
  try {
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: [
        "test",
        "--allow-all",
        "--parallel",
        // Off by default since Deno 2.9: what a test leaves open would pass unseen.
        "--sanitize-ops",
        "--sanitize-resources",
        ...asked ? [] : [`--junit-path=${report}`],
        ...args,
      ],
      cwd: root,
      stdin: "null",
    }).spawn().status;
    const counts = countJunit(await Deno.readTextFile(report).catch(() => ""));
    const unseen = success ? 0 : 1;
    return { passed: counts.passed, failed: Math.max(counts.failed, unseen) };
  } finally {
    if (!asked) await Deno.remove(report);
  }
}
