import assert from "node:assert/strict";
import {
  evaluatePreconditions,
  type PreconditionOutcome,
  rangeApplies,
  type Validators,
} from "../../src/message/preconditions.ts";

const BEFORE = "Wed, 21 Oct 2015 07:27:59 GMT";
const MODIFIED = "Wed, 21 Oct 2015 07:28:00 GMT";
const AFTER = "Wed, 21 Oct 2015 07:28:01 GMT";

const date = new Date(MODIFIED);
const strong: Validators = { etag: '"v1"', lastModified: date };
const weak: Validators = { etag: 'W/"v1"', lastModified: date };
const dated: Validators = { lastModified: date };
const bare: Validators = {};

type Row = [
  current: Validators | undefined,
  headers: Record<string, string>,
  get: PreconditionOutcome,
  put: PreconditionOutcome,
];

const [yes, known, no] = ["proceed", "not-modified", "failed"] as const;

const ROWS: Row[] = [
  [strong, {}, yes, yes],
  [undefined, {}, yes, yes],
  // If-Match: strong.
  [strong, { "if-match": '"v1"' }, yes, yes],
  [strong, { "if-match": '"v0", "v1"' }, yes, yes],
  [strong, { "if-match": '"v0"' }, no, no],
  [strong, { "if-match": 'W/"v1"' }, no, no],
  [weak, { "if-match": 'W/"v1"' }, no, no],
  [weak, { "if-match": "*" }, yes, yes],
  [bare, { "if-match": "*" }, yes, yes],
  [bare, { "if-match": '"v1"' }, no, no],
  [bare, { "if-match": "W/" }, no, no],
  [undefined, { "if-match": "*" }, no, no],
  [undefined, { "if-match": '"v1"' }, no, no],
  [strong, { "if-match": "" }, no, no],
  // If-Unmodified-Since, only without If-Match.
  [strong, { "if-unmodified-since": BEFORE }, no, no],
  [strong, { "if-unmodified-since": MODIFIED }, yes, yes],
  [strong, { "if-unmodified-since": AFTER }, yes, yes],
  [strong, { "if-unmodified-since": "yesterday" }, yes, yes],
  [bare, { "if-unmodified-since": BEFORE }, yes, yes],
  [undefined, { "if-unmodified-since": BEFORE }, yes, yes],
  [strong, { "if-match": '"v1"', "if-unmodified-since": BEFORE }, yes, yes],
  // If-None-Match: weak; 304 for reading, 412 for everything else.
  [strong, { "if-none-match": '"v1"' }, known, no],
  [strong, { "if-none-match": 'W/"v1"' }, known, no],
  [weak, { "if-none-match": '"v1"' }, known, no],
  [strong, { "if-none-match": '"v2"' }, yes, yes],
  [strong, { "if-none-match": "*" }, known, no],
  [bare, { "if-none-match": "*" }, known, no],
  [bare, { "if-none-match": "W/" }, yes, yes],
  [undefined, { "if-none-match": "*" }, yes, yes],
  [undefined, { "if-none-match": '"v1"' }, yes, yes],
  // If-Modified-Since, only without If-None-Match and for reading.
  [strong, { "if-modified-since": BEFORE }, yes, yes],
  [strong, { "if-modified-since": MODIFIED }, known, yes],
  [dated, { "if-modified-since": AFTER }, known, yes],
  [dated, { "if-modified-since": "Wed Oct 21 07:28:00 2015" }, known, yes],
  [dated, { "if-modified-since": "yesterday" }, yes, yes],
  [dated, { "if-modified-since": "Thu, 21 Oct 2015 07:28:00 GMT" }, yes, yes],
  [bare, { "if-modified-since": AFTER }, yes, yes],
  [strong, { "if-none-match": '"v2"', "if-modified-since": AFTER }, yes, yes],
  [dated, { "if-none-match": '"v2"', "if-modified-since": AFTER }, yes, yes],
  // All together, in order.
  [strong, { "if-match": '"v0"', "if-none-match": '"v1"' }, no, no],
  [strong, { "if-match": '"v1"', "if-none-match": '"v1"' }, known, no],
  [strong, { "if-unmodified-since": BEFORE, "if-none-match": '"v1"' }, no, no],
  [strong, { "if-unmodified-since": MODIFIED, "if-modified-since": MODIFIED }, known, yes],
];

for (const [current, headers, get, put] of ROWS) {
  const name = current === undefined
    ? "nothing"
    : current.etag ?? (current === dated ? "a date" : "no tag");
  Deno.test(`preconditions: ${JSON.stringify(headers)} and ${name}`, () => {
    const methods = { GET: get, HEAD: get, PUT: put, POST: put, DELETE: put, PATCH: put };
    for (const [method, expected] of Object.entries(methods)) {
      const request = new Request("http://localhost/", { method, headers });
      assert.equal(evaluatePreconditions(request, current), expected, method);
    }
  });
}

Deno.test("preconditions: only whole seconds of a date count", () => {
  const lastModified = new Date(date.getTime() + 999);
  const request = (name: string) =>
    new Request("http://localhost/", { headers: { [name]: MODIFIED } });
  assert.equal(evaluatePreconditions(request("if-modified-since"), { lastModified }), known);
  assert.equal(evaluatePreconditions(request("if-unmodified-since"), { lastModified }), yes);
  assert.ok(rangeApplies(request("if-range"), { lastModified }));
});

Deno.test("rangeApplies: strong validators only", () => {
  const later = date.getTime() + 1000;
  const table: [ifRange: string | undefined, Validators, expected: boolean, now?: number][] = [
    [undefined, bare, true],
    ['"v1"', strong, true],
    ['"v2"', strong, false],
    ['W/"v1"', strong, false],
    ['"v1"', weak, false],
    ['W/"v1"', weak, false],
    ['"v0", "v1"', strong, false],
    ["*", strong, false],
    ['"v1"', bare, false],
    [MODIFIED, strong, true],
    [MODIFIED, dated, true],
    // An exact match, not a later one.
    [BEFORE, dated, false],
    [AFTER, dated, false],
    [MODIFIED, bare, false],
    ["yesterday", dated, false],
    ["", strong, false],
    // There may be another version in the second that is not over.
    [MODIFIED, dated, true, later],
    [MODIFIED, dated, false, later - 1],
    [MODIFIED, dated, false, date.getTime()],
    [MODIFIED, dated, false, date.getTime() - 5000],
  ];
  for (const [ifRange, current, expected, now] of table) {
    const headers: Record<string, string> = ifRange === undefined ? {} : { "if-range": ifRange };
    const request = new Request("http://localhost/", { headers });
    assert.equal(rangeApplies(request, current, now), expected, JSON.stringify([ifRange, now]));
  }
});
