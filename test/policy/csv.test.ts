import { describe, expect, it } from 'vitest';
import { parseCsv } from './csv.js';

describe('parseCsv', () => {
  it('reads a head and rows, with commas, quotes and line ends inside quotes', () => {
    const { columns, rows } = parseCsv('a,b\n1,\n"x, ""y""","line\nend"\n');
    expect(columns).toEqual(['a', 'b']);
    expect(rows).toEqual([
      { a: '1', b: '' },
      { a: 'x, "y"', b: 'line\nend' },
    ]);
  });

  it.each(['a,b\n1\n', 'a,b\n1,2,3\n', 'a\nx"y\n', 'a\n"x\n', 'a\n"x"y\n'])(
    'refuses a malformed table: %j',
    (text) => {
      expect(() => parseCsv(text)).toThrow(/cells instead of|Malformed table/);
    },
  );
});
