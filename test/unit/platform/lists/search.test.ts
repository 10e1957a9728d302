import { describe, expect, it } from 'vitest';
import { render, sql } from '../../../../src/platform/db/sql.js';
import { compileSearch, MAX_SEARCH_LENGTH, MAX_SEARCH_TERMS } from '../../../../src/platform/lists/search.js';
import { leastWorkOf } from '../../../support/work.js';

const fields = [sql`u.username`, sql`u.first_name`];
const compile = (search: string | undefined) => render(compileSearch(search, fields));
/** The terms, read back from the patterns of the first field. */
const terms = (search: string) =>
  compile(search)
    .values.filter((_, index) => index % fields.length === 0)
    .map((pattern) => String(pattern).slice(1, -1));

describe('search terms', () => {
  it.each([
    ['', []],
    ['   ,, ', []],
    ['ann bob', ['ann', 'bob']],
    ['ann,bob', ['ann', 'bob']],
    ['ann, ,bob,', ['ann', 'bob']],
    ['ann\u00a0bob\u3000eve\u0085x\u001cy', ['ann', 'bob', 'eve', 'x', 'y']],
    ['ann\ufeffbob', ['ann\ufeffbob']],
    ['"ann bob" eve', ['ann bob', 'eve']],
    ["'ann bob',eve", ["'ann bob'", 'eve']],
    ['"ann, bob",', ['ann, bob']],
    ['say "it\'s me"', ['say', "it's me"]],
    ['"a \\" b"', ['a " b']],
    ['""', ['']],
    ['"', ['']],
    ['"ann bob', ['"ann', 'bob']],
    ["o'neil", ["o'neil"]],
    ['a"b c"d,e', ['a"b c"d', 'e']],
  ])('of %j are %j', (search, expected) => {
    expect(terms(search)).toEqual(expected);
  });

  it('takes the wildcards of LIKE literally', () => {
    expect(terms('50%_\\')).toEqual(['50\\%\\_\\\\']);
  });
});

describe('search', () => {
  it('asks for nothing when it is absent or there is no field', () => {
    expect(compile(undefined)).toEqual({ text: 'true', values: [] });
    expect(render(compileSearch('ann', []))).toEqual({ text: 'true', values: [] });
  });

  it('refuses NUL with the sentence of the serializer field', () => {
    expect(() => compile('a\0b')).toThrowError(
      expect.objectContaining({ status: 400, body: ['Null characters are not allowed.'] }),
    );
  });

  it('limits the length, in code points', () => {
    expect(terms('\u{1f600}'.repeat(MAX_SEARCH_LENGTH))).toHaveLength(1);
    expect(() => compile('a'.repeat(MAX_SEARCH_LENGTH + 1))).toThrowError(
      expect.objectContaining({ status: 400, body: ['search: no more than 1024 characters are supported'] }),
    );
  });

  it('limits the number of terms', () => {
    expect(terms('a '.repeat(MAX_SEARCH_TERMS))).toHaveLength(MAX_SEARCH_TERMS);
    expect(() => compile('a,'.repeat(MAX_SEARCH_TERMS + 1))).toThrowError(
      expect.objectContaining({ status: 400, body: ['search: no more than 32 terms are supported'] }),
    );
  });

  it.each(['\\" ', '"', '\'"', 'a"', ',', '\\', ' ', '"\\'])(
    'is quick at repetitions of %j',
    async (piece) => {
      const search = piece.repeat(MAX_SEARCH_LENGTH / piece.length).slice(0, MAX_SEARCH_LENGTH);
      const least = await leastWorkOf(() => {
        try {
          compile(search);
        } catch (error) {
          expect(error).toMatchObject({ status: 400 });
        }
      });
      expect(least).toBeLessThan(10);
    },
  );
});
