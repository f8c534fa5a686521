/**
 * Binding of responses (spec 2.4.3): the body of one that is no error, decoded by its media type,
 * then checked by the schema that the call declares.
 *
 * @module
 */
import { chooseKind, isPlainJson } from "../message/body_kind.ts";
import { NoContentError } from "../message/client_errors.ts";
import { mediaTypeEssence } from "../message/media_type.ts";
import { decodePayload } from "../message/payload_decode.ts";
import { Body } from "../schema/body.ts";
import { type Field, field as toField } from "../schema/field.ts";
import { relax } from "../schema/lax.ts";
import {
  complaintOf,
  type PayloadReader,
  payloadReaders,
  readerFor,
} from "../schema/payload_reader.ts";
import { type Result, type Schema, validate } from "../schema/standard.ts";
import { typeName } from "../schema/type_name.ts";
import { bindingError, decodingError, validationError } from "./binding_error.ts";

/** How responses are bound. */
export interface BindingRules {
  /** The most bytes of a body that is bound. */
  readonly limit: number;
  /** Whether values that break a constraint of their schema, but not its type, are refused. */
  readonly validation: boolean;
  /** Whether nulls and absent fields may stand for each other. */
  readonly lax: boolean;
}

/** Binds the bodies of responses to a schema, which it reads once. */
export class ResponseBinding {
  readonly #field: Field;
  readonly #readers: readonly PayloadReader[];
  readonly #rules: BindingRules;

  /**
   * Prepares to bind.
   *
   * @throws {TypeError} when `schema` is no Standard Schema.
   */
  constructor(schema: Schema, rules: BindingRules) {
    this.#field = toField("as", schema);
    this.#readers = payloadReaders(this.#field.schema);
    this.#rules = rules;
  }

  /**
   * Binds a response, whatever its status.
   *
   * @throws {NoContentError} when it has no content and the schema is not optional.
   * @throws {PayloadBindingError} when its media type cannot give the declared type, or its body is
   * not what its media type says or does not fit the schema.
   * @throws {PayloadValidationError} when the body breaks a constraint of the schema.
   * @throws {ReadingInboundResponseBodyError} when the body breaks off, or is over the limit.
   */
  bind(response: Response): Promise<unknown> {
    const [reader] = this.#readers;
    const contentType = response.headers.get("content-type");
    // Nearly every response is this one.
    if (this.#readers.length === 1 && isPlainJson(contentType)) {
      const { kind } = reader as PayloadReader;
      if (kind === "any" || kind === "json") {
        return this.#read(response, contentType, reader as PayloadReader);
      }
    }
    return this.#bindBy(response, contentType);
  }

  async #bindBy(response: Response, contentType: string | null): Promise<unknown> {
    if (response.body === null && !this.#isStream) return await this.#nothing();
    let reader: PayloadReader | undefined;
    try {
      reader = this.#readerFor(contentType);
    } catch (error) {
      discard(response);
      throw decodingError(error);
    }
    if (reader === undefined) {
      discard(response);
      throw this.#incompatible(contentType);
    }
    return await this.#read(response, contentType, reader);
  }

  get #isStream(): boolean {
    return this.#readers.length === 1 && this.#readers[0]?.kind === "stream";
  }

  /** The reader for a media type; `undefined` if that cannot give what is declared. */
  #readerFor(contentType: string | null): PayloadReader | undefined {
    const reader = readerFor(contentType, this.#readers);
    if (reader === undefined || reader.kind === "any" || reader.kind === "stream") return reader;
    return chooseKind(contentType, [reader.kind]) === undefined ? undefined : reader;
  }

  /** Chained rather than awaited: each step that is awaited costs every call a microtask. */
  #read(
    response: Response,
    contentType: string | null,
    reader: PayloadReader,
  ): Promise<unknown> {
    const { kind, check, typeName: name } = reader;
    const { limit } = this.#rules;
    const options = { kind, limit, contentType, nilable: true, typeName: name };
    return decodePayload(response, options).then(
      (value) => {
        if (value === undefined) return this.#nothing();
        if (check === undefined) return value;
        const result = check(value);
        return !(result instanceof Promise) && result.issues === undefined
          ? result.value
          : this.#settle(response, reader, value, result);
      },
      (error) => {
        throw decodingError(error);
      },
    );
  }

  async #settle(
    response: Response,
    { check, schema }: PayloadReader,
    value: unknown,
    pending: Result | Promise<Result>,
  ): Promise<unknown> {
    const { lax, validation } = this.#rules;
    let result = await pending;
    if (result.issues === undefined) return result.value;
    if (lax && check !== undefined && relax(value, result.issues)) {
      result = await check(value);
      if (result.issues === undefined) return result.value;
    }
    const { isConstraint, detail } = complaintOf(result.issues);
    if (isConstraint && !validation) return value;
    if (isConstraint) throw validationError(`payload validation failed: ${detail}`);
    const contentType = response.headers.get("content-type");
    if (chooseKind(contentType, ["json"]) === undefined) {
      throw this.#incompatible(contentType, typeName(schema), detail);
    }
    throw bindingError(`Payload binding failed: ${detail}`);
  }

  /** What a response without content gives, if it may have none. */
  async #nothing(): Promise<unknown> {
    const { nilable, hasDefault, defaultValue, schema } = this.#field;
    if (nilable || hasDefault) return defaultValue;
    // Another library's schema may allow a null only, and means the same by it.
    if (!(schema instanceof Body)) {
      const result = await validate(schema, null);
      if (result.issues === undefined && result.value === null) return null;
    }
    throw new NoContentError("No content");
  }

  #incompatible(contentType: string | null, declared?: string, detail?: string): Error {
    if (this.#readers[0]?.kind === "events") {
      return bindingError(
        "invalid payload target type. The response is not of text/event-stream content type.",
      );
    }
    const essence = mediaTypeEssence(contentType ?? "");
    const found = essence === "" ? "no" : `'${essence}'`;
    const names = declared ?? this.#readers.map(nameOf).join("|");
    const more = detail === undefined ? "" : `: ${detail}`;
    return bindingError(`incompatible ${names} found for ${found} mime type${more}`);
  }
}

function nameOf({ typeName: name, kind, schema }: PayloadReader): string {
  return name ?? kindNames[kind] ?? typeName(schema);
}

const kindNames: Readonly<Record<string, string>> = {
  text: "string",
  xml: "xml",
  json: "json",
  form: "map<string>",
  bytes: "byte[]",
  stream: "stream",
};

/** Frees the connection of a response whose body nobody will read; whether it does is not waited for. */
function discard(response: Response): void {
  response.body?.cancel().catch(() => {});
}
