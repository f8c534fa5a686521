/**
 * Layers of a client, each alone around the stub, given an address and an init as a client gives them.
 *
 * @module
 */
import { stack } from "../../mod.ts";
import { acceptEncoding } from "../../src/layers/accept_encoding.ts";
import { cookies } from "../../src/layers/cookies.ts";
import { decompress } from "../../src/layers/decompress.ts";
import { defaultHeaders } from "../../src/layers/default_headers.ts";
import { forwarded } from "../../src/layers/forwarded.ts";
import { progress } from "../../src/layers/progress.ts";
import { redirect } from "../../src/layers/redirect.ts";
import { responseLimits } from "../../src/layers/response_limits.ts";
import { timeout } from "../../src/layers/timeout.ts";
import type { Layer } from "../../src/message/fetch.ts";
import type { Contender } from "../client_question.ts";

const reading = "read by json()";

/** A call for a response, and one that reads it, through each layer. */
export const layers: readonly Contender[] = [
  one(reading, (next) => next, true),
  ...both("defaultHeaders", defaultHeaders({ "user-agent": "bench/1" })),
  ...both("timeout, total", timeout({ total: 10_000 })),
  ...both("redirect", redirect()),
  ...both("cookies, none stored", cookies()),
  ...both("forwarded, enabled", forwarded("enable")),
  ...both("acceptEncoding", acceptEncoding()),
  ...both("decompress, nothing to do", decompress()),
  ...both("responseLimits, 64 MiB", responseLimits({ maxEntityBodySize: 67_108_864 })),
  ...both("progress, of the download", progress({ onDownload: () => {} })),
];

function both(name: string, layer: Layer): Contender[] {
  return [one(name, layer, false), one(`${name}, ${reading}`, layer, true)];
}

function one(name: string, layer: Layer, isRead: boolean): Contender {
  return {
    name,
    prepare: (fetch, base) => {
      const layered = stack(fetch, layer);
      const call = () => layered(`${base}/albums/1`, { method: "GET" });
      return isRead ? async () => await (await call()).json() : call;
    },
  };
}
