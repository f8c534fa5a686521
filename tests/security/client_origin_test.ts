/**
 * SECURITY.md row 24: what somebody else sent as a path or a link does not make a client ask another
 * server than its own (server-side request forgery, CVE-2025-27152).
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Client, type Fetch, type HttpError, path, text } from "@pirouette/http";

interface Recording {
  readonly api: Client;
  readonly sent: URL[];
}

function recording(
  origins: readonly string[] = [],
  base = "https://api.example/v1",
): Recording {
  const sent: URL[] = [];
  const fetch: Fetch = (input) => {
    sent.push(new URL(input instanceof Request ? input.url : input));
    return Promise.resolve(new Response("there"));
  };
  return { api: new Client(base, { fetch, origins }), sent };
}

/** Ways to say another server, or none. */
const elsewhere = [
  "http://api.example/v1",
  "https://api.example:444/v1",
  "https://api.example.evil.example/v1",
  "https://evil.example",
  "https://evil.example/https://api.example/v1",
  "https://api.example@evil.example/",
  "https://evil.example#@api.example/v1",
  "https://evil.example?@api.example/v1",
  "https://evil.example\\@api.example/v1",
  "https:evil.example",
  "https:/evil.example",
  "https:\\\\evil.example",
  "HTTPS://EVIL.example/",
  "http://169.254.169.254/latest/meta-data/",
  "http://localhost/",
  "http://127.0.0.1/",
  "http://0177.0.0.1/",
  "http://0x7f.1/",
  "http://2130706433/",
  "http://[::ffff:127.0.0.1]/",
  "http://①②⑦.⓪.⓪.①/",
  "file:///etc/passwd",
  "ftp://evil.example/",
  "ws://api.example/",
  "data:text/plain,hello",
  "blob:https://api.example/1",
  "javascript:alert(1)",
  "unix:/var/run/docker.sock",
  "@evil.example",
  ".evil.example",
  ":444/",
  "evil.example",
  "\\\\evil.example",
  "\\evil.example",
];

Deno.test("security 24: an absolute URL does not override the base, however it is spelt", async () => {
  for (const target of elsewhere) {
    const { api, sent } = recording();
    const request = new Request("http://front/");
    const calls = [api.get(target), api.fetch(target), api.forward(target, request)];
    for (const call of calls) {
      await assert.rejects(call, (error: HttpError) => {
        assert.equal(error.name, "InitializingOutboundRequestError", target);
        return true;
      });
    }
    assert.deepEqual(sent, [], target);
  }
});

Deno.test("security 24: a URL and a Request are held to it as a text is", async () => {
  const { api, sent } = recording();
  for (const target of elsewhere) {
    const url = URL.parse(target);
    if (url === null) continue;
    await assert.rejects(api.fetch(url), { name: "InitializingOutboundRequestError" });
    if (!/^https?:/.test(url.protocol) || url.username !== "") continue;
    await assert.rejects(api.fetch(new Request(url)), { name: "InitializingOutboundRequestError" });
  }
  assert.deepEqual(sent, []);
});

Deno.test("security 24: what is checked is what is sent, whatever object says it", async () => {
  const evil = "http://169.254.169.254/";
  const own = "https://api.example/v1/a";
  class OddURL extends URL {
    override get href(): string {
      return own;
    }
  }
  class OddRequest extends Request {
    override get url(): string {
      return own;
    }
  }
  let asked = 0;
  const odd: readonly unknown[] = [
    { href: own, toString: () => evil },
    { toString: () => asked++ === 0 ? "/a" : evil },
    Object.assign(new URL(evil), { toString: () => evil }),
    new OddURL(evil),
    new OddRequest(evil),
    Object.defineProperty(new Request(evil), "url", { value: own }),
    [evil],
    ["/a"],
    undefined,
    null,
    7,
  ];
  for (const target of odd) {
    for (const base of ["https://api.example/v1", "https://api.example/v1/"]) {
      const { api, sent } = recording([], base);
      const error = { name: "InitializingOutboundRequestError" };
      await assert.rejects(api.fetch(target as string), error);
      await assert.rejects(api.get(target as string), error);
      assert.deepEqual(sent, []);
    }
  }
});

Deno.test("security 24: an address that changes while layers wait leads nowhere else", async () => {
  const seen: string[] = [];
  const api = new Client("https://api.example/v1", {
    fetch: (input) => {
      seen.push(String(input));
      return Promise.resolve(new Response());
    },
    layers: [(next) => async (input, init) => {
      await Promise.resolve();
      return await next(input, init);
    }],
  });
  const url = new URL("https://api.example/v1/a");
  const call = api.fetch(url);
  url.href = "http://169.254.169.254/";
  await call;
  assert.deepEqual(seen, ["https://api.example/v1/a"]);
});

Deno.test("security 24: a refusal tells neither the client's own address nor what may be a secret", async () => {
  const { api } = recording([], "https://10.0.0.7:8443/v1");
  const table = [
    "https://evil.example/?token=s3cret",
    "http://10.0.0.7:8443.evil.example/",
    "albums?token=s3cret",
    "ftp://user:s3cret@h/x?token=s3cret",
    "user:s3/cret@h",
    "https://user:s3cret@evil.example/",
  ];
  for (const target of table) {
    const error = await api.get(target).then(() => undefined, (reason: Error) => reason);
    assert.ok(error instanceof Error);
    assert.doesNotMatch(error.message, /https:\/\/10\.0\.0\.7|s3\/?cret/);
  }
  const bases = ["user:s3cret@h:bad", "http://user:s3/cret@h", "http://h:bad/?token=s3cret"];
  for (const base of bases) {
    assert.throws(() => new Client(base), (error: Error) => {
      assert.match(error.message, /^malformed URL: /);
      assert.doesNotMatch(error.message, /s3\/?cret/);
      return true;
    });
  }
});

Deno.test("security 24: what looks like another server in a path is a path", async () => {
  for (const target of ["//evil.example", "/\\evil.example", "/@evil.example", "/:444/", "///a"]) {
    const { api, sent } = recording();
    await api.get(target);
    assert.equal(sent[0]?.host, "api.example", target);
    assert.ok(sent[0]?.pathname.startsWith("/v1/"), target);
  }
});

Deno.test("security 24: a path does not leave that of the base", async () => {
  const climbing = [
    "/..",
    "/../admin",
    "/a/../../admin",
    "/%2e%2e/admin",
    "/.%2E/admin",
    "/%2e./admin",
    "/..\\admin",
    "/a\\..\\..\\admin",
    "/../v1x",
    "//../../v1x",
  ];
  for (const target of climbing) {
    const { api, sent } = recording();
    await assert.rejects(api.get(target), { message: /it leads out of \/v1/ });
    assert.deepEqual(sent, [], target);
  }
});

Deno.test("security 24: a parameter is no path, whatever is in it", async () => {
  for (const target of [...elsewhere, "../../admin", "%2e%2e/admin", "a/../../admin", "?a#b"]) {
    const { api, sent } = recording();
    await api.get(path`/files/${target}`);
    const { host, pathname, search, hash } = sent[0] as URL;
    assert.equal(host, "api.example");
    assert.deepEqual(pathname.split("/").map(decodeURIComponent), ["", "v1", "files", target]);
    assert.equal(search + hash, "");
  }
  for (const dots of ["", ".", ".."]) {
    assert.throws(() => path`/files/${dots}`, { name: "InitializingOutboundRequestError" });
  }
});

Deno.test("security 24: only the origins that are listed may be named", async () => {
  const listed = "https://cdn.example";
  const { api, sent } = recording([listed, "http://127.0.0.1"]);
  await api.get(`${listed}/a`);
  // Other spellings of an address are that address.
  await api.get("http://0177.0.0.1/b");
  assert.deepEqual(sent.map(String), [`${listed}/a`, "http://127.0.0.1/b"]);
  const others = elsewhere.filter((target) => URL.parse(target)?.origin !== "http://127.0.0.1");
  for (const target of [...others, "http://cdn.example/", "https://a.cdn.example/"]) {
    await assert.rejects(api.get(target), { name: "InitializingOutboundRequestError" }, target);
  }
  assert.equal(sent.length, 2);
});

Deno.test("security 24: no text at all leads elsewhere", async () => {
  const piece = fc.constantFrom(
    ...[
      "/",
      "\\",
      "..",
      ".",
      "@",
      ":",
      "?",
      "#",
      "%2e",
      "%2f",
      "%5c",
      "http",
      "https",
      "evil.example",
    ],
    ...["api.example", "v1", " ", "\t", "\n", "\0", "é", "[::1]", "1"],
  );
  const target = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(""));
  await fc.assert(
    fc.asyncProperty(target, async (one) => {
      const { api, sent } = recording();
      await api.get(one, { as: text() }).catch((error: HttpError) => {
        assert.equal(error.name, "InitializingOutboundRequestError");
      });
      for (const url of sent) assert.equal(url.origin, "https://api.example", one);
    }),
    { numRuns: 2_000, seed: Number(Deno.env.get("FC_SEED") ?? Date.now()) },
  );
});
