import { describe, expect, it } from 'vitest';
import { allOf, anyOf, not } from '../../../../src/platform/db/conditions.js';
import { render, sql } from '../../../../src/platform/db/sql.js';

const text = (condition: Parameters<typeof not>[0]) => render(condition).text;
const loose = sql`a or b`;

describe('conditions', () => {
  it('of nothing hold always when all are asked for, and never when one is', () => {
    expect(text(allOf([]))).toBe('true');
    expect(text(anyOf([]))).toBe('false');
  });

  it('may stand beside any operator, whatever their parts are', () => {
    for (const condition of [
      allOf([loose]),
      anyOf([loose]),
      allOf([loose, loose]),
      anyOf([loose, loose]),
      not(loose),
    ]) {
      expect(isEnclosed(text(condition))).toBe(true);
      expect(text(condition)).not.toMatch(/(?<!\()a or b|a or b(?!\))/);
    }
  });
});

/** Whether the first parenthesis is closed by the last one. */
function isEnclosed(expression: string): boolean {
  let depth = 0;
  const closesEarly = [...expression.slice(0, -1)].some((char) => {
    depth += char === '(' ? 1 : char === ')' ? -1 : 0;
    return depth === 0;
  });
  return !closesEarly && expression.endsWith(')');
}
