/**
 * What the type checker must know of binding by status, and refuse. The assertions are types: when
 * inference regresses, this file does not compile, and an unused `@ts-expect-error` fails too.
 */
import { type } from "arktype";
import * as v from "valibot";
import { z } from "zod";
import {
  array,
  byMediaType,
  bytes,
  Client,
  int,
  json,
  named,
  oneOf,
  optional,
  path,
  string,
  text,
} from "@pirouette/http";
import { StatusCodeClient } from "../../src/client/status_code_client.ts";
import type { Responses, StatusAnswer, StatusCode } from "../../src/client/status_responses.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;

/** Compiles only where both types are the same. */
function same<A, B>(_proof: Equal<A, B>): void {}

const Album = z.object({ id: z.string(), title: z.string() });
const Problem = z.object({ message: z.string() });
type Album = z.infer<typeof Album>;
type Problem = z.infer<typeof Problem>;

const api = new Client("http://api.example", {
  fetch: () => Promise.resolve(Response.json({ id: "1", title: "x" })),
});

Deno.test("status types: a union that status tells apart", async () => {
  const answer = await api.get(path`/albums/${1}`, { responses: { 200: Album, 404: Problem } });
  same<typeof answer.status, 200 | 404>(true);
  if (answer.status === 200) same<typeof answer.body, Album>(true);
  else same<typeof answer.body, Problem>(true);
  same<typeof answer.headers, Headers>(true);
  same<typeof answer.mediaType, string | undefined>(true);
  switch (answer.status) {
    case 200:
      same<typeof answer.body.title, string>(true);
      break;
    case 404:
      same<typeof answer.body.message, string>(true);
      break;
    default:
      same<typeof answer, never>(true);
  }
  // @ts-expect-error: it was not declared
  if (answer.status === 500) return;
});

Deno.test("status types: default has every status that is not declared", async () => {
  const answer = await api.get("/", { responses: { 200: Album, 204: {}, default: Problem } });
  if (answer.status === 200) same<typeof answer.body, Album>(true);
  else if (answer.status === 204) same<typeof answer.body, undefined>(true);
  else same<typeof answer.body, Problem>(true);
  if (answer.status === 503) same<typeof answer.body, Problem>(true);
  if (answer.status !== 200 && answer.status !== 204) {
    same<typeof answer.status, Exclude<StatusCode, 200 | 204>>(true);
  }
  const any = await api.get("/", { responses: { default: {} } });
  same<typeof any.status, StatusCode>(true);
  same<typeof any.body, unknown>(true);
});

Deno.test("status types: schemas of every library, and kinds of bodies", () => {
  const read = () =>
    api.post("/", "x", {
      responses: {
        201: v.object({ id: v.string() }),
        202: type({ id: "string" }),
        203: text(),
        206: bytes(),
        207: byMediaType(json(Album), text()),
        208: optional(int()),
        226: {},
      },
    });
  type Answer = Awaited<ReturnType<typeof read>>;
  type BodyOf<Status> = Extract<Answer, { status: Status }>["body"];
  same<BodyOf<201>, { id: string }>(true);
  same<BodyOf<202>, { id: string }>(true);
  same<BodyOf<203>, string>(true);
  same<BodyOf<206>, Uint8Array<ArrayBuffer>>(true);
  same<BodyOf<207>, string | Album>(true);
  same<BodyOf<208>, number | undefined>(true);
  same<BodyOf<226>, unknown>(true);
});

Deno.test("status types: header fields and media types", () => {
  const read = () =>
    api.get("/", {
      responses: {
        200: {
          body: Album,
          headers: { total: named("x-total", int()), tags: optional(array(string())) },
          mediaType: ["application/json", "text/json"],
        },
        201: {
          headers: z.object({ location: z.string() }),
          mediaType: "application/json",
        },
        202: { mediaType: oneOf("a/b", "c/d") },
        204: { headers: { etag: string() } },
      },
    });
  type Answer = Awaited<ReturnType<typeof read>>;
  type Of<Status> = Extract<Answer, { status: Status }>;
  same<Of<200>["headers"], { readonly total: number; readonly tags: string[] | undefined }>(true);
  same<Of<200>["mediaType"], "application/json" | "text/json">(true);
  same<Of<201>["headers"], { location: string }>(true);
  same<Of<201>["mediaType"], "application/json">(true);
  same<Of<201>["body"], unknown>(true);
  same<Of<202>["mediaType"], "a/b" | "c/d">(true);
  same<Of<204>["headers"], { readonly etag: string }>(true);
  same<Of<204>["body"], undefined>(true);
});

Deno.test("status types: responses may be declared apart from the call", () => {
  const responses = { 200: Album, default: Problem } as const;
  const read = () => api.execute("MOVE", "/", undefined, { responses, query: { a: 1 } });
  type Answer = Awaited<ReturnType<typeof read>>;
  same<Extract<Answer, { status: 200 }>["body"], Album>(true);
  const options = { responses, query: { a: 1 } };
  const kept = () => api.get("/", options);
  same<Extract<Awaited<ReturnType<typeof kept>>, { status: 200 }>["body"], Album>(true);
  const unknown = (dynamic: Responses) => api.get("/", { responses: dynamic });
  same<Awaited<ReturnType<typeof unknown>>["status"], number>(true);
});

/** Never called: what must not compile. */
export function refused(
  client: StatusCodeClient,
  shared: StatusCodeClient<{ 404: typeof Problem }>,
): void {
  // @ts-expect-error: either as or responses
  api.get("/", { as: Album, responses: { 200: Album } });
  // @ts-expect-error: no status
  api.get("/", { responses: { 200: Album, 99: Album } });
  // @ts-expect-error: no status
  api.get("/", { responses: { 200: Album, 600: Album } });
  // @ts-expect-error: no status
  api.get("/", { responses: { 200: Album, "2xx": Album } });
  // @ts-expect-error: misspelt
  api.get("/", { responses: { 200: Album, defualt: Album } });
  // @ts-expect-error: misspelt
  api.get("/", { responses: { 200: { body: Album, haeders: {} } } });
  // @ts-expect-error: misspelt
  api.post("/", {}, { respones: { 200: Album } });
  // @ts-expect-error: no schema
  api.get("/", { responses: { 200: "Album" } });
  // @ts-expect-error: no schema
  api.get("/", { responses: { 200: { body: { id: "string" } } } });
  // @ts-expect-error: no schema
  api.get("/", { responses: { 200: { headers: { id: "string" } } } });
  // @ts-expect-error: never a body
  api.get("/", { responses: { 200: Album, 204: Album } });
  // @ts-expect-error: never a body
  api.get("/", { responses: { 304: { body: Album } } });
  // @ts-expect-error: leave it out
  api.get("/", { responses: { 200: undefined } });
  // @ts-expect-error: no body to bind
  api.head("/", { responses: { 200: {} } });
  // @ts-expect-error: options of a message
  api.get("/", { responses: { 200: Album }, mediaType: "text/plain" });
  // @ts-expect-error: it declares none for all calls
  client.get("/");
  // @ts-expect-error: it declares none for all calls
  client.forward("/", new Request("http://here.example"));
  // @ts-expect-error: bound by status only
  shared.get("/", { as: Album });
  // @ts-expect-error: no status
  new StatusCodeClient("http://api.example", { responses: { 99: Album } });
  // @ts-expect-error: never a body
  new StatusCodeClient("http://api.example", { responses: { 204: Album } });
}

Deno.test("status types: a client's responses, and a call's before them", () => {
  const shared = new StatusCodeClient("http://api.example", {
    responses: { 200: text(), 404: Problem, default: json() },
  });
  const common = () => shared.get("/");
  type Common = Awaited<ReturnType<typeof common>>;
  same<Extract<Common, { status: 200 }>["body"], string>(true);
  same<Extract<Common, { status: 404 }>["body"], Problem>(true);
  const read = () => shared.put("/", {}, { responses: { 200: Album, 201: Album } });
  type Answer = Awaited<ReturnType<typeof read>>;
  same<Extract<Answer, { status: 200 }>["body"], Album>(true);
  same<Extract<Answer, { status: 404 }>["body"], Problem>(true);
  type Rest = Exclude<Answer, { status: 200 } | { status: 201 } | { status: 404 }>;
  same<Rest["status"], Exclude<StatusCode, 200 | 201 | 404>>(true);
  const bare = new StatusCodeClient("http://api.example");
  const own = () => bare.get("/", { responses: { 200: Album } });
  same<Awaited<ReturnType<typeof own>>, StatusAnswer<200, Album>>(true);
});
