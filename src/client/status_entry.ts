/**
 * What is declared for a status, checked and read into what binds it.
 *
 * @module
 */
import { isForm, isJson, isText, isXml, mediaTypeEssence } from "../message/media_type.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import { isBodiless } from "../message/status.ts";
import { Body, bytes, events } from "../schema/body.ts";
import { optional } from "../schema/compose.ts";
import { isSchema, type Schema } from "../schema/standard.ts";
import type { ResponseBinding } from "./response_binding.ts";
import { discard } from "./status_error.ts";
import { type HeaderReader, headerReader } from "./status_headers.ts";
import { type MediaTypeReader, mediaTypeReader } from "./status_media_type.ts";
import type { Responses, ResponseSpec } from "./status_responses.ts";

/** What is declared for a status, as it is used. */
export interface StatusEntry {
  /** Whether nothing but the body is declared. */
  readonly isPlain: boolean;
  /** Gives the body: the declared one, or what is there. */
  readonly body: (response: Response) => Promise<unknown>;
  /** Gives the declared header fields; `undefined` where none is declared. */
  readonly headers: HeaderReader | undefined;
  /** Gives the declared media type; `undefined` where none is declared. */
  readonly mediaType: MediaTypeReader | undefined;
}

/** What is declared for each status. */
export interface StatusEntries {
  /** By status. */
  readonly byStatus: ReadonlyMap<number, StatusEntry>;
  /** For every other status; `undefined` where these are an error. */
  readonly rest: StatusEntry | undefined;
  /** Whether nothing but bodies is declared. */
  readonly isPlain: boolean;
}

/** What entries bind with. */
export interface EntryTools {
  /** Whether values that break a constraint of their schema, but not its type, are refused. */
  readonly validation: boolean;
  /** The binding of a schema, made where it is first asked for. */
  readonly bindingOf: (schema: Schema) => ResponseBinding;
  /** The entries of schemas that were seen before. */
  readonly plain: WeakMap<Schema, StatusEntry>;
}

/**
 * Reads what a call declares of its responses.
 *
 * @throws {TypeError} when nothing is declared, a key is neither a status code nor `default`, what is
 * declared for one is no schema and no {@linkcode ResponseSpec}, or it has a body that responses of
 * the status never have.
 */
export function readEntries(responses: Responses, tools: EntryTools): StatusEntries {
  const byStatus = new Map<number, StatusEntry>();
  let rest: StatusEntry | undefined;
  let isPlain = true;
  for (const key of declaredKeys(responses)) {
    const given = (responses as Readonly<Record<string, unknown>>)[key];
    const status = key === "default" ? undefined : statusOf(key);
    const entry = isSchema(given)
      ? readSchema(status, given, tools)
      : readSpec(status, given, tools);
    isPlain &&= entry.isPlain;
    if (status === undefined) rest = entry;
    else byStatus.set(status, entry);
  }
  return { byStatus, rest, isPlain };
}

const specFields: Readonly<Record<keyof ResponseSpec, true>> = {
  body: true,
  headers: true,
  mediaType: true,
};

function declaredKeys(responses: unknown): readonly string[] {
  if (typeof responses !== "object" || responses === null || isSchema(responses)) {
    throw new TypeError("responses needs a record by status, as { 200: Album, 404: Problem }");
  }
  const keys = Object.keys(responses);
  if (keys.length === 0) {
    throw new TypeError("responses declares nothing: name the statuses to expect, or default");
  }
  return keys;
}

function statusOf(key: string): number {
  const status = Number(key);
  if (status >= 100 && status < 600 && /^[0-9]{3}$/.test(key)) return status;
  throw new TypeError(`responses has no status "${key.slice(0, 40)}": use 100 to 599, or default`);
}

function readSchema(
  status: number | undefined,
  schema: Schema,
  tools: EntryTools,
): StatusEntry {
  refuseBody(status);
  let entry = tools.plain.get(schema);
  if (entry === undefined) {
    entry = {
      isPlain: true,
      body: declaredBody(schema, tools),
      headers: undefined,
      mediaType: undefined,
    };
    tools.plain.set(schema, entry);
  }
  return entry;
}

function refuseBody(status: number | undefined): void {
  if (status === undefined || !isBodiless(status)) return;
  throw new TypeError(
    `responses[${status}] has a body, which no response of that status has: leave it out`,
  );
}

function readSpec(status: number | undefined, given: unknown, tools: EntryTools): StatusEntry {
  const owner = `responses[${status ?? "default"}]`;
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new TypeError(
      `${owner} needs a schema, or an object with body, headers or mediaType: ` +
        `{} for a response of which only the status matters`,
    );
  }
  checkOptions(owner, given, specFields);
  const { body, headers, mediaType }: ResponseSpec = ownOptions(given);
  if (body !== undefined) {
    if (!isSchema(body)) throw new TypeError(`${owner} needs a schema for body`);
    refuseBody(status);
  }
  return {
    isPlain: headers === undefined && mediaType === undefined,
    body: body === undefined ? undeclaredBody(tools) : declaredBody(body, tools),
    headers: headers === undefined
      ? undefined
      : within(owner, () => headerReader(headers, tools.validation)),
    mediaType: mediaType === undefined
      ? undefined
      : within(owner, () => mediaTypeReader(mediaType, tools.validation)),
  };
}

/** Says in which entry something is wrong. */
function within<T>(owner: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new TypeError(`${owner}: ${cause.message}`, { cause });
  }
}

/** Most statuses that are declared are not those that come: a schema is read at its first response. */
function declaredBody(schema: Schema, { bindingOf }: EntryTools): StatusEntry["body"] {
  return (response) => bindingOf(schema).bind(response);
}

const asItsType = optional(new Body("any"));
const asBytes = optional(bytes());
const asEvents = optional(events());

/** Reads a body of which nothing is declared: as its media type has it, or else as bytes. */
function undeclaredBody({ bindingOf }: EntryTools): StatusEntry["body"] {
  return async (response) => {
    if (isBodiless(response.status)) return discard(response);
    const essence = mediaTypeEssence(response.headers.get("content-type") ?? "");
    return await bindingOf(kindOf(essence)).bind(response);
  };
}

function kindOf(essence: string): Schema {
  if (essence === "text/event-stream") return asEvents;
  const isTelling = isJson(essence) || isXml(essence) || isForm(essence) || isText(essence) ||
    essence === "multipart/form-data";
  return isTelling ? asItsType : asBytes;
}

/**
 * Checks what a client declares of all its responses, before any comes.
 *
 * @throws {TypeError} as {@linkcode readEntries}.
 */
export function checkResponses(responses: Responses): void {
  const bindingOf = (): never => {
    throw new Error("Nothing is bound by checking");
  };
  readEntries(responses, { validation: true, bindingOf, plain: new WeakMap() });
}
