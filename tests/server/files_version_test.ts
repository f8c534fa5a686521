import assert from "node:assert/strict";
import type { FileInfo } from "../../src/runtime/file_system.ts";
import { versionOf } from "../../src/server/files_version.ts";

const now = Date.UTC(2026, 0, 1);

function info(change: Partial<FileInfo>): FileInfo {
  const modified = now - 60_000;
  return { kind: "file", size: 10, modified, changed: modified, device: 1, inode: 2, ...change };
}

Deno.test("files: two seconds after its last change a file has a strong tag", () => {
  const table = [
    [60_000, true],
    [2_000, true],
    [1_999, false],
    [0, false],
    [-60_000, false],
  ] as const;
  for (const [age, isStrong] of table) {
    const { etag = "" } = versionOf(info({ modified: now - age }), "auto", undefined, now);
    assert.equal(!etag.startsWith("W/"), isStrong, String(age));
  }
});

Deno.test("files: the tag tells versions and codings apart, not copies on other machines", () => {
  const tag = (change: Partial<FileInfo>, coding?: string) =>
    versionOf(info(change), "auto", coding, now).etag;
  assert.equal(tag({}), tag({ inode: 7, device: 8, changed: now }));
  assert.notEqual(tag({}), tag({ size: 11 }));
  assert.notEqual(tag({}), tag({ modified: now - 60_001 }));
  assert.notEqual(tag({}), tag({ modified: now - 60_000.5 }));
  assert.notEqual(tag({}), tag({}, "br"));
  assert.notEqual(tag({}, "gzip"), tag({}, "br"));
});

Deno.test("files: a time of change that lies ahead is none, one within this millisecond is", () => {
  for (const [ahead, isTold] of [[0, true], [0.7, true], [1, false]] as const) {
    const { lastModified } = versionOf(info({ modified: now + ahead }), "auto", undefined, now);
    assert.equal(lastModified?.getTime(), isTold ? now : undefined, String(ahead));
  }
});

Deno.test("files: a time that a build set for all files alike tells nothing", () => {
  for (const modified of [0, 1_000, Date.UTC(1980, 0, 1), Date.UTC(1980, 0, 2)]) {
    const one = versionOf(info({ modified, changed: now - 9_000 }), "auto", undefined, now);
    const other = versionOf(info({ modified, changed: now - 9_000, inode: 3 }), "auto", "br", now);
    const fresh = versionOf(info({ modified, changed: now - 1 }), "auto", undefined, now);
    assert.equal(one.lastModified, undefined);
    assert.match(one.etag ?? "", /^"/);
    assert.notEqual(one.etag, other.etag);
    assert.match(fresh.etag ?? "", /^W\/"/);
  }
});
