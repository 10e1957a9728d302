import { describe, expect, it } from 'vitest';
import { render, sql } from '../../../../src/platform/db/sql.js';
import { column } from '../../../../src/platform/lists/columns.js';
import { defineList, planList } from '../../../../src/platform/lists/list-query.js';

const memberships = defineList({
  columns: {
    id: column.integer(sql`m.id`),
    user: column.text(sql`u.username`),
    role: column.choice(sql`m.role`, ['worker', 'owner']),
  },
  search: ['user', 'role'],
  simple: ['user', 'role'],
  filter: ['id', 'user', 'role'],
  sort: ['id', 'user', 'role'],
  defaultSort: '-id',
  unique: sql`m.id`,
});
const plan = (query: string) => planList(memberships, new URLSearchParams(query));

describe('the query of a list', () => {
  it('has its own default for each part', () => {
    expect(plan('')).toMatchObject({ page: 1, pageSize: 10 });
    expect(render(plan('').where).values).toEqual([]);
  });

  it('joins every part, the last repetition of each', () => {
    const query =
      'user=x&user=ann&search=a&search=b&filter={&filter={"<":[{"var":"id"},"9"]}&page=2&page_size=5';
    expect(plan(query)).toMatchObject({ page: 2, pageSize: 5 });
    expect(render(plan(query).where).values).toEqual(['ann', '%b%', '%b%', '9']);
  });

  it('never puts a word of the client into the SQL text', () => {
    const query = (word: string) =>
      new URLSearchParams({
        user: word,
        search: word,
        sort: word,
        page_size: word,
        [word]: word,
        filter: '',
      });
    const text = (word: string) => {
      const { where, orderBy } = planList(memberships, query(word));
      return `${render(where).text} ${render(orderBy).text}`;
    };
    for (const word of ["';drop", '1=1--', '$1', 'u.password', ')or(']) expect(text(word)).toBe(text('Zq'));
  });

  const wrong = {
    simple: 'role=x',
    search: 'search=%00',
    filter: 'filter=x',
    page: 'page=0',
  };
  it.each([
    [
      'simple filters',
      [wrong.page, wrong.filter, wrong.search, wrong.simple],
      { role: [expect.any(String)] },
    ],
    ['search', [wrong.page, wrong.filter, wrong.search], ['Null characters are not allowed.']],
    ['JSON logic', [wrong.page, wrong.filter], [expect.stringMatching(/^filter: can't parse/)]],
    ['the page', [wrong.page], { detail: 'Invalid page.' }],
  ])('reports %s before what comes later', (_, parts, body) => {
    expect(() => plan(parts.join('&'))).toThrowError(expect.objectContaining({ body }));
  });
});
