/**
 * Run by Node, and by nothing else: a place for tests that were written for `deno test`. Loads the test
 * files named on its command line and runs what they register, one after the other; says on a line
 * of JSON how each went.
 *
 * The `Deno` that they see is Deno's own shim for Node with our `test`; and what they use of newer
 * JavaScript is there. None of it is global, because the library must not see it: `node_package.ts`
 * writes it into each file.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { CommandOnNode } from "./commands_on_node.ts";
import { socketsOnNode } from "./sockets_on_node.ts";

/** How a test went, as it is said on a line. */
export interface TestOnNode {
  /** The path of its file, from the folder that all are in. */
  readonly file: string;
  /** Its name. */
  readonly name: string;
  /** What it failed with; `undefined` where it passed. */
  readonly failure?: string | undefined;
  /** Whether it was not run. */
  readonly skipped?: boolean;
}

type Run = (context: { step: Step }) => unknown;
type Step = (first: string | Definition, run?: Run) => Promise<boolean>;

interface Definition {
  readonly name: string;
  readonly fn: Run;
  readonly ignore?: boolean;
}

/** Milliseconds after which a test is given up. */
const patience = 30_000;

const { Deno: shim } = await import("@deno/shim-deno" as string);
let registered: Definition[] = [];

function test(
  first: string | Definition,
  ...rest: (Run | Omit<Definition, "name" | "fn">)[]
): void {
  if (typeof first !== "string") registered.push(first);
  else registered.push({ name: first, fn: rest.at(-1) as Run, ...rest.length > 1 ? rest[0] : {} });
}

test.ignore = (): void => {};

const home = new URL("../../", import.meta.url).href;

/** Where the data of tests is read from: it stayed in the repository. */
function inRepository(path: string | URL): string {
  const here = path instanceof URL ? fileURLToPath(path) : path;
  if (existsSync(here)) return here;
  return resolve(process.env.PIROUETTE_ROOT ?? ".", relative(fileURLToPath(home), here));
}

/** What a constructor has, and what else a test expects of it: the library sees the one of Node. */
function extended<T extends object>(constructor: T, more: Readonly<Record<string, unknown>>): T {
  return new Proxy(constructor, {
    get: (target, name) =>
      typeof name === "string" && Object.hasOwn(more, name) && !Object.hasOwn(target, name)
        ? more[name]
        : Reflect.get(target, name),
  });
}

function withResolvers<T>(): unknown {
  const settle: Record<string, unknown> = {};
  const promise = new Promise<T>((resolve, reject) => Object.assign(settle, { resolve, reject }));
  return { promise, ...settle };
}

async function fromAsync<T>(values: AsyncIterable<T> | Iterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

const { errors, readDirSync, readTextFile, readTextFileSync } = shim;

Object.assign(globalThis, {
  testedOnNode: {
    Deno: {
      ...shim,
      ...socketsOnNode(errors),
      Command: CommandOnNode,
      errors,
      inspect,
      test,
      readDirSync: (path: string) => readDirSync(inRepository(path)),
      readTextFile: (path: string) => readTextFile(inRepository(path)),
      readTextFileSync: (path: string) => readTextFileSync(inRepository(path)),
    },
    Array: extended(Array, { fromAsync }),
    Promise: extended(Promise, { withResolvers }),
    // Node asks that a stream as a body is called half-duplex, which it always is.
    Request: new Proxy(Request, {
      construct: (target, [input, init], self) => {
        const isStream = init?.body instanceof ReadableStream && !init.duplex;
        return Reflect.construct(
          target,
          [input, isStream ? { ...init, duplex: "half" } : init],
          self,
        );
      },
    }),
  },
});
/** The tests that are about another platform. */
const isOtherwise = new RegExp(process.env.PIROUETTE_OTHERWISE ?? "$.");
/** What nobody handled while a test ran, which is its failure. */
let unhandled: unknown[] = [];
process.on("unhandledRejection", (reason) => unhandled.push(reason));
for (const path of process.argv.slice(2)) {
  registered = [];
  const file = pathToFileURL(path).href.slice(home.length);
  await import(pathToFileURL(path).href).catch((error) =>
    tell({ file, name: "", ...failed(error) })
  );
  for (const { name, fn, ignore } of registered) {
    if (ignore || isOtherwise.test(`${file}: ${name}`)) tell({ file, name, skipped: true });
    else tell({ file, name, ...await outcome(fn) });
  }
}
process.stdout.write("done\n");
// What a test leaves open is for Deno's sanitizers to find.
process.exit();

function tell(went: TestOnNode): void {
  process.stdout.write(`${JSON.stringify(went)}\n`);
}

async function outcome(run: Run): Promise<{ failure?: string }> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Not done within ${patience} ms`)), patience);
  });
  try {
    unhandled = [];
    await Promise.race([run({ step }), late]);
    return unhandled.length === 0 ? {} : failed(unhandled[0]);
  } catch (error) {
    return failed(error);
  } finally {
    clearTimeout(timer);
  }
}

async function step(first: string | Definition, run?: Run): Promise<boolean> {
  const { name, fn = run, ignore = false } = typeof first === "string"
    ? { name: first, fn: run }
    : first;
  if (ignore || fn === undefined) return true;
  try {
    await fn({ step });
  } catch (error) {
    throw new Error(`in the step "${name}"`, { cause: error });
  }
  return true;
}

function failed(error: unknown): { failure: string } {
  return { failure: inspect(error).replaceAll(fileURLToPath(home), "") };
}
