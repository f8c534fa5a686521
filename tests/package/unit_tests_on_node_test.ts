/**
 * The tests of this repository once more: on real Nodes, against the package. Those that listen, speak
 * over sockets or run a program do so on Node 24 alone, because all of it must end within minutes and
 * the contract suite listens on every version. What the platforms do differently is listed here with
 * its reason.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { type NodeVersion, nodeVersions, onNode, startOnNode } from "../support/node_runtime.ts";
import { hasPeer } from "../support/peers.ts";
import { listFiles, root } from "../support/source.ts";
import type { TestOnNode } from "../support/tests_on_node.ts";

/** What Deno's shim for Node has. */
const shimmed = new Set([
  ...["test", "TestContext", "env", "errors", "build", "uid", "memoryUsage"],
  ...["readTextFile", "readTextFileSync", "readDirSync", "readFile", "readLinkSync", "realPath"],
  ...["makeTempDir", "mkdir", "remove", "rename", "stat", "lstat", "symlink", "truncate", "chmod"],
  ...["utime", "writeFile", "writeTextFile"],
]);

/** What listens, speaks and runs: the shim has it from `tests/support/*_on_node.ts`. */
const outward = new Set([
  ...["listens", "connect", "listen", "Conn", "TcpConn", "NetAddr", "Command", "ChildProcess"],
  ...["statSync", "inspect", "copyFile", "readDir", "makeTempFile"],
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
  "tests/types_test.ts": "is about types",
  "tests/server/files_curl_test.ts": "has curl write to /dev/stderr, which on Node is a socket",
  "tests/real/leak_test.ts": "measures memory as Deno tells it",
  "tests/real/transport_node_test.ts": "starts Node itself",
  "tests/security/unattended_failures_test.ts": "listens for unhandled rejections as on Deno",
  "tests/security/content_type_test.ts": "takes long, and asks the platform for little",
  "tests/security/response_bombs_test.ts": "takes long, and is about what Deno's fetch decodes",
  "tests/security/decompression_bomb_test.ts":
    "takes long; streams as bodies want `duplex` on Node",
  "tests/security/http2_floods_test.ts": "attacks a listener on Node itself",
  "tests/security/http2_heads_test.ts": "attacks a listener on Node itself",
  "tests/security/http2_resets_test.ts": "attacks a listener on Node itself",
  "tests/security/http2_slow_test.ts": "attacks a listener on Node itself",
  "tests/runtime/node_http2_release_test.ts": "is about Deno's sessions: Node's end in turn",
  "tests/runtime/node_http2_messages_test.ts": "starts its listener on Node itself",
  "tests/runtime/node_http2_peers_test.ts": "starts its listener on Node itself",
  "tests/runtime/node_http2_push_test.ts": "starts its listener on Node itself",
  "tests/runtime/node_http2_shutdown_test.ts": "starts its listener on Node itself",
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
  {
    tests: /body limit: a source in process is cancelled|through a gateway, only what is meant/,
    why: "Node wants `duplex` beside a stream",
  },
  {
    tests: /compression of the original: .*"[^"]*deflate|Accept-Encoding: what the platform sends/,
    why: "Node's fetch asks for and decodes deflate",
  },
  {
    tests:
      /^tests\/layers\/decompress_socket|each compression mode asks|response (?:bomb|codings): /,
    why: "Node's fetch decodes more than Deno's, at once, and refuses more than five codings",
  },
  {
    tests: /large headers: what the platform takes|length lies: less than there is, in chunks/,
    why:
      "Node's fetch counts bytes of heads, and fails before the body where two framings disagree",
  },
  { tests: /replies: every status is sent/, why: "Node's fetch fails at 407" },
  { tests: /Expect: the platform sends it/, why: "Node's fetch refuses the field" },
  { tests: /client: Host header override/, why: "Node's fetch writes the field itself" },
  {
    tests: /what frames a message is the transport's/,
    why: "Node's fetch refuses a length that is not the body's",
  },
  { tests: /those of the caller's address stay/, why: "Node's Request takes no user in a URL" },
  {
    tests: /bad server: one that declares two/,
    why: "undici tells of two lengths with the body",
  },
  {
    tests:
      /transport: a server that says (?:nothing|garbage|half a head|a length|two|too many|a switch)/,
    why: "undici has other words, limits bytes and not fields, and fails with the body",
  },
  {
    tests: /transport: a length beside chunks/,
    why: "undici refuses it",
  },
  {
    tests: /trailers: a transport without them|listener: port 0 is a free port/,
    why: "are about Deno.serve",
  },
  { tests: /listener options: (?:what is undefined|heads larger)/, why: "are about Deno.serve" },
  { tests: /listener: request limits/, why: "Node's fetch sends more fields by itself" },
  { tests: /transport: what is wrong with a call/, why: "Node has other words for a port" },
  { tests: /listener: a port that is taken/, why: "the cause is an error of Deno's" },
  {
    tests: /bad requests: (?:heads that are refused|unusual ones)|a Host that is rewritten/,
    why: "node_http takes an asterisk, and refuses line feeds alone and what is no Host",
  },
  {
    tests: /curl: odd methods|polluted requests: methods, paths/,
    why: "Node's parser refuses methods that it does not know",
  },
  { tests: /interplay: a graceful stop breaks off/, why: "the test uses toHex" },
];

const files = listFiles("tests").filter((path) =>
  path.endsWith("_test.ts") && !/^tests\/(?:package|contract)\//.test(path) &&
  !Object.hasOwn(leftOut, path) &&
  [...namesOf(path)].every((name) => shimmed.has(name) || outward.has(name))
);

/** Those that need none of what is outward. */
const inward = files.filter((path) => [...namesOf(path)].every((name) => shimmed.has(name)));

/** What takes long and asks the platform for little is not run on 22, where 20 and 24 both do. */
const leftOutOn22 =
  /^tests\/(?:security|testing)\/|_(?:model|simulation|properties|reference|suite)_test|structured_fields/;

const tried: Readonly<Record<NodeVersion, readonly string[]>> = {
  20: inward,
  22: inward.filter((path) => !leftOutOn22.test(path)),
  24: files,
};

Deno.test({
  name: "package: the tests pass on Node 20, 22 and 24",
  ignore: Deno.build.os === "windows" || !hasPeer("npm"),
  fn: async () => {
    // Two at a time, for two processors: 24 has about as much to do as both others.
    const older = async (): Promise<string[]> => [...await failuresOn(20), ...await failuresOn(22)];
    const failures = await Promise.all([older(), failuresOn(24)]);
    assert.deepEqual(failures.flat(), []);
  },
});

/** Runs the tests on a version, and says what failed. */
async function failuresOn(version: NodeVersion): Promise<string[]> {
  const programs = await onNode(tried[version].map((path) => new URL(path, root)));
  const harness = new URL("../support/tests_on_node.ts", import.meta.url);
  await using running = await startOnNode(version, harness, {
    args: programs,
    env: { PIROUETTE_ROOT: fileURLToPath(root), PIROUETTE_OTHERWISE: otherwiseOn(version) },
    timeout: 240_000,
  });
  const failures: string[] = [];
  const seen = new Set<string>();
  let passed = 0;
  for (;;) {
    const line = await running.line();
    if (line === "done") break;
    if (!line.startsWith('{"file":')) continue;
    const { file, name, failure, skipped = false }: TestOnNode = JSON.parse(line);
    seen.add(file.replace(/\.js$/, ".ts"));
    if (failure !== undefined) failures.push(`Node ${version}: ${file}: ${name}\n${failure}`);
    else if (!skipped) passed++;
  }
  assert.deepEqual(tried[version].filter((path) => !seen.has(path)), []);
  console.log(`${passed} tests of ${seen.size} files on Node ${version}`);
  assert.ok(passed > 1_500, `${passed} tests`);
  return failures;
}

/** A pattern of the tests that are not run on a version. */
function otherwiseOn(version: NodeVersion): string {
  return otherwise
    .filter(({ versions = nodeVersions }) => versions.includes(version))
    .map(({ tests }) => `(?:${tests.source})`)
    .join("|");
}

/** What a test, and what it is made of, asks of `Deno`. */
function namesOf(path: string, seen: Set<string> = new Set()): Set<string> {
  const names = new Set<string>();
  seen.add(path);
  const text = Deno.readTextFileSync(new URL(path, root));
  for (const [, name = ""] of text.matchAll(/\bDeno\.(\w+)/g)) names.add(name);
  if (/(?<!\.)\b(?:serve|new Listener)\(/.test(text)) names.add("listens");
  for (const [, specifier = ""] of text.matchAll(/^(?:import .*|\}) from "(\.[^"]+)";/gm)) {
    const next = new URL(specifier, new URL(path, root)).href.slice(root.href.length);
    if (next.startsWith("src/") || seen.has(next)) continue;
    for (const name of namesOf(next, seen)) names.add(name);
  }
  return names;
}
