import assert from "node:assert/strict";
import {
  type SfBareItem,
  SfDecimal,
  SfDisplayString,
  type SfItem,
  type SfMember,
  SfToken,
} from "../../src/message/structured_field_values.ts";
import {
  parseDictionary,
  parseItem,
  parseList,
  StructuredFieldError,
} from "../../src/message/structured_fields.ts";
import {
  serializeDictionary,
  serializeItem,
  serializeList,
  StructuredFieldSerializationError,
} from "../../src/message/structured_fields_serialize.ts";

type PlainItem = [SfBareItem, [string, SfBareItem][]];
type PlainMember = PlainItem | [PlainItem[], [string, SfBareItem][]];

type Structure =
  | { header_type: "item"; expected: PlainItem }
  | { header_type: "list"; expected: PlainMember[] }
  | { header_type: "dictionary"; expected: [string, PlainMember][] };

type Case = Structure & {
  name: string;
  raw?: string[];
  canonical?: string[];
  must_fail?: boolean;
  can_fail?: boolean;
};

const DATA = new URL("../../../shared/data/structured-fields/", import.meta.url);

/** Cases where the working group lets an implementation fail, and ours does: beyond JS Dates. */
const REFUSED = [
  "date.json: syntactic max date - 999,999,999,999,999",
  "date.json: syntactic min date - -999,999,999,999,999",
];

Deno.test("structured fields: every case of the HTTP working group's suite", () => {
  const files = ["", "serialisation-tests/"].flatMap(casesIn);
  if (files.length === 0) return console.log("skipped: no ../shared/data/structured-fields");
  let count = 0;
  const refused: string[] = [];
  for (const { file, cases } of files) {
    for (const entry of cases) {
      const label = `${file}: ${entry.name}`;
      count++;
      try {
        if (entry.raw === undefined) checkSerialization(entry);
        else if (!checkParse(entry, entry.raw.join(", "))) refused.push(label);
      } catch (cause) {
        throw new Error(label, { cause });
      }
    }
  }
  console.log(`structured fields: ${count} cases of ${files.length} files`);
  assert.equal(count, 2135);
  assert.deepEqual(refused, REFUSED);
});

function casesIn(folder: string): { file: string; cases: Case[] }[] {
  try {
    return Array.from(Deno.readDirSync(new URL(folder, DATA)))
      .filter((entry) => entry.name.endsWith(".json"))
      .map(({ name }) => {
        const text = Deno.readTextFileSync(new URL(folder + name, DATA));
        return { file: folder + name, cases: JSON.parse(text, revive as Reviver) };
      });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** What the compiler knows of a reviver: not yet its third argument. */
type Reviver = (key: string, value: unknown) => unknown;

/** Turns the suite's JSON into our values; the source text tells 1.0 from 1. */
function revive(_key: string, value: unknown, context: { source?: string }): unknown {
  if (typeof value === "number") {
    return context.source?.includes(".") ? new SfDecimal(value) : value;
  }
  if (typeof value !== "object" || value === null || !("__type" in value)) return value;
  const { __type: type, value: inner } = value as { __type: string; value: string | number };
  if (type === "token") return new SfToken(String(inner));
  if (type === "displaystring") return new SfDisplayString(String(inner));
  if (type === "binary") return base32(String(inner));
  if (type === "date") return new Date(Number(inner) * 1000);
  throw new Error(`Unknown type ${type}`);
}

function base32(text: string): Uint8Array {
  const bits = Array.from(text.replaceAll("=", ""), (digit) => {
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(digit).toString(2).padStart(5, "0");
  }).join("");
  const bytes = bits.match(/.{8}/g) ?? [];
  return Uint8Array.from(bytes, (byte) => parseInt(byte, 2));
}

/** Whether the case parsed; it may only fail where the suite lets it. */
function checkParse(entry: Case, raw: string): boolean {
  if (entry.must_fail) {
    assert.throws(() => parse(entry.header_type, raw), StructuredFieldError);
    return true;
  }
  const canonical = (entry.canonical ?? entry.raw ?? []).join(", ");
  try {
    assert.deepStrictEqual(parse(entry.header_type, raw), entry.expected);
  } catch (error) {
    if (entry.can_fail && error instanceof StructuredFieldError) return false;
    throw error;
  }
  assert.equal(reserialize(entry.header_type, raw), canonical);
  assert.equal(serialize(entry), canonical);
  assert.deepStrictEqual(parse(entry.header_type, canonical), entry.expected);
  return true;
}

function checkSerialization(entry: Case): void {
  if (entry.must_fail) assert.throws(() => serialize(entry), StructuredFieldSerializationError);
  else assert.equal(serialize(entry), entry.canonical?.join(", "));
}

function parse(type: Structure["header_type"], text: string): Structure["expected"] {
  if (type === "item") return plainItem(parseItem(text));
  if (type === "list") return parseList(text).map(plainMember);
  return Array.from(
    parseDictionary(text),
    ([key, member]): [string, PlainMember] => [key, plainMember(member)],
  );
}

function reserialize(type: Structure["header_type"], text: string): string {
  if (type === "item") return serializeItem(parseItem(text));
  if (type === "list") return serializeList(parseList(text));
  return serializeDictionary(parseDictionary(text));
}

function serialize(entry: Structure): string {
  if (entry.header_type === "item") return serializeItem(itemOf(entry.expected));
  if (entry.header_type === "list") return serializeList(entry.expected.map(memberOf));
  return serializeDictionary(
    new Map(entry.expected.map(([key, member]) => [key, memberOf(member)])),
  );
}

function plainItem(item: SfItem): PlainItem {
  return [item.value, Array.from(item.parameters)];
}

function plainMember(member: SfMember): PlainMember {
  if (!("items" in member)) return plainItem(member);
  return [member.items.map(plainItem), Array.from(member.parameters)];
}

function itemOf([value, parameters]: PlainItem): SfItem {
  return { value, parameters: new Map(parameters) };
}

function memberOf([value, parameters]: PlainMember): SfMember {
  if (!Array.isArray(value)) return itemOf([value, parameters]);
  return { items: value.map(itemOf), parameters: new Map(parameters) };
}
