/**
 * Lax data binding (`laxDataBinding`): a null may stand for an absent field, and an absent field
 * for a null, where the schema says it wants the other.
 *
 * Schemas are asked, not read: what they refuse is put right where their issues point, once, and
 * they are asked again. So it works with any of them.
 *
 * @module
 */
import type { Issue } from "./standard.ts";

/**
 * Puts right in `value` what `issues` point at: a null there is removed, an absent field becomes
 * null.
 *
 * @returns whether anything was changed, so that asking again is worth it
 */
export function relax(value: unknown, issues: readonly Issue[]): boolean {
  let changed = false;
  for (const issue of issues) {
    const keys = (issue.path ?? []).map((segment) =>
      typeof segment === "object" ? segment.key : segment
    );
    const last = keys.pop();
    const owner = last === undefined ? undefined : walk(value, keys);
    if (owner === undefined || last === undefined || Array.isArray(owner)) continue;
    if (!Object.hasOwn(owner, last)) {
      // Defined, not assigned: the key may be __proto__.
      const absent = { value: null, writable: true, enumerable: true, configurable: true };
      Object.defineProperty(owner, last, absent);
      changed = true;
    } else if (Reflect.get(owner, last) === null) {
      Reflect.deleteProperty(owner, last);
      changed = true;
    }
  }
  return changed;
}

/** The object that a path leads to, through own properties only. */
function walk(value: unknown, keys: readonly PropertyKey[]): object | undefined {
  let current = value;
  for (const key of keys) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, key)) {
      return undefined;
    }
    current = Reflect.get(current, key);
  }
  return typeof current === "object" && current !== null ? current : undefined;
}
