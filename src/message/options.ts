/**
 * Options are plain data, and an option that is not known is an error rather than ignored.
 *
 * @module
 */

/**
 * Checks that `given` has only options that `known` lists.
 *
 * @throws {TypeError} when it has another, the message names it and those there are; or is no object.
 */
export function checkOptions(
  subject: string,
  given: object,
  known: Readonly<Record<string, true>>,
): void {
  if (!isObject(given)) {
    throw new TypeError(`${subject} has options that are no object: give one, or leave it out`);
  }
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(known, name)) {
      const names = Object.keys(known).join(", ");
      throw new TypeError(`${subject} has no option "${name}": use one of ${names}`);
    }
  }
}

/**
 * A copy of options that inherits nothing, so that a prototype which something else polluted sets
 * none.
 */
export function ownOptions<Options extends object>(given: Options): Options {
  return Object.assign(Object.create(null), given);
}

/**
 * Both in one pass, for options that come with every call.
 *
 * @throws {TypeError} as {@linkcode checkOptions}.
 */
export function checkedOptions<Options extends object>(
  subject: string,
  given: Options,
  known: Readonly<Record<string, true>>,
): Options {
  if (!isObject(given)) checkOptions(subject, given, known);
  const own: Options = Object.create(null);
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(known, name)) checkOptions(subject, given, known);
    own[name as keyof Options] = given[name as keyof Options];
  }
  return own;
}

/** What comes from a file of settings, or from JavaScript, may be anything. */
function isObject(given: unknown): boolean {
  return typeof given === "object" && given !== null;
}
