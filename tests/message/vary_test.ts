import assert from "node:assert/strict";
import { addVary } from "../../src/message/vary.ts";

const TABLE: [vary: string | null, expected: string][] = [
  [null, "Accept-Encoding"],
  ["", "Accept-Encoding"],
  ["  ", "Accept-Encoding"],
  ["Accept-Encoding", "Accept-Encoding"],
  ["accept-encoding", "accept-encoding"],
  ["Origin, ACCEPT-ENCODING", "Origin, ACCEPT-ENCODING"],
  ["Origin", "Origin, Accept-Encoding"],
  ["Accept-Encoding-Too", "Accept-Encoding-Too, Accept-Encoding"],
  ["*", "*"],
  ["Origin , *", "Origin , *"],
];

for (const [vary, expected] of TABLE) {
  Deno.test(`addVary: to ${JSON.stringify(vary)}`, () => {
    const headers = new Headers(vary === null ? {} : { vary });
    addVary(headers, "Accept-Encoding");
    assert.equal(headers.get("vary"), expected);
    addVary(headers, "Accept-Encoding");
    assert.equal(headers.get("vary"), expected);
  });
}
