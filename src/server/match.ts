/**
 * What the router found: the route's value, and where in the URL its parameters are.
 *
 * Nothing is cut out of the URL, decoded or put into an object until it is asked for.
 *
 * @module
 */

/** What a route is, for its matches. */
export interface Route<T> {
  /** What was added with the pattern. */
  readonly value: T;
  /** The method that was added, `*` for any. */
  readonly method: string;
  /** The pattern as it was added. */
  readonly pattern: string;
  /** The names of the parameters, in the order of the pattern. */
  readonly names: readonly string[];
  /** Whether the parameter of that index is a rest parameter. */
  readonly rests: readonly boolean[];
  /** Whether any of them is. */
  readonly hasRest: boolean;
}

/** The value of a path parameter: the segments of a rest parameter, or text. */
export type PathValue = string | readonly string[] | undefined;

/** An object that inherits nothing, so that a parameter may have any name, as `__proto__`. */
interface Params {
  [name: string]: PathValue;
}
const Params = function () {} as unknown as { new (): Params; prototype: unknown };
Params.prototype = Object.freeze(Object.create(null));
// An engine gives the objects of a constructor the room that its first few objects needed.
for (let count = 0; count < 8; count++) Object.assign(new Params(), { a: "", b: "", c: "", d: "" });

/** The parameters of routes that have none. */
const noParams: Params = Object.freeze(new Params());

/** The offsets of no parameter. */
const none: readonly number[] = [];

/** A match of a path with a route. */
export class Match<T> {
  // The offsets of the first three parameters are fields, so that a match is one small object.
  /** The route that matched. */
  readonly route: Route<T>;
  readonly #url: string;
  readonly #start0: number;
  readonly #end0: number;
  readonly #start1: number;
  readonly #end1: number;
  readonly #start2: number;
  readonly #end2: number;
  readonly #others: readonly number[];

  /**
   * A match at the given offsets.
   *
   * @param slots the start and end of each parameter in `url`, copied: an end is complemented where
   * the parameter may have something encoded, and both are -1 where it is absent
   */
  constructor(route: Route<T>, url: string, slots: Int32Array) {
    this.route = route;
    this.#url = url;
    this.#start0 = slots[0] as number;
    this.#end0 = slots[1] as number;
    this.#start1 = slots[2] as number;
    this.#end1 = slots[3] as number;
    this.#start2 = slots[4] as number;
    this.#end2 = slots[5] as number;
    const count = route.names.length;
    this.#others = count > 3 ? Array.from(slots.subarray(6, 2 * count)) : none;
  }

  /** What was added with the route. */
  get value(): T {
    return this.route.value;
  }

  /** The parameter of that index as it stands in the URL; `undefined` if it is absent. */
  raw(index: number): string | undefined {
    // Beyond the last parameter stands what an earlier walk left.
    if (index >= this.route.names.length) return undefined;
    const start = this.#start(index);
    const end = this.#end(index);
    return start < 0 ? undefined : this.#url.slice(start, end < 0 ? ~end : end);
  }

  /**
   * The parameter of that index, percent-decoded; a rest parameter as the list of its segments,
   * which were split before they were decoded. A plus sign stays one.
   *
   * @throws {URIError} when the percent-encoding is malformed.
   */
  param(index: number): PathValue {
    if (this.route.rests[index]) {
      const raw = this.raw(index);
      return raw ? segmentsOf(raw) : [];
    }
    if (index >= this.route.names.length) return undefined;
    return this.#text(this.#start(index), this.#end(index));
  }

  /**
   * All parameters by name, as {@linkcode param} gives them, in an object that inherits nothing: a new one,
   * unless there are none.
   *
   * @throws {URIError} when the percent-encoding is malformed.
   */
  params(): { [name: string]: PathValue } {
    const { names, hasRest } = this.route;
    const count = names.length;
    if (count === 0) return noParams;
    // An index as a key costs more than all else here, unless an object is born with it.
    if (hasRest && count === 1 && names[0] === "0") {
      return { __proto__: null, 0: this.param(0) } as unknown as Params;
    }
    const params = new Params();
    if (hasRest || count > 3) {
      for (let index = 0; index < count; index++) {
        params[names[index] as string] = this.param(index);
      }
      return params;
    }
    params[names[0] as string] = this.#text(this.#start0, this.#end0);
    if (count > 1) params[names[1] as string] = this.#text(this.#start1, this.#end1);
    if (count > 2) params[names[2] as string] = this.#text(this.#start2, this.#end2);
    return params;
  }

  /** What a trailing rest parameter matched, with the slash before it; `""` without one. */
  get rest(): string {
    const raw = this.route.rests.at(-1) ? this.raw(this.route.rests.length - 1) : undefined;
    return raw === undefined ? "" : `/${raw}`;
  }

  #text(start: number, end: number): string | undefined {
    if (end >= 0) return this.#url.slice(start, end);
    return start < 0 ? undefined : decoded(this.#url.slice(start, ~end));
  }

  #start(index: number): number {
    if (index === 0) return this.#start0;
    if (index === 1) return this.#start1;
    return index === 2 ? this.#start2 : this.#others[2 * index - 6] ?? -1;
  }

  #end(index: number): number {
    if (index === 0) return this.#end0;
    if (index === 1) return this.#end1;
    return index === 2 ? this.#end2 : this.#others[2 * index - 5] ?? -1;
  }
}

function segmentsOf(raw: string): readonly string[] {
  return raw.includes("/") ? raw.split("/").map(decoded) : [decoded(raw)];
}

function decoded(text: string): string {
  return text.includes("%") ? decodeURIComponent(text) : text;
}
