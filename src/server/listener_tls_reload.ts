/**
 * Reads the files of a listener's TLS again while it runs, when it is told to or they have changed.
 *
 * @module
 */
import type { Clock, Timer } from "../message/clock.ts";
import { GenericListenerError } from "../message/listener_errors.ts";
import type { RunningTransport } from "../runtime/transport.ts";
import { fileTags, watchFolders } from "../runtime/watch_files.ts";
import type { ListenerCertificate, ListenerSecureSocket } from "./listener_tls.ts";
import { listOf, loadTls } from "./listener_tls_settings.ts";

/** Milliseconds after a change until files are read, as they are seldom written in one piece. */
const settleTime = 100;

/** Reads TLS files again. */
export class TlsReload {
  readonly #tls: ListenerSecureSocket;
  readonly #transport: RunningTransport;
  readonly #clock: Clock;
  readonly #files: readonly (string | URL)[];
  #last: Promise<void> = Promise.resolve();
  #tags: string;
  #timer: Timer | undefined = undefined;
  #stopWatching: (() => void) | undefined = undefined;
  #isStopped = false;

  private constructor(
    tls: ListenerSecureSocket,
    transport: RunningTransport,
    clock: Clock,
    files: readonly (string | URL)[],
    tags: string,
  ) {
    this.#tls = tls;
    this.#transport = transport;
    this.#clock = clock;
    this.#files = files;
    this.#tags = tags;
  }

  /** Begins to look at the files, if the options say so. */
  static async start(
    tls: ListenerSecureSocket,
    transport: RunningTransport,
    clock: Clock,
  ): Promise<TlsReload> {
    const files = tls.reload === undefined ? [] : tlsFiles(tls);
    const reload = new TlsReload(tls, transport, clock, files, await fileTags(files));
    if (files.length === 0) return reload;
    if (tls.reload === "watch") {
      reload.#stopWatching = await watchFolders(files, () => reload.#look(settleTime), (error) => {
        tlsErrors(tls)(
          new GenericListenerError("Cannot watch TLS files any more", { cause: error }),
        );
      });
    } else {
      reload.#look(Number(tls.reload));
    }
    return reload;
  }

  /**
   * Reads everything again, for connections to come. Calls are dealt with one after the other.
   *
   * @throws {GenericListenerError} (as a rejection) when it cannot be used; what there was is kept.
   */
  reload(): Promise<void> {
    const reloaded = this.#last.then(() => this.#reload());
    this.#last = reloaded.catch(() => {});
    return reloaded;
  }

  /** Ends all looking. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.clear();
    this.#stopWatching?.();
  }

  async #reload(): Promise<void> {
    const { reloadTls } = this.#transport;
    if (reloadTls === undefined) {
      throw new GenericListenerError(
        `The transport ${this.#transport.name} cannot change certificates: use transport: "node"`,
      );
    }
    try {
      const settings = await loadTls(this.#tls, tlsErrors(this.#tls));
      if (!this.#isStopped) reloadTls(settings);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new GenericListenerError(`Cannot take other certificates: ${why}`, { cause });
    }
  }

  /** Looks at the files after a while; of several calls, the last counts. */
  #look(delay: number): void {
    if (this.#isStopped) return;
    this.#timer?.clear();
    this.#timer = this.#clock.setTimer(() => {
      this.#reloadChanged().catch(tlsErrors(this.#tls)).finally(() => {
        if (this.#tls.reload !== "watch") this.#look(delay);
      });
    }, delay);
  }

  async #reloadChanged(): Promise<void> {
    const tags = await fileTags(this.#files);
    if (tags === this.#tags || this.#isStopped) return;
    // Kept in any case, so that files that cannot be used are reported once.
    this.#tags = tags;
    await this.reload();
  }
}

/** Who is told of what goes wrong while the listener runs. */
export function tlsErrors({ onReloadError }: ListenerSecureSocket): (error: Error) => void {
  if (onReloadError === undefined) return (error) => console.error(error);
  return (error) => {
    try {
      onReloadError(error);
    } catch (thrown) {
      // There is nobody to throw it at, and the listener goes on.
      console.error(error, thrown);
    }
  };
}

/** Every file that the options name. */
function tlsFiles(tls: ListenerSecureSocket): (string | URL)[] {
  const { mutualSsl, certificates = [] } = tls;
  const found: unknown[] = [...listOf(mutualSsl?.cert), ...listOf(mutualSsl?.crl)];
  found.push(mutualSsl?.trustStore?.path);
  for (const one of [tls, ...certificates] satisfies ListenerCertificate[]) {
    found.push(one.cert, one.key, one.keyStore?.path);
    if (one.ocspStapling !== "auto") found.push(one.ocspStapling);
  }
  return found.filter((one) =>
    one instanceof URL || typeof one === "string" && !one.includes("-----BEGIN ")
  ) as (string | URL)[];
}
