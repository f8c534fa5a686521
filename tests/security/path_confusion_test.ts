// SECURITY.md row 2: a guard and the router must see the same path.
import assert from "node:assert/strict";
import { canonicalPath } from "../../src/server/canonical_path.ts";
import { Router } from "../../src/server/router.ts";

const router = new Router<string>();
router.add("GET", "/admin", "admin");
router.add("GET", "/admin/:action", "admin action");
router.add("GET", "/files/*", "files");
router.add("GET", "/:page", "page");

/** What answers a path as sent, or `refused`. */
function answer(sent: string): string {
  let path: string;
  try {
    path = canonicalPath(sent);
  } catch {
    return "refused";
  }
  return router.match("GET", path, 0, path.length)?.value ?? "nothing";
}

const paths: readonly (readonly [sent: string, answer: string])[] = [
  ["/%61dmin", "admin"],
  ["/%61%64%6D%69%6E", "admin"],
  ["/ADMIN", "page"],
  ["//admin", "nothing"],
  ["/./admin", "refused"],
  ["/x/../admin", "refused"],
  ["/x/%2e%2e/admin", "refused"],
  ["/x/%2E./admin", "refused"],
  ["/files/..;a=b/admin", "refused"],
  ["/files/%2e%2e;/admin", "refused"],
  ["/files\\..\\admin", "refused"],
  ["/admin%2Fdelete", "page"],
  ["/admin%5Cdelete", "page"],
  ["/admin/%2e", "refused"],
  ["/%252e%252e/admin", "nothing"],
  ["/admin%00", "refused"],
  ["/admin%", "refused"],
  ["/admin%c0%af", "refused"],
  ["/admin/", "nothing"],
];

Deno.test("security 2: no spelling of a path reaches a route around its guard", () => {
  for (const [sent, expected] of paths) assert.equal(answer(sent), expected, sent);
});

Deno.test("security 2: an encoded slash never parts segments, an encoded percent never decodes twice", () => {
  const match = (path: string): unknown => router.match("GET", path, 0, path.length)?.param(0);
  assert.equal(match(canonicalPath("/a%2Fb")), "a/b");
  assert.equal(match(canonicalPath("/%252Fb")), "%2Fb");
  assert.deepEqual(match(canonicalPath("/files/%252e%252e/x")), ["%2e%2e", "x"]);
});

Deno.test("security 2: the path ends where it is said to, whatever stands in the query", () => {
  const url = "http://host/page?/admin/x";
  assert.equal(router.match("GET", url, 11, 16)?.params()["page"], "page");
  assert.equal(router.match("GET", "http://host/?a/b", 11, 12), undefined);
});
