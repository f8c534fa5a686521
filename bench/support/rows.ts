/**
 * The questions every server of the bench answers, and the answers they must all give, so that no
 * server is fast by doing less.
 *
 * @module
 */

/** One row of the table: a request and its only right answer. */
export interface Row {
  /** Name of the row, and the argument a server program takes. */
  readonly name: RowName;
  /** What the row asks for, as the table says it. */
  readonly title: string;
  /** Method of the request. */
  readonly method: "GET" | "POST";
  /** Path and query of the request. */
  readonly path: string;
  /** JSON body of the request. */
  readonly body?: string;
  /** Status of the answer. */
  readonly status: number;
  /** Body of the answer, exactly. */
  readonly answer: string;
}

/** Names of the rows. */
export type RowName = "hello" | "json" | "params" | "body";

const album = {
  id: "a-1024",
  title: "A Love Supreme",
  artist: "John Coltrane",
  year: 1965,
  price: 17.99,
  tags: ["jazz", "modal", "impulse"],
  label: { name: "Impulse!", country: "US" },
  available: true,
  rating: 4.9,
};

/** Every row. */
export const rows: readonly Row[] = [
  {
    name: "hello",
    title: "hello (text)",
    method: "GET",
    path: "/",
    status: 200,
    answer: "Hello, World!",
  },
  {
    name: "json",
    title: "JSON",
    method: "GET",
    path: "/json",
    status: 200,
    answer: '{"message":"Hello, World!"}',
  },
  {
    name: "params",
    title: "two path parameters, one query parameter",
    method: "GET",
    path: "/users/42/posts/7?limit=10",
    status: 200,
    answer: '{"id":42,"post":7,"limit":10}',
  },
  {
    name: "body",
    title: "JSON body checked by Zod",
    method: "POST",
    path: "/albums",
    body: JSON.stringify(album),
    status: 201,
    answer: '{"id":"a-1024","title":"A Love Supreme"}',
  },
];
