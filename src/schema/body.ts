/**
 * Kinds of bodies, for where a schema alone does not tell how the payload is to be read: as text,
 * as bytes, as a stream, or as one media type only (spec 2.3.4.4).
 *
 * @module
 */
import type { BodyKind } from "../message/body_kind.ts";
import type { SseEvent } from "../message/sse_event.ts";
import type { XmlObject } from "../message/xml.ts";
import type { Infer, Result, Schema, StandardProps } from "./standard.ts";
import { validate } from "./standard.ts";

export type { BodyKind };

/** A body of one kind; a Standard Schema of what the kind decodes to. */
export class Body<Output = unknown> implements Schema<Output> {
  /** How the payload is read. */
  readonly kind: BodyKind;
  /** What validates the decoded value; `undefined` where anything of the kind will do. */
  readonly schema: Schema | undefined;
  /** The Standard Schema interface: validates what was decoded. */
  readonly "~standard": StandardProps<Output>;

  /** Makes a body of a kind; `text()`, `bytes()` and so on are shorter. */
  constructor(
    kind: BodyKind,
    schema?: Schema,
    standard: StandardProps<unknown> = standardOf(schema),
  ) {
    this.kind = kind;
    this.schema = schema;
    this["~standard"] = standard as StandardProps<Output>;
  }
}

/** Validates what was decoded. */
function standardOf(schema: Schema | undefined): StandardProps<unknown> {
  const jsonSchema = schema?.["~standard"].jsonSchema;
  return {
    version: 1,
    vendor: "pirouette",
    validate: (value) => schema === undefined ? present(value) : validate(schema, value),
    ...(jsonSchema === undefined ? {} : { jsonSchema }),
  };
}

/** Anything will do but nothing: no empty payload may get past the schemas of a choice. */
function present(value: unknown): Result {
  return value === undefined ? { issues: [{ message: "a payload is required" }] } : { value };
}

/** A body of which the media type chooses one of several; made by {@linkcode byMediaType}. */
export class BodyChoice<Output = unknown> extends Body<Output> {
  /** The bodies to choose from, in order. */
  readonly members: readonly Body[];

  /** Makes a choice of bodies; {@linkcode byMediaType} is shorter. */
  constructor(members: readonly Body[]) {
    super("any");
    this.members = members;
  }
}

/** A body that is text: any `text/*`, a JSON string, or a form as it was sent. */
export function text(): Body<string>;
/** A body that is text, validated by `schema`. */
export function text<S extends Schema>(schema: S): Body<Infer<S>>;
export function text(schema?: Schema): Body {
  return new Body("text", schema);
}

/** A body that is XML, as an object tree. */
export function xml(): Body<XmlObject>;
/** A body that is XML, its object tree validated by `schema`. */
export function xml<S extends Schema>(schema: S): Body<Infer<S>>;
export function xml(schema?: Schema): Body {
  return new Body("xml", schema);
}

/** What a form field may be sent as: text, a file, or several of them. */
export type FormValue = string | File | readonly (string | File)[];

/** A body that is a form, URL-encoded or multipart. */
export function form(): Body<Readonly<Record<string, FormValue>>>;
/** A body that is a form, its record of fields validated by `schema`. */
export function form<S extends Schema>(schema: S): Body<Infer<S>>;
export function form(schema?: Schema): Body {
  return new Body("form", schema);
}

/** A body that is bytes: of any type but JSON (there an array of 0 to 255), XML and URL-encoded forms. */
export function bytes(): Body<Uint8Array<ArrayBuffer>> {
  return new Body("bytes");
}

/** A body that is handed over unread, under no limit; `null` where the request has none. */
export function stream(): Body<ReadableStream<Uint8Array<ArrayBuffer>> | null> {
  return new Body("stream");
}

/** A body of server-sent events (`text/event-stream`), each given as it comes, under no limit. */
export function events(): Body<ReadableStream<SseEvent>> {
  return new Body("events");
}

/**
 * A body whose media type chooses its kind: the first member that can be read from it.
 *
 * @throws {TypeError} when there is no member, or one is a stream or a choice itself.
 *
 * @example
 * ```ts
 * import { byMediaType, post, text, xml } from "@pirouette/http";
 *
 * const note = post("/notes", { body: byMediaType(xml(), text()) }, ({ body }) => body);
 * ```
 */
export function byMediaType<const Members extends readonly Body[]>(
  ...members: Members
): Body<Infer<Members[number]>> {
  const unfit = members.some(({ kind }) => ["stream", "events", "any"].includes(kind));
  if (members.length === 0 || unfit) {
    throw new TypeError(
      "byMediaType() takes at least one of text(), json(), xml(), form(), bytes()",
    );
  }
  return new BodyChoice(members);
}
