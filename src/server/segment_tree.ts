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
import { compareRanks, RadixNode } from "./radix_node.ts";
import { Match, type Route } from "./match.ts";
import type { PathPattern, Variant } from "./path_pattern.ts";
import type { Tail } from "./pattern_tail.ts";

/** A route with its pattern. */
export interface TreeRoute<T> extends Route<T> {
  /** The pattern, read. */
  readonly path: PathPattern;
}

/** One variant of a route, where the tree ends. */
interface Leaf<T> {
  readonly route: TreeRoute<T>;
  readonly captures: number;
  /** The match, if it is always the same one. */
  readonly still: Match<T> | undefined;
}

/** What a node has beside text and a parameter: indexes of leaves, -1 where there is none. */
interface Side {
  /** Tails that go before a parameter. */
  readonly tails: readonly { readonly tail: Tail; readonly leaf: number }[];
  /** Tails that begin with a rest, and go after one. */
  readonly lateTails: readonly { readonly tail: Tail; readonly leaf: number }[];
  readonly wild: number;
  readonly segments: number;
  readonly zero: number;
}

// A node in the program: five numbers and then a table of its children by character code. Before
// each node but the root stand its text's length and the codes after the first.
const leafAt = 0;
const paramAt = 1;
const sideAt = 2;
const lowAt = 3;
const countAt = 4;
const tableAt = 5;

const slash = 0x2f;
/** From this length on, cutting text out and comparing it is faster than reading its codes. */
const longText = 16;

/** The routes of one method, ready to be matched. */
export class SegmentTree<T> {
  readonly #program: Int32Array;
  readonly #texts: readonly string[];
  readonly #sides: readonly Side[];
  readonly #leaves: readonly Leaf<T>[];
  readonly #slots: Int32Array;
  readonly #hasZero: boolean;

  /**
   * Builds the tree.
   *
   * @param routes the routes, those that win a tie first
   */
  constructor(routes: readonly TreeRoute<T>[]) {
    const { program, texts, sides, leaves } = compileTree(routes);
    this.#program = program;
    this.#texts = texts;
    this.#sides = sides;
    this.#leaves = leaves;
    this.#hasZero = sides.some((side) => side.zero !== -1);
    const groups = Math.max(3, ...routes.map((route) => route.names.length));
    this.#slots = new Int32Array(2 * groups).fill(-1);
  }

  /** The best route for the path from `start` to `end` in `url`. */
  match(url: string, start: number, end: number): Match<T> | undefined {
    let found = this.#find(0, url, start, end, 0, false);
    if (found === -1 && this.#hasZero) found = this.#find(0, url, start, end, 0, true);
    if (found === -1) return undefined;
    const leaf = this.#leaves[found] as Leaf<T>;
    if (leaf.still !== undefined) return leaf.still;
    const { route, captures } = leaf;
    if (captures < route.names.length) this.#slots.fill(-1, 2 * captures, 2 * route.names.length);
    return new Match(route, url, this.#slots);
  }

  /** Walks from the node at `node` and gives the leaf it came to, or -1. */
  #find(
    node: number,
    url: string,
    pos: number,
    end: number,
    depth: number,
    allowZero: boolean,
  ): number {
    const program = this.#program;
    for (;;) {
      const param = program[node + paramAt] as number;
      const side = program[node + sideAt] as number;
      if (pos === end) {
        const leaf = program[node + leafAt] as number;
        return leaf !== -1 || side === -1 ? leaf : this.#findAtEnd(side, url, end, depth, allowZero);
      }
      const index = url.charCodeAt(pos) - (program[node + lowAt] as number);
      if (index >= 0 && index < (program[node + countAt] as number)) {
        const child = program[node + tableAt + index] as number;
        if (child !== 0) {
          const length = program[child] as number;
          const stop = pos + length;
          if (stop <= end) {
            let code = child + 2;
            if (length < longText) {
              let at = pos + 1;
              while (at < stop && url.charCodeAt(at) === program[code]) {
                at++;
                code++;
              }
              if (at < stop) code = 0;
            } else if (url.slice(pos, stop) === this.#texts[program[child + 1] as number]) {
              code += length - 1;
            } else code = 0;
            if (code !== 0) {
              if (param === 0 && side === -1) {
                node = code;
                pos = stop;
                continue;
              }
              const found = this.#find(code, url, stop, end, depth, allowZero);
              if (found !== -1) return found;
            }
          }
        }
      }
      if (side === -1) {
        if (param === 0) return -1;
        const next = url.indexOf("/", pos);
        const stop = next === -1 || next > end ? end : next;
        if (stop === pos) return -1;
        this.#slots[depth] = pos;
        this.#slots[depth + 1] = stop;
        depth += 2;
        pos = stop;
        node = param;
        continue;
      }
      return this.#findBeside(side, param, url, pos, end, depth, allowZero);
    }
  }

  /** The choices of a node that has more than text and a parameter, without its text. */
  #findBeside(
    index: number,
    param: number,
    url: string,
    pos: number,
    end: number,
    depth: number,
    allowZero: boolean,
  ): number {
    const side = this.#sides[index] as Side;
    const slots = this.#slots;
    for (const { tail, leaf } of side.tails) {
      if (tail.match(url, pos, end, slots, depth)) return leaf;
    }
    if (param !== 0 && url.charCodeAt(pos) !== slash) {
      const next = url.indexOf("/", pos);
      const stop = next === -1 || next > end ? end : next;
      slots[depth] = pos;
      slots[depth + 1] = stop;
      const found = this.#find(param, url, stop, end, depth + 2, allowZero);
      if (found !== -1) return found;
    }
    for (const { tail, leaf } of side.lateTails) {
      if (tail.match(url, pos, end, slots, depth)) return leaf;
    }
    slots[depth] = pos;
    slots[depth + 1] = end;
    if (side.segments !== -1 && isSegments(url, pos, end)) return side.segments;
    return side.wild;
  }

  /** The choices of a node that has no leaf and is reached at the end of the path. */
  #findAtEnd(
    index: number,
    url: string,
    end: number,
    depth: number,
    allowZero: boolean,
  ): number {
    const side = this.#sides[index] as Side;
    for (const { tail, leaf } of [...side.tails, ...side.lateTails]) {
      if (tail.match(url, end, end, this.#slots, depth)) return leaf;
    }
    if (side.wild !== -1) {
      this.#slots[depth] = end;
      this.#slots[depth + 1] = end;
      return side.wild;
    }
    return allowZero ? side.zero : -1;
  }
}

/** Whether no segment from `pos`, which is before `end`, is empty. */
function isSegments(url: string, pos: number, end: number): boolean {
  if (url.charCodeAt(pos) === slash || url.charCodeAt(end - 1) === slash) return false;
  const empty = url.indexOf("//", pos);
  return empty === -1 || empty >= end;
}

interface Compiled<T> {
  readonly program: Int32Array;
  readonly texts: string[];
  readonly sides: Side[];
  readonly leaves: Leaf<T>[];
}

function compileTree<T>(routes: readonly TreeRoute<T>[]): Compiled<T> {
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
  return { program: Int32Array.from(numbers), texts, sides, leaves };
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
  const leaf = leaves.push({ route, captures, still }) - 1;
  if (typeof ending === "object") node.addTail(ending, leaf);
  else if (absence === 2 && node.zero === -1) node.zero = leaf;
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
    const tails = node.tails.toSorted((a, b) => compareRanks(a.tail.ranks, b.tail.ranks));
    numbers[start + sideAt] = sides.push({
      tails: tails.filter(({ tail }) => tail.ranks[0] !== 3),
      lateTails: tails.filter(({ tail }) => tail.ranks[0] === 3),
      wild: node.wild,
      segments: node.segments,
      zero: node.zero,
    }) - 1;
  }
  for (const [index, child] of node.children.entries()) {
    numbers[start + tableAt + (codes[index] ?? 0) - low] = numbers.length;
    numbers.push(child.text.length, texts.push(child.text) - 1);
    for (let at = 1; at < child.text.length; at++) numbers.push(child.text.charCodeAt(at));
    emit(child, numbers, texts, sides);
  }
  if (node.param !== undefined) {
    numbers[start + paramAt] = numbers.length;
    emit(node.param, numbers, texts, sides);
  }
  return start;
}
