/**
 * What the clients of several targets have in common (spec 2.4.1.7, 2.4.1.8): targets with connections of
 * their own, and a client whose calls go to one of them.
 *
 * @module
 */
import type { Target } from "../layers/target.ts";
import type { Fetch } from "../message/fetch.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import type { Client } from "./client.ts";
import type { ClientConfiguration } from "./client_config.ts";
import { isTransport } from "./client_sender.ts";
import { type Transport, transport } from "./transport.ts";
import { platformFetch } from "./transport_default.ts";
import type { TransportOptions } from "./transport_options.ts";

/** A service that can answer a call (spec: `TargetService`). */
export interface TargetService extends Omit<Target, "fetch"> {
  /**
   * How connections to it are made (spec: `secureSocket`): options for a transport that is closed with
   * the client, or one that is shared.
   *
   * @default that of the client
   */
  readonly transport?: TransportOptions | Transport;
}

/** The configuration of a client of several targets, but for what chooses among them. */
export type SharedClientConfiguration = Omit<ClientConfiguration, "failover" | "loadBalance">;

const known: Readonly<Record<keyof TargetService, true>> = {
  url: true,
  weight: true,
  transport: true,
};

/** Targets as their layer takes them, and the transports that some of them have. */
export class TargetServices {
  /** The targets, without their transports. */
  readonly targets: readonly Target[];
  /** The address of the first one, which calls name. */
  readonly base: string;
  readonly #routes: readonly Route[];
  readonly #own: Transport[];

  /**
   * Reads targets.
   *
   * @throws {TypeError} when there is none, or one has an option that there is not.
   */
  constructor(subject: string, given: readonly (TargetService | string | URL)[]) {
    if (!Array.isArray(given) || given.length === 0) {
      throw new TypeError(
        `${subject} needs at least one target, as { url: "https://one.example" }`,
      );
    }
    const services = given.map((one) => readService(subject, one));
    this.targets = services.map(({ transport: _, ...target }) => target);
    this.base = String(services[0]?.url);
    const own: Transport[] = [];
    this.#routes = services.flatMap(({ url, transport: way }) => {
      if (way === undefined) return [];
      const made = isTransport(way) ? way : transport(way);
      if (made !== way) own.push(made);
      return [{ prefix: String(url).replace(/\/+$/, ""), fetch: made.fetch }];
    });
    this.#own = own;
  }

  /**
   * What of a client's configuration says how it sends: as it is where no target has a transport, else a
   * fetch that chooses among them.
   */
  sending({ fetch, transport: way }: SharedClientConfiguration): SharedClientConfiguration {
    const routes = this.#routes;
    if (routes.length === 0) return defined({ fetch, transport: way });
    const shared = way === undefined || isTransport(way) ? way : transport(way);
    if (shared !== undefined && shared !== way) this.#own.push(shared);
    const others = fetch ?? shared?.fetch ?? platformFetch;
    return {
      fetch: (input, init) => {
        const url = input instanceof Request ? input.url : String(input);
        const route = routes.find(({ prefix }) => isBelow(url, prefix));
        return (route?.fetch ?? others)(input, init);
      },
    };
  }

  /** Frees the connections of the targets' own transports, and of the client. */
  async close(client: Client): Promise<void> {
    await Promise.all([client.close(), ...this.#own.map((one) => one.close())]);
  }
}

/** A target that has a transport. */
interface Route {
  readonly prefix: string;
  readonly fetch: Fetch;
}

function readService(subject: string, given: TargetService | string | URL): TargetService {
  if (typeof given === "string" || given instanceof URL) return { url: given };
  checkOptions(`A target of ${subject}`, given, known);
  return ownOptions(given);
}

function isBelow(url: string, prefix: string): boolean {
  return url.startsWith(prefix) && /^(?:[/?#]|$)/.test(url.slice(prefix.length));
}

/** The options that were given: one that is there and undefined would be one of the wrong type. */
export function defined<Options extends object>(
  options: Options,
): { [Name in keyof Options]?: Exclude<Options[Name], undefined> } {
  const given: { [Name in keyof Options]?: Exclude<Options[Name], undefined> } = {};
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined) Object.assign(given, { [name]: value });
  }
  return given;
}
