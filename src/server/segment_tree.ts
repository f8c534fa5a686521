/**
 * The matcher of one method: a radix tree over character codes, walked straight over the URL.
 *
 * At every node text goes before constrained tails, those before a parameter, and that before a
 * rest; what fails further down is tried again with the next of these. A node stands at one place
 * in the path, whatever the path, so a walk sees each node at most once and its time is bounded
 * by the size of the tree.
 *
 * @module
 */
import {
  type Leaf,
  lowAt,
  type Side,
  sideAt,
  type TreeProgram,
  treeProgram,
} from "./tree_program.ts";
import { choiceAt, countAt, leafAt, slashAt, tableAt, type TreeRoute } from "./tree_program.ts";
import { Match } from "./match.ts";

const slash = 0x2f;
const percent = 0x25;
/** Up to this length reading a parameter's codes is faster than searching for its end. */
const nearEnd = 16;

/** The routes of one method, ready to be matched. */
export class SegmentTree<T> {
  readonly #tree: TreeProgram<T>;
  readonly #hasZero: boolean;

  /**
   * Builds the tree.
   *
   * @param routes the routes, those that win a tie first
   */
  constructor(routes: readonly TreeRoute<T>[]) {
    this.#tree = treeProgram(routes);
    this.#hasZero = this.#tree.sides.some((side) => side.zero !== -1 || side.zeroTails.length > 0);
  }

  /** The best route for the path from `start` to `end` in `url`. */
  match(url: string, start: number, end: number): Match<T> | undefined {
    const tree = this.#tree;
    const { first } = tree;
    let found = first !== 0 && url.charCodeAt(start) === slash
      ? walk(tree, first, url, start + 1, end, 0, false)
      : walk(tree, 0, url, start, end, 0, false);
    if (found === -1) {
      // A rest of no segment goes last of all, so it is looked for when there is nothing else.
      if (!this.#hasZero) return undefined;
      found = walk(tree, 0, url, start, end, 0, true);
      if (found === -1) return undefined;
    }
    const leaf = tree.leaves[found] as Leaf<T>;
    if (leaf.still !== undefined) return leaf.still;
    if (leaf.absent > 0) tree.slots.fill(-1, 2 * (leaf.names.length - leaf.absent));
    return new Match(leaf, url, tree.slots);
  }
}

/** Walks from a node and gives the leaf it came to, or -1. */
function walk(
  tree: TreeProgram<unknown>,
  node: number,
  url: string,
  pos: number,
  end: number,
  depth: number,
  allowZero: boolean,
): number {
  const { numbers, slots } = tree;
  for (;;) {
    const choice = numbers[node + choiceAt] as number;
    if (pos === end) {
      const leaf = numbers[node + leafAt] as number;
      if (leaf !== -1 || choice >= 0) return leaf;
      return besideAtEnd(tree, numbers[node + sideAt] as number, url, end, depth, allowZero);
    }
    const entry = url.charCodeAt(pos) - (numbers[node + lowAt] as number);
    if (entry >= 0 && entry < (numbers[node + countAt] as number)) {
      const child = numbers[node + tableAt + entry] as number;
      if (child !== 0) {
        const length = numbers[child] as number;
        if (length < 0) {
          const stop = pos - length;
          if (stop > end) return -1;
          if (url.slice(pos, stop) !== tree.texts[numbers[child + 1] as number]) return -1;
          node = child + 1 - length;
          pos = stop;
          continue;
        }
        const stop = pos + length;
        if (stop <= end) {
          let below = child + 2;
          let at = pos + 1;
          while (at < stop && url.charCodeAt(at) === numbers[below]) {
            at++;
            below++;
          }
          if (at === stop) {
            if (choice === 0) {
              node = below;
              pos = stop;
              continue;
            }
            const found = walk(tree, below, url, stop, end, depth, allowZero);
            if (found !== -1) return found;
          }
        }
      }
    }
    if (choice === 0) return -1;
    if (choice < 0) return beside(tree, node, url, pos, end, depth, allowZero);
    let stop = pos;
    let code = 0;
    const near = pos + nearEnd < end ? pos + nearEnd : end;
    while (stop < near && (code = url.charCodeAt(stop)) !== slash && code !== percent) stop++;
    if (stop === pos && code !== percent) return -1;
    slots[depth] = pos;
    if (stop < end && code !== slash) {
      stop = endOfSegment(url, stop, end);
      slots[depth + 1] = ~stop;
    } else slots[depth + 1] = stop;
    depth += 2;
    const after = numbers[choice + slashAt] as number;
    if (stop === end || after === 0) {
      node = choice;
      pos = stop;
    } else {
      node = after;
      pos = stop + 1;
    }
  }
}

function endOfSegment(url: string, pos: number, end: number): number {
  const next = url.indexOf("/", pos);
  return next === -1 || next > end ? end : next;
}

/** The choices of a node that has more than text and a parameter, without its text. */
function beside(
  tree: TreeProgram<unknown>,
  node: number,
  url: string,
  pos: number,
  end: number,
  depth: number,
  allowZero: boolean,
): number {
  const { numbers, slots } = tree;
  const side = tree.sides[numbers[node + sideAt] as number] as Side;
  // In the second walk nothing else matches, so only these are left to try.
  for (const { tail, leaf } of allowZero ? side.zeroTails : side.tails) {
    if (tail.match(url, pos, end, slots, depth)) return leaf;
  }
  const param = ~(numbers[node + choiceAt] as number);
  if (param !== 0 && url.charCodeAt(pos) !== slash) {
    const stop = endOfSegment(url, pos, end);
    slots[depth] = pos;
    slots[depth + 1] = ~stop;
    const found = walk(tree, param, url, stop, end, depth + 2, allowZero);
    if (found !== -1) return found;
  }
  for (const { tail, leaf } of side.lateTails) {
    if (tail.match(url, pos, end, slots, depth)) return leaf;
  }
  slots[depth] = pos;
  slots[depth + 1] = ~end;
  if (side.segments !== -1 && isSegments(url, pos, end)) return side.segments;
  return side.wild;
}

/** The choices of a node that has no leaf and is reached at the end of the path. */
function besideAtEnd(
  { sides, slots }: TreeProgram<unknown>,
  index: number,
  url: string,
  end: number,
  depth: number,
  allowZero: boolean,
): number {
  const side = sides[index] as Side;
  for (const { tail, leaf } of [...side.tails, ...side.lateTails]) {
    if (tail.match(url, end, end, slots, depth)) return leaf;
  }
  if (side.wild !== -1) {
    slots[depth] = end;
    slots[depth + 1] = end;
    return side.wild;
  }
  return allowZero ? side.zero : -1;
}

/** Whether no segment from `pos`, which is before `end`, is empty. */
function isSegments(url: string, pos: number, end: number): boolean {
  if (url.charCodeAt(pos) === slash || url.charCodeAt(end - 1) === slash) return false;
  const empty = url.indexOf("//", pos);
  return empty === -1 || empty >= end;
}
