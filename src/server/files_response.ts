/**
 * The answer with one file: 200, 206 or 304, or an error for 412 and 416 (RFC 9110 sections 13, 14).
 *
 * @module
 */
import { formatHttpDate } from "../message/http_date.ts";
import { mimeTypeOf } from "../message/mime_types.ts";
import { rangesFor, unsatisfiedRange } from "../message/partial_content.ts";
import { evaluatePreconditions, type Validators } from "../message/preconditions.ts";
import { PreconditionFailedError, RangeNotSatisfiableError } from "../message/status_errors.ts";
import type { OpenFile } from "../runtime/file_system.ts";
import { partialResponse, wholeBody } from "./files_body.ts";
import type { FilesRules, PrecompressedCoding } from "./files_options.ts";
import { versionOf } from "./files_version.ts";

/** A regular file that was found, and how it is to be called. */
export interface FoundFile {
  /** The file; whoever answers with it closes it. */
  readonly file: OpenFile;
  /** The names that were asked for, which tell its media type. */
  readonly names: readonly string[];
  /** The coding it is in, where it lies beside the one that was asked for. */
  readonly coding: PrecompressedCoding | undefined;
}

/**
 * Answers with what was found, and sees to it that it is closed.
 *
 * @throws {PreconditionFailedError} when the request is for another version.
 * @throws {RangeNotSatisfiableError} when the file has none of the ranges.
 */
export async function sendFound(
  rules: FilesRules,
  request: Request,
  found: FoundFile,
): Promise<Response> {
  const { file } = found;
  try {
    const current = versionOf(file.info, rules.etag, found.coding, Date.now());
    const { size } = file.info;
    switch (evaluatePreconditions(request, current)) {
      case "failed":
        throw new PreconditionFailedError("The file is not the one that was asked for");
      case "not-modified":
        file.close();
        return describe(new Response(null, { status: 304 }), rules, found, current);
    }
    if (request.method === "HEAD") {
      file.close();
      return describeWhole(new Response(null), rules, found, current);
    }
    const ranges = rangesFor(request, size, current);
    if (ranges === undefined) {
      return describeWhole(new Response(await wholeBody(file)), rules, found, current);
    }
    if (ranges === "unsatisfiable") {
      throw new RangeNotSatisfiableError("The file has none of the ranges", {
        headers: { "content-range": unsatisfiedRange(size), "accept-ranges": "bytes" },
      });
    }
    const { headers } = describeWhole(new Response(null), rules, found, current);
    return await partialResponse(file, ranges, headers);
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Sets what a 200 says of a file, and a 206 of the file that its parts are of. */
function describeWhole(
  response: Response,
  rules: FilesRules,
  found: FoundFile,
  current: Validators,
): Response {
  const { headers } = response;
  headers.set("content-type", mimeTypeOf(found.names.at(-1) ?? "", rules.mimeTypes));
  headers.set("content-length", String(found.file.info.size));
  if (found.coding !== undefined) headers.set("content-encoding", found.coding);
  headers.set("accept-ranges", "bytes");
  return describe(response, rules, found, current);
}

/** Sets what a 304 says too. */
function describe(
  response: Response,
  rules: FilesRules,
  { names }: FoundFile,
  { etag, lastModified }: Validators,
): Response {
  const { headers } = response;
  headers.set("x-content-type-options", "nosniff");
  const cacheControl = rules.cacheControl(names.join("/"));
  if (cacheControl !== "") headers.set("cache-control", cacheControl);
  if (etag !== undefined) headers.set("etag", etag);
  if (lastModified !== undefined) headers.set("last-modified", formatHttpDate(lastModified));
  if (rules.precompressed.length > 0) headers.set("vary", "Accept-Encoding");
  return response;
}
