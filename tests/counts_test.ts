/**
 * The counts that `.ci/run` closes with are those of Deno's own summary.
 *
 * @module
 */
import assert from "node:assert/strict";
import { countJunit, countsLine } from "./support/counts.ts";

const report = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="6" failures="1" errors="0" time="0.007">
    <testsuite name="./tests/a_test.ts" tests="6" disabled="1" errors="0" failures="1">
        <testcase name="a table" classname="./tests/a_test.ts" time="0.001" line="1" col="6">
        </testcase>
        <testcase name="a &gt; sign in a name" classname="./tests/a_test.ts" time="0.001">
        </testcase>
        <testcase name="broken" classname="./tests/a_test.ts" time="0.000" line="1" col="70">
            <failure message="Uncaught Error: &lt;failure &gt;">Error: &lt;testcase
    at file:///tests/a_test.ts:1:96</failure>
        </testcase>
        <testcase name="later" classname="./tests/a_test.ts" time="0.000" line="1" col="135">
            <skipped/>
        </testcase>
        <testcase name="a table &gt; row" classname="./tests/a_test.ts" time="0.000">
        </testcase>
        <testcase name="a table &gt; row &gt; cell" classname="./tests/a_test.ts" time="0.000">
        </testcase>
    </testsuite>
</testsuites>`;

Deno.test("counts: a report is counted without steps and skipped tests", () => {
  assert.deepEqual(countJunit(report), { passed: 2, failed: 1 });
});

Deno.test("counts: nothing is counted where there is no report", () => {
  assert.deepEqual(countJunit(""), { passed: 0, failed: 0 });
});

Deno.test("counts: the closing line names what was counted", () => {
  const line = countsLine("tests run", { passed: 12, failed: 0 });
  assert.equal(line, "tests run: 12 passed, 0 failed");
});
