/**
 * A listener over Node's modules whose handler does what a test of HTTP/2 needs to see, on each of the
 * runtimes: in this process on Deno, and as a program on Node.
 *
 * @module
 */
import { Listener, type ListenerConfiguration, type RunningServer } from "@pirouette/http";
import { type Connection, connectionOf } from "../../src/message/connection.ts";
import { keepTrailers } from "../../src/message/trailers.ts";
import { hasPeer } from "./peers.ts";

/** Where a listener runs. */
export type Http2Runtime = "deno" | 20 | 22 | 24;

/** A listener that runs somewhere. */
export interface Http2Target {
  /** Where it runs. */
  readonly runtime: Http2Runtime;
  /** Its port on 127.0.0.1. */
  readonly port: number;
}

/** Starts the listener in this process. */
export async function startHttp2Listener(config: ListenerConfiguration): Promise<RunningServer> {
  const listener = new Listener(0, { host: "127.0.0.1", transport: "node", ...config });
  return await listener.attach(answer).start();
}

/** Runs `check` against a listener on Deno, and against one on each of the Nodes that are here. */
export async function onHttp2Runtimes(
  config: ListenerConfiguration,
  check: (target: Http2Target) => Promise<void>,
  nodes: readonly (20 | 22 | 24)[] = [20, 24],
): Promise<void> {
  {
    await using server = await startHttp2Listener(config);
    await check({ runtime: "deno", port: server.port });
    await server.immediateStop();
  }
  // Where these tests run on Node themselves, it was run on already.
  if (!("Deno" in globalThis) || !hasPeer("npx")) return;
  const { startOnNode } = await import("./node_runtime.ts");
  const program = new URL("./http2_program.ts", import.meta.url);
  for (const version of nodes) {
    await using server = await startOnNode(version, program, { args: [JSON.stringify(config)] });
    const { port } = JSON.parse(await server.line()) as { port: number };
    await check({ runtime: version, port });
  }
}

/** How many handlers were told that their client is gone. */
let gone = 0;
/** How the last upload ended. */
let upload = "none";
/** How the last promises ended. */
let promise = "none";

async function answer(input: Request | URL | string): Promise<Response> {
  const request = input as Request;
  const connection = connectionOf(request)!;
  const { pathname, searchParams } = new URL(request.url);
  switch (pathname) {
    case "/whole":
      return connection.respond?.("whole", 200, "text/plain") ?? new Response("whole");
    case "/big":
      return new Response("x".repeat(Number(searchParams.get("size"))));
    case "/fields": {
      const headers = new Headers({
        connection: "x-dropped",
        "keep-alive": "timeout=5",
        "x-kept": "a",
      });
      headers.append("set-cookie", "a=1");
      headers.append("set-cookie", "b=2");
      return new Response("fields", { headers });
    }
    case "/status":
      return new Response(null, { status: Number(searchParams.get("code")) });
    case "/seen":
      return Response.json({
        method: request.method,
        url: request.url,
        headers: [...request.headers],
        version: connection.httpVersion,
        remote: connection.remoteAddr,
        local: connection.localAddr,
        tls: connection.tls?.version ?? null,
      });
    case "/upload":
      return await received(request, connection);
    case "/upload-ended":
      return new Response(upload);
    case "/trailers": {
      const response = new Response(searchParams.has("empty") ? null : "body");
      keepTrailers(response, () => Promise.resolve({ "x-sum": "1", "content-length": "9" }));
      return response;
    }
    case "/early":
      connection.inform?.(103, [["Link", "</a.css>; rel=preload"]]);
      return new Response("early");
    case "/push":
      return pushed(connection, searchParams);
    case "/promise":
      return new Response(promise);
    case "/wait":
      await new Promise<void>((resolve) => {
        request.signal.addEventListener("abort", () => resolve());
        if (searchParams.has("for")) setTimeout(resolve, Number(searchParams.get("for")));
      });
      if (request.signal.aborted) gone++;
      return new Response("waited");
    case "/stubborn":
      await new Promise((resolve) => setTimeout(resolve, Number(searchParams.get("for"))));
      return new Response("done");
    case "/gone":
      return new Response(String(gone));
    case "/fails":
      return new Response(failing());
    case "/endless":
      return new Response(endless());
    default:
      return new Response("nothing here", { status: 404 });
  }
}

async function received(request: Request, connection: Connection): Promise<Response> {
  upload = "begun";
  try {
    const { length } = await request.bytes();
    const trailers = [...await connection.requestTrailers?.() ?? []];
    upload = `complete: ${length}`;
    return Response.json({ length, trailers });
  } catch (error) {
    upload = `failed: ${error instanceof Error ? error.name : "?"}`;
    return new Response("broken off", { status: 400 });
  }
}

function pushed(connection: Connection, search: URLSearchParams): Response {
  const path = search.get("path") ?? "/pushed";
  const stream = connection.push?.({ method: "GET", path, headers: [["X-Asked", "a"]] });
  if (stream === undefined) return new Response("no push");
  promise = "made";
  const body = "pushed".padEnd(Number(search.get("size") ?? 0), "x");
  stream.respond(new Response(body, { headers: { "x-pushed": "a" } })).then(
    () => promise = "kept",
    () => promise = "refused",
  );
  return new Response("main");
}

function failing(): ReadableStream<Uint8Array<ArrayBuffer>> {
  let isBegun = false;
  return new ReadableStream({
    pull(controller) {
      if (isBegun) throw new Error("The body fails");
      isBegun = true;
      controller.enqueue(new TextEncoder().encode("half"));
    },
  });
}

function endless(): ReadableStream<Uint8Array<ArrayBuffer>> {
  const piece = new Uint8Array(65_536);
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(piece);
    },
    cancel() {
      gone++;
    },
  });
}
