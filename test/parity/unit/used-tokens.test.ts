import { describe, expect, test } from 'vitest';
import type { GoldenCase, Step } from '../grammar.js';
import { tokensUsedBefore } from '../used-tokens.js';

const used = (id: number) => ({ id, last_used_date: '<now>' });
const unused = (id: number) => ({ id, last_used_date: null });

function asked(path: string, body: unknown, more: Partial<Step> = {}): GoldenCase {
  const expected = { status: 200, headers: {}, body: JSON.stringify(body) };
  return { id: 'a', group: 'list', steps: [{ method: 'GET', path, expect: expected, ...more }] };
}

const TOKENS = '/api/auth/access_tokens';

describe('the tokens that were used before a case', () => {
  test('are those that CVAT shows as used', () => {
    expect(tokensUsedBefore(asked(TOKENS, { results: [used(28), unused(5)] }))).toEqual([28]);
    expect(tokensUsedBefore(asked(`${TOKENS}/28`, used(28)))).toEqual([28]);
  });

  test('are not the one that the case uses itself, however its scheme is written', () => {
    const authorization = 'Bearer PAT00028.00000000000000000000000000000028';
    const body = { results: [used(28), used(26)] };
    expect(tokensUsedBefore(asked(TOKENS, body, { authorization }))).toEqual([26]);
    expect(
      tokensUsedBefore(
        asked(TOKENS, body, { headers: [['Authorization', authorization.replace('Bearer', 'bearer')]] }),
      ),
    ).toEqual([26]);
  });

  test('are those of user1 where a filter over the last use hides them', () => {
    expect(
      tokensUsedBefore(asked(`${TOKENS}?filter=%7B"!":"last_used_date"%7D`, { results: [unused(5)] })),
    ).toEqual([26, 28]);
  });

  test('are none for other requests', () => {
    expect(tokensUsedBefore(asked('/api/users', { results: [used(28)] }))).toEqual([]);
  });
});
