/**
 * This library.
 *
 * @module
 */
import { Client, json, path } from "../../mod.ts";
import { album, asked, type Contender, type Contenders } from "../client_question.ts";
import { Album } from "../support/album.ts";

/** What a bare call may take over the stub, in microseconds. */
const mostTime = 1.5;

/** What a bound call may take, in times what ofetch takes. */
const mostTimes = 1;

const anything = json();

/** This library, as it comes and without its timer. */
export const pirouette: Contenders = {
  bare: [
    ...both("client.fetch", (api) => () => api.fetch("/albums/1"), { mostTime }),
    ...both("client.get", (api) => () => api.get("/albums/1")),
  ],
  json: both("client.get", (api) => () => api.get("/albums/1", { as: anything }), { mostTimes }),
  checked: both("client.get", (api) => () => api.get("/albums/1", { as: Album }), { mostTimes }),
  post: both("client.post", (api) => () => api.post("/albums", album, { as: anything })),
  query: both(
    "client.get",
    (api) => () => api.get(path`/albums/${asked.id}`, { as: anything, query: asked.query }),
  ),
};

function both(
  name: string,
  prepare: (api: Client) => () => Promise<unknown>,
  budget: Pick<Contender, "mostTime" | "mostTimes"> = {},
): Contender[] {
  return [
    {
      name: `**${name}**`,
      prepare: (fetch, base) => prepare(new Client(base, { fetch })),
      ...budget,
    },
    {
      name: `**${name}**, no timeout`,
      prepare: (fetch, base) => prepare(new Client(base, { fetch, timeout: false })),
    },
  ];
}
