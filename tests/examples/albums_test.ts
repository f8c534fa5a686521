/**
 * The albums example, used as somebody would use it: started as a program, asked with `fetch` and
 * with `curl`, well and badly.
 *
 * @module
 */
import assert from "node:assert/strict";
import { serve } from "@pirouette/http";
import { albumService } from "../../examples/albums/service.ts";
import { hasPeer } from "../support/peers.ts";
import { root } from "../support/source.ts";

interface Album {
  readonly id: string;
  readonly title: string;
  readonly artist: string;
  readonly price: number;
}

const train: Album = { id: "1", title: "Blue Train", artist: "John Coltrane", price: 56.99 };
const jeru: Album = { id: "2", title: "Jeru", artist: "Gerry Mulligan", price: 17.99 };
const sarah: Album = {
  id: "3",
  title: "Sarah Vaughan and Clifford Brown",
  artist: "Sarah Vaughan",
  price: 39.99,
};
const kind: Album = { id: "4", title: "Kind of Blue", artist: "Miles Davis", price: 29.5 };

const json = { "content-type": "application/json" };

interface Albums extends AsyncDisposable {
  readonly url: string;
  /** Asks with JSON as a body, if there is one. */
  ask(method: string, path: string, body?: unknown): Promise<Response>;
  /** Asks, and tells status and body, as JSON where it is that. */
  say(method: string, path: string, body?: unknown): Promise<readonly [number, unknown]>;
}

/** Serves the albums, with a store of their own, on a port of their own. */
async function serveAlbums(): Promise<Albums> {
  const server = await serve(albumService(), { host: "127.0.0.1", port: 0 });
  const url = `${server.url}/v1/albums`;
  const ask = (method: string, path: string, body?: unknown): Promise<Response> =>
    fetch(url + path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: json }),
    });
  return {
    url,
    ask,
    async say(method, path, body) {
      const response = await ask(method, path, body);
      const text = await response.text();
      const isJson = response.headers.get("content-type") === "application/json";
      return [response.status, isJson ? JSON.parse(text) : text];
    },
    [Symbol.asyncDispose]: () => server.gracefulStop(),
  };
}

/** The message of an error answer. */
async function problem(response: Response): Promise<readonly [number, string]> {
  const { message } = await response.json();
  return [response.status, message];
}

Deno.test("albums: they are listed and filtered", async () => {
  await using albums = await serveAlbums();
  const table: Readonly<Record<string, readonly Album[]>> = {
    "": [train, jeru, sarah],
    "?artist=Gerry%20Mulligan": [jeru],
    "?artist=Gerry+Mulligan": [jeru],
    "?artist=Nobody": [],
    "?maxPrice=40": [jeru, sarah],
    "?maxPrice=40&limit=1": [jeru],
    "?maxPrice=17.99": [jeru],
    "?limit=2&unknown=x": [train, jeru],
  };
  for (const [query, expected] of Object.entries(table)) {
    assert.deepEqual(await albums.say("GET", query), [200, expected], query);
  }
  const bad: Readonly<Record<string, RegExp>> = {
    "?limit=ten": /^error in casting query param : 'limit': .*"ten"/,
    "?limit=1.5": /^error in casting query param : 'limit'/,
    "?limit=0": /limit/,
    "?limit=101": /limit/,
    "?maxPrice=-1": /maxPrice/,
    "?maxPrice=cheap": /^error in casting query param : 'maxPrice'/,
    "?artist=%ff": /^error in casting query param : 'artist'/,
  };
  for (const [query, message] of Object.entries(bad)) {
    const [status, told] = await problem(await albums.ask("GET", query));
    assert.equal(status, 400, query);
    assert.match(told, message);
  }
});

Deno.test("albums: they are searched for by words", async () => {
  await using albums = await serveAlbums();
  assert.deepEqual(await albums.say("GET", "/search?words=sarah,brown"), [200, [sarah]]);
  assert.deepEqual(await albums.say("GET", "/search?words=BLUE"), [200, [train]]);
  assert.deepEqual(await albums.say("GET", "/search?words=blue&words=jeru"), [200, []]);
  assert.deepEqual(
    await problem(await albums.ask("GET", "/search")),
    [400, "no query param value found for 'words'"],
  );
  const many = Array.from({ length: 11 }, () => "a").join(",");
  assert.equal((await albums.say("GET", `/search?words=${many}`))[0], 400);
});

Deno.test("albums: one is shown, in JSON or XML", async () => {
  await using albums = await serveAlbums();
  assert.deepEqual(await albums.say("GET", "/1"), [200, train]);
  const accept = { headers: { accept: "application/xml" } };
  const response = await fetch(`${albums.url}/1`, accept);
  assert.equal(response.headers.get("content-type"), "application/xml");
  const xml = await response.text();
  for (const [name, value] of Object.entries(train)) {
    assert.ok(xml.includes(`<${name}>${value}</${name}>`), xml);
  }
  assert.deepEqual(await albums.say("GET", "/9"), [404, { message: "There is no album 9" }]);
  const missing = await fetch(`${albums.url}/9`, accept);
  assert.equal(missing.status, 404);
  assert.ok((await missing.text()).includes("<message>There is no album 9</message>"));
  const image = await fetch(`${albums.url}/1`, { headers: { accept: "image/png" } });
  assert.equal((await problem(image))[0], 406);
  const head = await fetch(`${albums.url}/1`, { method: "HEAD" });
  assert.deepEqual([head.status, await head.text()], [200, ""]);
});

Deno.test("albums: one is added, once", async () => {
  await using albums = await serveAlbums();
  const added = await albums.ask("POST", "", kind);
  assert.deepEqual([added.status, await added.json()], [201, kind]);
  assert.equal(added.headers.get("location"), "/v1/albums/4");
  assert.deepEqual(await albums.say("GET", "/4"), [200, kind]);
  assert.deepEqual(
    await albums.say("POST", "", kind),
    [409, { message: "There is an album 4 already" }],
  );
  const xml = `<album><id>a b</id><title>T</title><artist>A</artist><price>9.5</price></album>`;
  const sent = await fetch(albums.url, {
    method: "POST",
    body: xml,
    headers: { "content-type": "application/xml" },
  });
  const expected = { id: "a b", title: "T", artist: "A", price: 9.5 };
  assert.deepEqual([sent.status, await sent.json()], [201, expected]);
  const location = sent.headers.get("location") ?? "";
  assert.equal(location, "/v1/albums/a%20b");
  assert.deepEqual(await (await fetch(new URL(location, albums.url))).json(), expected);
});

Deno.test("albums: one that is none is refused, and nothing is kept of it", async () => {
  await using albums = await serveAlbums();
  const bodies: readonly (readonly [string, unknown, number, RegExp])[] = [
    ["no price", { ...kind, price: undefined }, 400, /price/],
    ["a price in words", { ...kind, price: "29.5" }, 400, /price/],
    ["a negative price", { ...kind, price: -1 }, 400, /price/],
    ["no title", { ...kind, title: "" }, 400, /title/],
    ["something more", { ...kind, owner: "me" }, 400, /owner/],
    ["a list", [kind], 400, /./],
    ["null", null, 400, /./],
  ];
  for (const [name, body, status, message] of bodies) {
    const [was, told] = await problem(await albums.ask("POST", "", body));
    assert.equal(was, status, name);
    assert.match(told, message, name);
  }
  const texts: readonly (readonly [string, string | undefined, number])[] = [
    ["{", "application/json", 400],
    ["", "application/json", 400],
    ["<album><id>4</id></album>", "application/xml", 400],
    ["<album>", "application/xml", 400],
    ["id=4", "application/x-www-form-urlencoded", 415],
    [JSON.stringify(kind), undefined, 415],
  ];
  for (const [body, contentType, status] of texts) {
    const headers: HeadersInit = contentType === undefined ? {} : { "content-type": contentType };
    const response = await fetch(albums.url, { method: "POST", body, headers });
    assert.equal((await problem(response))[0], status, `${body} as ${contentType}`);
  }
  assert.deepEqual(await albums.say("GET", ""), [200, [train, jeru, sarah]]);
});

function cover(size: number): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(kind)) form.set(name, String(value));
  form.set("cover", new File([new Uint8Array(size)], "cover.png", { type: "image/png" }));
  return form;
}

Deno.test("albums: one is uploaded with its cover", async () => {
  await using albums = await serveAlbums();
  const upload = (body: FormData) => fetch(`${albums.url}/upload`, { method: "POST", body });
  const response = await upload(cover(1_234));
  assert.deepEqual([response.status, await response.json()], [201, { ...kind, coverSize: 1_234 }]);
  assert.deepEqual(await albums.say("GET", "/4"), [200, kind]);
  assert.equal((await problem(await upload(cover(1_000_001))))[0], 400);
  const coverless = cover(1);
  coverless.delete("cover");
  const [status, message] = await problem(await upload(coverless));
  assert.equal(status, 400);
  assert.match(message, /cover/);
});

Deno.test("albums: one is replaced and deleted", async () => {
  await using albums = await serveAlbums();
  const { id: _, ...fields } = { ...jeru, price: 20 };
  assert.deepEqual(await albums.say("PUT", "/2", fields), [200, { id: "2", ...fields }]);
  assert.deepEqual(await albums.say("GET", "/2"), [200, { ...jeru, price: 20 }]);
  assert.equal((await albums.say("PUT", "/2", { ...fields, price: "free" }))[0], 400);
  assert.deepEqual(await albums.say("DELETE", "/2"), [204, ""]);
  assert.deepEqual(await albums.say("DELETE", "/2"), [404, { message: "There is no album 2" }]);
  assert.deepEqual(await albums.say("GET", ""), [200, [train, sarah]]);
});

Deno.test("albums: other paths and methods are refused", async () => {
  await using albums = await serveAlbums();
  const patched = await albums.ask("PATCH", "/1");
  assert.deepEqual(await problem(patched), [405, "Method not allowed"]);
  assert.equal(patched.headers.get("allow"), "GET, PUT, DELETE, OPTIONS");
  const options = await albums.ask("OPTIONS", "");
  await options.body?.cancel();
  assert.deepEqual([options.status, options.headers.get("allow")], [204, "GET, POST, OPTIONS"]);
  assert.equal((await problem(await albums.ask("GET", "/1/tracks")))[0], 404);
  const elsewhere = await fetch(new URL("/v2/albums", albums.url));
  assert.deepEqual(
    await problem(elsewhere),
    [404, "no matching service found for path: /v2/albums"],
  );
});

/** Runs `curl`, past any proxy; gives what it writes. */
async function curl(...args: readonly string[]): Promise<string> {
  const { stdout, stderr, success } = await new Deno.Command("curl", {
    args: ["--silent", "--show-error", "--max-time", "10", "--noproxy", "*", ...args],
    stdin: "null",
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** Runs the example as a program on a free port, for as long as `use` takes. */
async function runProgram(use: (output: string) => Promise<void>): Promise<void> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-net", "examples/albums/main.ts", "0"],
    cwd: root,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  try {
    let output = "";
    while (!output.includes("-d ")) {
      const { done, value } = await reader.read();
      if (done) throw new Error(`The example ended: ${output}`);
      output += value;
    }
    await use(output);
  } finally {
    child.kill();
    await reader.cancel();
    await child.status;
  }
}

Deno.test("albums: the program serves what it says, and curl takes it", async () => {
  if (!hasPeer("curl")) return;
  await runProgram(async (output) => {
    const albums = /http:\/\/127\.0\.0\.1:\d+\/v1\/albums/.exec(output)?.[0] ?? "";
    assert.notEqual(albums, "", output);
    // The three lines it offers to try, as they are.
    const lines = output.split("\n").filter((line) => line.startsWith("  curl "));
    assert.equal(lines.length, 3);
    const [list = "", one = "", add = ""] = await Promise.all(
      lines.map((line) =>
        curl(
          ...[...line.trim().matchAll(/'([^']*)'|(\S+)/g)].slice(1).map(([, a, b]) => a ?? b ?? ""),
        )
      ),
    );
    assert.deepEqual(
      JSON.parse(list).filter(({ id }: Album) => id !== "4"),
      [jeru, sarah],
    );
    assert.ok(one.includes("<title>Blue Train</title>"), one);
    assert.deepEqual(JSON.parse(add), kind);

    const status = ["--output", "/dev/null", "--write-out", "%{http_code}"];
    assert.equal(await curl("--head", ...status, albums), "200");
    assert.equal(await curl(...status, `${albums}?limit=ten`), "400");
    assert.equal(await curl(...status, "--data", "id=4", albums), "415");
    assert.equal(await curl(...status, "--request", "PATCH", `${albums}/1`), "405");
    assert.equal(await curl(...status, "--path-as-is", `${albums}/../albums`), "400");
    assert.equal(await curl(...status, "--request", "DELETE", `${albums}/4`), "204");
    const picture = `cover=@${new URL("deno.json", root).pathname}`;
    const fields = Object.entries(kind).flatMap(([name, value]) => ["--form", `${name}=${value}`]);
    const uploaded = JSON.parse(await curl("--form", picture, ...fields, `${albums}/upload`));
    const { size } = await Deno.stat(new URL("deno.json", root));
    assert.deepEqual(uploaded, { ...kind, coverSize: size });
    const chunked = ["--header", "Transfer-Encoding: chunked", "--header", "Expect: 100-continue"];
    const body = JSON.stringify({ ...kind, id: "5" });
    const type = ["--header", "Content-Type: application/json", "--data", body];
    assert.equal(await curl(...status, ...chunked, ...type, albums), "201");
    const verbose = await curl("--include", "--http1.1", `${albums}/1`);
    assert.match(verbose, /^HTTP\/1\.1 200 OK\r\n/);
    assert.equal(JSON.parse(verbose.slice(verbose.indexOf("\r\n\r\n"))).id, "1");
  });
});
