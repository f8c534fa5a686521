/**
 * A listener: a port on which services answer (spec 2.1).
 *
 * @module
 */
import { editHeaders } from "../layers/response_headers.ts";
import { systemClock } from "../message/clock.ts";
import type { Fetch } from "../message/fetch.ts";
import { GenericListenerError } from "../message/listener_errors.ts";
import { ownOptions } from "../message/options.ts";
import { exit } from "../runtime/exit.ts";
import { openTransport } from "../runtime/open_transport.ts";
import type { SignalName } from "../runtime/signals.ts";
import type { ServerHttpSettings } from "../runtime/server_http.ts";
import type { TransportName } from "../runtime/transport.ts";
import { Dispatcher } from "./dispatcher.ts";
import { InFlight } from "./in_flight.ts";
import { checkListener } from "./listener_check.ts";
import type { ListenerConfiguration } from "./listener_config.ts";
import { listenFailure } from "./listener_failure.ts";
import { httpSettings } from "./listener_settings.ts";
import { signalNames, stopOnSignals } from "./listener_signals.ts";
import type { ListenerSecureSocket } from "./listener_tls.ts";
import { checkTls } from "./listener_tls_check.ts";
import { tlsErrors, TlsReload } from "./listener_tls_reload.ts";
import { loadTls } from "./listener_tls_settings.ts";
import { chooseTransport } from "./listener_transport.ts";
import { Mount, type MountOptions } from "./mount.ts";
import { fetchMount, noMount, type RootMountOptions } from "./mount_point.ts";
import { RequestLimits } from "./request_limits.ts";
import { RunningServer } from "./running_server.ts";
import type { Service } from "./service_config.ts";

/**
 * A port on which services answer.
 *
 * @example
 * ```ts
 * import { get, Listener, service } from "@pirouette/http";
 *
 * const listener = new Listener(0);
 * listener.attach(service({}, [get("/hello", () => "Hello")]));
 * const server = await listener.start();
 * console.log(await (await fetch(new URL("/hello", server.url))).text());
 * await server.gracefulStop();
 * ```
 */
export class Listener {
  readonly #port: number;
  readonly #given: ListenerConfiguration;
  readonly #config: ListenerConfiguration;
  readonly #limits: RequestLimits;
  readonly #dispatcher: Dispatcher;
  readonly #inFlight: InFlight;
  readonly #http: ServerHttpSettings;
  readonly #tls: ListenerSecureSocket | undefined;
  readonly #transport: TransportName;
  readonly #signals: readonly SignalName[];
  #starting: Promise<RunningServer> | undefined = undefined;
  #server: RunningServer | undefined = undefined;

  /**
   * Makes a listener for a port; 0 takes a free one when it starts.
   *
   * @throws {TypeError} when an option is unknown or has a value it cannot have, the `Server` field
   * cannot be sent, or an interceptor is declared wrongly.
   * @throws {GenericListenerError} when the port is none, a number is outside its range, or no
   * transport of this runtime can honour the options.
   */
  constructor(port: number, given: ListenerConfiguration = {}) {
    const config = checkListener(given);
    if (!Number.isInteger(port) || port < 0 || port > 65535) {
      throw new GenericListenerError(`Cannot listen on port ${port}: give 0 to 65535`);
    }
    const { timeout = 60_000, clock = systemClock, onPanic = "respond" } = config;
    this.#port = port;
    this.#given = given;
    this.#config = config;
    this.#limits = new RequestLimits(config.requestLimits);
    this.#http = httpSettings(config);
    this.#tls = config.tls === undefined ? undefined : checkTls(config.tls);
    this.#transport = chooseTransport(config);
    this.#signals = signalNames(config.signals);
    this.#inFlight = new InFlight(timeout, clock, onPanic === "exit" ? () => exit(1) : undefined);
    this.#dispatcher = new Dispatcher([], {
      limits: this.#limits,
      inFlight: this.#inFlight,
      local: () => ({ hostname: this.#server?.hostname ?? "", port: this.getPort() }),
      nowhere: noMount((target) => this.#nothingAt(target), this.#common),
    });
  }

  /**
   * Puts a service on this listener, at its own base path or at another; takes effect at once.
   *
   * @param basePath where to put a service; a handler that is only a function takes every path
   * @throws {GenericListenerError} when a service is there already for the same path and host.
   * @throws {GenericListenerError} when a link between its resources cannot be resolved there.
   * @throws {TypeError} when a function is given a base path, or the base path is malformed.
   */
  attach(service: Service | Fetch, basePath?: string): this {
    if (typeof service === "function" && basePath !== undefined) {
      throw new TypeError(
        `Cannot attach a function at "${basePath}": it takes every path, a service can be anywhere`,
      );
    }
    const mount = typeof service === "function" ? fetchMount(service, this.#common) : new Mount(
      service,
      basePath ?? ownOptions(service.config).basePath ?? "/",
      this.#common,
    );
    const { mounts } = this.#dispatcher;
    if (mounts.some((one) => one.basePath === mount.basePath && one.host === mount.host)) {
      const where = mount.basePath === "" ? "/" : mount.basePath;
      throw new GenericListenerError(`Two services have the same base path: '${where}'`);
    }
    this.#dispatcher.mounts = [...mounts, mount];
    return this;
  }

  /** Takes a service or a handler off this listener; requests it is answering go on. */
  detach(service: Service | Fetch): this {
    const { mounts } = this.#dispatcher;
    this.#dispatcher.mounts = mounts.filter((mount) => mount.service !== service);
    return this;
  }

  /**
   * Begins to listen.
   *
   * @throws {GenericListenerError} (as a rejection) when it listens already, or cannot.
   */
  async start(): Promise<RunningServer> {
    if (this.#starting !== undefined) {
      throw new GenericListenerError("The listener was started already: make another one");
    }
    try {
      this.#starting = this.#start();
      return this.#server = await this.#starting;
    } catch (cause) {
      this.#starting = undefined;
      if (cause instanceof GenericListenerError) throw cause;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new GenericListenerError(`Cannot start the listener: ${why}`, { cause });
    }
  }

  /**
   * Stops taking requests and waits for those in flight; see {@linkcode RunningServer}. One that is
   * still starting is waited for first; one that was not started need not be stopped.
   *
   * @param deadline in milliseconds; the listener's `gracefulStopTimeout` if not given
   */
  async gracefulStop(deadline?: number): Promise<void> {
    await (await this.#started())?.gracefulStop(deadline);
  }

  /** Stops at once, whatever is in flight. */
  async immediateStop(): Promise<void> {
    await (await this.#started())?.immediateStop();
  }

  /** The port it listens on, or will. */
  getPort(): number {
    return this.#server?.port ?? this.#port;
  }

  /** The configuration, as given. */
  getConfig(): ListenerConfiguration {
    return this.#given;
  }

  /** What every service of the listener is given. */
  get #common(): MountOptions & RootMountOptions {
    const { interceptors = [], requestLimits } = this.#config;
    return {
      interceptors,
      maxEntityBodySize: requestLimits?.maxEntityBodySize,
      errors: { problemDetails: this.#config.problemDetails },
    };
  }

  /** The server, if there is or will be one; why there is none, `start` tells. */
  async #started(): Promise<RunningServer | undefined> {
    return await this.#starting?.catch(() => undefined);
  }

  #nothingAt(target: string): string {
    return this.#dispatcher.mounts.length === 0
      ? `no service has registered for listener : /${this.#server?.hostname}:${this.getPort()}`
      : `no matching service found for path: ${target}`;
  }

  async #start(): Promise<RunningServer> {
    const { reusePort = false, server: name, clock = systemClock } = this.#config;
    // What is left empty, in a file of settings say, is left out.
    const host = this.#config.host?.trim() || defaultHost;
    const { gracefulStopTimeout = 10_000 } = this.#config;
    const dispatcher = this.#dispatcher;
    const tls = this.#tls;
    const loaded = tls && await loadTls(tls, tlsErrors(tls));
    const transport = await openTransport(this.#transport, {
      hostname: host,
      port: this.#port,
      reusePort,
      tls: loaded,
      http: this.#http,
      clock,
      drained: () => this.#inFlight.drained(),
      handler: name === undefined
        ? (request, info) => dispatcher.handle(request, info)
        : async (request, info) => named(await dispatcher.handle(request, info), name),
    }).catch((cause: unknown) => {
      throw listenFailure(host, this.#port, cause);
    });
    const reload = tls && await TlsReload.start(tls, transport, clock).catch((cause: unknown) => {
      transport.abort();
      throw cause;
    });
    const server = new RunningServer(transport, {
      isSecure: tls !== undefined,
      gracefulStopTimeout,
      clock,
      stopping: this.#inFlight.stopping,
      reload,
      onStop: () => {
        reload?.stop();
        this.#inFlight.close();
      },
    });
    stopOnSignals(server, this.#signals);
    return server;
  }
}

const defaultHost = "0.0.0.0";

function named(response: Response, server: string): Response {
  return editHeaders(response, (headers) => headers.set("server", server));
}
