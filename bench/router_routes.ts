/**
 * The two route sets of the router bench: the twelve routes of Hono's router benchmark with its
 * requests, and the 203 routes of GitHub's API with a request for each.
 *
 * @module
 */

/** A method and a path, which is a pattern in a route and concrete in a request. */
export type MethodAndPath = readonly [method: string, path: string];

/** Routes and the requests that are matched with them. */
export interface RouteSet {
  /** What the set is called in the table. */
  readonly name: string;
  /** The routes, in order. */
  readonly routes: readonly MethodAndPath[];
  /** The requests, each of which matches a route, with the names of its parameters. */
  readonly requests: readonly (readonly [...MethodAndPath, names: readonly string[]])[];
}

/** The set of Hono's router benchmark (`benchmarks/routers` in its repository). */
export const honoSet: RouteSet = {
  name: "Hono's 12",
  routes: [
    ["GET", "/user"],
    ["GET", "/user/comments"],
    ["GET", "/user/avatar"],
    ["GET", "/user/lookup/username/:username"],
    ["GET", "/user/lookup/email/:address"],
    ["GET", "/event/:id"],
    ["GET", "/event/:id/comments"],
    ["POST", "/event/:id/comment"],
    ["POST", "/map/:location/events"],
    ["GET", "/status"],
    ["GET", "/very/deeply/nested/route/hello/there"],
    ["GET", "/static/*"],
  ],
  requests: [
    ["GET", "/user", []],
    ["GET", "/user/comments", []],
    ["GET", "/user/lookup/username/hey", ["username"]],
    ["GET", "/event/abcd1234/comments", ["id"]],
    ["POST", "/event/abcd1234/comment", ["id"]],
    ["GET", "/very/deeply/nested/route/hello/there", []],
    ["GET", "/static/index.html", ["*"]],
  ],
};

const values = ["octocat", "hello-world", "1347", "main", "v1.2.0", "a1b2c3d4e5f6"];

/** GitHub's set from the shared data; `undefined` where that is not there. */
export function githubSet(): RouteSet | undefined {
  const file = new URL("../../shared/data/github-api.tsv", import.meta.url);
  let text: string;
  try {
    text = Deno.readTextFileSync(file);
  } catch {
    return undefined;
  }
  const routes = text.trim().split("\n").map((line): MethodAndPath => {
    const [method = "", path = ""] = line.split("\t");
    return [method, path];
  });
  let next = 0;
  const requests = routes.map(([method, path]): RouteSet["requests"][number] => [
    method,
    path.replace(/:\w+/g, () => values[next++ % values.length] ?? ""),
    path.match(/(?<=:)\w+/g) ?? [],
  ]);
  return { name: `GitHub's ${routes.length}`, routes, requests };
}
