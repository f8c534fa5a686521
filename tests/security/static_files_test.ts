/**
 * SECURITY.md row 4: static files. Nothing outside of the directory, nothing hidden in it, and nothing
 * that is no file is ever sent, however it is asked for.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { get, type RunningServer, serve, type Service, service } from "@pirouette/http";
import { files } from "../../src/server/files.ts";
import type { FilesOptions } from "../../src/server/files_options.ts";
import { rawRequest, sendRaw } from "../support/raw_http.ts";
import { withFolder } from "../support/temp_folder.ts";
import { within } from "../support/within.ts";

const secret = "the secret";

const tree = {
  "secret.txt": secret,
  "public-secret/secret.txt": secret,
  "public/a.txt": "public",
  "public/sub/b.txt": "public",
  "public/.env": secret,
  "public/.git/config": secret,
  "public/sub/.hidden/c.txt": secret,
};

const prefix = "/v1/static";

function site(folder: string, options: FilesOptions = {}): Service {
  return service({ basePath: "/v1", onError: () => {} }, [
    get("/static/:path*", files(`${folder}/public`, options)),
  ]);
}

/** Every option that opens something, which must open no more than it says. */
const permissive: FilesOptions = {
  dotFiles: "allow",
  index: "secret.txt",
  listing: true,
  precompressed: true,
};

/** Sends a path as it is, and fails where anything of the secret comes back. */
async function sendPath(server: RunningServer, path: string): Promise<number | undefined> {
  const response = await sendRaw(server, rawRequest(`GET ${path} HTTP/1.1`, ["Host: x"]));
  assert.ok(!response?.body.includes(secret), path);
  // An error repeats the path that it is about.
  if (response?.status === 200) assert.doesNotMatch(response.body, /secret/, path);
  return response?.status;
}

async function assertRefused(
  paths: readonly string[],
  statuses: readonly number[],
  options: readonly FilesOptions[] = [{}, permissive],
): Promise<void> {
  await withFolder(tree, async (folder) => {
    for (const one of options) {
      await using server = await serve(site(folder, one), { port: 0, host: "127.0.0.1" });
      for (const path of paths) {
        const status = await sendPath(server, prefix + path.replaceAll("FOLDER", folder));
        assert.ok(status !== undefined && statuses.includes(status), `${path}: ${status}`);
      }
    }
  });
}

/** The handler without the service that refuses paths before it: its own defence must hold alone. */
async function assertRefusedAlone(rests: readonly string[]): Promise<void> {
  await withFolder(tree, async (folder) => {
    for (const options of [{}, permissive]) {
      const handler = files(`${folder}/public`, options);
      for (const rest of rests) {
        const call = { request: new Request("http://x/"), context: { extraPathInfo: rest } };
        await assert.rejects(handler(call), { name: "NotFoundError" }, rest);
      }
    }
  });
}

Deno.test("security 4: static files: dot segments", () =>
  assertRefused(
    ["/../secret.txt", "/sub/../../secret.txt", "/..", "/../", "/./a.txt", "/sub/./b.txt"],
    [400],
  ));

Deno.test("security 4: static files: encoded dots", () =>
  assertRefused(
    [
      ...["/%2e%2e/secret.txt", "/%2E%2E/secret.txt", "/.%2e/secret.txt", "/sub/%2e%2e/a.txt"],
      ...["/%2e%2e%2fsecret.txt", "/..%2fsecret.txt", "/sub%2f..%2f..%2fsecret.txt"],
      ...["/%c0%ae%c0%ae/secret.txt", "/%e0%80%ae%e0%80%ae/secret.txt", "/%u002e%u002e/secret.txt"],
    ],
    [400, 404],
  ));

Deno.test("security 4: static files: the handler alone refuses what its service would have", () =>
  assertRefusedAlone([
    ...["/../secret.txt", "/sub/../../secret.txt", "/..", "/%2e%2e/secret.txt", "/./a.txt"],
    ...["/..%2fsecret.txt", "/..\\secret.txt", "/..%5csecret.txt", "/%00", "/a.txt%00.html"],
    ...["//a.txt", "/sub//b.txt", "//etc/passwd", "/%2fetc%2fpasswd", "/%", "/%e0", "/a.txt\0"],
    ...["/%252e%252e/secret.txt", "/sub/\u0000", "/a\r\nb", "/%c0%ae%c0%ae/secret.txt"],
  ]));

Deno.test("security 4: static files: double decoding (GHSA-72gr-qfp7-vwhw)", () =>
  assertRefused(
    [
      ...["/%252e%252e/secret.txt", "/%252e%252e%252fsecret.txt", "/..%252fsecret.txt"],
      ...["/%25252e%25252e/secret.txt", "/%255c..%255csecret.txt", "/%252eenv", "/a.txt%2500"],
    ],
    [404],
  ));

Deno.test("security 4: static files: backslashes", () =>
  assertRefused(
    [
      ...["/..\\secret.txt", "\\..\\secret.txt", "/..%5csecret.txt", "/%2e%2e%5csecret.txt"],
      ...["/sub\\b.txt", "/sub%5Cb.txt", "/%5c%5cserver%5cshare"],
    ],
    [400, 404],
  ));

Deno.test("security 4: static files: double slashes and absolute paths", () =>
  assertRefused(
    [
      ...[
        "//a.txt",
        "///a.txt",
        "/sub//b.txt",
        "//etc/passwd",
        "/%2fetc/passwd",
        "/%2Fetc%2Fpasswd",
      ],
      ...["/FOLDER/secret.txt", "//FOLDER/secret.txt", "/C:/secret.txt", "/file:///etc/passwd"],
    ],
    [404],
  ));

Deno.test("security 4: static files: NUL and control characters", () =>
  assertRefused(["/a.txt%00", "/a.txt%00.html", "/%00", "/a%0atxt", "/a%0d%0ax", "/a%7f"], [400]));

Deno.test("security 4: static files: hidden files and directories", () =>
  assertRefused(
    [
      ...["/.env", "/%2eenv", "/%2Eenv", "/.git/config", "/%2egit/config", "/.git/", "/.git"],
      ...["/sub/.hidden/c.txt", "/sub/%2ehidden/c.txt", "/%E2%80%8C.env"],
    ],
    [404],
    [{}, { listing: true, index: "config", precompressed: true }],
  ));

Deno.test("security 4: static files: matrix parameters hide nothing", () =>
  assertRefused(["/..;a=b/secret.txt", "/..;/secret.txt", "/%2e%2e;x=1/secret.txt"], [400]));

Deno.test("security 4: static files: symbolic links out of the directory", async () => {
  await withFolder(tree, async (folder) => {
    const at = `${folder}/public`;
    await Deno.symlink(`${folder}/secret.txt`, `${at}/absolute.txt`);
    await Deno.symlink("../secret.txt", `${at}/relative.txt`);
    await Deno.symlink("..", `${at}/up`);
    await Deno.symlink("../public-secret", `${at}/sibling`);
    await Deno.symlink("up/secret.txt", `${at}/through.txt`);
    await Deno.symlink("/", `${at}/top`);
    await Deno.symlink("loop", `${at}/loop`);
    await Deno.symlink("a.txt", `${at}/inside.txt`);
    await Deno.symlink("sub", `${at}/inside`);
    const out = [
      ...["/absolute.txt", "/relative.txt", "/up/secret.txt", "/up/", "/up", "/sibling/secret.txt"],
      ...["/through.txt", `/top${folder}/secret.txt`, "/top/etc/passwd", "/loop", "/loop/x"],
      ...["/up/public/a.txt/x", "/sibling/"],
    ];
    for (const options of [{}, permissive]) {
      await using server = await serve(site(folder, options), { port: 0, host: "127.0.0.1" });
      for (const path of out) {
        assert.equal(await sendPath(server, prefix + path), 404, path);
      }
      // A way out that leads in again ends at a file of the directory.
      for (const path of ["/inside.txt", "/inside/b.txt", "/up/public/a.txt"]) {
        assert.equal(await sendPath(server, prefix + path), 200, path);
      }
    }
    await using strict = await serve(site(folder, { symlinks: "refuse" }), { port: 0 });
    for (const path of [...out, "/inside.txt", "/inside/b.txt", "/up/public/a.txt"]) {
      assert.equal(await sendPath(strict, prefix + path), 404, path);
    }
    assert.equal(await sendPath(strict, `${prefix}/sub/b.txt`), 200);
  });
});

Deno.test("security 4: static files: a link that is exchanged between two questions gains nothing", async () => {
  await withFolder(tree, async (folder) => {
    const at = `${folder}/public`;
    const swapped = site(folder);
    let stopped = false;
    const swap = async (name: string, inside: string, outside: string): Promise<void> => {
      for (let count = 0; !stopped; count++) {
        const target = count % 2 === 0 ? outside : inside;
        await Deno.symlink(target, `${at}/${name}.new`);
        await Deno.rename(`${at}/${name}.new`, `${at}/${name}`);
      }
    };
    const swapping = [
      swap("file", "a.txt", "../secret.txt"),
      swap("folder", "sub", "../public-secret"),
    ];
    const statuses = new Set<number>();
    try {
      for (let round = 0; round < 300; round++) {
        for (const path of ["/file", "/folder/b.txt", "/folder/secret.txt"]) {
          const response = await swapped.fetch(`http://x${prefix}${path}`);
          statuses.add(response.status);
          assert.ok(!(await response.text()).includes(secret), path);
        }
      }
    } finally {
      stopped = true;
      await Promise.all(swapping);
    }
    assert.deepEqual([...statuses].sort(), [200, 404]);
  });
});

Deno.test("security 4: static files: pipes, sockets and devices are not opened to wait for", async () => {
  await withFolder(tree, async (folder) => {
    const at = `${folder}/public`;
    const made = await new Deno.Command("mkfifo", { args: [`${at}/pipe`] }).output()
      .then(({ success }) => success, () => false);
    await Deno.symlink("/dev/zero", `${at}/zero`);
    await Deno.symlink("/dev/stdin", `${at}/stdin`);
    using _socket = Deno.listen({ transport: "unix", path: `${at}/socket` });
    const special = site(folder, { precompressed: true });
    for (const path of [...(made ? ["/pipe", "/pipe/"] : []), "/zero", "/stdin", "/socket"]) {
      const answer = special.fetch(`http://x${prefix}${path}`);
      const response = await within(answer, path);
      assert.equal(response.status, 404, path);
      await response.body?.cancel();
    }
    const listed = await site(folder, { listing: true }).fetch(`http://x${prefix}/`);
    assert.doesNotMatch(await listed.text(), /pipe|zero|stdin|socket/);
  });
});

Deno.test("security 4: static files: what may not be read is not there", async () => {
  await withFolder(tree, async (folder) => {
    await Deno.chmod(`${folder}/public/a.txt`, 0);
    const response = await site(folder).fetch(`http://x${prefix}/a.txt`);
    // Root may read everything.
    assert.equal(response.status, Deno.uid() === 0 ? 200 : 404);
    await response.body?.cancel();
  });
});

Deno.test("security 4: static files: a redirect never leads to another host", async () => {
  await withFolder(
    { "public/x/i": "", "public/evil.example/i": "", "public/a:b/i": "" },
    async (folder) => {
      const at = service({}, [get("/*", files(`${folder}/public`, { index: "i" }))]);
      await using server = await serve(at, { port: 0, host: "127.0.0.1" });
      const paths = ["/x", "/evil.example", "/a:b", "/x?//evil.example", "/x?\r\nset-cookie: a"];
      for (const path of [...paths, "//evil.example", "//evil.example/x", "/%2Fevil.example"]) {
        const [target = ""] = path.split("\r");
        const bytes = rawRequest(`GET ${target} HTTP/1.1`, ["Host: good.example"]);
        const response = await sendRaw(server, bytes);
        const location = response?.headers.get("location") ?? "./";
        assert.ok(location.startsWith("./"), location);
        assert.equal(new URL(location, `http://good.example${target}`).host, "good.example");
        assert.equal(response?.status, paths.includes(path) ? 301 : 404, path);
      }
    },
  );
});

Deno.test("security 4: static files: whatever the path, the secret stays one", async () => {
  await withFolder(tree, async (folder) => {
    await Deno.symlink("..", `${folder}/public/up`);
    const handler = files(`${folder}/public`, permissive);
    const piece = fc.constantFrom(
      ...["/", "//", "..", ".", "%2e", "%2E%2e", "%2f", "%5c", "\\", "%00", "%25", "%252e"],
      ...["a.txt", "sub", "up", "secret.txt", "public-secret", ".git", "~", ":", ";", "\0", "é"],
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 10 }), async (pieces) => {
        const extraPathInfo = `/${pieces.join("")}`;
        const call = { request: new Request("http://x/"), context: { extraPathInfo } };
        const response = await handler(call).catch((error: Error) => {
          assert.equal(error.name, "NotFoundError");
        });
        const text = await response?.text() ?? "";
        // Hidden files may be asked for with these options.
        if (!extraPathInfo.includes(".git")) assert.ok(!text.includes(secret), extraPathInfo);
      }),
      { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 1_000 },
    );
  });
});

Deno.test("security 4: static files: a type is never guessed, and scripts are no pages", async () => {
  await withFolder({ "public/upload": "<script>alert(1)</script>" }, async (folder) => {
    const response = await site(folder).fetch(`http://x${prefix}/upload`);
    await response.body?.cancel();
    assert.equal(response.headers.get("content-type"), "application/octet-stream");
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
  });
});
