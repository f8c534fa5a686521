/**
 * The tree of a router while it is built: text split where patterns part, and at each node what
 * may follow other than text.
 *
 * @module
 */
import type { Tail } from "./pattern_tail.ts";

/** The end of a pattern, and the leaf it comes to. */
export interface TailLeaf {
  /** What must match. */
  readonly tail: Tail;
  /** The index of the leaf. */
  readonly leaf: number;
}

/** A node under construction; leaves are indexes, -1 where there is none. */
export class RadixNode {
  /** The text between the node above and this one. */
  text: string;
  /** The nodes that text leads to, no two with the same first character. */
  readonly children: RadixNode[] = [];
  /** The node after a parameter. */
  param: RadixNode | undefined = undefined;
  /** The ends of patterns that are more than text and parameters. */
  readonly tails: TailLeaf[] = [];
  /** Such ends before a rest parameter that has no segment. */
  readonly zeroTails: TailLeaf[] = [];
  /** The leaf of a pattern that ends here. */
  leaf: number = -1;
  /** The leaf of a pattern that goes on with anything. */
  wild: number = -1;
  /** The leaf of a pattern that goes on with one or more segments. */
  segments: number = -1;
  /** The leaf of a pattern whose rest parameter has no segment. */
  zero: number = -1;

  /** A node at the end of `text`. */
  constructor(text: string) {
    this.text = text;
  }

  /** Whether there is more than a leaf, text and a parameter. */
  get hasSide(): boolean {
    return this.tails.length + this.zeroTails.length > 0 ||
      Math.max(this.wild, this.segments, this.zero) !== -1;
  }

  /** The node that `text` leads to from here; it is made if there is none. */
  descend(text: string): RadixNode {
    if (text === "") return this;
    const index = this.children.findIndex((child) => child.text[0] === text[0]);
    const child = this.children[index];
    if (child === undefined) {
      const added = new RadixNode(text);
      this.children.push(added);
      return added;
    }
    let same = 1;
    while (same < child.text.length && child.text[same] === text[same]) same++;
    if (same === child.text.length) return child.descend(text.slice(same));
    const parting = new RadixNode(text.slice(0, same));
    child.text = child.text.slice(same);
    parting.children.push(child);
    this.children[index] = parting;
    return parting.descend(text.slice(same));
  }
}

/** Orders lists of ranks: the first difference decides, and more segments go before fewer. */
export function compareRanks(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return b.length - a.length;
}
