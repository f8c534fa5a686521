/**
 * The default transport: `Deno.serve`, the fastest this runtime has.
 *
 * Its own graceful shutdown does two things that ours must not (Deno 2.9.6): it breaks off request
 * bodies that are still being read, and afterwards nothing can be closed by force any more. So
 * requests in flight are waited for first, and it is called when there are none. Nothing else closes
 * the port, so that requests come until then: they are refused, but answered where others listen on
 * the same port, as the system goes on to hand connections to each of them.
 *
 * @module
 */
import type { Timer } from "../../message/clock.ts";
import type { Connection } from "../../message/connection.ts";
import type { ServerHttpSettings } from "../server_http.ts";
import type { ServerTlsSettings } from "../server_tls.ts";
import {
  refuseServerOption,
  type RunningTransport,
  SENDING_AWAY,
  type TransportOptions,
} from "../transport.ts";

/**
 * Listens with `Deno.serve`.
 *
 * @throws {TypeError} when a setting is one that it cannot honour.
 */
export function denoServe(options: TransportOptions): RunningTransport {
  const { hostname, port, reusePort, drained, handler } = options;
  refuseHttp(options.http);
  if (reusePort && typeof Deno.listenDatagram !== "function") {
    // Asked for it all the same, Deno ends the process there and then.
    refuseServerOption(
      "reusePort",
      "deno_serve",
      'run with --unstable-net, or set transport: "node"',
    );
  }
  const controller = new AbortController();
  const givenUp = Promise.withResolvers<void>();
  const late = new LateRequests(options);
  let state: "serving" | "draining" | "closing" = "serving";
  const server = Deno.serve({
    hostname,
    port,
    reusePort,
    signal: controller.signal,
    onListen: () => {},
    ...options.tls && identityOf(options.tls),
  }, (request, info) => {
    if (state === "serving") return handler(request, info);
    return reusePort ? late.answer(request, info) : refusal();
  });
  return {
    name: "deno_serve",
    hostname: server.addr.hostname,
    port: server.addr.port,
    finished: Promise.race([server.finished, givenUp.promise]).finally(() => {
      state = "closing";
    }),
    async shutdown() {
      if (state === "serving") state = "draining";
      await drained();
      if (reusePort) await late.sentAway();
      if (state !== "draining") return;
      state = "closing";
      await server.shutdown();
    },
    abort() {
      late.close();
      // Aborting twice, or after a shutdown, throws where nobody can catch it. What is left then is
      // a client that does not read the end of an answer, or never sent the end of a request.
      if (state === "closing") {
        server.unref();
        givenUp.resolve();
      } else controller.abort();
      state = "closing";
    },
  };
}

/** What is answered on connections that are open or made while requests in flight are waited for. */
function refusal(): Response {
  return new Response(null, { status: 503, headers: { connection: "close" } });
}

/** Answers what still comes while those in flight before are waited for. */
class LateRequests {
  readonly #options: TransportOptions;
  /** Those with a body, which the end of the port would break off. */
  #uploads = 0;
  readonly #received = Promise.withResolvers<void>();
  #timer: Timer | undefined = undefined;
  #isTime = false;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  /** Answers, and asks the client to come back on another connection. */
  async answer(request: Request, connection: Connection): Promise<Response> {
    const isUpload = request.body !== null;
    if (isUpload) this.#uploads++;
    try {
      return leaving(await this.#options.handler(request, connection));
    } finally {
      if (isUpload) this.#uploads--;
      this.#settle();
    }
  }

  /** Settles once connections in use had their time to go, and no request with a body is there. */
  sentAway(): Promise<void> {
    this.#timer ??= this.#options.clock.setTimer(() => {
      this.#isTime = true;
      this.#settle();
    }, SENDING_AWAY);
    return this.#received.promise;
  }

  /** Waits for them no longer. */
  close(): void {
    this.#timer?.clear();
    this.#received.resolve();
  }

  #settle(): void {
    if (this.#isTime && this.#uploads === 0) this.#received.resolve();
  }
}

function leaving(response: Response): Response {
  // What leaves HTTP has a field of that name of its own.
  if (response.headers.has("upgrade")) return response;
  try {
    response.headers.set("connection", "close");
    return response;
  } catch {
    // It is one of the platform's, whose fields cannot be changed.
    const headers = new Headers(response.headers);
    headers.set("connection", "close");
    const { status, statusText } = response;
    return new Response(response.body, { status, statusText, headers });
  }
}

/** The limits on a request's head are kept above, where every transport is behind them. */
const keptAbove: readonly (keyof ServerHttpSettings)[] = ["maxHeaderSize", "maxUriLength"];

function refuseHttp(http: ServerHttpSettings): void {
  if (http.httpVersion !== "auto") refuse("httpVersion");
  for (const name of Object.keys(http) as (keyof ServerHttpSettings)[]) {
    if (name === "httpVersion" || keptAbove.includes(name) || http[name] === undefined) continue;
    refuse(name);
  }
}

/** The certificate and key, where that is all there is to TLS. */
function identityOf(tls: ServerTlsSettings): { readonly cert: string; readonly key: string } {
  const [identity] = tls.identities;
  const asked: Readonly<Record<string, boolean>> = {
    "more than one certificate": identity === undefined || tls.identities.length > 1,
    "OCSP responses": tls.identities.some(({ ocspResponse }) => ocspResponse !== undefined),
    "client certificates": tls.clients !== undefined,
    "versions of TLS": tls.versions !== undefined,
    ciphers: tls.ciphers !== undefined,
    "shareSession: false": !tls.shareSession,
    sessionTimeout: tls.sessionTimeout !== undefined,
    handshakeTimeout: tls.handshakeTimeout !== undefined,
  };
  for (const [what, isAsked] of Object.entries(asked)) if (isAsked) refuse(`tls: ${what}`);
  const { cert = "", key = "" } = identity ?? {};
  return { cert, key };
}

function refuse(what: string): never {
  refuseServerOption(what, "deno_serve", 'leave it out, or set transport: "node"');
}
