import assert from "node:assert/strict";
import { type CompressionConfig, readCompression } from "../../src/layers/compress_config.ts";
import { compress, compressor } from "../../src/layers/compress.ts";

const BAD: [config: object, error: ErrorConstructor, message: RegExp][] = [
  [{ enabled: true }, TypeError, /compression has no option "enabled": use one of enable,/],
  [{ enable: "auto" }, TypeError, /^compression\.enable is "auto": use AUTO, ALWAYS or NEVER$/],
  [{ enable: true }, TypeError, /compression\.enable is "true"/],
  [{ minimumSize: -1 }, RangeError, /compression\.minimumSize is -1: give a whole number/],
  [{ minimumSize: 1.5 }, RangeError, /minimumSize is 1\.5/],
  [{ minimumSize: NaN }, RangeError, /minimumSize is NaN/],
  [{ minimumSize: "1" }, RangeError, /minimumSize is 1/],
  [{ contentTypes: ["json"] }, TypeError, /contentTypes has "json": write a type as/],
  [{ contentTypes: [""] }, TypeError, /contentTypes has ""/],
  [{ contentTypes: ["Text/Event-Stream"] }, TypeError, /has "Text\/Event-Stream": remove it/],
  [{ codings: [] }, TypeError, /codings is empty: leave it out, or set enable to "NEVER"/],
  [
    { codings: ["gzip", "compress"] },
    TypeError,
    /codings has "compress": this runtime can do gzip/,
  ],
  [{ codings: ["__proto__"] }, TypeError, /codings has "__proto__"/],
  // What would be refused once it is switched on is refused before.
  [{ enable: "NEVER", minimumSize: -1 }, RangeError, /minimumSize is -1/],
];

for (const [config, error, message] of BAD) {
  Deno.test(`compression config: ${JSON.stringify(config)} is refused where it is written`, () => {
    for (const make of [compress, compressor]) {
      assert.throws(() => make(config as CompressionConfig), (thrown: Error) => {
        assert.ok(thrown instanceof error);
        assert.match(thrown.message, message);
        assert.doesNotMatch(thrown.message, /\.$/);
        return true;
      });
    }
  });
}

Deno.test("compression config: without options it is AUTO, from 1024 bytes, gzip first", () => {
  const rules = readCompression({});
  assert.equal(rules?.unasked, undefined);
  assert.equal(rules?.minimumSize, 1024);
  assert.equal(rules?.codings[0], "gzip");
  assert.deepEqual(rules?.codings.filter((coding) => coding !== "zstd"), ["gzip", "br", "deflate"]);
});

Deno.test("compression config: ALWAYS has no minimum of its own, NEVER compresses nothing", () => {
  assert.equal(readCompression({ enable: "ALWAYS" })?.minimumSize, 0);
  assert.equal(readCompression({ enable: "ALWAYS" })?.unasked, "gzip");
  assert.equal(readCompression({ enable: "NEVER" }), undefined);
});

Deno.test("compression config: a polluted prototype sets nothing, later changes change nothing", () => {
  const codings: ("gzip" | "br")[] = ["br"];
  const config = Object.create({ enable: "ALWAYS", minimumSize: 1 });
  config.codings = codings;
  const rules = readCompression(config);
  codings.push("gzip");
  assert.deepEqual([rules?.unasked, rules?.minimumSize, rules?.codings], [undefined, 1024, ["br"]]);
});
