// deno-lint-ignore-file no-import-prefix -- peers are pinned where they are measured, not depended on
/**
 * ky, as it comes and without its timer and its retries.
 *
 * @module
 */
import kyDefault, { type KyInstance } from "npm:ky@2.1.0";
import { album, asked, type Contender, type Contenders } from "../client_question.ts";
import { Album } from "../support/album.ts";

/** ky. */
export const ky: Contenders = {
  bare: both((api) => () => api.get("albums/1")),
  json: both((api) => () => api.get("albums/1").json()),
  checked: both((api) => () => api.get("albums/1").json(Album)),
  post: both((api) => () => api.post("albums", { json: album }).json()),
  query: both((api) => () => {
    const path = `albums/${encodeURIComponent(asked.id)}`;
    return api.get(path, { searchParams: asked.query }).json();
  }),
};

function both(prepare: (api: KyInstance) => () => Promise<unknown>): Contender[] {
  return [
    { name: "ky", prepare: (fetch, prefix) => prepare(kyDefault.create({ fetch, prefix })) },
    {
      name: "ky, no timeout or retry",
      prepare: (fetch, prefix) =>
        prepare(kyDefault.create({ fetch, prefix, timeout: false, retry: 0 })),
    },
  ];
}
