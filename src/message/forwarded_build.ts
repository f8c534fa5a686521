/**
 * What a gateway tells the next server of the request it passes on: who sent it, to which host and by
 * which scheme, in `Forwarded` (RFC 7239; the client's `forwarded` option, spec 2.4).
 *
 * It adds an element at the right and believes nothing that stands left of it; whom to believe is for
 * the reader to decide, in `layers/client_address.ts` on the server's side. It makes no `Via`.
 *
 * @module
 */
import { connectionOf, type PlatformAddress } from "./connection.ts";
import { type ForwardedElement, nearestFirst, readHost, readProto } from "./forwarded.ts";
import {
  forwardedNode,
  lastOf,
  receivedElements,
  serializeForwarded,
} from "./forwarded_build_element.ts";
import { forwardableHeaders } from "./hop_by_hop.ts";
import { checkOptions, ownOptions } from "./options.ts";
import { originOf } from "./request_origin.ts";

/**
 * What a gateway tells: nothing, what it knows (`enable`), or that and what the proxies before it
 * told in the older `X-Forwarded-*` (`transition`).
 */
export type ForwardedMode = "disable" | "enable" | "transition";

/** How a request is passed on, for {@linkcode forwardedHeadersFor} and the layer `forwarded`. */
export interface ForwardedOptions {
  /**
   * `disable` leaves the fields as they were received, so that a server must not believe them on the
   * word of this gateway.
   *
   * `enable` adds an element to `Forwarded`. Where the request came with `X-Forwarded-For`, `-By`,
   * `-Host` or `-Proto`, these get a member more as well.
   *
   * `transition` makes elements of `Forwarded` of `X-Forwarded-*` and removes those. It is meant for
   * gateways behind proxies that write `X-Forwarded-*`; their elements stand right of those that a
   * received `Forwarded` has, which may be a client's own.
   *
   * @default "enable"
   */
  readonly mode?: ForwardedMode;
  /**
   * How this gateway calls itself in `by`: its address, or `_` and a name.
   *
   * @default the address where it received the request; nothing where the platform does not tell it
   */
  readonly by?: string;
}

const known: Readonly<Record<keyof ForwardedOptions, true>> = { mode: true, by: true };

/** Options that were checked. */
export interface ForwardedRules {
  /** What is told. */
  readonly mode: ForwardedMode;
  /** What the gateway calls itself. */
  readonly by: string | undefined;
}

/**
 * The header fields for passing a received request on to another server: those of the request without
 * those of its connection ({@linkcode forwardableHeaders}), and what `options` say of who sent it.
 *
 * Where nobody knows who did, as in process, it says `for=unknown`.
 *
 * @throws {TypeError} when an option is unknown, `mode` no mode, or `by` no node.
 *
 * @example
 * ```ts
 * import { any, forwardedHeadersFor, service } from "@pirouette/http";
 *
 * const gateway = service({}, [
 *   any("/*", ({ request }) => {
 *     const { pathname, search } = new URL(request.url);
 *     return fetch(`http://10.0.0.7${pathname}${search}`, {
 *       method: request.method,
 *       headers: forwardedHeadersFor(request, "enable"),
 *       body: request.body,
 *       redirect: "manual",
 *     });
 *   }),
 * ]);
 * ```
 */
export function forwardedHeadersFor(
  request: Request,
  options: ForwardedMode | ForwardedOptions = {},
): Headers {
  const headers = forwardableHeaders(request.headers);
  addForwarded(headers, request, forwardedRules(options));
  return headers;
}

/**
 * Checks options once.
 *
 * @throws {TypeError} when one is unknown, `mode` no mode, or `by` no node.
 */
export function forwardedRules(given: ForwardedMode | ForwardedOptions): ForwardedRules {
  const options: ForwardedOptions = typeof given === "string" ? { mode: given } : given;
  checkOptions("forwarded", options, known);
  const { mode = "enable", by } = ownOptions(options);
  if (mode !== "disable" && mode !== "enable" && mode !== "transition") {
    throw new TypeError(
      `forwarded has no mode "${mode}": set mode to "disable", "enable" or "transition"`,
    );
  }
  const node = by === undefined ? undefined : forwardedNode(by);
  if (by !== undefined && node === undefined) {
    throw new TypeError(`forwarded cannot call itself "${by}": set by to an IP address or "_name"`);
  }
  if (mode === "disable" && by !== undefined) {
    throw new TypeError('forwarded tells nobody of by in mode "disable": set mode to "enable"');
  }
  return { mode, by: node };
}

/** Adds to `headers`, which are sent on, what is known of a received request. */
export function addForwarded(headers: Headers, request: Request, rules: ForwardedRules): void {
  if (rules.mode === "disable") return;
  const own = elementOf(originOf(request), rules.by);
  const elements = receivedElements(headers.get("forwarded"));
  if (rules.mode === "transition") {
    elements.push(...olderElements(headers).map(serializeForwarded));
    for (const name of older) headers.delete(name);
  } else {
    extendOlder(headers, own);
  }
  headers.set("forwarded", lastOf([...elements, serializeForwarded(own)]).join(", "));
}

function elementOf(request: Request, name: string | undefined): ForwardedElement {
  const connection = connectionOf(request);
  const url = new URL(request.url);
  const by = name ?? nodeOf(connection?.localAddr);
  const host = readHost(request.headers.get("host") ?? "") ?? readHost(url.host);
  const proto = readProto(url.protocol.slice(0, -1));
  return {
    for: nodeOf(connection?.remoteAddr) ?? "unknown",
    ...(by === undefined ? {} : { by }),
    ...(host === undefined ? {} : { host }),
    ...(proto === undefined ? {} : { proto }),
  };
}

/** The address of one end, without its port; `undefined` where it has none, as a Unix socket. */
function nodeOf(address: PlatformAddress | undefined): string | undefined {
  const hostname = address?.hostname;
  // What a server listens on is no address that anybody could name it by.
  if (hostname === undefined || hostname === "0.0.0.0" || hostname === "::") return undefined;
  return forwardedNode(hostname);
}

const older: readonly string[] = [
  "x-forwarded-for",
  "x-forwarded-by",
  "x-forwarded-host",
  "x-forwarded-proto",
];

/**
 * Adds a member to each of the older fields that is there. A server that trusts this gateway and reads
 * them would otherwise take the last member, which may be a client's own, for this gateway's.
 */
function extendOlder(headers: Headers, own: ForwardedElement): void {
  // The members of the fields belong together by their places, and IPv6 has no brackets there.
  const added = [own.for?.replace(/[[\]]/g, ""), own.by, own.host, own.proto];
  for (const [index, name] of older.entries()) {
    const member = added[index];
    if (member === undefined || !headers.has(name)) continue;
    headers.set(name, lastOf([...membersOf(headers, name), member]).join(", "));
  }
}

/**
 * What the older fields tell, as elements (RFC 7239 section 7.4). Their members belong together
 * counted from the right, a shorter list's first one with all that are left. Whether
 * `X-Forwarded-By` names who wrote `X-Forwarded-For` or who received it nobody knows: it counts
 * where it is the only one.
 */
function olderElements(headers: Headers): ForwardedElement[] {
  const [senders = [], receivers = [], hosts = [], protos = []] = older.map((name) =>
    membersOf(headers, name)
  );
  const count = senders.length || Math.max(receivers.length, hosts.length, protos.length);
  const elements: ForwardedElement[] = [];
  for (let index = 0; index < count; index++) {
    const sender = at(senders, index);
    const by = senders.length === 0 ? at(receivers, index) : undefined;
    const host = readHost(at(hosts, index) ?? "");
    const proto = readProto(at(protos, index) ?? "");
    const receiver = by === undefined ? undefined : forwardedNode(by);
    elements.unshift({
      for: (sender === undefined ? undefined : forwardedNode(sender)) ?? "unknown",
      ...(receiver === undefined ? {} : { by: receiver }),
      ...(host === undefined ? {} : { host }),
      ...(proto === undefined ? {} : { proto }),
    });
  }
  return elements;
}

function membersOf(headers: Headers, name: string): string[] {
  return lastOf([...nearestFirst(headers.get(name) ?? "")].reverse());
}

/** A member counted from the right; the leftmost of a shorter list. */
function at(members: readonly string[], index: number): string | undefined {
  return members[Math.max(members.length - 1 - index, 0)];
}
