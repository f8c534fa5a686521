/**
 * A client of something that always answers the same, and the errors its calls end with.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Client, type ClientConfiguration, HttpError } from "@pirouette/http";

/** An answer. */
export interface Answer {
  /** The body; none by default. */
  readonly body?: BodyInit | null;
  /** The content type; none by default, whatever the body is. */
  readonly type?: string;
  /** The status; 200 by default. */
  readonly status?: number;
}

/** A client of something that always answers like this. */
export function answering(
  { body = null, type, status = 200 }: Answer,
  config?: ClientConfiguration,
): Client {
  const fetch = (): Promise<Response> => {
    const response = new Response(body, { status });
    response.headers.delete("content-type");
    if (type !== undefined) response.headers.set("content-type", type);
    return Promise.resolve(response);
  };
  return new Client("http://backend", { ...config, fetch });
}

/** The error that a call ends with, which has to be one of this library. */
export async function refusal(call: Promise<unknown>): Promise<HttpError> {
  const error = await call.then(() => undefined, (reason: unknown) => reason);
  assert.ok(error instanceof HttpError, `no error of ours: ${error}`);
  return error;
}

/** A copy with the usual prototypes, as trees from XML and forms have none; bytes as numbers. */
export function plain(value: unknown): unknown {
  return value instanceof Uint8Array ? [...value] : structuredClone(value);
}
