import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  booleanLookup,
  compileJoinedFilter,
  compilePolicyFilter,
  type FilterColumns,
  integerLookup,
} from '../../../src/authorization/list-filter.js';
import { ServiceUnavailable } from '../../../src/kernel/errors.js';
import { render, sql } from '../../../src/platform/db/sql.js';

const columns: FilterColumns = {
  user: integerLookup(sql`m.user_id`),
  is_active: booleanLookup(sql`m.is_active`),
};
const compile = (filter: unknown) => render(compilePolicyFilter(filter, columns));
const nested = (levels: number): unknown => (levels === 0 ? { user: 1 } : ['&', nested(levels - 1)]);

describe('a policy filter', () => {
  it('without restriction is every row', () => {
    expect(compile({})).toEqual({ text: 'true', values: [] });
  });

  it('passes its values as parameters, in the order of the text', () => {
    expect(compile(['|', { user: 7, is_active: true }, ['~', { user: 8 }]]).values).toEqual([7, true, 8]);
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a boolean', true],
    ['a string', 'all'],
    ['the marker of 2.63', ['&', { user: 7 }, 'org_filter_proof']],
    ['an empty array (no restriction until 2.61)', []],
    ['postfix', [{ user: 7 }, { is_active: true }, '&']],
    ['an operator alone', ['&']],
    ['a negation of two', ['~', { user: 7 }, { user: 8 }]],
    ['an unknown operator', ['^', { user: 7 }, { user: 8 }]],
    ['an operator of another type', [null, { user: 7 }]],
    ['an array of rules', [{ user: 7 }]],
    ['an unknown lookup', { owner: 7 }],
    ['an unknown lookup beside a known one', ['|', { user: 7 }, { password: 'x' }]],
    ['a lookup of the prototype', { constructor: 7 }],
    ['an own lookup named __proto__', JSON.parse('{"__proto__":7}')],
    ['an id in a string', { user: '7' }],
    ['a broken id', { user: 7.5 }],
    ['a list of ids', { user: [7] }],
    ['a flag as a number', { is_active: 1 }],
    ['a flag as a string', { is_active: 'true' }],
  ])('that is %s closes the list', (_, filter) => {
    const refused = expect.objectContaining({ status: 503, code: 'opa_bad_answer' });
    expect(() => compile(filter)).toThrowError(refused);
    const joined = { columns, key: sql`m.id`, from: sql`memberships m` };
    expect(() => compileJoinedFilter(filter, joined)).toThrowError(refused);
  });

  it('tells the log, not the client, what is wrong with it', () => {
    expect(() => compile({ secret: 1 })).toThrowError(
      expect.objectContaining({
        body: { detail: 'The policy engine gave an unusable answer.', code: 'opa_bad_answer' },
        cause: new TypeError('Malformed policy filter: an unknown lookup'),
      }),
    );
  });

  it('may be nested, within reason', () => {
    expect(compile(nested(31)).values).toEqual([1]);
    expect(() => compile(nested(32))).toThrow(ServiceUnavailable);
    expect(() => compile(nested(5000))).toThrow(ServiceUnavailable);
  });

  it('of any other JSON closes the list', () => {
    const json = fc.jsonValue().filter((value) => JSON.stringify(value) !== '{}');
    fc.assert(
      fc.property(json, (value) => {
        expect(() => compile(value)).toThrow(ServiceUnavailable);
      }),
    );
  });

  it('over joined rows refuses a negation, wherever it stands', () => {
    const joined = { columns, key: sql`o.id`, from: sql`organizations o` };
    expect(() => compileJoinedFilter(['~', { user: 7 }], joined)).toThrow(ServiceUnavailable);
    expect(() => compileJoinedFilter(['|', {}, ['~', { user: 7 }]], joined)).toThrow(ServiceUnavailable);
  });
});
