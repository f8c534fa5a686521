/**
 * Dates of header fields, as `Last-Modified` and `If-Modified-Since` carry them (RFC 9110
 * section 5.6.7). They have whole seconds and are always in UTC.
 *
 * @module
 */

const DAYS: readonly string[] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: readonly string[] = (
  "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
).split(" ");

/** `Sun, 06 Nov 1994 08:49:37 GMT`, the only format that is written. */
const FIXED = /^([A-Z][a-z]{2}), (\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/;
/** `Sunday, 06-Nov-94 08:49:37 GMT`. */
const RFC_850 =
  /^([A-Z][a-z]{2})[a-z]{3,6}, (\d{2})-([A-Z][a-z]{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2}) GMT$/;
/** `Sun Nov  6 08:49:37 1994`. */
const ASCTIME = /^([A-Z][a-z]{2}) ([A-Z][a-z]{2}) ([ \d]\d) (\d{2}):(\d{2}):(\d{2}) (\d{4})$/;

const LONG_DAYS: readonly string[] = (
  "Sunday Monday Tuesday Wednesday Thursday Friday Saturday"
).split(" ");

/**
 * Reads a date in one of the three formats; `undefined` for everything else, a day that does not
 * exist, and a weekday that it was not.
 *
 * A year of two digits is the one at most 50 years ahead of `now`. A leap second counts as the first
 * of the next minute.
 *
 * @param text the field's value, `null` when there is none.
 * @param now milliseconds since 1970.
 *
 * @example
 * ```ts
 * import { parseHttpDate } from "@pirouette/http";
 *
 * const date = parseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT");
 * console.log(date?.toISOString()); // 1994-11-06T08:49:37.000Z
 * ```
 */
export function parseHttpDate(text: string | null, now: number = Date.now()): Date | undefined {
  // None is longer than the longest weekday's, and most other things are not asked further.
  if (text === null || text.length < 24 || text.length > 33) return undefined;
  const fixed = FIXED.exec(text);
  if (fixed !== null) {
    const [, weekday, day, month, year, hour, minute, second] = fixed;
    return toDate(weekday, Number(year), month, day, hour, minute, second);
  }
  const ascii = ASCTIME.exec(text);
  if (ascii !== null) {
    const [, weekday, month, day, hour, minute, second, year] = ascii;
    return toDate(weekday, Number(year), month, day, hour, minute, second);
  }
  const old = RFC_850.exec(text);
  if (old === null || !LONG_DAYS.includes(text.slice(0, text.indexOf(",")))) return undefined;
  const [, weekday, day, month, year, hour, minute, second] = old;
  const latest = new Date(now).getUTCFullYear() + 50;
  const full = latest - (latest - Number(year)) % 100;
  return toDate(weekday, full, month, day, hour, minute, second);
}

/**
 * Writes a date, as `Sun, 06 Nov 1994 08:49:37 GMT`; milliseconds are dropped.
 *
 * @throws {RangeError} when the date is invalid, or its year has not four digits.
 */
export function formatHttpDate(date: Date): string {
  const year = date.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) {
    throw new RangeError(`Cannot write the date ${date}: give it a year from 0 to 9999`);
  }
  return date.toUTCString();
}

type Text = string | undefined;

function toDate(
  weekday: Text,
  year: number,
  monthName: Text,
  dayText: Text,
  hourText: Text,
  minuteText: Text,
  secondText: Text,
): Date | undefined {
  const month = MONTHS.indexOf(monthName ?? "");
  const day = Number(dayText);
  const [hour, minute, second] = [Number(hourText), Number(minuteText), Number(secondText)];
  if (month === -1 || hour > 23 || minute > 59 || second > 60) return undefined;
  // Date.UTC takes years below 100 for those of the last century.
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  if (date.getUTCMonth() !== month || date.getUTCDate() !== day) return undefined;
  if (DAYS[date.getUTCDay()] !== weekday) return undefined;
  date.setUTCHours(hour, minute, second);
  return date;
}
