/**
 * Headers with a single value that affects a decision here. The others are lists (RFC 9110, 5.3), are not read, or
 * become invalid when doubled, such as a CSRF token with a comma.
 */
const SINGLE: ReadonlySet<string> = new Set([
  'host',
  'authorization',
  'content-type',
  'origin',
  'referer',
  'x-organization',
]);

/**
 * A proxy in front may have used the second of two lines (RFC 9112, 3.2, for Host). Node keeps the first or joins
 * both, depending on its own list, without an error.
 *
 * @param rawHeaders alternating names and values
 * @returns whether a single-value header appears twice
 */
export function hasTwins(rawHeaders: readonly string[]): boolean {
  const seen = new Set<string>();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]?.toLowerCase() ?? '';
    if (!SINGLE.has(name)) continue;
    if (seen.has(name)) return true;
    seen.add(name);
  }
  return false;
}
