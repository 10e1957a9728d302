import { describe, expect, it } from 'vitest';
import { median, quantile } from '../../scripts/bench-server.js';

describe('the median of the benchmark', () => {
  it.each([
    [[10, 20], 15],
    [[30, 10, 20], 20],
    [[4, 1, 3, 2], 2.5],
    [[7], 7],
    [[], 0],
  ])('of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  it('has the 99th of a hundred values near the top', () => {
    const values = Array.from({ length: 101 }, (_, index) => index);
    expect(quantile(values, 0.99)).toBe(99);
  });
});
