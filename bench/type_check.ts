/**
 * What the types cost: `deno check`, cold, of a service of 200 resources with Zod bodies; beside it a
 * program that does no more than import Zod.
 *
 * Cold means that the text was never checked before: each round writes it anew with another number
 * in it, which leaves no use for Deno's cache of earlier checks.
 *
 * `deno run --no-lock -A bench/type_check.ts [--rounds 3] [--resources 200]`; fails above the budget.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { markdownTable, median } from "./support/stats.ts";

/** Milliseconds that checking the service may take. */
const budget = 5_000;

if (import.meta.main) {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      rounds: { type: "string", default: "3" },
      resources: { type: "string", default: "200" },
    },
  });
  const resources = Number(values.resources);
  const empty: number[] = [];
  const full: number[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    empty.push(await timeCheck(() => zodProgram()));
    full.push(await timeCheck(() => serviceProgram(resources)));
  }
  console.log(markdownTable(["program", "median s"], [
    ["imports Zod only", (median(empty) / 1000).toFixed(2)],
    [`service of ${resources} resources`, (median(full) / 1000).toFixed(2)],
  ]));
  console.log(`\nMedians of ${values.rounds} cold checks; the budget is ${budget / 1000} s.`);
  if (!(median(full) < budget)) Deno.exit(1);
}

/** Checks a program that no earlier check can have seen; milliseconds. */
async function timeCheck(program: () => string): Promise<number> {
  // Inside the repository, so that the project's own configuration and imports hold.
  const folder = await Deno.makeTempDir({ dir: import.meta.dirname!, prefix: "generated_" });
  try {
    await Deno.writeTextFile(`${folder}/main.ts`, `${program()}// ${crypto.randomUUID()}\n`);
    const start = performance.now();
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--no-lock", `${folder}/main.ts`],
      stdin: "null",
      stdout: "null",
    }).output();
    const time = performance.now() - start;
    if (!success) {
      throw new Error(`Cannot time a failing check: ${new TextDecoder().decode(stderr)}`);
    }
    return time;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function zodProgram(): string {
  return `import { z } from "zod";\nexport const Thing: z.ZodString = z.string();\n`;
}

/** Every resource has a body schema of its own, a typed path and query, and a typed reply. */
function serviceProgram(resources: number): string {
  const numbers = Array.from({ length: resources }, (_, index) => index);
  const schemas = numbers.map((n) =>
    `const Thing${n} = z.object({ id: z.string(), count${n}: z.int(), tags: z.array(z.string()), ` +
    `owner: z.object({ name: z.string(), age: z.number().optional() }) });`
  );
  const list = numbers.map((n) =>
    `  post("/group${n}/:group/things${n}/:thing", { path: { group: int() }, ` +
    `query: { limit: int({ default: ${n} }), sort: optional(string()) }, body: Thing${n} }, ` +
    `({ path, query, body }) => created({ body: { group: path.group + query.limit, ` +
    `thing: path.thing.trim(), sort: query.sort?.trim(), count: body.count${n} + 1, ` +
    `owner: body.owner.name } })),`
  );
  return [
    'import { created, int, optional, post, service, string } from "@pirouette/http";',
    'import { z } from "zod";',
    ...schemas,
    "console.log(service({}, [",
    ...list,
    "]));\n",
  ].join("\n");
}
