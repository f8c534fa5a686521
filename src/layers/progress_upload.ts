/**
 * Telling how far the body of a call is sent.
 *
 * A body that is there as a whole stays one that can be sent again and whose length is known: it goes
 * on as a `Blob`, which the platforms ask for its stream each time they send it. A plain stream in its
 * place would be sent without `Content-Length`, which some servers refuse.
 *
 * @module
 */
import { callHeaders } from "../message/call_headers.ts";
import type { Fetch } from "../message/fetch.ts";
import { counted, declaredTotal, type OnProgress } from "./progress_count.ts";

/** How finely the body of a call is told: the size of what the platform reads of a file. */
const SLICE_SIZE = 65_536;

/** An init that also has what Node asks of streams; TypeScript's does not know it yet. */
type StreamInit = RequestInit & { duplex?: "half" };

/** A body that is there as a whole. */
type WholeBody = string | Blob | BufferSource | URLSearchParams;

/** A body that tells how far it was read; each reading begins anew. */
class CountedBlob extends Blob {
  readonly #tell: OnProgress;

  constructor(parts: BlobPart[], type: string, tell: OnProgress) {
    super(parts, { type });
    this.#tell = tell;
  }

  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const options = { total: this.size, tell: this.#tell, sliceSize: SLICE_SIZE };
    return counted(super.stream(), options);
  }
}

/** Sends a call and tells how far its body is; a call without one is passed on as it is. */
export async function sendCounted(
  next: Fetch,
  onUpload: OnProgress,
  input: Request | URL | string,
  init?: RequestInit,
): Promise<Response> {
  const upload = new Upload(onUpload);
  let response: Response;
  try {
    response = await upload.send(next, input, init);
  } catch (error) {
    // The platform's error only says that the body failed.
    throw upload.failure === undefined ? error : upload.failure.error;
  }
  await upload.conclude(response);
  return response;
}

/** One sending of a body. */
class Upload {
  readonly #onUpload: OnProgress;
  #isTold = false;
  /** The bytes of a body that is there as a whole. */
  #size: number | undefined = undefined;
  /** What the callback threw. */
  failure: { readonly error: unknown } | undefined = undefined;

  constructor(onUpload: OnProgress) {
    this.#onUpload = onUpload;
  }

  async send(next: Fetch, input: Request | URL | string, init?: RequestInit): Promise<Response> {
    const body = init?.body ?? null;
    if (body !== null) return next(input, await this.#counted(body, input, init ?? {}));
    if (!(input instanceof Request) || input.body === null) return next(input, init);
    const total = declaredTotal(input.headers);
    const streamed: StreamInit = {
      ...init,
      body: counted(input.body, { total, tell: this.#tell }),
      duplex: "half",
    };
    return next(new Request(input, streamed));
  }

  /** What the call gave, once nothing more is to be told. */
  async conclude(response: Response): Promise<void> {
    // A platform that never asked for the stream sent the body all the same.
    const size = this.#size;
    if (!this.#isTold && size !== undefined && this.failure === undefined) {
      await this.#tell({ loaded: size, total: size, done: true }).catch(() => {});
    }
    if (this.failure === undefined) return;
    response.body?.cancel().catch(() => {});
    throw this.failure.error;
  }

  async #counted(
    body: BodyInit,
    input: Request | URL | string,
    init: RequestInit,
  ): Promise<StreamInit> {
    if (body instanceof FormData) return await this.#countedForm(body, input, init);
    if (isWhole(body)) return { ...init, body: this.#blob(body, typeOf(body)) };
    // The platform makes a stream of anything that gives bytes.
    const stream = body instanceof ReadableStream ? body : new Response(body).body;
    if (stream === null) return init;
    const total = declaredTotal(callHeaders(input, init));
    const options = { total, tell: this.#tell, sliceSize: SLICE_SIZE };
    return { ...init, body: counted(stream, options), duplex: "half" };
  }

  /** The boundary of a form is its own, in capitals and small letters, which the type of a blob loses. */
  async #countedForm(
    form: FormData,
    input: Request | URL | string,
    init: RequestInit,
  ): Promise<StreamInit> {
    const encoded = new Response(form);
    const headers = callHeaders(input, init);
    const type = encoded.headers.get("content-type");
    if (type !== null && !headers.has("content-type")) headers.set("content-type", type);
    return { ...init, headers, body: this.#blob(await encoded.bytes(), "") };
  }

  #blob(body: WholeBody, type: string): Blob {
    const part = body instanceof URLSearchParams ? body.toString() : body;
    const blob = new CountedBlob([part as BlobPart], type, this.#tell);
    this.#size = blob.size;
    return blob;
  }

  readonly #tell = async (progress: Parameters<OnProgress>[0]): Promise<void> => {
    this.#isTold = true;
    try {
      await this.#onUpload(progress);
    } catch (error) {
      this.failure ??= { error };
      throw error;
    }
  };
}

/** The type that the platform would give to a body. */
function typeOf(body: WholeBody): string {
  if (typeof body === "string") return "text/plain;charset=UTF-8";
  if (body instanceof URLSearchParams) return "application/x-www-form-urlencoded;charset=UTF-8";
  return body instanceof Blob ? body.type : "";
}

function isWhole(body: BodyInit): body is WholeBody {
  return typeof body === "string" || body instanceof Blob || body instanceof URLSearchParams ||
    body instanceof ArrayBuffer || ArrayBuffer.isView(body);
}
