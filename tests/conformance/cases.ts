/** The conformance tables: one test a case, and one that no case of an area is left out. */
import assert from "node:assert/strict";

interface Case {
  readonly area: string;
  readonly name: string;
  readonly given: string;
  readonly request: string;
  readonly expect: string;
}

/** How an area's cases are met: a test by the name of each. */
export interface Table {
  readonly [name: string]: (test: Deno.TestContext) => void | Promise<void>;
}

/** Cases that are decided against, with the reason; each still has its test, of what is done. */
export interface DecidedAgainst {
  readonly [name: string]: string;
}

/** Registers the tests of an area. */
export function conformance(area: string, table: Table, against: DecidedAgainst = {}): void {
  for (const [name, run] of Object.entries(table)) {
    const suffix = Object.hasOwn(against, name) ? ` (differs: ${against[name]})` : "";
    Deno.test(`conformance, ${area}: ${name}${suffix}`, run);
  }
  Deno.test(`conformance, ${area}: every published case has its test`, () => {
    const cases = readCases();
    if (cases === undefined) {
      console.log(`skipped: the conformance cases are not here, ${area} is not compared with them`);
      return;
    }
    const published = cases.filter((one) => one.area === area).map((one) => one.name);
    assert.deepEqual(Object.keys(table).toSorted(), published.toSorted());
    for (const name of Object.keys(against)) assert.ok(Object.hasOwn(table, name), name);
  });
}

function readCases(): Case[] | undefined {
  const file = new URL("../../../shared/conformance/cases.jsonl", import.meta.url);
  try {
    return Deno.readTextFileSync(file).trim().split("\n").map((line) => JSON.parse(line));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
