import { ValidationError } from '../../kernel/errors.js';
import { allOf, anyOf, containsPattern } from '../db/conditions.js';
import { type Sql, sql } from '../db/sql.js';
import { NULL_CHARACTERS } from '../values/field-errors.js';
import { codePoints, pythonTrim } from '../values/python-text.js';

/** Code points. The request line allows more, but every term costs one scan of every field. */
export const MAX_SEARCH_LENGTH = 1024;
export const MAX_SEARCH_TERMS = 32;

/** Django's `smart_split`: runs without whitespace, in which a quoted phrase may contain whitespace. */
const BLANK = '\\p{White_Space}\\u001c-\\u001f';
const PLAIN = `[^${BLANK}'"]*`;
const PHRASE = `(?:"(?:[^"\\\\]|\\\\[^\\n])*"|'(?:[^'\\\\]|\\\\[^\\n])*')`;
const BIT = new RegExp(`${PLAIN}(?:${PHRASE}${PLAIN})+|[^${BLANK}]+`, 'gu');

/**
 * `search=` as DRF's `SearchFilter` (3.15) reads it: terms separated by whitespace and commas, quoted phrases kept
 * whole. A row has to contain every term in any of the fields, case-insensitively.
 *
 * @param fields texts of a row; each row of the list has one value per field
 * @throws ValidationError for NUL characters, and for a search beyond the limits above
 */
export function compileSearch(search: string | undefined, fields: readonly Sql[]): Sql {
  const terms = searchTerms(search ?? '');
  if (fields.length === 0) return sql`true`;
  return allOf(
    terms.map((term) => {
      const pattern = containsPattern(term);
      return anyOf(fields.map((field) => sql`upper(${field}::text) like upper(${pattern}::text)`));
    }),
  );
}

function searchTerms(search: string): readonly string[] {
  if (search.length > 2 * MAX_SEARCH_LENGTH || codePoints(search) > MAX_SEARCH_LENGTH) {
    throw new ValidationError([`search: no more than ${MAX_SEARCH_LENGTH} characters are supported`]);
  }
  if (search.includes('\0')) throw new ValidationError([NULL_CHARACTERS]);
  const terms = (search.match(BIT) ?? []).flatMap(splitBit);
  if (terms.length > MAX_SEARCH_TERMS) {
    throw new ValidationError([`search: no more than ${MAX_SEARCH_TERMS} terms are supported`]);
  }
  return terms;
}

function splitBit(bit: string): readonly string[] {
  const term = bit.replace(/^,+|(?<!,),+$/g, '');
  const quote = term.charAt(0);
  if ((quote === '"' || quote === "'") && term.endsWith(quote)) {
    return [term.slice(1, -1).replaceAll(`\\${quote}`, quote).replaceAll('\\\\', '\\')];
  }
  return term
    .split(',')
    .filter((part) => part !== '')
    .map(pythonTrim);
}
