/**
 * Static files: what is answered for files, directories and what is not there. Conditions and ranges,
 * bodies and attacks have tests of their own.
 *
 * @module
 */
import assert from "node:assert/strict";
import { any, get, type Service, service } from "@pirouette/http";
import { files } from "../../src/server/files.ts";
import type { FilesOptions } from "../../src/server/files_options.ts";
import { onBothTransports } from "../support/both_transports.ts";
import { root } from "../support/source.ts";
import { longAgo, pattern, putFile, withFolder } from "../support/temp_folder.ts";

function site(folder: string | URL, options?: FilesOptions): Service {
  return service({ basePath: "/v1", onError: () => {} }, [
    get("/static/:path*", files(folder, options)),
  ]);
}

/** Asks in process, below the resource. */
async function ask(at: Service, path: string, init?: RequestInit): Promise<[number, string]> {
  const response = await at.fetch(`http://x/v1/static${path}`, init);
  return [response.status, await response.text()];
}

const tree = {
  "a.txt": "a text",
  "empty.css": "",
  "UPPER.HTML": "<p>",
  "LICENSE": "MIT",
  "data.unknown": "?",
  "naïve file+1;2.txt": "odd",
  "100%.txt": "percent",
  "sub/deep/b.js": "b()",
  "sub/index.html": "<h1>sub",
  "sub/café/c.txt": "c",
  "plain/p.txt": "p",
};

Deno.test("files: a file is answered with its type, length and validators", async () => {
  const table = [
    ["/a.txt", "a text", "text/plain; charset=utf-8"],
    ["/empty.css", "", "text/css; charset=utf-8"],
    ["/UPPER.HTML", "<p>", "text/html; charset=utf-8"],
    ["/LICENSE", "MIT", "application/octet-stream"],
    ["/data.unknown", "?", "application/octet-stream"],
    ["/na%C3%AFve%20file+1%3B2.txt", "odd", "text/plain; charset=utf-8"],
    ["/100%25.txt", "percent", "text/plain; charset=utf-8"],
    ["/sub/deep/b.js", "b()", "text/javascript; charset=utf-8"],
    ["/sub/caf%C3%A9/c.txt", "c", "text/plain; charset=utf-8"],
    ["/sub/deep/b.js?v=1#x", "b()", "text/javascript; charset=utf-8"],
    ["/s%75b;x=1/deep/b.js", "b()", "text/javascript; charset=utf-8"],
  ] as const;
  await withFolder(tree, (folder) =>
    onBothTransports(site(folder), async (ask, transport) => {
      for (const method of ["GET", "HEAD"]) {
        for (const [path, body, type] of table) {
          const what = `${method} ${path} ${transport}`;
          const response = await ask(`/v1/static${path}`, { method });
          const { headers } = response;
          assert.equal(await response.text(), method === "HEAD" ? "" : body, what);
          assert.equal(response.status, 200, what);
          assert.equal(headers.get("content-type"), type, what);
          assert.equal(headers.get("content-length"), String(body.length), what);
          assert.equal(headers.get("accept-ranges"), "bytes", what);
          assert.equal(headers.get("x-content-type-options"), "nosniff", what);
          assert.equal(headers.get("cache-control"), "no-cache", what);
          assert.equal(headers.get("last-modified"), longAgo.toUTCString(), what);
          assert.match(headers.get("etag") ?? "", /^"[0-9a-z]+-[0-9a-z]+"$/, what);
          assert.equal(headers.get("vary"), null, what);
        }
      }
    }));
});

Deno.test("files: what is not there is 404, and says no more than that", async () => {
  const paths = [
    "",
    "/",
    "/none",
    "/sub",
    "/sub/",
    "/sub/deep",
    "/a.txt/",
    "/a.txt/b",
    "/a.txt//",
    `/${"x".repeat(300)}`,
    `/${"x/".repeat(1_000)}x`,
  ];
  await withFolder(tree, (folder) =>
    onBothTransports(site(folder), async (ask) => {
      for (const path of paths) {
        const response = await ask(`/v1/static${path}`);
        const payload = await response.json();
        assert.equal(response.status, 404, path);
        assert.equal(response.headers.get("vary"), null, path);
        assert.ok(!JSON.stringify(payload).includes(folder), path);
      }
    }));
});

Deno.test("files: the text of a missing file does not say why it is missing", async () => {
  await withFolder({ ...tree, ".env": "secret" }, async (folder) => {
    const texts = new Set<string>();
    const long = `/${"x/".repeat(20_000)}x`;
    for (const path of [long, "/none", "/.env", "/sub", "/a%2Fb", "/a.txt/"]) {
      const [status, text] = await ask(site(folder), path);
      assert.equal(status, 404, path.slice(0, 20));
      texts.add(JSON.parse(text).message);
    }
    assert.equal(texts.size, 1);
  });
});

Deno.test("files: any path with a rest parameter will do, also one of the whole service", async () => {
  await withFolder(tree, async (folder) => {
    const many = service({}, [
      get("/star/*", files(folder)),
      get("/plus/:p+", files(folder)),
      get("/:tenant/files/:p*", files(new URL(`file://${folder}/sub`))),
      any("/any/:p*", files(folder)),
    ]);
    for (const path of ["/star/a.txt", "/plus/a.txt", "/any/a.txt", "/x/files/deep/b.js"]) {
      const response = await many.fetch(`http://x${path}`);
      assert.equal(response.status, 200, path);
      await response.body?.cancel();
    }
    const posted = await many.fetch("http://x/any/a.txt", { method: "POST" });
    assert.equal(posted.status, 405);
    assert.equal(posted.headers.get("allow"), "GET, HEAD");
    await posted.body?.cancel();
    const whole = service({}, [get("/*", files(folder))]);
    assert.equal(await (await whole.fetch("http://x/a.txt")).text(), "a text");
    const sub = service({}, [get("/*", files(`${folder}/sub`, { index: "index.html" }))]);
    assert.equal(await (await sub.fetch("http://x/")).text(), "<h1>sub");
  });
});

Deno.test("files: index answers for a directory, after a redirect to its slash", async () => {
  await withFolder(
    { ...tree, "index.html": "<h1>root" },
    (folder) =>
      onBothTransports(site(folder, { index: "index.html" }), async (ask, transport) => {
        const table = [
          ["/", 200, "<h1>root"],
          ["/sub/", 200, "<h1>sub"],
          ["/sub/index.html", 200, "<h1>sub"],
          ["", 301, "./static/"],
          ["/sub", 301, "./sub/"],
          ["/sub?a=b&c=%0d%0ax", 301, "./sub/?a=b&c=%0d%0ax"],
          ["/plain", 404],
          ["/plain/", 404],
          ["/sub/index.html/", 404],
        ] as const;
        for (const [path, status, expected] of table) {
          const response = await ask(`/v1/static${path}`, { redirect: "manual" });
          const body = await response.text();
          assert.equal(response.status, status, `${path} ${transport}`);
          if (status === 301) {
            assert.equal(response.headers.get("location"), expected);
            assert.equal(response.headers.get("cache-control"), "no-cache");
            assert.equal(body, "");
          } else if (status === 200) {
            assert.equal(body, expected);
            assert.equal(response.headers.get("content-type"), "text/html; charset=utf-8");
          }
        }
        if (transport !== "in process") {
          const followed = await ask("/v1/static/sub?a=b");
          assert.equal(await followed.text(), "<h1>sub");
          assert.ok(followed.url.endsWith("/v1/static/sub/?a=b"), followed.url);
        }
      }),
  );
});

Deno.test("files: a listing has the names of a directory, directories first", async () => {
  await withFolder({ ...tree, ".hidden": "", "sub/.git/config": "" }, async (folder) => {
    await Deno.symlink(`${folder}/sub`, `${folder}/linked`);
    await Deno.symlink("/etc/passwd", `${folder}/outside`);
    await Deno.symlink(`${folder}/none`, `${folder}/dangling`);
    const listed = site(folder, { listing: true });
    const response = await listed.fetch("http://x/v1/static/");
    const html = await response.text();
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), "text/html; charset=utf-8");
    assert.equal(response.headers.get("cache-control"), "no-store");
    const hrefs = (page: string) => [...page.matchAll(/href="([^"]*)"/g)].map(([, href]) => href);
    assert.deepEqual(hrefs(html), [
      "./linked/",
      "./plain/",
      "./sub/",
      "./100%25.txt",
      "./LICENSE",
      "./UPPER.HTML",
      "./a.txt",
      "./data.unknown",
      "./empty.css",
      "./na%C3%AFve%20file%2B1%3B2.txt",
    ]);
    for (const href of hrefs(html)) {
      const url = new URL(href ?? "", "http://x/v1/static/");
      const linked = await listed.fetch(url);
      assert.equal(linked.status, 200, href);
      await linked.body?.cancel();
    }
    const sub = await ask(listed, "/sub/");
    assert.deepEqual(hrefs(sub[1]), ["../", "./café/", "./deep/", "./index.html"].map(encodeURI));
    assert.equal((await ask(listed, "/sub"))[0], 301);
    assert.equal((await ask(listed, "/sub/.git/"))[0], 404);
    assert.equal((await ask(listed, "/none/"))[0], 404);
    assert.deepEqual(await ask(listed, "/", { method: "HEAD" }), [200, ""]);
    const both = site(folder, { listing: true, index: "index.html" });
    assert.equal((await ask(both, "/sub/"))[1], "<h1>sub");
    assert.match((await ask(both, "/plain/"))[1], /p\.txt/);
    const open = site(folder, { listing: true, dotFiles: "allow" });
    assert.match((await ask(open, "/"))[1], /\.hidden/);
  });
});

Deno.test("files: fallback is for pages, never for what a page loads", async () => {
  const page = { headers: { accept: "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8" } };
  await withFolder({ ...tree, "index.html": "<h1>app" }, async (folder) => {
    const app = site(folder, { fallback: "index.html" });
    const table = [
      ["/users/7", page, 200, "<h1>app"],
      ["/none.js", page, 200, "<h1>app"],
      ["/sub/", page, 200, "<h1>app"],
      ["/a.txt", page, 200, "a text"],
      ["/none.js", {}, 404],
      ["/none.js", { headers: { accept: "*/*" } }, 404],
      ["/users/7", { headers: { accept: "text/html;q=0" } }, 404],
      ["/.env", page, 404],
      ["/a%2Fb", page, 404],
    ] as const;
    for (const [path, init, status, text] of table) {
      const [got, body] = await ask(app, path, init);
      assert.equal(got, status, path);
      if (text !== undefined) assert.equal(body, text, path);
    }
    const found = await app.fetch("http://x/v1/static/users/7", page);
    assert.equal(found.headers.get("vary"), "Accept");
    assert.equal(found.headers.get("content-type"), "text/html; charset=utf-8");
    await found.body?.cancel();
    const missed = await app.fetch("http://x/v1/static/users/7");
    assert.equal(missed.headers.get("vary"), "Accept");
    await missed.body?.cancel();
    const etag = found.headers.get("etag") ?? "";
    const again = { headers: { ...page.headers, "if-none-match": etag } };
    assert.deepEqual(await ask(app, "/users/7", again), [304, ""]);
    assert.equal((await ask(site(folder, { fallback: "none.html" }), "/x", page))[0], 404);
  });
});

Deno.test("files: Cache-Control is what the option says", async () => {
  const table: readonly (readonly [FilesOptions["cacheControl"], string | null])[] = [
    ["", null],
    ["max-age=60", "max-age=60"],
    [{ maxAge: 60, immutable: true }, "public, max-age=60, immutable"],
    [{ isPrivate: true, noCache: true }, "no-cache, private"],
    [(path) => path === "sub/deep/b.js" ? { maxAge: 1 } : "no-store", "public, max-age=1"],
  ];
  await withFolder(tree, async (folder) => {
    for (const [cacheControl, expected] of table) {
      const one = site(folder, cacheControl === undefined ? {} : { cacheControl });
      const response = await one.fetch("http://x/v1/static/sub/deep/b.js");
      await response.body?.cancel();
      assert.equal(response.headers.get("cache-control"), expected);
    }
    const bad = site(folder, { cacheControl: () => "a\r\nb: c" });
    assert.equal((await ask(bad, "/a.txt"))[0], 500);
    const throws = site(folder, {
      cacheControl: () => {
        throw new Error("no");
      },
    });
    assert.equal((await ask(throws, "/a.txt"))[0], 500);
  });
});

Deno.test("files: media types can be added and replaced", async () => {
  await withFolder(tree, async (folder) => {
    const mimeTypes = { unknown: "text/x-unknown", TXT: "text/plain; charset=iso-8859-1" };
    const typed = site(folder, { mimeTypes });
    for (
      const [path, type] of [
        ["/data.unknown", "text/x-unknown"],
        ["/a.txt", "text/plain; charset=iso-8859-1"],
        ["/sub/deep/b.js", "text/javascript; charset=utf-8"],
      ] as const
    ) {
      const response = await typed.fetch(`http://x/v1/static${path}`);
      await response.body?.cancel();
      assert.equal(response.headers.get("content-type"), type);
    }
  });
});

Deno.test("files: what cannot work fails where it is written", () => {
  const table: readonly (readonly [() => unknown, RegExp])[] = [
    [() => files(""), /Cannot serve files from ""/],
    [() => files("a\0b"), /Cannot serve files from/],
    [() => files(new URL("https://x/public/")), /Cannot serve files from "https:\/\/x\/public\/"/],
    [() => files(7 as never), /Cannot serve files from "7"/],
    [() => files("x", { indx: "a" } as never), /files\(\) has no option "indx"/],
    [() => files("x", { index: "a/b" }), /has index: "a\/b": give the name of a file/],
    [() => files("x", { index: "" }), /has index: ""/],
    [() => files("x", { index: true as never }), /has index: true/],
    [() => files("x", { fallback: "../a" }), /has fallback: "\.\.\/a": give a path within/],
    [() => files("x", { fallback: "/a" }), /has fallback/],
    [() => files("x", { fallback: "a/" }), /has fallback/],
    [() => files("x", { dotFiles: "deny" as never }), /has dotFiles: "deny": give one of "ignore"/],
    [() => files("x", { symlinks: "all" as never }), /has symlinks: "all"/],
    [() => files("x", { listing: "yes" as never }), /has listing: "yes"/],
    [() => files("x", { etag: false as never }), /has etag: false/],
    [() => files("x", { precompressed: ["deflate" as never] }), /has precompressed: "deflate"/],
    [() => files("x", { precompressed: "br" as never }), /has precompressed: "br"/],
    [() => files("x", { cacheControl: "a\nb" }), /has cacheControl: "a\\nb"/],
    [() => files("x", { mimeTypes: { ".md": "text/markdown" } }), /an extension without its dot/],
    [() => files("x", { mimeTypes: { md: "markdown" } }), /has "markdown" for "md"/],
  ];
  for (const [make, message] of table) assert.throws(make, { name: "TypeError", message });
});

Deno.test("files: a missing directory is 500 and logged, until it is there", async () => {
  await withFolder(tree, async (folder) => {
    const logged: unknown[] = [];
    const late = service({ onError: (error) => logged.push(error) }, [
      get("/:path*", files(`${folder}/late`)),
    ]);
    const first = await late.fetch("http://x/a.txt");
    assert.equal(first.status, 500);
    assert.ok(!(await first.text()).includes("late"));
    assert.match(String(logged[0]), /Cannot serve files from ".*late": it is not there/);
    await putFile(`${folder}/late/a.txt`, "now");
    assert.equal(await (await late.fetch("http://x/a.txt")).text(), "now");
    await Deno.remove(`${folder}/late`, { recursive: true });
    const gone = await late.fetch("http://x/a.txt");
    assert.equal(gone.status, 404);
    await gone.body?.cancel();
    const file = service({ onError: (error) => logged.push(error) }, [
      get("/*", files(`${folder}/a.txt`)),
    ]);
    const response = await file.fetch("http://x/");
    assert.equal(response.status, 500);
    await response.body?.cancel();
    assert.match(String(logged.at(-1)), /it is no directory/);
  });
});

Deno.test("files: a directory that is a link may be made to lead elsewhere", async () => {
  await withFolder({ "one/a.txt": "one", "two/a.txt": "two" }, async (folder) => {
    await Deno.symlink(`${folder}/one`, `${folder}/current`);
    const current = site(`${folder}/current`);
    assert.deepEqual(await ask(current, "/a.txt"), [200, "one"]);
    await Deno.remove(`${folder}/current`);
    await Deno.symlink(`${folder}/two`, `${folder}/current`);
    assert.deepEqual(await ask(current, "/a.txt"), [200, "two"]);
  });
});

Deno.test("files: no more is needed than to read the directory", async () => {
  await withFolder({ "pub/a.txt": "a text", "s.txt": "secret" }, async (folder) => {
    await Deno.symlink(`${folder}/s.txt`, `${folder}/pub/out.txt`);
    const program = `
      import { get, service } from "${new URL("mod.ts", root)}";
      import { files } from "${new URL("src/server/files.ts", root)}";
      const run = async (folder, path) => {
        const one = service({ onError() {} }, [get("/:p*", files(folder))]);
        const response = await one.fetch("http://x/" + path);
        console.log(response.status, response.ok ? await response.text() : "");
      };
      await run("pub", "a.txt");
      await run("pub", "out.txt");
      await run("pub", "none");
      await run(".", "a.txt");`;
    await Deno.writeTextFile(`${folder}/main.ts`, program);
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        `--config=${new URL("deno.json", root).pathname}`,
        "--allow-read=pub",
        "main.ts",
      ],
      cwd: folder,
      env: { NO_COLOR: "1" },
    }).output();
    const decoder = new TextDecoder();
    const lines = decoder.decode(stdout).split("\n").map((line) => line.trim());
    assert.deepEqual(lines, ["200 a text", "404", "404", "500", ""], decoder.decode(stderr));
  });
});

Deno.test("files: many at once", async () => {
  const tree = Object.fromEntries(
    Array.from({ length: 50 }, (_, index) => [`${index}.bin`, pattern(index * 20_000)]),
  );
  await withFolder(tree, (folder) =>
    onBothTransports(site(folder), async (ask) => {
      const names = Object.keys(tree).flatMap((name) => [name, name, name]);
      await Promise.all(names.map(async (name) => {
        const response = await ask(`/v1/static/${name}`);
        assert.deepEqual(new Uint8Array(await response.arrayBuffer()), tree[name], name);
      }));
    }));
});
