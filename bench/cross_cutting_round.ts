/**
 * One round of the cross-cutting bench, in a module of its own so that each contender can have an
 * instance.
 *
 * @module
 */

/**
 * Calls a contender `times` times, one call after the other; nanoseconds a call. Only a promise is
 * waited for, as a server does.
 */
export async function callRepeatedly(call: () => unknown, times: number): Promise<number> {
  const start = performance.now();
  for (let time = 0; time < times; time++) {
    const given = call();
    if (given instanceof Promise) await given;
  }
  return (performance.now() - start) * 1e6 / times;
}
