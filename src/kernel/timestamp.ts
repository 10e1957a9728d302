/**
 * A point in time as the API writes it and the database returns it: ISO-8601 in UTC with microseconds, which `Date`
 * would lose. `2024-07-02T01:02:03Z`, with six fractional digits unless the fraction is zero (DRF `DateTimeField`).
 */
export type Timestamp = string;

const POSTGRES_FORM = /^(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?([+-]\d\d)(:\d\d)?$/;

/**
 * @param text a `timestamptz` as PostgreSQL prints it, for example `2024-07-02 01:02:03.12+00`
 * @returns the timestamp; values such as `infinity` are returned unchanged
 */
export function timestampOf(text: string): Timestamp {
  const [matched, date, time, fraction = '', hours, minutes = ':00'] = text.match(POSTGRES_FORM) ?? [];
  if (matched === undefined) return text;
  const local = `${date}T${time}`;
  const seconds =
    hours === '+00' && minutes === ':00'
      ? local
      : new Date(`${local}${hours}${minutes}`).toISOString().slice(0, -5);
  return Number(fraction) === 0 ? `${seconds}Z` : `${seconds}.${fraction.padEnd(6, '0')}Z`;
}

/** @param milliseconds since the epoch */
export const timestampAt = (milliseconds: number): Timestamp =>
  new Date(milliseconds)
    .toISOString()
    .replace('.000Z', 'Z')
    .replace(/(\.\d{3})Z$/, '$1000Z');

/** @returns milliseconds since the epoch */
export const millisecondsOf = (timestamp: Timestamp): number => Date.parse(timestamp);
