/**
 * What was measured of clients, as a table.
 *
 * @module
 */
import type { Measured } from "./client_measure.ts";
import { ofetchName } from "./clients/ofetch.ts";
import { markdownTable, median, pairedRatio } from "./support/stats.ts";

const columns = [
  "calls a second",
  "µs",
  "µs beyond first",
  "at best",
  "CPU µs beyond first",
  "× ofetch",
  "budget",
];

/** The table of contenders; the first is what the others call, and is subtracted from them. */
export function tableOf(title: string, measured: readonly [Measured, ...Measured[]]): string {
  const [first] = measured;
  const least = Math.min(...first.times);
  const lines = measured.map((one) => {
    const { contender, times, cpuTime } = one;
    const usual = median(times);
    const name = [contender.name, Math.round(1e6 / usual).toLocaleString("en"), usual.toFixed(2)];
    if (one === first) return [...name, "", "", "", "", ""];
    return [
      ...name,
      median(beyond(one, first)).toFixed(2),
      (Math.min(...times) - least).toFixed(2),
      (cpuTime - first.cpuTime).toFixed(2),
      written(timesOfetch(one, measured)),
      verdict(one, measured),
    ];
  });
  return markdownTable([title, ...columns], lines);
}

/** Whether a contender takes more than it may. */
export function isOver(one: Measured, measured: readonly [Measured, ...Measured[]]): boolean {
  const { mostTime = Infinity, mostTimes = Infinity } = one.contender;
  return median(beyond(one, measured[0])) > mostTime || timesOfetch(one, measured) > mostTimes;
}

/** Nothing for a ratio that there is not. */
function written(ratio: number): string {
  return Number.isNaN(ratio) ? "" : ratio.toFixed(2);
}

function verdict(one: Measured, measured: readonly [Measured, ...Measured[]]): string {
  const { mostTime, mostTimes } = one.contender;
  const budgets = [
    ...mostTime === undefined ? [] : [`${mostTime} µs`],
    ...mostTimes === undefined ? [] : [`× ${mostTimes}`],
  ];
  return isOver(one, measured) ? `${budgets.join()}, **over**` : budgets.join();
}

/** What a contender takes beyond the first, one of each round. */
function beyond({ times }: Measured, first: Measured): number[] {
  return times.map((time, round) => time - (first.times[round] ?? NaN));
}

/** Times what ofetch takes beyond the first. */
function timesOfetch(one: Measured, measured: readonly [Measured, ...Measured[]]): number {
  const [first] = measured;
  const other = measured.find(({ contender }) => contender.name === ofetchName);
  if (other === undefined) return NaN;
  return pairedRatio(beyond(one, first), beyond(other, first));
}
