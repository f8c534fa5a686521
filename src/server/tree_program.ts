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

/** One variant of a route, where the tree ends. */
export interface Leaf<T> {
  /** The route. */
  readonly route: TreeRoute<T>;
  /** How many of its last parameters this variant leaves out. */
  readonly absent: number;
  /** The match, if it is always the same one. */
  readonly still: Match<T> | undefined;
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
/** The table of children: the index of a child, or 0. */
export const tableAt = 5;

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
  /** Where a walk writes the start and end of each parameter. */
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
  return { numbers: Int32Array.from(numbers), texts, sides, leaves, slots };
}

function insert<T>(
  root: RadixNode,
  route: TreeRoute<T>,
  { steps, ending, captures, absence }: Variant,
  leaves: Leaf<T>[],
): void {
  let node = root;
  for (const step of steps) {
    node = step === null ? node.param ??= new RadixNode("") : node.descend(step);
  }
  const isStill = route.names.length === 0;
  const still = isStill ? new Match<T>(route, "", new Int32Array(6).fill(-1)) : undefined;
  const leaf = leaves.push({ route, absent: route.names.length - captures, still }) - 1;
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
  numbers.push(node.leaf, 0, -1, low, count, ...new Array<number>(count).fill(0));
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
    for (let at = 1; at < child.text.length; at++) numbers.push(child.text.charCodeAt(at));
    emit(child, numbers, texts, sides);
  }
  let param = 0;
  if (node.param !== undefined) {
    param = numbers.length;
    emit(node.param, numbers, texts, sides);
  }
  numbers[start + choiceAt] = node.hasSide ? ~param : param;
  return start;
}
