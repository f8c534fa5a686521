/**
 * The table of `docs/runtimes.md` out of the cases: feature × transport × runtime.
 *
 * `deno run tests/contract/matrix.ts` prints it. A cell says `yes` where every case of the feature is
 * held there, and otherwise what the cases say is there instead; `contract_test.ts` proves both.
 *
 * @module
 */
import { appliesTo, type Case, differenceAt } from "./case.ts";
import { cases } from "./cases.ts";
import { type Column, columnName, columns, type Protocol, protocols } from "./target.ts";

/** The columns of the table; the versions of Node differ in nothing. */
const shown: readonly (readonly [name: string, columns: readonly Column[]])[] = [
  ...columns.filter(({ runtime }) => runtime === "Deno")
    .map((column) => [columnName(column), [column]] as const),
  ["node_http on Node 20, 22, 24", columns.filter(({ runtime }) => runtime !== "Deno")],
];

/** The table in Markdown. */
export function matrix(): string {
  const features = Map.groupBy(cases, ({ feature }) => feature);
  const rows = [...features].map(([feature, ones]) => [
    feature,
    scope(ones),
    ...shown.map(([, columns]) => cell(ones, columns)),
    String(ones.length),
  ]);
  const head = ["feature", "over", ...shown.map(([name]) => name), "cases"];
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |\n`).join("");
}

/** The protocols that a feature is about. */
function scope(ones: readonly Case[]): string {
  const about = protocols.filter((protocol) => ones.some((one) => appliesTo(one, protocol)));
  return about.length === protocols.length ? "all" : about.join(", ");
}

function cell(ones: readonly Case[], columns: readonly Column[]): string {
  const about = protocols.filter((protocol) => ones.some((one) => appliesTo(one, protocol)));
  /** What is otherwise, and over which protocols. */
  const others = new Map<string, Set<Protocol>>();
  let isHeld = false;
  for (const protocol of about) {
    for (const column of columns) {
      for (const one of ones.filter((one) => appliesTo(one, protocol))) {
        const difference = differenceAt(one, { ...column, protocol });
        if (difference === undefined) {
          isHeld = true;
          continue;
        }
        const { cell, runtimes } = difference;
        const where = columns.length > 1 && runtimes !== undefined;
        const said = where ? `${cell} (${runtimes.join(", ")})` : cell;
        others.set(said, (others.get(said) ?? new Set()).add(protocol));
      }
    }
  }
  const said = [...others].map(([cell, at]) =>
    at.size === about.length ? cell : `${cell} (${[...at].join(", ")})`
  );
  return [...isHeld ? ["yes"] : [], ...said].join("; ");
}

if (import.meta.main) console.log(matrix());
