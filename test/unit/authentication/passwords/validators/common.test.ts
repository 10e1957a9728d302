import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createCommonPasswords } from '../../../../../src/authentication/passwords/validators/common.js';

describe('the bundled lists', () => {
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

  it('have every password of Django’s, as Django compares them', async () => {
    const file = 'src/authentication/passwords/validators/django/common-passwords.txt.gz';
    const passwords = gunzipSync(readFileSync(file)).toString('utf8').trim().split('\n');
    expect(passwords).toHaveLength(20_000);
    const missing = [];
    for (const password of passwords)
      for (const typed of [password, ` ${password.toUpperCase()}\t`])
        if (typed.toLowerCase().trim() === password && !(await has(typed))) missing.push(typed);
    expect(missing).toEqual([]);
  });

  it.each(['homelesspa', 'target123', 'zag12wsx', 'babygurl1', 'startfinding'])(
    'has %s, which no strength meter lists',
    async (password) => {
      expect(await has(password)).toBe(true);
    },
  );

  it.each([
    ['blanks', '        '],
    ['tabs', '\t'.repeat(12)],
    ['blanks of other scripts', '\u3000\u2003\xa0\u1680\u2028\x85\x1f\u205f'],
    ['signs without width', '\u200b\u200d\u2060\ufeff'.repeat(2)],
    ['fillers and empty patterns', '\u3164\u115f\u2800\uffa0'.repeat(4)],
    ['controls', '\0\x07\x1b'.repeat(4)],
  ])('have a password of nothing but %s', async (_, password) => {
    expect(await has(password)).toBe(true);
  });

  it.each(['pass word', '\ufeffpassword', '\u200bpassword', '', 'Pässw0rd!', 'gribbet-quandle-41'])(
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
