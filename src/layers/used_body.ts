/**
 * Telling when the body of a response is waited for, and when it is over, without building the
 * response anew.
 *
 * A response around a stream of ours costs a call on a socket 100 µs. Here it stays the object it was,
 * and its reading methods are ours, on top of those of whatever class it has: a watch that a timeout
 * layer put on it goes on. What a clone reads is not told, and neither is what the platform reads
 * itself, as the body of a response that a handler of `Deno.serve` returns untouched.
 *
 * @module
 */
import {
  type BodyDeadline,
  bodyDeadline,
  type BodyWait,
  ONE_PIECE,
  type Timed,
} from "../message/body_pieces.ts";
import { type BodyUse, joinedUses } from "./body_use.ts";
import { Stamp } from "./stamp.ts";

export type { BodyUse } from "./body_use.ts";

/** Whether a response has no body that anybody would read. */
export function isUnread(
  { status, headers }: Response,
  input: Request | URL | string,
  init: RequestInit | undefined,
): boolean {
  if (status === 204 || status === 304 || status < 200 || status === 205) return true;
  const method = init?.method ?? (input instanceof Request ? input.method : "GET");
  if (method === "GET") return false;
  return method === "HEAD" || headers.get("content-length") === "0";
}

/** Whether a response says that its body is so short that it came with the head. */
export function isShort({ headers }: Response): boolean {
  const length = headers.get("content-length");
  return length !== null && Number(length) <= ONE_PIECE;
}

/** Tells `use` of the body of a response from now on, and gives the response. */
export function watchUse(response: Response, use: BodyUse): Response {
  if (Kept.add(response, use)) return response;
  const deadline = Object.hasOwn(response, bodyDeadline)
    ? (response as Timed<Response>)[bodyDeadline]
    : undefined;
  new Kept(response, use);
  Object.setPrototypeOf(response, usedOver(Object.getPrototypeOf(response)));
  // On top of the one that is the response's own.
  if (deadline !== undefined) keepDeadline(response, deadline);
  return response;
}

type Bytes = Uint8Array<ArrayBuffer>;
type Body = ReadableStream<Bytes>;

/** What a response keeps: private fields, see {@linkcode Stamp}. */
class Kept extends Stamp {
  #uses: BodyUse;
  #stream: Body | undefined = undefined;

  constructor(response: Response, use: BodyUse) {
    super(response);
    this.#uses = use;
  }

  static use(response: object): BodyUse | undefined {
    return #uses in response ? response.#uses : undefined;
  }

  /** Adds a use to those there are; false where there are none. */
  static add(response: object, use: BodyUse): boolean {
    if (!(#uses in response)) return false;
    response.#uses = joinedUses(response.#uses, use);
    return true;
  }

  static stream(response: object): Body | undefined {
    return #stream in response ? response.#stream : undefined;
  }

  static setStream(response: object, stream: Body): Body {
    if (#stream in response) response.#stream = stream;
    return stream;
  }
}

/** The prototypes that responses get, by the one they had. */
const prototypes = new WeakMap<object, object>();

function usedOver(prototype: object): object {
  const known = prototypes.get(prototype);
  if (known !== undefined) return known;
  const made = usedClass(prototype.constructor as typeof Response).prototype;
  prototypes.set(prototype, made);
  return made;
}

/** A class that is never constructed, for its prototype. */
function usedClass(Base: typeof Response): typeof Response {
  return class extends Base {
    override get body(): Body | null {
      const given = Kept.stream(this);
      if (given !== undefined) return given;
      const body = super.body;
      if (body === null) {
        Kept.use(this)?.end();
        return null;
      }
      return Kept.setStream(this, usedStream(this, () => super.body));
    }

    override clone(): Response {
      if (isLocked(this)) throw locked();
      return super.clone();
    }

    override arrayBuffer(): Promise<ArrayBuffer> {
      return read(this, () => super.arrayBuffer());
    }

    override blob(): Promise<Blob> {
      return read(this, () => super.blob());
    }

    override bytes(): Promise<Bytes> {
      return read(this, () => super.bytes());
    }

    override formData(): Promise<FormData> {
      return read(this, () => super.formData());
    }

    override json(): Promise<unknown> {
      return read(this, () => super.json());
    }

    override text(): Promise<string> {
      return read(this, () => super.text());
    }

    /** For readers of this library, which go round the methods above. */
    get [bodyDeadline](): BodyDeadline | undefined {
      const deadline: BodyDeadline | undefined = Reflect.get(Base.prototype, bodyDeadline, this);
      return deadline === undefined ? undefined : usedDeadline(this, deadline);
    }

    set [bodyDeadline](deadline: BodyDeadline | undefined) {
      if (deadline !== undefined) keepDeadline(this, deadline);
    }
  };
}

/** Whether somebody has the stream of ours in hand, which the platform cannot know. */
function isLocked(response: Response): boolean {
  return Kept.stream(response)?.locked === true;
}

function locked(): TypeError {
  return new TypeError("Body is locked: somebody else has its reader");
}

function read<T>(response: Response, readAll: () => Promise<T>): Promise<T> {
  if (isLocked(response)) return Promise.reject(locked());
  const use = Kept.use(response);
  // A second read fails, and must not end the first.
  if (use === undefined || response.bodyUsed) return readAll();
  use.begin();
  return readAll().then((value) => {
    use.end();
    return value;
  }, (error) => {
    use.end();
    throw error;
  });
}

function usedStream(response: Response, source: () => Body | null): Body {
  let reader: ReadableStreamDefaultReader<Bytes> | undefined;
  return new ReadableStream<Bytes>({
    pull(controller) {
      // Not before: until then the response can be read by its methods, and cloned.
      const from = reader ??= source()?.getReader();
      if (from === undefined) return controller.close();
      const use = Kept.use(response);
      use?.begin();
      return from.read().then(({ done, value }) => {
        if (done) {
          use?.end();
          controller.close();
        } else {
          use?.pause();
          controller.enqueue(value);
        }
      }, (error) => {
        use?.end();
        throw error;
      });
    },
    async cancel(reason) {
      Kept.use(response)?.end();
      await (reader ?? source())?.cancel(reason);
    },
  }, { highWaterMark: 0 });
}

function keepDeadline(response: Response, deadline: BodyDeadline): void {
  const value = usedDeadline(response, deadline);
  Object.defineProperty(response, bodyDeadline, { value, configurable: true, writable: true });
}

function usedDeadline(response: Timed<Response>, deadline: BodyDeadline): BodyDeadline {
  return {
    countsPieces: deadline.countsPieces,
    newWait(giveUp): BodyWait {
      const use = Kept.use(response);
      const wait = deadline.newWait((error) => {
        use?.end();
        giveUp(error);
      });
      return {
        begin() {
          use?.begin();
          wait.begin();
        },
        advance: () => wait.advance(),
        end() {
          wait.end();
          use?.end();
        },
      };
    },
  };
}
