import { describe, expect, it } from 'vitest';
import { parseEnvFile } from '../../../../src/platform/config/env-file.js';
import { loadConfig, misspeltSettings } from '../../../../src/platform/config/load.js';

describe('the file .env', () => {
  it.each([
    ['a # without a blank before it belongs to the value', 'A=Zebra#Quokka-71', 'Zebra#Quokka-71'],
    ['a # after a blank begins a comment', 'A=Zebra # Quokka', 'Zebra'],
    ['a value may be empty', 'A=', ''],
    ['a comment is no value', 'A= # nothing', ''],
    ['a # at the start of a value begins a comment', 'A=#x', ''],
    ['blanks around a value are not part of it', 'A = b c  ', 'b c'],
    ['export is allowed', 'export A=b', 'b'],
    ['a byte order mark is no part of the first name', '\uFEFFA=b', 'b'],
    ['lines may end as on Windows', 'A=b\r\nB=c\r\n', 'b'],
    ['single quotes keep everything', `A='a # $b \\n "'`, 'a # $b \\n "'],
    ['double quotes know escapes', String.raw`A="a # \"b\" \\ \$c\n"`, 'a # "b" \\ $c\n'],
    ['a comment may follow a quote', `A='b' # c`, 'b'],
    ['quoted values may have several lines', `A='b\nc'\nB=d`, 'b\nc'],
    ['a quote inside is a character', `A=b'c"d`, `b'c"d`],
    ['a = inside is a character', 'A=b=c', 'b=c'],
    ['a $ that names nothing is a character', 'A=5$ or $5', '5$ or $5'],
    ['comments and empty lines are skipped', '# one\n\n  # two\nA=b\n# three', 'b'],
    ['the last one counts', 'A=b\nA=c', 'c'],
  ])('%s', (_claim, text, value) => {
    expect(parseEnvFile(text)['A']).toBe(value);
  });

  it.each([
    ['A', 'Line 1 of .env is no setting: write NAME=value.'],
    ['A=b\n\n?=c', 'Line 3 of .env is no setting: write NAME=value.'],
    [`A=b\nPASSWORD='secret`, 'Line 2 of .env sets PASSWORD, and a quote is not closed.'],
    [`PASSWORD='sec'ret`, 'Line 1 of .env sets PASSWORD, and something follows the closing quote.'],
    [
      'PASSWORD=secret$word',
      'Line 1 of .env sets PASSWORD, and its value contains a $: put the value into single quotes.',
    ],
    [
      'PASSWORD="secret$word"',
      'Line 1 of .env sets PASSWORD, and its value contains a $: put the value into single quotes.',
    ],
  ])('is refused where Compose would read something else: %j', (text, sentence) => {
    expect(() => parseEnvFile(text)).toThrow(sentence);
    expect(() => parseEnvFile(text)).not.toThrow(/sec/);
  });

  it('of many comments is read in no time', () => {
    expect(parseEnvFile(`${'# comment\n\n'.repeat(20_000)}A=b`)).toEqual({ A: 'b' });
    expect(parseEnvFile(`A='${'b '.repeat(100_000)}'`)['A']).toHaveLength(200_000);
  });
});

describe('a name that is nearly the one of a setting', () => {
  it.each([
    ['ALOWED_HOSTS', 'ALLOWED_HOSTS'],
    ['EMAIL_HOST_PASWORD', 'EMAIL_HOST_PASSWORD'],
    ['DATABSE_URL', 'DATABASE_URL'],
  ])('is told, with the setting: %s', (name, meant) => {
    expect(misspeltSettings({ [name]: 'x' })).toEqual([
      `${name} is no setting and has no effect: did you mean ${meant}?`,
    ]);
  });

  it('is not told of what belongs to others, or is one', () => {
    const names = ['PATH', 'HOSTNAME', 'HOME', 'POSTGRES_PASSWORD', 'SECRET_KEY', 'SECRET_KEY_FILE', 'PORT'];
    expect(misspeltSettings(Object.fromEntries(names.map((name) => [name, 'x'])))).toEqual([]);
  });

  it('does not change what is set', () => {
    expect(loadConfig({ ALOWED_HOSTS: 'x' }).ALLOWED_HOSTS).toEqual(['localhost', '127.0.0.1']);
  });
});
