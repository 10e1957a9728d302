/** Cookies as Django reads and writes them. */

/** The cookies of a request: all values per name, in the order of the header. */
export type RequestCookies = ReadonlyMap<string, readonly string[]>;

/**
 * Django's `parse_cookie`: pairs at semicolons, trimmed, quoted values unquoted. All values of a repeated name are
 * kept, since the session must not trust a name with two values.
 *
 * @param header the Cookie header
 */
export function parseCookies(header: string | undefined): RequestCookies {
  const cookies = new Map<string, string[]>();
  for (const chunk of header?.split(';') ?? []) {
    const at = chunk.indexOf('=');
    const name = at < 0 ? '' : chunk.slice(0, at).trim();
    const value = chunk
      .slice(at + 1)
      .trim()
      .replace(/^"(.*)"$/, '$1');
    if (name === '' && value === '') continue;
    const values = cookies.get(name);
    if (values === undefined) cookies.set(name, [value]);
    else values.push(value);
  }
  return cookies;
}

/** @returns the value of a cookie; the last one if the name is repeated, as in Django */
export const cookieValue = (cookies: RequestCookies, name: string): string | undefined =>
  cookies.get(name)?.at(-1);

/** @returns the value that an answer is about to set; undefined if it sets none */
export const cookieToSet = (lines: ReadonlyMap<string, string>, name: string): string | undefined =>
  lines.get(name)?.match(/^[^=]+=([^;]*)/)?.[1];

export interface CookieAttributes {
  readonly maxAgeSeconds: number;
  readonly httpOnly: boolean;
  readonly secure: boolean;
}

/**
 * The line of a `Set-Cookie` header. Attributes are in Django's order, except that `Secure` comes before `SameSite`:
 * cvat-sdk joins the lines with commas and Python's cookie parser gives up on a line that ends in a flag.
 *
 * @param nowMs milliseconds since the epoch, for `expires`
 */
export function serializeCookie(
  name: string,
  value: string,
  attributes: CookieAttributes,
  nowMs: number,
): string {
  const expires = new Date(nowMs + attributes.maxAgeSeconds * 1000).toUTCString();
  return [
    `${name}=${value}`,
    `expires=${expires}`,
    ...(attributes.httpOnly ? ['HttpOnly'] : []),
    `Max-Age=${attributes.maxAgeSeconds}`,
    'Path=/',
    ...(attributes.secure ? ['Secure'] : []),
    'SameSite=Lax',
  ].join('; ');
}

/** The line that deletes a cookie, in Django's form (`HttpResponse.delete_cookie`). */
export const deletionCookie = (name: string): string =>
  `${name}=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax`;
