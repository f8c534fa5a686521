/**
 * How a directory of files is served: the options of `files`, checked and made ready.
 *
 * @module
 */
import { buildResponseCacheControl, type ResponseCacheControl } from "../message/cache_control.ts";
import { parseMediaType } from "../message/media_type.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import { fileNames } from "./files_path.ts";
import type { SymlinkRule } from "./files_root.ts";
import type { FileTagRule } from "./files_version.ts";
import { isFieldValue } from "./sendable.ts";

/** A content coding of which files can lie beside others, in the order they are preferred. */
export type PrecompressedCoding = "br" | "zstd" | "gzip";

/**
 * What `Cache-Control` says (RFC 9111 section 5.2.2): directives, with times in **seconds**, or the value
 * as it is sent; `""` for none.
 */
export type FileCacheControl = ResponseCacheControl | string;

/** Options of `files`. */
export interface FilesOptions {
  /**
   * The file that answers for a directory, as `"index.html"`; without one, a directory is 404.
   *
   * @default no file
   */
  readonly index?: string;
  /**
   * Whether a directory without an {@linkcode index} file is answered with a page that lists its
   * files, and those of them that may be asked for only.
   *
   * @default false
   */
  readonly listing?: boolean;
  /**
   * The file that is sent, with status 200, to browsers that ask for a page which is not there, for
   * applications that route in the browser: its path within the directory, as `"index.html"`. Who
   * does not name `text/html` in `Accept`, as scripts and images do not, still gets 404.
   *
   * @default no file
   */
  readonly fallback?: string;
  /**
   * Whether files and directories whose names start with a dot are served, as `.env` and `.git`.
   *
   * @default "ignore"
   */
  readonly dotFiles?: "ignore" | "allow";
  /**
   * Whether symbolic links are followed: those that stay in the directory, or none. One that leads
   * out is never followed.
   *
   * @default "inside"
   */
  readonly symlinks?: SymlinkRule;
  /**
   * Whether `name.br`, `name.zst` and `name.gz` beside a file are sent in its place to who accepts
   * that coding; a list names those that are looked for, the best first. Each that is looked for costs
   * a request one more question to the file system. They must be made anew with their files:
   * nothing compares their ages.
   *
   * @default false
   */
  readonly precompressed?: boolean | readonly PrecompressedCoding[];
  /**
   * What `Cache-Control` says of the files, for all or by their path within the directory; nothing
   * where it is `""`. By default a file is asked about before each reuse, which costs a 304: without
   * the field, caches guess, and show old files after new ones are there.
   *
   * @default "no-cache"
   */
  readonly cacheControl?: FileCacheControl | ((path: string) => FileCacheControl);
  /**
   * Media types by file extension without its dot; they go before the built-in ones.
   *
   * @default the built-in ones
   */
  readonly mimeTypes?: Readonly<Record<string, string>>;
  /**
   * Whether an entity tag is sent, of a file's length and time of change: `"auto"` for a strong one
   * once the file has been left alone for two seconds, `"weak"` for always a weak one, `"none"`.
   *
   * @default "auto"
   */
  readonly etag?: FileTagRule;
}

/** The options, checked and made ready. */
export interface FilesRules {
  /** The file that answers for a directory. */
  readonly index: string | undefined;
  /** Whether directories are listed. */
  readonly listing: boolean;
  /** The names that lead to the file in place of pages that are not there. */
  readonly fallback: readonly string[] | undefined;
  /** Whether names that start with a dot are served. */
  readonly dotFiles: "ignore" | "allow";
  /** Which symbolic links are followed. */
  readonly symlinks: SymlinkRule;
  /** The codings that are looked for beside files, the best first. */
  readonly precompressed: readonly PrecompressedCoding[];
  /** The value of `Cache-Control` by path; empty for none. */
  readonly cacheControl: (path: string) => string;
  /** Media types by extension, in lower case. */
  readonly mimeTypes: ReadonlyMap<string, string> | undefined;
  /** How entity tags are made. */
  readonly etag: FileTagRule;
}

/** The extension that a file in each coding has after its own. */
export const codingExtensions: Readonly<Record<PrecompressedCoding, string>> = {
  br: ".br",
  zstd: ".zst",
  gzip: ".gz",
};

const known: Readonly<Record<keyof FilesOptions, true>> = {
  index: true,
  listing: true,
  fallback: true,
  dotFiles: true,
  symlinks: true,
  precompressed: true,
  cacheControl: true,
  mimeTypes: true,
  etag: true,
};

/**
 * Checks options and makes them ready.
 *
 * @throws {TypeError} when one is unknown or has a value that it cannot have.
 */
export function filesRules(given: FilesOptions): FilesRules {
  checkOptions("files()", given, known);
  const options = ownOptions(given);
  return {
    index: options.index === undefined ? undefined : namesOf("index", options.index, 1)[0],
    listing: oneOf("listing", options.listing ?? false, [false, true]),
    fallback: options.fallback === undefined ? undefined : namesOf("fallback", options.fallback),
    dotFiles: oneOf("dotFiles", options.dotFiles ?? "ignore", ["ignore", "allow"]),
    symlinks: oneOf("symlinks", options.symlinks ?? "inside", ["inside", "refuse"]),
    precompressed: codingsOf(options.precompressed ?? false),
    cacheControl: cacheControlOf(options.cacheControl ?? "no-cache"),
    mimeTypes: options.mimeTypes && mimeTypesOf(options.mimeTypes),
    etag: oneOf("etag", options.etag ?? "auto", ["auto", "weak", "none"]),
  };
}

/**
 * Checks a directory, as far as that goes without looking at it.
 *
 * @throws {TypeError} when it is empty, has a NUL, or is a URL that no directory has.
 */
export function checkDirectory(directory: string | URL): void {
  const remedy = 'give a path, or new URL("./public/", import.meta.url) where that is a file: URL';
  if (directory instanceof URL) {
    if (directory.protocol === "file:" && !/%2f/i.test(directory.pathname)) return;
  } else if (typeof directory === "string" && directory !== "" && !directory.includes("\0")) return;
  throw new TypeError(`Cannot serve files from ${shown(String(directory))}: ${remedy}`);
}

function oneOf<const Value>(name: string, value: Value, values: readonly Value[]): Value {
  if (values.includes(value)) return value;
  throw new TypeError(
    `files() has ${name}: ${shown(value)}: give one of ${values.map(shown).join(", ")}`,
  );
}

function namesOf(option: string, path: string, most = Infinity): readonly string[] {
  const encoded = typeof path === "string" ? encodeURIComponent(path).replaceAll("%2F", "/") : "//";
  const names = fileNames(`/${encoded}`, { isWindows: false, dotFiles: "allow" });
  if (names !== undefined && names.length > 0 && names.length <= most && !path.endsWith("/")) {
    return names;
  }
  const what = most === 1 ? "the name of a file" : "a path within the directory";
  throw new TypeError(`files() has ${option}: ${shown(path)}: give ${what}, as "index.html"`);
}

function codingsOf(given: boolean | readonly PrecompressedCoding[]): PrecompressedCoding[] {
  const all: PrecompressedCoding[] = ["br", "zstd", "gzip"];
  if (Array.isArray(given)) return given.map((coding) => oneOf("precompressed", coding, all));
  return oneOf("precompressed", given, [false, true]) ? all : [];
}

function cacheControlOf(
  given: FileCacheControl | ((path: string) => FileCacheControl),
): (path: string) => string {
  if (typeof given === "function") return (path) => directives(given(path));
  const value = directives(given);
  return () => value;
}

function directives(given: FileCacheControl): string {
  const value = typeof given === "string" ? given : buildResponseCacheControl(given);
  if (isFieldValue(value)) return value;
  throw new TypeError(`files() has cacheControl: ${shown(value)}: give a header value`);
}

function mimeTypesOf(given: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  const types = Object.entries(given).map(([extension, type]): [string, string] => {
    if (extension === "" || extension.includes(".")) {
      throw new TypeError(
        `files() has a media type for ${shown(extension)}: give an extension without its dot, ` +
          'as "md"',
      );
    }
    if (parseMediaType(type) === undefined || !isFieldValue(type)) {
      throw new TypeError(
        `files() has ${shown(type)} for ${shown(extension)}: give a media type, as "text/plain"`,
      );
    }
    return [extension.toLowerCase(), type];
  });
  return new Map(types);
}

function shown(value: unknown): string {
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
