/**
 * Clients of other people: what they send and understand is not what our own imagine. A machine
 * without one of them says so once and holds nothing against it, except on CI.
 *
 * @module
 */
import assert from "node:assert/strict";
import { hasPeer } from "../../support/peers.ts";
import { pattern } from "../../support/temp_folder.ts";
import type { Ask } from "../ask.ts";
import type { Case } from "../case.ts";
import { h2, type Protocol } from "../target.ts";

const versions: Readonly<Record<Protocol, string>> = {
  "h1": "--http1.1",
  "h1-TLS": "--http1.1",
  "h2-TLS": "--http2",
  "h2c": "--http2-prior-knowledge",
};

function urlOf({ place }: Ask, path: string): string {
  return `${place.ca === undefined ? "http" : "https"}://127.0.0.1:${place.port}${path}`;
}

async function run(command: string, args: readonly string[]): Promise<string> {
  const child = new Deno.Command(command, {
    args: [...args],
    stdin: "null",
    signal: AbortSignal.timeout(9_000),
  });
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder("latin1");
  assert.equal(code, 0, `${command}: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}

/** Runs curl in the protocol of a target. */
async function curl(ask: Ask, path: string, ...args: string[]): Promise<string> {
  const { target: { protocol }, place: { caFile } } = ask;
  const trust = caFile === undefined ? [] : ["--cacert", caFile];
  const own = ["--silent", "--show-error", "--max-time", "9", "--noproxy", "*", ...trust];
  return await run("curl", [...own, versions[protocol], ...args, urlOf(ask, path)]);
}

/** The cases. */
export const peers: readonly Case[] = [
  {
    feature: "curl",
    name: "speaks the version that is asked for",
    async run(ask) {
      if (!hasPeer("curl")) return;
      const told = await curl(ask, "/text", "--write-out", " %{http_version} %{http_code}");
      const version = ask.target.protocol.startsWith("h2") ? "2" : "1.1";
      assert.equal(told, `text ${version} 200`);
    },
  },
  {
    feature: "curl",
    name: "HEAD, an upload with Expect, a stream, a range",
    async run(ask) {
      if (!hasPeer("curl")) return;
      assert.match(await curl(ask, "/text", "--head"), /content-type: text\/plain/i);
      assert.equal((await curl(ask, "/chunks/3")).length, 24);
      assert.equal(await curl(ask, "/files/small.txt", "--range", "2-4"), "234");
      const file = await Deno.makeTempFile();
      try {
        await Deno.writeFile(file, pattern(2 * 1024 * 1024));
        const upload = ["--data-binary", `@${file}`, "--header", "Expect: 100-continue"];
        assert.equal(await curl(ask, `/summed/${ask.id}`, ...upload), `${2 * 1024 * 1024}`);
      } finally {
        await Deno.remove(file);
      }
    },
  },
  {
    feature: "curl",
    name: "goes from HTTP/1.1 to HTTP/2 by ALPN only: an upgrade in the clear is not taken",
    protocols: ["h1"],
    async run(ask) {
      if (!hasPeer("curl")) return;
      const told = await curl(ask, "/text", "--http2", "--write-out", " %{http_version}");
      assert.equal(told, "text 1.1");
    },
  },
  {
    feature: "nghttp and h2load",
    name: "a page, and 500 requests on 5 connections with 20 streams each",
    protocols: h2,
    async run(ask) {
      if (!hasPeer("nghttp") || !hasPeer("h2load")) return;
      assert.equal(await run("nghttp", ["--timeout=9s", urlOf(ask, "/text")]), "text");
      const load = ["-n", "500", "-c", "5", "-m", "20", urlOf(ask, "/large/20000")];
      assert.match(await run("h2load", load), /500 succeeded, 0 failed, 0 errored/);
    },
  },
  {
    feature: "fetch",
    name: "of Deno, with the authority",
    protocols: ["h1", "h1-TLS", "h2-TLS"],
    async run(ask) {
      const { target: { protocol }, place: { ca } } = ask;
      using client = Deno.createHttpClient({
        ...ca === undefined ? {} : { caCerts: [ca] },
        http1: protocol !== "h2-TLS",
        http2: protocol === "h2-TLS",
      });
      const body = pattern(300_000);
      const answer = await fetch(urlOf(ask, "/echo"), { client, method: "POST", body });
      assert.deepEqual(await answer.bytes(), body);
    },
  },
];
