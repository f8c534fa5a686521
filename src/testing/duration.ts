/**
 * How long something takes in a test: always the same, or by chance.
 *
 * @module
 */

/** A time in milliseconds, or a function that draws one; `random` gives numbers from 0 up to 1. */
export type Duration = number | ((random: () => number) => number);

/** The time that one thing takes, in milliseconds; never below 0. */
export function drawn(duration: Duration, random: () => number): number {
  return Math.max(0, typeof duration === "number" ? duration : duration(random));
}

/**
 * Times as a server with memoryless work has them: most short, a few long, on average `mean`
 * milliseconds.
 */
export function exponential(mean: number): (random: () => number) => number {
  return (random) => -mean * Math.log(1 - random());
}

/** Times that are all as likely, from `least` to `most` milliseconds. */
export function uniform(least: number, most: number): (random: () => number) => number {
  return (random) => least + (most - least) * random();
}

/**
 * Times as most services have them: half are below `median` milliseconds, and the tail is long.
 *
 * @param spread standard deviation of the logarithm: at 0.5 the 99th percentile is 3.2 medians, at
 * 1 it is 10
 */
export function logNormal(median: number, spread = 0.5): (random: () => number) => number {
  return (random) => {
    // Box and Muller's way from two even draws to one normal one.
    const size = Math.sqrt(-2 * Math.log(1 - random()));
    return median * Math.exp(spread * size * Math.cos(2 * Math.PI * random()));
  };
}
