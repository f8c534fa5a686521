/** Chance that can be repeated, and times drawn from it. @module */
import assert from "node:assert/strict";
import { exponential, logNormal, seededRandom, uniform } from "@pirouette/http/testing";
import { seededStreams } from "../../src/testing/seeded_random.ts";

const draws = (random: () => number, count: number): number[] =>
  Array.from({ length: count }, random);
const mean = (values: number[]): number => values.reduce((a, b) => a + b) / values.length;

Deno.test("seededRandom: the same seed gives the same numbers, another one others", () => {
  assert.deepEqual(draws(seededRandom(1), 10), draws(seededRandom(1), 10));
  assert.notDeepEqual(draws(seededRandom(1), 10), draws(seededRandom(2), 10));
  for (const seed of [0, -1, 0.5, 2 ** 32, 2 ** 53, NaN]) {
    const numbers = draws(seededRandom(seed), 1_000);
    assert.ok(numbers.every((number) => number >= 0 && number < 1), String(seed));
    assert.equal(new Set(numbers).size > 990, true, String(seed));
  }
});

Deno.test("seededRandom: numbers are spread evenly, and neighbours do not depend on each other", () => {
  const numbers = draws(seededRandom(42), 100_000);
  const buckets = new Array(100).fill(0);
  for (let index = 1; index < numbers.length; index++) {
    const [one = 0, other = 0] = [numbers[index - 1], numbers[index]];
    buckets[10 * Math.floor(10 * one) + Math.floor(10 * other)]++;
  }
  // 99 degrees of freedom: 149 is passed once in a thousand seeds, and this one is fixed.
  const chiSquared = buckets.reduce((sum, count) => sum + (count - 1_000) ** 2 / 1_000, 0);
  assert.ok(chiSquared < 149, String(chiSquared));
});

Deno.test("seededRandom: streams of one seed do not disturb each other", () => {
  const [one, two] = [seededStreams(7), seededStreams(7)];
  const [first, again] = [one(), two()];
  draws(first, 5);
  assert.deepEqual(draws(one(), 5), draws(two(), 5));
  assert.notDeepEqual(draws(one(), 5), draws(again, 5));
});

Deno.test("durations: each has its mean and its tail", () => {
  const random = seededRandom(3);
  const drawAll = (duration: (random: () => number) => number): number[] =>
    draws(() => duration(random), 50_000).sort((a, b) => a - b);
  const flat = drawAll(uniform(10, 20));
  assert.ok(flat.at(0)! >= 10 && flat.at(-1)! < 20);
  assert.ok(Math.abs(mean(flat) - 15) < 0.1);
  const memoryless = drawAll(exponential(20));
  assert.ok(Math.abs(mean(memoryless) - 20) < 0.5);
  assert.ok(Math.abs(memoryless[49_500]! / 20 - Math.log(100)) < 0.3);
  const tailed = drawAll(logNormal(20));
  assert.ok(Math.abs(tailed[25_000]! - 20) < 0.5);
  assert.ok(Math.abs(tailed[49_500]! / 20 - 3.2) < 0.2);
});
