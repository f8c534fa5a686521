/**
 * A `fetch` that answers and fails by a script, in virtual time: for tests of what a program does when
 * its remote service is slow, broken or gone.
 *
 * It has no network and no HTTP: for bytes that no server would send, open a socket.
 *
 * @module
 */
import { type Clock, systemClock } from "../message/clock.ts";
import type { Fetch } from "../message/fetch.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import { checkAnswer, type ScriptedAnswer } from "./fault.ts";
import { giveAnswer } from "./fault_answer.ts";
import { FaultCall } from "./fault_call.ts";
import type { FaultErrors } from "./fault_error.ts";

/** Answers one call; `random` is that of the options. */
export type FaultFunction = (
  call: FaultCall,
  random: () => number,
) => ScriptedAnswer | Response | Promise<ScriptedAnswer | Response>;

/**
 * What is answered: always the same, one answer a call with the last one repeated, or what a function
 * says.
 */
export type FaultScript = ScriptedAnswer | readonly ScriptedAnswer[] | FaultFunction;

/** Options of {@linkcode faultFetch}. */
export interface FaultFetchOptions {
  /**
   * Tells the time.
   *
   * @default the platform's
   */
  readonly clock?: Clock;
  /**
   * Draws numbers from 0 up to 1; give {@linkcode seededRandom} to repeat a run.
   *
   * @default Math.random
   */
  readonly random?: () => number;
  /**
   * Whose errors it fails with: `typed` are those of a `Client`, `platform` those of the global
   * `fetch`, in Deno's words.
   *
   * @default "typed"
   */
  readonly errors?: FaultErrors;
  /**
   * The most calls that are remembered, the latest.
   *
   * @default 10000
   */
  readonly remember?: number;
}

const known: Readonly<Record<keyof FaultFetchOptions, true>> = {
  clock: true,
  random: true,
  errors: true,
  remember: true,
};

/** A scripted service, and what arrived at it. */
export interface FaultFetch {
  /** Sends a call to it. It checks and uses up requests as the platform's does. */
  readonly fetch: Fetch;
  /** The calls that came, the latest `remember` of them. */
  readonly calls: readonly FaultCall[];
  /** How many calls came. */
  readonly count: number;
  /** How many calls wait for their head. */
  readonly waiting: number;
  /** How many bodies it gave that were neither read to their end nor cancelled. */
  readonly openBodies: number;
}

/**
 * Makes a `fetch` that does as the script says.
 *
 * Responses are as a network gives them: they have their `url`, and headers that cannot be changed.
 * A call that its signal aborts rejects with the signal's reason, and a body that is being read fails
 * with it. Each call rejects with the platform's `TypeError` where it would there.
 *
 * @throws {TypeError} when the script or the options have something that is not known; one of a
 * function is found when it is given, and the call rejects.
 * @throws {RangeError} when a status, a time or `remember` is out of range.
 *
 * @example
 * ```ts
 * import { stack, timeout } from "@pirouette/http/layers";
 * import { faultFetch, VirtualClock } from "@pirouette/http/testing";
 *
 * const clock = new VirtualClock();
 * const service = faultFetch([
 *   { latency: 20, status: 503, headers: { "retry-after": "1" } },
 *   { fault: "refused" },
 *   { latency: 5_000 },
 * ], { clock });
 * const send = stack(service.fetch, timeout({ attempt: 1_000, clock }));
 * const answer = send("http://albums.test/");
 * await clock.advance(20);
 * console.log((await answer).status, service.calls.length); // 503 1
 * ```
 */
export function faultFetch(script: FaultScript, options: FaultFetchOptions = {}): FaultFetch {
  checkOptions("faultFetch", options, known);
  const { clock = systemClock, random = Math.random, errors = "typed", remember = 10_000 } =
    ownOptions(options);
  if (errors !== "typed" && errors !== "platform") {
    throw new TypeError(`faultFetch needs "typed" or "platform" for errors, not "${errors}"`);
  }
  if (!(remember >= 0)) {
    throw new RangeError(`faultFetch needs a number from 0 for remember, not ${remember}`);
  }
  const answerOf = readScript(script);
  const calls: FaultCall[] = [];
  const state = { count: 0, waiting: 0, openBodies: 0 };

  const answer = async (call: FaultCall): Promise<Response> => {
    if (call.request.body !== null) call.body = await bodyOf(call);
    const scripted = await answerOf(call, random);
    if (scripted instanceof Response) return scripted;
    const { signal, method, url } = call;
    return await giveAnswer(scripted, {
      ...{ clock, random, errors, method, url, signal },
      onBody: (outcome) => {
        call.responseBody = outcome;
        state.openBodies += outcome === "open" ? 1 : -1;
      },
    });
  };

  const fetch: Fetch = async (input, init) => {
    const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined);
    // The signal stays out: a request that follows one costs more than all the rest.
    const request = new Request(input, { ...init, signal: null });
    const call = new FaultCall(++state.count, clock.now(), request, signal);
    calls.push(call);
    if (calls.length > remember) calls.shift();
    state.waiting++;
    try {
      signal?.throwIfAborted();
      const response = await answer(call);
      call.outcome = "answered";
      return response;
    } catch (error) {
      call.outcome = signal?.aborted ? "aborted" : "failed";
      throw error;
    } finally {
      state.waiting--;
    }
  };

  return {
    fetch,
    calls,
    get count() {
      return state.count;
    },
    get waiting() {
      return state.waiting;
    },
    get openBodies() {
      return state.openBodies;
    },
  };
}

/**
 * A script by chance: `bad` for a share of the calls, `good` for the others.
 *
 * @param share from 0 (never bad) to 1
 * @throws {RangeError} when `share` is not from 0 to 1.
 *
 * @example
 * ```ts
 * import { faultFetch, flaky, seededRandom } from "@pirouette/http/testing";
 *
 * const random = seededRandom(1);
 * const service = faultFetch(flaky(0.1, { fault: "reset" }, { latency: 30 }), { random });
 * console.log(service.count);
 * ```
 */
export function flaky(
  share: number,
  bad: ScriptedAnswer,
  good: ScriptedAnswer = {},
): FaultFunction {
  if (!(share >= 0 && share <= 1)) {
    throw new RangeError(`flaky needs a share from 0 to 1, not ${share}`);
  }
  checkAnswer(bad);
  checkAnswer(good);
  return (_call, random) => random() < share ? bad : good;
}

function readScript(script: FaultScript): FaultFunction {
  if (typeof script === "function") {
    return async (call, random) => {
      const answer = await script(call, random);
      if (!(answer instanceof Response)) checkAnswer(answer);
      return answer;
    };
  }
  const answers: readonly ScriptedAnswer[] = isList(script) ? [...script] : [script];
  answers.forEach(checkAnswer);
  const last = answers.at(-1);
  if (last === undefined) {
    throw new TypeError("A script needs an answer: give one, as [{ status: 503 }, {}]");
  }
  return ({ number }) => answers[number - 1] ?? last;
}

function isList(script: FaultScript): script is readonly ScriptedAnswer[] {
  return Array.isArray(script);
}

/** The body of a request that arrives, unless it is aborted before. */
async function bodyOf({ request, signal }: FaultCall): Promise<Uint8Array> {
  const arriving = request.bytes();
  if (signal === undefined) return await arriving;
  return await new Promise((resolve, reject) => {
    const give = (): void => reject(signal.reason);
    signal.addEventListener("abort", give, { once: true });
    arriving.then(resolve, reject).finally(() => signal.removeEventListener("abort", give));
  });
}
