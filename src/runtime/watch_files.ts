/**
 * Notices that files have changed. It stands on `node:fs`, which Deno and Node both have.
 *
 * @module
 */

/**
 * A text that differs once any of the files has another content, as far as the system tells without
 * reading it. A file that is missing counts as one more state.
 */
export async function fileTags(files: readonly (string | URL)[]): Promise<string> {
  if (files.length === 0) return "";
  const { stat } = await import("node:fs/promises");
  const tags = await Promise.all(files.map(async (file) => {
    try {
      const { dev, ino, size, mtimeNs } = await stat(file, { bigint: true });
      return `${dev}:${ino}:${size}:${mtimeNs}`;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }));
  return tags.join(" ");
}

/**
 * Calls `onChange` when anything happens in the folders of files: files are seldom written in place,
 * but replaced, and watching one that is replaced ends with it.
 *
 * @param onError told when a folder cannot be watched any more
 * @returns what ends it.
 * @throws {Error} (as a rejection) when a folder cannot be watched.
 */
export async function watchFolders(
  files: readonly (string | URL)[],
  onChange: () => void,
  onError: (error: Error) => void,
): Promise<() => void> {
  const [{ watch }, { dirname }, { fileURLToPath }] = await Promise.all([
    import("node:fs"),
    import("node:path"),
    import("node:url"),
  ]);
  const paths = files.map((file) => typeof file === "string" ? file : fileURLToPath(file));
  const folders = new Set(paths.map((path) => dirname(path)));
  const watchers: { close(): void }[] = [];
  const stop = (): void => watchers.forEach((watcher) => watcher.close());
  try {
    for (const folder of folders) {
      const watcher = watch(folder, { persistent: false }, onChange);
      watcher.on("error", onError);
      watchers.push(watcher);
    }
  } catch (error) {
    stop();
    throw error;
  }
  return stop;
}
