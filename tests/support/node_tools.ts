/**
 * What the tests take from npm to run on other runtimes: Node itself in the versions that are supported, and
 * the packages that tests import there. All of it is fetched once a machine, into one folder that
 * the files of a test run share, and stays for the next run.
 *
 * @module
 */
/** The versions of Node that the package runs on. */
export const nodeVersions = [20, 22, 24] as const;

/** One of {@linkcode nodeVersions}. */
export type NodeVersion = typeof nodeVersions[number];

/** Pinned, so that a test does not change its mind overnight. */
const exactly: Readonly<Record<NodeVersion, string>> = {
  20: "20.20.2",
  22: "22.23.3",
  24: "24.21.0",
};

/** What programs on Node may import, besides the package and what that depends on. */
const packages: readonly string[] = [
  "@deno/shim-deno@0.19.2",
  "@octokit/request@10.0.16",
  "@standard-schema/spec@1.1.0",
  "@types/node@24.19.2",
  "arktype@2.2.9",
  "express@5.3.0",
  "fast-check@4.10.2",
  "fastify@5.12.8",
  "oauth4webapi@3.8.8",
  "openapi-fetch@0.17.0",
  // Its programming interface turns tests into JavaScript; 7 has none.
  "typescript@5.9.3",
  "valibot@1.5.0",
  "zod@4.6.7",
];

/** The program `node` of a version. */
export async function nodeProgram(version: NodeVersion): Promise<string> {
  const { os, arch } = Deno.build;
  const system = os === "windows" ? "win" : os;
  const machine = arch === "aarch64" ? "arm64" : "x64";
  const name = `${
    system === "darwin" && machine === "arm64" ? "node-bin" : "node"
  }-${system}-${machine}`;
  const folder = await madeOnce(`node-${exactly[version]}`, async (folder) => {
    await npmInstall(folder, [`${name}@${exactly[version]}`]);
  });
  return `${folder}/node_modules/${name}/bin/node${os === "windows" ? ".exe" : ""}`;
}

/**
 * A folder in whose `node_modules` are the packages that tests import on Node, and those that the
 * package itself needs. Whatever lies below the folder finds them.
 *
 * @param needed what the package depends on, as in its `package.json`
 */
export async function nodePackages(needed: Readonly<Record<string, string>>): Promise<string> {
  const all = [...packages, ...Object.entries(needed).map(([name, range]) => `${name}@${range}`)];
  return await madeOnce(`packages-${await digest(all.join(" "))}`, async (folder) => {
    await npmInstall(folder, all);
  });
}

/**
 * A folder that `make` fills, whoever comes first; the others wait, in this process and in any
 * other, and a half-made one is never seen.
 *
 * @param name what is in it, exactly: it is made once for each name
 */
export async function madeOnce(
  name: string,
  make: (folder: string) => Promise<void>,
  parent: string = sharedFolder(),
): Promise<string> {
  const folder = `${parent}/${name}`;
  if (await exists(folder)) return folder;
  using lock = await Deno.open(`${folder}.lock`, { create: true, write: true });
  await lock.lock(true);
  if (await exists(folder)) return folder;
  const unfinished = await Deno.makeTempDir({ dir: parent, prefix: "unfinished-" });
  try {
    await make(unfinished);
    await Deno.rename(unfinished, folder);
  } catch (error) {
    await Deno.remove(unfinished, { recursive: true });
    throw error;
  }
  return folder;
}

/**
 * Installs packages into a folder as a user would.
 *
 * @throws {Error} with what npm said, when it fails.
 */
export async function npmInstall(folder: string, wanted: readonly string[]): Promise<void> {
  await Deno.writeTextFile(`${folder}/package.json`, `{"private":true,"type":"module"}\n`);
  const { success, stderr } = await new Deno.Command(
    Deno.build.os === "windows" ? "npm.cmd" : "npm",
    {
      args: [
        "install",
        "--no-audit",
        "--no-fund",
        "--prefer-offline",
        "--loglevel=error",
        ...wanted,
      ],
      cwd: folder,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
      signal: AbortSignal.timeout(180_000),
    },
  ).output();
  if (!success) {
    const said = new TextDecoder().decode(stderr).trim();
    throw new Error(`Cannot install ${wanted.join(" ")}: ${said}`);
  }
}

/** A short name for a text; equal only where the text is. */
export async function digest(text: string | Uint8Array<ArrayBuffer>): Promise<string> {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex().slice(0, 16);
}

/** Nobody else may write there: programs are run from it. */
function sharedFolder(): string {
  const temporary = Deno.env.get("TMPDIR") ??
    (Deno.build.os === "windows" ? Deno.env.get("TEMP") : "/tmp");
  const folder = `${temporary}/pirouette-node-${Deno.uid() ?? "user"}`;
  Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid } = Deno.lstatSync(folder);
  if (uid !== Deno.uid()) throw new Error(`Cannot use ${folder}: it belongs to somebody else`);
  return folder;
}

async function exists(folder: string): Promise<boolean> {
  try {
    return (await Deno.stat(folder)).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
