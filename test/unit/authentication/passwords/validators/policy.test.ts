import { describe, expect, it } from 'vitest';
import { createPasswordPolicy } from '../../../../../src/authentication/passwords/validators/policy.js';
import { leastWorkOf } from '../../../../support/work.js';

const SHORT = 'This password is too short. It must contain at least 8 characters.';
const COMMON = 'This password is too common.';
const NUMERIC = 'This password is entirely numeric.';
const LONG = 'Password must be 256 characters or fewer.';
const BREACHED = 'This password has appeared in a data breach. Choose another one.';
const similarTo = (attribute: string) => `The password is too similar to the ${attribute}.`;

const { validate } = createPasswordPolicy();

describe('a password', () => {
  it.each([
    ['abc', [SHORT, COMMON]],
    ['123', [SHORT, COMMON, NUMERIC]],
    ['12345678', [COMMON, NUMERIC]],
    ['        ', [COMMON]],
    [' \t', [SHORT, COMMON]],
    ['12345678 ', [COMMON]],
    [' password ', [COMMON]],
    ['PASSWORD1', [COMMON]],
    ['correct horse battery staple', []],
    ['😀'.repeat(4), [SHORT]],
    ['😀'.repeat(8), []],
    ['x'.repeat(256), []],
    ['x'.repeat(257), [LONG]],
    ['😀'.repeat(256), []],
    ['😀'.repeat(257), [LONG]],
    ['7'.repeat(257), [NUMERIC, LONG]],
    ['', [SHORT]],
  ])('%j has exactly the problems Django would tell', async (password, problems) => {
    expect(await validate(password)).toEqual(problems);
  });

  it('is told all its problems, in the order of the validators', async () => {
    expect(await validate('admin123', { username: 'admin1' })).toEqual([similarTo('username'), COMMON]);
    expect(await validate('1234', { username: '1234' })).toEqual([
      similarTo('username'),
      SHORT,
      COMMON,
      NUMERIC,
    ]);
  });

  it('of ten million characters is refused in a moment, for its length alone', async () => {
    const password = '7'.repeat(10_000_000);
    const least = await leastWorkOf(async () =>
      expect(await validate(password, { username: '7' })).toEqual([LONG]),
    );
    expect(least).toBeLessThan(50);
  });

  it('of 4096 spaces around a word is judged in linear time', async () => {
    const password = `x${' '.repeat(4094)}x`;
    const least = await leastWorkOf(async () => expect(await validate(password)).toEqual([LONG]));
    expect(least).toBeLessThan(50);
  });
});

describe('similarity', () => {
  const owner = {
    username: 'jonathan.doe',
    firstName: 'Wilhelmina',
    lastName: 'Featherstone',
    email: 'jd77@example-corp.org',
  };

  it.each(['jonathan1', 'nahtanoj1', 'jonathan12345', 'jonathanabcde', 'JONATHAN.DOE'])(
    'finds the user name in %s',
    async (password) => {
      expect(await validate(password, owner)).toContain(similarTo('username'));
    },
  );

  it.each(['examplecorp', 'example1', 'jd77example'])('finds the email address in %s', async (password) => {
    expect(await validate(password, owner)).toContain(similarTo('email address'));
  });

  it.each([
    ['wilhelmina9', 'first name'],
    ['featherstones', 'last name'],
  ])('finds in %s the %s', async (password, attribute) => {
    expect(await validate(password, owner)).toEqual([similarTo(attribute)]);
  });

  it.each(['corp1234', 'jd77jd77', 'org12345678'])('lets %s pass', async (password) => {
    expect(await validate(password, owner)).toEqual([]);
  });

  it('is told once, for the first attribute', async () => {
    expect(await validate('featherstone', { ...owner, firstName: 'Featherstone' })).toEqual([
      similarTo('first name'),
    ]);
  });

  it('ignores parts much shorter than the password, and empty attributes', async () => {
    expect(await validate('-a-secret-thing-', { username: '-a-', firstName: '', email: '' })).toEqual([]);
  });

  it('holds an empty password similar to the empty part beside a separator', async () => {
    expect(await validate('', { username: '@jonathan' })).toEqual([similarTo('username'), SHORT]);
  });

  it('counts underscores, digits and all letters as parts of a word, marks as separators', async () => {
    expect(await validate('йцукен_12', { username: 'x@йцукен_12' })).toEqual([similarTo('username')]);
    // The whole of both sides differs enough; only the part behind the mark is alike.
    expect(await validate('abcdefg9', { username: 'zzzzzzzzzzzz\u0301abcdefgq' })).toEqual([
      similarTo('username'),
    ]);
  });

  it('counts code points', async () => {
    expect(await validate('😀😁😂🤣😃😄😅x', { username: '😀😁😂🤣😃😄😅y' })).toEqual([
      similarTo('username'),
    ]);
  });
});

describe('a policy', () => {
  it('has the minimum length it is given, in good grammar', async () => {
    const atLeast = (minimumLength: number) => createPasswordPolicy({ minimumLength });
    expect(await atLeast(12).validate('elevenchars')).toEqual([
      'This password is too short. It must contain at least 12 characters.',
    ]);
    expect(await atLeast(1).validate('')).toEqual([
      'This password is too short. It must contain at least 1 character.',
    ]);
  });

  it('refuses the common passwords it is given instead of its own', async () => {
    const { validate: judge } = createPasswordPolicy({ commonPasswords: new Set(['frobnicate']) });
    expect(await judge('Frobnicate')).toEqual([COMMON]);
    expect(await judge('letmein123')).toEqual([]);
    expect(await validate('letmein123')).toEqual([COMMON]);
  });

  it('asks for breaches last, with the password as typed', async () => {
    const { validate: judge } = createPasswordPolicy({
      isBreached: async (password) => password === ' 7654321 ',
    });
    expect(await judge(' 7654321 ')).toEqual([COMMON, BREACHED]);
    expect(await judge('7654321 and more')).toEqual([]);
  });
});
