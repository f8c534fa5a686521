/**
 * Requests, responses and header fields of Node's transport beside the platform's own, over random
 * messages and whatever may be asked of them, in any order.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { inspect } from "node:util";
import fc from "fast-check";
import { platformRequest } from "../../src/message/platform_request.ts";
import { NodeAnswer } from "../../src/runtime/node/answer.ts";
import { NodeRequest } from "../../src/runtime/node/request.ts";

const seed = Number(Deno.env.get("FC_SEED") ?? Date.now());
const runs = { seed, numRuns: 300 };

const name = fc.oneof(
  fc.constantFrom(
    "Host",
    "cookie",
    "Cookie",
    "set-cookie",
    "Set-Cookie",
    "X-A",
    "x-a",
    "__proto__",
  ),
  fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,8}$/),
);
/** As Node's parser gives them: without space around, each character a byte. */
const value = fc.stringMatching(/^[\t -~\x80-\xff]{0,12}$/).map((text) =>
  text.replace(/^[\t ]+|[\t ]+$/g, "")
);
const fields = fc.array(fc.tuple(name, value), { maxLength: 8 });

type Fields = readonly (readonly [name: string, value: string])[];

function platformHeaders(list: Fields): Headers {
  const headers = new Headers();
  const cookies = list.filter(([one]) => one.toLowerCase() === "cookie").map(([, text]) => text);
  for (const [one, text] of list) if (one.toLowerCase() !== "cookie") headers.append(one, text);
  if (cookies.length > 0) headers.set("cookie", cookies.join("; "));
  return headers;
}

/** What happens, in a form that can be compared: a value, or the name of an error. */
async function outcome(act: () => unknown): Promise<unknown> {
  try {
    return shown(await act());
  } catch (error) {
    return `throws ${(error as Error).name}`;
  }
}

async function shown(result: unknown): Promise<unknown> {
  if (result instanceof ArrayBuffer) return ["buffer", ...new Uint8Array(result)];
  if (result instanceof Uint8Array) return ["bytes", ...result];
  if (result instanceof Blob) return [result.type, await result.text()];
  if (result instanceof FormData) return [...result];
  if (result instanceof Headers) return [...result];
  return result;
}

const headerActs: Readonly<
  Record<string, (headers: Headers, name: string, value: string) => unknown>
> = {
  get: (headers, one) => headers.get(one),
  has: (headers, one) => headers.has(one),
  append: (headers, one, text) => headers.append(one, text),
  set: (headers, one, text) => headers.set(one, text),
  delete: (headers, one) => headers.delete(one),
  getSetCookie: (headers) => headers.getSetCookie(),
  entries: (headers) => [...headers.entries()],
  keys: (headers) => [...headers.keys()],
  values: (headers) => [...headers.values()],
  iterate: (headers) => [...headers],
  forEach(headers) {
    const seen: unknown[] = [];
    headers.forEach((text, key, parent) => seen.push(text, key, parent === headers));
    return seen;
  },
  copied: (headers) => [...new Headers(headers)],
  inRequest: (headers) => [...new Request("http://x/", { headers }).headers],
  inResponse: (headers) => [...new Response(null, { headers }).headers],
  shownAs: (headers) => Object.prototype.toString.call(headers),
  logged: (headers) => inspect(headers).length > 0,
  badName: (headers) => headers.get("a b"),
  badValue: (headers) => headers.set("a", "\n\0"),
};

const headerSteps = fc.array(
  fc.tuple(fc.constantFrom(...Object.keys(headerActs)), name, value),
  { maxLength: 8 },
);

Deno.test("node headers: whatever is asked of them, in any order, they say what the platform's do", async () => {
  await fc.assert(
    fc.asyncProperty(fields, headerSteps, async (list, steps) => {
      const expected = platformHeaders(list);
      const headers = received(undefined, list.flat()).headers;
      assert.ok(headers instanceof Headers);
      for (const [act, one, text] of steps) {
        const run = headerActs[act]!;
        const wanted = await outcome(() => run(expected, one, text));
        assert.deepEqual(await outcome(() => run(headers, one, text)), wanted, act);
      }
      assert.deepEqual([...headers], [...expected]);
    }),
    runs,
  );
});

function received(body: Uint8Array | undefined, list: readonly string[]): NodeRequest {
  return new NodeRequest({
    method: "POST",
    url: "http://x/a?b",
    fields: list,
    body: body && Readable.from(body.length > 0 ? [body] : []),
    signal: new AbortController().signal,
    onGone: () => {},
  });
}

type Message = Request | Response;

const bodyActs: Readonly<Record<string, (message: Message) => unknown>> = {
  text: (message) => message.text(),
  json: (message) => message.json(),
  bytes: (message) => message.bytes(),
  arrayBuffer: (message) => message.arrayBuffer(),
  blob: (message) => message.blob(),
  formData: (message) => message.formData(),
  bodyUsed: (message) => message.bodyUsed,
  hasBody: (message) => message.body !== null,
  locked: (message) => message.body?.locked,
  cancel: (message) => message.body?.cancel(),
  cloned: (message) => message.clone().text(),
  lock: (message) => void message.body?.getReader(),
  streamed: (message) => new Response(message.body).text(),
  headers: (message) => message.headers,
  marked: (message) => message.headers.set("x-mark", "1"),
  shownAs: (message) => Object.prototype.toString.call(message),
  logged: (message) => inspect(message).length > 0,
};

const answerActs: Readonly<Record<string, (response: Response) => unknown>> = {
  ...bodyActs,
  facts: (
    { status, ok, statusText, type, url, redirected },
  ) => [status, ok, statusText, type, url, redirected],
  wrapped: (response) => new Response(response.body, response).text(),
  wrappedHeaders: (response) => new Response(null, response).headers,
};

const requestActs: Readonly<Record<string, (request: Request) => unknown>> = {
  ...bodyActs,
  facts: (
    { method, url, cache, credentials, mode, redirect, referrer, keepalive, integrity },
  ) => [method, url, cache, credentials, mode, redirect, referrer, keepalive, integrity],
  aborted: ({ signal }) => signal.aborted,
};

function stepsOf(acts: object): fc.Arbitrary<string[]> {
  return fc.array(fc.constantFrom(...Object.keys(acts)), { minLength: 1, maxLength: 4 });
}

const text = fc.oneof(
  fc.constantFrom("{}", '{"a":[1]}', "a=1&b=%20", "\ufeffmark", "é\u{1f600}"),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }),
);
const body = fc.oneof(
  text,
  fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes) => new Uint8Array(bytes)),
);
const type = fc.constantFrom(
  undefined,
  "text/plain;charset=UTF-8",
  "application/json",
  "application/x-www-form-urlencoded",
  "Text/HTML; Charset=utf-8",
);

Deno.test("node answer: whatever is asked of it, in any order, it says what the platform's does", async () => {
  const status = fc.constantFrom(200, 201, 299, 300, 404, 500, 599);
  await fc.assert(
    fc.asyncProperty(
      fc.option(body),
      status,
      type,
      stepsOf(answerActs),
      async (given, code, contentType, steps) => {
        // A text of its own would bring its content type along, which is the maker's affair here.
        const bytes = typeof given === "string" ? new TextEncoder().encode(given) : given;
        const headers = new Headers(
          contentType === undefined ? {} : { "content-type": contentType },
        );
        const expected = new Response(bytes, { status: code, headers });
        const answer = new NodeAnswer(given, code, contentType);
        assert.ok(answer instanceof Response);
        await compare(answerActs, steps, answer, expected);
      },
    ),
    runs,
  );
});

/** Which of the two stands for a request: the library's own, or the one that others are shown. */
const sides = fc.constantFrom("inside", "outside", "both");

Deno.test("node request: whatever is asked of it, in any order, it says what the platform's does", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.option(body),
      type,
      sides,
      stepsOf(requestActs),
      async (given, contentType, side, steps) => {
        const bytes = typeof given === "string" ? new TextEncoder().encode(given) : given;
        const list: [string, string][] = [["host", "x"]];
        if (contentType !== undefined) list.push(["content-type", contentType]);
        const init: RequestInit & { duplex: "half" } = {
          method: "POST",
          headers: list,
          // A stream, as what is received is: what Deno has as a whole it gives more than once.
          body: bytes && new Blob([bytes]).stream(),
          duplex: "half",
        };
        const expected = new Request("http://x/a?b", init);
        const request = received(bytes ?? undefined, list.flat());
        if (side !== "both") {
          const shown = side === "inside" ? request : platformRequest(request);
          return await compare(requestActs, steps, shown, expected);
        }
        for (const [index, step] of steps.entries()) {
          const shown = index % 2 === 0 ? request : platformRequest(request);
          await compare(requestActs, [step], shown, expected);
        }
      },
    ),
    runs,
  );
});

async function compare<M extends Message>(
  acts: Readonly<Record<string, (message: M) => unknown>>,
  steps: readonly string[],
  ours: M,
  theirs: M,
): Promise<void> {
  for (const step of steps) {
    const act = acts[step]!;
    const wanted = await outcome(() => act(theirs));
    assert.deepEqual(await outcome(() => act(ours)), wanted, steps.join(", "));
  }
}
