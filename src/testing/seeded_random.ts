/**
 * Chance that can be repeated: xoshiro128** of Blackman and Vigna (2018), its state filled from the
 * seed by SplitMix32. It is for tests; it keeps no secret.
 *
 * @module
 */

/**
 * Makes a function that gives numbers from 0 up to but not including 1, as `Math.random`, the same
 * ones for the same seed.
 *
 * @param seed any number; its lowest 32 bits count
 *
 * @example
 * ```ts
 * import { seededRandom } from "@pirouette/http/testing";
 *
 * const random = seededRandom(7);
 * console.log(random(), random());
 * ```
 */
export function seededRandom(seed: number): () => number {
  let filler = seed | 0;
  const fill = (): number => {
    filler = (filler + 0x9e3779b9) | 0;
    let mixed = filler ^ (filler >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  };
  let [a, b, c, d] = [fill(), fill(), fill(), fill()];
  return () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return (result >>> 0) / 2 ** 32;
  };
}

/**
 * Makes generators that do not disturb each other, so that a policy which draws more does not change
 * when calls arrive.
 */
export function seededStreams(seed: number): () => () => number {
  const random = seededRandom(seed);
  return () => seededRandom(random() * 2 ** 32);
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
