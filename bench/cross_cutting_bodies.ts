// deno-lint-ignore-file no-import-prefix -- peers are pinned where they are measured, not depended on
/**
 * What is done with bodies: compression and entity tags, both of 10 KiB.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Hono } from "npm:hono@4.13.19";
import { compress as honoCompress } from "npm:hono@4.13.19/compress";
import { etag as honoEtag } from "npm:hono@4.13.19/etag";
import { etagOf, get, service, type ServiceConfig } from "../mod.ts";
import { compress, compressor } from "../src/layers/mod.ts";
import type { Contender, Held, Question } from "./cross_cutting_question.ts";

/** Times the bare stream that compression may take. */
const compressionBudget = 1.05;

/** Microseconds that an entity tag may take. */
const tagBudget = 10;

const size = 10 * 1024;
const albums = albumsOf(size);
const json = JSON.stringify(albums);
const request = new Request("http://localhost/albums", {
  headers: { "accept-encoding": "gzip, deflate, br" },
});

/** JSON by gzip, against the stream of the platform. */
export function compressionQuestion(): Question {
  const gzip = { codings: ["gzip"] } as const;
  const answer = compressor(gzip);
  const base = "CompressionStream";
  const held = { base, budget: compressionBudget };
  return {
    title: "10 KiB of JSON by gzip",
    about: "ratio",
    contenders: [
      packing(base, () => bare(Response.json(albums))),
      packing("compressor()", () => answer(request, Response.json(albums)), held),
      packing("service with compression", ours({ compression: gzip }), held),
      packing("service with layer compress()", ours({ layers: [compress(gzip)] }), held),
      packing("Hono compress()", hono(), { base }),
    ],
    notes:
      "Each makes an object into JSON, compresses that, and is read to its end. The bare stream " +
      "asks for nothing and says nothing in header fields.",
  };
}

function bare(response: Response): Response {
  return new Response(response.body?.pipeThrough(new CompressionStream("gzip")));
}

function ours(config: ServiceConfig): () => Promise<Response> {
  const { fetch } = service(config, [get("/albums", () => albums)]);
  return () => fetch(request);
}

function hono(): () => Response | Promise<Response> {
  const app = new Hono();
  app.use(honoCompress({ encoding: "gzip" }));
  app.get("/albums", (c) => c.json(albums));
  return () => app.fetch(request);
}

function packing(
  name: string,
  answer: () => Response | Promise<Response>,
  held: Held = {},
): Contender {
  const call = async () => await (await answer()).bytes();
  const verify = async () => {
    const packed = new Response(await call());
    const stream = packed.body?.pipeThrough(new DecompressionStream("gzip"));
    assert.equal(await new Response(stream).text(), json, name);
  };
  return { name, call, verify, ...held };
}

/** Entity tags, against what one takes without a hash of one's own. */
export function entityTagQuestion(): Question {
  const bytes = new TextEncoder().encode(json);
  const app = new Hono();
  app.get("/plain", (c) => c.text(json)).get("/tagged", honoEtag(), (c) => c.text(json));
  const albumsService = service({}, [
    get("/plain", () => json),
    get("/tagged", { cache: { setLastModified: false } }, () => json),
  ]);
  const plain = new Request("http://localhost/plain");
  const tagged = new Request("http://localhost/tagged");
  return {
    title: "entity tag of 10 KiB",
    about: "time",
    contenders: [
      tagging("etagOf(text)", () => etagOf(json), { budget: tagBudget }),
      tagging("etagOf(bytes)", () => etagOf(bytes), { budget: tagBudget }),
      tagging("SHA-1 by crypto.subtle", () => sha1(bytes)),
      reading("service, resource", () => albumsService.fetch(plain), false),
      reading("service, resource with cache", () => albumsService.fetch(tagged), true),
      reading("Hono, resource", () => app.fetch(plain), false),
      reading("Hono, resource with etag()", () => app.fetch(tagged), true),
    ],
    notes:
      "A resource's answer is made and read to its end; what the tag costs is between the two. " +
      "`cache` sets `Cache-Control` beside it.",
  };
}

async function sha1(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-1", bytes));
  return `"${digest.toHex()}"`;
}

function tagging(name: string, call: () => string | Promise<string>, held: Held = {}): Contender {
  const verify = async () => assert.match(await call(), /^"[\w-]{16,}"$/, name);
  return { name, call, verify, ...held };
}

function reading(
  name: string,
  answer: () => Response | Promise<Response>,
  isTagged: boolean,
): Contender {
  const call = async () => await (await answer()).bytes();
  const verify = async () => {
    const response = await answer();
    assert.equal(response.headers.has("etag"), isTagged, name);
    assert.equal(await response.text(), json, name);
  };
  return { name, call, verify };
}

/** Records that are not all alike, the same in every run, of at least `length` bytes as JSON. */
function albumsOf(length: number): object[] {
  const list: object[] = [];
  let seed = 42;
  const random = () => (seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff) / 2 ** 31;
  while (JSON.stringify(list).length < length) {
    list.push({
      id: list.length,
      title: random().toString(36).slice(2),
      artist: `John ${random().toString(36).slice(2, 6)}`,
      price: Math.round(random() * 10_000) / 100,
      tags: ["jazz", "modal"],
    });
  }
  return list;
}
