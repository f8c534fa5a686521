/** The parser cases of the IETF's http-state group, through a whole store. */
import assert from "node:assert/strict";
import { parseSetCookie } from "../../src/message/cookie_parse.ts";
import { CookieStore } from "../../src/layers/cookie_store.ts";

interface Case {
  readonly test: string;
  readonly received: readonly string[];
  readonly "sent-to"?: string;
  readonly sent: readonly { readonly name: string; readonly value: string }[];
}

const FILE = new URL("../../../shared/data/http-state/parser.json", import.meta.url);

/** Before the first date that the cases take for one to come. */
const NOW = Date.UTC(2019, 7, 1);

/** Where RFC 6265bis has it otherwise than the cases, which are of RFC 6265 and before. */
const DIFFERENCES: Readonly<Record<string, readonly [why: string, sent: string]>> = {
  DISABLED_CHROMIUM0022: ["a cookie with a control character is ignored as a whole", ""],
  DISABLED_CHROMIUM0023: ["a cookie with a control character is ignored as a whole", ""],
  DISABLED_PATH0029: ["paths are compared as they are, nothing is decoded", ""],
  OPTIONAL_DOMAIN0042: ["the last Domain counts, though it is empty", "foo=bar"],
};

const cases = read();

for (const { test, received, sent, "sent-to": sentTo } of cases ?? []) {
  const [why, instead] = DIFFERENCES[test] ?? [];
  const suffix = why === undefined ? "" : ` (differs: ${why})`;
  Deno.test(`http-state, parser: ${test}${suffix}`, async () => {
    const id = test.toLowerCase().replace("_", "-");
    const base = new URL(`http://home.example.org:8888/cookie-parser?${id}`);
    const target = new URL(sentTo ?? `/cookie-parser-result?${id}`, base);
    const store = new CookieStore({ now: () => NOW });
    const cookies = received.map((field) => parseSetCookie(onWire(field), NOW));
    await store.addCookies(cookies.filter((one) => one !== undefined), base);
    const got = await store.getCookies(target);
    const text = (pairs: typeof sent) => pairs.map(({ name, value }) => onWire(`${name}=${value}`));
    const gotText = got.map(({ name, value }) => `${name}=${value}`);
    assert.deepEqual(gotText, why === undefined ? text(sent) : [instead].filter(Boolean));
    if (why !== undefined) assert.notDeepEqual(gotText, text(sent));
  });
}

Deno.test("http-state, parser: all cases are here", () => {
  if (cases === undefined) return console.log("skipped: the http-state cases are not here");
  assert.equal(cases.length, 222);
});

/** A text as header fields hold it: each octet of its UTF-8 as a character. */
function onWire(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
}

function read(): Case[] | undefined {
  try {
    return JSON.parse(Deno.readTextFileSync(FILE));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
