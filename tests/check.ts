/**
 * `deno task check`: everything about the code that can be judged without running it. Runs every
 * step even if one fails, then closes with their counts.
 *
 * @module
 */
import { countsLine } from "./support/counts.ts";

interface Step {
  readonly name: string;
  readonly args: readonly string[];
}

const root = new URL("../", import.meta.url);
const manifest: Manifest = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly imports: Readonly<Record<string, string>>;
  readonly unstable: readonly string[];
  readonly compilerOptions: Readonly<Record<string, unknown>>;
}

if (import.meta.main) {
  const docsConfig = await writeDocsConfig();
  const results: { name: string; success: boolean }[] = [];
  for (const step of steps(docsConfig, [...markdownFiles("."), ...markdownFiles("docs")])) {
    results.push({ name: step.name, success: await run(step) });
  }
  await Deno.remove(docsConfig);

  console.log();
  for (const { name, success } of results) console.log(`${success ? "ok    " : "FAILED"} ${name}`);
  const failed = results.filter(({ success }) => !success).length;
  console.log(countsLine("steps checked", { passed: results.length - failed, failed }));
  Deno.exit(failed === 0 ? 0 : 1);
}

function steps(docsConfig: string, markdown: readonly string[]): Step[] {
  return [
    { name: "format", args: ["fmt", "--check"] },
    { name: "lint", args: ["lint"] },
    {
      name: "types of src, tests and examples",
      args: ["check", "--quiet", "mod.ts", "src", "tests", "examples"],
    },
    // The lock file names what the package and its tests need. The peers of the bench are pinned
    // where they are imported, and nobody who only wants to run a service should download them.
    { name: "types of bench", args: ["check", "--quiet", "--no-lock", "bench"] },
    {
      name: "types of the examples in docs and README",
      args: [
        "check",
        "--quiet",
        "--doc-only",
        "--no-lock",
        `--config=${docsConfig}`,
        ".",
        ...markdown,
      ],
    },
    {
      name: "every export documented",
      args: ["doc", "--lint", ...Object.values(manifest.exports)],
    },
    // Neither a token nor the network is needed: a dry run ends before the registry is asked.
    { name: "publish (dry run)", args: ["publish", "--dry-run", "--allow-dirty"] },
  ];
}

async function run({ name, args }: Step): Promise<boolean> {
  console.log(`\n${name}: deno ${args.join(" ")}`);
  const { success } = await new Deno.Command(Deno.execPath(), { args: [...args], cwd: root })
    .spawn().status;
  return success;
}

/** Markdown has to be named file by file: in a folder `deno check` looks for code only. */
function markdownFiles(folder: string): string[] {
  try {
    return [...Deno.readDirSync(new URL(`${folder}/`, root))]
      .filter(({ name, isFile }) => isFile && name.endsWith(".md"))
      .map(({ name }) => `${folder}/${name}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/**
 * The configuration under which examples are checked: the project's own, except that an example may
 * name a value it does not use, as Deno does itself in the imports it adds to one.
 */
async function writeDocsConfig(): Promise<string> {
  const { name, exports, imports, unstable, compilerOptions } = manifest;
  const ours = Object.entries(exports)
    .map(([path, file]) => [name + path.slice(1), new URL(file, root).href]);
  const config = {
    imports: { ...imports, ...Object.fromEntries(ours) },
    unstable,
    compilerOptions: { ...compilerOptions, noUnusedLocals: false },
  };
  const file = await Deno.makeTempFile({ suffix: ".json" });
  await Deno.writeTextFile(file, JSON.stringify(config));
  return file;
}
