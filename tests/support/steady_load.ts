/**
 * Clients that ask a port for one thing after another, and count what they lose: a connection that is
 * refused, one that ends without an answer, and an answer that says that there is none.
 *
 * @module
 */

/** How a client asks. */
export interface LoadKind {
  /** `GET` of a text, `POST` of one that is sent in two parts. */
  readonly method: "GET" | "POST";
  /** Whether it keeps its connection, as long as the server does. */
  readonly keepsAlive: boolean;
}

/** What clients were given. */
export interface LoadTally {
  /** Requests that were answered. */
  answered: number;
  /** Safe requests that were sent once more, on another connection, as the first ended in silence. */
  repeated: number;
  /** What was lost, in words. */
  readonly lost: string[];
}

/** Clients at work. */
export interface SteadyLoad {
  /** What they were given so far. */
  readonly tally: LoadTally;
  /** Lets each finish what it is at. */
  end(): Promise<LoadTally>;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Starts a client of each kind. */
export function steadyLoad(port: number, kinds: readonly LoadKind[]): SteadyLoad {
  const tally: LoadTally = { answered: 0, repeated: 0, lost: [] };
  let isOver = false;
  const clients = kinds.map(async (kind, place) => {
    let isRepeated = false;
    while (!isOver) {
      const { answered, trouble } = await connection(port, kind, place, () => isOver);
      tally.answered += answered;
      const isSecond: boolean = isRepeated && answered === 0;
      isRepeated = trouble === "silence" && kind.method === "GET" && !isSecond;
      if (isRepeated) {
        tally.repeated++;
        // Not in the same moment, in which the port may not be closed yet: no client is as quick.
        await pause(20);
      } else if (trouble !== undefined) tally.lost.push(`${kind.method}: ${trouble}`);
    }
  });
  return {
    tally,
    async end() {
      isOver = true;
      await Promise.all(clients);
      return tally;
    },
  };
}

/** What came of one connection. */
interface Outcome {
  /** How many requests were answered. */
  readonly answered: number;
  /** What went wrong, if anything did. */
  readonly trouble?: string;
}

/** Asks over one connection until it ends. */
async function connection(
  port: number,
  { method, keepsAlive }: LoadKind,
  place: number,
  isOver: () => boolean,
): Promise<Outcome> {
  let answered = 0;
  let socket: Deno.TcpConn;
  try {
    socket = await Deno.connect({ hostname: "127.0.0.1", port });
  } catch (error) {
    return { answered, trouble: String(error) };
  }
  using _closed = socket;
  const [path, field] = [
    place % 2 === 0 ? "/" : "/slow",
    keepsAlive ? "" : "Connection: close\r\n",
  ];
  const get = `GET ${path} HTTP/1.1\r\nHost: x\r\n${field}\r\n`;
  const post = `POST / HTTP/1.1\r\nHost: x\r\n${field}Content-Type: text/plain\r\n` +
    "Content-Length: 8\r\n\r\nhalf";
  while (!isOver()) {
    let head: string | undefined;
    try {
      await socket.write(encoder.encode(method === "GET" ? get : post));
      if (method === "POST") {
        await pause(2);
        await socket.write(encoder.encode("half"));
      }
      head = await answer(socket);
    } catch {
      head = undefined;
    }
    if (head === undefined) return { answered, trouble: "silence" };
    if (!/^HTTP\/1.1 20[01] /.test(head)) return { answered, trouble: head.slice(0, 30) };
    answered++;
    if (!keepsAlive || /^connection: close/im.test(head)) break;
  }
  return { answered };
}

function pause(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, time));
}

/** The head of an answer, once its body is there too; `undefined` where none came. */
async function answer(socket: Deno.TcpConn): Promise<string | undefined> {
  const buffer = new Uint8Array(4_096);
  let text = "";
  for (;;) {
    const count = await socket.read(buffer);
    if (count === null) return undefined;
    text += decoder.decode(buffer.subarray(0, count));
    const end = text.indexOf("\r\n\r\n") + 4;
    const length = Number(/^content-length: (\d+)/im.exec(text)?.[1] ?? NaN);
    const isWhole = Number.isNaN(length) ? text.endsWith("0\r\n\r\n") : text.length >= end + length;
    if (end >= 4 && isWhole) return text.slice(0, end);
  }
}
