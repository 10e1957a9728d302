import { pythonTrim } from './python-text.js';

/** Django's `datetime_re`, with the time optional (`DateTimeField.to_python` falls back to a date). */
const TIMESTAMP =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,6})\d{0,6})?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?)?$/;

/** PostgreSQL accepts offsets below 16 hours. */
const MAX_OFFSET_HOURS = 15;

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
const daysIn = (year: number, month: number): number =>
  month === 2 ? (isLeap(year) ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;

/**
 * A date, or a date and time, in the formats of Django's `parse_datetime`; without an offset it is UTC.
 *
 * @returns a notation that PostgreSQL always accepts, or undefined if there is no such time
 */
export function parseTimestamp(text: string): string | undefined {
  const [, ...groups] = TIMESTAMP.exec(pythonTrim(text)) ?? [];
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = groups
    .slice(0, 6)
    .map((part = '0') => Number(part));
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const offset = parseOffset(groups[7] ?? 'Z');
  if (offset === undefined) return undefined;

  const two = (part: number) => String(part).padStart(2, '0');
  const date = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
  return `${date}T${two(hour)}:${two(minute)}:${two(second)}.${groups[6] ?? '0'}${offset}`;
}

function parseOffset(text: string): string | undefined {
  if (text === 'Z') return 'Z';
  const hours = text.slice(1, 3);
  const minutes = text.slice(3).replace(':', '') || '00';
  if (Number(hours) > MAX_OFFSET_HOURS || Number(minutes) > 59) return undefined;
  return `${text.slice(0, 1)}${hours}:${minutes}`;
}
