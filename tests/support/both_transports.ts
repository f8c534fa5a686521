/**
 * Runs a check in process, and through a real socket of each transport with the platform's own client.
 *
 * @module
 */
import { serve, type Service } from "@pirouette/http";
import { transports } from "./over_transports.ts";

/** Asks the service under test; a path, with its query. */
export type Ask = (path: string, init?: RequestInit) => Promise<Response>;

/** The ways to a service. */
export type TransportName = "in process" | "deno" | "node";

/**
 * Runs `check` over each of them, one after the other. Bodies that it leaves unread are cancelled,
 * so that one which only looks at statuses leaves nothing open.
 */
export async function onBothTransports(
  service: Service,
  check: (ask: Ask, transport: TransportName) => Promise<void>,
): Promise<void> {
  {
    await using answers = new Answers();
    const ask: Ask = (path, init) => {
      return answers.keep(service.fetch(`http://127.0.0.1${path}`, init));
    };
    await check(ask, "in process");
  }
  for (const transport of transports) {
    await using server = await serve(service, { port: 0, host: "127.0.0.1", transport });
    // Made after the server, so that it is done before: a server waits for bodies that nobody reads.
    await using answers = new Answers();
    await check((path, init) => answers.keep(fetch(server.url + path, init)), transport);
  }
}

/** The responses that a test was given. */
class Answers implements AsyncDisposable {
  readonly #given: Response[] = [];

  /** Gives `answer` on, and remembers it. */
  async keep(answer: Response | Promise<Response>): Promise<Response> {
    const response = await answer;
    this.#given.push(response);
    return response;
  }

  /** Cancels what is neither read nor being read. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const { body } of this.#given) {
      // One that failed is closed, and rejects with what it failed with.
      if (body?.locked === false) await body.cancel().catch(() => {});
    }
  }
}
