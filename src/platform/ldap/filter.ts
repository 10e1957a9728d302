import { type Filter, FilterParser } from 'ldapts';
import { escapeDnValue, escapeFilterValue, normalizeDn, splitUnescaped } from './names.js';

/** The placeholder for the login name, as in django-auth-ldap. */
const PLACEHOLDER = '%(user)s';
/** Replaces it while a text is being parsed: no name contains this character. */
const MARK = '\u0000';

/** A search filter with a placeholder for the login name. */
export interface LoginFilter {
  /** The first attribute that is compared with the login name. */
  readonly attribute: string;
  /** @returns the filter for one name, which cannot change its structure */
  readonly forName: (name: string) => Filter;
  /** Matches every user who could sign in with any name. */
  readonly forAnybody: Filter;
}

/** @returns the filter (RFC 4515), or undefined if the text is not a filter */
export function parseFilter(text: string): Filter | undefined {
  if (!isBalanced(text)) return undefined;
  try {
    return FilterParser.parseString(decodeCharacters(text));
  } catch {
    return undefined;
  }
}

/** @returns undefined if the text is not a filter, or does not compare an attribute with the login name by `=` */
export function parseLoginFilter(text: string): LoginFilter | undefined {
  const marked = text.replaceAll(PLACEHOLDER, MARK);
  const places = [...marked.matchAll(/\(([\w-]+)=[^()=\0]*\0/g)];
  const [, attribute] = places[0] ?? [];
  const fill = (value: string): Filter | undefined => parseFilter(marked.replaceAll(MARK, () => value));
  const forAnybody = fill('*');
  if (attribute === undefined || forAnybody === undefined || places.length !== marked.split(MARK).length - 1)
    return undefined;
  const forName = (name: string): Filter => {
    const filter = fill(escapeFilterValue(name));
    if (filter === undefined) throw new TypeError('A name broke the filter it was put into.');
    return filter;
  };
  return { attribute, forName, forAnybody };
}

/** A distinguished name with a placeholder for the login name, for directories that need no search (direct bind). */
export interface LoginDn {
  readonly attribute: string;
  readonly forName: (name: string) => string;
  /** The common base of all such entries. */
  readonly base: string;
}

/** @returns undefined unless the login name is the value of the first RDN and appears nowhere else */
export function parseLoginDn(text: string): LoginDn | undefined {
  const [first = '', ...rest] = splitUnescaped(text, ',');
  const [matched, attribute = ''] = first.match(/^\s*([a-z][\w-]*)\s*=\s*%\(user\)s\s*$/i) ?? [];
  const base = rest.join(',').trim();
  if (matched === undefined || base.includes(PLACEHOLDER) || normalizeDn(base) === undefined)
    return undefined;
  return { attribute, base, forName: (name) => `${attribute}=${escapeDnValue(name)},${base}` };
}

/** The parser accepts a filter without its last parentheses. */
function isBalanced(text: string): boolean {
  let depth = 0;
  for (const character of text) {
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (depth < 0) return false;
  }
  return depth === 0 && text.startsWith('(');
}

/** The parser treats escaped bytes as separate characters; this is only right for ASCII. */
const decodeCharacters = (text: string): string =>
  text.replace(/(?:\\[89a-f][0-9a-f])+/gi, (bytes) =>
    Buffer.from(bytes.replaceAll('\\', ''), 'hex').toString('utf8'),
  );
