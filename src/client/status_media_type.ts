/**
 * The media type of a response bound by its status: the declared one, or one of those declared
 * (spec 2.4.1.9).
 *
 * @module
 */
import { MediaTypeBindingError, MediaTypeValidationError } from "../message/errors.ts";
import { type MediaType, parseMediaType } from "../message/media_type.ts";
import { shorten } from "../message/payload_failure.ts";
import { complaintOf } from "../schema/payload_reader.ts";
import { isSchema, type Schema, validate } from "../schema/standard.ts";

/** Binds the `Content-Type` of a response; `null` is that of a response without one. */
export type MediaTypeReader = (contentType: string | null) => unknown | Promise<unknown>;

/**
 * The reader of a declared media type. It gives the declared text, or what a schema gives.
 *
 * It fails with {@linkcode MediaTypeBindingError} where the response has another media type or none,
 * and with {@linkcode MediaTypeValidationError} where it breaks a constraint of a schema.
 *
 * @throws {TypeError} when one is no media type, or a range of them.
 */
export function mediaTypeReader(
  declared: string | readonly string[] | Schema,
  validation: boolean,
): MediaTypeReader {
  if (isSchema(declared)) return schemaReader(declared, validation);
  const given: readonly string[] = typeof declared === "string" ? [declared] : declared;
  const types = new Map(given.map((text) => [text, readType(text)]));
  if (types.size === 0) throw new TypeError(`mediaType needs one media type at least`);
  return (contentType) => {
    const found = parseMediaType(contentType ?? "");
    for (const [text, type] of types) {
      if (found !== undefined && isOf(type, found)) return text;
    }
    const received = contentType === null ? "none" : `"${shorten(contentType)}"`;
    throw failed(`expected ${given.map((text) => `"${text}"`).join(" or ")}, received ${received}`);
  };
}

function readType(text: unknown): MediaType {
  const type = typeof text === "string" ? parseMediaType(text) : undefined;
  if (type === undefined || type.essence.includes("*")) {
    throw new TypeError(
      `mediaType takes no ${typeof text === "string" ? `"${shorten(text)}"` : typeof text}: ` +
        `name a media type as "application/json"`,
    );
  }
  return type;
}

function isOf(declared: MediaType, found: MediaType): boolean {
  return declared.essence === found.essence &&
    Object.entries(declared.params).every(([name, value]) =>
      found.params[name]?.toLowerCase() === value.toLowerCase()
    );
}

function schemaReader(schema: Schema, validation: boolean): MediaTypeReader {
  return async (contentType) => {
    const result = await validate(schema, contentType ?? undefined);
    if (result.issues === undefined) return result.value;
    const { isConstraint, detail } = complaintOf(result.issues);
    if (!isConstraint) throw failed(detail);
    if (!validation) return contentType ?? undefined;
    throw new MediaTypeValidationError(`media-type binding failed: ${detail}`);
  };
}

function failed(why: string): Error {
  return new MediaTypeBindingError("media-type binding failed", { cause: new TypeError(why) });
}
