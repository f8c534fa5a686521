/**
 * A folder of files for one test, deleted after it.
 *
 * @module
 */

/** When every file of {@linkcode withFolder} was last changed. */
export const longAgo: Date = new Date("2024-01-02T03:04:05Z");

/** Files by their paths, with what is in them. */
export type Tree = Readonly<Record<string, string | Uint8Array>>;

/** Runs `check` with a new folder that has the files of `tree`. */
export async function withFolder(
  tree: Tree,
  check: (folder: string) => Promise<void>,
): Promise<void> {
  // Its real path, which a temporary folder's own need not be.
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "pirouette-" }));
  try {
    for (const [path, content] of Object.entries(tree)) await putFile(`${folder}/${path}`, content);
    await check(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Writes a file, with the folders it is in, and sets when it was changed. */
export async function putFile(
  path: string,
  content: string | Uint8Array,
  changed: Date = longAgo,
): Promise<void> {
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  await Deno.writeFile(path, typeof content === "string" ? encoder.encode(content) : content);
  await Deno.utime(path, changed, changed);
}

const encoder = new TextEncoder();

/** Bytes that differ everywhere, so that none can be taken for another. */
export function pattern(length: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let index = 0; index < words.length; index++) words[index] = index * 2_654_435_761;
  return new Uint8Array(words.buffer, 0, length);
}
