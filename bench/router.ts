/**
 * How long a match takes, its parameters read, against the routers we know to be fast.
 *
 * All contenders run in one process in interleaved rounds over the same requests; every request
 * of a set is matched in turn, the parameters are put into an object and each value is read by name.
 * Prints a Markdown table of medians in nanoseconds a match, and the ratio to the best peer.
 *
 * `deno run --allow-read --allow-env bench/router.ts [rounds]`
 *
 * @module
 */
import { contenders, type RouterRequest, wildcardNames } from "./router_contenders.ts";
import type { matchRepeatedly, Round } from "./router_round.ts";
import { githubSet, honoSet, type RouteSet } from "./router_routes.ts";

const rounds = Number(Deno.args[0] ?? 25);
const warmUpRounds = 5;
const matchesPerRound = 60_000;

/** A string as a transport makes it: flat, from bytes. */
function flat(text: string): string {
  return new TextDecoder().decode(new TextEncoder().encode(text));
}

function requestsOf(set: RouteSet, contender: string): RouterRequest[] {
  const origin = "http://127.0.0.1:9090";
  const wildcard = wildcardNames[contender];
  return set.requests.map(([method, path, names]) => ({
    method,
    path: flat(path),
    url: flat(origin + path),
    start: origin.length,
    names: contender.endsWith("by position")
      ? []
      : names.map((name) => name === "*" ? wildcard : name).filter((name) => name !== undefined),
  }));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? NaN;
}

async function measure(set: RouteSet): Promise<void> {
  const repeats = Math.ceil(matchesPerRound / set.requests.length);
  const times: Record<string, number[]> = {};
  const matchers = Object.entries(contenders(set.routes));
  const loops: (() => Round)[] = [];
  for (const [name, match] of matchers) {
    // A module instance each, so that no router's loop is optimised for another's objects.
    const loop: { matchRepeatedly: typeof matchRepeatedly } = await import(
      `./router_round.ts?${encodeURIComponent(set.name + name)}`
    );
    const requests = requestsOf(set, name);
    loops.push(() => loop.matchRepeatedly(match, requests, repeats));
  }
  for (let round = 0; round < warmUpRounds + rounds; round++) {
    for (const [index, [name]] of matchers.entries()) {
      const result = loops[index]?.();
      if (round >= warmUpRounds) (times[name] ??= []).push(result?.nanoseconds ?? NaN);
    }
  }
  const medians = matchers.map(([name]): [string, number] => [name, median(times[name] ?? [])]);
  const best = Math.min(
    ...medians.filter(([name]) => !name.startsWith("ours")).map(([, ns]) => ns),
  );
  console.log(`\n| ${set.name} routes | ns a match | × the best peer |\n| --- | ---: | ---: |`);
  for (const [name, ns] of medians) {
    console.log(`| ${name} | ${ns.toFixed(0)} | ${(ns / best).toFixed(2)} |`);
  }
}

await measure(honoSet);
const github = githubSet();
if (github === undefined) console.log("GitHub's routes skipped: ../shared/data is not there");
else await measure(github);
