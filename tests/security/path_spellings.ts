/**
 * Spellings of one path with which clients have slipped past guards (SECURITY.md row 2), and a
 * client that sends them as they are. Every other client tidies a path before sending it.
 *
 * @module
 */
import fc from "fast-check";
import { type Port, RawConnection, rawRequest, type RawResponse } from "../support/raw_http.ts";

/**
 * Ways to spell `/admin` or something under it, with the status that keeps it safe; a second one for
 * guards that go by segments, as `/admin/:rest*` does, to which an empty segment is none.
 */
export const spellings:
  readonly (readonly [target: string, status: number, bySegments?: number])[] = [
    ["/admin", 403],
    ["/admin/", 403],
    ["/admin?x", 403],
    ["/admin#x", 403],
    ["/%61dmin", 403],
    ["/%61%64%6D%69%6e", 403],
    ["/%61dmin/%78", 403],
    ["/admin/%2561", 403],
    ["/admin/a%2Fb", 403],
    ["/admin//", 403, 404],
    ["/admin//x", 403, 404],
    ["/admin;a=b", 403],
    ["/admin;", 403],
    ["/admin;a=b/users", 403],
    ["/%61dmin;a=b", 403],
    ["/admin%2Fusers", 200],
    ["/admin%2fusers", 200],
    ["/admin%252Fusers", 200],
    ["/admin%5Cusers", 200],
    ["/admin%3Ba=b", 200],
    ["/%2561dmin", 200],
    ["/%2e%2561dmin", 200],
    ["/%252e%252e/admin", 200],
    ["/x/%252e%252e/admin", 200],
    ["/ADMIN", 200],
    ["/admin%20", 200],
    ["/administrator", 200],
    ["//admin", 404],
    ["///admin", 404],
    ["//%61dmin", 404],
    ["//evil.example/admin", 404],
    ["/./admin", 400],
    ["/x/../admin", 400],
    ["/x/%2e%2e/admin", 400],
    ["/x/.%2E/admin", 400],
    ["/%2e/admin", 400],
    ["/x/..;/admin", 400],
    ["/x/..;a=b/admin", 400],
    ["/admin/..", 400],
    ["/x\\..\\admin", 400],
    ["/\\admin", 400],
    ["/admin\\", 400],
    ["/admin%00", 400],
    ["/admin%0d%0a", 400],
    ["/admin%7F", 400],
    ["/admin%", 400],
    ["/admin%6", 400],
    ["/%zzadmin", 400],
    ["/%u0061dmin", 400],
    ["/%c1%a1dmin", 400],
    ["/%e0%81%a1dmin", 400],
    ["/%ffadmin", 400],
    ["/%ed%a0%80admin", 400],
    ["/admin;b", 400],
    ["/admin;=b", 400],
    ["admin", 400],
    ["http://other/admin", 403],
    ["http://other/%61dmin", 403],
    ["http://other//admin", 404],
    ["http://other/x/../admin", 400],
    ["http://user@other/admin", 400],
  ];

/**
 * Where services are mounted in the tests of mounts, and what a request for `target` gives: the
 * status, and which service answered it.
 */
export const mountSpellings: readonly (readonly [target: string, status: number, body?: string])[] =
  [
    ["/api", 200, "api"],
    ["/api/", 200, "api"],
    ["/api/x", 200, "api"],
    ["/%61pi/x", 200, "api"],
    ["/api;a=b/x", 200, "api"],
    ["/api/%61dmin", 403],
    ["/api/admin/", 403],
    ["/%61pi/admin/x", 403],
    ["/api;a=b/admin", 403],
    ["/api/admin%2Fx", 200, "api"],
    ["/api/%2Fadmin", 200, "api"],
    ["/api%2Fadmin", 404],
    ["/api%5Cadmin", 404],
    ["/api//admin", 404],
    ["/api/api/admin", 200, "api"],
    ["/apis/x", 200, "apis"],
    ["/apis/admin", 200, "apis"],
    ["/apix", 404],
    ["/apix/admin", 404],
    ["/api.", 404],
    ["//api/admin", 404],
    ["/API/admin", 404],
    ["/a%20b/c", 200, "special"],
    ["/a%20b/admin", 403],
    ["/%61%20b/%61dmin", 403],
    ["/a%2520b/admin", 404],
    ["/a+b/admin", 404],
    ["/a%20badmin", 404],
    ["/a%20b%2Fadmin", 404],
    ["/100%25/admin", 403],
    ["/100%25/c", 200, "percent"],
    ["/100%2525/admin", 404],
    ["/100%/admin", 400],
    ["/apix/../api/admin", 400],
    ["/apix/%2e%2e/api/admin", 400],
  ];

/** Random targets, made of what parts, encodes or ends a path. */
export const targets: fc.Arbitrary<string> = fc.array(
  fc.constantFrom(
    ..."/;=.%:@!$&'()*+,-_~|[]^\\?#\"<>`{}",
    "admin",
    "%61dmin",
    "%2e",
    "%2F",
    "%5c",
    "%25",
    "%3b",
    "%00",
    "%E2%82%AC",
    "\xe2\x82\xac",
    "a",
    "..",
    "//",
  ),
  { maxLength: 10 },
).map((list) => `/${list.join("")}`);

/** Sends targets by hand, on one connection for as long as the server keeps it. */
export class TargetClient implements Disposable {
  readonly #port: Port;
  #connection: RawConnection | undefined = undefined;

  /** Asks a server. */
  constructor(port: Port) {
    this.#port = port;
  }

  /** Gets a target; what closes the connection without an answer counts as refused. */
  async get(target: string, host = "x"): Promise<RawResponse> {
    const connection = this.#connection ??= await RawConnection.open(this.#port);
    await connection.send(rawRequest(`GET ${target} HTTP/1.1`, [`Host: ${host}`]));
    const response = await connection.read();
    // After a head it cannot read, the server closes the connection.
    if (!response?.headers.has("content-length") || response.body === "") this[Symbol.dispose]();
    return response ?? { status: 400, head: "", headers: new Headers(), body: "" };
  }

  /** Closes the connection. */
  [Symbol.dispose](): void {
    this.#connection?.[Symbol.dispose]();
    this.#connection = undefined;
  }
}
