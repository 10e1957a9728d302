import { readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { describeImport } from '../../../src/features/cvat-import/index.js';
import { useTestApp } from '../../support/app.js';
import { HASHES, PASSWORD } from '../../support/cvat.js';
import {
  accessToken,
  email,
  group,
  invitation,
  membership,
  organization,
  profile,
  token,
  user,
  writeDump,
} from '../../support/fixture.js';
import { importFile, importObjects, reasonsOf } from '../../support/imports.js';
import { passwordsOf } from '../../support/rows.js';

const app = useTestApp();

const login = (username: string, password = PASSWORD) =>
  app.send('/api/auth/login', { method: 'POST', body: { username, password } });

const HOSTILE = [
  'pbkdf2_sha256$1000000000$seasalt$1lrLeLHwkMOFuvnXObdONj80ptGz6VPLosb4ZHvPjxQ=',
  'argon2$argon2id$v=19$m=2147483648,t=2,p=8$c29tZXNhbHRzb21lc2FsdHNvbWVzYQ$S4wgi2/39fMAJlfhqz1lpg',
  'scrypt$1073741824$seasalt2$8$1$23/j2uOOv3iPgZqB6B3LBOhabrpiSJf5gJHAXijkLJj3ECgIBBWDdcu53Lyml4MYgZpP0BM0EPsWndgfFegrVg==',
  'bcrypt_sha256$$2b$31$rClkqtK30lRGaVHtw5rsy.Dsi07NjrJ7zJ4idL2miMlokTuipg5.i',
  'pbkdf2_sha256$600000$$QSWlbv3mZNyAEGsx8OrKxMc+70kV/u+aeEG0EhvCW0Y=',
  'whirlpool$seasalt$00',
  `pbkdf2_sha256$600000$${'s'.repeat(500)}$QSWlbv3mZNyAEGsx8OrKxMc+70kV/u+aeEG0EhvCW0Y=`,
];

describe('a dump with things in it that cannot be right', () => {
  it('gives no password to an account whose hash is hostile or damaged, and says so', async () => {
    const report = await importObjects(
      app,
      HOSTILE.map((password, index) => user(100 + index, `h${index}`, { password })),
    );
    expect(report.counts.user).toMatchObject({ imported: HOSTILE.length, skipped: 0 });
    const reason =
      'it has no password until it is reset: the hash is damaged, of an unknown format, or too costly';
    expect(reasonsOf(report)).toEqual(HOSTILE.map((_, index) => `changed user h${index}: ${reason}`));
    const stored = await passwordsOf(app.db, 'h_');
    expect(stored).toHaveLength(HOSTILE.length);
    for (const password of stored) expect(password).toMatch(/^![a-zA-Z0-9]{40}$/);
    expect((await login('h0')).status).toBe(400);
  });

  it('refuses personal access tokens whose hash is hostile', async () => {
    const key = (index: number) => `hostile${index}.0123456789abcdefghijABCDEFGHIJkl`;
    const tokens = HOSTILE.filter((hash) => hash.length <= 150).map((hashed_key, index) =>
      accessToken(100 + index, key(index), ['patty'], { hashed_key }),
    );
    const report = await importObjects(app, [user(120, 'patty'), ...tokens]);
    expect(report.counts.access_token).toMatchObject({ imported: 0, skipped: tokens.length });
    expect(new Set(report.findings.map(({ reason }) => reason))).toEqual(
      new Set(['its hash is of no format that can be checked']),
    );
  });

  it('keeps hashes of formats that a setting enables, and names the setting', async () => {
    const sha1 = 'sha1$seasalt$f1f44578b3fba45da8060bf5980e543e260d3a94';
    const report = await importObjects(app, [
      user(130, 'olda', { password: HASHES.md5 }),
      user(131, 'oldb', { password: HASHES.md5 }),
      user(132, 'oldc', { password: sha1 }),
    ]);
    expect(report.passwordFormats).toEqual({ md5: 2, sha1: 1 });
    expect(describeImport(report)).toContain(
      '2 of the new accounts can sign in only with PASSWORD_HASHERS_EXTRA=md5, or after a reset.',
    );
    expect(await passwordsOf(app.db, 'oldc')).toEqual([sha1]);
  });

  it('leaves out what cannot be read, and imports the rest', async () => {
    const bad = (fields: object) => user(140, 'bad', fields);
    const report = await importObjects(app, [
      bad({ username: 'x'.repeat(151) }),
      bad({ username: 'nul\0' }),
      bad({ username: '\ud800' }),
      bad({ username: '' }),
      bad({ date_joined: '2024-02-30T00:00:00Z' }),
      bad({ is_active: 'yes' }),
      { ...bad({}), pk: 2 ** 31 },
      organization(140, 'no slug', null),
      organization(141, 'deep', null, { contact: JSON.parse(`${'['.repeat(200)}${']'.repeat(200)}`) }),
      organization(142, 'nul', null, { contact: { 'a\0': 1 } }),
      membership(140, ['good'], 1, 'king'),
      token('has blanks', ['good']),
      user(150, 'good', { date_joined: '2024-02-29 00:00:00.123456+02:00' }),
    ]);
    expect(report.findings).toHaveLength(12);
    expect(reasonsOf(report).slice(0, 5)).toEqual([
      'skipped user object 1 of the file: username: is longer than 150 characters',
      'skipped user object 2 of the file: username: holds a character that PostgreSQL cannot store',
      'skipped user object 3 of the file: username: holds a character that PostgreSQL cannot store',
      'skipped user object 4 of the file: username: is empty',
      'skipped user object 5 of the file: date_joined: is not a date and time',
    ]);
    expect(report.counts.user).toMatchObject({ read: 8, imported: 1, skipped: 7 });
    expect((await login('good')).status).toBe(200);
  });

  it('takes the first of rows that exclude each other, and says what it left out', async () => {
    const key = 'doublekk.0123456789abcdefghijABCDEFGHIJkl';
    const report = await importObjects(app, [
      user(200, 'first'),
      user(200, 'sameid'),
      user(201, 'first', { email: 'x@example.org' }),
      user(202, 'second', { groups: [12] }),
      email(200, ['first'], 'shared@example.org'),
      email(201, ['second'], 'shared@example.org'),
      email(202, ['second'], 'shared@example.org', false),
      email(203, ['second'], 'shared@example.org', false),
      token('d'.repeat(40), ['first']),
      token('d'.repeat(40), ['second']),
      token('e'.repeat(40), ['first']),
      accessToken(200, key, ['first']),
      accessToken(201, key, ['second']),
      organization(200, 'same', ['first']),
      organization(201, 'same', ['second']),
      membership(200, ['first'], 200, 'owner'),
      membership(201, ['first'], 200, 'worker'),
      membership(202, ['second'], 999, 'worker'),
      profile(200, ['first']),
      profile(201, ['first']),
      profile(202, ['nobody']),
    ]);
    expect(reasonsOf(report).sort()).toEqual(
      [
        'skipped user sameid: the source has another account with this id',
        'skipped user first: the source has another account with this name',
        'skipped user second in #12: the source does not name this group',
        'skipped email shared@example.org of second: another account has confirmed this address',
        'skipped email shared@example.org of second: the account has this address twice',
        'skipped email shared@example.org of second: the account has this address twice',
        'skipped token of second: another account has the same token',
        'skipped token of first: the account has another token',
        'skipped access_token "automation" of second: another token has the same prefix',
        'skipped organization same: the source has another organization with this slug',
        'skipped membership first in same: the account is a member already',
        'skipped membership second in #999: its organization is not in the source, or is not imported',
        'skipped profile of first: the account has another profile',
        'skipped profile of nobody: its account is not in the source, or is not imported',
      ].sort(),
    );
  });

  it('makes members of the former group business users, and one member of several the owner', async () => {
    const report = await importObjects(app, [
      group(1, 'business'),
      group(2, 'nurses'),
      user(300, 'merchant', { groups: [1] }),
      user(301, 'usurper', { groups: [1, 2] }),
      organization(300, 'court', 300),
      membership(300, 301, 300, 'owner'),
      membership(301, 300, 300, 'owner'),
    ]);
    expect(reasonsOf(report)).toEqual([
      'skipped group business: CVAT 2.22 and later have no such group: its members become members of the group user',
      'changed membership usurper in court: the role is worker: only one member can be owner, and CVAT gives no rights of an owner to the others',
    ]);
    const { key } = (await login('usurper')).json() as { key: string };
    const headers = { Authorization: `Token ${key}` };
    expect((await app.send('/api/users/self', { headers })).json()).toMatchObject({
      groups: ['user', 'nurses'],
    });
    const found = await app.send('/api/memberships?org=court&sort=id', { headers });
    expect(found.json()).toMatchObject({
      results: [
        { id: 300, role: 'worker', user: { username: 'usurper' } },
        { id: 301, role: 'owner', user: { username: 'merchant' } },
      ],
    });
  });

  it('keeps no unconfirmed address of a placeholder, so that the invited person can register', async () => {
    const guest = 'guest@example.org';
    const report = await importObjects(app, [
      user(400, guest, { email: guest, password: HASHES.unusable }),
      email(400, [guest], guest, false),
      // Nobody invited this one, so the address is all that keeps strangers out.
      user(401, 'other@example.org', { email: 'other@example.org', password: HASHES.unusable }),
      email(401, 401, 'other@example.org', false),
      organization(400, 'hosts', null),
      membership(400, [guest], 400, 'worker', null),
      invitation('k'.repeat(64), 400, null),
    ]);
    expect(report.counts.email).toMatchObject({ imported: 1, skipped: 1 });
    expect((await app.register('guest', { email: guest })).id).toBe(400);
  });
});

describe('a file that is not UTF-8', () => {
  const dump = (name: string): string =>
    JSON.stringify([user(910, 'before', { last_name: 'L' }), user(911, 'name', { last_name: name })]);
  const beyondTheFirstChunk = 'ä'.repeat(50_000);

  it.each([
    ['Latin-1', Buffer.from(dump('J\u00fcrgen'), 'latin1')],
    ['a character cut off', Buffer.from(dump('J\u00c3'), 'latin1')],
    ['a byte too many', Buffer.from(dump('J\u00bf'), 'latin1')],
    ['half a surrogate pair', Buffer.from(dump('J\u00ed\u00a0\u0080'), 'latin1')],
    ['an overlong character', Buffer.from(dump('J\u00c0\u00af'), 'latin1')],
  ])('is refused whole, with the place: %s', async (_what, bytes) => {
    const dashes = bytes.lastIndexOf('J') + 1;
    for (const packed of [false, true]) {
      const file = writeDump('', packed ? 'dump.json.gz' : 'dump.json');
      writeFileSync(file, packed ? gzipSync(bytes) : bytes);
      const failure = await importFile(app, file).catch((error: unknown) => error);
      expect(failure).toMatchObject({ name: 'StartError' });
      const [, place] = String(failure).match(/: it is not UTF-8, as byte (\d+) shows$/) ?? [];
      expect(Number(place) - dashes).toBeGreaterThanOrEqual(1);
      expect(Number(place) - dashes).toBeLessThanOrEqual(3);
    }
    expect((await login('before')).status).toBe(400);
  });

  it('is told from one whose characters lie across two reads of it', async () => {
    const bytes = Buffer.from(dump(beyondTheFirstChunk));
    const [good, bad] = [writeDump(''), writeDump('')];
    writeFileSync(good, Buffer.concat([Buffer.from('x'), bytes]).subarray(1));
    // The name is too long for an account, which is another matter.
    expect(reasonsOf(await importFile(app, good))).toEqual([
      'skipped user object 2 of the file: last_name: is longer than 150 characters',
    ]);
    const at = 65_536 + 2_001;
    bytes[at] = 0xff;
    writeFileSync(bad, bytes);
    await expect(importFile(app, bad)).rejects.toThrow(`it is not UTF-8, as byte ${at + 1} shows`);
  });

  it('is refused when it is UTF-16, and taken with a mark of the byte order', async () => {
    const file = writeDump('');
    writeFileSync(file, Buffer.from(`\ufeff${dump('x')}`, 'utf16le'));
    await expect(importFile(app, file)).rejects.toThrow('it is not UTF-8, as byte 1 shows');
    writeFileSync(file, `\ufeff${JSON.stringify([user(920, 'marked')])}`);
    expect((await importFile(app, file)).counts.user).toMatchObject({ imported: 1 });
  });
});

describe('a file that would fill the memory', () => {
  const MEBIBYTE = 1024 * 1024;
  it.each([
    ['a text without an end', ['[{"model":"', 'a']],
    ['a number without an end', ['[{"model":', '1']],
    ['lists in lists', ['[', '[']],
    ['many lists in a list', ['[{"model":"x","fields":[', '[],']],
    ['blanks before the list', ['', ' ']],
    ['blanks in the list', ['[', '\n']],
    ['blanks after the list', ['[]', '\t']],
    ['escapes', ['["', '\\u0041']],
    ['keys', ['[{"', 'a']],
  ])('is refused, with the limit: %s', async (_what, [start = '', more = '']) => {
    const text = start + more.repeat((17 * MEBIBYTE) / more.length);
    for (const name of ['bomb.json', 'bomb.json.gz'])
      await expect(importFile(app, writeDump(text, name))).rejects.toMatchObject({
        name: 'StartError',
        message: expect.stringMatching(/: object \d of the list is larger than 16 MiB$/),
      });
  });

  it('is not one with many objects that are large', async () => {
    const contact = { text: 'x'.repeat(3 * MEBIBYTE) };
    const many = Array.from({ length: 6 }, (_, index) =>
      organization(930 + index, `big${index}`, null, { contact }),
    );
    const report = await importObjects(app, [
      ...many,
      { model: 'engine.job', fields: { x: 'y'.repeat(MEBIBYTE) } },
    ]);
    expect(report.counts.organization).toMatchObject({ imported: 6 });
    expect(report.otherModels).toEqual({ 'engine.job': 1 });
  });
});

describe('models with names of properties', () => {
  it('are counted like any other', async () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
    const report = await importObjects(app, [
      user(940, 'proto'),
      ...names.map((model) => ({ model })),
      { model: '__proto__' },
    ]);
    expect(Object.entries(report.otherModels)).toEqual([
      ['__proto__', 2],
      ['constructor', 1],
      ['toString', 1],
      ['hasOwnProperty', 1],
    ]);
    expect(describeImport(report)).toContain(
      'Not used by this server: __proto__ (2), constructor (1), toString (1), hasOwnProperty (1).',
    );
  });
});

describe('a packed file', () => {
  it('may have several parts, and something behind them', async () => {
    const text = JSON.stringify([user(950, 'parta'), user(951, 'partb')]);
    const file = writeDump('', 'parts.json.gz');
    writeFileSync(
      file,
      Buffer.concat([gzipSync(text.slice(0, 70)), gzipSync(text.slice(70)), Buffer.alloc(512)]),
    );
    expect((await importFile(app, file)).counts.user).toMatchObject({ imported: 2 });
  });
});

describe('a file that is no dump', () => {
  const whole = JSON.stringify([user(900, 'halfway'), user(901, 'cut')]);
  it.each([
    { name: 'cut.json', content: whole.slice(0, -20), sentence: /is not the JSON of Django's dumpdata/ },
    {
      name: 'object.json',
      content: '{"model": "auth.user"}',
      sentence: /is not the JSON of Django's dumpdata/,
    },
    { name: 'other.json', content: '[{"a": 1}]', sentence: /: object 1 of the list names no model/ },
    { name: 'null.json', content: '[null]', sentence: /: object 1 of the list names no model/ },
    { name: 'empty.json', content: '[]', sentence: /contains no accounts/ },
    {
      name: 'dump.txt',
      content: 'once upon a time',
      sentence: /is not the JSON of Django's dumpdata: it is not a list/,
    },
    { name: 'twice.json', content: `${whole}${whole}`, sentence: /: something follows the list/ },
    { name: 'more.json', content: `${whole} x`, sentence: /: something follows the list/ },
    {
      name: 'comma.json',
      content: `${whole.slice(0, -1)},]`,
      sentence: /: object 3 of the list is not JSON/,
    },
    {
      name: 'gap.json',
      content: whole.replace('},{', '} {'),
      sentence: /: object 1 of the list is not JSON/,
    },
    { name: 'brace.json', content: `${whole.slice(0, -1)}}`, sentence: /: its brackets do not match/ },
    {
      name: 'deep.json',
      content: `[${'['.repeat(100_000)}`,
      sentence: /: it ends in the middle of the list/,
    },
    {
      name: 'deeper.json',
      content: `[${'['.repeat(100_000)}${']'.repeat(100_000)}]`,
      sentence: /: object 1 of the list is nested deeper than 1000 levels/,
    },
    {
      name: 'proto.json',
      content: '[{"__proto__": {"model": "auth.user"}}]',
      sentence: /: object 1 of the list names no model/,
    },
    {
      name: 'models.json',
      content: JSON.stringify(Array.from({ length: 1001 }, (_, index) => ({ model: `a.b${index}` }))),
      sentence: /names more than 1000 models/,
    },
    {
      name: 'invalid.json',
      content: `[${'{"model":"auth.user"},'.repeat(100_000)}{"model":"auth.user"}]`,
      sentence: /^More than 100000 objects can't be imported, the first of them object 1 of the file: it: /,
    },
  ])('is refused whole: $name', async ({ name, content, sentence }) => {
    await expect(importFile(app, writeDump(content, name))).rejects.toMatchObject({
      name: 'StartError',
      message: expect.stringMatching(sentence),
    });
    expect((await login('halfway')).status).toBe(400);
  });

  it('is refused when it is packed and damaged, or not there', async () => {
    const packed = writeDump(whole, 'dump.json.gz');
    writeFileSync(packed, readFileSync(packed).subarray(0, 60));
    await expect(importFile(app, packed)).rejects.toThrow(
      /is not the JSON of Django's dumpdata: unexpected end of file/,
    );
    writeFileSync(packed, whole);
    await expect(importFile(app, packed)).rejects.toThrow(
      /is not the JSON of Django's dumpdata: incorrect header check/,
    );
    await expect(importFile(app, '/nowhere/dump.json')).rejects.toThrow(
      "The file /nowhere/dump.json can't be read",
    );
  });
});
