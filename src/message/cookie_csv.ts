/**
 * Rows of comma-separated values (RFC 4180), as a file of cookies has them.
 *
 * Reading takes one pass and gives up on no file: where a quoted field is not closed as it should be,
 * that line alone is broken, and reading goes on with the next.
 *
 * @module
 */

/** One row. */
export interface CsvRow {
  /** The number of the line it begins in, from 1. */
  readonly line: number;
  /** Its fields; `undefined` where it is broken. */
  readonly fields: readonly string[] | undefined;
}

/** Reads rows in their order; empty lines are none. */
export function parseCsv(text: string): CsvRow[] {
  const rows: CsvRow[] = [];
  let line = 1;
  for (let at = 0; at < text.length;) {
    const row = readRow(text, at);
    const end = row?.end ?? lineEnd(text, at);
    const isEmpty = row?.fields.length === 1 && row.fields[0] === "";
    if (!isEmpty) rows.push({ line, fields: row?.fields });
    line += countLines(text, at, end);
    at = end;
  }
  return rows;
}

/** Writes one row, with its line break; fields are quoted where they have to be. */
export function formatCsvRow(fields: readonly string[]): string {
  return `${fields.map(formatField).join(",")}\r\n`;
}

function formatField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

interface ReadRow {
  readonly fields: string[];
  /** Where the next row begins. */
  readonly end: number;
}

function readRow(text: string, start: number): ReadRow | undefined {
  const fields: string[] = [];
  for (let at = start;;) {
    let end: number;
    if (text[at] === '"') {
      const close = closingQuote(text, at + 1);
      if (close === -1) return undefined;
      fields.push(text.slice(at + 1, close).replaceAll('""', '"'));
      end = close + 1;
    } else {
      end = plainEnd(text, at);
      fields.push(text.slice(at, end));
    }
    if (text[end] === ",") at = end + 1;
    else if (end === text.length) return { fields, end };
    else if (text[end] === "\n") return { fields, end: end + 1 };
    else if (text.startsWith("\r\n", end)) return { fields, end: end + 2 };
    else return undefined;
  }
}

/** Where a quoted field closes; a quote in it is doubled. */
function closingQuote(text: string, from: number): number {
  let at = text.indexOf('"', from);
  while (at !== -1 && text[at + 1] === '"') at = text.indexOf('"', at + 2);
  return at;
}

function plainEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const character = text[at];
    if (character === "," || character === "\n") return at;
    if (character === "\r" && text[at + 1] === "\n") return at;
  }
  return text.length;
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end === -1 ? text.length : end + 1;
}

function countLines(text: string, from: number, end: number): number {
  let count = 0;
  let at = text.indexOf("\n", from);
  while (at !== -1 && at < end) {
    count++;
    at = text.indexOf("\n", at + 1);
  }
  return count;
}
