/**
 * Makes a test fail that would otherwise wait forever.
 *
 * @module
 */

/**
 * What `promise` gives, if it comes in time.
 *
 * Real time, because what is waited for is done by sockets, and a virtual clock never reaches them.
 *
 * @param what what is waited for, in words
 * @param timeout in milliseconds
 * @throws {Error} when it does not come in time.
 */
export async function within<T>(promise: Promise<T>, what: string, timeout = 5_000): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const fail = (): void => reject(new Error(`Not within ${timeout} ms: ${what}`));
    timer = setTimeout(fail, timeout);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
