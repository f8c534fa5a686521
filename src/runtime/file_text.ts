/**
 * A file of text that a program keeps: replaced as a whole or not at all, or added to at its end.
 *
 * It stands on `node:fs`, which Deno and Node both have, and loads it when a file is first used. It
 * knows nothing of what is in the file.
 *
 * @module
 */
import type { BigIntStats } from "node:fs";

/** What tells one state of a file from another. */
export interface TextFileState {
  /** Differs where another file is there or its content was changed. */
  readonly tag: string;
  /** Its length in bytes. */
  readonly size: number;
}

/** A file of text, at a path where there need not be one yet. */
export interface TextFile {
  /**
   * The state of what is there; `undefined` where there is nothing.
   *
   * @throws {Error} when it is no file, or the system fails.
   */
  state(): Promise<TextFileState | undefined>;
  /**
   * The whole content, as UTF-8, without a byte order mark; what is no UTF-8 becomes U+FFFD.
   *
   * @throws {Error} when there is none, or the system fails.
   */
  read(): Promise<string>;
  /**
   * Puts a text in place of the file, so that who reads has the old content or the new one, even
   * where the power fails. Only the user can read it. Of a symbolic link, what it leads to is replaced.
   *
   * @throws {Error} when the system fails; the old content is there then.
   */
  replace(text: string): Promise<TextFileState>;
  /**
   * Adds a text at the end of the file. It can be cut short where the system fails.
   *
   * @throws {Error} when the system fails.
   */
  append(text: string): Promise<TextFileState>;
  /**
   * Removes the file; does nothing where there is none.
   *
   * @throws {Error} when the system fails.
   */
  remove(): Promise<void>;
  /** Runs an action when all before it, of any {@linkcode TextFile} of this path, are done. */
  inTurn<Result>(action: () => Promise<Result>): Promise<Result>;
}

/** Only the user reads and writes what may be secrets. */
const PRIVATE = 0o600;

/** The last action of each path, for as long as it runs: a program may open one file twice. */
const turns = new Map<string, Promise<unknown>>();

/** What is at a path, which is not looked at yet. */
export async function openTextFile(place: string | URL): Promise<TextFile> {
  const [{ promises: fs }, { normalize }, { fileURLToPath }] = await Promise.all([
    import("node:fs"),
    import("node:path"),
    import("node:url"),
  ]);
  const path = normalize(typeof place === "string" ? place : fileURLToPath(place));

  /** Writes a new file and syncs it, or leaves none. */
  const write = async (fresh: string, text: string): Promise<TextFileState> => {
    // `wx` follows no link that somebody put there.
    const file = await fs.open(fresh, "wx", PRIVATE);
    try {
      await file.writeFile(text);
      await file.datasync();
      return stateOf(await file.stat({ bigint: true }));
    } finally {
      await file.close();
    }
  };

  return {
    async state() {
      try {
        const stats = await fs.stat(path, { bigint: true });
        if (!stats.isFile()) throw new Error(`"${path}" is no file`);
        return stateOf(stats);
      } catch (error) {
        if (codeOf(error) === "ENOENT") return undefined;
        throw error;
      }
    },
    async read() {
      return new TextDecoder().decode(await fs.readFile(path));
    },
    async replace(text) {
      const target = await fs.realpath(path).catch((error) => {
        if (codeOf(error) === "ENOENT") return path;
        throw error;
      });
      const fresh = `${target}.${crypto.randomUUID()}.tmp`;
      try {
        const state = await write(fresh, text);
        await fs.rename(fresh, target);
        return state;
      } catch (error) {
        await fs.rm(fresh, { force: true }).catch(() => {});
        throw error;
      }
    },
    async append(text) {
      const file = await fs.open(path, "a", PRIVATE);
      try {
        await file.writeFile(text);
        return stateOf(await file.stat({ bigint: true }));
      } finally {
        await file.close();
      }
    },
    async remove() {
      await fs.rm(path, { force: true });
    },
    async inTurn(action) {
      const own = (turns.get(path) ?? Promise.resolve()).then(action);
      const settled = own.catch(() => {});
      turns.set(path, settled);
      try {
        return await own;
      } finally {
        if (turns.get(path) === settled) turns.delete(path);
      }
    },
  };
}

/** The system's name of what went wrong, as `ENOENT`; `NotCapable` where Deno's permissions forbid. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error.name === "NotCapable") return error.name;
  return "code" in error ? String(error.code) : undefined;
}

function stateOf({ dev, ino, size, mtimeNs }: BigIntStats): TextFileState {
  return { tag: `${dev}:${ino}:${size}:${mtimeNs}`, size: Number(size) };
}
