/**
 * Matrix parameters: `name=value` pairs after semicolons in the segments of a path
 * (`/cars;colour=red/7;gear=5`), which take no part in routing (spec 5.3).
 *
 * @module
 */
import { BadMatrixParamError } from "../message/listener_errors.ts";

/** The matrix parameters of one segment: an object without a prototype. */
export interface MatrixParams {
  /** The value of a parameter, percent-decoded; of several with one name the last. */
  readonly [name: string]: string;
}

/**
 * A path without its matrix parameters.
 *
 * @param path a path without its query
 * @throws {BadMatrixParamError} when what follows a semicolon is not `name=value`.
 */
export function stripMatrix(path: string): string {
  if (!path.includes(";")) return path;
  return path.split("/").map((segment) => {
    const [name = "", ...pairs] = segmentParts(segment);
    for (const pair of pairs) readPair(pair, path);
    return name;
  }).join("/");
}

/**
 * The matrix parameters of the last segment of `path` as they are in `target`: for the target
 * `/cars;colour=red/7;gear=5?x=1` and the path `/cars/7` they are `{ gear: "5" }`. Without that
 * path in the target there are none.
 *
 * @param target a path as it was sent, with or without a query
 * @param path a path from the root, without parameters
 * @throws {BadMatrixParamError} when what follows a semicolon is not `name=value`.
 */
export function matrixParams(target: string, path: string): MatrixParams {
  const params: Record<string, string> = Object.create(null);
  const sent = /^[^?#]*/.exec(target)?.[0] ?? "";
  const wanted = path.replace(/\/$/, "").split("/");
  const segments = sent.split("/").slice(0, wanted.length).map(segmentParts);
  const isThere = segments.length === wanted.length &&
    segments.every(([name = ""], index) => decoded(name) === decoded(wanted[index] ?? ""));
  if (!isThere) return params;
  for (const pair of segments.at(-1)?.slice(1) ?? []) {
    const [name, value] = readPair(pair, sent);
    params[decoded(name)] = decoded(value);
  }
  return params;
}

/** A segment's name and its parameters; empty ones at its end are no parameters. */
function segmentParts(segment: string): string[] {
  const parts = segment.split(";");
  while (parts.length > 1 && parts.at(-1) === "") parts.pop();
  return parts;
}

function readPair(pair: string, path: string): [name: string, value: string] {
  const equals = pair.indexOf("=");
  const isPair = equals > 0 && equals < pair.length - 1 && pair.indexOf("=", equals + 1) === -1;
  if (isPair) return [pair.slice(0, equals), pair.slice(equals + 1)];
  const sent = shortened(path.replace(/^\//, ""));
  throw new BadMatrixParamError(
    `found non-matrix parameter '${shortened(pair)}' in path '${sent}'`,
  );
}

function decoded(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    // The path was found to be well-formed before it was routed; this one was not routed.
    return text;
  }
}

function shortened(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
