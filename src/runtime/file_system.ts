/**
 * The files of this machine: opened, read, told apart and listed.
 *
 * It stands on `node:fs`, which Deno and Node both have: of two ways to do the same on Deno, it is the
 * one that can open without waiting for the other end of a pipe. The module is loaded by
 * {@linkcode loadFileSystem} and not before, so that who serves no files needs no permission and
 * waits for nothing.
 *
 * @module
 */
import type { Dirent, Stats } from "node:fs";

/** What a path leads to. */
export type FileKind = "file" | "directory" | "other";

/** What the system tells of a file. */
export interface FileInfo {
  /** What it is; pipes, sockets and devices are `"other"`. */
  readonly kind: FileKind;
  /** Its length in bytes. */
  readonly size: number;
  /** When its content was last changed, in milliseconds since 1970, with a fraction where known. */
  readonly modified: number;
  /** When anything of it was last changed, in milliseconds since 1970. */
  readonly changed: number;
  /** The device it is on; with {@linkcode inode} it tells a file from every other. */
  readonly device: number;
  /** Its number on the device; 0 where the system has none. */
  readonly inode: number;
}

/** An open file or directory. It holds a descriptor until it is closed. */
export interface OpenFile {
  /** What the system told of it when it was opened. */
  readonly info: FileInfo;
  /**
   * Reads from the byte at `position`, as much as is there, at most what `into` holds.
   *
   * @returns the number of bytes; 0 at the end of the file.
   */
  read(into: Uint8Array, position: number): Promise<number>;
  /** Gives the descriptor back, after what is being read; does nothing the second time. */
  close(): void;
}

/** Where a path really is, once every symbolic link in it is followed. */
export interface RealFile {
  /** The path without symbolic links. */
  readonly path: string;
  /** What is there. */
  readonly info: FileInfo;
}

/** One name in a directory. */
export interface DirectoryEntry {
  /** The name. */
  readonly name: string;
  /** What it names; a symbolic link is not followed. */
  readonly kind: FileKind | "link";
}

/** What serving files asks of a system. */
export interface FileSystem {
  /** Whether names follow the rules of Windows. */
  readonly isWindows: boolean;
  /** What separates names in {@linkcode RealFile.path}. */
  readonly separator: string;
  /** The path of a directory that is given as a path or as a `file:` URL. */
  toPath(directory: string | URL): string;
  /**
   * Opens a file or directory for reading, without waiting at pipes.
   *
   * @returns `undefined` where there is none, or none that may be read.
   * @throws {Error} when the system fails, as for want of descriptors.
   */
  open(path: string): Promise<OpenFile | undefined>;
  /**
   * Where a path really is. It asks without waiting, and so is for what was just opened.
   *
   * @throws {Error} when there is nothing, or nothing that may be read.
   */
  identify(path: string): RealFile;
  /**
   * The names in a directory, in no order.
   *
   * @throws {Error} when it cannot be read.
   */
  list(path: string): Promise<DirectoryEntry[]>;
}

/** What a system says where there is nothing to open: no such name, none that can be, none to see. */
const absent: ReadonlySet<string> = new Set([
  ...["ENOENT", "ENOTDIR", "ENAMETOOLONG", "ELOOP", "EINVAL", "EILSEQ", "EISDIR"],
  ...["EACCES", "EPERM", "ENXIO", "ENODEV"],
]);

/** Whether an error says that there is nothing, or nothing that may be read. */
export function isAbsent(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // Deno's own permissions have no code.
  return error.name === "NotCapable" || "code" in error && absent.has(String(error.code));
}

/** Loads what the platform has. */
export async function loadFileSystem(): Promise<FileSystem> {
  const [fs, { sep }, { fileURLToPath }] = await Promise.all([
    import("node:fs"),
    import("node:path"),
    import("node:url"),
  ]);
  const { O_RDONLY, O_NONBLOCK = 0, O_NOCTTY = 0 } = fs.constants;
  const flags = O_RDONLY | O_NONBLOCK | O_NOCTTY;
  const isWindows = sep === "\\";

  const openDescriptor = (path: string): Promise<number> =>
    new Promise((resolve, reject) => {
      fs.open(path, flags, (error, descriptor) => {
        if (error) reject(error);
        else resolve(descriptor);
      });
    });

  return {
    isWindows,
    separator: sep,
    toPath: (directory) => typeof directory === "string" ? directory : fileURLToPath(directory),
    async open(path) {
      let descriptor: number;
      try {
        descriptor = await openDescriptor(path);
      } catch (error) {
        if (!isAbsent(error)) throw error;
        return isWindows ? directoryWithoutDescriptor(fs, path) : undefined;
      }
      try {
        return new NodeFile(fs, descriptor);
      } catch (error) {
        fs.closeSync(descriptor);
        throw error;
      }
    },
    identify(path) {
      const real = fs.realpathSync.native(path);
      return { path: real, info: infoOf(fs.lstatSync(real)) };
    },
    async list(path) {
      const entries = await fs.promises.readdir(path, { withFileTypes: true });
      return entries.map((entry) => ({ name: entry.name, kind: entryKind(entry) }));
    },
  };
}

class NodeFile implements OpenFile {
  readonly info: FileInfo;
  readonly #fs: typeof import("node:fs");
  #descriptor: number | undefined;
  #reading = 0;
  #isClosed = false;

  constructor(fs: typeof import("node:fs"), descriptor: number) {
    // An open file is known to the system, so that asking about it waits for no disk.
    this.info = infoOf(fs.fstatSync(descriptor));
    this.#fs = fs;
    this.#descriptor = descriptor;
  }

  read(into: Uint8Array, position: number): Promise<number> {
    const descriptor = this.#descriptor;
    if (descriptor === undefined || this.#isClosed) {
      return Promise.reject(new Error("Cannot read a file that is closed"));
    }
    this.#reading++;
    return new Promise((resolve, reject) => {
      this.#fs.read(descriptor, into, 0, into.length, position, (error, count) => {
        this.#reading--;
        if (this.#isClosed) this.#release();
        if (error) reject(error);
        else resolve(count);
      });
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#release();
  }

  /** A descriptor given back while it is read could be another file's by then. */
  #release(): void {
    const descriptor = this.#descriptor;
    if (descriptor === undefined || this.#reading > 0) return;
    this.#descriptor = undefined;
    this.#fs.closeSync(descriptor);
  }
}

/** Windows opens no directory as a file. */
function directoryWithoutDescriptor(
  fs: typeof import("node:fs"),
  path: string,
): OpenFile | undefined {
  const stats = fs.statSync(path, { throwIfNoEntry: false });
  if (stats === undefined || !stats.isDirectory()) return undefined;
  return { info: infoOf(stats), read: () => Promise.resolve(0), close: () => {} };
}

function infoOf(stats: Stats): FileInfo {
  return {
    kind: kindOf(stats),
    size: stats.size,
    modified: stats.mtimeMs,
    changed: stats.ctimeMs,
    device: stats.dev,
    inode: stats.ino,
  };
}

function kindOf(stats: Stats | Dirent): FileKind {
  if (stats.isFile()) return "file";
  return stats.isDirectory() ? "directory" : "other";
}

function entryKind(entry: Dirent): DirectoryEntry["kind"] {
  return entry.isSymbolicLink() ? "link" : kindOf(entry);
}
