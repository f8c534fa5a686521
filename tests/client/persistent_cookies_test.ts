import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { CsvPersistentCookieHandler } from "../../src/client/persistent_cookies_csv.ts";
import type { PersistentCookiesOptions } from "../../src/client/persistent_cookies_file.ts";
import type { SkippedLine } from "../../src/client/persistent_cookies_format.ts";
import { JsonLinesPersistentCookieHandler } from "../../src/client/persistent_cookies_json_lines.ts";
import { cookies as cookiesLayer } from "../../src/layers/cookies.ts";
import { CookieStore } from "../../src/layers/cookie_store.ts";
import { CookieHandlingError } from "../../src/message/client_errors.ts";
import { Cookie, type CookieOptions } from "../../src/message/cookie.ts";
import { withFolder } from "../support/temp_folder.ts";

const settings = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 25 };
const T0 = Date.UTC(2030, 0, 2, 3, 4, 5, 678);
const EXPIRES = new Date(Date.UTC(2035, 5, 26, 5, 46, 22));

const handlers = [
  {
    name: "CsvPersistentCookieHandler",
    file: "cookies.csv",
    make: (path: string | URL, options?: PersistentCookiesOptions) =>
      new CsvPersistentCookieHandler(path, options),
  },
  {
    name: "JsonLinesPersistentCookieHandler",
    file: "cookies.jsonl",
    make: (path: string | URL, options?: PersistentCookiesOptions) =>
      new JsonLinesPersistentCookieHandler(path, options),
  },
] as const;

function cookie(name: string, value = "1", options: CookieOptions = {}): Cookie {
  return new Cookie(name, value, {
    domain: "x.com",
    path: "/",
    expires: EXPIRES,
    createdTime: T0,
    ...options,
  });
}

function shown(cookies: Iterable<Cookie>): string[] {
  return [...cookies].map(({ name, value }) => `${name}=${value}`).sort();
}

async function namesIn(folder: string): Promise<string[]> {
  const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  return names.sort();
}

for (const { name, file, make } of handlers) {
  const inFolder = (text: string | undefined, check: (path: string) => Promise<void>) =>
    withFolder(text === undefined ? {} : { [file]: text }, (folder) => check(`${folder}/${file}`));

  Deno.test(`${name}: keeps cookies beyond the handler`, () =>
    inFolder(undefined, async (path) => {
      const handler = make(path);
      assert.deepEqual(await handler.getAllCookies(), []);
      await handler.removeCookie("a", "x.com", "/");
      await handler.removeAllCookies();
      assert.deepEqual(await namesIn(path.slice(0, -file.length)), []);
      const all = [
        cookie("a", "1", { hostOnly: true, secure: true, httpOnly: true }),
        cookie("a", "2", { lastAccessedTime: T0 + 5 }),
        cookie("b", "3", { domain: "y.x.com", path: "/p q", sameSite: "none", secure: true }),
        cookie("c", "4", { partitioned: true, secure: true }),
        cookie("d", "5", { expires: undefined, maxAge: 60 }),
      ];
      for (const one of all) await handler.storeCookie(one);
      assert.deepEqual(await make(path).getAllCookies(), all);
      assert.deepEqual(await make(pathToFileURL(path)).getAllCookies(), all);
      await handler.storeCookie(cookie("b", "new", { domain: "y.x.com", path: "/p q" }));
      await handler.removeCookie("a", "x.com", "/");
      await handler.removeCookie("a", "x.com", "/other");
      assert.deepEqual(shown(await make(path).getAllCookies()), ["b=new", "c=4", "d=5"]);
      await handler.removeAllCookies();
      assert.deepEqual(await namesIn(path.slice(0, -file.length)), []);
      assert.deepEqual(await handler.getAllCookies(), []);
      await handler.storeCookie(cookie("e"));
      assert.deepEqual(shown(await make(path).getAllCookies()), ["e=1"]);
    }));

  Deno.test(`${name}: nothing in a cookie breaks the file, whatever it is called`, () =>
    inFolder(undefined, async (path) => {
      const odd = [
        "__proto__",
        "constructor",
        "a,b",
        'a"b',
        "a\r\nb",
        "a\nb",
        "=",
        "removed",
        "ü€",
      ];
      const handler = make(path);
      for (const text of odd) {
        await handler.storeCookie(cookie(text, text, { path: `/${text}`, domain: "x.com" }));
      }
      const read = await make(path).getAllCookies();
      assert.deepEqual(read.map((one) => one.name), odd);
      assert.deepEqual(read.map((one) => one.value), odd);
      assert.deepEqual(read.map((one) => one.path), odd.map((text) => `/${text}`));
      assert.equal(({} as Record<string, unknown>)["a"], undefined);
    }));

  Deno.test(`${name}: what is kept is read again, after any changes`, async () => {
    const text = fc.oneof(
      fc.constantFrom("a", "b"),
      fc.string({ unit: fc.constantFrom('"', ",", "\r", "\n", "{", "é", "a") }),
    ).map((made) => `n${made}n`);
    const change = fc.record({
      name: text,
      value: text,
      path: fc.constantFrom("/", "/p"),
      hostOnly: fc.boolean(),
      removed: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { maxLength: 12 }),
        (changes) =>
          inFolder(undefined, async (path) => {
            const handler = make(path);
            const model = new Map<string, string>();
            for (const { name, value, path, hostOnly, removed } of changes) {
              if (removed) {
                await handler.removeCookie(name, "x.com", path);
                model.delete(JSON.stringify([name, path, true]));
                model.delete(JSON.stringify([name, path, false]));
              } else {
                await handler.storeCookie(cookie(name, value, { path, hostOnly }));
                model.set(JSON.stringify([name, path, hostOnly]), value);
              }
            }
            for (const reader of [handler, make(path)]) {
              const read = await reader.getAllCookies();
              assert.deepEqual(
                new Map(
                  read.map((one) =>
                    [JSON.stringify([one.name, one.path, one.hostOnly]), one.value] as const
                  ),
                ),
                model,
              );
              assert.equal(reader.skippedCount, 0);
            }
          }),
      ),
      settings,
    );
  });

  Deno.test(`${name}: changes at one time are all kept, by several handlers too`, () =>
    inFolder(undefined, async (path) => {
      const several = [make(path), make(path), make(path)];
      await Promise.all(
        Array.from({ length: 60 }, async (_, index) => {
          const handler = several[index % 3] as (typeof several)[0];
          await handler.storeCookie(cookie(`a${index}`));
          if (index % 2 === 0) await handler.removeCookie(`a${index}`, "x.com", "/");
        }),
      );
      for (const handler of [...several, make(path)]) {
        const names = (await handler.getAllCookies()).map((one) => one.name).sort();
        assert.deepEqual(
          names,
          Array.from({ length: 30 }, (_, half) => `a${2 * half + 1}`).sort(),
        );
      }
      assert.deepEqual(await namesIn(path.slice(0, -file.length)), [file]);
    }));

  Deno.test(`${name}: a file that ends in the middle of a line loses that line alone`, () =>
    inFolder(undefined, async (path) => {
      const handler = make(path);
      for (const one of ["a", "b", "c"]) await handler.storeCookie(cookie(one, `"${one},`));
      const whole = await Deno.readFile(path);
      const last = whole.lastIndexOf(10, whole.length - 2) + 1;
      for (let length = last; length <= whole.length; length++) {
        await Deno.writeFile(path, whole.subarray(0, length));
        const skipped: SkippedLine[] = [];
        const reader = make(path, { onSkipped: (lines) => skipped.push(...lines) });
        const names = (await reader.getAllCookies()).map((one) => one.name);
        assert.deepEqual(names.slice(0, 2), ["a", "b"]);
        assert.deepEqual(names.slice(2), names.length === 3 ? ["c"] : []);
        assert.equal(names.length === 3 || length === last ? 0 : 1, skipped.length, `${length}`);
        assert.equal(reader.skippedCount, skipped.length);
        for (const { line } of skipped) assert.equal(line, 3);
        await reader.storeCookie(cookie("d"));
        const again = make(path);
        assert.deepEqual((await again.getAllCookies()).map((one) => one.name), [...names, "d"]);
        assert.equal(again.skippedCount, 0);
      }
    }));

  Deno.test(`${name}: a change by somebody else is seen`, () =>
    inFolder(undefined, async (path) => {
      const [one, other] = [make(path), make(path)];
      await one.storeCookie(cookie("a"));
      assert.deepEqual(shown(await other.getAllCookies()), ["a=1"]);
      await other.storeCookie(cookie("b"));
      await one.storeCookie(cookie("c"));
      assert.deepEqual(shown(await other.getAllCookies()), ["a=1", "b=1", "c=1"]);
      await Deno.remove(path);
      assert.deepEqual(await one.getAllCookies(), []);
      await other.storeCookie(cookie("d"));
      assert.deepEqual(shown(await one.getAllCookies()), ["d=1"]);
    }));

  Deno.test(`${name}: only its user reads the file, and a link to it stays one`, () =>
    inFolder(undefined, async (path) => {
      if (Deno.build.os === "windows") return;
      const real = `${path.slice(0, -file.length)}real`;
      await Deno.writeTextFile(real, "");
      await Deno.symlink(real, path);
      await make(path).storeCookie(cookie("a"));
      assert.ok((await Deno.lstat(path)).isSymlink);
      assert.equal(((await Deno.stat(real)).mode ?? 0) & 0o777, 0o600);
      assert.deepEqual(shown(await make(path).getAllCookies()), ["a=1"]);
    }));

  Deno.test(`${name}: a file is not read or written beyond its limit`, () =>
    inFolder(undefined, async (path) => {
      const handler = make(path, { maxFileSize: 600 });
      await handler.storeCookie(cookie("a"));
      await assert.rejects(handler.storeCookie(cookie("b", "x".repeat(600))), {
        name: "CookieHandlingError",
        message: /over its limit of 600: raise maxFileSize or remove cookies$/,
      });
      assert.deepEqual(shown(await handler.getAllCookies()), ["a=1"]);
      // Lines that no longer count make room.
      for (let index = 0; index < 30; index++) await handler.storeCookie(cookie("a", `${index}`));
      assert.deepEqual(shown(await make(path).getAllCookies()), ["a=29"]);
      await assert.rejects(make(path, { maxFileSize: 10 }).getAllCookies(), CookieHandlingError);
    }));

  Deno.test(`${name}: what cannot be read or written is an error that says what to do`, () =>
    withFolder({ "plain": "x" }, async (folder) => {
      const missing = make(`${folder}/none/${file}`);
      assert.deepEqual(await missing.getAllCookies(), []);
      await assert.rejects(missing.storeCookie(cookie("a", "secret")), (error: Error) => {
        assert.ok(error instanceof CookieHandlingError);
        assert.match(
          error.message,
          /^Error in writing the cookie file .*: its folder is not there/,
        );
        assert.ok(error.cause instanceof Error);
        assert.doesNotMatch(error.message, /secret/);
        return true;
      });
      await Deno.mkdir(`${folder}/${file}`);
      const directory = make(`${folder}/${file}`);
      for (
        const attempt of [
          () => directory.getAllCookies(),
          () => directory.storeCookie(cookie("a")),
          () => directory.removeCookie("a", "x.com", "/"),
          () => directory.removeAllCookies(),
        ]
      ) await assert.rejects(attempt, { name: "CookieHandlingError" });
      assert.deepEqual(await namesIn(folder), [file, "plain"]);
    }));

  Deno.test(`${name}: a missing permission is named`, () =>
    inFolder(undefined, async (path) => {
      const program = `
        import { ${name} } from "${new URL(
        `../../src/client/persistent_cookies_${kindOf(file)}.ts`,
        import.meta.url,
      )}";
        import { Cookie } from "${new URL("../../src/message/cookie.ts", import.meta.url)}";
        const handler = new ${name}(${JSON.stringify(path)});
        const cookie = new Cookie("a", "b", { domain: "x.com", path: "/" });
        for (const attempt of [() => handler.getAllCookies(), () => handler.storeCookie(cookie)]) {
          await attempt().catch((error) => console.log(error.name, error.message));
        }
      `;
      const escaped = encodeURIComponent(program);
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--no-prompt", "--no-lock", `data:application/typescript,${escaped}`],
        env: { NO_COLOR: "1" },
        stdin: "null",
      }).output();
      const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
      const lines = output.trim().split("\n");
      assert.equal(lines.length, 2, output);
      for (const line of lines) {
        assert.match(
          line,
          /^CookieHandlingError Error in reading .*--allow-read and --allow-write/,
        );
      }
    }));

  Deno.test(`${name}: refuses what would not work`, async () => {
    assert.throws(() => make("cookies.txt"), {
      name: "CookieHandlingError",
      message: /^Invalid file format: "cookies.txt" is no name of a cookie file, end it in \.\w+$/,
    });
    assert.throws(() => make(file, { maxSize: 1 } as PersistentCookiesOptions), {
      name: "TypeError",
      message: /maxFileSize/,
    });
    for (const maxFileSize of [0, -1, 1.5, NaN]) {
      assert.throws(() => make(file, { maxFileSize }), RangeError);
    }
    assert.doesNotThrow(() => make(file.toUpperCase()));
    for (
      const bad of [
        new Cookie("a", "b"),
        cookie("", "b"),
        cookie("a", "b", { domain: undefined }),
        cookie("a", "b", { path: "" }),
        cookie("a", "b", { createdTime: NaN }),
      ]
    ) {
      await assert.rejects(make(file).storeCookie(bad), {
        name: "CookieHandlingError",
        message: /give it a name, a domain, a path/,
      });
    }
  });

  Deno.test(`${name}: keeps times and ages that are out of the ordinary`, () =>
    inFolder(undefined, async (path) => {
      const handler = make(path);
      await handler.storeCookie(cookie("far", "1", { expires: new Date(8.64e15) }));
      await handler.storeCookie(cookie("old", "1", { expires: new Date(-1e14) }));
      await handler.storeCookie(cookie("none", "1", { expires: new Date(NaN) }));
      await handler.storeCookie(cookie("long", "1", { maxAge: Infinity }));
      await handler.storeCookie(cookie("gone", "1", { maxAge: 0 }));
      const [far, old, none, long, gone] = await make(path).getAllCookies();
      assert.ok((far?.expires?.getTime() ?? 0) >= Date.UTC(9999, 11, 31));
      assert.ok((old?.expires?.getTime() ?? 0) <= 0);
      assert.equal(none?.expires, undefined);
      assert.ok((long?.maxAge ?? 0) >= 1e12);
      assert.ok((gone?.maxAge ?? 1) <= 0);
    }));

  Deno.test(`${name}: a client finds its cookies again, without those of the session`, () =>
    inFolder(undefined, async (path) => {
      const errors: unknown[] = [];
      const visit = async (url: string) => {
        const store = new CookieStore({ persistentCookieHandler: make(path) });
        const browse = cookiesLayer({ store, onError: (error) => errors.push(error) })(
          (input, init) => {
            const { headers, url } = new Request(input, init);
            const response = new Response(headers.get("cookie"));
            if (url.endsWith("/login")) {
              response.headers.append("set-cookie", "sid=31d4; max-age=3600; path=/; secure");
              response.headers.append("set-cookie", "tab=1; path=/");
            }
            if (url.endsWith("/logout")) {
              response.headers.append("set-cookie", "sid=; max-age=0; path=/");
            }
            return Promise.resolve(response);
          },
        );
        return await (await browse(url)).text();
      };
      assert.equal(await visit("https://x.com/login"), "");
      assert.equal(await visit("https://x.com/"), "sid=31d4");
      assert.equal(await visit("https://x.com/logout"), "sid=31d4");
      assert.equal(await visit("https://x.com/"), "");
      assert.deepEqual(errors, []);
    }));
}

Deno.test("CsvPersistentCookieHandler: writes the columns of the original library", () =>
  withFolder({}, async (folder) => {
    const path = `${folder}/cookies.csv`;
    const handler = new CsvPersistentCookieHandler(path);
    await handler.storeCookie(cookie("SID", "31d4", { hostOnly: true }));
    await handler.storeCookie(cookie("T", "1", { expires: undefined, maxAge: 60, secure: true }));
    assert.deepEqual((await Deno.readTextFile(path)).split("\r\n"), [
      'SID,31d4,x.com,/,"Tue, 26 Jun 2035 05:46:22 GMT",0,false,false,2030-01-02T03:04:05.678Z,' +
      "2030-01-02T03:04:05.678Z,true",
      "T,1,x.com,/,-,60,false,true,2030-01-02T03:04:05.678Z,2030-01-02T03:04:05.678Z,false",
      "",
    ]);
  }));

Deno.test("CsvPersistentCookieHandler: reads what others wrote, and tells of what is no cookie", () => {
  const time = "2030-01-02T03:04:05.123456789Z,2030-01-02T03:04:06Z";
  const lines = [
    "\ufeffname,value,domain,path,expires,maxAge,httpOnly,secure,createdTime,lastAccessedTime,hostOnly",
    `a,1,x.com,/,"Tue, 26 Jun 2035 05:46:22GMT",0,true,false,${time},true`,
    `b,2,x.com,/,-,60,true,false,${time},true`,
    `c,3,x.com`,
    `d,4,x.com,/,-,60,yes,false,${time},true`,
    `e,5,x.com,/,-,sixty,true,false,${time},true`,
    `f,"6,x.com,/,-,60,true,false,${time},true`,
    `g,7,x.com,/,someday,60,true,false,${time},true`,
    `h,8,x.com,/,-,60,true,false,now,now,true`,
    `,9,x.com,/,-,60,true,false,${time},true`,
    `i,10,x.com,/,-,60,true,false,${time},true,sideways`,
    `j,11,x.com,/,-,60,true,true,${time},true,none,true,more`,
    `k,12,x.com,/,-,60,true,true,${time},true,none,true`,
    "",
  ];
  return withFolder({ "cookies.csv": lines.join("\n") }, async (folder) => {
    const skipped: SkippedLine[] = [];
    const handler = new CsvPersistentCookieHandler(`${folder}/cookies.csv`, {
      onSkipped: (lines) => skipped.push(...lines),
    });
    assert.deepEqual(shown(await handler.getAllCookies()), ["a=1", "b=2", "k=12"]);
    assert.deepEqual(skipped.map(({ line }) => line), [4, 5, 6, 7, 8, 9, 10, 11, 12]);
    assert.equal(handler.skippedCount, 9);
    for (const { reason } of skipped) assert.doesNotMatch(reason, /x\.com|sixty|someday|yes/);
    const [a] = await handler.getAllCookies();
    assert.deepEqual([a?.expires, a?.createdTime], [EXPIRES, Date.UTC(2030, 0, 2, 3, 4, 5, 123)]);
    assert.equal(skipped.length, 9, "it is told once");
  });
});

Deno.test("JsonLinesPersistentCookieHandler: a change adds a line until too many do not count", () =>
  withFolder({}, async (folder) => {
    const path = `${folder}/cookies.jsonl`;
    const handler = new JsonLinesPersistentCookieHandler(path);
    const lineCount = async () => (await Deno.readTextFile(path)).split("\n").length - 1;
    let most = 0;
    for (let index = 0; index < 200; index++) {
      await handler.storeCookie(cookie("a", `${index}`));
      most = Math.max(most, await lineCount());
    }
    assert.ok(most > 10 && most < 100, `${most}`);
    await handler.removeCookie("a", "x.com", "/");
    assert.match(await Deno.readTextFile(path), /"removed":true\}\n$/);
    assert.deepEqual(await new JsonLinesPersistentCookieHandler(path).getAllCookies(), []);
  }));

Deno.test("JsonLinesPersistentCookieHandler: tells of what is no cookie", () => {
  const good = '"name":"a","value":"1","domain":"x.com","path":"/","createdTime":"2030-01-02"';
  const lines = [
    `{${good},"__proto__":{"polluted":1},"other":[]}`,
    "",
    "[]",
    "null",
    "{",
    "{}",
    `{${good},"maxAge":"1"}`,
    `{${good},"expires":5}`,
    `{${good},"secure":"yes"}`,
    `{${good},"sameSite":"no"}`,
    `{${good},"lastAccessedTime":"never"}`,
    '{"name":"a","value":1,"domain":"x.com","path":"/","createdTime":"2030-01-02"}',
    '{"name":"a","value":"1","domain":"x.com","path":"/"}',
    '{"name":"a","domain":"x.com","path":"/","removed":"yes"}',
    `{${good.replace('"a"', '"b"')}}\r`,
  ];
  return withFolder({ "cookies.jsonl": lines.join("\n") }, async (folder) => {
    const skipped: SkippedLine[] = [];
    const handler = new JsonLinesPersistentCookieHandler(`${folder}/cookies.jsonl`, {
      onSkipped: (lines) => skipped.push(...lines),
    });
    assert.deepEqual(shown(await handler.getAllCookies()), ["a=1", "b=1"]);
    assert.deepEqual(skipped.map(({ line }) => line), [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
    assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
  });
});

Deno.test("persistent cookies: damaged lines are counted on the console where nobody asks", () =>
  withFolder({ "cookies.csv": "secret\nsecret\n" }, async (folder) => {
    const said: unknown[] = [];
    const { warn } = console;
    console.warn = (...words) => said.push(...words);
    try {
      await new CsvPersistentCookieHandler(`${folder}/cookies.csv`).getAllCookies();
    } finally {
      console.warn = warn;
    }
    assert.equal(said.length, 1);
    assert.match(String(said[0]), /^Skipped 2 lines of the cookie file .*: it has 1 fields/);
    assert.doesNotMatch(String(said[0]), /secret/);
  }));

function kindOf(file: string): string {
  return file.endsWith(".csv") ? "csv" : "json_lines";
}
