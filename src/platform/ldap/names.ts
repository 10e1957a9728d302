/** Names in directories: values in filters and in distinguished names, and when two names are equal. */

const hexEscape = (character: string): string => `\\${character.charCodeAt(0).toString(16).padStart(2, '0')}`;

/** @returns the value for use in a filter: it only matches itself (RFC 4515, 3) */
export const escapeFilterValue = (value: string): string => value.replace(/[\\*()\0]/g, hexEscape);

/** @returns the value for use in a distinguished name: it stays one value (RFC 4514, 2.4) */
export const escapeDnValue = (value: string): string =>
  value.replace(/[\\"+,;<=>\0]/g, hexEscape).replace(/^[ #]|(?<=.) $/gs, hexEscape);

/** @returns the parts between unescaped separators */
export function splitUnescaped(text: string, separator: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === separator) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...parts, text.slice(start)];
}

/** Attribute type or dotted OID, then a value with all special characters escaped. */
const ASSERTION =
  /^\s*([a-z][\w-]*|\d+(?:\.\d+)+)\s*=\s*((?:\\[0-9a-f]{2}|\\[ "#+,;<=>\\]|[^\\"+,;<>\0])*)$/i;

/**
 * Normalizes a distinguished name, so that two spellings of a name become the same text: types and values in lower
 * case, meaningless spaces and escapes removed, parts of a multi-valued RDN sorted. Values are compared with
 * `caseIgnoreMatch`, the matching rule of naming attributes.
 *
 * @returns undefined for text that is not a distinguished name (RFC 4514), and for the empty one
 */
export function normalizeDn(dn: string): string | undefined {
  const rdns = splitUnescaped(dn, ',').map(normalizeRdn);
  return rdns.includes(undefined) ? undefined : rdns.join(',');
}

function normalizeRdn(rdn: string): string | undefined {
  const parts = splitUnescaped(rdn, '+').map((part) => {
    const [matched, type = '', value = ''] = part.match(ASSERTION) ?? [];
    return matched === undefined ? undefined : `${type.toLowerCase()}=${normalizeValue(value)}`;
  });
  return parts.includes(undefined) ? undefined : parts.sort().join('+');
}

/** `#` starts the hexadecimal form of values without a string form: only its letter case varies. */
const normalizeValue = (value: string): string =>
  value.startsWith('#') ? value.trim().toLowerCase() : escapeDnValue(foldName(unescapeValue(value)));

const unescapeValue = (value: string): string =>
  value
    .replace(/(?:\\[0-9a-f]{2})+/gi, (bytes) =>
      Buffer.from(bytes.replaceAll('\\', ''), 'hex').toString('utf8'),
    )
    .replace(/\\(.)/gs, '$1');

/**
 * @returns the text in the form in which directories compare it: without differences in compatibility forms, letter
 *   case and runs of spaces
 */
export const foldName = (text: string): string =>
  text.normalize('NFKC').toLowerCase().trim().replace(/\s+/g, ' ');

/**
 * @returns one text for all spellings that some directory treats as the same name: Active Directory ignores accents,
 *   and RFC 4518 folds `ß` to `ss`. Two people may share it: use it for counting, not for identification.
 */
export const broadName = (text: string): string =>
  foldName(text.normalize('NFKD').replace(/\p{M}/gu, '').toUpperCase());

/** Characters that a directory removes before comparing (RFC 4518, 2.2), or that do not occur in names. */
const INVISIBLE = /[\p{C}\p{Default_Ignorable_Code_Point}\u1806\ufffc]/u;
const MAXIMUM_LOGIN = 256;

/**
 * @returns whether the name can be sent to a directory unchanged. Names that the directory would have to clean first
 *   are refused: otherwise one person would have any number of spellings, each with its own failure count.
 */
export const isPlainLogin = (name: string): boolean =>
  name !== '' &&
  name.length <= MAXIMUM_LOGIN &&
  !INVISIBLE.test(name) &&
  name === name.normalize('NFKC').trim().replace(/\s+/g, ' ');
