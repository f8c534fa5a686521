/**
 * Dates of cookies, which servers write in many ways (RFC 6265bis section 5.1.1): what looks like a
 * time, a day, a month and a year is taken in any order, and all else is passed over.
 *
 * Zones are not read: every date is in UTC, as the RFC has it.
 *
 * @module
 */

const TIME = /^(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\D|$)/;
const DAY = /^(\d{1,2})(?:\D|$)/;
const YEAR = /^(\d{2,4})(?:\D|$)/;
const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");

/** What separates the parts of a date: visible ASCII that is no letter, digit or colon. */
const DELIMITERS = /[\t\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+/;

/**
 * Reads the date of an `Expires` attribute; `undefined` if there is none in it.
 *
 * A year below 70 is one of this century (`0050` is 2050), one from 70 to 99 of the last.
 *
 * @example
 * ```ts
 * import { parseCookieDate } from "@pirouette/http";
 *
 * console.log(parseCookieDate("Wed, 18-Apr-07 22:50:12 GMT")?.toISOString());
 * ```
 */
export function parseCookieDate(text: string): Date | undefined {
  let time: number[] | undefined;
  let day: number | undefined;
  let month: number | undefined;
  let year: number | undefined;
  for (const token of text.split(DELIMITERS)) {
    const clock = time === undefined ? TIME.exec(token) : null;
    if (clock !== null) {
      time = clock.slice(1).map(Number);
      continue;
    }
    const dayText = day === undefined ? DAY.exec(token)?.[1] : undefined;
    if (dayText !== undefined) {
      day = Number(dayText);
      continue;
    }
    const named = month === undefined ? MONTHS.indexOf(token.slice(0, 3).toLowerCase()) : -1;
    if (named >= 0) {
      month = named;
      continue;
    }
    const yearText = year === undefined ? YEAR.exec(token)?.[1] : undefined;
    if (yearText !== undefined) year = fullYear(Number(yearText));
  }
  if (time === undefined || day === undefined || month === undefined || year === undefined) {
    return undefined;
  }
  const [hour = 24, minute = 60, second = 60] = time;
  if (year < 1601 || day < 1 || hour > 23 || minute > 59 || second > 59) return undefined;
  const date = new Date(Date.UTC(year, month, day, hour, minute, second));
  return date.getUTCDate() === day ? date : undefined;
}

/** The date a program writes as `2030-06-26 05:46:22`, in UTC; `undefined` if it is none. */
export function parsePlainDate(text: string): Date | undefined {
  const [, day, time] = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})$/.exec(text) ?? [];
  if (day === undefined) return undefined;
  const date = new Date(`${day}T${time}Z`);
  // JavaScript takes 30 February for a day in March.
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day) ? date : undefined;
}

function fullYear(year: number): number {
  if (year > 99) return year;
  return year < 70 ? year + 2000 : year + 1900;
}
