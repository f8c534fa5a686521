/**
 * From a request to the service that answers it: the host, then the longest base path
 * (spec 3.1, 3.2).
 *
 * @module
 */
import { ServiceNotFoundError } from "../message/listener_errors.ts";
import type { Connection, PlatformAddress } from "../message/connection.ts";
import { answerError, type ErrorRules } from "./error_answer.ts";
import type { Exchange, Surroundings } from "./exchange.ts";
import type { InFlight } from "./in_flight.ts";
import { locate } from "./locate.ts";
import type { MountPoint } from "./mount_point.ts";
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
  /** How errors are answered where no mount is chosen. */
  readonly errors?: ErrorRules;
  /** The message of the 404 while nothing is mounted. */
  readonly emptyMessage?: () => string;
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
  /** The only mount, where there is one and it takes every request. */
  #only: Place | undefined = undefined;
  /** The last origin seen, with its slash: the same one need not be looked at again. */
  #origin = "\0";

  /** Chooses among `mounts`, which can be changed later. */
  constructor(mounts: readonly MountPoint[], options: DispatcherOptions = {}) {
    this.#options = options;
    this.mounts = mounts;
  }

  /** The mounts. */
  get mounts(): readonly MountPoint[] {
    return this.#places.map(({ mount }) => mount);
  }

  /** Takes effect for the next request. */
  set mounts(mounts: readonly MountPoint[]) {
    const { inFlight, local } = this.#options;
    const sorted = mounts.toSorted((a, b) =>
      Number(b.host !== undefined) - Number(a.host !== undefined) ||
      b.basePath.length - a.basePath.length
    );
    const hasDeadline = inFlight?.hasDeadline === true;
    this.#places = sorted.map((mount) => ({
      mount,
      surroundings: { owner: mount, watcher: inFlight, hasDeadline, local },
    }));
    const [first] = this.#places;
    this.#only = mounts.length === 1 && first?.mount.host === undefined ? first : undefined;
  }

  /** Answers a request; the answer is a promise only where something had to be waited for. */
  handle(request: Request, connection: Connection | undefined): Response | Promise<Response> {
    const { url } = request;
    const exchange = locate(request, connection, this.#startOfPath(url));
    const { limits, inFlight, errors = {} } = this.#options;
    const fault = exchange.fault ?? limits?.fault(exchange);
    if (fault !== undefined) return answerError(exchange, fault, errors);
    const place = this.#only ?? this.#choose(exchange);
    if (place === undefined) return this.#noService(exchange);
    exchange.surroundings = place.surroundings;
    const answer = place.mount.answer(exchange);
    if (answer instanceof Promise) {
      if (inFlight === undefined) return answer.catch((error) => place.mount.fail(exchange, error));
      // Where nothing inside was watched, a layer or a bare handler stands before it.
      return exchange.isWatched ? answer : exchange.later(answer, asItIs);
    }
    if (inFlight !== undefined && !exchange.isWhole) inFlight.track(exchange);
    return answer;
  }

  #startOfPath(url: string): number {
    if (url.startsWith(this.#origin)) return this.#origin.length - 1;
    const start = startOfPath(url);
    if (start !== -1) this.#origin = url.slice(0, start + 1);
    return start;
  }

  #noService(exchange: Exchange): Response | Promise<Response> {
    const { emptyMessage, errors = {} } = this.#options;
    const message = this.#places.length === 0 && emptyMessage !== undefined
      ? emptyMessage()
      : `no matching service found for path: ${exchange.target}`;
    return answerError(exchange, new ServiceNotFoundError(message), errors);
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
