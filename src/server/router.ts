/**
 * Chooses the value of the most specific pattern that matches a path (DESIGN.md §3).
 *
 * Patterns have the semantics of a URLPattern's pathname. Segment by segment text wins over a
 * constrained parameter, that over a plain one, and that over a rest. Paths are taken as they
 * stand: make them canonical with `canonicalPath`, and patterns with `canonicalPattern`.
 *
 * @module
 */
import { Match } from "./match.ts";
import { pathPattern } from "./path_pattern.ts";
import { SegmentTree } from "./segment_tree.ts";
import type { TreeRoute } from "./tree_program.ts";

export { Match };

/**
 * Routes by method and path.
 */
export class Router<T> {
  readonly #routes: TreeRoute<T>[] = [];
  readonly #keys = new Map<string, string>();
  /** The methods that were added, in order. */
  readonly #methods = new Set<string>();
  readonly #trees = new Map<string, SegmentTree<T>>();
  readonly #ownTrees = new Map<string, SegmentTree<T>>();
  #getTree: SegmentTree<T> | undefined;

  /**
   * Adds a route. It takes part in the next match.
   *
   * @param method an exact HTTP method, or `*` for any
   * @param pattern a URLPattern pathname
   * @param names what its parameters are called, where that is not what the pattern says
   * @throws {TypeError} when the pattern is malformed, or another of the same method matches the
   * same paths.
   */
  add(method: string, pattern: string, value: T, names?: readonly string[]): void {
    const path = pathPattern(pattern);
    const key = `${method} ${path.shape}`;
    const known = this.#keys.get(key);
    if (known !== undefined) {
      throw new TypeError(
        `Cannot add "${method} ${pattern}": "${method} ${known}" already matches the same paths`,
      );
    }
    this.#keys.set(key, pattern);
    this.#methods.add(method);
    const { rests } = path;
    this.#routes.push({
      value,
      method,
      pattern,
      names: names ?? path.names,
      rests,
      hasRest: rests.includes(true),
      path,
    });
    this.#trees.clear();
    this.#ownTrees.clear();
    this.#getTree = undefined;
  }

  /**
   * The best match of a path, or `undefined`.
   *
   * Where a pattern has no route for the method, one for any method takes its place, before that
   * for `HEAD` one for `GET`; where it has neither, the next best pattern is tried.
   *
   * @param url any text that has the path
   * @param start the index of the path's first slash
   * @param end the index after the path's last character
   */
  match(method: string, url: string, start: number, end: number): Match<T> | undefined {
    if (method === "GET") {
      return (this.#getTree ??= this.#treeOf("GET")).match(url, start, end);
    }
    return (this.#trees.get(method) ?? this.#treeOf(method)).match(url, start, end);
  }

  /**
   * The methods of all patterns that match a path, `*` included as such, in the order in which
   * they were first added.
   */
  allowed(url: string, start: number, end: number): string[] {
    return [...this.#methods].filter((method) => {
      let tree = this.#ownTrees.get(method);
      if (tree === undefined) {
        tree = new SegmentTree(this.#routes.filter((route) => route.method === method));
        this.#ownTrees.set(method, tree);
      }
      return tree.match(url, start, end) !== undefined;
    });
  }

  #treeOf(method: string): SegmentTree<T> {
    const accepted = method === "HEAD" ? ["HEAD", "GET"] : [method];
    const isKnown = accepted.some((one) => this.#methods.has(one));
    // Methods nobody declared share one tree: a client may invent as many as it likes.
    const key = isKnown ? method : "*";
    let tree = this.#trees.get(key);
    if (tree === undefined) {
      tree = new SegmentTree(this.#chosen([...accepted, "*"]));
      this.#trees.set(key, tree);
    }
    return tree;
  }

  /** Of the routes of one pattern, that of the first of `methods` it has. */
  #chosen(methods: readonly string[]): TreeRoute<T>[] {
    const shapes = new Map<string, TreeRoute<T>>();
    for (const method of methods) {
      for (const route of this.#routes) {
        const { shape } = route.path;
        if (route.method === method && !shapes.has(shape)) shapes.set(shape, route);
      }
    }
    return [...shapes.values()];
  }
}
