import assert from "node:assert/strict";
import fc from "fast-check";
import { Router } from "../../src/server/router.ts";

/** A segment of a generated pattern and how specific it is. */
interface Segment {
  readonly text: string;
  readonly rank: number;
}

interface Declared {
  readonly method: string;
  readonly pattern: string;
  readonly ranks: readonly number[];
  /** What the last segment may leave out: nothing, a segment, or all segments. */
  readonly optional: "" | "?" | "*";
}

const seed = Number(Deno.env.get("FC_SEED") ?? Date.now());

const segment = fc.constantFrom<Segment>(
  { text: "a", rank: 0 },
  { text: "b", rank: 0 },
  { text: "ab", rank: 0 },
  { text: "a-b", rank: 0 },
  { text: "", rank: 0 },
  { text: ":p#", rank: 2 },
  { text: ":p#", rank: 2 },
  { text: ":p#(\\d+)", rank: 1 },
  { text: ":p#-:q#", rank: 1 },
  { text: "a:p#", rank: 1 },
  { text: "{:p#}b", rank: 1 },
  { text: ":p#-b-:q#.:r#", rank: 1 },
);
const ending = fc.constantFrom<Segment>(
  { text: "", rank: -1 },
  { text: "", rank: -1 },
  { text: "/*", rank: 4 },
  { text: "/:rest+", rank: 3 },
  { text: "/:rest*", rank: 3 },
  { text: "/:last?", rank: 2 },
);
const declared = fc.record({
  method: fc.constantFrom("GET", "GET", "POST", "HEAD", "*"),
  segments: fc.array(segment, { minLength: 1, maxLength: 3 }),
  ending,
}).map(({ method, segments, ending }): Declared => ({
  method,
  // Names differ by place, so that equal places have equal names and a pattern is its shape.
  pattern: segments.map(({ text }, index) => `/${text.replaceAll("#", String(index))}`).join("") +
    ending.text,
  ranks: [...segments, ending].map(({ rank }) => rank).filter((rank) => rank !== -1),
  optional: /\/:\w+([?*])$/.exec(ending.text)?.[1] as "?" | "*" | undefined ?? "",
}));
const path = fc.array(
  fc.constantFrom("a", "b", "ab", "1", "12", "a-b", "a-b-c", "1-b-2.x", "", "a%2Fb", "bb", "-b"),
  { minLength: 1, maxLength: 5 },
).map((segments) => `/${segments.join("/")}`);

const patterns = new Map<string, URLPattern>();

function exec(pattern: string, path: string): Record<string, string | undefined> | undefined {
  let known = patterns.get(pattern);
  if (known === undefined) patterns.set(pattern, known = new URLPattern({ pathname: pattern }));
  return known.exec({ pathname: path })?.pathname.groups;
}

/** The slow and obvious router: asks every pattern, then sorts those that match. */
function reference(routes: readonly Declared[], method: string, path: string): unknown {
  const methods = [method, ...(method === "HEAD" ? ["GET"] : []), "*"];
  const tier = (route: Declared): number => methods.indexOf(route.method);
  const chosen = routes.filter((route) =>
    tier(route) !== -1 &&
    !routes.some((other) =>
      other.pattern === route.pattern && tier(other) >= 0 && tier(other) < tier(route)
    )
  );
  const found = chosen.flatMap((route) => {
    const groups = exec(route.pattern, path);
    if (groups === undefined) return [];
    const isAbsent = route.optional !== "" && (groups.last ?? groups.rest) === undefined;
    const ranks = isAbsent ? route.ranks.slice(0, -1) : route.ranks;
    return [{ route, groups, ranks, isAbsent }];
  });
  found.sort((a, b) => {
    const zeroA = a.isAbsent && a.route.optional === "*";
    const zeroB = b.isAbsent && b.route.optional === "*";
    if (zeroA !== zeroB) return Number(zeroA) - Number(zeroB);
    for (let index = 0; index < Math.max(a.ranks.length, b.ranks.length); index++) {
      const difference = (a.ranks[index] ?? -1) - (b.ranks[index] ?? -1);
      if (difference !== 0) return difference;
    }
    return Number(a.isAbsent) - Number(b.isAbsent) || tier(a.route) - tier(b.route) ||
      chosen.indexOf(a.route) - chosen.indexOf(b.route);
  });
  const [best] = found;
  return best &&
    { method: best.route.method, pattern: best.route.pattern, groups: { ...best.groups } };
}

function routerOf(routes: readonly Declared[]): Router<Declared> {
  const router = new Router<Declared>();
  for (const route of routes) router.add(route.method, route.pattern, route);
  return router;
}

const routeSets = fc.uniqueArray(declared, {
  minLength: 1,
  maxLength: 10,
  selector: ({ method, pattern }) => `${method} ${pattern}`,
});

Deno.test("router: chooses and captures as asking every URLPattern and sorting would", () => {
  fc.assert(
    fc.property(
      routeSets,
      fc.constantFrom("GET", "POST", "HEAD", "PATCH"),
      fc.array(path, { minLength: 1, maxLength: 10 }),
      (routes, method, paths) => {
        const router = routerOf(routes);
        for (const path of paths) {
          const url = `http://host${path}?a/b`;
          const match = router.match(method, url, 11, 11 + path.length);
          const actual = match && {
            method: match.route.method,
            pattern: match.route.pattern,
            groups: Object.fromEntries(
              match.route.names.map((name, index) => [name, match.raw(index)]),
            ),
          };
          assert.deepEqual(actual, reference(routes, method, path), `${method} ${path}`);
        }
      },
    ),
    { seed, numRuns: 1500 },
  );
});

Deno.test("router: allowed lists exactly the methods whose patterns match", () => {
  fc.assert(
    fc.property(routeSets, path, (routes, path) => {
      const matching = routes.filter(({ pattern }) => exec(pattern, path) !== undefined);
      const declaredOrder = [...new Set(routes.map(({ method }) => method))];
      const expected = declaredOrder.filter((method) =>
        matching.some((route) => route.method === method)
      );
      assert.deepEqual(routerOf(routes).allowed(path, 0, path.length), expected);
    }),
    { seed, numRuns: 500 },
  );
});
