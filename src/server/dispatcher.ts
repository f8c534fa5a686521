/**
 * From a request to the service that answers it: the host, then the longest base path
 * (spec 3.1, 3.2).
 *
 * @module
 */
import type { Connection, PlatformAddress } from "../message/connection.ts";
import type { Exchange, Surroundings } from "./exchange.ts";
import type { InFlight } from "./in_flight.ts";
import { locate } from "./locate.ts";
import { type MountPoint, noMount } from "./mount_point.ts";
import type { RequestLimits } from "./request_limits.ts";
import { startOfPath } from "./request_target.ts";

/** What a dispatcher may be given beside its mounts. */
export interface DispatcherOptions {
  /** Refuses requests that are too large. */
  readonly limits?: RequestLimits;
  /** Counts what is in flight, and answers for handlers that take too long. */
  readonly inFlight?: InFlight;
  /** This end of every connection. */
  readonly local?: () => PlatformAddress;
  /** Answers where no mount is chosen. */
  readonly nowhere?: MountPoint;
}

/** A mount, and what its requests have in common here. */
interface Place {
  readonly mount: MountPoint;
  readonly surroundings: Surroundings;
}

/** Chooses among mounts. */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  /** Longest base path first, those of a host before those of every host. */
  #places: readonly Place[] = [];
  /** What answers where no mount is chosen. */
  readonly #nowhere: Place;
  /** The only mount, where there is one and it takes every request. */
  #only: Place | undefined = undefined;
  /** The last origin seen, with its slash: the same one need not be looked at again. */
  #origin = "\0";

  /** Chooses among `mounts`, which can be changed later. */
  constructor(mounts: readonly MountPoint[], options: DispatcherOptions = {}) {
    this.#options = options;
    const { nowhere = noMount((target) => `no matching service found for path: ${target}`) } =
      options;
    this.#nowhere = this.#place(nowhere);
    this.mounts = mounts;
  }

  /** The mounts. */
  get mounts(): readonly MountPoint[] {
    return this.#places.map(({ mount }) => mount);
  }

  /** Takes effect for the next request. */
  set mounts(mounts: readonly MountPoint[]) {
    const sorted = mounts.toSorted((a, b) =>
      Number(b.host !== undefined) - Number(a.host !== undefined) ||
      b.basePath.length - a.basePath.length
    );
    this.#places = sorted.map((mount) => this.#place(mount));
    const [first] = this.#places;
    this.#only = mounts.length === 1 && first?.mount.host === undefined ? first : undefined;
  }

  /** Answers a request; the answer is a promise only where something had to be waited for. */
  handle(request: Request, connection: Connection | undefined): Response | Promise<Response> {
    const { url } = request;
    const exchange = locate(request, connection, this.#startOfPath(url));
    const { limits, inFlight } = this.#options;
    exchange.fault ??= limits?.fault(exchange);
    const { fault } = exchange;
    const place = this.#only ?? (fault === undefined ? this.#choose(exchange) : undefined) ??
      this.#nowhere;
    const { mount, surroundings } = place;
    exchange.surroundings = surroundings;
    const answer = fault === undefined ? mount.answer(exchange) : mount.refuse(exchange, fault);
    if (answer instanceof Promise) {
      exchange.answering = answer;
      if (inFlight === undefined) return answer.catch((error) => mount.fail(exchange, error));
      // Where nothing inside was watched, a layer or a bare handler stands before it.
      return exchange.isWatched ? answer : exchange.later(answer, asItIs);
    }
    return inFlight === undefined ? answer : inFlight.track(exchange, answer);
  }

  #place(mount: MountPoint): Place {
    const { inFlight, local } = this.#options;
    const hasDeadline = inFlight?.hasDeadline === true;
    return { mount, surroundings: { owner: mount, watcher: inFlight, hasDeadline, local } };
  }

  #startOfPath(url: string): number {
    if (url.startsWith(this.#origin)) return this.#origin.length - 1;
    const start = startOfPath(url);
    if (start !== -1) this.#origin = url.slice(0, start + 1);
    return start;
  }

  #choose(exchange: Exchange): Place | undefined {
    const places = this.#places;
    const host = places[0]?.mount.host === undefined ? undefined : hostOf(exchange);
    const isNamed = host !== undefined && places.some(({ mount }) => answersFor(mount, host));
    return places.find(({ mount }) =>
      (isNamed ? answersFor(mount, host) : mount.host === undefined) && mount.covers(exchange)
    );
  }
}

const asItIs = (response: unknown): Response => response as Response;

/** The `Host` of a request, in lower case. */
function hostOf({ url, pathStart }: Exchange): string {
  return url.slice(url.indexOf("://") + 3, pathStart).toLowerCase();
}

/** Whether a mount names this host, with its port or without one. */
function answersFor(mount: MountPoint, host: string): boolean {
  return mount.host === host || mount.host === host.replace(/:\d*$/, "");
}
