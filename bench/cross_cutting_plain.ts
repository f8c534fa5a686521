// deno-lint-ignore-file no-import-prefix -- peers are pinned where they are measured, not depended on
/**
 * What a service that has nothing around its resources costs, and what each layer adds.
 *
 * @module
 */
import { Hono, type MiddlewareHandler } from "npm:hono@4.13.19";
import { requestId as honoRequestId } from "npm:hono@4.13.19/request-id";
import { secureHeaders as honoSecureHeaders } from "npm:hono@4.13.19/secure-headers";
import { get, service } from "../mod.ts";
import { type Layer, rateLimit, requestId, secureHeaders } from "../src/layers/mod.ts";
import {
  answering,
  asking,
  type Contender,
  type Expected,
  type Question,
} from "./cross_cutting_question.ts";

const text = "Hello, World!";
const request = new Request("http://localhost/hello");
const floor = "function";
const id = "8f6a1c1e-3c0b-4a51-9a35-5f8b6c1d2e3f";
const generate = () => id;

/** A service with nothing and with one layer, against the least that answers. */
export function plainQuestion(): Question {
  const secured = { "x-content-type-options": "nosniff", "x-xss-protection": "0" };
  return {
    title: "nothing, and one layer",
    about: "extra",
    contenders: [
      // deno-lint-ignore require-await -- every fetch is asynchronous
      answering(floor, async () => new Response(text), { text }),
      ours("service", [], {}, floor),
      ours("service, empty layer", [(next) => (input, init) => next(input, init)]),
      ours("service, requestId()", [requestId({ generate })], { "x-request-id": id }),
      ours("service, secureHeaders()", [secureHeaders()], secured),
      ours("service, rateLimit()", [rateLimit({ limit: 1_000_000_000, window: 60_000 })], {
        "ratelimit-policy": '"default";q=1000000000;w=60',
      }),
      hono("Hono", undefined, {}, floor),
      hono("Hono, empty middleware", (_, next) => next()),
      hono("Hono, requestId()", honoRequestId({ generator: generate }), { "x-request-id": id }),
      hono("Hono, secureHeaders()", honoSecureHeaders(), secured),
    ],
    notes: "Both request ids are the same text each time, as `crypto.randomUUID` is not what is " +
      "asked about. A layer is given a `Request` and a promise of a `Response`, and what it leaves is " +
      "checked for fields that cannot be sent. Nothing here has a budget.",
  };
}

type Fields = Expected["headers"];

function ours(
  name: string,
  layers: readonly Layer[],
  headers: Fields = {},
  base = "service",
): Contender {
  const { fetch } = service({ layers }, [get("/hello", () => text)]);
  return answering(name, asking(fetch, request), { text, headers }, { base });
}

function hono(
  name: string,
  middleware?: MiddlewareHandler,
  headers: Fields = {},
  base = "Hono",
): Contender {
  const app = new Hono();
  if (middleware !== undefined) app.use(middleware);
  app.get("/hello", (c) => c.text(text));
  return answering(name, () => app.fetch(request), { text, headers }, { base });
}
