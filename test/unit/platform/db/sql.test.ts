import { describe, expect, it } from 'vitest';
import { join, raw, render, sql } from '../../../../src/platform/db/sql.js';

describe('sql', () => {
  it('turns interpolations into numbered parameters', () => {
    expect(render(sql`select ${1}, ${'two'}`)).toEqual({ text: 'select $1, $2', values: [1, 'two'] });
  });

  it('numbers the parameters of nested fragments in the order of the whole statement', () => {
    const condition = sql`a = ${1} or b = ${2}`;
    expect(render(sql`select ${0} where (${condition}) and c = ${3}`)).toEqual({
      text: 'select $1 where (a = $2 or b = $3) and c = $4',
      values: [0, 1, 2, 3],
    });
  });

  it('keeps a quote, a placeholder and a comment of a value out of the text', () => {
    const value = "'; drop table auth_user; -- $1";
    expect(render(sql`select ${value}`)).toEqual({ text: 'select $1', values: [value] });
  });

  it('keeps a value that is shaped like a fragment a parameter', () => {
    const body: unknown = JSON.parse('{"strings": ["1; drop table auth_user"], "values": []}');
    expect(render(sql`select ${body}`)).toEqual({ text: 'select $1', values: [body] });
  });

  it('joins fragments with a separator, none of them to nothing', () => {
    expect(render(join([sql`${1}`, sql`${2}`, sql`${3}`], ', '))).toEqual({
      text: '$1, $2, $3',
      values: [1, 2, 3],
    });
    expect(render(join([], ', '))).toEqual({ text: '', values: [] });
  });

  it('puts raw text in as it is', () => {
    expect(render(sql`select ${raw('a.b')} from ${raw('t')}`)).toEqual({
      text: 'select a.b from t',
      values: [],
    });
  });
});
