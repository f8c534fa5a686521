/**
 * The package as npm users get it, laid out so that programs on Node can use it; and the way of a
 * TypeScript program of this repository there.
 *
 * The folder of {@linkcode packed} looks like this repository after `deno pack`: `mod.js`, `src/**`
 * and `node_modules/@pirouette/http` are the same files. A program of `tests/` is put at its own path
 * in it, as JavaScript that Node 20 takes, so `@pirouette/http`, `../../src/…` and `zod` all mean
 * there what they mean here.
 *
 * @module
 */
import { createRequire } from "node:module";
import { dirname, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { digest, madeOnce, nodePackages } from "./node_tools.ts";
import { listFiles, root } from "./source.ts";

/**
 * Packs the library as it is now and lays it out for Node; once for each state of the sources.
 *
 * @returns the folder
 * @throws {Error} with what `deno pack` said, when it fails.
 */
export function packed(): Promise<string> {
  return once ??= layOut();
}

let once: Promise<string> | undefined;

async function layOut(): Promise<string> {
  const texts: string[] = [];
  for (const path of [...listFiles("src"), "mod.ts", "deno.json"]) {
    texts.push(path, await Deno.readTextFile(new URL(path, root)));
  }
  const name = `packed-${await digest(texts.join("\0"))}`;
  const packages = await nodePackages(neededPackages());
  return await madeOnce(name, async (folder) => {
    const home = `${folder}/node_modules/@pirouette/http`;
    await Deno.mkdir(home, { recursive: true });
    await pack(`${folder}/package.tgz`).then(
      () => unpack(`${folder}/package.tgz`, home),
      async (error) => {
        if (Deno.env.get("CI")) throw error;
        console.log("The library does not pack as it is now: its sources are tried instead");
        await transpile(home, typescriptOf(packages));
      },
    );
    for (const path of ["src", "mod.js"]) {
      await Deno.symlink(`node_modules/@pirouette/http/${path}`, `${folder}/${path}`);
    }
    await Deno.writeTextFile(`${folder}/package.json`, `{"private":true,"type":"module"}\n`);
  }, packages);
}

async function unpack(file: string, folder: string): Promise<void> {
  const { success } = await new Deno.Command("tar", {
    args: ["-xzf", file, "-C", folder, "--strip-components=1"],
    stdin: "null",
  }).output();
  if (!success) throw new Error("Cannot unpack what deno pack made");
}

/** What {@linkcode pack} does, for work in progress that need not have the right types. */
async function transpile(folder: string, typescript: TypeScript): Promise<void> {
  const { name, exports }: Manifest = readManifest();
  const entries = Object.entries(exports).map(([path, file]) => [path, scriptName(file)]);
  const manifest = { name, type: "module", exports: Object.fromEntries(entries) };
  await Deno.writeTextFile(`${folder}/package.json`, JSON.stringify(manifest));
  for (const path of ["mod.ts", ...listFiles("src").filter((path) => path.endsWith(".ts"))]) {
    const text = await Deno.readTextFile(new URL(path, root));
    await put(`${folder}/${scriptName(path)}`, toJavaScript(text, path, typescript));
  }
}

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly imports: Readonly<Record<string, string>>;
}

function readManifest(): Manifest {
  return JSON.parse(Deno.readTextFileSync(new URL("deno.json", root)));
}

/** What `deno pack` puts under `dependencies`: the packages of `deno.json` that `src` imports. */
export function neededPackages(): Record<string, string> {
  const { imports } = readManifest();
  const sources = listFiles("src").map((path) => Deno.readTextFileSync(new URL(path, root)));
  // Examples in comments, whose lines begin with a star, import as well.
  const used = Object.entries(imports).filter(([name]) => {
    const isImported = new RegExp(`^(?!\\s*\\*).*(?:from |import\\()"${name}"`, "m");
    return sources.some((text) => isImported.test(text));
  });
  return Object.fromEntries(used.map(([name, at]) => [name, at.slice(at.lastIndexOf("@") + 1)]));
}

/**
 * Packs the library into a file, without source maps, which are two thirds of it.
 *
 * @returns what `deno pack` said
 * @throws {Error} with that, when it fails.
 */
export async function pack(file: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["pack", "--allow-dirty", "--no-source-maps", "-o", file],
    cwd: root,
    env: { NO_COLOR: "1" },
    stdin: "null",
    signal: AbortSignal.timeout(120_000),
  }).output();
  const decoder = new TextDecoder();
  const said = decoder.decode(stdout) + decoder.decode(stderr);
  if (!success) throw new Error(`Cannot pack: ${said}`);
  return said;
}

/**
 * Puts TypeScript files of this repository, and all they import from it, where Node can run them.
 *
 * @returns the paths of the JavaScript
 */
export async function onNode(programs: readonly URL[]): Promise<string[]> {
  const folder = await packed();
  const typescript = typescriptOf(folder);
  const starts = programs.map((program) =>
    relative(fileURLToPath(root), fileURLToPath(program)).replaceAll("\\", "/")
  );
  const waiting = [...starts];
  const seen = new Set(waiting);
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const target = `${folder}/${scriptName(path)}`;
    // The package's own files are there, except those that no entry reaches yet.
    if (path.startsWith("src/") && await isThere(target)) continue;
    const text = await Deno.readTextFile(new URL(path, root));
    await put(target, path.endsWith(".ts") ? toJavaScript(text, path, typescript) : text);
    for (const [, specifier = ""] of text.matchAll(imported)) {
      const next = new URL(specifier, new URL(path, "file:///")).pathname.slice(1);
      if (!seen.has(next)) waiting.push(next);
      seen.add(next);
    }
  }
  return starts.map((path) => `${folder}/${scriptName(path)}`);
}

/** The part of TypeScript's programming interface that is used here. */
interface TypeScript {
  transpileModule(
    text: string,
    options: { readonly fileName: string; readonly compilerOptions: Record<string, unknown> },
  ): { readonly outputText: string };
}

function typescriptOf(folder: string): TypeScript {
  return createRequire(`${folder}/package.json`)("typescript");
}

/** Where one file names another of the repository; not inside comments, which begin with a star. */
const imported = /^(?!\s*\*).*?\b(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+)"/gm;

function toJavaScript(text: string, path: string, typescript: TypeScript): string {
  // ES2022 has no `using`: Node 20 and 22 do not know it.
  // A package that is pinned in the import is there by its name alone.
  const plain = text.replace(/ from "npm:(@?[^@"]+)@[^/"]+/g, ' from "$1');
  const { outputText } = typescript.transpileModule(plain, {
    fileName: path,
    compilerOptions: {
      target: 9,
      module: 99,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
    },
  });
  if (!path.startsWith("tests/") || !/\b(?:Deno|Array|Promise|Request)\b/.test(text)) {
    return outputText;
  }
  // On the first line, so that the numbers of lines stay.
  return `const { Deno, Array, Promise, Request } = globalThis.testedOnNode ?? globalThis; ${outputText}`;
}

function scriptName(path: string): string {
  return path.endsWith(".ts") ? path.replace(/\.ts$/, ".js") : path;
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** Writes a file that others may read or write at the same time. */
async function put(path: string, text: string): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  const unfinished = `${path}.${crypto.randomUUID()}`;
  await Deno.writeTextFile(unfinished, text);
  await Deno.rename(unfinished, path);
}
