import assert from "node:assert/strict";
import fc from "fast-check";
import { formatCsvRow, parseCsv } from "../../src/message/cookie_csv.ts";

const settings = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 300 };

const ROWS: [text: string, rows: [line: number, fields: string[] | undefined][]][] = [
  ["", []],
  ["a,b", [[1, ["a", "b"]]]],
  ["a,b\r\nc,d\n", [[1, ["a", "b"]], [2, ["c", "d"]]]],
  ["\r\n\na\n", [[3, ["a"]]]],
  [",\n", [[1, ["", ""]]]],
  ['"a,b","c""d","e\r\nf"\nx\n', [[1, ["a,b", 'c"d', "e\r\nf"]], [3, ["x"]]]],
  ['""\n', []],
  ['"",""\n', [[1, ["", ""]]]],
  ['a"b,c\n', [[1, ['a"b', "c"]]]],
  ['"a"b,c\nd\n', [[1, undefined], [2, ["d"]]]],
  ['a\n"b,c\nd\n', [[1, ["a"]], [2, undefined], [3, ["d"]]]],
  ['"\n"a,b\nc\n', [[1, undefined], [2, undefined], [3, ["c"]]]],
  ["a\rb\r\n", [[1, ["a\rb"]]]],
];

for (const [text, rows] of ROWS) {
  Deno.test(`CSV: ${JSON.stringify(text)} is read`, () => {
    assert.deepEqual(parseCsv(text).map(({ line, fields }) => [line, fields]), rows);
  });
}

Deno.test("CSV: what is written is read again", () => {
  const field = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom('"', ",", "\r", "\n", "a") }),
    fc.constant("__proto__"),
  );
  const row = fc.array(field, { minLength: 2, maxLength: 5 });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 8 }), (rows) => {
      const text = rows.map(formatCsvRow).join("");
      assert.deepEqual(parseCsv(text).map(({ fields }) => fields), rows);
    }),
    settings,
  );
});

Deno.test("CSV: any text is read, and a broken row takes no more with it than its line", () => {
  const noise = fc.string({ unit: fc.constantFrom('"', ",", "\r", "a") });
  fc.assert(
    fc.property(fc.array(noise, { minLength: 1, maxLength: 8 }), (lines) => {
      const rows = parseCsv(`${lines.join("\n")}\nlast,row\n`);
      const isOpen = rows.some(({ fields }) => fields?.some((field) => field.includes("\n")));
      if (!isOpen) assert.deepEqual(rows.at(-1)?.fields, ["last", "row"]);
      for (const { line } of rows) assert.ok(line >= 1 && line <= lines.length + 1);
    }),
    settings,
  );
});

Deno.test("security 18: CSV is read in linear time", () => {
  const start = performance.now();
  for (const unit of ['"', '"\n', '"""\n', '"x\n', ',"', 'a""\n', '"""x\n', "\n", '"\n\n', ","]) {
    parseCsv(unit.repeat(200_000));
    parseCsv(`"${unit.repeat(200_000)}`);
  }
  assert.ok(performance.now() - start < 5_000);
});
