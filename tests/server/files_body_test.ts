/**
 * The bytes of files on their way: as slowly as they are read, never more in memory than a little, and
 * the file closed whatever happens.
 *
 * @module
 */
import assert from "node:assert/strict";
import { get, type RunningServer, serve, type Service, service } from "@pirouette/http";
import { files } from "../../src/server/files.ts";
import { onBothTransports } from "../support/both_transports.ts";
import { RawConnection, rawRequest, sendRaw } from "../support/raw_http.ts";
import { pattern, withFolder } from "../support/temp_folder.ts";

const MIB = 1024 * 1024;

function site(folder: string): Service {
  return service({ onError: () => {} }, [
    get("/ok", () => "ok"),
    get("/files/:path*", files(folder)),
  ]);
}

/** Fails where a file below `folder` stays open; only Linux tells, and no sanitizer sees it. */
async function assertClosed(folder: string, server?: RunningServer): Promise<void> {
  if (Deno.build.os !== "linux") return;
  let open: string[] = [];
  // Whatever is under way, in a thread or at the other end of a socket, is done after some rounds.
  for (let round = 0; round < 500; round++) {
    open = openFiles(folder);
    if (open.length === 0) return;
    if (server === undefined) await Deno.lstat(folder);
    else await (await fetch(`${server.url}/ok`)).text();
  }
  assert.deepEqual(open, []);
}

function openFiles(folder: string): string[] {
  return [...Deno.readDirSync("/proc/self/fd")].flatMap(({ name }) => {
    try {
      const target = Deno.readLinkSync(`/proc/self/fd/${name}`);
      return target.startsWith(folder) ? [target] : [];
    } catch {
      return [];
    }
  });
}

const sizes = [0, 1, 256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, 3 * MIB + 7];

Deno.test("files: bodies of every size arrive whole", async () => {
  const tree = Object.fromEntries(sizes.map((size) => [`${size}.bin`, pattern(size)]));
  await withFolder(tree, async (folder) => {
    await onBothTransports(site(folder), async (ask) => {
      for (const size of sizes) {
        const response = await ask(`/files/${size}.bin`);
        assert.equal(response.headers.get("content-length"), String(size));
        const body = new Uint8Array(await response.arrayBuffer());
        assert.deepEqual(body, tree[`${size}.bin`]);
      }
    });
    await assertClosed(folder);
  });
});

Deno.test("files: a file is closed whatever is answered, before anyone reads the answer", async () => {
  const tree = { "small.txt": "small", "large.bin": pattern(MIB), "sub/x": "" };
  await withFolder(tree, async (folder) => {
    const requests: readonly (readonly [string, RequestInit])[] = [
      ["small.txt", {}],
      ["small.txt", { headers: { range: "bytes=0-1" } }],
      ["large.bin", { headers: { range: "bytes=0-9" } }],
      ["large.bin", { headers: { range: "bytes=9999999-" } }],
      ["large.bin", { headers: { "if-none-match": "*" } }],
      ["large.bin", { headers: { "if-match": '"x"' } }],
      ["large.bin", { method: "HEAD" }],
      ["large.bin/", {}],
      ["large.bin/x", {}],
      ["sub", {}],
    ];
    for (const [path, init] of requests) {
      const response = await site(folder).fetch(`http://x/files/${path}`, init);
      assert.deepEqual(openFiles(folder), [], `${path} ${response.status}`);
      await response.body?.cancel();
    }
  });
});

Deno.test("files: a stream is closed when its reader leaves, before or in the middle", async () => {
  await withFolder({ "large.bin": pattern(4 * MIB) }, async (folder) => {
    for (const range of [undefined, "bytes=0-3000000", "bytes=0-999999,2000000-2999999"]) {
      for (const reads of [0, 1, 2, 3]) {
        const headers: HeadersInit = range === undefined ? {} : { range };
        const response = await site(folder).fetch("http://x/files/large.bin", { headers });
        const reader = response.body?.getReader();
        for (let count = 0; count < reads; count++) await reader?.read();
        // One is under way while the reader leaves.
        const last = reader?.read();
        await reader?.cancel();
        await last;
        await assertClosed(folder);
      }
    }
  });
});

Deno.test("files: a client that stops reading stops the reading, and leaving closes the file", async () => {
  const tree = { "huge.bin": "" };
  await withFolder(tree, async (folder) => {
    // A file with nothing in it but its length.
    await Deno.truncate(`${folder}/huge.bin`, 2 ** 31);
    await using server = await serve(site(folder), { port: 0, host: "127.0.0.1" });
    const before = Deno.memoryUsage();
    for (const fields of [[], ["Range: bytes=5-"], ["Range: bytes=0-1000000000,1500000000-"]]) {
      using connection = await RawConnection.open(server);
      await connection.send(rawRequest("GET /files/huge.bin HTTP/1.1", ["Host: x", ...fields]));
      for (let round = 0; round < 100; round++) await (await fetch(`${server.url}/ok`)).text();
      const { external } = Deno.memoryUsage();
      assert.ok(external - before.external < 32 * MIB, String(external - before.external));
    }
    await assertClosed(folder, server);
  });
});

Deno.test("files: a file that becomes shorter breaks the answer off", async () => {
  await withFolder({ "shrinks.bin": pattern(4 * MIB) }, async (folder) => {
    const path = `${folder}/shrinks.bin`;
    for (const range of [undefined, "bytes=10-3999999", "bytes=0-1999999,2100000-3999999"]) {
      await Deno.writeFile(path, pattern(4 * MIB));
      const headers: HeadersInit = range === undefined ? {} : { range };
      const response = await site(folder).fetch("http://x/files/shrinks.bin", { headers });
      const reader = response.body?.getReader();
      await reader?.read();
      await Deno.truncate(path, MIB);
      await assert.rejects(async () => {
        while (!(await reader?.read())?.done);
      }, /it became shorter while it was read/);
      await assertClosed(folder);
    }
  });
});

// The runtime itself logs the stream that fails.
Deno.test("files: a file that becomes shorter is never a whole answer on a socket", async () => {
  await withFolder({ "shrinks.bin": pattern(64 * MIB) }, async (folder) => {
    await using server = await serve(site(folder), { port: 0, host: "127.0.0.1" });
    const response = await fetch(`${server.url}/files/shrinks.bin`);
    await Deno.truncate(`${folder}/shrinks.bin`, 100);
    await assert.rejects(response.arrayBuffer());
    await assertClosed(folder, server);
  });
});

Deno.test("files: a file that becomes longer is sent as long as it was", async () => {
  await withFolder({ "log.txt": "x".repeat(MIB) }, async (folder) => {
    const response = await site(folder).fetch("http://x/files/log.txt");
    await Deno.writeTextFile(`${folder}/log.txt`, "more", { append: true });
    assert.equal(response.headers.get("content-length"), String(MIB));
    assert.equal((await response.text()).length, MIB);
  });
});

Deno.test("files: a file that is deleted or replaced while it is sent arrives as it was", async () => {
  const bytes = pattern(2 * MIB);
  await withFolder({ "a.bin": bytes, "b.bin": pattern(7) }, async (folder) => {
    const response = await site(folder).fetch("http://x/files/a.bin");
    await Deno.rename(`${folder}/b.bin`, `${folder}/a.bin`);
    assert.deepEqual(new Uint8Array(await response.arrayBuffer()), bytes);
  });
});

Deno.test("files: HEAD over a socket has the length and no body", async () => {
  await withFolder({ "large.bin": pattern(MIB) }, async (folder) => {
    await using server = await serve(site(folder), { port: 0, host: "127.0.0.1" });
    const request = rawRequest("HEAD /files/large.bin HTTP/1.1", ["Host: x"]);
    const response = await sendRaw(server, request, { head: true });
    assert.equal(response?.status, 200);
    assert.equal(response.headers.get("content-length"), String(MIB));
    assert.equal(response.headers.get("transfer-encoding"), null);
  });
});

Deno.test("files: a range that does not count makes nobody read the whole file", async () => {
  await withFolder({ "huge.bin": "" }, async (folder) => {
    await Deno.truncate(`${folder}/huge.bin`, 2 ** 34);
    for (const range of ["bytes=4-2", "lines=1-2", "bytes=0-1,"]) {
      const headers = { range, "if-range": '"x"' };
      const response = await site(folder).fetch("http://x/files/huge.bin", { headers });
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("content-length"), String(2 ** 34));
      await response.body?.cancel();
    }
    await assertClosed(folder);
  });
});
