/**
 * How a server program of the bench starts: it serves the row named by its argument on a free port
 * and prints that port.
 *
 * @module
 */
import { type RowName, rows } from "./rows.ts";

/** The handler of each row, or a promise of it where it loads more than the others need. */
export type Handlers<Handler> = Readonly<Record<RowName, () => Handler | Promise<Handler>>>;

/**
 * The handler of the row that the program's argument names.
 *
 * @throws {Error} when the argument names no row.
 */
export async function chosen<Handler>(handlers: Handlers<Handler>): Promise<Handler> {
  const row = rows.find(({ name }) => name === Deno.args[0]);
  if (row === undefined) {
    const names = rows.map(({ name }) => name).join(", ");
    throw new Error(`Cannot serve row "${Deno.args[0]}": name one of ${names}`);
  }
  return await handlers[row.name]();
}

/** Serves a handler with bare `Deno.serve` and prints the port. */
export function listen(handler: (request: Request) => Response | Promise<Response>): void {
  Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: ({ port }) => console.log(port) },
    handler,
  );
}
