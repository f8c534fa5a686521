// deno-lint-ignore-file no-import-prefix -- peers are pinned where they are measured, not depended on
/**
 * wretch, with its query string addon where there is a query.
 *
 * @module
 */
import wretchDefault, { type Wretch } from "npm:wretch@3.0.9";
import queryString from "npm:wretch@3.0.9/addons/queryString";
import { album, asked, type Contender, type Contenders } from "../client_question.ts";
import { Album } from "../support/album.ts";

/** wretch. */
export const wretch: Contenders = {
  bare: one((api) => () => api.get("/albums/1").res()),
  json: one((api) => () => api.get("/albums/1").json()),
  checked: one((api) => () => api.get("/albums/1").json((value) => Album.parse(value))),
  post: one((api) => () => api.post(album, "/albums").json()),
  query: one((api) => {
    const asking = api.addon(queryString);
    return () =>
      asking.url(`/albums/${encodeURIComponent(asked.id)}`).query(asked.query).get().json();
  }),
};

function one(prepare: (api: Wretch) => () => Promise<unknown>): Contender[] {
  return [{
    name: "wretch",
    prepare: (fetch, base) => prepare(wretchDefault(base).fetchPolyfill(fetch)),
  }];
}
