/**
 * What clients do that mean harm: each attack is how one of its connections behaves, over plain sockets.
 *
 * All of them are sparing: an offender holds a connection for as little as it can, which is what makes
 * such attacks cheap. None makes the load that any client can.
 *
 * @module
 */
import type { Socket } from "node:net";
import type { SocketLimits } from "@pirouette/http";

/** How the connections of an attack behave. */
export interface Attack {
  /** What it does, in a few words. */
  readonly name: string;
  /** Whether it is one on TLS, so that the server must speak that. */
  readonly isSecure?: boolean;
  /**
   * The limit that must end each connection; `"at once"` where none has to be waited for, and
   * `"itself"` where the offenders leave and come back.
   */
  readonly endedBy: keyof SocketLimits | "handshakeTimeout" | "at once" | "itself";
  /** What an offender does once it is connected; what it returns is done when it ends. */
  readonly offend: (socket: Socket) => void | (() => void);
  /** How many offenders there may be at most: more of them were no attack but load, on one machine. */
  readonly most?: number;
  /** The runtime whose own parser leaves nothing to be done about it. */
  readonly notOn?: "Deno";
  /** Whether what comes back is read. */
  readonly reads?: boolean;
  /** How the connection is made. */
  readonly over?: "tls";
}

/** Milliseconds between the drops of what drips: well within each limit. */
const drop = 50;

const crlf = "\r\n";
const get = `GET / HTTP/1.1${crlf}Host: x${crlf}${crlf}`;

function post(...fields: readonly string[]): string {
  return ["POST / HTTP/1.1", "Host: x", "Content-Type: text/plain", ...fields, "", ""].join(crlf);
}

function dripping(socket: Socket, begin: string, piece: string): () => void {
  socket.write(begin);
  const timer = setInterval(() => socket.write(piece), drop);
  return () => clearInterval(timer);
}

/** Writes as fast as the other end takes it. */
function flooding(socket: Socket, begin: string, piece: string): void {
  const more = (): void => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.write(begin);
  socket.on("drain", more);
  more();
}

/** The connection preface of HTTP/2. */
const preface = `PRI * HTTP/2.0${crlf}${crlf}SM${crlf}${crlf}`;

/** A record of TLS 1.0 that announces a handshake message and has little of it. */
const halfHello = new Uint8Array([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]);

/** Every attack. */
export const attacks: readonly Attack[] = [
  {
    name: "connect and say nothing",
    endedBy: "headerTimeout",
    offend() {},
  },
  {
    name: "heads that drip (Slowloris)",
    endedBy: "headerTimeout",
    offend: (socket) => dripping(socket, get.slice(0, -2), `X-a: b${crlf}`),
  },
  {
    name: "a request line that drips",
    endedBy: "headerTimeout",
    offend: (socket) => dripping(socket, "GET /", "a"),
  },
  {
    name: "empty lines that drip",
    endedBy: "headerTimeout",
    offend: (socket) => dripping(socket, crlf, crlf),
  },
  {
    name: "half the preface of HTTP/2",
    endedBy: "headerTimeout",
    offend: (socket) => void socket.write(preface.slice(0, 12)),
  },
  {
    name: "the preface of HTTP/2 and nothing more",
    endedBy: "headerTimeout",
    offend: (socket) => void socket.write(preface),
  },
  {
    name: "a body that drips (R.U.D.Y.)",
    endedBy: "requestTimeout",
    offend: (socket) => dripping(socket, post("Content-Length: 100000"), "x"),
  },
  {
    name: "a body that does not come",
    endedBy: "receiveTimeout",
    offend: (socket) => void socket.write(post("Content-Length: 100000")),
  },
  {
    name: "100-continue, and no body",
    endedBy: "receiveTimeout",
    offend: (socket) => void socket.write(post("Content-Length: 9", "Expect: 100-continue")),
    reads: true,
  },
  {
    name: "chunks of one byte that drip",
    endedBy: "requestTimeout",
    offend: (socket) => dripping(socket, post("Transfer-Encoding: chunked"), `1${crlf}x${crlf}`),
  },
  {
    name: "trailer fields that drip",
    endedBy: "requestTimeout",
    offend: (socket) =>
      dripping(socket, `${post("Transfer-Encoding: chunked")}0${crlf}`, `X-a: b${crlf}`),
  },
  {
    name: "chunk extensions without end",
    endedBy: "at once",
    // Deno's (2.9.6) parser of node:http takes any number of them: only requestTimeout ends that.
    notOn: "Deno",
    offend: (socket) =>
      flooding(socket, `${post("Transfer-Encoding: chunked")}1`, `;a=${"b".repeat(4_096)}`),
  },
  {
    name: "header fields without end",
    endedBy: "at once",
    offend: (socket) => flooding(socket, get.slice(0, -2), `X-a: b${crlf}`.repeat(500)),
  },
  {
    name: "answers that nobody reads",
    endedBy: "sendTimeout",
    most: 50,
    offend: (socket) => void socket.write(get.replace("/", "/big")),
  },
  {
    name: "an endless answer that nobody reads",
    endedBy: "sendTimeout",
    most: 50,
    offend: (socket) => void socket.write(get.replace("/", "/endless")),
  },
  {
    name: "pipelined requests whose answers nobody reads",
    endedBy: "at once",
    most: 3,
    offend: (socket) => void socket.write(get.replace("/", "/page").repeat(500)),
  },
  {
    name: "pipelined requests behind one that takes its time",
    endedBy: "at once",
    most: 3,
    offend: (socket) => void socket.write(get.replace("/", "/wait") + get.repeat(500)),
    reads: true,
  },
  {
    name: "idle after a request",
    endedBy: "keepAliveTimeout",
    offend: (socket) => void socket.write(get),
    reads: true,
  },
  {
    name: "the beginning of a head after a request",
    endedBy: "keepAliveTimeout",
    offend: (socket) => void socket.write(`${get}GET`),
    reads: true,
  },
  {
    name: "upgrades to nothing known, then idle",
    endedBy: "keepAliveTimeout",
    offend(socket) {
      const fields = ["Connection: upgrade", "Upgrade: x", "", ""].join(crlf);
      socket.write((get.slice(0, -2) + fields).repeat(20));
    },
    reads: true,
  },
  {
    name: "half-closed, and nothing said",
    endedBy: "at once",
    offend: (socket) => void socket.end(),
    reads: true,
  },
  {
    name: "half-closed in the middle of a head",
    endedBy: "at once",
    offend: (socket) => void socket.end(get.slice(0, 12)),
    reads: true,
  },
  {
    name: "half-closed in the middle of a body",
    endedBy: "at once",
    offend: (socket) => void socket.end(`${post("Content-Length: 9")}some`),
    reads: true,
  },
  {
    name: "resets after a request",
    endedBy: "itself",
    offend: (socket) => reset(socket, get),
  },
  {
    name: "resets in the middle of a head",
    endedBy: "itself",
    offend: (socket) => reset(socket, get.slice(0, 9)),
  },
  {
    name: "resets in the middle of a body",
    endedBy: "itself",
    offend: (socket) => reset(socket, `${post("Content-Length: 100000")}some`),
  },
  {
    name: "resets in the middle of an answer",
    endedBy: "itself",
    offend: (socket) => reset(socket, get.replace("/", "/endless")),
  },
  {
    name: "TLS: connect and say nothing",
    isSecure: true,
    endedBy: "handshakeTimeout",
    offend() {},
  },
  {
    name: "TLS: half a hello",
    isSecure: true,
    endedBy: "handshakeTimeout",
    offend: (socket) => void socket.write(halfHello),
  },
  {
    name: "TLS: no TLS",
    isSecure: true,
    endedBy: "at once",
    offend: (socket) => void socket.write(get),
    reads: true,
  },
  {
    name: "TLS: resets in the middle of a handshake",
    isSecure: true,
    endedBy: "itself",
    offend: (socket) => reset(socket, halfHello),
  },
  {
    name: "TLS: heads that drip",
    isSecure: true,
    over: "tls",
    endedBy: "headerTimeout",
    offend: (socket) => dripping(socket, get.slice(0, -2), `X-a: b${crlf}`),
  },
];

function reset(socket: Socket, first: string | Uint8Array): void {
  socket.write(first, () => socket.resetAndDestroy());
}
