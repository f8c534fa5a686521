/**
 * What tells one version of a file from another, from what the system knows without reading it
 * (RFC 9110 section 8.8).
 *
 * A tag is made of length and time of change, and not of the inode: the same files on several servers
 * have the same tags.
 *
 * @module
 */
import type { Validators } from "../message/preconditions.ts";
import { weaken } from "../message/etag.ts";
import type { FileInfo } from "../runtime/file_system.ts";

/** How the entity tags of files are made. */
export type FileTagRule = "auto" | "weak" | "none";

/** The coarsest clock that file systems keep times with (FAT), in milliseconds. */
const coarsest = 2_000;

/** Times up to the second day of 1980 are no times: builds that repeat exactly set one of them. */
const firstTime = Date.UTC(1980, 0, 3);

/**
 * The validators of a file.
 *
 * A tag is strong (RFC 9110 section 8.8.1), so that parts of a file can be put together, unless the file
 * changed so recently that it could change again within one tick of its clock. A time of change
 * that lies ahead, or that a build set for all files alike, is no `Last-Modified`.
 *
 * @param coding the content coding of the file, which is another representation than the file without.
 * @param now milliseconds since 1970.
 */
export function versionOf(
  info: FileInfo,
  rule: FileTagRule,
  coding: string | undefined,
  now: number,
): Validators {
  const { modified } = info;
  // `now` has no fraction of a millisecond, and a file may have been changed in this one.
  const isDated = modified >= firstTime && Math.floor(modified) <= now;
  const validators = isDated ? { lastModified: new Date(modified) } : {};
  if (rule === "none") return validators;
  const etag = tagOf(info, coding);
  const isSettled = Math.max(modified, modified < firstTime ? info.changed : 0) + coarsest <= now;
  return { ...validators, etag: rule === "auto" && isSettled ? etag : weaken(etag) };
}

function tagOf({ size, modified, changed, inode }: FileInfo, coding: string | undefined): string {
  const parts = [size, micros(modified)];
  // Where the time says nothing, whatever else changes with a file has to.
  if (modified < firstTime) parts.push(micros(changed), inode);
  const tag = parts.map((part) => part.toString(36)).join("-");
  return coding === undefined ? `"${tag}"` : `"${tag}-${coding}"`;
}

function micros(milliseconds: number): number {
  return Math.round(milliseconds * 1_000);
}
