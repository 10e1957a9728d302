import { describe, expect, it } from 'vitest';
import { createDeadline } from '../../../../src/platform/ldap/deadline.js';

describe('a deadline', () => {
  it('is not later when the clock is set back, and neither is a part of it', () => {
    let now = 10_000_000;
    const deadline = createDeadline({ now: () => now }, 5000);
    now += 1000;
    expect(deadline.remaining()).toBe(4000);
    now -= 7_200_000;
    expect(deadline.remaining()).toBe(5000);
    expect(deadline.part(9000).remaining()).toBe(5000);
  });
});
