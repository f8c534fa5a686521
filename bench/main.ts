/**
 * `deno task bench`: runs every bench, each a question of its own, and prints the answers as one
 * Markdown page. With `--save` the page becomes `bench/RESULTS.md`.
 *
 * Nothing else should run on the machine meanwhile. Takes about eight minutes.
 *
 * @module
 */
import { cpus, totalmem } from "node:os";

interface Bench {
  readonly title: string;
  readonly about: string;
  readonly file: string;
}

const benches: readonly Bench[] = [
  {
    title: "What a request costs",
    about: "The raw server does the least each row allows: it reads no parameters and checks no " +
      "body; by_hand is what one writes without a library to do the same work. Elysia, Hono and h3 " +
      "convert the parameters and check nothing. Peers are pinned in `bench/servers/`. oak's newest release on npm is 14.1.0, built " +
      "for Node: it runs here on `node:http`, so its row says little about oak 17, which is on " +
      "JSR alone.",
    file: "server.ts",
  },
  {
    title: "What Node's transport costs",
    about:
      "Our transport for Node beside bare `node:http`, Hono on `@hono/node-server` and srvx, on " +
      "Node 24. `pirouette` is a service by `serve`, `pirouette_fetch` a bare handler, " +
      "`pirouette_handler` one by `toNodeHandler`. Hono puts a `Response` of its own in place of the " +
      "global one, and `srvx_fast` uses that of srvx; `srvx` and our bare handlers answer with the " +
      "platform's, and ours are given a request that `fetch` takes. Peers are pinned in " +
      "`bench/node_servers/`.",
    file: "node_adapter.ts",
  },
  {
    title: "What is around resources costs",
    about: "Interceptors, CORS, compression, entity tags and layers, in one process without a " +
      "socket. Hono is pinned in the bench's files.",
    file: "cross_cutting.ts",
  },
  {
    title: "What a client costs",
    about:
      "A call of ours beside ky, ofetch and wretch, over a fetch that answers 200 bytes of JSON " +
      "from memory, with its `Content-Length` as servers send it, in one table without, and last " +
      "over the loopback. What the first row of a table takes is subtracted from the others. ky and ours have a timeout unless they are told otherwise, ky and ofetch " +
      "retry. Ours refuses what is no JSON in UTF-8, is too long, or would pollute a prototype. " +
      "Peers are pinned in `bench/clients/`.",
    file: "client.ts",
  },
  {
    title: "What policies do in bad times, and cost in good ones",
    about:
      "The first four are simulations in virtual time, the same on every run, and draw the plots of " +
      "`docs/resilience.md`. Then a circuit that is half open, what a hundred thousand calls with " +
      "random faults leave behind, and what policies cost a call that needs none of them, or is " +
      "refused. Peers are pinned in the bench's files.",
    file: "resilience.ts",
  },
  {
    title: "What finding a route costs",
    about: "Median nanoseconds a match, parameters read.",
    file: "router.ts",
  },
  {
    title: "What loading costs",
    about: "From the start of the process to its listening.",
    file: "import_time.ts",
  },
  {
    title: "What the types cost",
    about: "`deno check` of a program it never saw before.",
    file: "type_check.ts",
  },
];

/** Kept by hand: what repeated runs showed that one table cannot. */
const losses =
  "Runs differ by several percent on a shared machine. Over the runs that were made, JSON cost " +
  "1.07 to 1.13 times raw and was level with Elysia; the parameters row 1.16 to 1.22 times raw, " +
  "level with or below its best peer; the body row was level with h3 and Hono, which look " +
  "neither at the media type nor at the length nor for invalid UTF-8. The router is level with " +
  "memoirist on Hono's routes and behind it where both build an object; the row that reads by " +
  "position, as typed parameters are bound, builds none. CORS on a text cost 0.53 to 0.58 µs where 0.3 was " +
  "the goal: setting two header fields takes the platform 0.49 to 0.54 at the same place. A layer that " +
  "does nothing cost 0.95 µs, twice Hono's, and secureHeaders() twice Hono's for as many fields. A " +
  "bound call of the client took 0.77 to 0.84 times what ofetch takes, and was level with it where the " +
  "answer does not say how long it is, as it has to be counted against a limit. Of that the timeout, " +
  "which ofetch and wretch have none of, is 1 µs; over a socket it is 10 to 15, as timers are set and " +
  "cleared, and a call takes 1.3 to 1.6 times what ofetch adds to fetch. On Node, a service is level " +
  "with its peers by CPU, but a bare handler is behind them: it is given a request of the platform's (3 " +
  "µs) and answers with a response of the platform's (8 µs to make, the rest to read it again). srvx " +
  "pays for the latter as well and is 6 to 7 µs ahead without a body, and 30 to 50 with 10 KiB of JSON.";

if (import.meta.main) {
  const parts = [
    "# Results",
    "Written by `npx -y deno@2.9.6 task bench --save`, which repeats it; it needs `wrk` " +
    "(`apt-get install wrk`). Compare within a table only: every table is one run.",
    describeMachine(),
  ];
  let failed = 0;
  for (const { title, about, file } of benches) {
    console.error(`\n${title} (${file})`);
    const { success, text } = await run(file);
    if (!success) failed++;
    const verdict = success ? [] : [`**bench/${file} failed or is over its budget.**`];
    const command = `\`deno run --no-lock -A bench/${file}\``;
    parts.push(`## ${title}`, `${about} Alone: ${command}.`, ...verdict, text.trim());
  }
  parts.push("## What we lose", losses);
  const page = parts.filter((part) => part !== "").join("\n\n") + "\n";
  console.log(page);
  if (Deno.args.includes("--save")) {
    const results = new URL("RESULTS.md", import.meta.url);
    await Deno.writeTextFile(results, page);
    await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", results.pathname] })
      .output();
  }
  Deno.exit(failed === 0 ? 0 : 1);
}

function describeMachine(): string {
  const model = cpus()[0]?.model ?? "unknown processor";
  const memory = Math.round(totalmem() / 2 ** 30);
  const { os, arch } = Deno.build;
  const day = new Date().toISOString().slice(0, 10);
  return `Machine: ${navigator.hardwareConcurrency} cores of ${model}, ${memory} GiB, ${os} ${arch}, ` +
    `Deno ${Deno.version.deno} (V8 ${Deno.version.v8}), measured ${day}.`;
}

/** Runs a bench of this folder; its progress goes through to standard error. */
async function run(file: string): Promise<{ success: boolean; text: string }> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-lock", "--allow-all", new URL(file, import.meta.url).pathname],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stderr: "inherit",
  }).output();
  return { success, text: new TextDecoder().decode(stdout) };
}
