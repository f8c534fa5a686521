/**
 * What a bound call rejects with when the remote service answers 4xx or 5xx (spec 2.4.3).
 *
 * @module
 */
import { readContent, readText } from "../message/body_reader.ts";
import {
  type ApplicationResponseDetail,
  ClientRequestError,
  RemoteServerError,
} from "../message/client_errors.ts";
import { isJson, isXml, mediaTypeEssence, parseMediaType } from "../message/media_type.ts";
import { decodePayload } from "../message/payload_decode.ts";
import { reasonPhrase } from "../message/status.ts";
import { bindingError } from "./binding_error.ts";

/**
 * The error of a response whose status is 400 or more, its body decoded by its media type: JSON, XML,
 * bytes of a binary type, and text of every other.
 *
 * Where the body cannot be read or is not what its media type says, a {@linkcode PayloadBindingError}
 * says so; its cause is the error without a body, whose cause is what went wrong.
 *
 * @param limit the most bytes of the body
 */
export async function responseError(response: Response, limit: number): Promise<Error> {
  const { status } = response;
  try {
    return errorOf(response, await errorBody(response, limit));
  } catch (cause) {
    return bindingError(
      `http:ApplicationResponseError creation failed: ${status} response payload extraction failed`,
      errorOf(response, undefined, { cause }),
    );
  }
}

function errorOf(response: Response, body: unknown, options?: ErrorOptions): Error {
  const { status, statusText, headers } = response;
  const errorClass = status < 500 ? ClientRequestError : RemoteServerError;
  const detail: ApplicationResponseDetail = { statusCode: status, headers, body };
  return new errorClass(statusText === "" ? reasonPhrase(status) : statusText, detail, options);
}

async function errorBody(response: Response, limit: number): Promise<unknown> {
  if (response.body === null) return undefined;
  const contentType = response.headers.get("content-type") ?? "";
  const essence = mediaTypeEssence(contentType);
  if (isJson(essence) || isXml(essence)) {
    const kind = isJson(essence) ? "json" : "xml";
    return await decodePayload(response, { kind, limit, nilable: true });
  }
  if (isBinary(essence)) {
    const bytes = await readContent(response, limit);
    return bytes.length === 0 ? undefined : bytes;
  }
  const text = await readText(response, limit, parseMediaType(contentType)?.params.charset);
  return text === "" ? undefined : text;
}

function isBinary(essence: string): boolean {
  return essence === "application/octet-stream" ||
    /^(?:image|audio|video|font|model|multipart)\//.test(essence);
}
