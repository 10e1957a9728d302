import { StartError } from '../../kernel/start-error.js';
import { normalizeDn, splitUnescaped } from './names.js';

/** Parsers for the values in a directory's settings. */

/** @throws StartError for text that is not a distinguished name. @returns it unchanged */
export function requireDn(name: string, dn: string): string {
  normalizeOrThrow(name, dn);
  return dn;
}

/** @returns the name in normal form, null for none. @throws StartError */
export const readDn = (name: string, dn: string | undefined): string | null =>
  dn === undefined ? null : normalizeOrThrow(name, dn);

/**
 * @returns the names of a list in normal form; semicolons separate them, since names contain commas. @throws
 *   StartError
 */
export const readDns = (name: string, text: string | undefined): readonly string[] =>
  splitUnescaped(text ?? '', ';')
    .map((dn) => dn.trim())
    .filter((dn) => dn !== '')
    .map((dn) => normalizeOrThrow(name, dn));

function normalizeOrThrow(name: string, dn: string): string {
  const normal = normalizeDn(dn);
  if (normal !== undefined) return normal;
  const plural = name.endsWith('_GROUPS') ? ', several separated by semicolons' : '';
  throw wrongValue(
    name,
    dn,
    `it must be a distinguished name such as cn=cvat,ou=groups,dc=example,dc=org${plural}`,
  );
}

export const wrongValue = (name: string, value: string, what: string): StartError =>
  new StartError(`${name} is "${value}": ${what}.`);
