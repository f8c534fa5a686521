/**
 * HTTP/2 servers made with `node:http2`, whose every frame a test decides.
 *
 * @module
 */
import * as http2 from "node:http2";
import type { AddressInfo, Socket } from "node:net";

/** What a server does with a stream; the path comes with it. */
export type OnStream = (
  stream: http2.ServerHttp2Stream,
  path: string,
  headers: http2.IncomingHttpHeaders,
) => void;

/** A server that runs. */
export interface RunningHttp2Server {
  /** Its address, without a slash at its end. */
  readonly url: string;
  /** The connections there were, the first one first. */
  readonly sessions: http2.ServerHttp2Session[];
  /** Loses every connection without a word. */
  readonly drop: () => void;
}

/** Options of {@linkcode withHttp2Server}. */
export interface Http2ServerOptions {
  /** Certificate and key in PEM, for TLS. */
  readonly tls?: http2.SecureServerOptions;
  /** What it tells its clients. */
  readonly settings?: http2.Settings;
}

/** Runs `check` with a server. */
export async function withHttp2Server(
  onStream: OnStream,
  check: (server: RunningHttp2Server) => Promise<void>,
  { tls, settings = {} }: Http2ServerOptions = {},
): Promise<void> {
  const server = tls === undefined
    ? http2.createServer({ settings })
    : http2.createSecureServer({ ...tls, settings });
  const sessions: http2.ServerHttp2Session[] = [];
  const sockets = new Set<Socket>();
  server.on(tls === undefined ? "connection" : "secureConnection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("session", (session: http2.ServerHttp2Session) => {
    sessions.push(session);
    session.on("error", () => {});
  });
  server.on("sessionError", () => {});
  server.on("stream", (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => {
    stream.on("error", () => {});
    onStream(stream, String(headers[":path"]), headers);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    await check({
      url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`,
      sessions,
      drop: () => sockets.forEach((socket) => socket.destroy()),
    });
  } finally {
    for (const session of sessions) session.destroy();
    await new Promise<unknown>((resolve) => server.close(resolve));
  }
}
