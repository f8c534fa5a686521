/**
 * Waiting until everything that can go on has: not for time, only for promises.
 *
 * @module
 */

/**
 * Lets promises that are ready run, however many hang on each other.
 *
 * A turn of the event loop ends after all of them. Where the platform has no quick one (browsers),
 * a hundred turns of promises stand in for it.
 */
export async function settle(): Promise<void> {
  const turn: unknown = Reflect.get(globalThis, "setImmediate");
  if (typeof turn === "function") {
    await new Promise<void>((resolve) => turn(resolve));
    return;
  }
  for (let count = 0; count < 100; count++) await Promise.resolve();
}
