/**
 * Parsing JSON that somebody else wrote (RFC 8259).
 *
 * `JSON.parse` does the work; it does not recurse, so depth alone cannot break it. What it yields is
 * then walked once (a tenth of the time that parsing took), because programs do recurse and copy:
 * values nested too deep are refused, and so is a key `__proto__`, or `constructor` with a
 * `prototype` inside, as both exist only to change objects that they are merged into.
 *
 * @module
 */
import { describeJsonError } from "./json_error.ts";
import { payloadFailure } from "./payload_failure.ts";

/** How deep arrays and objects of a payload may nest: 512 levels. */
export const MAX_JSON_DEPTH = 512;

/**
 * Parses JSON text.
 *
 * @throws {PayloadBindingError} (400) when the text is no JSON, nests deeper than 512
 * levels, or has a key that exists to pollute prototypes.
 */
export function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw payloadFailure(describeJsonError(text), cause);
  }
  if (typeof value === "object" && value !== null && !isHarmless(text)) {
    check(value, MAX_JSON_DEPTH);
  }
  return value;
}

/**
 * Whether a text is too short to nest too deep, and has no key that is refused, nor an escape that could
 * hide one: then its value need not be walked, which takes longer than to look for these.
 */
function isHarmless(text: string): boolean {
  return text.length <= 2 * MAX_JSON_DEPTH && !text.includes("\\") &&
    !text.includes("__proto__") && !text.includes("constructor");
}

function check(value: object, depthLeft: number): void {
  if (depthLeft === 0) {
    throw payloadFailure(`the JSON payload nests too deep: send at most ${MAX_JSON_DEPTH} levels`);
  }
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const item: unknown = value[index];
      if (typeof item === "object" && item !== null) check(item, depthLeft - 1);
    }
    return;
  }
  for (const key in value) {
    if (key === "__proto__") throw forbidden(key);
    const item = (value as Record<string, unknown>)[key];
    if (typeof item !== "object" || item === null) continue;
    if (key === "constructor" && Object.hasOwn(item, "prototype")) {
      throw forbidden("constructor.prototype");
    }
    check(item, depthLeft - 1);
  }
}

function forbidden(key: string): Error {
  return payloadFailure(`the key '${key}' is not allowed: send the payload without it`);
}
