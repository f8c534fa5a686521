/**
 * Asks a server in each version of HTTP.
 *
 * @module
 */
import type * as http2 from "node:http2";
import type { Answer, Ask, Asked, Exchange } from "./ask.ts";
import { H1Connection } from "./h1_connection.ts";
import { H1Exchange } from "./h1_exchange.ts";
import { H2Frames } from "./h2_frames.ts";
import { H2Exchange, openSession } from "./h2_exchange.ts";
import type { RunningColumn } from "./servers.ts";
import { isH2, type Place, type Protocol, type Target } from "./target.ts";

let asked = 0;

/** What asks a column in a protocol. */
export class Asking implements Ask {
  readonly target: Target;
  readonly place: Place;
  readonly id: string;
  readonly #column: RunningColumn;
  readonly #open = new Set<{ leave(): void } | Disposable>();
  #session: Promise<http2.ClientHttp2Session> | undefined = undefined;
  #tight: Asking | undefined = undefined;

  /** Connects to nobody yet. */
  constructor(column: RunningColumn, protocol: Protocol, name: "main" | "tight" = "main") {
    this.#column = column;
    this.target = { ...column.column, protocol };
    this.place = column.place(protocol, name);
    this.id = `id${asked++}`;
  }

  get tight(): Ask {
    return this.#tight ??= new Asking(this.#column, this.target.protocol, "tight");
  }

  request(asked: Asked | string): Promise<Answer> {
    const answer = this.#request(asked);
    // A case may fail before it comes to wait for this one.
    answer.catch(() => {});
    return answer;
  }

  async #request(asked: Asked | string): Promise<Answer> {
    const exchange = await this.open(typeof asked === "string" ? { path: asked } : asked);
    const answer = await exchange.answer();
    if (!isH2(this.target.protocol)) exchange.leave();
    return answer;
  }

  async open(asked: Asked): Promise<Exchange> {
    const exchange = isH2(this.target.protocol)
      ? new H2Exchange(await this.#connected(), asked)
      : await H1Exchange.open(this.place, asked);
    this.#open.add(exchange);
    return exchange;
  }

  /** The connection for streams; another one where it is gone. */
  async #connected(): Promise<http2.ClientHttp2Session> {
    const session = await (this.#session ??= openSession(this.place));
    if (!session.destroyed && !session.closed) return session;
    return await (this.#session = openSession(this.place));
  }

  async connect(): Promise<H1Connection> {
    const connection = await H1Connection.open(this.place);
    this.#open.add(connection);
    return connection;
  }

  async frames(): Promise<H2Frames> {
    const frames = await H2Frames.open(this.place);
    this.#open.add(frames);
    return frames;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tight?.[Symbol.asyncDispose]();
    for (const one of this.#open) {
      if ("leave" in one) one.leave();
      else one[Symbol.dispose]();
    }
    const session = await this.#session?.catch(() => undefined);
    if (session === undefined || session.destroyed) return;
    await new Promise<void>((resolve) => {
      session.once("close", () => resolve());
      session.destroy();
    });
  }
}
