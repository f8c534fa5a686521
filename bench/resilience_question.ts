/**
 * A question of the resilience bench: what it asks, and what an answer is.
 *
 * @module
 */
import type { Plot } from "./support/plot.ts";

/** An answer. */
export interface Answer {
  /** A table or some lines, as Markdown. */
  readonly text: string;
  /** Plots by the name of their file, without folder and ending. */
  readonly plots?: Readonly<Record<string, Plot>>;
  /** What is not as it must be; nothing if all is. */
  readonly broken: readonly string[];
}

/** A question. */
export interface Question {
  /** What is asked, as a heading. */
  readonly title: string;
  /** What is done to find out. */
  readonly about: string;
  /** Finds out. */
  readonly ask: () => Promise<Answer>;
}

/** What does not hold of the things that must. */
export function brokenOf(musts: Readonly<Record<string, boolean>>): string[] {
  return Object.entries(musts).filter(([, holds]) => !holds).map(([name]) => name);
}
