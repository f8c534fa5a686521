/**
 * What the clients of several targets have in common (spec 2.4.1.7, 2.4.1.8): targets with connections of
 * their own, and a client whose calls go to one of them.
 *
 * @module
 */
import { CircuitBreaker } from "../layers/circuit_breaker_object.ts";
import type { Target } from "../layers/target.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import { Client } from "./client.ts";
import type { ClientConfiguration } from "./client_config.ts";
import { isTransport } from "./client_sender.ts";
import { TargetPlaces } from "./target_places.ts";
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
  readonly #services: readonly TargetService[];
  readonly #own: Transport[] = [];

  /**
   * Reads targets, and opens nothing yet.
   *
   * @throws {TypeError} when there is none, or one has an option that there is not.
   */
  constructor(subject: string, given: readonly (TargetService | string | URL)[]) {
    if (!Array.isArray(given) || given.length === 0) {
      throw new TypeError(
        `${subject} needs at least one target, as { url: "https://one.example" }`,
      );
    }
    this.#services = given.map((one) => readService(subject, one));
    this.targets = this.#services.map(({ transport: _, ...target }) => target);
    this.base = String(this.#services[0]?.url);
  }

  /**
   * Makes the client that calls the targets.
   *
   * @param given what the program asked for
   * @param choice what chooses among the targets
   * @throws {TypeError} as {@linkcode Client} does; then nothing stays open.
   */
  clientOf(
    given: SharedClientConfiguration,
    choice: Pick<ClientConfiguration, "failover" | "loadBalance">,
  ): Client {
    // What was taken apart inherits again.
    const config = ownOptions(given);
    const { fetch: _fetch, transport: _transport, circuitBreaker, ...others } = config;
    try {
      return new Client(this.base, {
        ...others,
        ...this.#sending(config),
        ...defined({ circuitBreaker: this.#breaking(circuitBreaker) }),
        ...choice,
      });
    } catch (error) {
      for (const transport of this.#own) transport[Symbol.dispose]();
      throw error;
    }
  }

  /** Frees the connections of the targets' own transports, and of the client. */
  async close(client: Client): Promise<void> {
    await Promise.all([client.close(), ...this.#own.map((one) => one.close())]);
  }

  /**
   * What of a client's configuration says how it sends: as it is where no target has a transport, else a
   * fetch that chooses among them.
   */
  #sending({ fetch, transport: way }: SharedClientConfiguration): ClientConfiguration {
    if (this.#services.every(({ transport }) => transport === undefined)) {
      return defined({ fetch, transport: way });
    }
    const fetches = this.#services.map(({ transport }) => this.#open(transport)?.fetch);
    const others = fetch ?? this.#open(way)?.fetch ?? platformFetch;
    const places = new TargetPlaces(this.targets);
    return {
      fetch: (input, init) => {
        const url = input instanceof Request ? input.url : String(input);
        return (fetches[places.of(url) ?? -1] ?? others)(input, init);
      },
    };
  }

  #open(way: TransportOptions | Transport | undefined): Transport | undefined {
    if (way === undefined || isTransport(way)) return way;
    const made = transport(way);
    this.#own.push(made);
    return made;
  }

  /** Circuits go by origin, unless targets share one: then it is the address of the target. */
  #breaking(given: ClientConfiguration["circuitBreaker"]): ClientConfiguration["circuitBreaker"] {
    if (given === undefined || given === false || given instanceof CircuitBreaker) return given;
    const config = given === true ? {} : given;
    const origins = new Set(this.targets.map(({ url }) => URL.parse(String(url))?.origin));
    if (typeof config !== "object" || config === null) return given;
    if (Object.hasOwn(config, "target")) return given;
    if (origins.size === this.targets.length) return given;
    const places = new TargetPlaces(this.targets);
    return { ...config, target: (url) => places.nameOf(url) };
  }
}

function readService(subject: string, given: TargetService | string | URL): TargetService {
  if (typeof given === "string" || given instanceof URL) return ownOptions({ url: given });
  checkOptions(`A target of ${subject}`, given, known);
  return ownOptions(given);
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
