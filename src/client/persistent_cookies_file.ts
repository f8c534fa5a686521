/**
 * A file of cookies, whatever its format: read when it is first used and where somebody else changed
 * it, written with every change, one change at a time.
 *
 * The file is the truth: a change that cannot be written is not kept, and is an error.
 *
 * @module
 */
import { CookieHandlingError } from "../message/client_errors.ts";
import type { Cookie } from "../message/cookie.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import { codeOf, openTextFile, type TextFile, type TextFileState } from "../runtime/file_text.ts";
import {
  type CookieFormat,
  type CookiePlace,
  CookieTable,
  placeOf,
  type SkippedLine,
} from "./persistent_cookies_format.ts";

/** Options of the handlers that keep cookies in a file. */
export interface PersistentCookiesOptions {
  /**
   * The most bytes of the file. A larger one is not read, and a change that would make it larger is an
   * error.
   *
   * @default 33554432, in which 3000 of the largest cookies have room
   */
  readonly maxFileSize?: number;
  /**
   * Is told which lines are no cookies, when the file is read. They are left out when it is next
   * written as a whole.
   *
   * @default a warning on the console that counts them
   */
  readonly onSkipped?: (skipped: readonly SkippedLine[]) => void;
}

const knownOptions: Readonly<Record<keyof PersistentCookiesOptions, true>> = {
  maxFileSize: true,
  onSkipped: true,
};

/** What is known of the file. */
interface Known {
  readonly cookies: CookieTable;
  /** The file's state that this is; `undefined` where there is none. */
  state: TextFileState | undefined;
  lineCount: number;
  /** Whether a line can be added: the last one is whole, and nothing in it has to go. */
  isTidy: boolean;
}

/** A file of cookies. */
export class CookieFile {
  readonly #path: string | URL;
  readonly #format: CookieFormat;
  readonly #maxSize: number;
  readonly #onSkipped: (skipped: readonly SkippedLine[]) => void;
  #opening: Promise<TextFile> | undefined;
  #known: Known | undefined;
  #skippedCount = 0;

  /**
   * Names a file, which is not looked at before it is used.
   *
   * @throws {CookieHandlingError} when its name does not end as the format's does.
   * @throws {TypeError} when an option is unknown.
   * @throws {RangeError} when `maxFileSize` is no whole number above zero.
   */
  constructor(path: string | URL, format: CookieFormat, options: PersistentCookiesOptions) {
    const name = typeof path === "string" ? path : path.pathname;
    if (!name.toLowerCase().endsWith(format.extension)) {
      throw new CookieHandlingError(
        `Invalid file format: "${short(name)}" is no name of a cookie file, end it in ` +
          format.extension,
      );
    }
    checkOptions("A file of cookies", options, knownOptions);
    const { maxFileSize = 32 * 1024 * 1024, onSkipped } = ownOptions(options);
    if (!Number.isSafeInteger(maxFileSize) || maxFileSize < 1) {
      throw new RangeError(
        `Cannot keep cookies in ${maxFileSize} bytes: set maxFileSize to a whole number above zero`,
      );
    }
    this.#path = path;
    this.#format = format;
    this.#maxSize = maxFileSize;
    this.#onSkipped = onSkipped ?? ((skipped) => {
      const { line, reason } = skipped[0] as SkippedLine;
      const count = skipped.length === 1 ? "1 line" : `${skipped.length} lines`;
      console.warn(
        `Skipped ${count} of the cookie file "${
          short(name)
        }", the first one line ${line}: ${reason}`,
      );
    });
  }

  /** How many lines were no cookies when the file was last read. */
  get skippedCount(): number {
    return this.#skippedCount;
  }

  /**
   * All cookies of the file; none where there is no file.
   *
   * @throws {CookieHandlingError} as a rejection, when the file cannot be read or is too large.
   */
  async all(): Promise<Cookie[]> {
    const file = await this.#open();
    return await file.inTurn(async () => [...(await this.#read(file)).cookies.all()]);
  }

  /**
   * Keeps a cookie.
   *
   * @throws {CookieHandlingError} as a rejection, when it has no name, domain, path or time, or the
   * file cannot be read or written or would be too large.
   */
  async put(cookie: Cookie): Promise<void> {
    checkKeepable(cookie);
    await this.#change(cookie, (cookies) => {
      cookies.put(cookie);
      return true;
    });
  }

  /**
   * Drops the cookies of a place, if there are any.
   *
   * @throws {CookieHandlingError} as a rejection, when the file cannot be read or written.
   */
  async remove(place: CookiePlace): Promise<void> {
    await this.#change(place, (cookies) => cookies.remove(place));
  }

  /**
   * Removes the file.
   *
   * @throws {CookieHandlingError} as a rejection, when it cannot be removed.
   */
  async clear(): Promise<void> {
    const file = await this.#open();
    await file.inTurn(async () => {
      this.#known = undefined;
      await file.remove().catch((cause) => {
        throw this.#failure("removing", cause);
      });
    });
  }

  async #change(
    change: Cookie | CookiePlace,
    apply: (cookies: CookieTable) => boolean,
  ): Promise<void> {
    const file = await this.#open();
    await file.inTurn(async () => {
      const known = await this.#read(file);
      if (!apply(known.cookies)) return;
      // Until it is written, what is known is not what the file has.
      this.#known = undefined;
      try {
        await this.#write(file, known, change);
      } catch (cause) {
        if (cause instanceof CookieHandlingError) throw cause;
        throw this.#failure("writing", cause);
      }
      this.#known = known;
    });
  }

  async #write(file: TextFile, known: Known, change: Cookie | CookiePlace): Promise<void> {
    const added = this.#addition(known, change);
    if (added !== undefined) {
      known.state = await file.append(added);
      known.lineCount++;
      return;
    }
    const text = this.#format.write(known.cookies.all());
    this.#checkSize(sizeOf(text));
    known.state = await file.replace(text);
    known.lineCount = known.cookies.size;
    known.isTidy = true;
  }

  /** The line to add; `undefined` where the file is to be written anew. */
  #addition(
    { cookies, state, lineCount, isTidy }: Known,
    change: Cookie | CookiePlace,
  ): string | undefined {
    const { writeChange } = this.#format;
    // Each rewriting is paid for by as many additions as there are cookies.
    if (writeChange === undefined || !isTidy || lineCount >= 2 * cookies.size + 64) {
      return undefined;
    }
    const line = writeChange(change);
    return (state?.size ?? 0) + sizeOf(line) > this.#maxSize ? undefined : line;
  }

  async #read(file: TextFile): Promise<Known> {
    try {
      const state = await file.state();
      if (this.#known !== undefined && this.#known.state?.tag === state?.tag) return this.#known;
      this.#known = undefined;
      this.#skippedCount = 0;
      if (state === undefined) {
        // An addition would make the file, but one that is put in its place is synced.
        return this.#known = { cookies: new CookieTable(), state, lineCount: 0, isTidy: false };
      }
      this.#checkSize(state.size);
      return this.#known = this.#understand(await file.read(), state);
    } catch (cause) {
      if (cause instanceof CookieHandlingError) throw cause;
      throw this.#failure("reading", cause);
    }
  }

  #understand(text: string, state: TextFileState): Known {
    const { cookies, skipped, lineCount } = this.#format.read(text);
    this.#skippedCount = skipped.length;
    if (skipped.length > 0) this.#onSkipped(skipped);
    const isTidy = skipped.length === 0 && text.endsWith("\n");
    return { cookies, state, lineCount, isTidy };
  }

  #open(): Promise<TextFile> {
    return this.#opening ??= openTextFile(this.#path);
  }

  #checkSize(size: number): void {
    if (size <= this.#maxSize) return;
    throw new CookieHandlingError(
      `The cookie file "${short(String(this.#path))}" has ${size} bytes, over its limit of ` +
        `${this.#maxSize}: raise maxFileSize or remove cookies`,
    );
  }

  #failure(action: string, cause: unknown): CookieHandlingError {
    const name = short(String(this.#path));
    return new CookieHandlingError(
      `Error in ${action} the cookie file "${name}": ${remedyOf(codeOf(cause))}`,
      { cause },
    );
  }
}

function checkKeepable(cookie: Cookie): void {
  const { name, domain, path } = placeOf(cookie);
  const times = [cookie.createdTime, cookie.lastAccessedTime];
  const hasTimes = times.every((time) => !Number.isNaN(new Date(time).getTime()));
  if (name !== "" && domain !== "" && path !== "" && hasTimes) return;
  throw new CookieHandlingError(
    `Cannot keep cookie "${short(name)}": give it a name, a domain, a path and the times it was ` +
      "made and accessed, as a CookieStore does",
  );
}

function remedyOf(code: string | undefined): string {
  switch (code) {
    case "NotCapable":
      return "this program may not, run it with --allow-read and --allow-write for the file's folder";
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return "the system forbids it, let this user read and write the file's folder";
    case "ENOENT":
      return "its folder is not there, make it first";
    default:
      return "the system failed, its error is the cause";
  }
}

function sizeOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

function short(text: string): string {
  return text.length > 100 ? `…${text.slice(-100)}` : text;
}
