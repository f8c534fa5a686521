/**
 * The line that says how a run went, as `.ci/run` reads it: `tests run: 12 passed, 0 failed`.
 *
 * @module
 */

/** How many of something went well and how many did not. */
export interface Counts {
  /** Number that passed. */
  readonly passed: number;
  /** Number that failed. */
  readonly failed: number;
}

/** The closing line of a run of `what`, which is `tests run` or `steps checked`. */
export function countsLine(what: string, { passed, failed }: Counts): string {
  return `${what}: ${passed} passed, ${failed} failed`;
}

/**
 * Counts a JUnit report of `deno test` as Deno counts: skipped tests are left out, and so are steps,
 * which fail with their test.
 *
 * The report is made by Deno itself, one element a line, so reading it needs no XML parser. A
 * module that does not load is missing from it; the caller sees that by the exit code.
 */
export function countJunit(report: string): Counts {
  let [passed, failed] = [0, 0];
  for (const suite of report.split("<testsuite ")) {
    const names = new Set<string>();
    for (const test of suite.split("<testcase ").slice(1)) {
      const name = /^name="([^"]*)"/.exec(test)?.[1] ?? "";
      if (isStep(name, names)) continue;
      names.add(name);
      if (test.includes("<failure ") || test.includes("<error ")) failed++;
      else if (!test.includes("<skipped")) passed++;
    }
  }
  return { passed, failed };
}

/** Deno writes steps after the tests of their file, named `test > step > step`, escaped. */
function isStep(name: string, tests: ReadonlySet<string>): boolean {
  for (let end = name.indexOf(separator); end >= 0; end = name.indexOf(separator, end + 1)) {
    if (tests.has(name.slice(0, end))) return true;
  }
  return false;
}

const separator = " &gt; ";
