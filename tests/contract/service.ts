/**
 * The service that every transport has to serve alike: something for each behaviour that the cases
 * ask for, by the public API alone. It runs on Deno and on Node, so that nothing of either is in it.
 *
 * What a case cannot see from outside, as a handler whose signal fires, is noted under an id that the
 * case chose, and told by `/notes/:id`.
 *
 * @module
 */
import {
  any,
  bytes,
  type Caller,
  files,
  get,
  head,
  int,
  json,
  noContent,
  notModified,
  ok,
  post,
  resetContent,
  resource,
  type Service,
  service,
  text,
  withTrailers,
} from "@pirouette/http";

/** What the service needs of the place it runs at. */
export interface ContractSettings {
  /** A folder with static files. */
  readonly folder: string;
}

/** How many bytes {@linkcode endless} gives at a time. */
const PIECE = 65_536;

/** Makes the service, with notes of its own. */
export function contractService(settings: ContractSettings): Service[] {
  const notes = new Notes();
  return [
    service({ onError: () => {} }, [
      ...messages(settings),
      ...bodies(notes),
      ...streams(notes),
      ...failures(),
      ...around(),
    ]),
    service({ basePath: "/compressed", compression: true }, [
      get("/text", () => "compress me ".repeat(1_000)),
    ]),
    service({ basePath: "/hosted", host: "only.example" }, [get("/", () => "only")]),
  ];
}

/** What happened to the requests with an id. */
class Notes {
  readonly #kept = new Map<string, string[]>();
  readonly #held = new Map<string, PromiseWithResolvers<void>>();

  /** Adds a line. */
  add(id: string, note: string): void {
    const kept = this.#kept.get(id);
    if (kept === undefined) this.#kept.set(id, [note]);
    else kept.push(note);
  }

  /** The lines so far. */
  of(id: string): readonly string[] {
    return this.#kept.get(id) ?? [];
  }

  /** Settles when the id is let go. */
  held(id: string): PromiseWithResolvers<void> {
    const held = this.#held.get(id) ?? later();
    this.#held.set(id, held);
    return held;
  }
}

/** `Promise.withResolvers`, which Node 20 does not have. */
function later(): PromiseWithResolvers<void> {
  let resolve: () => void = () => {};
  let reject: () => void = () => {};
  const promise = new Promise<void>((settle, fail) => {
    resolve = settle;
    reject = fail;
  });
  return { promise, resolve, reject };
}

/** What a handler was told of a request. */
function seen(request: Request, caller: Caller): unknown {
  const { method, url, headers } = request;
  const { remoteAddress, localAddress, protocol } = caller;
  return { method, url, headers: [...headers], remoteAddress, localAddress, protocol };
}

/** Requests and responses without anything special about their bodies. */
function messages({ folder }: ContractSettings): Service["resources"] {
  return [
    any("/seen/:rest*", ({ request, caller }) => ok({ body: seen(request, caller) })),
    resource("BREW", "/brewed", ({ request }) => ok({ body: request.method })),
    resource("m-search", "/brewed", ({ request }) => ok({ body: request.method })),
    get("/text", () => "text"),
    get("/unicode", () => "täxt ♥"),
    get("/json", () => ({ a: 1 })),
    get("/bytes", () => new Uint8Array([0, 1, 2, 255])),
    get("/empty", () => ok()),
    get("/accepted", () => undefined),
    get("/none", () => noContent()),
    get("/same", () => notModified({ headers: { etag: '"a"' } })),
    get("/reset", () => resetContent()),
    get("/status/:code", { path: { code: int() } }, ({ path }) => {
      return new Response(path.code === 204 ? null : "status", { status: path.code });
    }),
    get("/named-status", () => new Response("x", { status: 200, statusText: "All right" })),
    get("/cookies", () => {
      return ok({ body: "x", headers: [["set-cookie", "a=1"], ["set-cookie", "b=2, c"]] });
    }),
    get("/fields", () =>
      ok({
        body: "x",
        headers: [["x-many", "1"], ["x-many", "2"], ["x-empty", ""], ["x-latin", "caf\xe9"]],
      })),
    get("/dated", () => ok({ body: "x", headers: { date: "Sat, 01 Jan 2000 00:00:00 GMT" } })),
    head("/head-only", () => ok({ headers: { "x-length": "7" } })),
    get(
      "/large/:size",
      { path: { size: int() } },
      ({ path }) => new Uint8Array(path.size).fill(97),
    ),
    get("/files/:path*", files(folder)),
  ];
}

/** What becomes of request bodies. */
function bodies(notes: Notes): Service["resources"] {
  return [
    post("/echo", ({ request }) => {
      const type = request.headers.get("content-type");
      return new Response(request.body, type === null ? {} : { headers: { "content-type": type } });
    }),
    post("/read", async ({ request }) => ok({ body: `read ${(await request.text()).length}` })),
    post("/texted", { body: text() }, ({ body }) => ok({ body: { length: body.length, body } })),
    post("/parsed", { body: json() }, ({ body }) => ok({ body })),
    post("/limited", { body: bytes(), maxEntityBodySize: 1_000 }, ({ body }) => {
      return ok({ body: body.length });
    }),
    post("/ignored", () => ok({ body: "ignored" })),
    post("/cancelled/:id", async ({ request, path }) => {
      await request.body?.cancel();
      notes.add(path.id, "cancelled");
      return ok({ body: "cancelled" });
    }),
    post("/first/:id", async ({ request, path }) => {
      const reader = request.body?.getReader();
      const { value } = await reader?.read() ?? {};
      notes.add(path.id, `first ${value?.length}`);
      await notes.held(path.id).promise;
      return ok({ body: "first" });
    }),
    post("/summed/:id", async ({ request, path }) => {
      let size = 0;
      try {
        for await (const piece of request.body ?? []) size += piece.length;
      } catch (error) {
        notes.add(path.id, `broke off after ${size}: ${error instanceof Error}`);
        throw error;
      }
      notes.add(path.id, `whole after ${size}`);
      return ok({ body: size });
    }),
  ];
}

/** Responses that take their time, and what becomes of them. */
function streams(notes: Notes): Service["resources"] {
  const encoder = new TextEncoder();
  return [
    get("/notes/:id", ({ path }) => notes.of(path.id)),
    get("/held/:id", async ({ path }) => {
      notes.add(path.id, "called");
      await notes.held(path.id).promise;
      return `held ${path.id}`;
    }),
    get("/slow/:id", async ({ path }) => {
      notes.add(path.id, "called");
      await new Promise((resolve) => setTimeout(resolve, 300));
      return "slow";
    }),
    get("/let-go/:id", ({ path }) => {
      notes.held(path.id).resolve();
      return "let go";
    }),
    get("/chunks/:count", { path: { count: int() } }, ({ path }) => {
      let sent = 0;
      return new ReadableStream({
        pull(controller) {
          if (sent === path.count) return controller.close();
          controller.enqueue(encoder.encode(`chunk ${sent++}\n`));
        },
      });
    }),
    get("/sized", () => {
      const body = new Blob(["sized body"]).stream();
      return new Response(body, { headers: { "content-length": "10" } });
    }),
    get("/no-chunks", () => new ReadableStream({ start: (controller) => controller.close() })),
    get("/endless/:id", ({ path }) => {
      let pulled = 0;
      return new ReadableStream({
        pull(controller) {
          controller.enqueue(new Uint8Array(PIECE));
          pulled++;
        },
        cancel: () => notes.add(path.id, `cancelled after ${pulled}`),
      });
    }),
    get("/counted/:id", ({ path }) => {
      return new ReadableStream({
        pull(controller) {
          controller.enqueue(new Uint8Array(PIECE));
          notes.add(path.id, "pulled");
        },
        cancel: () => notes.add(path.id, "cancelled"),
      });
    }),
    get("/waits/:id", async ({ request, path }) => {
      notes.add(path.id, "called");
      await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
      notes.add(path.id, "aborted");
      return "too late";
    }),
    get("/follows/:id", async ({ request, path }) => {
      // What hands a request on, as a gateway does, makes another one of it.
      const { signal } = new Request(request);
      notes.add(path.id, "called");
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      notes.add(path.id, "aborted");
      return "late";
    }),
    get("/signal/:id", ({ request, path }) => {
      request.signal.addEventListener("abort", () => notes.add(path.id, "aborted"));
      return "signal";
    }),
    get("/events/:id", ({ path }) => {
      const body = ReadableStream.from(async function* () {
        yield encoder.encode("data: 1\n\n");
        await notes.held(path.id).promise;
        yield encoder.encode("data: 2\n\n");
      }());
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    }),
  ];
}

/** What comes before and after a response, and what is known of its connection. */
function around(): Service["resources"] {
  const chunk = new TextEncoder().encode("body");
  return [
    get("/hints", ({ caller }) => {
      const sent = caller.earlyHints({ link: "</a.css>; rel=preload", "x-hint": "1" });
      return ok({ body: `hinted ${sent && caller.processing()}` });
    }),
    get("/late-hints", async ({ caller }) => {
      await caller.respond("answered");
      await new Promise((resolve) => setTimeout(resolve, 20));
      caller.earlyHints({ link: "</a.css>" });
    }),
    get("/trailers", () => {
      const body = ReadableStream.from([chunk]);
      return withTrailers(new Response(body), () => ({ "x-sum": "4", "x-other": "a, b" }));
    }),
    get("/trailers-of-text", () => ok({ body: "text", trailers: { "x-sum": "4" } })),
    get("/trailers-that-fail", () => {
      const body = ReadableStream.from([chunk]);
      return withTrailers(new Response(body), () => {
        throw new Error("a secret");
      });
    }),
    post("/request-trailers", { body: text() }, async ({ caller }) => {
      return ok({ body: [...await caller.requestTrailers()] });
    }),
    get("/tls", ({ caller: { tls } }) => {
      const { version, cipher, serverName, isResumed } = tls ?? {};
      return ok({ body: { version, cipher, serverName, isResumed } });
    }),
  ];
}

/** Handlers that fail. */
function failures(): Service["resources"] {
  return [
    get("/throws", () => {
      throw new Error("a secret");
    }),
    get("/rejects", async () => {
      await Promise.resolve();
      throw new Error("a secret");
    }),
    get("/throws-text", () => {
      // deno-lint-ignore no-throw-literal -- it is what the case is about
      throw "a secret";
    }),
    get("/breaks/:pieces", { path: { pieces: int() } }, ({ path }) => {
      let given = 0;
      return new ReadableStream({
        async pull(controller) {
          await Promise.resolve();
          if (given === path.pieces) throw new Error("a secret");
          given++;
          controller.enqueue(new Uint8Array(1_000).fill(98));
        },
      });
    }),
    get("/short", () => {
      const body = new Blob(["1234"]).stream();
      return new Response(body, { headers: { "content-length": "10" } });
    }),
    get("/long", () => {
      const body = new Blob(["1234567890"]).stream();
      return new Response(body, { headers: { "content-length": "4" } });
    }),
    get("/used", async () => {
      const response = new Response("used");
      await response.text();
      return response;
    }),
  ];
}
