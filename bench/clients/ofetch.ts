// deno-lint-ignore-file no-import-prefix -- peers are pinned where they are measured, not depended on
/**
 * ofetch.
 *
 * @module
 */
import { type $Fetch, createFetch } from "npm:ofetch@1.5.1";
import { album, asked, type Contender, type Contenders } from "../client_question.ts";
import { Album } from "../support/album.ts";

/** The name of ofetch in the tables, which the ratios are to. */
export const ofetchName = "ofetch";

/** ofetch. A response it has not read is one whose stream it was asked for. */
export const ofetch: Contenders = {
  bare: one((api) => () => api.raw("/albums/1", { responseType: "stream" })),
  json: one((api) => () => api("/albums/1")),
  checked: one((api) => async () => Album.parse(await api("/albums/1"))),
  post: one((api) => () => api("/albums", { method: "POST", body: album })),
  query: one((api) => () => api(`/albums/${encodeURIComponent(asked.id)}`, { query: asked.query })),
};

function one(prepare: (api: $Fetch) => () => Promise<unknown>): Contender[] {
  return [{
    name: ofetchName,
    prepare: (fetch, baseURL) => prepare(createFetch({ fetch, defaults: { baseURL } })),
  }];
}
