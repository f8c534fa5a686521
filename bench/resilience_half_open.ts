/**
 * A circuit's time is over and a thousand callers are there at once: how many get through?
 *
 * @module
 */
import { UpstreamServiceUnavailableError } from "../src/message/client_errors.ts";
import { stack } from "../src/message/fetch.ts";
import { circuitBreaker } from "../src/layers/circuit_breaker.ts";
import { faultFetch, VirtualClock } from "../src/testing/mod.ts";
import { type Answer, brokenOf, type Question } from "./resilience_question.ts";
import { markdownTable } from "./support/stats.ts";

const callers = 1_000;

/** The question. */
export const halfOpen: Question = {
  title: "A thousand callers at a circuit that is half open",
  about: "Ten failures open the circuit; when its time is over, 1,000 calls begin before any ends.",
  ask,
};

async function ask(): Promise<Answer> {
  const lines: string[][] = [];
  const musts: Record<string, boolean> = {};
  for (const trials of [1, 5, 50]) {
    const { sent, refused, refusal, later } = await run(trials);
    lines.push([String(trials), String(sent), String(refused), refusal.toFixed(2), String(later)]);
    musts[`${trials} of ${callers} calls get through`] = sent === trials &&
      refused === callers - trials && later === callers;
  }
  const head = ["trials", "sent", "refused", "µs a refusal", "sent of 1,000 once they succeeded"];
  return { text: markdownTable(head, lines), broken: brokenOf(musts) };
}

async function run(trialRequests: number) {
  const clock = new VirtualClock();
  const service = faultFetch(
    ({ number }) => number <= 10 ? { status: 500 } : { latency: 100 },
    { clock },
  );
  const send = stack(
    service.fetch,
    circuitBreaker({ resetTime: 5_000, trialRequests, failureThreshold: 0.5, clock }),
  );
  const call = (): Promise<Response> => send("http://albums.test/");
  for (let count = 0; count < 10; count++) await (await call()).body?.cancel();
  await clock.advance(5_000);
  const before = service.count;
  let refused = 0;
  const start = performance.now();
  const calls = Array.from(
    { length: callers },
    () =>
      call().then((response) => response.body?.cancel(), (error) => {
        if (error instanceof UpstreamServiceUnavailableError) refused++;
      }),
  );
  await Promise.resolve();
  const refusal = (performance.now() - start) * 1_000 / callers;
  await clock.advance(100);
  await Promise.all(calls);
  const sent = service.count - before;
  const more = Array.from({ length: callers }, call);
  await clock.advance(100);
  for (const response of await Promise.all(more)) await response.body?.cancel();
  return { sent, refused, refusal, later: service.count - before - sent };
}
