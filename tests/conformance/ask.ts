/**
 * Asking a service, in process or over a socket, and comparing what it answers.
 *
 * @module
 */
import assert from "node:assert/strict";
import { reasonPhrase, type RunningServer, type Service } from "@pirouette/http";

/** Whom to ask: a service in process, or a server through a socket. */
export type Asked = Pick<Service, "fetch"> | Pick<RunningServer, "url">;

/** Sends a request whose first line is `line`, as `GET /albums?limit=3`. */
export async function ask(whom: Asked, line: string, init: RequestInit = {}): Promise<Response> {
  const [method = "", target = ""] = parts(line);
  return await ("url" in whom
    ? fetch(whom.url + target, { redirect: "manual", ...init, method })
    : whom.fetch(`http://localhost${target}`, { ...init, method }));
}

/** Asks, and compares status and body: JSON by value, everything else as text. */
export async function expectAnswer(
  whom: Asked,
  line: string,
  expected: unknown,
  init: RequestInit & { readonly status?: number } = {},
): Promise<void> {
  const { status = 200, ...request } = init;
  const response = await ask(whom, line, request);
  const body = await read(response);
  assert.deepEqual({ line, status: response.status, body }, { line, status, body: expected });
}

/** Asks, and compares all that an error payload says. A text is how the message starts. */
export async function expectError(
  whom: Asked,
  line: string,
  status: number,
  message: string | RegExp,
  init: RequestInit = {},
): Promise<void> {
  const [method, path] = parts(line);
  const response = await ask(whom, line, init);
  const body = await read(response);
  assert.equal(response.status, status, `${line}: ${JSON.stringify(body)}`);
  expectPayload(body, { status, message, path, method });
}

/** Compares an error payload. */
export function expectPayload(
  body: unknown,
  expected: { status: number; message: string | RegExp; path?: unknown; method?: unknown },
): void {
  const { message, ...rest } = expected;
  const { timestamp, message: told, ...payload } = body as Record<string, unknown>;
  assert.deepEqual(payload, { ...rest, reason: reasonPhrase(expected.status) });
  assert.ok(!Number.isNaN(Date.parse(String(timestamp))), `no timestamp: ${timestamp}`);
  if (typeof message === "string") {
    assert.equal(String(told).slice(0, message.length), message);
    // Whatever follows the original's text is set off from it.
    if (!message.endsWith(" ")) assert.match(String(told).slice(message.length), /^(?:$|[:;,. ])/);
  } else assert.match(String(told), message);
}

/** The body of a response: JSON as a value, everything else as text. */
export async function read(response: Response): Promise<unknown> {
  const text = await response.text();
  const isJson = /^application\/(?:[^;]+\+)?json\b/.test(
    response.headers.get("content-type") ?? "",
  );
  return isJson ? JSON.parse(text) : text;
}

function parts(line: string): readonly string[] {
  const space = line.indexOf(" ");
  return [line.slice(0, space), line.slice(space + 1)];
}
