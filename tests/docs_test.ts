/**
 * What the documents say of this repository: the tests they name as their proof are there, and so is
 * every file they link to.
 *
 * @module
 */
import assert from "node:assert/strict";
import { root } from "./support/source.ts";

/** A test file below `tests/` without its ending, and behind it parts of names of tests in it. */
const proof = /`((?:[a-z0-9]+\/)[a-z0-9_/]+)`((?: "[^"]+",?)+)/g;

/** Its path, and what is in it; `undefined` where there is no such file. */
function read(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(new URL(path, root));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Every text in quotes: names of tests are among them, and comments are not. */
function textsIn(source: string): string[] {
  return [
    ...source.replaceAll(/^\s*(?:\*|\/\/|\/\*).*$/gm, "").matchAll(/"([^"\n]+)"|`([^`\n]+)`/g),
  ]
    .map(([, plain, template]) => plain ?? template ?? "");
}

/** The tables of a document: each its header row and the rows below, in cells. */
function tablesOf(markdown: string): string[][][] {
  const tables: string[][][] = [];
  let isInside = false;
  for (const line of markdown.split("\n")) {
    if (!line.startsWith("|")) {
      isInside = false;
      continue;
    }
    if (!isInside) tables.push([]);
    isInside = true;
    if (/^[|\s:-]+$/.test(line)) continue;
    tables.at(-1)?.push(line.split("|").slice(1, -1).map((cell) => cell.trim()));
  }
  return tables;
}

Deno.test("docs: every test that docs/runtimes.md names is there", () => {
  const markdown = read("docs/runtimes.md") ?? "";
  const named = [...markdown.matchAll(proof)];
  assert.ok(named.length > 50, `${named.length} tests are named`);
  const missing: string[] = [];
  for (const [, file = "", names = ""] of named) {
    const source = read(`tests/${file}.ts`);
    const texts = source === undefined ? [] : textsIn(source);
    for (const [, name = ""] of names.matchAll(/"([^"]+)"/g)) {
      if (!texts.some((text) => text.includes(name))) missing.push(`tests/${file}.ts: ${name}`);
    }
  }
  assert.deepEqual(missing, []);
});

Deno.test("docs: every row of a table of features names its proof", () => {
  const tables = tablesOf(read("docs/runtimes.md") ?? "")
    .filter(([head]) => head?.at(-1) === "test");
  assert.ok(tables.length > 5, `${tables.length} tables have tests`);
  const without = tables
    .flatMap(([, ...rows]) => rows)
    .filter((cells) => cells.at(-1)?.match(proof) === null)
    .map(([feature]) => feature);
  assert.deepEqual(without, []);
});

Deno.test("docs: every link leads to a file or heading, every folder that is named is there", () => {
  const docs = [...Deno.readDirSync(new URL("docs/", root))]
    .filter(({ name }) => name.endsWith(".md"))
    .map(({ name }) => `docs/${name}`);
  const missing: string[] = [];
  for (const path of ["README.md", "CONTRIBUTING.md", ...docs]) {
    const prose = (read(path) ?? "").replaceAll(/^```[^]*?^```$/gm, "");
    for (const [, target = ""] of prose.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
      const { pathname, hash } = new URL(target, `file:///${path}`);
      const text = read(pathname.slice(1));
      if (text === undefined) missing.push(`${path}: ${target}`);
      else if (hash !== "" && !anchorsOf(text).has(hash)) missing.push(`${path}: ${target}`);
    }
    for (const [, folder = ""] of prose.matchAll(/`(examples\/[a-z0-9_]+)\/`/g)) {
      if (read(`${folder}/main.ts`) === undefined) missing.push(`${path}: ${folder}`);
    }
  }
  assert.deepEqual(missing, []);
});

/** The anchors that headings have where Markdown is shown. */
function anchorsOf(markdown: string): ReadonlySet<string> {
  return new Set(
    [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
      `#${
        heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").trim().replaceAll(/\s/g, "-")
      }`
    ),
  );
}
