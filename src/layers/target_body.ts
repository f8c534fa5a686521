/**
 * Counts who waits for a target's bodies: a call is under way until its head has come, and again while
 * somebody reads its body.
 *
 * A body that nobody reads, or that the platform reads itself, does not count: nobody could tell when
 * that is over. One that is there with the head, by its `Content-Length`, does not either.
 *
 * @module
 */
import { ONE_PIECE } from "../message/body_pieces.ts";
import { type BodyUse, isUnread, watchUse } from "./used_body.ts";

/** What is counted. */
export interface Counted {
  /** How many calls are under way. */
  outstanding: number;
}

/**
 * Counts those who wait for the body of a response from now on, and gives the response.
 *
 * @param owner who counts: a response that is given twice is counted once
 */
export function countBody(
  response: Response,
  input: Request | URL | string,
  init: RequestInit | undefined,
  counted: Counted,
  owner: object,
): Response {
  const length = response.headers.get("content-length");
  if (length !== null && Number(length) <= ONE_PIECE) return response;
  if (isUnread(response, input, init)) return response;
  return watchUse(response, new CountedUse(counted, owner));
}

/** One body that counts while it is waited for. */
class CountedUse implements BodyUse {
  readonly owner: object;
  readonly #counted: Counted;
  #isWaitedFor = false;

  constructor(counted: Counted, owner: object) {
    this.#counted = counted;
    this.owner = owner;
  }

  begin(): void {
    if (this.#isWaitedFor) return;
    this.#isWaitedFor = true;
    this.#counted.outstanding++;
  }

  pause(): void {
    if (!this.#isWaitedFor) return;
    this.#isWaitedFor = false;
    this.#counted.outstanding--;
  }

  end(): void {
    this.pause();
  }
}
