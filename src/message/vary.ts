/**
 * `Vary`: says of an answer which fields of the request chose it (RFC 9110 section 12.5.5).
 *
 * @module
 */
import { trimHttp } from "./header_value.ts";

/** Adds a field name to the `Vary` of `headers`, unless that has it already, in any case, or is `*`. */
export function addVary(headers: Headers, field: string): void {
  const vary = headers.get("vary");
  if (vary === field) return;
  if (vary === null || trimHttp(vary) === "") headers.set("vary", field);
  else if (!names(vary, field.toLowerCase())) headers.set("vary", `${vary}, ${field}`);
}

function names(vary: string, field: string): boolean {
  return vary.split(",").some((member) => {
    const name = trimHttp(member);
    return name === "*" || name.toLowerCase() === field;
  });
}
