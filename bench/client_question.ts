/**
 * What the client bench asks: calls that every program must send alike and answer alike, so that none
 * is fast by doing less.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Fetch } from "../src/message/fetch.ts";
import { answer } from "./client_round.ts";

/** Where calls of a stub go; nothing listens there. */
export const stubBase = "https://api.example.com/v1";

/** What the stub answers, as a value, and what is posted. */
export const album: Readonly<Record<string, unknown>> = JSON.parse(answer);

/** What is put into the path and the query where there is a query. */
export const asked = {
  id: "a 1024",
  query: { limit: 3, artist: "John Coltrane", sort: "year" },
} as const;

/** Names of the questions. */
export type QuestionName = "bare" | "json" | "checked" | "post" | "query";

/** What a call sends, and whether it gives the response or the value in it. */
export interface Question {
  /** What is asked, and the head of the first column. */
  readonly title: string;
  /** Method of the request. */
  readonly method: "GET" | "POST";
  /** Path and decoded query of the request. */
  readonly path: string;
  /** Parameters of the query, decoded. */
  readonly query?: Readonly<Record<string, string | number>>;
  /** What the call gives. */
  readonly gives: "response" | "value";
}

/** Every question. */
export const questions: Readonly<Record<QuestionName, Question>> = {
  bare: { title: "GET, a Response", method: "GET", path: "/albums/1", gives: "response" },
  json: { title: "GET, JSON", method: "GET", path: "/albums/1", gives: "value" },
  checked: { title: "GET, JSON checked by Zod", method: "GET", path: "/albums/1", gives: "value" },
  post: { title: "POST, JSON both ways", method: "POST", path: "/albums", gives: "value" },
  query: {
    title: "GET, a path and three query parameters, JSON",
    method: "GET",
    path: "/albums/a%201024",
    query: asked.query,
    gives: "value",
  },
};

/** A program's way to ask a question. */
export interface Contender {
  /** Its name in the table. */
  readonly name: string;
  /** Makes the call that is measured, over a fetch and below an address. */
  readonly prepare: (fetch: Fetch, base: string) => () => Promise<unknown>;
  /** The most microseconds beyond the stub that are allowed. */
  readonly mostTime?: number;
  /** The most times what ofetch takes beyond the stub that is allowed. */
  readonly mostTimes?: number;
}

/** A program's ways to ask each question; none where it has no such thing. */
export type Contenders = Readonly<Partial<Record<QuestionName, readonly Contender[]>>>;

/** Fails unless a contender sends what the question says and gives what was answered. */
export async function verify(question: Question, { name, prepare }: Contender): Promise<void> {
  const sent: Request[] = [];
  const call = prepare((input, init) => {
    sent.push(new Request(input, init));
    return Promise.resolve(new Response(answer, { headers: answerFields }));
  }, stubBase);
  const given = await call();
  const request = sent[0];
  assert(request !== undefined && sent.length === 1, `${name} sent ${sent.length} requests`);
  const { origin, pathname, searchParams } = new URL(request.url);
  assert.equal(request.method, question.method, name);
  assert.equal(origin + pathname, stubBase + question.path, name);
  const query = Object.entries(question.query ?? {}).map(([key, value]) => [key, String(value)]);
  assert.deepEqual([...searchParams], query, name);
  if (question.method === "POST") {
    assert.equal(request.headers.get("content-type"), "application/json", name);
    assert.deepEqual(await request.json(), album, name);
  }
  if (question.gives === "value") return assert.deepEqual({ ...given as object }, album, name);
  assert(given instanceof Response, `${name} gave no Response`);
  assert.equal(await given.text(), answer, name);
}

const answerFields = { "content-type": "application/json" };
