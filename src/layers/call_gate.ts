/**
 * So many places, and who has one: for as long as a call waits for the head of its response, and then
 * while its body is read.
 *
 * Programs drop responses that they do not read, and a server may send one on without a layer seeing
 * it. So a body that nobody waits for has its place for a short while only, once another call needs
 * it: looked at when there is none left, without a timer unless somebody waits.
 *
 * @module
 */
import type { Clock, Timer } from "../message/clock.ts";
import type { Fetch } from "../message/fetch.ts";
import { type BodyUse, isShort, isUnread, watchUse } from "./used_body.ts";
import type { WaitingLine } from "./waiting_line.ts";
import { type Linked, LinkedList } from "./linked_list.ts";

/** What of a call counts: until the head of its response, or until the end of its body. */
export type CountUntil = "head" | "body";

/** How places are held. */
export interface GateOptions {
  /** How many places there are at first. */
  readonly limit: number;
  /** Where calls wait for one. */
  readonly line: WaitingLine;
  /** Until when a call has its place. */
  readonly until: CountUntil;
  /** How long a body may lie unread before its place is given to another call, in milliseconds. */
  readonly unreadLimit: number;
  /** Tells the time. */
  readonly clock: Clock;
}

/** Gives out places. */
export class Gate {
  readonly #options: GateOptions;
  readonly #line: WaitingLine;
  /** Places of bodies that nobody waits for, the one for the longest time first. */
  readonly #unread = new LinkedList<Place>();
  #limit: number;
  #active = 0;
  #timer: Timer | undefined = undefined;

  /** Makes a gate with all places free. */
  constructor(options: GateOptions) {
    this.#options = options;
    this.#line = options.line;
    this.#limit = options.limit;
    this.#line.onEmpty = () => {
      this.#timer?.clear();
      this.#timer = undefined;
    };
  }

  /** How many places are taken. */
  get active(): number {
    return this.#active;
  }

  /** How many places there are; with fewer than are taken, those who have one keep it. */
  get limit(): number {
    return this.#limit;
  }

  set limit(limit: number) {
    this.#limit = limit;
    this.#letIn();
  }

  /** A place, where one is free at once. */
  tryEnter(): Place | undefined {
    if (this.#active >= this.#limit) this.#reclaim();
    if (this.#active >= this.#limit) return undefined;
    this.#active++;
    return new Place(this);
  }

  /**
   * A place, as soon as one is free; rejects as {@linkcode WaitingLine.wait}.
   *
   * @param priority higher ones go first
   */
  async enter(signal: AbortSignal | undefined, priority: number): Promise<Place> {
    const waiting = this.#line.wait(signal, priority);
    this.#watch();
    await waiting;
    const place = new Place(this);
    if (signal?.aborted) {
      place.end();
      throw signal.reason;
    }
    return place;
  }

  /** Sends a call that has its place, which it gives back when it is over. */
  send(
    place: Place,
    next: Fetch,
    input: Request | URL | string,
    init: RequestInit | undefined,
  ): Promise<Response> {
    let answer: Promise<Response>;
    try {
      answer = next(input, init);
    } catch (error) {
      place.end();
      return Promise.reject(error);
    }
    return answer.then((response) => {
      if (
        this.#options.until === "head" || isUnread(response, input, init) || isShort(response)
      ) {
        place.end();
        return response;
      }
      place.pause();
      return watchUse(response, place);
    }, (error) => {
      place.end();
      throw error;
    });
  }

  /** Takes a place back. */
  free(): void {
    this.#active--;
    this.#letIn();
  }

  /** Notes that nobody waits for a body. */
  addUnread(place: Place): void {
    place.since = this.#options.clock.now();
    this.#unread.append(place);
    if (this.#line.size > 0) this.#watch();
  }

  /** Notes that somebody waits for it, or nobody needs to. */
  removeUnread(place: Place): void {
    this.#unread.remove(place);
  }

  #letIn(): void {
    // The place is taken for the one who waits before anybody else can have it.
    while (this.#active < this.#limit && this.#line.letNext()) this.#active++;
  }

  /** Takes places back whose bodies lie unread for too long. */
  #reclaim(): void {
    const oldest = this.#unread.first;
    if (oldest === undefined) return;
    const latest = this.#options.clock.now() - this.#options.unreadLimit;
    for (let place = this.#unread.first; place !== undefined; place = this.#unread.first) {
      if (place.since > latest) break;
      place.end();
    }
  }

  /** Sees to it that those who wait get the places of bodies that nobody reads. */
  #watch(): void {
    const oldest = this.#unread.first;
    if (oldest === undefined || this.#timer !== undefined || this.#line.size === 0) return;
    const { clock, unreadLimit } = this.#options;
    this.#timer = clock.setTimer(() => {
      this.#timer = undefined;
      this.#reclaim();
      this.#watch();
    }, Math.max(0, oldest.since + unreadLimit - clock.now()));
  }
}

/** One place, until it is given back. */
export class Place implements BodyUse, Linked<Place> {
  /** The one before it in the list of the unread. */
  ahead: Place | undefined = undefined;
  /** The one after it there. */
  behind: Place | undefined = undefined;
  /** Since when nobody waits for the body. */
  since = 0;
  /** Who gave it out. */
  readonly owner: Gate;
  #isUnread = false;
  #isOver = false;

  /** Takes a place that is counted already. */
  constructor(owner: Gate) {
    this.owner = owner;
  }

  /** Whether it was given back. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Somebody waits for the body. */
  begin(): void {
    if (!this.#isUnread) return;
    this.#isUnread = false;
    this.owner.removeUnread(this);
  }

  /** Nobody waits for the body, which is not at its end. */
  pause(): void {
    if (this.#isOver || this.#isUnread) return;
    this.#isUnread = true;
    this.owner.addUnread(this);
  }

  /** Gives the place back; may be called again. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.begin();
    this.owner.free();
  }
}
