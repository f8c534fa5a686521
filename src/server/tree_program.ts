/**
 * A segment tree as it is walked: all of its nodes in one array of numbers, so that a walk reads
 * memory in order and follows no pointers.
 *
 * A node is its leaf, the index of the node after a parameter, the index of its side, and a table
 * of children by character code. Before a child stand its text's length, the index of that text,
 * and the codes of its characters after the first, which the table has already told.
 *
 * @module
 */
import { Match, type Route } from "./match.ts";
import type { PathPattern, Variant } from "./path_pattern.ts";
import { compareRanks, RadixNode, type TailLeaf } from "./radix_node.ts";

/** A route with its pattern. */
export interface TreeRoute<T> extends Route<T> {
  /** The pattern, read. */
  readonly path: PathPattern;
}

/** One variant of a route, where the tree ends: a copy of it, so that a match reads one object. */
export interface Leaf<T> extends Route<T> {
  /** How many of its last parameters this variant leaves out. */
  readonly absent: number;
  /** The match, if it is always the same one. */
  still: Match<T> | undefined;
}

/** What a node has beside text and a parameter: indexes of leaves, -1 where there is none. */
export interface Side {
  /** Tails that go before a parameter. */
  readonly tails: readonly TailLeaf[];
  /** Tails that begin with a rest, and go after a parameter. */
  readonly lateTails: readonly TailLeaf[];
  /** Tails whose pattern ends in a rest of no segment. */
  readonly zeroTails: readonly TailLeaf[];
  /** A rest of anything. */
  readonly wild: number;
  /** A rest of one or more segments. */
  readonly segments: number;
  /** A rest of no segment. */
  readonly zero: number;
}

/** Where the parts of a node are, from its index. */
export const leafAt = 0;
/** The index of the node after a parameter, complemented if there is a side; 0 for neither. */
export const choiceAt = 1;
/** The index of the side, -1 for none. */
export const sideAt = 2;
/** The character code of the first entry of the table. */
export const lowAt = 3;
/** The number of entries of the table. */
export const countAt = 4;
/** The index of the node after a slash, if a slash leads to it and there is no side; else 0. */
export const slashAt = 5;
/** The table of children: the index of a child, or 0. */
export const tableAt = 6;

/** From this length on, cutting text out and comparing it is faster than reading its codes. */
const longText = 16;

/** A tree to walk. */
export interface TreeProgram<T> {
  /** The nodes. */
  readonly numbers: Int32Array;
  /** The texts of the nodes. */
  readonly texts: readonly string[];
  /** What some nodes have beside text and a parameter. */
  readonly sides: readonly Side[];
  /** What is found. */
  readonly leaves: readonly Leaf<T>[];
  /** The index of the node after the first slash; 0 if a walk must begin before it. */
  readonly first: number;
  /**
   * Where a walk writes the start and end of each parameter. An end is complemented where the
   * parameter may have something encoded, and a start is -1 where there is no parameter.
   */
  readonly slots: Int32Array;
}

/**
 * Compiles routes into a tree.
 *
 * @param routes the routes, those that win a tie first
 */
export function treeProgram<T>(routes: readonly TreeRoute<T>[]): TreeProgram<T> {
  const leaves: Leaf<T>[] = [];
  const root = new RadixNode("");
  // Whole patterns before those that leave something out, so that `/a` wins over `/a/:b?`.
  for (const absence of [0, 1, 2]) {
    for (const route of routes) {
      for (const variant of route.path.variants) {
        if (variant.absence === absence) insert(root, route, variant, leaves);
      }
    }
  }
  const numbers: number[] = [];
  const texts: string[] = [];
  const sides: Side[] = [];
  emit(root, numbers, texts, sides);
  const groups = Math.max(3, ...routes.map((route) => route.names.length));
  const slots = new Int32Array(2 * groups).fill(-1);
  const first = root.leaf === -1 ? numbers[slashAt] ?? 0 : 0;
  return { numbers: Int32Array.from(numbers), texts, sides, leaves, slots, first };
}

function insert<T>(
  root: RadixNode,
  route: TreeRoute<T>,
  { steps, ending, captures, absence }: Variant,
  leaves: Leaf<T>[],
): void {
  let node = root;
  for (const step of steps) {
    if (step === null) node = node.param ??= new RadixNode("");
    else {
      // A slash at the beginning and after a parameter has a node of its own, to be jumped to.
      const first = step.startsWith("/") ? 1 : 0;
      node = node.descend(step.slice(0, first)).descend(step.slice(first));
    }
  }
  const { value, method, pattern, names, rests, hasRest } = route;
  const absent = names.length - captures;
  const added: Leaf<T> = {
    value,
    method,
    pattern,
    names,
    rests,
    hasRest,
    absent,
    still: undefined,
  };
  if (names.length === 0) added.still = new Match(added, "", new Int32Array(6).fill(-1));
  const leaf = leaves.push(added) - 1;
  if (typeof ending === "object") {
    const tails = absence === 2 ? node.zeroTails : node.tails;
    tails.push({ tail: ending, leaf });
    return;
  }
  if (absence === 2 && node.zero === -1) node.zero = leaf;
  else if (absence === 2) return;
  else if (ending === "end" && node.leaf === -1) node.leaf = leaf;
  else if (ending === "wild" && node.wild === -1) node.wild = leaf;
  else if (ending === "segments" && node.segments === -1) node.segments = leaf;
}

/** Appends a node and all below it, and gives the index where it begins. */
function emit(node: RadixNode, numbers: number[], texts: string[], sides: Side[]): number {
  const codes = node.children.map((child) => child.text.charCodeAt(0));
  const low = codes.length === 0 ? 0 : Math.min(...codes);
  const count = codes.length === 0 ? 0 : Math.max(...codes) - low + 1;
  const start = numbers.length;
  numbers.push(node.leaf, 0, -1, low, count, 0, ...new Array<number>(count).fill(0));
  if (node.hasSide) {
    const byRank = (a: TailLeaf, b: TailLeaf): number => compareRanks(a.tail.ranks, b.tail.ranks);
    const tails = node.tails.toSorted(byRank);
    numbers[start + sideAt] = sides.push({
      tails: tails.filter(({ tail }) => (tail.ranks[0] ?? 0) < 3),
      lateTails: tails.filter(({ tail }) => (tail.ranks[0] ?? 0) >= 3),
      zeroTails: node.zeroTails.toSorted(byRank),
      wild: node.wild,
      segments: node.segments,
      zero: node.zero,
    }) - 1;
  }
  for (const [index, child] of node.children.entries()) {
    numbers[start + tableAt + (codes[index] ?? 0) - low] = numbers.length;
    const { length } = child.text;
    const isLong = length >= longText && !node.hasSide && node.param === undefined;
    numbers.push(isLong ? -length : length, texts.push(child.text) - 1);
    for (let at = 1; at < length; at++) numbers.push(child.text.charCodeAt(at));
    const after = emit(child, numbers, texts, sides);
    if (child.text === "/" && !node.hasSide) numbers[start + slashAt] = after;
  }
  let param = 0;
  if (node.param !== undefined) {
    param = numbers.length;
    emit(node.param, numbers, texts, sides);
  }
  numbers[start + choiceAt] = node.hasSide ? ~param : param;
  return start;
}
