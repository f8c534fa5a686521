/**
 * What one writes without a library: fetch, and the method of the response that reads its body.
 *
 * @module
 */
import { album, asked, type Contenders } from "../client_question.ts";
import { Album } from "../support/album.ts";

/** By hand. */
export const byHand: Contenders = {
  json: [{
    name: "by hand",
    prepare: (fetch, base) => async () => await (await fetch(`${base}/albums/1`)).json(),
  }],
  checked: [{
    name: "by hand",
    prepare: (fetch, base) => async () =>
      Album.parse(await (await fetch(`${base}/albums/1`)).json()),
  }],
  post: [{
    name: "by hand",
    prepare: (fetch, base) => async () => {
      const response = await fetch(`${base}/albums`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(album),
      });
      return await response.json();
    },
  }],
  query: [{
    name: "by hand",
    prepare: (fetch, base) => async () => {
      const { limit, artist, sort } = asked.query;
      const path = `${base}/albums/${encodeURIComponent(asked.id)}`;
      const query = new URLSearchParams({ limit: String(limit), artist, sort });
      return await (await fetch(`${path}?${query}`)).json();
    },
  }],
};
