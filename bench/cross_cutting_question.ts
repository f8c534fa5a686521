/**
 * What a question of the cross-cutting bench is: contenders that answer the same, one of them what
 * the others are held against.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Fetch } from "../src/message/fetch.ts";

/** Something to measure. */
export interface Contender {
  /** Its name in the table, and what others name as their base. */
  readonly name: string;
  /** What is measured. */
  readonly call: () => unknown;
  /** Fails unless {@linkcode call} does all that it is measured for. */
  readonly verify: () => unknown;
  /** The name of the contender that does the same without what is asked about. */
  readonly base?: string;
  /** The most that is allowed, in what the table is about. */
  readonly budget?: number;
}

/** One table. */
export interface Question {
  /** What is asked, and the head of the first column. */
  readonly title: string;
  /**
   * What the table is about: nanoseconds beyond the base, times the base, or microseconds alone.
   */
  readonly about: "extra" | "ratio" | "time";
  /** What is compared. */
  readonly contenders: readonly Contender[];
  /** What a reader has to know beside the numbers. */
  readonly notes: string;
}

/** What an answer has to be. */
export interface Expected {
  /** The body. */
  readonly text: string;
  /** Header fields, `null` for one that must be missing. */
  readonly headers?: Readonly<Record<string, string | null>>;
}

/** What a contender is held against. */
export type Held = Pick<Contender, "base" | "budget">;

/** A contender that answers requests. */
export function answering(
  name: string,
  call: () => Response | Promise<Response>,
  expected: Expected,
  held: Held = {},
): Contender {
  return {
    name,
    call,
    verify: async () => await expectAnswer(name, await call(), expected),
    ...held,
  };
}

/** Fails unless a response is what was expected. */
export async function expectAnswer(
  name: string,
  response: Response,
  { text, headers = {} }: Expected,
): Promise<void> {
  assert.equal(response.status, 200, name);
  for (const [field, value] of Object.entries(headers)) {
    assert.equal(response.headers.get(field), value, `${name}: ${field}`);
  }
  assert.equal(await response.text(), text, name);
}

/** A call of a fetch with a request that is made once, as one without a body may be used again. */
export function asking(fetch: Fetch, request: Request): () => Promise<Response> {
  return () => fetch(request);
}
