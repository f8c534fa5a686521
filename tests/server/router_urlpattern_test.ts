import assert from "node:assert/strict";
import { Router } from "../../src/server/router.ts";

interface Entry {
  readonly pattern: readonly unknown[];
  readonly inputs?: readonly unknown[];
  readonly expected_obj?: unknown;
  readonly expected_match?:
    | null
    | "error"
    | {
      readonly pathname?: {
        readonly input: string;
        readonly groups: Record<string, string | null>;
      };
    };
}

const file = new URL(
  "../../../shared/data/urlpattern/urlpatterntestdata.json",
  import.meta.url,
);

/** The pathname of the only pattern of an entry, if it is about a pathname and nothing else. */
function pathnameOnly({ pattern: [pattern, ...others] }: Entry): string | undefined {
  if (others.length > 0 || typeof pattern !== "object" || pattern === null) return undefined;
  const keys = Object.keys(pattern);
  return keys.length === 1 && "pathname" in pattern ? String(pattern.pathname) : undefined;
}

/**
 * The canonical pathname of an entry's input (URL Pattern Standard, "process a URLPatternInit"),
 * or `undefined` where the input is not a URL.
 */
function inputPathname([input, base]: readonly unknown[]): string | undefined {
  if (input === undefined) return "";
  if (typeof input === "string") {
    return URL.parse(input, base as string | undefined)?.pathname;
  }
  assert.ok(typeof input === "object" && input !== null);
  // An object and a base URL beside it is an error, which a router has no way to be asked for.
  if (base !== undefined) return undefined;
  const { pathname, protocol, baseURL } = input as Record<string, string>;
  if (pathname === undefined) return "";
  if (protocol === "javascript") return URL.parse(`javascript:${pathname}`)?.pathname;
  if (baseURL !== undefined) return new URL(pathname, baseURL).pathname;
  if (pathname.startsWith("/")) return new URL(`http://h${pathname}`).pathname;
  return new URL(`http://h/-${pathname}`).pathname.slice(2);
}

/** The raw groups of a match, with `null` for an absent one as in the test data. */
function groupsOf(router: Router<true>, path: string): Record<string, string | null> | null {
  const url = `http://host.example${path}?x=/`;
  const match = router.match("GET", url, 19, 19 + path.length);
  if (match === undefined) return null;
  const { names } = match.route;
  return Object.fromEntries(names.map((name, index) => [name, match.raw(index) ?? null]));
}

function run(entry: Entry, pathname: string): void {
  const router = new Router<true>();
  if (entry.expected_obj === "error") {
    assert.throws(() => router.add("GET", pathname, true), TypeError);
    return;
  }
  router.add("GET", pathname, true);
  const path = inputPathname(entry.inputs ?? []);
  const groups = path === undefined ? null : groupsOf(router, path);
  const expected = entry.expected_match === "error" ? null : entry.expected_match;
  assert.deepEqual(groups, expected ? expected.pathname?.groups : null);
}

Deno.test("router: matches and captures as the URL Pattern test data expects", () => {
  let text: string;
  try {
    text = Deno.readTextFileSync(file);
  } catch {
    console.log("URL Pattern test data skipped: ../shared/data is not there");
    return;
  }
  const entries = JSON.parse(text) as (Entry | string)[];
  const failures: string[] = [];
  let count = 0;
  for (const entry of entries) {
    if (typeof entry === "string") continue;
    const pathname = pathnameOnly(entry);
    if (pathname === undefined) continue;
    count++;
    try {
      run(entry, pathname);
    } catch (error) {
      failures.push(`${JSON.stringify(entry)}\n${error}`);
    }
  }
  console.log(`${count} pathname entries of the URL Pattern test data ran`);
  assert.equal(count, 168, "the number of pathname entries changed");
  assert.deepEqual(failures, []);
});
