/**
 * How a server program of the bench starts on Node: it is told its row by its argument, and prints its
 * port.
 *
 * @module
 */
import process from "node:process";
import { ItemsSchema } from "./node_items.ts";
import type { NodeRowName } from "./node_rows.ts";

/** What a POST of the bench has. */
export interface Items {
  /** Things to count. */
  readonly items: readonly unknown[];
}

/**
 * The server of the row that the program's argument names.
 *
 * @throws {Error} when the argument names no row.
 */
export function chosenOnNode<T>(handlers: Readonly<Record<NodeRowName, T>>): T {
  const name = process.argv[2] ?? "";
  if (Object.hasOwn(handlers, name)) return handlers[name as NodeRowName];
  throw new Error(`Cannot serve row "${name}": name one of ${Object.keys(handlers).join(", ")}`);
}

/** The rows as any handler of requests would be written, with a `Response` of somebody's choice. */
export function fetchHandlers(
  Answer: typeof Response,
): Readonly<Record<NodeRowName, (request: Request) => Response | Promise<Response>>> {
  return {
    hello: () => new Answer("Hello, World!"),
    json: () => Answer.json({ message: "Hello, World!" }),
    post: async (request) => {
      const { items }: Items = await request.json();
      return Answer.json({ items: items.length });
    },
    bound: async (request) => {
      const { items } = ItemsSchema.parse(await request.json());
      return Answer.json({ items: items.length });
    },
  };
}
