// deno-lint-ignore-file no-import-prefix -- peers are pinned where they are measured, not depended on
/**
 * The routers of the bench behind one shape: match a request and give its parameters by name.
 *
 * Each is used as its own documentation says. Ours and find-my-way decode what is percent-encoded,
 * memoirist where it is told to, and the others leave that to their callers. Hono's two give
 * positions or values that Hono's request object reads, so they are put into an object here.
 *
 * @module
 */
import { RegExpRouter } from "npm:hono@4.13.19/router/reg-exp-router";
import { TrieRouter } from "npm:hono@4.13.19/router/trie-router";
import { addRoute, createRouter } from "npm:rou3@1.0.0";
import { compileRouter } from "npm:rou3@1.0.0/compiler";
import findMyWay, { type HTTPMethod } from "npm:find-my-way@9.10.1";
import { Memoirist } from "npm:memoirist@1.2.2";
import { Router } from "../src/server/router.ts";
import type { MethodAndPath } from "./router_routes.ts";

/** A request as each router may take it; `url` has the path from `start` to its end. */
export interface RouterRequest {
  /** The method. */
  readonly method: string;
  /** The path. */
  readonly path: string;
  /** The whole URL. */
  readonly url: string;
  /** Where the path begins in the URL. */
  readonly start: number;
  /** The names of the parameters that are read, `*` for the wildcard's. */
  readonly names: readonly string[];
}

/** Matches a request and gives its parameters, by name or in order. */
export type Contender = (request: RouterRequest) => Readonly<Record<string, unknown>>;

/** What a router calls its wildcard; those that do not capture it are not listed. */
export const wildcardNames: Readonly<Record<string, string>> = {
  "ours": "0",
  "ours, finding the path in the URL": "0",
  "memoirist, decoding": "*",
  "memoirist, not decoding": "*",
  "find-my-way": "*",
  "rou3 compiled": "_",
};

/** What is read by position, so that it is. */
export const reads = { sum: 0 };

const none: Readonly<Record<string, unknown>> = {};

/** Every router, loaded with `routes`. */
export function contenders(routes: readonly MethodAndPath[]): Record<string, Contender> {
  return {
    "ours": ours(routes),
    "ours, finding the path in the URL": oursFromUrl(routes),
    "ours, reading by position": oursByPosition(routes),
    "memoirist, decoding": memoirist(routes, decoded),
    "memoirist, not decoding": memoirist(routes),
    "find-my-way": findMyWayContender(routes),
    "rou3 compiled": rou3(routes),
    "Hono RegExpRouter": hono(new RegExpRouter<string>(), routes),
    "Hono TrieRouter": hono(new TrieRouter<string>(), routes),
  };
}

function loaded(routes: readonly MethodAndPath[]): Router<string> {
  const router = new Router<string>();
  for (const [method, path] of routes) router.add(method, path, path);
  return router;
}

function ours(routes: readonly MethodAndPath[]): Contender {
  const router = loaded(routes);
  return ({ method, url, start }) => router.match(method, url, start, url.length)?.params() ?? none;
}

function oursFromUrl(routes: readonly MethodAndPath[]): Contender {
  const router = loaded(routes);
  return ({ method, url }) => {
    const start = url.indexOf("/", url.indexOf("://") + 3);
    const query = url.indexOf("?", start);
    return router.match(method, url, start, query === -1 ? url.length : query)?.params() ?? none;
  };
}

function oursByPosition(routes: readonly MethodAndPath[]): Contender {
  const router = loaded(routes);
  return ({ method, url, start }) => {
    const match = router.match(method, url, start, url.length);
    const count = match?.route.names.length ?? 0;
    // Read as a binder does, without the object that the others build.
    let read = 0;
    for (let index = 0; index < count; index++) read += match?.param(index)?.length ?? 0;
    reads.sum += read;
    return none;
  };
}

/** What a value needs to be what was meant; Elysia gives its memoirist such a function. */
function decoded(value: string): string {
  return value.includes("%") ? decodeURIComponent(value) : value;
}

function memoirist(
  routes: readonly MethodAndPath[],
  onParam?: (value: string) => string,
): Contender {
  const router = new Memoirist<string>(onParam === undefined ? {} : { onParam });
  for (const [method, path] of routes) router.add(method, path, path);
  return ({ method, path }) => router.find(method, path)?.params ?? none;
}

function findMyWayContender(routes: readonly MethodAndPath[]): Contender {
  const router = findMyWay();
  for (const [method, path] of routes) router.on(method as HTTPMethod, path, () => path);
  return ({ method, path }) => router.find(method as HTTPMethod, path)?.params ?? none;
}

function rou3(routes: readonly MethodAndPath[]): Contender {
  const router = createRouter<string>();
  for (const [method, path] of routes) addRoute(router, method, path.replace("/*", "/**"), path);
  const find = compileRouter(router);
  return ({ method, path }) => find(method, path)?.params ?? none;
}

interface HonoRouter {
  add(method: string, path: string, handler: string): void;
  match(method: string, path: string): unknown;
}

type HonoResult =
  | readonly [readonly (readonly [string, Readonly<Record<string, number>>])[], readonly string[]]
  | readonly [readonly (readonly [string, Readonly<Record<string, string>>])[]];

function hono(router: HonoRouter, routes: readonly MethodAndPath[]): Contender {
  for (const [method, path] of routes) router.add(method, path, path);
  return ({ method, path }) => {
    const result = router.match(method, path) as HonoResult;
    const params: Record<string, string | undefined> = {};
    const found = result[0][0]?.[1] ?? none;
    const values = result[1];
    for (const name in found) {
      const value = found[name];
      params[name] = values === undefined ? value as string : values[value as number];
    }
    return params;
  };
}
