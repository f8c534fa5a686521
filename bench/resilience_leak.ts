/**
 * A hundred thousand calls with every fault there is: what is left behind?
 *
 * @module
 */
import { leakRun } from "../tests/support/leak_run.ts";
import { type Answer, brokenOf, type Question } from "./resilience_question.ts";
import { markdownTable } from "./support/stats.ts";

/** The question. */
export const leak: Question = {
  title: "What is left after 100,000 calls",
  about:
    "200 at a time through timeout, retry, load balance, circuit breaker and timeout again; 15% " +
    "of the attempts refuse, reset, stall, break off or answer 4xx and 5xx, and callers read, cancel " +
    "and abort. Heap is what a collection leaves beyond the first fifth of the calls.",
  ask,
};

async function ask(): Promise<Answer> {
  const { outcomes, heap, calls, attempts, ...left } = await leakRun(100_000, 7);
  const line = [
    ...[calls, attempts, outcomes["200"] ?? 0].map((count) => count.toLocaleString("en")),
    ...Object.values(left).map(String),
    String(Math.round(heap / 1024)),
  ];
  const head = ["calls", "attempts", "200", ...Object.keys(left), "heap, KiB"];
  return {
    text: markdownTable(head, [line]),
    broken: brokenOf({
      "nothing is left": Object.values(left).every((count) => count === 0),
      "the heap does not grow": heap < 4_000_000,
    }),
  };
}
