/**
 * The package that npm users install: what is in it, that it installs in a fresh folder, that every
 * entry loads and works on real Nodes, and that TypeScript takes it under strict settings.
 *
 * @module
 */
import assert from "node:assert/strict";
import { neededPackages, pack } from "../support/node_package.ts";
import { nodeProgram, nodeVersions, npmInstall } from "../support/node_tools.ts";
import { hasPeer } from "../support/peers.ts";
import { root } from "../support/source.ts";
import { withFolder } from "../support/temp_folder.ts";

const ignore = Deno.build.os === "windows" || !hasPeer("npm");
const manifest: Manifest = JSON.parse(Deno.readTextFileSync(new URL("deno.json", root)));
const entries = Object.keys(manifest.exports).map((path) => manifest.name + path.slice(1));

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, string>>;
}

Deno.test({
  name: "package: what is packed is what programs need, and all its types",
  ignore,
  fn: () =>
    withFolder({}, async (folder) => {
      const said = await pack(`${folder}/package.tgz`);
      const { size } = await Deno.stat(`${folder}/package.tgz`);
      console.log(`the package is ${Math.round(size / 1024)} KiB`);
      assert.ok(size < 1_000_000, `${size} bytes`);
      await run("tar", ["-xzf", "package.tgz"], folder);
      const home = `${folder}/package`;
      const files = filesOf(home);
      const odd = files.filter((path) =>
        !/^(?:LICENSE|README\.md|package\.json|mod\.(?:js|d\.ts)|src\/.+\.(?:js|ts))$/.test(path)
      );
      assert.deepEqual(odd, []);

      const { dependencies, exports, ...rest } = JSON.parse(
        await Deno.readTextFile(`${home}/package.json`),
      );
      assert.deepEqual(dependencies, neededPackages());
      assert.deepEqual([rest.name, rest.version], [manifest.name, manifest.version]);
      assert.deepEqual([rest.type, rest.license], ["module", "MIT"]);
      assert.deepEqual(Object.keys(exports), Object.keys(manifest.exports));

      // `deno pack` also names each private file that no public type needs; those are not missed.
      const missed: string[] = [];
      for (const entry of Object.values(exports) as { types: string; import: string }[]) {
        for (const path of [entry.types, entry.import]) {
          if (!files.includes(path.slice(2))) missed.push(path);
        }
      }
      for (const path of files.filter((path) => path.endsWith(".d.ts"))) {
        const text = await Deno.readTextFile(`${home}/${path}`);
        if (/\bDeno\./.test(text.replaceAll(/\/\*[^]*?\*\//g, ""))) missed.push(`${path}: Deno`);
        for (const [, specifier = ""] of text.matchAll(/(?:from |import\()"(\.[^"]+)"/g)) {
          const { pathname } = new URL(specifier, `file:///${path}`);
          const named = pathname.slice(1).replace(/\.js$/, ".d.ts");
          if (!files.includes(named)) missed.push(`${path}: ${named}`);
        }
      }
      assert.deepEqual(missed, [], said);
    }),
});

const program = `
import assert from "node:assert/strict";
import { z } from "zod";
${entries.map((entry, index) => `import * as entry${index} from "${entry}";`).join("\n")}
import { Client, get, post, serve, service, stack, string } from "@pirouette/http";
import { retry } from "@pirouette/http/layers";
import { faultFetch, VirtualClock } from "@pirouette/http/testing";

for (const [index, entry] of [${entries.map((_, index) => `entry${index}`).join()}].entries()) {
  assert.ok(Object.keys(entry).length > 0, String(index));
}
const Album = z.object({ id: z.string(), price: z.number() });
const albums = service({}, [
  get("/hello/:name", { query: { mark: string() } }, ({ path, query }) => path.name + query.mark),
  post("/albums", { body: Album }, ({ body }) => ({ ...body, big: 12345678901234567890n })),
]);
const inProcess = await albums.fetch("http://a/hello/you?mark=!");
assert.equal(await inProcess.text(), "you!");

const server = await serve(albums, { port: 0 });
assert.equal(server.transport, "node_http");
const client = new Client(server.url);
assert.equal(await client.get("/hello/there?mark=.", { as: z.string() }), "there.");
const made = await client.post("/albums", { id: "1", price: 2 });
assert.equal(made.status, 201);
assert.equal(await made.text(), '{"id":"1","price":2,"big":12345678901234567890}');
const broken = await client.fetch("/albums", {
  method: "POST",
  body: "{",
  headers: { "content-type": "application/json" },
});
assert.equal(broken.status, 400);
await broken.body?.cancel();
await server.gracefulStop();

const clock = new VirtualClock();
const flaky = faultFetch([{ fault: "refused" }, { status: 200, body: "at last" }], { clock });
const call = stack(flaky.fetch, retry({ count: 2, interval: 100, clock }))("http://a/");
for (let turn = 0; turn < 20; turn++) await clock.advance(100);
assert.equal(await (await call).text(), "at last");
console.log("works");
`;

const consumer = `
import { z } from "zod";
${entries.map((entry, index) => `import * as entry${index} from "${entry}";`).join("\n")}
import { Client, type Fetch, get, type Layer, serve, service, stack } from "@pirouette/http";
import { retry } from "@pirouette/http/layers";

export const all: readonly object[] = [${entries.map((_, index) => `entry${index}`).join()}];
const Album = z.object({ id: z.string(), price: z.number() });
const albums = service({}, [
  get("/albums/:id", { responses: { 200: Album } }, ({ path }) => ({ id: path.id, price: 1 })),
]);
const layer: Layer = retry({ count: 2 });
export const call: Fetch = stack(albums.fetch, layer);
export async function main(): Promise<number> {
  await using server = await serve(albums, { port: 0 });
  const album = await new Client(server.url).get("/albums/1", { as: Album });
  // @ts-expect-error the price is a number
  album.price.trim();
  return album.price;
}
// @ts-expect-error there is no such option
export const refused = service({ basepath: "/v1" }, []);
`;

Deno.test({
  name: "package: installs in a fresh folder, works on Node, and compiles",
  ignore,
  fn: async (test) => {
    await withFolder({ "app/main.mjs": program, "app/main.ts": consumer }, async (folder) => {
      const app = `${folder}/app`;
      await pack(`${folder}/package.tgz`);
      const types = ["typescript@5.9.3", "@types/node@24.19.2"];
      await npmInstall(app, [`${folder}/package.tgz`, "zod@4.6.7", ...types]);
      for (const version of nodeVersions) {
        await test.step(`on Node ${version}`, async () => {
          const said = await run(await nodeProgram(version), ["main.mjs"], app);
          assert.equal(said.trim(), "works");
        });
      }
      const resolutions = [["esnext", "bundler"], ["nodenext", "nodenext"]] as const;
      for (const [module, moduleResolution] of resolutions) {
        await test.step(`TypeScript, strict, moduleResolution ${moduleResolution}`, async () => {
          const compilerOptions = {
            ...{ module, moduleResolution, target: "es2022", strict: true, noEmit: true },
            ...{ lib: ["es2022", "esnext.disposable", "dom", "dom.iterable", "dom.asynciterable"] },
            ...{ types: ["node"], skipLibCheck: false, exactOptionalPropertyTypes: true },
          };
          const config = JSON.stringify({ compilerOptions, files: ["main.ts"] });
          await Deno.writeTextFile(`${app}/tsconfig.json`, config);
          await run(await nodeProgram(24), ["node_modules/typescript/bin/tsc"], app);
        });
      }
    });
  },
});

/** What a program prints. */
async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    cwd,
    stdin: "null",
    signal: AbortSignal.timeout(120_000),
  }).output();
  const [out = "", complaints = ""] = [stdout, stderr].map((bytes) =>
    new TextDecoder().decode(bytes)
  );
  if (!success) throw new Error(`${command} ${args.join(" ")} failed:\n${out}\n${complaints}`);
  return out;
}

function filesOf(folder: string, below = ""): string[] {
  return [...Deno.readDirSync(`${folder}/${below}`)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesOf(folder, `${below}${name}/`) : [below + name]
  );
}
