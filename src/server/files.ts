/**
 * Static files: a handler that answers with what is in a directory, with conditional requests and
 * ranges (RFC 9110 sections 13 and 14), and with nothing that is not in it.
 *
 * Whatever is not to be had is 404, whether it is not there, hidden, not readable, no regular file, or
 * led to by a path or a link that leaves the directory. A file may be as large as it likes: one answer
 * holds a quarter of a mebibyte of it in memory.
 *
 * @module
 */
import { negotiateCoding } from "../message/content_coding.ts";
import { ResourceMethodNotAllowedError } from "../message/listener_errors.ts";
import { parseQualityList } from "../message/negotiation.ts";
import { NotFoundError } from "../message/status_errors.ts";
import type { OpenFile } from "../runtime/file_system.ts";
import { listingPage } from "./files_listing.ts";
import {
  checkDirectory,
  codingExtensions,
  type FilesOptions,
  type FilesRules,
  filesRules,
} from "./files_options.ts";
import { fileNames, isFileName, type NameRules } from "./files_path.ts";
import { type FoundFile, sendFound } from "./files_response.ts";
import { FilesRoot } from "./files_root.ts";
import type { RequestContext } from "./request_context.ts";

/** What {@linkcode files} needs of a handler's argument. */
export interface FilesCall {
  /** The request. */
  readonly request: Request;
  /** Tells what the rest parameter of the path matched. */
  readonly context: Pick<RequestContext, "extraPathInfo">;
}

/** Answers requests for files; the handler of a resource whose path ends in a rest parameter. */
export type FilesHandler = (call: FilesCall) => Promise<Response>;

/**
 * Serves the files of a directory below a path that ends in a rest parameter.
 *
 * The path of a whole site is `/*`. Below it, `/name/:path*` takes `/name` too, which is answered with
 * a redirect to `/name/` where that has a page.
 *
 * The directory is first looked at when the first request is there: that it is missing, or that this
 * process may not read it, is answered with 500 and logged until it is there. To have a `fetch`
 * that serves files, take that of a service: `service({}, [get("/*", files("./public"))]).fetch`.
 * Deno needs `--allow-read` for the directory.
 *
 * @param directory a path, relative to the working directory, or a `file:` URL.
 * @throws {TypeError} when an option is unknown or has a value it cannot have, or the directory is a
 * URL that is none of a file.
 *
 * @example
 * ```ts
 * import { files, get, service } from "@pirouette/http";
 *
 * const site = service({}, [
 *   get("/assets/:path+", files("./dist/assets", {
 *     precompressed: true,
 *     cacheControl: { maxAge: 31_536_000, immutable: true },
 *   })),
 *   get("/*", files("./dist", { index: "index.html", fallback: "index.html" })),
 * ]);
 * ```
 */
export function files(directory: string | URL, options: FilesOptions = {}): FilesHandler {
  checkDirectory(directory);
  const rules = filesRules(options);
  const root = new FilesRoot(directory, rules.symlinks);
  return ({ request, context }) => answer(root, rules, request, context.extraPathInfo);
}

async function answer(
  root: FilesRoot,
  rules: FilesRules,
  request: Request,
  rest: string,
): Promise<Response> {
  const { method } = request;
  if (method !== "GET" && method !== "HEAD") {
    throw new ResourceMethodNotAllowedError("Method not allowed", ["GET", "HEAD"]);
  }
  const { isWindows } = await root.system();
  const nameRules = { isWindows, dotFiles: rules.dotFiles };
  const names = fileNames(rest, nameRules);
  if (names === undefined) throw notFound(rules);
  const opened = await root.open(names);
  const hasSlash = endsWithSlash(request.url);
  if (opened?.info.kind === "directory") {
    opened.close();
    const response = await answerDirectory(root, rules, nameRules, request, names, hasSlash);
    if (response !== undefined) return response;
  } else if (opened !== undefined) {
    if (!hasSlash || names.length === 0) return await sendFile(root, rules, request, opened, names);
    opened.close();
  }
  return await answerFallback(root, rules, request);
}

/** The answer for a directory; `undefined` where it has none. */
async function answerDirectory(
  root: FilesRoot,
  rules: FilesRules,
  nameRules: NameRules,
  request: Request,
  names: readonly string[],
  hasSlash: boolean,
): Promise<Response | undefined> {
  const { index, listing } = rules;
  if (index !== undefined) {
    const indexNames = [...names, index];
    const file = await openFile(root, indexNames);
    if (file !== undefined) {
      if (hasSlash) return await sendFile(root, rules, request, file, indexNames);
      file.close();
      return redirectToSlash(request);
    }
  }
  if (!listing) return undefined;
  if (!hasSlash) return redirectToSlash(request);
  const entries = await root.list(names, (name) => isFileName(name, nameRules));
  return entries && listingPage(names, entries);
}

/** The page of an application that finds its way by itself; else there is nothing. */
async function answerFallback(
  root: FilesRoot,
  rules: FilesRules,
  request: Request,
): Promise<Response> {
  const { fallback } = rules;
  if (fallback === undefined || !wantsPage(request)) throw notFound(rules);
  const file = await openFile(root, fallback);
  if (file === undefined) throw notFound(rules);
  const response = await sendFile(root, rules, request, file, fallback);
  response.headers.append("vary", "Accept");
  return response;
}

async function openFile(root: FilesRoot, names: readonly string[]): Promise<OpenFile | undefined> {
  const file = await root.open(names);
  if (file?.info.kind === "file") return file;
  file?.close();
  return undefined;
}

/** Answers with a regular file, or with the one beside it in a coding that the client accepts. */
async function sendFile(
  root: FilesRoot,
  rules: FilesRules,
  request: Request,
  file: OpenFile,
  names: readonly string[],
): Promise<Response> {
  if (rules.precompressed.length === 0) {
    return await sendFound(rules, request, { file, names, coding: undefined });
  }
  let beside: FoundFile | undefined;
  try {
    beside = await openBeside(root, rules, request, names);
  } catch (error) {
    file.close();
    throw error;
  }
  if (beside !== undefined) file.close();
  return await sendFound(rules, request, beside ?? { file, names, coding: undefined });
}

async function openBeside(
  root: FilesRoot,
  rules: FilesRules,
  request: Request,
  names: readonly string[],
): Promise<FoundFile | undefined> {
  const accepted = request.headers.get("accept-encoding");
  let offered = rules.precompressed;
  while (accepted !== null && offered.length > 0) {
    const best = negotiateCoding(accepted, offered);
    const coding = offered.find((one) => one === best);
    if (coding === undefined) return undefined;
    const name = (names.at(-1) ?? "") + codingExtensions[coding];
    const file = await openFile(root, [...names.slice(0, -1), name]);
    if (file !== undefined) return { file, names, coding };
    offered = offered.filter((one) => one !== coding);
  }
  return undefined;
}

/** Sends a client to the same path with a slash, from where the links of the page lead on. */
function redirectToSlash(request: Request): Response {
  const { pathname, search } = new URL(request.url);
  // Relative to where the client is, so that no path can be taken for another host.
  const location = `./${pathname.slice(pathname.lastIndexOf("/") + 1)}/${search}`;
  // Without this a browser would never ask again, whatever becomes of the directory.
  return new Response(null, { status: 301, headers: { location, "cache-control": "no-cache" } });
}

function endsWithSlash(url: string): boolean {
  const end = url.search(/[?#]/);
  return url.charCodeAt((end === -1 ? url.length : end) - 1) === 0x2f;
}

/** Whether a client asks for a page, and not just for anything. */
function wantsPage({ headers }: Request): boolean {
  return parseQualityList(headers.get("accept") ?? "")
    .some(({ value, quality }) => value === "text/html" && quality > 0);
}

function notFound({ fallback }: FilesRules): NotFoundError {
  const message = "There is no such file";
  if (fallback === undefined) return new NotFoundError(message);
  return new NotFoundError(message, { headers: { vary: "Accept" } });
}
