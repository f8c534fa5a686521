/**
 * The body of a response without its content codings (RFC 9110 section 8.4), held to limits of what
 * it may expand to, whoever decodes it: a bomb ends at the first chunk too many.
 *
 * Where the platform decodes, what was sent is known by its declared length alone; where this file
 * does, by counting. What servers send as `deflate` without the zlib format around it is decoded too,
 * as all clients do; that it is not whole cannot be noticed then.
 *
 * @module
 */
import type { ByteSource } from "../message/byte_pump.ts";
import { ReadingInboundResponseBodyError } from "../message/client_errors.ts";
import { decodeCoding, type Decoder, type DecodingStage } from "../message/coding_decoder.ts";
import { bareDeflateDecoder, type ContentCoding, decoderOf } from "../message/content_coding.ts";
import type { ByteStream } from "./response_copy.ts";
import { watchBody } from "./response_limits_body.ts";

/** How far a body may expand; `Infinity` for no limit. */
export interface ExpansionLimits {
  /** The most bytes it decodes to. */
  readonly maxOutputSize: number;
  /** The most bytes it decodes to, for each that was sent. */
  readonly maxRatio: number;
  /** The bytes it may decode to whatever the ratio. */
  readonly ratioFloor: number;
}

/**
 * Holds a body that the platform decodes to the limits.
 *
 * @param sent how many bytes were sent, `undefined` if nobody knows: then no ratio is kept.
 */
export function limitDecoded(
  body: ByteStream,
  sent: number | undefined,
  limits: ExpansionLimits,
): ByteStream {
  return watchBody(body, {
    seen: expansion(limits, () => sent ?? Infinity),
    explain: (cause) => {
      return explained(cause, "The body of the response is not what its coding says, or broke off");
    },
  });
}

/** Undoes codings, the first one first, within the limits; each must be one the runtime can do. */
export function decodeBody(
  body: ByteStream,
  codings: readonly ContentCoding[],
  limits: ExpansionLimits,
): ByteStream {
  let sent = 0;
  let content = body;
  let encoded = (chunk: Uint8Array): void => {
    sent += chunk.length;
  };
  let explain = (cause: unknown): unknown => {
    return explained(cause, "The body of the response broke off");
  };
  for (const coding of codings) {
    const decoded = expansion(limits, () => sent);
    const stage: DecodingStage = { encoded, decoded, explain, corrupt };
    content = coding === "deflate"
      ? decodeDeflate(content.getReader(), stage)
      : decodeCoding(content.getReader(), platformDecoder(coding), stage);
    // What comes out of a decoder was counted, and fails with errors that say all there is to say.
    encoded = () => {};
    explain = (cause) => cause;
  }
  return content;
}

/** Counts what comes out of a decoder. */
function expansion(
  { maxOutputSize, maxRatio, ratioFloor }: ExpansionLimits,
  sent: () => number,
): (chunk: Uint8Array) => void {
  let size = 0;
  return (chunk) => {
    size += chunk.length;
    if (size > maxOutputSize) {
      throw new ReadingInboundResponseBodyError(
        `The body of the response decodes to more than ${maxOutputSize} bytes: raise maxOutputSize to take it`,
      );
    }
    if (size > ratioFloor && size > maxRatio * sent()) {
      throw new ReadingInboundResponseBodyError(
        `The body of the response decodes to more than ${maxRatio} times what was sent: raise maxRatio to take it`,
      );
    }
  };
}

/** Errors of the platform say little; those of programs, and of an abort, are left as they are. */
function explained(cause: unknown, message: string): unknown {
  return cause instanceof TypeError
    ? new ReadingInboundResponseBodyError(message, { cause })
    : cause;
}

function corrupt(coding: string, cause?: unknown): Error {
  return new ReadingInboundResponseBodyError(
    `The body of the response is not valid ${coding}, or not whole`,
    cause === undefined ? undefined : { cause },
  );
}

function platformDecoder(coding: ContentCoding): Decoder {
  const transform = decoderOf(coding);
  if (transform === undefined) {
    throw new TypeError(`This runtime cannot decode "${coding}" any more`);
  }
  return { coding, transform, isZlib: coding === "deflate" };
}

/** Decodes what is in the zlib format or is not, which the first byte tells (RFC 1950). */
function decodeDeflate(source: ByteSource, stage: DecodingStage): ByteStream {
  let begun: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined;
  return new ReadableStream({
    async pull(controller) {
      begun ??= await beginDeflate(source, stage);
      const { done, value } = await begun.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => (begun ?? source).cancel(reason),
  }, { highWaterMark: 0 });
}

async function beginDeflate(
  source: ByteSource,
  stage: DecodingStage,
): Promise<ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>> {
  let first = await readFrom(source, stage);
  while (first.value?.length === 0) first = await readFrom(source, stage);
  const isZlib = first.done || ((first.value[0] as number) & 0x0f) === 8;
  const decoder = isZlib
    ? platformDecoder("deflate")
    : { coding: "deflate" as const, transform: bareDeflateDecoder(), isZlib };
  return decodeCoding(startingWith(first, source), decoder, stage).getReader();
}

function readFrom(
  source: ByteSource,
  { explain }: DecodingStage,
): ReturnType<ByteSource["read"]> {
  return source.read().catch((cause) => {
    throw explain(cause);
  });
}

/** What was read already, then the rest. */
function startingWith(
  first: Awaited<ReturnType<ByteSource["read"]>>,
  source: ByteSource,
): ByteSource {
  let next: typeof first | undefined = first;
  return {
    read() {
      const read = next === undefined ? source.read() : Promise.resolve(next);
      next = undefined;
      return read;
    },
    cancel: (reason) => source.cancel(reason),
  };
}
