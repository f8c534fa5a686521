/**
 * Private fields for an object that somebody else made: at a tenth of the cost of a WeakMap.
 *
 * @module
 */

/** Constructs the object it is given, so that the fields of a class that extends it are put on that one. */
export class Stamp {
  /** Gives `object` in place of a new one. */
  constructor(object: object) {
    return object;
  }
}
