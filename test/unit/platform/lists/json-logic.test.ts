import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { render, sql } from '../../../../src/platform/db/sql.js';
import { type Columns, column } from '../../../../src/platform/lists/columns.js';
import {
  compileJsonLogic,
  MAX_FILTER_DEPTH,
  MAX_FILTER_LENGTH,
} from '../../../../src/platform/lists/json-logic.js';
import { leastWorkOf } from '../../../support/work.js';

const columns: Columns = new Map([
  ['user', column.text(sql`u.username`)],
  ['role', column.choice(sql`m.role`, ['worker', 'owner'])],
  ['user_id', column.integer(sql`m.user_id`)],
  ['accepted', column.boolean(sql`m.is_active`)],
  ['created_date', column.timestamp(sql`i.created_date`)],
]);
const compile = (filter: string) => render(compileJsonLogic(filter, columns));
const compileRule = (rule: unknown) => compile(JSON.stringify(rule));
const is = (name: string, value: unknown) => ({ '==': [{ var: name }, value] });
const nested = (levels: number, leaf: unknown): unknown =>
  levels === 0 ? leaf : { '!': nested(levels - 1, leaf) };

/** The sentence of the 400 that a filter gets. */
function sentence(filter: string): unknown {
  try {
    compile(filter);
  } catch (error) {
    expect(error).toMatchObject({ status: 400, body: [expect.any(String)] });
    return error instanceof Error && 'body' in error && Array.isArray(error.body) ? error.body[0] : error;
  }
  return undefined;
}
const refusal = (rule: unknown) => sentence(JSON.stringify(rule));

describe('filter', () => {
  it.each([undefined, ''])('asks for nothing when it is %j', (filter) => {
    expect(render(compileJsonLogic(filter, columns))).toEqual({ text: 'true', values: [] });
  });

  it.each(['{}', '[]', '0', '""', 'null', 'false', ' {} '])('is not to be empty: %s', (filter) => {
    expect(sentence(filter)).toBe("filter shouldn't be empty");
  });

  it.each(['{', 'user', "{'==': 1}", '{"a":1}x', ' ', '\ufeff{"var":"user"}', '{"var":"a\0"}'])(
    'has to be JSON: %j',
    (filter) => {
      expect(sentence(filter)).toMatch(/^filter: can't parse filter expression: ./);
    },
  );

  it.each([
    [5, "'5' of type 'int'"],
    [1.5, "'1.5' of type 'float'"],
    [true, "'True' of type 'bool'"],
    ['user', "'user' of type 'str'"],
    [['user', "it's", null, false], `'['user', "it's", None, False]' of type 'list'`],
    [{ '!': {} }, "'{}' of type 'dict'"],
    [{ '!!': null }, "'None' of type 'NoneType'"],
    [{ '!': [is('user', 'ann')] }, "'[{'==': [{'var': 'user'}, 'ann']}]' of type 'list'"],
    [{ and: [is('user', 'ann'), 'é\n\\"\''] }, `'é\n\\"'' of type 'str'`],
    [['é\n\\"\'\u200b\u00a0\u{e0001}'], `'['é\\n\\\\"\\'\\u200b\\xa0\\U000e0001']' of type 'list'`],
  ])('expects a dict instead of %j', (rule, description) => {
    expect(refusal(rule)).toBe(`filter: expected a non-empty dict value, got ${description}`);
  });

  it.each([
    is('password', 'x'),
    is('user__password', 'x'),
    is('__proto__', 'x'),
    { var: 'constructor' },
    { in: [{ var: 'toString' }, []] },
    { in: ['x', { var: 'hasOwnProperty' }] },
    { '<=': [1, { var: 'u.id' }, 2] },
    { or: [is('user', 'ann'), { '!': { var: '' } }] },
  ])('knows no other names than the declared ones: %j', (rule) => {
    expect(refusal(rule)).toMatch(/^filter: term '.*' is not supported$/);
  });

  it('names the unknown term', () => {
    expect(refusal(is('password', 1))).toBe("filter: term 'password' is not supported");
  });

  it.each([
    [{ xor: [1, 'a', null] }, 'xor', "[1, 'a', None]"],
    [{ '===': [{ var: 'user' }, 'a'] }, '===', "[{'var': 'user'}, 'a']"],
    [{ constructor: 1 }, 'constructor', '1'],
    [{ var: ['user'] }, 'var', "['user']"],
    [{ var: null }, 'var', 'None'],
    [{ '==': 'user' }, '==', 'user'],
    [{ '==': [{ var: 'user' }] }, '==', "[{'var': 'user'}]"],
    [{ '==': ['ann', { var: 'user' }] }, '==', "['ann', {'var': 'user'}]"],
    [{ '==': [{ val: 'user' }, 1] }, '==', "[{'val': 'user'}, 1]"],
    [{ '==': [{ var: 5 }, 1] }, '==', "[{'var': 5}, 1]"],
    [{ '<': [1, { var: 'user_id' }, 3] }, '<', "[1, {'var': 'user_id'}, 3]"],
    [{ '<=': [null, { var: 'user_id' }, 3] }, '<=', "[None, {'var': 'user_id'}, 3]"],
    [{ '<=': [1, { var: 'user_id' }, 'x'] }, '<=', "[1, {'var': 'user_id'}, 'x']"],
    [{ '<=': [1, 2, 3] }, '<=', '[1, 2, 3]'],
    [{ '<=': [1, 2, 3, 4] }, '<=', '[1, 2, 3, 4]'],
    [{ '<=': 1 }, '<=', '1'],
    [{ '<': [{ var: 'user_id' }, null] }, '<', "[{'var': 'user_id'}, None]"],
    [is('user_id', 'abc'), '==', "[{'var': 'user_id'}, 'abc']"],
    [is('user_id', '1.5'), '==', "[{'var': 'user_id'}, '1.5']"],
    [is('user_id', ''), '==', "[{'var': 'user_id'}, '']"],
    [is('user_id', [1]), '==', "[{'var': 'user_id'}, [1]]"],
    [is('user', 'a\0b'), '==', "[{'var': 'user'}, 'a\\x00b']"],
    [is('user', 'a\ud800'), '==', "[{'var': 'user'}, 'a\\ud800']"],
    [is('accepted', 'yes'), '==', "[{'var': 'accepted'}, 'yes']"],
    [is('accepted', 2), '==', "[{'var': 'accepted'}, 2]"],
    [is('created_date', 'today'), '==', "[{'var': 'created_date'}, 'today']"],
    [is('created_date', 20240101), '==', "[{'var': 'created_date'}, 20240101]"],
    [{ in: [{ var: 'user' }, 'ann'] }, 'in', "[{'var': 'user'}, 'ann']"],
    [{ in: ['ann', 'user'] }, 'in', "['ann', 'user']"],
    [{ in: [null, { var: 'user' }] }, 'in', "[None, {'var': 'user'}]"],
    [{ in: ['a\0', { var: 'user' }] }, 'in', "['a\\x00', {'var': 'user'}]"],
    [{ in: [{}, { var: 'user' }] }, 'in', "[{}, {'var': 'user'}]"],
    [{ in: ['a'] }, 'in', "['a']"],
    [{ in: { var: 'user' } }, 'in', "{'var': 'user'}"],
  ])('does not support %j', (rule, operator, args) => {
    expect(refusal(rule)).toBe(`filter: operation '${operator}' with arguments '${args}' is not supported`);
  });

  it.each([
    [{ and: [] }, "'[]' of type 'list'"],
    [{ or: {} }, "'{}' of type 'dict'"],
    [{ or: is('user', 'a') }, "'{'==': [{'var': 'user'}, 'a']}' of type 'dict'"],
    [{ and: null }, "'None' of type 'NoneType'"],
  ])('expects a list in %j', (rule, found) => {
    expect(refusal(rule)).toBe(`filter: expected a non-empty list value, got ${found}`);
  });

  it.each([
    [[], '[]'],
    [{}, '{}'],
    [['b'], "['b']"],
    [{ var: 'user' }, "{'var': 'user'}"],
  ])('compares a text with the text of %j', (value, text) => {
    expect(compileRule(is('user', value)).values).toEqual([text]);
    expect(compileRule({ in: [{ var: 'user' }, ['a', value]] }).values).toEqual(['a', text]);
  });

  it('reads the numbers that only Python spells, but not in texts', () => {
    expect(compile('{"==":[{"var":"user"},NaN]}').values).toEqual(['nan']);
    expect(compile('{"==":[{"var":"user"},-Infinity]}').values).toEqual(['-inf']);
    expect(compile('{"==":[{"var":"user"},"\\"NaN"]}').values).toEqual(['"NaN']);
    expect(sentence('{"==":[{"var":"user_id"},NaN]}')).toMatch(/^filter: operation '==' with arguments/);
  });

  it('refuses infinity, which JSON can spell', () => {
    expect(sentence('{"==":[{"var":"user_id"},1e400]}')).toMatch(/^filter: operation '==' with arguments/);
  });

  it('looks at the first key of a rule only', () => {
    expect(compile('{"==":[{"var":"user"},"ann"],"xor":0}')).toEqual(compileRule(is('user', 'ann')));
  });

  it('takes an own key named __proto__ for a key like any other', () => {
    expect(sentence('{"__proto__":{"==":[{"var":"user"},"a"]}}')).toMatch(/^filter: operation '__proto__'/);
    expect(sentence('{"==":[{"__proto__":{"var":"user"}},"a"]}')).toMatch(/^filter: operation '=='/);
    expect(Object.hasOwn(Object.prototype, 'var')).toBe(false);
  });
});

describe('values of a filter', () => {
  it.each([
    ['user', 'ann', 'ann'],
    ['user', ' ann ', ' ann '],
    ['user', 5, '5'],
    ['user', true, 'True'],
    ['role', 'anything', 'anything'],
    ['user_id', '21', '21'],
    ['user_id', ' +21 ', '21'],
    ['user_id', 21.9, '21'],
    ['user_id', -21.9, '-21'],
    ['user_id', false, '0'],
    ['user_id', true, '1'],
    ['user_id', 1e30, '1000000000000000019884624838656'],
    ['accepted', false, false],
    ['accepted', 'False', false],
    ['accepted', 'f', false],
    ['accepted', 1, true],
    ['accepted', 't', true],
    ['created_date', '2024-2-9', '2024-02-09T00:00:00.0Z'],
    ['created_date', '2024-12-31 23:59', '2024-12-31T23:59:00.0Z'],
    ['created_date', '2024-12-31T23:59:01.1234567Z', '2024-12-31T23:59:01.123456Z'],
    ['created_date', '0001-01-01T00:00:00,5 +15', '0001-01-01T00:00:00.5+15:00'],
    ['created_date', '2000-02-29T01:02:03-0330', '2000-02-29T01:02:03.0-03:30'],
  ])('of %s: %j is read as %j', (name, value, parameter) => {
    expect(compileRule(is(name, value)).values).toEqual([parameter]);
  });

  it.each([
    '2024-13-01',
    '2024-00-01',
    '2024-04-31',
    '2023-02-29',
    '1900-02-29',
    '0000-01-01',
    '2024-01-01T24:00',
    '2024-01-01T23:60',
    '2024-01-01T23:59:60',
    '2024-01-01T00:00+16:00',
    '2024-01-01T00:00+01:60',
    '2024-01-01T',
    '20240101',
    '-2024-01-01',
  ])('has no moment %j', (text) => {
    expect(refusal(is('created_date', text))).toMatch(/^filter: operation '=='/);
  });

  it('rounds a fraction up where only that keeps the meaning', () => {
    expect(compileRule({ '<': [{ var: 'user_id' }, 1.2] }).values).toEqual(['2']);
    expect(compileRule({ '>=': [{ var: 'user_id' }, 1.2] }).values).toEqual(['2']);
    expect(compileRule({ '>': [{ var: 'user_id' }, 1.2] }).values).toEqual(['1']);
    expect(compileRule({ '<=': [{ var: 'user_id' }, 1.2] }).values).toEqual(['1']);
  });

  it('never become SQL text, and neither do names', () => {
    const value = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom("'", '--', '$1', 'x" or ""="', ');'),
    );
    fc.assert(
      fc.property(value, value, (one, other) => {
        const rules = (text: string) => ({
          or: [is('user', text), { in: [text, { var: 'role' }] }, { in: [{ var: 'user' }, [text, text]] }],
        });
        expect(compileRule(rules(one)).text).toBe(compileRule(rules(other)).text);
        if (!columns.has(one)) expect(refusal(is(one, other))).toBe(`filter: term '${one}' is not supported`);
      }),
    );
  });

  it('are read or refused with a 400, whatever JSON they are', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...columns.keys()), (value, name) => {
        const rule = is(name, value);
        const told = refusal(rule);
        if (told === undefined) expect(compileRule(rule).values).toHaveLength(value === null ? 0 : 1);
        else expect(told).toMatch(/^filter: operation '==' with arguments '/);
      }),
    );
  });
});

describe('limits of a filter', () => {
  it('accepts the documented depth and not one level more', () => {
    expect(compileRule(nested(MAX_FILTER_DEPTH - 1, { var: 'user' })).values).toEqual([]);
    expect(refusal(nested(MAX_FILTER_DEPTH, { var: 'user' }))).toBe(
      'filter: no more than 64 nested levels are supported',
    );
  });

  it('accepts the documented length and not one character more', () => {
    const filter = (length: number) =>
      JSON.stringify(is('user', '')).replace('""', `"${'a'.repeat(length)}"`);
    const room = MAX_FILTER_LENGTH - filter(0).length;
    expect(compile(filter(room)).values).toEqual(['a'.repeat(room)]);
    expect(sentence(filter(room + 1))).toBe('filter: no more than 16384 characters are supported');
  });

  it.each([
    '['.repeat(8000) + ']'.repeat(8000),
    `${'{"!":'.repeat(2300)}1${'}'.repeat(2300)}`,
    `{"==":[{"var":"user_id"},"${'9'.repeat(16_000)}"]}`,
    `{"==":[{"var":"created_date"},"2024-01-01T00:00${' '.repeat(16_000)}x"]}`,
    `{"and":[${'{},'.repeat(5000)}{}]}`,
    `{"in":[{"var":"user_id"},[${'1,'.repeat(8000)}"x"]]}`,
  ])('keep nonsense cheap: %#', async (filter) => {
    expect(filter.length).toBeLessThanOrEqual(MAX_FILTER_LENGTH);
    expect(await leastWorkOf(() => expect(sentence(filter)).toMatch(/^filter: /))).toBeLessThan(10);
  });
});
