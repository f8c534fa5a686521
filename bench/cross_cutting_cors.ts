// deno-lint-ignore-file no-import-prefix -- peers are pinned where they are measured, not depended on
/**
 * What CORS costs the answer to a simple request.
 *
 * @module
 */
import { Hono } from "npm:hono@4.13.19";
import { cors as honoCors } from "npm:hono@4.13.19/cors";
import { get, service, type ServiceConfig } from "../mod.ts";
import { cors, type Layer } from "../src/layers/mod.ts";
import {
  answering,
  asking,
  type Contender,
  type Expected,
  type Held,
  type Question,
} from "./cross_cutting_question.ts";

/** Nanoseconds that CORS may add to a request. */
const budget = 300;

const origin = "https://app.example";
const allowOrigins = [origin, "https://admin.app.example"];
const text = "Hello, World!";
const data = { message: text };

const withOrigin = { headers: { origin } };
const forText = new Request("http://localhost/text", withOrigin);
const forJson = new Request("http://localhost/json", withOrigin);
const withoutOrigin = new Request("http://localhost/text");

const bare = { vary: null, "access-control-allow-origin": null };
const marked = { vary: "Origin", "access-control-allow-origin": origin };
const bareText: Expected = { text, headers: bare };
const markedText: Expected = { text, headers: marked };
const bareJson: Expected = { text: JSON.stringify(data), headers: bare };
const markedJson: Expected = { text: JSON.stringify(data), headers: marked };
const varied: Expected = { text, headers: { ...bare, vary: "Origin" } };

/** CORS with a list of origins, against the same answer without. */
export function corsQuestion(): Question {
  const option = { cors: { allowOrigins } };
  const layer = { layers: [cors({ allowOrigins })] };
  const empty: Layer = (next) => (input, init) => next(input, init);
  return {
    title: "CORS on a simple request",
    about: "extra",
    contenders: [
      ours("service, text", {}, forText, bareText),
      ours("option, text", option, forText, markedText, { base: "service, text", budget }),
      ours("service, JSON", {}, forJson, bareJson),
      ours("option, JSON", option, forJson, markedJson, { base: "service, JSON", budget }),
      ours("service, no Origin", {}, withoutOrigin, bareText),
      ours("option, no Origin", option, withoutOrigin, varied, {
        base: "service, no Origin",
        budget,
      }),
      ours("empty layer, text", { layers: [empty] }, forText, bareText, { base: "service, text" }),
      ours("layer, text", layer, forText, markedText, { base: "service, text" }),
      ours("service, passed on", {}, forText, bareText, {}, passedOn),
      ours("service, then by hand", {}, forText, markedText, { base: "service, passed on" }, mark),
      byHand("function, text", () => new Response(text), bareText),
      byHand("function, text, by hand", markedByHand, markedText, "function, text"),
      byHand("function, JSON", () => Response.json(data), bareJson),
      byHand("function, JSON, by hand", markedJsonByHand, markedJson, "function, JSON"),
      hono("Hono, text", forText, bareText),
      hono("Hono cors(), text", forText, markedText, "Hono, text"),
      hono("Hono, JSON", forJson, bareJson),
      hono("Hono cors(), JSON", forJson, markedJson, "Hono, JSON"),
    ],
    notes: "By hand is what the platform takes, one `headers.get` on the request and two " +
      "`headers.append` on the response, with nothing of ours: after a service has answered, where " +
      "CORS does it too, and in a function that does nothing else, which the engine compiles as a " +
      "whole. To hand the fields to `new Response` takes 1.5 µs more here, as Deno prepares them " +
      "for a socket then, which gives half of it back. A layer cannot know that an answer has no " +
      "such field yet and looks, and a service checks what a layer leaves.",
  };
}

function ours(
  name: string,
  config: ServiceConfig,
  request: Request,
  expected: Expected,
  held: Held = {},
  after?: (request: Request, response: Response) => Response,
): Contender {
  const { fetch } = service(config, [get("/text", () => text), get("/json", () => data)]);
  const call = after === undefined
    ? asking(fetch, request)
    : async () => after(request, await fetch(request));
  return answering(name, call, expected, held);
}

function passedOn(_: Request, response: Response): Response {
  return response;
}

function byHand(
  name: string,
  answer: (request: Request) => Response,
  expected: Expected,
  base?: string,
): Contender {
  // deno-lint-ignore require-await -- every fetch is asynchronous
  const call = async () => answer(forText);
  return answering(name, call, expected, base === undefined ? {} : { base });
}

function markedByHand(request: Request): Response {
  return mark(request, new Response(text));
}

function markedJsonByHand(request: Request): Response {
  return mark(request, Response.json(data));
}

function mark(request: Request, response: Response): Response {
  const { headers } = response;
  const sent = request.headers.get("origin");
  headers.append("vary", "Origin");
  if (sent === origin) headers.append("access-control-allow-origin", sent);
  return response;
}

function hono(name: string, request: Request, expected: Expected, base?: string): Contender {
  const app = new Hono();
  if (base !== undefined) app.use(honoCors({ origin: allowOrigins }));
  app.get("/text", (c) => c.text(text)).get("/json", (c) => c.json(data));
  return answering(name, () => app.fetch(request), expected, base === undefined ? {} : { base });
}
