/**
 * SECURITY.md row 18 for a whole service: however a request is made, answering it takes time linear
 * in its length. In process, since a transport refuses heads this large.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  array,
  boolean,
  decimal,
  float,
  form,
  get,
  int,
  json,
  ok,
  optional,
  post,
  service,
  string,
  text,
  xml,
} from "@pirouette/http";
import { z } from "zod";

const pattern = /^(?:[a-z0-9]+-)*[a-z0-9]+$/;

const all = service({ onError: () => {} }, [
  get("/query", {
    query: {
      a: optional(string()),
      i: optional(int()),
      f: optional(float()),
      d: optional(decimal()),
      b: optional(boolean()),
      j: optional(json()),
      many: optional(array(int())),
    },
  }, ({ query }) => Object.keys(query)),
  get("/whole", { query: z.looseObject({}) }, ({ query }) => Object.keys(query).length),
  get("/raw", ({ query }) => query.size),
  get("/headers", {
    headers: { xA: optional(array(int())), xB: optional(string()), xC: optional(float()) },
  }, () => "a"),
  get("/slug/:slug", { path: { slug: string({ pattern }) } }, () => "a"),
  get("/number/:number", { path: { number: float() } }, () => "a"),
  get("/rest/:rest*", { path: { rest: array(string()) } }, ({ path }) => path.rest.length),
  get("/x/:a/:b/:c/y", () => "a"),
  get("/x/:a(\\d+)/z", () => "a"),
  get("/x/:a-:b.:c", () => "a"),
  get("/x/*/y/*/z", () => "a"),
  get("/tagged", () => ok({ body: "a", headers: { etag: '"a"' } })),
  get("/produces", { produces: ["application/json", "text/plain"] }, () => "a"),
  post("/consumes", { consumes: ["application/json", "text/plain"] }, () => "a"),
  post("/json", { body: json() }, () => "a"),
  post("/form", { body: form() }, () => "a"),
  post("/xml", { body: xml() }, () => "a"),
  post("/text", { body: text() }, () => "a"),
]);

/** Texts on which patterns and splitters are known to go quadratic, each of `length` characters. */
const slow: Readonly<Record<string, (length: number) => string>> = {
  letters: (length) => "a".repeat(length),
  "letters, then a mark": (length) => `${"a".repeat(length)}!`,
  dashes: (length) => "-".repeat(length),
  "letters and dashes": (length) => `${"a-".repeat(length / 2)}!`,
  digits: (length) => "1".repeat(length),
  zeros: (length) => `0.${"0".repeat(length)}x`,
  dots: (length) => ".".repeat(length),
  commas: (length) => ",".repeat(length),
  semicolons: (length) => ";".repeat(length),
  spaces: (length) => `a${" ".repeat(length)}b`,
  "commas and spaces": (length) => ", ".repeat(length / 2),
  quotes: (length) => '"'.repeat(length),
  "open quote": (length) => `"${"\\a".repeat(length / 2)}`,
  pairs: (length) => "a=b;".repeat(length / 4),
  qualities: (length) => "a/b;q=0.1,".repeat(length / 10),
  tags: (length) => 'W/"a",'.repeat(length / 6),
  brackets: (length) => "[".repeat(length),
  escapes: (length) => "%61".repeat(length / 3),
  "encoded slashes": (length) => "%2F".repeat(length / 3),
  letters_equals: (length) => "a=".repeat(length / 2),
  ampersands: (length) => "&".repeat(length),
  pluses: (length) => "+".repeat(length),
};

const LENGTH = 64 * 1024;

/** In milliseconds: far above what linear work takes (two or three), far below what quadratic does. */
const BUDGET = 1_000;

/** Fails if one answer took longer than the budget, or is a fault of the server's. */
async function answers(what: string, url: string, init?: RequestInit): Promise<number> {
  const request = new Request(url, init);
  const start = performance.now();
  const response = await all.fetch(request);
  await response.arrayBuffer();
  const took = performance.now() - start;
  assert.ok(took < BUDGET, `${what}: ${took} ms`);
  assert.ok(response.status < 500, `${what}: ${response.status}`);
  return response.status;
}

Deno.test("slow requests: query values that patterns are slow on", async () => {
  for (const [name, make] of Object.entries(slow)) {
    const value = make(LENGTH);
    for (const key of ["a", "i", "f", "d", "b", "j", "many", "unknown"]) {
      const raw = value.replaceAll(
        /[&+%=#]/g,
        (one) => name === "escapes" ? one : encodeURIComponent(one),
      );
      await answers(`${key}=${name}`, `http://x/query?${key}=${raw}`);
    }
    await answers(name, `http://x/query?${value}`);
    await answers(name, `http://x/whole?${value}`);
    await answers(name, `http://x/raw?${value}`);
  }
});

Deno.test("slow requests: 10,000 and more query pairs", async () => {
  const pairs: Readonly<Record<string, string>> = {
    same: "a=1&".repeat(10_000),
    list: "many=1&".repeat(10_000),
    list_in_one: `many=${"1,".repeat(10_000)}1`,
    names: Array.from({ length: 10_000 }, (_, index) => `n${index}=1`).join("&"),
    encoded: "%61=1&".repeat(100_000),
    bare: "a&".repeat(100_000),
    empty: "&".repeat(100_000),
    nested: Array.from({ length: 10_000 }, (_, index) => `${"a[".repeat(index % 50)}=1`).join("&"),
  };
  for (const [name, query] of Object.entries(pairs)) {
    for (const path of ["query", "whole", "raw"]) await answers(name, `http://x/${path}?${query}`);
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    await answers(name, "http://x/form", { method: "POST", body: query, headers });
  }
  assert.equal(await answers("same", `http://x/query?${pairs["same"]}`), 200);
  assert.equal(await answers("names", `http://x/whole?${pairs["names"]}`), 200);
});

Deno.test("slow requests: header values that patterns are slow on", async () => {
  const fields = {
    "/headers": ["xA", "xB", "xC"],
    "/tagged": ["if-none-match", "if-modified-since"],
    "/produces": ["accept"],
  };
  for (const [name, make] of Object.entries(slow)) {
    const value = make(LENGTH);
    for (const [path, names] of Object.entries(fields)) {
      for (const field of names) {
        await answers(`${field}: ${name}`, `http://x${path}`, { headers: { [field]: value } });
      }
    }
    for (const path of ["/consumes", "/json", "/form", "/xml", "/text"]) {
      const prefixes = [
        "",
        "application/json;",
        "text/plain; charset=",
        "multipart/form-data; boundary=",
      ];
      for (const prefix of prefixes) {
        const headers = { "content-type": `${prefix}${value}` };
        await answers(`${path}: ${prefix}${name}`, `http://x${path}`, {
          method: "POST",
          body: "a",
          headers,
        });
      }
    }
  }
});

Deno.test("slow requests: header values of 1 MB", async () => {
  const value = "a,".repeat(512 * 1024);
  for (const name of ["xA", "xB", "accept", "content-type", "if-none-match", "cookie"]) {
    for (const path of ["/headers", "/tagged", "/produces"]) {
      await answers(name, `http://x${path}`, { headers: { [name]: value } });
    }
    for (const path of ["/consumes", "/json", "/form"]) {
      const headers = { [name]: value };
      await answers(name, `http://x${path}`, { method: "POST", body: "a", headers });
    }
  }
});

Deno.test("slow requests: paths that patterns are slow on", async () => {
  const more: Readonly<Record<string, (length: number) => string>> = {
    slashes: (length) => "/".repeat(length),
    segments: (length) => "a/".repeat(length / 2),
    "encoded segments": (length) => "%61/".repeat(length / 4),
    "matrix parameters": (length) => `a${";a=b".repeat(length / 4)}`,
    "matrix parameters in segments": (length) => "a;b=c/".repeat(length / 6),
    euros: (length) => "%E2%82%AC".repeat(length / 9),
    "spaces to encode": (length) => "%20".repeat(length / 3),
  };
  for (const [name, make] of Object.entries({ ...slow, ...more })) {
    const path = make(LENGTH).replaceAll(/[?#]/g, "a");
    for (
      const prefix of [
        "/",
        "/slug/",
        "/number/",
        "/rest/",
        "/x/",
        "/x/a/b/",
        "/x/1/y/",
        "/nothing/",
      ]
    ) {
      await answers(`${prefix}${name}`, `http://x${prefix}${path}`);
      await answers(`${prefix}${name}`, `http://x${prefix}${path}/z`, { method: "OPTIONS" });
    }
  }
});

Deno.test("slow requests: bodies that patterns are slow on", async () => {
  const bodies: Readonly<Record<string, (length: number) => string>> = {
    "nested lists": (length) => "[".repeat(length),
    "closed nested lists": (length) => "[".repeat(length / 2) + "]".repeat(length / 2),
    "nested records": (length) => '{"a":'.repeat(length / 5),
    "long number": (length) => "1".repeat(length),
    "long exponent": (length) => `1e${"1".repeat(length)}`,
    "long string": (length) => `"${"\\u0061".repeat(length / 6)}`,
    "many keys": (length) =>
      `{${Array.from({ length: length / 16 }, (_, i) => `"k${i}":1`).join()}}`,
    elements: (length) => "<a>".repeat(length / 3),
    attributes: (length) => `<a ${"b='c' ".repeat(length / 6)}/>`,
    comment: (length) => `<a><!--${"-".repeat(length)}`,
    entities: (length) => `<a>${"&amp;".repeat(length / 5)}</a>`,
    "open angles": (length) => "<".repeat(length),
    boundaries: (length) => "--b\r\n".repeat(length / 5),
    "part heads": (length) => `--b\r\n${"A: b\r\n".repeat(length / 6)}`,
  };
  const types = [
    "application/json",
    "application/xml",
    "text/plain",
    "application/x-www-form-urlencoded",
  ];
  for (const [name, make] of Object.entries({ ...slow, ...bodies })) {
    const body = make(LENGTH);
    for (const path of ["/json", "/form", "/xml", "/text"]) {
      for (const type of [...types, "multipart/form-data; boundary=b"]) {
        const headers = { "content-type": type };
        await answers(`${path} ${type} ${name}`, `http://x${path}`, {
          method: "POST",
          body,
          headers,
        });
      }
    }
  }
});
