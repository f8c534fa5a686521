/**
 * The questions of the bench of Node adapters, and their only right answers.
 *
 * @module
 */

/** Names of the rows. */
export type NodeRowName = "hello" | "json" | "post" | "bound";

/** One row of the table: a request and its only right answer. */
export interface NodeRow {
  /** Name of the row, and the argument a server program takes. */
  readonly name: NodeRowName;
  /** What the row asks for, as the table says it. */
  readonly title: string;
  /** Path of the request. */
  readonly path: string;
  /** JSON body of the request, which is a POST then. */
  readonly body?: string;
  /** Body of the answer, exactly. */
  readonly answer: string;
}

const items = Array.from({ length: 128 }, (_, id) => ({
  id: 1000 + id,
  title: "A Love Supreme",
  artist: "John Coltrane",
  price: 17.99,
}));

/** Every row. */
export const nodeRows: readonly NodeRow[] = [
  { name: "hello", title: "hello (text)", path: "/", answer: "Hello, World!" },
  { name: "json", title: "JSON", path: "/json", answer: '{"message":"Hello, World!"}' },
  {
    name: "post",
    title: "POST of 10 KiB JSON, read by hand",
    path: "/items",
    body: JSON.stringify({ items }),
    answer: '{"items":128}',
  },
  {
    name: "bound",
    title: "POST of 10 KiB JSON, checked by Zod",
    path: "/items",
    body: JSON.stringify({ items }),
    answer: '{"items":128}',
  },
];
