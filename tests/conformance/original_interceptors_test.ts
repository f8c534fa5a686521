/**
 * What the original library's own tests hold of interceptors (spec 8.1), beyond the published cases:
 * which hooks run, in which order, and what becomes of an answer.
 */
import assert from "node:assert/strict";
import {
  any,
  get,
  HttpError,
  type Interceptor,
  Listener,
  notFound,
  service,
} from "@pirouette/http";
import { type Ask, onBothTransports } from "../support/both_transports.ts";
import { ask, read } from "./ask.ts";
import { answers, echo, goesOn, hook, hookBack, mark, recovers, reveals, texts } from "./trail.ts";

const quiet = { onError: () => {} };

const fails = hook("fails", () => new HttpError("the request hook failed"));
const failsBack = hookBack("fails", () => new HttpError("the response hook failed"));
const skips = hook("skips", ({ context }) => (context.next(), context.next()));
const skipsBack = hookBack("skips", ({ context }) => (context.next(), context.next()));
const silent = hook("silent", () => {});
const silentBack = hookBack("silent", ({ response }) => void response.headers.set("back", "lost"));

const failsAgain: Interceptor = {
  requestError({ context }) {
    mark(context, "fails again");
    throw new HttpError("the error hook failed");
  },
};

interface Row {
  readonly interceptors: readonly Interceptor[];
  readonly line?: string;
  readonly sent?: string;
  readonly status?: number;
  readonly body: unknown;
  readonly trail: string;
}

const rows: Readonly<Record<string, Row>> = {
  "request hooks run in order before the resource": {
    interceptors: [goesOn("a"), goesOn("b")],
    body: "from the resource",
    trail: "a b resource",
  },
  "response hooks run in reverse order after the resource": {
    interceptors: [answers("c"), answers("b"), answers("a")],
    line: "POST /",
    sent: "a payload",
    body: "a payload",
    trail: "resource a b c",
  },
  "an empty list changes nothing": {
    interceptors: [],
    line: "POST /",
    sent: "a payload",
    body: "a payload",
    trail: "resource",
  },
  "error hooks run only where something failed": {
    interceptors: [texts, goesOn("a"), recovers, answers("b")],
    body: "from the resource",
    trail: "a resource b",
  },
  "a request error passes hooks by until an error hook takes it": {
    interceptors: [fails, goesOn("passed"), recovers, goesOn("last")],
    line: "POST /",
    body: "the request hook failed",
    trail: "fails recovers last resource",
  },
  "an error hook that fails hands its own error to the next one": {
    interceptors: [fails, failsAgain, goesOn("passed"), recovers, goesOn("last")],
    line: "POST /",
    body: "the error hook failed",
    trail: "fails fails again recovers last resource",
  },
  "a response error passes hooks by until an error hook takes it": {
    interceptors: [answers("first"), texts, answers("passed"), failsBack],
    status: 500,
    body: "the response hook failed",
    trail: "resource fails texts first",
  },
  "a request error that no error hook takes is a response error": {
    interceptors: [answers("first"), texts, answers("passed"), fails, goesOn("x"), answers("y")],
    status: 500,
    body: "the request hook failed",
    trail: "fails texts first",
  },
  "a request hook goes on with another payload": {
    interceptors: [goesOn("a"), goesOn("sets", {}, "another payload"), goesOn("b")],
    line: "POST /",
    sent: "a payload",
    body: "another payload",
    trail: "a sets b resource",
  },
  "a response hook answers with another text": {
    interceptors: [answers("b"), hookBack("sets", () => "another text"), answers("a")],
    line: "POST /",
    sent: "a payload",
    body: "another text",
    trail: "resource a sets b",
  },
  "a response hook answers with what it makes of the answer": {
    interceptors: [
      answers("b"),
      hookBack(
        "wraps",
        async ({ response: { headers, body } }) =>
          new Response(`wrapped: ${await new Response(body).text()}`, { headers }),
      ),
      answers("a"),
    ],
    body: "wrapped: from the resource",
    trail: "resource a wraps b",
  },
  "a request hook's status reply is the answer": {
    interceptors: [answers("b"), hook("replies", () => notFound({ body: "none" })), goesOn("x")],
    status: 404,
    body: "none",
    trail: "replies b",
  },
  "a response hook's status reply is the answer": {
    interceptors: [answers("b"), hookBack("replies", () => notFound({ body: "none" }))],
    status: 404,
    body: "none",
    trail: "resource replies b",
  },
  "a request hook that returns nothing answers 202": {
    interceptors: [answers("b"), silent, goesOn("x")],
    status: 202,
    body: "",
    trail: "silent b",
  },
  "a response hook that returns nothing answers 202 with nothing of the answer": {
    interceptors: [answers("b"), silentBack, answers("a")],
    status: 202,
    body: "",
    trail: "resource a silent b",
  },
  "next() twice skips the request hook in between, and it alone": {
    interceptors: [goesOn("a"), skips, silent, goesOn("b")],
    body: "from the resource",
    trail: "a skips b resource",
  },
  "next() twice skips the response hook in between, and it alone": {
    interceptors: [answers("b"), silentBack, skipsBack, answers("a")],
    body: "from the resource",
    trail: "resource a skips b",
  },
  "a caller answers in a request hook, whether or not a resource matches": {
    interceptors: [
      answers("b"),
      answers("a"),
      hook("responds", ({ caller }) => caller.respond("from the caller")),
      goesOn("x"),
    ],
    line: "GET /no/such/resource",
    body: "from the caller",
    trail: "responds a b",
  },
  "a caller answers in a response hook": {
    interceptors: [
      answers("b"),
      hookBack("responds", ({ caller }) => caller.respond("from the caller")),
      answers("a"),
    ],
    body: "from the caller",
    trail: "resource a responds b",
  },
  // There the rest of the list is run behind the answer (docs/differences.md).
  "a caller answers in a request hook that goes on: the answer counts": {
    interceptors: [
      hook("responds", async ({ caller, context }) => {
        await caller.respond("from the caller");
        return context.next();
      }),
      goesOn("x"),
    ],
    body: "from the caller",
    trail: "responds",
  },
  "a caller answers in a response hook that goes on: the hooks before still run": {
    interceptors: [
      answers("b"),
      hookBack("responds", async ({ caller, context }) => {
        await caller.respond("from the caller");
        return context.next();
      }),
      answers("a"),
    ],
    body: "from the caller",
    trail: "resource a responds b",
  },
  "an error given to a request hook's caller is an error of the hook": {
    interceptors: [
      answers("b"),
      texts,
      hook("responds", ({ caller }) => caller.respond(new HttpError("given to the caller"))),
      goesOn("x"),
    ],
    status: 500,
    body: "given to the caller",
    trail: "responds texts b",
  },
  "an error given to a response hook's caller is an error of the hook": {
    interceptors: [
      answers("b"),
      texts,
      answers("passed"),
      hookBack("responds", ({ caller }) => caller.respond(new HttpError("given to the caller"))),
    ],
    status: 500,
    body: "given to the caller",
    trail: "resource responds texts b",
  },
  "a hook for GET runs for GET": {
    interceptors: [goesOn("get", { method: "GET" }), goesOn("post", { method: "POST" })],
    body: "from the resource",
    trail: "get resource",
  },
  "a hook for POST runs for POST": {
    interceptors: [goesOn("get", { method: "GET" }), goesOn("post", { method: "POST" })],
    line: "POST /",
    body: "from the resource",
    trail: "post resource",
  },
  "a hook for a path runs for no other": {
    interceptors: [goesOn("all"), goesOn("foo", { path: "/foo" }), goesOn("last")],
    body: "from the resource",
    trail: "all last resource",
  },
  "a hook for a path runs for it, whatever the method": {
    interceptors: [goesOn("all"), goesOn("foo", { path: "/foo" }), goesOn("last")],
    line: "POST /foo",
    body: "from the resource",
    trail: "all foo last resource",
  },
  "a hook for a path and a method runs where both fit": {
    interceptors: [goesOn("all"), goesOn("foo", { path: "/foo", method: "GET" })],
    line: "GET /foo",
    body: "from the resource",
    trail: "all foo resource",
  },
  "a hook for a path and a method does not run for another method": {
    interceptors: [goesOn("all"), goesOn("foo", { path: "/foo", method: "GET" })],
    line: "POST /foo",
    body: "from the resource",
    trail: "all resource",
  },
  "request hooks run before it is known that no resource matches": {
    interceptors: [goesOn("all"), goesOn("foo", { path: "/foo" }), answers("passed"), texts],
    line: "GET /base/bar",
    status: 404,
    body: "no matching resource found for path : /base/bar , method : GET",
    trail: "all texts passed",
  },
};

/** Sends a request whose first line is `line`, below the base path where the line does not say so. */
function send(asked: Ask, { line = "GET /", sent }: Row, base: string): Promise<Response> {
  const [method = "", path = ""] = line.split(" ");
  const target = path.startsWith(`${base}/`) || base === "" ? path : base + path;
  return asked(target === `${base}/` && base !== "" ? base : target, {
    method,
    ...(sent === undefined ? {} : { body: sent }),
  });
}

for (const [what, row] of Object.entries(rows)) {
  Deno.test(`interceptors of the original: ${what}`, async () => {
    for (const basePath of row.line?.includes("/base") ? ["/base"] : ["/", "/base"]) {
      const interceptors = [reveals, ...row.interceptors];
      const served = service({ basePath, interceptors, ...quiet }, [
        any("/", echo),
        any("/foo", echo),
      ]);
      await onBothTransports(served, async (asked) => {
        const response = await send(asked, row, basePath === "/" ? "" : basePath);
        const told = { body: await read(response), trail: response.headers.get("trail") };
        assert.deepEqual(told, { body: row.body, trail: row.trail });
        assert.equal(response.status, row.status ?? 200);
      });
    }
  });
}

function checks(name: string): Interceptor {
  return {
    request({ request, context }) {
      mark(context, `checks ${name}`);
      return request.headers.has(name)
        ? context.next()
        : notFound({ body: `Header : ${name} not found` });
    },
  };
}

Deno.test("interceptors of the original: those of a listener go before those of a service", async () => {
  const interceptors = [
    reveals,
    checks("x-listener"),
    answers("listener back"),
    goesOn("listener"),
  ];
  const listener = new Listener(0, { host: "127.0.0.1", interceptors });
  listener.attach(service({}, [get("/", echo)]));
  const own = [answers("own back"), checks("x-own"), goesOn("own"), answers("never early")];
  listener.attach(service({ basePath: "/test", interceptors: own }, [get("/", echo)]));
  await using server = await listener.start();
  const cases:
    readonly (readonly [path: string, fields: string[], status: number, trail: string])[] = [
      ["/", [], 404, "checks x-listener"],
      ["/", ["x-listener"], 200, "checks x-listener listener resource listener back"],
      ["/test", [], 404, "checks x-listener"],
      [
        "/test",
        ["x-listener"],
        404,
        "checks x-listener listener checks x-own own back listener back",
      ],
      [
        "/test",
        ["x-listener", "x-own"],
        200,
        "checks x-listener listener checks x-own own resource never early own back listener back",
      ],
    ];
  for (const [path, fields, status, expected] of cases) {
    const headers = Object.fromEntries(fields.map((name) => [name, "true"]));
    const response = await ask(server, `GET ${path}`, { headers });
    assert.deepEqual([response.status, response.headers.get("trail")], [status, expected]);
    await response.body?.cancel();
  }
});

Deno.test("interceptors of the original: services of one listener have each their own", async () => {
  const listener = new Listener(0, { host: "127.0.0.1" });
  const own = (name: string) => [reveals, goesOn(name), answers(`${name} back`)];
  listener.attach(service({ basePath: "/foo", interceptors: own("foo") }, [any("/", echo)]));
  listener.attach(service({ basePath: "/bar", interceptors: own("bar") }, [any("/", echo)]));
  listener.attach(service({ basePath: "/hello" }, [any("/", echo)]));
  await using server = await listener.start();
  for (
    const [path, expected] of [
      ["/foo", "foo resource foo back"],
      ["/bar", "bar resource bar back"],
      ["/hello", null],
    ] as const
  ) {
    const response = await ask(server, `POST ${path}`, { body: "sent" });
    assert.deepEqual([await response.text(), response.headers.get("trail")], ["sent", expected]);
  }
});

Deno.test("interceptors of the original: a resource is told where it has nothing to go on to", async () => {
  const tells = any("/", ({ context }) => {
    try {
      return context.next();
    } catch (error) {
      return (error as Error).message;
    }
  });
  const served = service({ interceptors: [goesOn("a")] }, [tells]);
  assert.equal(await (await ask(served, "GET /")).text(), "no next service to be returned");
});

Deno.test("interceptors of the original: HTTP/2 changes nothing", async () => {
  const interceptors = [reveals, answers("b"), texts, goesOn("a", {}, "another payload"), recovers];
  const served = service({ interceptors, ...quiet }, [
    any("/", echo),
    any("/fails", () => Promise.reject(new HttpError("it failed"))),
  ]);
  const listener = new Listener(0, { host: "127.0.0.1" }).attach(served);
  await using server = await listener.start();
  using client = Deno.createHttpClient({ http1: false, http2: true });
  const init = { client, method: "POST", body: "sent" };
  const answer = await fetch(`${server.url}/`, init);
  assert.deepEqual(
    [await answer.text(), answer.headers.get("trail")],
    ["another payload", "a resource b"],
  );
  const failed = await fetch(`${server.url}/fails`, init);
  assert.deepEqual(
    [failed.status, await failed.text(), failed.headers.get("trail")],
    [500, "it failed", "a texts b"],
  );
});
