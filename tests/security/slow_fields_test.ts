/**
 * SECURITY.md row 18: no header field that a client sends is slow to read. Ten times the input takes
 * about ten times as long, whatever its shape (CVE-2022-25881, CVE-2017-15010, CVE-2025-55152).
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Fetch } from "../../src/message/fetch.ts";
import { cors } from "../../src/layers/cors.ts";
import { clientAddress } from "../../src/layers/client_address.ts";
import { requestId } from "../../src/layers/request_id.ts";
import { decodeContent } from "../../src/message/decode_content.ts";
import { parseRange } from "../../src/message/byte_range.ts";
import { parseCacheControl } from "../../src/message/cache_control.ts";
import { negotiateCoding } from "../../src/message/content_coding.ts";
import { listMatches } from "../../src/message/etag.ts";
import {
  forwardedHops,
  nearestFirst,
  nodeAddress,
  parseForwarded,
  readHost,
  readProto,
} from "../../src/message/forwarded.ts";
import { parseHeader } from "../../src/message/header_value.ts";
import { parseHttpDate } from "../../src/message/http_date.ts";
import { parseIpAddress } from "../../src/message/ip_address.ts";
import { parseLink } from "../../src/message/link.ts";
import {
  extractMediaType,
  mediaTypeEssence,
  parseMediaType,
} from "../../src/message/media_type.ts";
import {
  matchesConsumes,
  negotiateMediaType,
  parseQualityList,
} from "../../src/message/negotiation.ts";
import { evaluatePreconditions, rangeApplies } from "../../src/message/preconditions.ts";
import { parseDictionary, parseItem, parseList } from "../../src/message/structured_fields.ts";
import { splitList } from "../../src/schema/array.ts";

/** The longest field that the transport lets through is about this long. */
const longest = 65_536;

/** In milliseconds: what is read as fast as this cannot be quadratic. */
const fast = 5;

/** In milliseconds: for how long a measurement that looks bad is repeated. */
const patience = 1_000;

/**
 * How much longer ten times the input may take: half-way, as factors go, between the 10 of what is
 * linear and the 100 of what is quadratic. Ten thousand objects more cost a busy machine's caches 17.
 */
const mostGrowth = 30;

/** What is repeated: everything that parts, quotes, escapes, nests or ends something somewhere. */
const pieces = [
  ...'a0,; \t="\\/*<>()[]:.%-&?_\xff',
  ", ",
  ",,;",
  " ,",
  "\t \t;",
  "a,",
  "a, ",
  "a;",
  "a=",
  "a=b,",
  "a=b;",
  'a="',
  'a="b",',
  'a="b";',
  'a="\\',
  'a="\\",',
  '"a" ',
  '"a",',
  '"",',
  '\\"',
  '",',
  'W/"a", ',
  "W/",
  "*,",
  "</a>,",
  "</a>;a",
  '</a>; rel="a',
  '<a>; title="\\", <',
  "<a",
  "a/b,",
  "a/b;q=0.5,",
  "a/b;a=b,",
  "*/*;",
  ";q=",
  ";q=0",
  "q=0.",
  "gzip;q=1, ",
  "0-,",
  "0-0,",
  "-1,",
  "9-0,",
  "1-2-",
  "max-age=",
  "max-age=1,",
  'private="a, ',
  'private="a",',
  "no-cache,",
  "for=a,",
  "for=a;",
  'for="[::1]",',
  'for="[',
  "1.1.1.1,",
  "1.1.1.1, ",
  "::1,",
  "a:",
  "a.a-",
  "[::",
  "https://a,",
  "https://a ",
  "Sun, ",
  "a=(1 2), ",
  "(",
  "(a ",
  ":YQ==:",
  "?1,",
  "a;b;c;d=1,",
];

/** What a parser may ask for before it reads on; a quote, before everything. */
const beginnings: Readonly<Record<string, readonly string[]>> = {
  "Content-Type": ["a/b;", "a/b;a="],
  "Range": ["bytes="],
  "Link": ["<", "</a>;a="],
  "Cache-Control": ["max-age=", "private="],
  "Forwarded": ["for=", 'for="'],
  "If-Modified-Since": ["Sun, 06 Nov 1994 "],
  "structured fields": ["a=", "(", ":"],
};

type Read = (text: string) => unknown;

function requestWith(name: string, value: string): Request {
  return new Request("http://localhost/", { headers: { [name]: value } });
}

function corsAround(response: Response): Fetch {
  return cors({
    allowOrigins: [/^https:\/\/(?:[a-z0-9-]+\.)*example\.com$/, "https://a", (one) => one === "b"],
    allowHeaders: ["x-a", "x-b"],
  })(() => Promise.resolve(response));
}

const identified = requestId()(() => Promise.resolve(new Response()));

const layered = corsAround(new Response());

function withOrigin(): Request {
  return requestWith("origin", "https://a");
}

const validators = { etag: '"current"', lastModified: new Date(0) };

const parsers: Readonly<Record<string, Read>> = {
  "Cache-Control": parseCacheControl,
  "Link": (text) => parseLink(text),
  "Link, resolved": (text) => parseLink(text, "http://localhost/"),
  "Accept": (text) => negotiateMediaType(text, ["a/a", "a/c", "application/json"]),
  "Accept-Encoding": (text) => negotiateCoding(text, ["br", "gzip"]),
  "Accept-Language": parseQualityList,
  "Content-Type": (text) => {
    mediaTypeEssence(text);
    parseMediaType(text);
    extractMediaType(text);
    matchesConsumes(text, ["a/a", "application/*"]);
  },
  "Range": (text) => parseRange(text, 1_000_000),
  "If-None-Match": (text) => {
    evaluatePreconditions(requestWith("if-none-match", text), validators);
    listMatches(text, '"current"', "weak");
  },
  "If-Match": (text) => {
    evaluatePreconditions(requestWith("if-match", text), validators);
    listMatches(text, '"current"', "strong");
  },
  "If-Modified-Since": (text) => {
    evaluatePreconditions(requestWith("if-modified-since", text), validators);
    parseHttpDate(text);
  },
  "If-Range": (text) => rangeApplies(requestWith("if-range", text), validators),
  "Forwarded": (text) => {
    forwardedHops(text);
    attempt(() => parseForwarded(text));
    clientAddress(requestWith("forwarded", text), {
      trustedProxies: 1_000_000,
      forwardedBy: "forwarded",
    });
  },
  "X-Forwarded-For": (text) => {
    for (const one of nearestFirst(text)) nodeAddress(one);
    clientAddress(requestWith("x-forwarded-for", text), { trustedProxies: 1_000_000 });
  },
  "X-Forwarded-Host and -Proto": (text) => [readHost(text), readProto(text)],
  "IP addresses": parseIpAddress,
  "Vary": (text) => corsAround(new Response(null, { headers: { vary: text } }))(withOrigin()),
  "Origin": (text) => layered(requestWith("origin", text)),
  "Origin of a preflight": (text) => preflight("origin", text),
  "Access-Control-Request-Headers": (text) => preflight("access-control-request-headers", text),
  "Access-Control-Request-Method": (text) => preflight("access-control-request-method", text),
  "X-Request-Id": (text) => identified(requestWith("x-request-id", text)),
  "Content-Encoding": (text) => attempt(() => decodeContent(new Blob([]).stream(), text, 1)),
  "any header, parsed": (text) => attempt(() => parseHeader(text)),
  "structured fields": (text) => {
    for (const parse of [parseItem, parseList, parseDictionary]) attempt(() => parse(text));
  },
  "lists in parameters": (text) => splitList(text, ","),
};

function preflight(name: string, value: string): Promise<Response> {
  const headers = new Headers({
    "origin": "https://a",
    "access-control-request-method": "PUT",
    "access-control-request-headers": "x-a",
  });
  headers.set(name, value);
  return layered(new Request("http://localhost/", { method: "OPTIONS", headers }));
}

/** Runs what may refuse its input: that takes time, too. */
function attempt(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof Error);
  }
}

async function timeOf(read: Read, text: string): Promise<number> {
  const start = performance.now();
  await read(text);
  return performance.now() - start;
}

function shape(beginning: string, piece: string, length: number): string {
  return (beginning + piece.repeat(Math.ceil(length / piece.length))).slice(0, length);
}

/**
 * Fails where reading grows faster than the text. Other programs' noise is measured away, for as
 * long as {@linkcode patience} lasts.
 */
async function expectLinear(
  name: string,
  read: Read,
  [beginning, piece]: readonly [beginning: string, piece: string],
  length: number = longest,
): Promise<void> {
  const long = shape(beginning, piece, length);
  let slowest = await timeOf(read, long);
  if (slowest <= fast) return;
  const short = shape(beginning, piece, length / 10);
  const end = performance.now() + patience;
  let growth = Infinity;
  do {
    slowest = Math.min(slowest, await timeOf(read, long));
    let quickest = Infinity;
    for (let time = 0; time < 5; time++) quickest = Math.min(quickest, await timeOf(read, short));
    growth = Math.min(growth, slowest / quickest);
    if (slowest <= fast || growth <= mostGrowth) return;
  } while (performance.now() < end);
  assert.fail(
    `${name} of ${JSON.stringify(beginning + piece)}… took ${slowest.toFixed(1)} ms, ${
      growth.toFixed(0)
    } times as long as a tenth of it`,
  );
}

for (const [name, read] of Object.entries(parsers)) {
  Deno.test(`security 18: ${name} is read in linear time`, async () => {
    for (const beginning of ["", '"', ...beginnings[name] ?? []]) {
      for (const piece of pieces) await expectLinear(name, read, [beginning, piece]);
    }
  });
}

Deno.test("security 18: what is not linear would be noticed", async () => {
  const slow: Read = (text) => /\s+$/.test(`${text}a`);
  const measured = expectLinear("a trim", slow, ["", " "], 10_000);
  await assert.rejects(measured, { message: /^a trim of " "… took/ });
});
