/**
 * Other people's packages for the server programs that run on Node, pinned where they are imported:
 * `npm:hono@4.13.19`.
 *
 * @module
 */
import { packed } from "../../tests/support/node_package.ts";
import { digest, madeOnce, npmInstall } from "../../tests/support/node_tools.ts";

/** Installs what the programs of a folder import, where they find it on Node. */
export async function nodePeers(programs: URL): Promise<void> {
  const wanted = new Set<string>();
  for (const { name } of Deno.readDirSync(programs)) {
    const text = await Deno.readTextFile(new URL(name, programs));
    for (const [, pinned = ""] of text.matchAll(/from "npm:(@?[^@"]+@[^/"]+)/g)) wanted.add(pinned);
  }
  const pinned = [...wanted].sort();
  const installed = await madeOnce(`peers-${await digest(pinned.join(" "))}`, async (folder) => {
    await npmInstall(folder, pinned);
  });
  const bench = `${await packed()}/bench`;
  await Deno.mkdir(bench, { recursive: true });
  await Deno.symlink(`${installed}/node_modules`, `${bench}/node_modules`).catch((error) => {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  });
}
