/**
 * A service as a whole: where it answers, for which methods, what its layers may do, and how it is
 * served by a runtime of its own.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  any,
  del,
  get,
  head,
  int,
  type Layer,
  Listener,
  NotFoundError,
  ok,
  options,
  post,
  put,
  resource,
  service,
  type ServiceConfig,
  type Spec,
  string,
} from "@pirouette/http";
import { onBothTransports } from "../support/both_transports.ts";
import { root } from "../support/source.ts";

/** Adds `name` to the answer's `via`, which so lists the layers from the inside out. */
function via(name: string): Layer {
  return (next) => async (input, init) => {
    const response = await next(input, init);
    const headers = new Headers(response.headers);
    headers.append("via", name);
    return new Response(response.body, { status: response.status, headers });
  };
}

Deno.test("service: layers are around all of it, the first one outermost", async () => {
  const layered = service({ basePath: "/v1", layers: [via("outer"), via("inner")] }, [
    get("/a", () => "a"),
    get("/fails", () => new NotFoundError("no such thing")),
    post("/a", { query: { id: int() } }, () => "a"),
  ]);
  const table: readonly (readonly [string, string, number])[] = [
    ["GET", "/v1/a", 200],
    ["HEAD", "/v1/a", 200],
    ["GET", "/v1/fails", 404],
    ["POST", "/v1/a", 400],
    ["GET", "/v1/none", 404],
    ["DELETE", "/v1/a", 405],
    ["OPTIONS", "/v1/a", 204],
  ];
  await onBothTransports(layered, async (ask) => {
    for (const [method, path, status] of table) {
      const response = await ask(path, { method });
      await response.body?.cancel();
      assert.equal(response.status, status, `${method} ${path}`);
      assert.equal(response.headers.get("via"), "inner, outer", `${method} ${path}`);
    }
  });
});

Deno.test("service: what a layer hands on is what is routed, bound and given", async () => {
  const rewriting: Layer = (next) => (input, init) => {
    const request = new Request(input, init);
    const { pathname } = new URL(request.url);
    switch (pathname) {
      case "/as-text":
        return next("http://localhost/b?id=7");
      case "/as-url":
        return next(new URL("http://localhost/b?id=8"), { headers: { "x-tag": "init" } });
      case "/as-post":
        return next("http://localhost/b", { method: "POST", body: "payload" });
      case "/as-relative":
        return next("/b");
      default: {
        const headers = new Headers(request.headers);
        headers.set("x-tag", `${pathname} rebuilt`);
        return next(new Request(request, { headers }));
      }
    }
  };
  const told: unknown[] = [];
  const rewritten = service({ layers: [rewriting], onError: (error) => told.push(error) }, [
    get(
      "/b",
      { query: { id: int() }, headers: { "x-tag": string({ default: "none" }) } },
      ({ query, headers, request }) => [query.id, headers["x-tag"], request.headers.get("x-tag")],
    ),
    post("/b", { body: string() }, ({ body, request }) => `${request.method} ${body}`),
  ]);
  await onBothTransports(rewritten, async (ask) => {
    assert.deepEqual(await (await ask("/b?id=1")).json(), [1, "/b rebuilt", "/b rebuilt"]);
    assert.deepEqual(await (await ask("/as-text")).json(), [7, "none", null]);
    assert.deepEqual(await (await ask("/as-url")).json(), [8, "init", "init"]);
    assert.equal(await (await ask("/as-post")).text(), "POST payload");
    assert.equal(await (await ask("/b", { method: "POST", body: "sent" })).text(), "POST sent");
    const relative = await ask("/as-relative");
    assert.equal(relative.status, 500);
    await relative.body?.cancel();
  });
  assert.equal(told.length, 3);
});

Deno.test("service: a layer may answer itself, or ask more than once", async () => {
  let handled = 0;
  const guard: Layer = (next) => (input, init) => {
    const request = new Request(input, init);
    return request.headers.get("x-key") === "let me in"
      ? next(request)
      : Promise.resolve(new Response("no", { status: 401 }));
  };
  const twice: Layer = (next) => async (input, init) => {
    await (await next(input, init)).body?.cancel();
    return await next(input, init);
  };
  const guarded = service({ layers: [guard, twice] }, [get("/", () => String(++handled))]);
  await onBothTransports(guarded, async (ask) => {
    handled = 0;
    const refused = await ask("/");
    assert.deepEqual([refused.status, await refused.text()], [401, "no"]);
    assert.equal(handled, 0);
    const response = await ask("/", { headers: { "x-key": "let me in" } });
    assert.deepEqual([response.status, await response.text()], [200, "2"]);
  });
});

Deno.test("service: an error of a layer is answered like one of a handler", async () => {
  const told: unknown[] = [];
  const failures: Readonly<Record<string, Error>> = {
    "/ours": new NotFoundError("gone fishing"),
    "/theirs": new Error("private"),
  };
  const failing: Layer = (next) => (input, init) => {
    const error = failures[new URL(new Request(input, init).url).pathname];
    if (error !== undefined) throw error;
    return next(input, init);
  };
  const layered = service({ layers: [failing], onError: (error) => told.push(error) }, [
    get("/fine", () => "fine"),
  ]);
  await onBothTransports(layered, async (ask, transport) => {
    told.length = 0;
    const ours = await ask("/ours");
    const { message, path } = await ours.json();
    assert.deepEqual([ours.status, message, path], [404, "gone fishing", "/ours"], transport);
    const theirs = await ask("/theirs");
    assert.equal(theirs.status, 500);
    assert.ok(!(await theirs.text()).includes("private"));
    assert.equal(await (await ask("/fine")).text(), "fine");
    assert.deepEqual(told, [failures["/theirs"]]);
  });
});

Deno.test("service: onError is told the request of the failure", async () => {
  const told: string[] = [];
  const failing = service({ onError: (_, { method, url }) => told.push(`${method} ${url}`) }, [
    del("/:id", () => {
      throw new Error("private");
    }),
  ]);
  await failing.fetch("http://localhost/7?x=1", { method: "DELETE" });
  assert.deepEqual(told, ["DELETE http://localhost/7?x=1"]);
});

Deno.test("service: an unknown option is refused, and the message lists those there are", () => {
  const table: readonly (readonly [() => unknown, string, string])[] = [
    [() => service({ basepath: "/v1" } as ServiceConfig, []), '"basepath"', "basePath"],
    [() => get("/", { querry: {} } as Spec, () => "a"), '"querry"', "query"],
    [() => resource("MOVE", "/", { consume: [] } as Spec, () => "a"), '"consume"', "consumes"],
    [() => new Listener(0, { hostname: "::" } as never), '"hostname"', "host"],
    [() => new Listener(0, { requestLimits: { maxUri: 9 } as never }), '"maxUri"', "maxUriLength"],
  ];
  for (const [make, name, remedy] of table) {
    assert.throws(make, (error: Error) => {
      assert.ok(error instanceof TypeError, String(error));
      const [, says, offers] = /^(.*) has no option (?:.*): use one of (.*)$/.exec(error.message) ??
        [];
      assert.ok(says !== undefined && error.message.includes(name), error.message);
      assert.ok(offers?.split(", ").includes(remedy), error.message);
      return true;
    });
  }
});

Deno.test("service: a base path is a plain path from the root", async () => {
  for (const basePath of ["", "v1", "/:id", "/a*", "/{a}", "/a?b=c", "/a#b", "/(a)"]) {
    assert.throws(() => service({ basePath }, []), { name: "TypeError" }, basePath);
  }
  assert.throws(() => service({}, [get("a" as "/a", () => "a")]), {
    name: "TypeError",
    message: 'Cannot route "a": a path starts with a slash',
  });
  const table: readonly (readonly [string, string, number])[] = [
    ["/", "/a", 200],
    ["/v1", "/v1/a", 200],
    ["/v1/", "/v1/a", 200],
    ["/v1", "/a", 404],
    ["/v1", "/v1a", 404],
    ["/v1", "/V1/a", 404],
    ["/v1/deep", "/v1/deep/a", 200],
    ["/v1/deep", "/v1/a", 404],
    ["/caf%C3%A9", "/café/a", 200],
    ["/café", "/caf%c3%a9/a", 200],
    ["/a+b", "/a+b/a", 200],
  ];
  for (const [basePath, path, status] of table) {
    const based = service({ basePath }, [get("/a", () => "a")]);
    const response = await based.fetch(`http://localhost${path}`);
    await response.body?.cancel();
    assert.equal(response.status, status, `${basePath} ${path}`);
  }
});

Deno.test("service: two resources of one method and path are refused", () => {
  const table: readonly (readonly [string, string])[] = [
    ["/a", "/a"],
    ["/:id", "/:name"],
    ["/a/b", "/a/%62"],
  ];
  for (const [first, second] of table) {
    assert.throws(
      () => service({}, [get(first, () => "a"), get(second, () => "b")]),
      { name: "TypeError", message: /already matches the same paths$/ },
      `${first} ${second}`,
    );
    assert.ok(service({}, [get(first, () => "a"), post(second, () => "b")]));
  }
});

Deno.test("service: a method is answered by its own resource, then by the default one", async () => {
  const methods = service({}, [
    get("/both", () => "get"),
    any("/both", ({ request }) => `any ${request.method}`),
    head("/headed", () => ok({ headers: { "x-by": "head" } })),
    get("/headed", () => ok({ headers: { "x-by": "get" } })),
    resource("MOVE", "/:id", ({ path }) => `moved ${path.id}`),
    put("/both", () => "put"),
    options("/mine", () => ok({ body: "options" })),
  ]);
  await onBothTransports(methods, async (ask) => {
    const say = async (method: string, path: string) => (await ask(path, { method })).text();
    assert.equal(await say("GET", "/both"), "get");
    assert.equal(await say("PUT", "/both"), "put");
    assert.equal(await say("DELETE", "/both"), "any DELETE");
    assert.equal(await say("PURGE", "/both"), "any PURGE");
    assert.equal(await say("MOVE", "/7"), "moved 7");
    assert.equal(await say("OPTIONS", "/mine"), "options");
    const headed = await ask("/headed", { method: "HEAD" });
    assert.equal(headed.headers.get("x-by"), "head");
    const refused = await ask("/7");
    await refused.body?.cancel();
    assert.deepEqual([refused.status, refused.headers.get("allow")], [405, "MOVE, OPTIONS"]);
  });
  for (const method of ["", "MO VE", "MOVE\n", "ä"]) {
    assert.throws(() => resource(method, "/", () => "a"), { name: "TypeError" }, method);
  }
});

Deno.test("service: a slash at the end counts only where a path has it", async () => {
  const slashed = service({ basePath: "/v1" }, [
    get("/a", () => "a"),
    get("/b", () => "b"),
    get("/b/", () => "b/"),
    get("/", () => "root"),
  ]);
  await onBothTransports(slashed, async (ask) => {
    const table: Readonly<Record<string, string>> = {
      "/v1/a": "a",
      "/v1/a/": "a",
      "/v1/b": "b",
      "/v1/b/": "b/",
      "/v1": "root",
      "/v1/": "root",
    };
    for (const [path, body] of Object.entries(table)) {
      assert.equal(await (await ask(path)).text(), body, path);
    }
    const twice = await ask("/v1/a//");
    await twice.body?.cancel();
    assert.equal(twice.status, 404);
  });
});

Deno.test("service: exported by default, deno serve serves it", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "serve",
      ...["--no-prompt", "--allow-net", "--host", "127.0.0.1", "--port", "0"],
      "tests/server/default_export.ts",
    ],
    cwd: root,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  try {
    const url = await firstUrl(child.stderr);
    const greeting = await fetch(new URL("/v1/hello/you?times=2", url));
    assert.deepEqual([greeting.status, await greeting.text()], [200, "Hello, you! Hello, you!"]);
    const refused = await fetch(new URL("/v1/hello/you?times=ten", url));
    assert.equal(refused.status, 400);
    assert.match((await refused.json()).message, /^error in casting query param : 'times'/);
    assert.equal(await (await fetch(new URL("/v1/who", url))).text(), "127.0.0.1");
    assert.equal((await fetch(new URL("/v1/none", url), { method: "HEAD" })).status, 404);
  } finally {
    child.kill();
    await child.status;
  }
});

/** The first URL that a program prints; what it prints afterwards is read and dropped. */
async function firstUrl(output: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  const reader = output.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`No URL was printed: ${text}`);
    text += value;
    const url = /http:\/\/[\d.]+:\d+\//.exec(text)?.[0];
    if (url === undefined) continue;
    await reader.cancel();
    return url;
  }
}
