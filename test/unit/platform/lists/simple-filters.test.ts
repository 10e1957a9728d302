import { describe, expect, it } from 'vitest';
import { render, sql } from '../../../../src/platform/db/sql.js';
import { type Columns, column } from '../../../../src/platform/lists/columns.js';
import { compileSimpleFilters } from '../../../../src/platform/lists/simple-filters.js';
import { leastWorkOf } from '../../../support/work.js';

const columns: Columns = new Map([
  ['user', column.text(sql`u.username`)],
  ['user_id', column.integer(sql`m.user_id`)],
  ['accepted', column.boolean(sql`m.is_active`)],
  ['role', column.choice(sql`m.role`, ['worker', 'owner'])],
  ['created_date', column.timestamp(sql`i.created_date`)],
]);
const compile = (query: string) => render(compileSimpleFilters(new URLSearchParams(query), columns));
const refusal = (query: string): unknown => {
  try {
    compile(query);
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('simple filters', () => {
  it.each([
    ['user=ann', 'ann'],
    ['user=%20ann%20', 'ann'],
    ["user='%20or%201=1--", "' or 1=1--"],
    ['user=ann&user=bob', 'bob'],
    ['user_id=21', '21'],
    ['user_id=%20%2B21', '21'],
    ['user_id=21.9', '21'],
    ['user_id=-.5e1', '-5'],
    ['user_id=99999999999999999999', '99999999999999999999'],
    ['role=owner', 'owner'],
    ['created_date=2024-02-29', '2024-02-29T00:00:00.0Z'],
  ])('read the value of %j', (query, value) => {
    expect(compile(query).values).toEqual([value]);
  });

  it.each([
    ['true', true],
    ['True', true],
    ['2', true],
    ['false', false],
    ['False', false],
    ['3', false],
  ])('read the boolean %j', (text, value) => {
    expect(compile(`accepted=${text}`)).toMatchObject({ values: [value] });
  });

  it.each(['', 'TRUE', '1', '0', 'yes', ' true', 'null', '%00'])('ask nothing of the boolean %j', (text) => {
    expect(compile(`accepted=${text}`)).toEqual({ text: 'true', values: [] });
  });

  it.each([
    '',
    'user=&user_id=&role=&created_date=',
    'user=%20&user_id=%20',
    'password=x&user__password=x&__proto__=x&constructor=x',
  ])('ask nothing of %j', (query) => {
    expect(compile(query)).toEqual({ text: 'true', values: [] });
  });

  it.each([
    ['user_id=abc', { user_id: ['Enter a number.'] }],
    ['user_id=1e', { user_id: ['Enter a number.'] }],
    ['user_id=NaN', { user_id: ['Enter a number.'] }],
    ['user_id=1e999999', { user_id: ['Enter a number.'] }],
    ['user_id=1%00', { user_id: ['Enter a number.'] }],
    ['role=x', { role: ['Select a valid choice. x is not one of the available choices.'] }],
    ['role=%20owner', { role: ['Select a valid choice.  owner is not one of the available choices.'] }],
    ['role=toString', { role: ['Select a valid choice. toString is not one of the available choices.'] }],
    ['user=a%00b', { user: ['Null characters are not allowed.'] }],
    ['created_date=2023-02-29', { created_date: ['Enter a valid date/time.'] }],
  ])('refuse %j', (query, body) => {
    expect(refusal(query)).toMatchObject({ status: 400, body });
  });

  it('report every wrong parameter, in the order of declaration', () => {
    expect(refusal('role=x&user=ann&user_id=y')).toMatchObject({
      message:
        '400 {"user_id":["Enter a number."],"role":["Select a valid choice. x is not one of the available choices."]}',
    });
  });

  it.each(['9', '1.', 'e1', ' '])('are quick at a long run of %j', async (piece) => {
    const query = `user_id=${piece.repeat(8000)}`;
    expect(await leastWorkOf(() => refusal(query))).toBeLessThan(50);
  });
});
