/** The two tables of `treatNilableAsOptional`, cell by cell (spec 2.3.4.3, 2.3.4.5). */
import { get, optional, type Schema, service, string } from "@pirouette/http";
import { z } from "zod";
import { expectAnswer, expectError } from "./ask.ts";

/** What a cell says: a value, nil, or the error of a missing value. */
type Cell = { readonly value: string } | "nil" | "error";

interface Row {
  /** What the message carries, as the table writes it. */
  readonly sent: string;
  /** With `treatNilableAsOptional`, which is the default. */
  readonly current: Cell;
  /** Without it. */
  readonly ideal: Cell;
}

const bar = { value: "bar" };
const baz = { value: "baz" };
const empty = { value: "" };

function row(sent: string, current: Cell, ideal = current): Row {
  return { sent, current, ideal };
}

const required = { "string foo": string(), "string foo (Zod)": z.string() };
const nilable = {
  "string? foo": optional(string()),
  "string? foo (Zod)": z.string().optional(),
  "string? foo (Zod, null)": z.string().nullish(),
};
const defaulted = {
  'string foo = "baz"': string({ default: "baz" }),
  'string? foo = "baz"': optional(string({ default: "baz" })),
  'string foo = "baz" (Zod)': z.string().default("baz"),
};

const queryTable: readonly (readonly [Readonly<Record<string, Schema>>, readonly Row[]])[] = [
  [required, [row("foo=bar", bar), row("foo=", empty), row("foo", "error"), row("", "error")]],
  [nilable, [row("foo=bar", bar), row("foo=", empty), row("foo", "nil"), row("", "nil", "error")]],
  [defaulted, [row("foo=bar", bar), row("foo=", empty), row("foo", baz), row("", baz)]],
];

const headerTable: typeof queryTable = [
  [required, [row("foo:bar", bar), row("foo:", "error"), row("", "error")]],
  [nilable, [row("foo:bar", bar), row("foo:", "nil"), row("", "nil", "error")]],
  // The table has no third case; the rule of the query's carries over.
  [defaulted, [row("foo:bar", bar), row("foo:", baz), row("", baz)]],
];

const modes = [["current", undefined], ["current", true], ["ideal", false]] as const;

function forEachCell(
  source: "query" | "header",
  table: typeof queryTable,
  check: (cell: {
    readonly schema: Schema;
    readonly sent: string;
    readonly expected: Cell;
    readonly config: { readonly treatNilableAsOptional?: boolean };
  }) => Promise<void>,
): void {
  for (const [arguments_, rows] of table) {
    for (const [argument, schema] of Object.entries(arguments_)) {
      for (const [mode, treatNilableAsOptional] of modes) {
        const config = treatNilableAsOptional === undefined ? {} : { treatNilableAsOptional };
        for (const { sent, [mode]: expected } of rows) {
          const set = treatNilableAsOptional ?? "by default";
          const name = `${source}, ${argument}, ${
            sent || "nothing"
          }, treatNilableAsOptional ${set}`;
          Deno.test(`nilable tables: ${name}`, () => check({ schema, sent, expected, config }));
        }
      }
    }
  }
}

/** A list around the value tells nil from a missing answer. */
function answer(cell: Cell): unknown {
  return typeof cell === "object" ? [cell.value] : [null];
}

forEachCell("query", queryTable, async ({ schema, sent, expected, config }) => {
  const echo = service(config, [get("/", { query: { foo: schema } }, ({ query }) => [query.foo])]);
  const line = sent === "" ? "GET /" : `GET /?${sent}`;
  if (expected === "error") {
    await expectError(echo, line, 400, "no query param value found for 'foo'");
  } else await expectAnswer(echo, line, answer(expected));
});

forEachCell("header", headerTable, async ({ schema, sent, expected, config }) => {
  const echo = service(config, [
    get("/", { headers: { foo: schema } }, ({ headers }) => [headers.foo]),
  ]);
  const init: RequestInit = sent === "" ? {} : { headers: { foo: sent.slice("foo:".length) } };
  if (expected === "error") {
    await expectError(echo, "GET /", 400, "no header value found for 'foo'", init);
  } else await expectAnswer(echo, "GET /", answer(expected), init);
});
