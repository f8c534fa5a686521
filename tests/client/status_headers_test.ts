/** Header fields and media types of responses bound by their status. @module */
import assert from "node:assert/strict";
import { type } from "arktype";
import fc from "fast-check";
import * as v from "valibot";
import { z } from "zod";
import {
  array,
  boolean,
  HeaderBindingError,
  HeaderNotFoundError,
  HeaderValidationError,
  int,
  MediaTypeBindingError,
  MediaTypeValidationError,
  named,
  oneOf,
  optional,
  type Schema,
  string,
} from "@pirouette/http";
import { headerReader } from "../../src/client/status_headers.ts";
import { mediaTypeReader } from "../../src/client/status_media_type.ts";

const settings = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 200 };

function bind(
  declared: Readonly<Record<string, Schema>> | Schema,
  sent: HeadersInit,
  validation: "checked" | "unchecked" = "checked",
): Promise<unknown> {
  return headerReader(declared, validation === "checked")(new Headers(sent));
}

async function refusal(binding: () => unknown): Promise<Error> {
  try {
    return assert.fail(`gave ${await binding()}`);
  } catch (error) {
    assert.ok(error instanceof Error);
    return error;
  }
}

Deno.test("status headers: fields are bound to their types", async () => {
  const rows: readonly (readonly [Schema, HeadersInit, unknown])[] = [
    [string(), { a: "x, y" }, "x, y"],
    [string(), { a: "" }, ""],
    [int(), { A: "7" }, 7],
    [int(), [["a", "7"], ["a", "8"]], 7],
    [boolean(), { a: "true" }, true],
    [oneOf("x", "y"), { a: "y" }, "y"],
    [array(string()), [["a", "x"], ["a", 'y, "z, z"']], ["x", "y", '"z, z"']],
    [array(int()), { a: "1, 2,,3" }, [1, 2, 3]],
    [array(string()), { a: "" }, []],
    [optional(int()), {}, undefined],
    [int({ default: 3 }), {}, 3],
    [z.coerce.number(), { a: "7" }, 7],
    [z.array(z.string()), { a: "x, y" }, ["x", "y"]],
    [v.optional(v.string(), "none"), {}, "none"],
    [v.pipeAsync(v.string(), v.checkAsync(() => Promise.resolve(true))), { a: "x" }, "x"],
    [type("string.numeric.parse"), { a: "7" }, 7],
  ];
  for (const [schema, sent, a] of rows) assert.deepEqual(await bind({ a: schema }, sent), { a });
});

Deno.test("status headers: a field may go by another name", async () => {
  const declared = {
    total: named("X-Total-Count", int()),
    next: optional(named("link", string())),
  };
  assert.deepEqual(await bind(declared, { "x-total-count": "3" }), { total: 3, next: undefined });
});

Deno.test("status headers: each cookie is one value", async () => {
  const sent: HeadersInit = [["set-cookie", "a=1; Expires=Thu, 01 Jan 2026 00:00:00 GMT"], [
    "set-cookie",
    "b=2",
  ]];
  assert.deepEqual(await bind({ "Set-Cookie": array(string()) }, sent), {
    "Set-Cookie": ["a=1; Expires=Thu, 01 Jan 2026 00:00:00 GMT", "b=2"],
  });
  const first = await bind({ "set-cookie": string() }, sent);
  assert.deepEqual(first, { "set-cookie": "a=1; Expires=Thu, 01 Jan 2026 00:00:00 GMT" });
  assert.deepEqual(await bind({ "set-cookie": optional(array(string())) }, {}), {
    "set-cookie": undefined,
  });
});

Deno.test("status headers: a missing field is an error that names it", async () => {
  for (const schema of [string(), int(), array(string()), z.string(), v.nullable(v.string())]) {
    const error = await refusal(() => bind({ total: named("x-total", schema) }, { a: "1" }));
    assert.ok(error instanceof HeaderBindingError);
    assert.equal(error.message, "header binding failed");
    assert.ok(error.cause instanceof HeaderNotFoundError);
    assert.equal(error.cause.message, "no header value found for 'x-total'");
  }
});

Deno.test("status headers: a field that does not fit is an error that says why", async () => {
  const error = await refusal(() => bind({ total: named("x-total", int()) }, { "x-total": "ten" }));
  assert.equal(error.constructor, HeaderBindingError);
  assert.equal(error.message, "header binding failed for parameter: 'x-total'");
  assert.match(String(error.cause), /expected int, received "ten"/);
  for (const sent of ["", "1.5", "1e999", "0x10"]) {
    await refusal(() => bind({ a: int() }, { a: sent }));
  }
});

Deno.test("status headers: a broken constraint is a validation error, unless nobody validates", async () => {
  const rows: readonly (readonly [Schema, string, RegExp, unknown])[] = [
    [int({ max: 10 }), "11", /'\$\.a:max\w*'/, 11],
    [string({ maxLength: 1 }), "xy", /'\$\.a:maxLength'/, "xy"],
    [array(int({ max: 10 })), "1, 11", /'\$\.a\[1\]:max\w*'/, [1, 11]],
    [z.string().max(1), "xy", /'\$\.a:too_big'/, "xy"],
  ];
  for (const [schema, sent, told, unchecked] of rows) {
    const error = await refusal(() => bind({ a: schema }, { a: sent }));
    assert.ok(error instanceof HeaderValidationError);
    assert.match(error.message, /^header binding failed: Validation failed for '/);
    assert.match(error.message, told);
    assert.deepEqual(await bind({ a: schema }, { a: sent }, "unchecked"), { a: unchecked });
  }
});

Deno.test("status headers: one schema may bind them all", async () => {
  const Paging = z.object({ "x-total": z.coerce.number().max(10), vary: z.array(z.string()) });
  const sent = { "X-Total": "3", vary: "accept, origin", other: "1" };
  assert.deepEqual(await bind(Paging, sent), { "x-total": 3, vary: ["accept", "origin"] });
  const missing = await refusal(() => bind(Paging, {}));
  assert.equal(missing.message, "header binding failed");
  assert.ok(missing.cause instanceof TypeError);
  const broken = await refusal(() => bind(Paging, { ...sent, "X-Total": "11" }));
  assert.ok(broken instanceof HeaderValidationError);
  const unnameable = z.object({ "a b": z.string().optional() });
  assert.deepEqual(await bind(unnameable, sent), {});
});

Deno.test("status headers: whatever is sent, it binds or refuses, and lists lose nothing", async () => {
  const member = fc.stringMatching(/^[!#-+\--~]{1,8}$/);
  await fc.assert(
    fc.asyncProperty(fc.array(member, { minLength: 1, maxLength: 8 }), async (members) => {
      assert.deepEqual(await bind({ a: array(string()) }, { a: members.join(", ") }), {
        a: members,
      });
    }),
    settings,
  );
  await fc.assert(
    fc.asyncProperty(fc.stringMatching(/^[\t -~]{0,40}$/), async (text) => {
      for (const schema of [array(string()), int(), boolean(), string()]) {
        const bound = await bind({ a: schema }, { a: text }).catch((error) => error);
        const isRefused = bound instanceof HeaderBindingError;
        assert.ok(isRefused || Object.hasOwn(bound as object, "a"));
      }
    }),
    settings,
  );
});

Deno.test("status media type: the declared type that a response has", async () => {
  const rows: readonly (readonly [string | readonly string[], string, string])[] = [
    ["application/json", "application/json", "application/json"],
    ["application/json", "Application/JSON; charset=utf-8", "application/json"],
    [["text/csv", "application/json"], "application/json", "application/json"],
    ["text/csv;header=present", "text/csv; charset=x; Header=Present", "text/csv;header=present"],
    [["text/csv;header=present", "text/csv"], "text/csv;header=absent", "text/csv"],
  ];
  for (const [declared, sent, given] of rows) {
    assert.equal(await mediaTypeReader(declared, true)(sent), given);
  }
});

Deno.test("status media type: another type, or none, is an error that says what was expected", async () => {
  const read = mediaTypeReader(["application/xml", "text/xml"], true);
  for (
    const sent of ["application/json", "application/xml garbage", "application/json, text/xml"]
  ) {
    const error = await refusal(() => read(sent));
    assert.equal(error.constructor, MediaTypeBindingError);
    assert.equal(error.message, "media-type binding failed");
    const told = String(error.cause);
    assert.ok(told.includes(`expected "application/xml" or "text/xml", received "${sent}"`), told);
  }
  assert.match(String((await refusal(() => read(null))).cause), /received none$/);
});

Deno.test("status media type: a schema may say what it has to be", async () => {
  const read = mediaTypeReader(z.string().startsWith("text/"), true);
  assert.equal(await read("text/plain;charset=utf-8"), "text/plain;charset=utf-8");
  const broken = await refusal(() => read("image/png"));
  assert.ok(broken instanceof MediaTypeValidationError);
  assert.match(broken.message, /^media-type binding failed: Validation failed for '\$:/);
  assert.equal((await refusal(() => read(null))).constructor, MediaTypeBindingError);
  assert.equal(await mediaTypeReader(z.string().max(1), false)("image/png"), "image/png");
  assert.equal(await mediaTypeReader(optional(string()), true)(null), undefined);
});
