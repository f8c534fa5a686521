/**
 * What header fields say to the schemas of those declared, of requests and responses alike: lists are
 * taken apart, text stays whole (RFC 9110 section 5.6.1; spec 2.3.4.5, 2.4.1.9).
 *
 * @module
 */
import { partEnd, trimHttp } from "../message/header_value.ts";
import type { Field } from "./field.ts";
import type { recordShape } from "./json_schema.ts";

const comma = 0x2c;

/**
 * What was sent for a field, by its value.
 *
 * The platform joins repeated fields with commas. A list takes them apart; text is given whole, since
 * a comma may be its own; of anything else, which has no commas, the first is taken.
 */
export function headerParts(field: Field, value: string): string | readonly string[] {
  if (field.many === true) return listMembers(value);
  const isText = field.scalar === undefined || field.scalar.rule.jsonSchema["type"] === "string";
  return isText || !value.includes(",") ? value : listMembers(value)[0] ?? "";
}

/** All header fields as a record, for one schema of them all, whose `shape` tells what is a list. */
export function headerRecord(
  headers: Headers,
  shape: ReturnType<typeof recordShape>,
): Record<string, string | readonly string[]> {
  const record = new Map<string, string | readonly string[]>(headers);
  for (const [name, { many }] of shape ?? []) {
    const value = valueOf(headers, name);
    // The schema may spell the name in capitals; the platform tells all names in small letters.
    if (value !== null) record.set(name, many ? listMembers(value) : value);
  }
  return Object.fromEntries(record);
}

/** The members of a comma-separated list (RFC 9110 section 5.6.1); a quoted comma is no separator. */
function listMembers(value: string): string[] {
  const members: string[] = [];
  let start = 0;
  while (start <= value.length) {
    const found = partEnd(value, start, comma);
    const end = found === -1 ? value.length : found;
    const member = trimHttp(value.slice(start, end));
    if (member !== "") members.push(member);
    start = end + 1;
  }
  return members;
}

function valueOf(headers: Headers, name: string): string | null {
  try {
    return headers.get(name);
  } catch {
    // A property that no field can be called is for the schema to miss.
    return null;
  }
}
