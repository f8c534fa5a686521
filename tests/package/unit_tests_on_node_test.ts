/**
 * The tests of this repository once more: on real Nodes, against the package. Those that start a server
 * or a program are left out; what the platforms do differently is listed here with its reason.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { type NodeVersion, nodeVersions, onNode, startOnNode } from "../support/node_runtime.ts";
import { hasPeer } from "../support/peers.ts";
import { listFiles, root } from "../support/source.ts";
import type { TestOnNode } from "../support/tests_on_node.ts";

/** What Deno's shim for Node has; of sockets it has less than it says. */
const shimmed = new Set([
  ...["test", "TestContext", "env", "errors", "build", "uid", "memoryUsage"],
  ...["readTextFile", "readTextFileSync", "readDirSync", "readFile", "readLinkSync", "realPath"],
  ...["makeTempDir", "mkdir", "remove", "rename", "stat", "lstat", "symlink", "truncate", "chmod"],
  ...["utime", "writeFile", "writeTextFile"],
]);

/** Files that would tell nothing new about Node, or nothing true. */
const leftOut: Readonly<Record<string, string>> = {
  "tests/counts_test.ts": "is about this repository",
  "tests/client/resilience_fuzz_test.ts":
    "Node's Request listens to its signal until it is collected",
  "tests/layers/resilience_leak_test.ts": "as the fuzz test",
  "tests/layers/resilience_simulation_test.ts": "takes long, and asks the platform for nothing",
  "tests/server/interplay_property_test.ts": "listens for unhandled rejections as on Deno",
  "tests/security/slow_fields_test.ts": "measures times, which need a machine of their own",
};

/** What a platform makes something else of, rightly: tests by their files and names. */
interface Otherwise {
  readonly tests: RegExp;
  readonly why: string;
  /** The versions it is about; all of them by default. */
  readonly versions?: readonly NodeVersion[];
}

const otherwise: readonly Otherwise[] = [
  {
    tests: /^tests\/(?:layers\/(?:de)?compress|message\/(?:decode_content|content_coding)_)/,
    why: "Node 20 has no Brotli for programs, and all of these try every coding",
    versions: [20],
  },
  {
    tests: /^tests\/(?:layers\/decompress|message\/decode_content)_.*(?:with two of them|garbage)/,
    why: "Node decodes several members, and tells of garbage after a short source has ended",
  },
  { tests: /decompress: what the platform decoded/, why: "Node's fetch decodes more than Deno's" },
  { tests: /decompress: the source is cancelled with/, why: "Node's decoder takes 16 KiB unasked" },
  { tests: /header record: all fields/, why: "Node's Headers leaves out a key __proto__" },
  {
    tests: /router_reference_test/,
    why: "compares with URLPattern, which Node has since 24",
    versions: [20, 22],
  },
  { tests: /rate_quota_test/, why: "the test uses Map.groupBy", versions: [20] },
  { tests: /structured_fields_suite/, why: "the test reads numbers as texts", versions: [20] },
  { tests: /transport options: (?:what cannot|every option)/, why: "are about Deno's client" },
  {
    tests: /default headers go to their origins only/,
    why: "Node's Request takes no user in a URL",
  },
  {
    tests: /forms go to each target|a multipart form (?:reaches|go)|and a multipart form go along/,
    why: "reading a form takes turns of the event loop, which a virtual clock does not wait for",
    versions: [24],
  },
  { tests: /faultFetch: remembers what was sent/, why: "Node wants `duplex` beside a stream" },
];

const files = listFiles("tests").filter((path) =>
  path.endsWith("_test.ts") && !/^tests\/(?:package|contract)\//.test(path) &&
  !Object.hasOwn(leftOut, path) && [...namesOf(path)].every((name) => shimmed.has(name))
);

let programs: Promise<string[]> | undefined;

for (const version of nodeVersions) {
  Deno.test({
    name: `package: the tests pass on Node ${version}`,
    ignore: Deno.build.os === "windows" || !hasPeer("npm"),
    fn: async () => {
      programs ??= onNode(files.map((path) => new URL(path, root)));
      const harness = new URL("../support/tests_on_node.ts", import.meta.url);
      await using running = await startOnNode(version, harness, {
        args: await programs,
        env: { PIROUETTE_ROOT: fileURLToPath(root) },
        timeout: 240_000,
      });
      const failures: string[] = [];
      const seen = new Set<string>();
      let passed = 0;
      for (;;) {
        const line = await running.line();
        if (line === "done") break;
        if (!line.startsWith('{"file":')) continue;
        const { file, name, failure }: TestOnNode = JSON.parse(line);
        seen.add(file.replace(/\.js$/, ".ts"));
        if (failure === undefined) passed++;
        else if (!isOtherwise(version, `${file}: ${name}`)) {
          failures.push(`${file}: ${name}\n${failure}`);
        }
      }
      assert.deepEqual(failures, []);
      assert.deepEqual(files.filter((path) => !seen.has(path)), []);
      console.log(`${passed} tests of ${files.length} files on Node ${version}`);
      assert.ok(passed > 1_500, `${passed} tests`);
    },
  });
}

function isOtherwise(version: NodeVersion, test: string): boolean {
  return otherwise.some(({ tests, versions = nodeVersions }) =>
    versions.includes(version) && tests.test(test)
  );
}

/** What a test, and what it is made of, asks of `Deno`. */
function namesOf(path: string, seen: Set<string> = new Set()): Set<string> {
  const names = new Set<string>();
  seen.add(path);
  const text = Deno.readTextFileSync(new URL(path, root));
  for (const [, name = ""] of text.matchAll(/\bDeno\.(\w+)/g)) names.add(name);
  // Those that listen are about the transport, which the contract suite runs on every Node.
  if (/\b(?:serve|new Listener)\(/.test(text)) names.add("serve");
  for (const [, specifier = ""] of text.matchAll(/^(?:import .*|\}) from "(\.[^"]+)";/gm)) {
    const next = new URL(specifier, new URL(path, root)).href.slice(root.href.length);
    if (next.startsWith("src/") || seen.has(next)) continue;
    for (const name of namesOf(next, seen)) names.add(name);
  }
  return names;
}
