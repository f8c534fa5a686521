/**
 * Ending the process, whichever runtime it is of.
 *
 * @module
 */

/** What the runtimes have in common to end a process with. */
interface Process {
  readonly exit: (code: number) => void;
}

/** Ends this process at once, whatever is in flight; `code` is what its parent is told. */
export function exit(code: number): void {
  const { Deno: deno, process } = globalThis as { Deno?: Process; process?: Process };
  (deno ?? process)?.exit(code);
}
