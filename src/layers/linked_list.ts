/**
 * A list whose items know their neighbours, so that one can be taken out of its middle at once.
 *
 * A `Set` would do, but its first item is slow to find once many before it were deleted.
 *
 * @module
 */

/** An item of a list; the list owns both fields. */
export interface Linked<Item> {
  /** The one before it; `undefined` at the head and outside. */
  ahead: Item | undefined;
  /** The one after it; `undefined` at the tail and outside. */
  behind: Item | undefined;
}

/** Items in the order they were added. */
export class LinkedList<Item extends Linked<Item>> {
  /** The item that was added first. */
  first: Item | undefined = undefined;
  #last: Item | undefined = undefined;

  /** Adds an item that is in no list. */
  append(item: Item): void {
    const last = this.#last;
    item.ahead = last;
    item.behind = undefined;
    if (last === undefined) this.first = item;
    else last.behind = item;
    this.#last = item;
  }

  /** Takes out an item that is in this list. */
  remove(item: Item): void {
    const { ahead, behind } = item;
    if (ahead === undefined) this.first = behind;
    else ahead.behind = behind;
    if (behind === undefined) this.#last = ahead;
    else behind.ahead = ahead;
    item.ahead = undefined;
    item.behind = undefined;
  }
}
