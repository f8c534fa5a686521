/** The table of `docs/runtimes.md` is the one that the cases make. @module */
import assert from "node:assert/strict";
import { matrix } from "./matrix.ts";

/** A table's rows without the padding that the formatter gives them. */
function rowsOf(markdown: string): string[] {
  return markdown.split("\n")
    .filter((line) => line.startsWith("|"))
    .filter((line) => !/^[|\s-]+$/.test(line))
    .map((line) => line.split("|").map((part) => part.trim()).join("|"));
}

Deno.test("contract: the table of docs/runtimes.md says what the cases hold", async () => {
  const docs = new URL("../../docs/runtimes.md", import.meta.url);
  const written = new Set(rowsOf(await Deno.readTextFile(docs)));
  const missing = rowsOf(matrix()).filter((row) => !written.has(row));
  assert.deepEqual(missing, [], "deno run tests/contract/matrix.ts prints the table");
});
