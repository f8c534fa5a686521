/**
 * A directory that is served: opens what is in it, and nothing that a symbolic link leads to
 * elsewhere.
 *
 * A file is opened first and checked afterwards, by what was opened: where its path really is must be
 * in the directory, and must be the very file that is open. Whoever exchanges a directory for a link
 * in between gains nothing.
 *
 * @module
 */
import {
  type DirectoryEntry,
  type FileInfo,
  type FileSystem,
  isAbsent,
  loadFileSystem,
  type OpenFile,
} from "../runtime/file_system.ts";

/** What happens at symbolic links: those that stay in the directory are followed, or none is. */
export type SymlinkRule = "inside" | "refuse";

/** A name in a directory, its symbolic links followed. */
export interface ListedName {
  /** The name. */
  readonly name: string;
  /** Whether it names a directory. */
  readonly isDirectory: boolean;
}

/** A directory that is served. */
export class FilesRoot {
  readonly #directory: string | URL;
  readonly #symlinks: SymlinkRule;
  #system: FileSystem | undefined = undefined;
  /** The directory as it was given, as a path. */
  #path = "";
  /** Where the directory really is; asked again when something is not there. */
  #realPath = "";

  /** Serves `directory`, which is not looked at before the first request. */
  constructor(directory: string | URL, symlinks: SymlinkRule) {
    this.#directory = directory;
    this.#symlinks = symlinks;
  }

  /**
   * The system that the directory is on.
   *
   * @throws {Error} when the directory is not there or may not be read.
   */
  async system(): Promise<FileSystem> {
    if (this.#system !== undefined) return this.#system;
    const system = await loadFileSystem();
    const path = system.toPath(this.#directory);
    this.#realPath = realDirectory(system, path);
    this.#path = path;
    return this.#system = system;
  }

  /**
   * Opens the file or directory that the names lead to; who gets it closes it.
   *
   * @returns `undefined` where there is none to serve: nothing there, no permission, a pipe, socket or
   * device, or a way out.
   * @throws {Error} when the system fails, or the directory that is served is not there.
   */
  async open(names: readonly string[]): Promise<OpenFile | undefined> {
    const system = this.#system ?? await this.system();
    const path = this.#pathOf(names, "/");
    const file = await system.open(path);
    if (file === undefined) return undefined;
    try {
      if (file.info.kind !== "other" && this.#holds(system, path, names, file.info)) return file;
    } catch (error) {
      file.close();
      throw error;
    }
    file.close();
    return undefined;
  }

  /** The names in a directory that {@linkcode open} opens, in no order. */
  async list(
    names: readonly string[],
    isShown: (name: string) => boolean,
  ): Promise<ListedName[] | undefined> {
    const system = this.#system ?? await this.system();
    const directory = await this.open(names);
    if (directory === undefined) return undefined;
    try {
      const path = this.#pathOf(names, "/");
      const entries = await system.list(path);
      if (!this.#holds(system, path, names, directory.info)) return undefined;
      return await this.#listed(names, entries.filter(({ name }) => isShown(name)));
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    } finally {
      directory.close();
    }
  }

  async #listed(
    names: readonly string[],
    entries: readonly DirectoryEntry[],
  ): Promise<ListedName[]> {
    const listed: ListedName[] = [];
    for (const { name, kind } of entries) {
      const found = kind === "link" ? await this.#kindOf([...names, name]) : kind;
      if (found === "file" || found === "directory") {
        listed.push({ name, isDirectory: found === "directory" });
      }
    }
    return listed;
  }

  async #kindOf(names: readonly string[]): Promise<string | undefined> {
    const file = await this.open(names);
    file?.close();
    return file?.info.kind;
  }

  /** Whether what was opened at `path` is in the directory, by the way that is there now. */
  #holds(system: FileSystem, path: string, names: readonly string[], opened: FileInfo): boolean {
    try {
      const { path: real, info } = system.identify(path);
      if (info.device !== opened.device || info.inode !== opened.inode) return false;
      if (this.#covers(system, real, names)) return true;
      // The directory itself may be a link, as that of the current release, and now lead elsewhere.
      this.#realPath = realDirectory(system, this.#path);
      return this.#covers(system, real, names);
    } catch (error) {
      if (isAbsent(error)) return false;
      throw error;
    }
  }

  #covers({ separator }: FileSystem, real: string, names: readonly string[]): boolean {
    const root = this.#realPath;
    if (this.#symlinks === "refuse") return real === joined(root, names, separator);
    return real === root || real.startsWith(joined(root, [""], separator));
  }

  #pathOf(names: readonly string[], separator: string): string {
    return joined(this.#path, names, separator);
  }
}

function joined(directory: string, names: readonly string[], separator: string): string {
  if (names.length === 0) return directory;
  const start = directory.endsWith(separator) ? directory : directory + separator;
  return start + names.join(separator);
}

function realDirectory(system: FileSystem, path: string): string {
  try {
    const { path: real, info } = system.identify(path);
    if (info.kind === "directory") return real;
  } catch (cause) {
    if (!isAbsent(cause)) throw cause;
    throw missing(path, "it is not there or may not be read", cause);
  }
  throw missing(path, "it is no directory");
}

function missing(path: string, why: string, cause?: unknown): Error {
  const remedy = "give files() a directory that this process may read (on Deno: --allow-read)";
  return new Error(`Cannot serve files from "${path}": ${why}, ${remedy}`, { cause });
}
