// deno-lint-ignore-file no-import-prefix -- peers are pinned where they are measured, not depended on
/**
 * What interceptors cost that do nothing.
 *
 * @module
 */
import { Hono, type MiddlewareHandler } from "npm:hono@4.13.19";
import { get, type Interceptor, service } from "../mod.ts";
import {
  answering,
  asking,
  type Contender,
  type Held,
  type Question,
} from "./cross_cutting_question.ts";

const count = 10;
const text = "Hello, World!";
const base = "service without";
const request = new Request("http://localhost/hello");

/** Nanoseconds that ten interceptors may add to a request. */
const budget = 1_500;

const looks: Interceptor = {
  response({ response, context }) {
    if (response.status !== 200) throw new Error("Cannot look at another response");
    return context.next();
  },
};

/** Ten interceptors that do nothing, against the same service without. */
export function pipelineQuestion(): Question {
  return {
    title: "ten interceptors that do nothing",
    about: "extra",
    contenders: [
      ours(base),
      ours("request hooks", { request: ({ context }) => context.next() }),
      // deno-lint-ignore require-await -- what is measured is a hook that is asynchronous
      ours("asynchronous request hooks", { request: async ({ context }) => context.next() }),
      ours("response hooks", { response: ({ context }) => context.next() }),
      ours("response hooks that look at the response", looks, { base }),
      ours("hooks whose path filter does not match", {
        on: { path: "/other/:rest*" },
        request: ({ context }) => context.next(),
      }),
      hono("Hono without"),
      hono("Hono, middlewares", (_, next) => next()),
      hono("Hono, asynchronous middlewares", async (_, next) => {
        await next();
      }),
    ],
    notes:
      "Every interceptor is an object of its own whose hook returns `context.next()`. A hook that " +
      "looks at the response may set anything in it, so that its header fields are made ready and, " +
      "at the end, checked: that is once a request, whatever the number of hooks.",
  };
}

function ours(name: string, hook?: Interceptor, held: Held = { base, budget }): Contender {
  const interceptors = hook === undefined ? [] : Array.from({ length: count }, () => ({ ...hook }));
  const { fetch } = service({ interceptors }, [get("/hello", () => text)]);
  return answering(name, asking(fetch, request), { text }, hook === undefined ? {} : held);
}

function hono(name: string, middleware?: MiddlewareHandler): Contender {
  const app = new Hono();
  if (middleware !== undefined) app.use(...Array.from({ length: count }, () => middleware));
  app.get("/hello", (c) => c.text(text));
  const held = middleware === undefined ? {} : { base: "Hono without" };
  return answering(name, () => app.fetch(request), { text }, held);
}
