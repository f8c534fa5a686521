/**
 * From the part of a path that a rest parameter matched to the names of a file in a directory.
 *
 * Each segment is decoded once, by itself, and is a name or the whole path is refused: nothing here is
 * repaired, and nothing is asked of the file system. Where a name leads is `FilesRoot`'s business.
 *
 * @module
 */

/** Which names may be asked for. */
export interface NameRules {
  /** Whether the rules of Windows hold, where a name may mean a device or a part of a file. */
  readonly isWindows: boolean;
  /** Whether names that start with a dot may be asked for. */
  readonly dotFiles: "ignore" | "allow";
}

/** Control characters, and what separates names on one system or another. */
// deno-lint-ignore no-control-regex -- control characters are what it looks for
const neverInNames = /[\x00-\x1f\x7f/\\]/;

/** What would turn into something else if whoever comes after decoded it again. */
const encodedTwice = /%(?:00|2e|2f|5c)/i;

/** A dot, also behind characters that the file system of older Macs leaves out of names. */
const hidden = /^[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]*\./;

/** Streams, drives and wildcards, names that lose their end, and the short ones of long names. */
const refusedByWindows = /[<>:"|?*]|[. ]$|~\d/;

/** Devices, which are in every directory and have every extension. */
const windowsDevice = /^(?:con|prn|aux|nul|clock\$|conin\$|conout\$|(?:com|lpt)[\d¹²³]) *(?:\.|$)/i;

/**
 * The names that lead to a file, empty for the directory itself; `undefined` for a path to refuse.
 *
 * @param rest what a rest parameter matched, percent-encoded; one slash at either end does not count.
 */
export function fileNames(rest: string, rules: NameRules): readonly string[] | undefined {
  const path = rest.slice(rest.startsWith("/") ? 1 : 0);
  const inner = path.endsWith("/") ? path.slice(0, -1) : path;
  if (inner === "") return path === "" || rest === "/" ? [] : undefined;
  const names: string[] = [];
  for (const segment of inner.split("/")) {
    const name = decoded(segment);
    if (name === undefined || !isFileName(name, rules)) return undefined;
    names.push(name);
  }
  return names;
}

/** Whether a decoded segment is a name that may be asked for. */
export function isFileName(name: string, { isWindows, dotFiles }: NameRules): boolean {
  if (name === "" || name === "." || name === "..") return false;
  if (neverInNames.test(name) || encodedTwice.test(name)) return false;
  if (dotFiles === "ignore" && hidden.test(name)) return false;
  return !isWindows || !(refusedByWindows.test(name) || windowsDevice.test(name));
}

function decoded(segment: string): string | undefined {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
