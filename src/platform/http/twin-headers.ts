/**
 * Headers that mean one thing and decide something here. The others are lists (RFC 9110, 5.3), nobody reads them, or two
 * of them are a value that is none, such as a CSRF token with a comma.
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
 * A second line may be the one that somebody before us went by (RFC 9112, 3.2, of Host). Node keeps the first or joins
 * both, by a list of its own, and says nothing.
 *
 * @param rawHeaders names and values in turn
 * @returns whether a header that means one thing is there twice
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
