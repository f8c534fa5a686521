/**
 * How a case asks: one way for every version of HTTP, with and without TLS. Fields are told as they
 * were sent, in their order; those of HTTP/2 are without the pseudo-fields.
 *
 * @module
 */
import type { H1Connection } from "./h1_connection.ts";
import type { H2Frames } from "./h2_frames.ts";
import type { Place, Target } from "./target.ts";

/** Fields in order, as name and value. */
export type Fields = readonly (readonly [name: string, value: string])[];

/** A request. */
export interface Asked {
  /** @default "GET" */
  readonly method?: string;
  /** The target as it is sent. */
  readonly path: string;
  /** Fields besides `Host`, or the pseudo-fields. */
  readonly fields?: Fields;
  /** What `Host`, or `:authority`, says in place of the place's own. */
  readonly host?: string;
  /** A whole body, sent with its `Content-Length`; `"streamed"` where the case sends one itself. */
  readonly body?: Uint8Array | string | "streamed";
}

/** The head of a response. */
export interface Head {
  /** The status code. */
  readonly status: number;
  /** The fields. */
  readonly fields: Fields;
}

/** A whole response. */
export interface Answer extends Head {
  /** The informational responses before it. */
  readonly informational: readonly Head[];
  /** The body. */
  readonly body: Uint8Array;
  /** The fields after it. */
  readonly trailers: Fields;
}

/** A request and its response, as they are sent and read. */
export interface Exchange {
  /** The informational responses so far. */
  readonly informational: readonly Head[];
  /** Sends a piece of the body. */
  send(piece: Uint8Array | string): Promise<void>;
  /** Sends the end of the body, with trailer fields if there are any. */
  end(trailers?: Fields): Promise<void>;
  /** Reads the head of the final response. */
  head(): Promise<Head>;
  /** Reads an informational response, where there is one ahead of the final one. */
  inform(): Promise<Head | undefined>;
  /**
   * Reads a piece of the body; `undefined` at its end.
   *
   * @throws {BrokenOff} when it ends before its end.
   */
  read(): Promise<Uint8Array | undefined>;
  /** Reads all there is. */
  answer(): Promise<Answer>;
  /** Goes away without reading on. */
  leave(): void;
}

/** A message that ended before its end: a connection that was cut, a stream that was reset. */
export class BrokenOff extends Error {
  override readonly name: string = "BrokenOff";
  /** The error code of RFC 9113 section 7, where a stream was reset. */
  readonly code: number | undefined;

  /** Says how. */
  constructor(message: string, code?: number) {
    super(message);
    this.code = code;
  }
}

/** Asks one server in one version of HTTP, for one case. */
export interface Ask extends AsyncDisposable {
  /** What is asked. */
  readonly target: Target;
  /** Where it listens. */
  readonly place: Place;
  /** A word that no other case has, for paths. */
  readonly id: string;
  /** The same server where its limits are tight. */
  readonly tight: Ask;
  /** Sends a request and reads its response. */
  request(asked: Asked | string): Promise<Answer>;
  /** Begins a request. */
  open(asked: Asked): Promise<Exchange>;
  /** Opens a connection for bytes that no client would send: HTTP/1.1 only. */
  connect(): Promise<H1Connection>;
  /** Opens a connection for frames that no client would send: HTTP/2 only. */
  frames(): Promise<H2Frames>;
}

/** The values of a field, joined as RFC 9110 section 5.3 has it; `undefined` where there is none. */
export function field(head: { readonly fields: Fields }, name: string): string | undefined {
  const values = valuesOf(head, name);
  return values.length === 0 ? undefined : values.join(", ");
}

/** The values of a field, each as it was sent. */
export function valuesOf({ fields }: { readonly fields: Fields }, name: string): string[] {
  return fields.filter(([one]) => one.toLowerCase() === name).map(([, value]) => value);
}

/** A body as text. */
export function textOf({ body }: { readonly body: Uint8Array }): string {
  return new TextDecoder("utf-8", { fatal: true }).decode(body);
}

/** A body as what its JSON stands for. */
export function jsonOf<Value>(answer: { readonly body: Uint8Array }): Value {
  return JSON.parse(textOf(answer));
}
