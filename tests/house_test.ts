/**
 * Holds the house to its plan (DESIGN.md §2): imports point downwards, nothing goes round in circles,
 * only the runtime folder knows the runtime, and using the library needs no more than it says.
 *
 * @module
 */
import assert from "node:assert/strict";
import { basename } from "node:path";
import {
  listFiles,
  parseSource,
  readSource,
  readSources,
  root,
  type Source,
} from "./support/source.ts";

/** For each folder of `src`, the folders it may import from besides itself. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  message: [],
  schema: ["message"],
  stores: ["message"],
  layers: ["message", "stores"],
  server: ["message", "schema", "layers"],
  client: ["message", "schema", "layers", "stores"],
  auth: ["message", "schema", "layers", "stores"],
  openapi: ["message", "schema", "server"],
  websocket: ["message", "schema", "server", "client"],
  http2: ["message", "schema", "layers", "client", "runtime"],
  node: ["message", "server", "runtime"],
  observe: ["message", "layers", "runtime"],
  runtime: ["message"],
};

/** The files outside `runtime` and `observe` that may know the runtime, besides all of `testing`. */
const knowsRuntime = [
  /^src\/server\/(listener|running_server|serve)(_[a-z]+)*\.ts$/,
  /^src\/server\/files(_[a-z]+)*\.ts$/,
  /^src\/client\/transport(_[a-z]+)*\.ts$/,
  // Cookies outlive the program in a file, which is reached by a handler that the program makes.
  /^src\/client\/persistent_cookies_file\.ts$/,
];

const sources = readSources("src");
const byPath = new Map(sources.map((source) => [source.path, source]));
const manifest: { exports: Record<string, string> } = JSON.parse(
  Deno.readTextFileSync(new URL("deno.json", root)),
);

Deno.test("house: imports point downwards", () => {
  const upwards = sources.flatMap((source) =>
    neighbours(source)
      .filter((target) => !isDownwards(source.path, target))
      .map((target) => `${source.path} imports ${target}`)
  );
  assert.deepEqual(upwards, []);
});

Deno.test("house: every folder of src has its place", () => {
  const unknown = new Set(sources.map(({ path }) => folderOf(path)))
    .difference(new Set([...Object.keys(mayImport), "testing"]));
  assert.deepEqual([...unknown], [], "give the folder a row in mayImport");
});

Deno.test("house: no import goes round in a circle", () => {
  assert.deepEqual(findCircle(sources), []);
});

Deno.test("house: only the runtime folder names Deno or node:", () => {
  const allowed = new Set(["runtime", "observe"]);
  const found = sources
    .filter(({ path }) => !allowed.has(folderOf(path)))
    .filter(({ names, imports }) =>
      names.has("Deno") || imports.some(({ specifier }) => specifier.startsWith("node:"))
    );
  assert.deepEqual(found.map(({ path }) => path), []);
});

Deno.test("house: no code is made at run time", () => {
  const found = sources.filter(({ names }) => names.has("eval") || names.has("Function"));
  assert.deepEqual(found.map(({ path }) => path), []);
});

Deno.test("house: loading a file does nothing", () => {
  const found = sources.flatMap(({ path, effects }) => effects.map((line) => `${path}: ${line}`));
  assert.deepEqual(found, []);
});

Deno.test("house: an entry re-exports, nothing else", () => {
  for (const entry of Object.values(manifest.exports)) {
    assert.deepEqual(readSource(entry.replace("./", "")).ownStatements, [], entry);
  }
});

Deno.test("house: a file is named in snake_case", () => {
  const files = ["src", "tests", "examples", "bench"].flatMap((folder) => listFiles(folder));
  const odd = files.filter((path) => path.endsWith(".ts"))
    .filter((path) => !/^[a-z0-9]+(_[a-z0-9]+)*(\.d)?\.ts$/.test(basename(path)));
  assert.deepEqual(odd, []);
});

Deno.test("house: a file opens with its @module doc", () => {
  const found = sources.filter(({ text }) => {
    const end = text.indexOf("*/");
    return !text.startsWith("/**") || !text.slice(0, end).includes("@module");
  });
  assert.deepEqual(found.map(({ path }) => path), []);
});

Deno.test("house: a file holds one idea", () => {
  const long: string[] = [];
  for (const { path, text } of [...sources, ...readSources("examples"), ...readSources("bench")]) {
    const lines = text.split("\n").length - 1;
    if (lines > 400) long.push(`${path}: ${lines} lines`);
    else if (lines > 300) console.log(`${path} has ${lines} lines: look for the second idea`);
  }
  assert.deepEqual(long, []);
});

Deno.test("house: everything exported is documented", async () => {
  const entries = Object.values(manifest.exports);
  const { success, output } = await deno("doc", "--lint", ...entries, ...byPath.keys());
  assert.ok(success, output);
});

Deno.test("house: importing the library loads no package", () => {
  const loaded = new Map<string, string>();
  const seen = new Set<string>();
  const queue = [readSource("mod.ts")];
  for (let source = queue.pop(); source !== undefined; source = queue.pop()) {
    for (const { specifier, typeOnly, dynamic } of source.imports) {
      if (typeOnly || dynamic) continue;
      const target = resolve(source.path, specifier);
      if (target === undefined) loaded.set(specifier, source.path);
      else if (!seen.has(target)) queue.push(byPath.get(target) ?? readSource(target));
      seen.add(target ?? specifier);
    }
  }
  // The runtime's own modules cost no download; only the runtime folder can name them (see above).
  const packages = [...loaded].filter(([specifier]) => !specifier.startsWith("node:"));
  assert.deepEqual(packages, []);
});

Deno.test("house: importing the library needs no permission", async () => {
  const { success, output } = await deno("run", "--no-prompt", "mod.ts");
  assert.ok(success, output);
  assert.equal(output, "");
});

Deno.test("house: a service runs with --allow-net alone", async () => {
  const program = "tests/support/hello_service.ts";
  const { success, output } = await deno("run", "--no-prompt", "--allow-net", program);
  assert.ok(success, output);
  assert.deepEqual(output.trim().split("\n"), [
    "200 Hello, you! Hello, you!",
    '201 {"sum":3}',
    '201 ["album"]',
    "404",
    "served",
  ]);
});

Deno.test("house: the reader of sources sees what it must", () => {
  const source = parseSource(
    "src/message/odd.ts",
    [
      'import type { A } from "./a.ts";',
      'import { type B } from "./b.ts";',
      'export * from "zod"; export { c } from "./c.ts"; export type { D } from "./d.ts";',
      "/** Deno.serve, eval */ const text = \"Deno.serve import('x')\";",
      'export const load = () => import("./e.ts");',
      "new Function(text); globalThis.Deno; globalThis.eval(text);",
    ].join("\n"),
  );
  assert.deepEqual(
    source.imports.map(({ specifier, typeOnly, dynamic }) => [specifier, typeOnly, dynamic]),
    [
      ["./a.ts", true, false],
      ["./b.ts", false, false],
      ["zod", false, false],
      ["./c.ts", false, false],
      ["./d.ts", true, false],
      ["./e.ts", false, true],
    ],
  );
  assert.deepEqual([...source.names].sort(), ["Deno", "Function", "eval"]);
  assert.equal(source.effects.length, 3);
  assert.deepEqual([...parseSource("a.ts", 'const a = "Deno"; /* eval */').names], []);
  const circle = [
    parseSource("src/a.ts", 'import "./b.ts"'),
    parseSource("src/b.ts", 'import "./a.ts"'),
  ];
  assert.deepEqual(findCircle(circle), ["src/a.ts", "src/b.ts", "src/a.ts"]);
  assert.ok(!isDownwards("src/message/a.ts", "src/server/b.ts"));
  assert.ok(!isDownwards("src/server/a.ts", "src/runtime/deno.ts"));
  assert.ok(isDownwards("src/server/listener.ts", "src/runtime/deno.ts"));
});

function isDownwards(from: string, to: string): boolean {
  const [folder, target] = [folderOf(from), folderOf(to)];
  if (folder === target || folder === "testing") return true;
  if (target === "runtime" && knowsRuntime.some((pattern) => pattern.test(from))) return true;
  return mayImport[folder]?.includes(target) ?? false;
}

/** The folder of `src` a path is in; `mod.ts`, which nothing may import, is in none. */
function folderOf(path: string): string {
  return path.startsWith("src/") ? path.split("/")[1] ?? "" : "";
}

/** The files of the repository that a file imports, types included. */
function neighbours(source: Source): string[] {
  return source.imports
    .map(({ specifier }) => resolve(source.path, specifier))
    .filter((path) => path !== undefined);
}

/** The path a relative specifier stands for; undefined for a package. */
function resolve(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  return new URL(specifier, new URL(from, "file:///")).pathname.slice(1);
}

/** The first circle of imports, its first file repeated at the end; empty if there is none. */
function findCircle(files: readonly Source[]): string[] {
  const known = new Map(files.map((source) => [source.path, source]));
  const done = new Set<string>();
  const trail: string[] = [];

  const visit = (path: string): string[] => {
    const start = trail.indexOf(path);
    if (start >= 0) return [...trail.slice(start), path];
    const source = known.get(path);
    if (source === undefined || done.has(path)) return [];
    trail.push(path);
    for (const next of neighbours(source)) {
      const circle = visit(next);
      if (circle.length > 0) return circle;
    }
    trail.pop();
    done.add(path);
    return [];
  };

  for (const { path } of files) {
    const circle = visit(path);
    if (circle.length > 0) return circle;
  }
  return [];
}

/** Runs this same Deno in the repository; its two outputs come as one text. */
async function deno(...args: string[]): Promise<{ success: boolean; output: string }> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: root,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { success, output: decoder.decode(stdout) + decoder.decode(stderr) };
}
