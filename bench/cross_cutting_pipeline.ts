// deno-lint-ignore-file no-import-prefix -- peers are pinned where they are measured, not depended on
/**
 * What interceptors cost that do nothing.
 *
 * @module
 */
import { Hono, type MiddlewareHandler } from "npm:hono@4.13.19";
import { get, type Interceptor, service } from "../mod.ts";
import { answering, asking, type Contender, type Question } from "./cross_cutting_question.ts";

const count = 10;
const text = "Hello, World!";
const request = new Request("http://localhost/hello");

/** Nanoseconds that ten interceptors may add to a request. */
const budget = 1_500;

/** Ten interceptors that do nothing, against the same service without. */
export function pipelineQuestion(): Question {
  return {
    title: "ten interceptors that do nothing",
    about: "extra",
    contenders: [
      ours("service without"),
      ours("request hooks", { request: ({ context }) => context.next() }),
      // deno-lint-ignore require-await -- what is measured is a hook that is asynchronous
      ours("asynchronous request hooks", { request: async ({ context }) => context.next() }),
      ours("response hooks", { response: ({ context }) => context.next() }),
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
    notes: "Every hook of ours and every middleware is a function of its own that goes on to the " +
      "next. Response hooks are given a response whose header fields can be set, which the platform " +
      "makes only then, and what they leave is checked for fields that cannot be sent.",
  };
}

function ours(name: string, hook?: Interceptor): Contender {
  const interceptors = hook === undefined ? [] : Array.from({ length: count }, () => ({ ...hook }));
  const hello = service({ interceptors }, [get("/hello", () => text)]);
  const held = hook === undefined ? {} : { base: "service without", budget };
  return answering(name, asking(hello.fetch, request), { text }, held);
}

function hono(name: string, middleware?: MiddlewareHandler): Contender {
  const app = new Hono();
  if (middleware !== undefined) app.use(...Array.from({ length: count }, () => middleware));
  app.get("/hello", (c) => c.text(text));
  const held = middleware === undefined ? {} : { base: "Hono without" };
  return answering(name, () => app.fetch(request), { text }, held);
}
