/**
 * Any interceptors and layers around any handler, whatever they do wrong: a request gets one answer,
 * and nothing is left behind.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  get,
  type Interceptor,
  interceptor,
  json,
  type Layer,
  NotFoundError,
  ok,
  post,
  reply,
  type Service,
  service,
  type ServiceConfig,
} from "@pirouette/http";
import { compress, requestId, secureHeaders } from "@pirouette/http/layers";
import { within } from "../support/within.ts";

const origin = "https://app.example";

/** Counts its streams that are neither read to their end nor cancelled. */
class Streams {
  open = 0;

  make(chunks: number): ReadableStream<Uint8Array> {
    this.open++;
    let left = chunks;
    return new ReadableStream({
      pull: (controller) => {
        if (left-- > 0) return controller.enqueue(new TextEncoder().encode("chunk ".repeat(100)));
        this.open--;
        controller.close();
      },
      cancel: () => void this.open--,
    }, { highWaterMark: 0 });
  }
}

const shared = new Response(null, { status: 204 });
const type = { "content-type": "text/plain" };
const bad = { "x-bad": "a\u0001" };
const bug = (): never => {
  throw new Error("bug");
};

/** What handlers and hooks answer. */
const answers: Readonly<Record<string, (streams: Streams) => unknown>> = {
  text: () => "text ".repeat(300),
  json: () => ({ a: 1 }),
  nothing: () => undefined,
  shared: () => shared,
  stream: (streams) => new Response(streams.make(2), { headers: { ...type, etag: '"s"' } }),
  later: (streams) => Promise.resolve(ok({ body: streams.make(2), headers: type })),
  tagged: () => ok({ body: "tagged", headers: { etag: '"t"', "accept-ranges": "bytes" } }),
  "a bad stream": (streams) => new Response(streams.make(1), { headers: bad }),
  "a bad reply": (streams) => ok({ body: streams.make(1), headers: bad }),
  "a network error": () => Response.error(),
  "an error": () => new Error("returned"),
  redirect: () => Response.redirect("http://x/"),
  missing: () => Promise.reject(new NotFoundError("none")),
  bug,
};

// deno-lint-ignore no-explicit-any -- one table of hooks of any kind
type AnyHook = (call: any, answer: () => unknown, streams: Streams) => unknown;

/** What hooks do; those that need a response fail in others. */
const hooks: Readonly<Record<string, AnyHook>> = {
  next: ({ context }) => context.next(),
  "next, awaited": async ({ context }) => {
    await Promise.resolve();
    return context.next();
  },
  "next, twice": ({ context }) => [context.next(), context.next()][1],
  rebuild: ({ request, context }) => context.next(new Request(request, { headers: {} })),
  move: ({ context }) => context.next(new Request("http://x/other")),
  answer: (_, answer) => answer(),
  respond: async ({ caller }, answer) => await caller.respond(await answer()),
  "respond, and fail": ({ caller }, _, streams) => {
    caller.respond(ok({ body: streams.make(1) }));
    bug();
  },
  "respond, and answer": ({ caller }, _, streams) => {
    caller.respond("responded");
    return new Response(streams.make(1));
  },
  "set a field": ({ response, context }) => {
    response.headers.append("x-set", "1");
    return context.next();
  },
  "set a bad field": ({ response, context }) => {
    response.headers.set("x-bad", "a\u0001");
    return context.next();
  },
  read: async ({ response }) => (await response.text()).length,
  rewrap: ({ response }) => new Response(response.body, response),
  rethrow: ({ error }) => {
    throw error;
  },
  nothing: () => undefined,
  bug,
};

const layers: Readonly<Record<string, (streams: Streams) => Layer>> = {
  pass: () => (next) => (input, init) => next(input, init),
  compress: () => compress({ enable: "ALWAYS" }),
  requestId: () => requestId(),
  secureHeaders: () => secureHeaders(),
  retry: () => (next) => async (input, init) => {
    const first = await next(input, init);
    if (first.status < 500) return first;
    await first.body?.cancel();
    return await next(input, init);
  },
  rebuild: () => (next) => (input) => next(new Request(input as Request, { headers: {} })),
  replace: (streams) => (next) => async (input, init) => {
    await (await next(input, init)).body?.cancel();
    return new Response(streams.make(1));
  },
  nothing: () => () => () => Promise.resolve(undefined as unknown as Response),
  bug: () => () => bug,
};

const oneOf = (table: object) => fc.constantFrom(...Object.keys(table));
const hook = fc.option(fc.record({ hook: oneOf(hooks), answer: oneOf(answers) }), { freq: 1 });
const model = fc.record({
  interceptors: fc.array(
    fc.record({ request: hook, response: hook, requestError: hook, responseError: hook }),
    { maxLength: 4 },
  ),
  binds: fc.boolean(),
  layers: fc.array(oneOf(layers), { maxLength: 2 }),
  cors: fc.constantFrom(undefined, { allowOrigins: [origin] }, { allowOrigins: [bug] }),
  compression: fc.constantFrom(undefined, { enable: "ALWAYS" as const }),
  cache: fc.boolean(),
  answer: oneOf(answers),
  method: fc.constantFrom("GET", "HEAD", "POST", "PUT", "OPTIONS"),
  headers: fc.record({
    origin: fc.constant(origin),
    "accept-encoding": fc.constant("gzip"),
    "if-none-match": fc.constantFrom('"s"', "*"),
    range: fc.constantFrom("bytes=0-3", "bytes=9999-"),
    "access-control-request-method": fc.constant("GET"),
  }, { requiredKeys: [] }),
});
type Model = typeof model extends fc.Arbitrary<infer One> ? One : never;

function make(given: Model, streams: Streams): Service {
  const interceptors: Interceptor[] = [];
  for (const one of given.interceptors) {
    const made: Record<string, unknown> = {};
    for (const [name, chosen] of Object.entries(one)) {
      if (chosen === null) continue;
      const answer = () => answers[chosen.answer]?.(streams);
      made[name] = (call: unknown) => hooks[chosen.hook]?.(call, answer, streams);
    }
    if (Object.keys(made).length > 0) interceptors.push(made as Interceptor);
  }
  if (given.binds) {
    interceptors.push(
      interceptor({ bind: { body: json() }, request: ({ context }) => context.next() }),
    );
  }
  const config: ServiceConfig = {
    interceptors,
    layers: given.layers.flatMap((name) => layers[name]?.(streams) ?? []),
    onError: () => {},
    ...(given.cors === undefined ? {} : { cors: given.cors }),
    ...(given.compression === undefined ? {} : { compression: given.compression }),
  };
  const handler = () => answers[given.answer]?.(streams) as string;
  return service(config, [
    get("/", { cache: given.cache }, handler),
    get("/other", handler),
    post("/", { body: json() }, async ({ caller }) => {
      await caller.respond(reply(201));
      return handler();
    }),
  ]);
}

Deno.test("interplay: one answer to each request, and nothing left behind, whatever fails", async () => {
  const unhandled: unknown[] = [];
  const keep = (event: PromiseRejectionEvent): void => {
    event.preventDefault();
    unhandled.push(event.reason);
  };
  globalThis.addEventListener("unhandledrejection", keep);
  try {
    await fc.assert(
      fc.asyncProperty(model, async (given) => {
        const streams = new Streams();
        const { method } = given;
        const hasBody = method === "POST" || method === "PUT";
        const init = { method, headers: given.headers, ...(hasBody ? { body: "{}" } : {}) };
        const asked = make(given, streams).fetch("http://x/", init);
        const response = await within(asked, "an answer");
        const body = await response.text();
        assert.ok(response.status >= 200 && response.status < 600);
        if (method === "HEAD") assert.equal(body, "");
        if (response.headers.has("x-set")) assert.ok(!shared.headers.has("x-set"));
        if (given.cors !== undefined && response.status < 500) {
          assert.match(response.headers.get("vary") ?? "", /origin/i);
        }
        // What is dropped may still be on its way.
        for (let turn = 0; turn < 50 && streams.open > 0; turn++) await Promise.resolve();
        assert.equal(streams.open, 0, "streams are open");
        assert.deepEqual(unhandled, []);
      }),
      { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), verbose: true, numRuns: 1_000 },
    );
    // Rejections are told of once the task is over.
    await new Promise((resolve) => setTimeout(resolve, 0));
    assert.deepEqual(unhandled, []);
  } finally {
    globalThis.removeEventListener("unhandledrejection", keep);
  }
});
