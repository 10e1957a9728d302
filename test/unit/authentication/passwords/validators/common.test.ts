import { describe, expect, it } from 'vitest';
import { createCommonPasswords } from '../../../../../src/authentication/passwords/validators/common.js';

describe('the bundled list', () => {
  const { has } = createCommonPasswords();

  it.each([
    '123456',
    'password',
    'qwerty',
    'iloveyou',
    'admin123',
    'letmein',
    'football',
    'trustno1',
    'sunshine1',
  ])('has %s', async (password) => {
    expect(await has(password)).toBe(true);
  });

  it.each(['PASSWORD1', '\t password\u3000', '\x1cpassword\x85', 'QwErTy'])(
    'has %j, case and space apart',
    async (password) => {
      expect(await has(password)).toBe(true);
    },
  );

  it.each(['pass word', '\ufeffpassword', '\u200bpassword', '', '   ', 'Pässw0rd!', 'gribbet-quandle-41'])(
    'has not %j',
    async (password) => {
      expect(await has(password)).toBe(false);
    },
  );
});

describe('mechanical passwords', () => {
  const { has } = createCommonPasswords(new Set(['dragon']));

  it.each([
    ['a run', ['abc', 'abcdefgh', '87654321', 'poiuytrewq', 'ASDFGH', '67890']],
    ['a repeated character', ['111', 'aaaaaaaa', '999999999999']],
    ['a short repetition', ['abababab', 'asdasdasd', '1q1q1q1q']],
    ['a repeated run', ['qwerqwer', '12341234', 'zxcvzxcv']],
    ['a repeated common password', ['dragondragon']],
  ])('are common when %s', async (_, passwords) => {
    for (const password of passwords) expect(await has(password)).toBe(true);
  });

  it.each([
    'jd77jd77',
    'abcdefgi',
    'corp1234',
    'aa',
    'a'.repeat(13),
    '😀'.repeat(8),
    '!!!!!!!!',
    'dragon1dragon2',
  ])('are not %s', async (password) => {
    expect(await has(password)).toBe(false);
  });
});
