import { distance } from 'fastest-levenshtein';
import { Settings } from './settings.js';

/** How many letters may be wrong, missing or too many in a name that is taken for one of ours. */
const TYPING_ERRORS = 2;
/** Shorter names resemble too many others. */
const SHORTEST = 6;

const NAMES = Object.keys(Settings.shape);
const KNOWN = new Set(NAMES.flatMap((name) => [name, `${name}_FILE`]));

/**
 * @param names of variables
 * @returns those that are probably meant to be a setting, with its name
 */
export function findMisspelt(
  names: readonly string[],
): readonly { readonly name: string; readonly meant: string }[] {
  return names.flatMap((name) => {
    if (KNOWN.has(name) || name.length < SHORTEST) return [];
    const near = NAMES.filter((known) => Math.abs(known.length - name.length) <= TYPING_ERRORS)
      .map((known) => ({ meant: known, errors: distance(name, known) }))
      .filter(({ meant, errors }) => errors <= TYPING_ERRORS && meant.length >= SHORTEST)
      .sort((a, b) => a.errors - b.errors)[0];
    return near === undefined ? [] : [{ name, meant: near.meant }];
  });
}
