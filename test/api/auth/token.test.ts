import { beforeAll, describe, expect, it } from 'vitest';
import { type TestAccount, useTestApp } from '../../support/app.js';
import { setActive } from '../../support/rows.js';

let person: TestAccount;
const app = useTestApp();
beforeAll(async () => {
  person = await app.register();
});

const PROTECTED = '/api/users/self';
const whoIs = (authorization: string) => app.send(PROTECTED, { headers: { Authorization: authorization } });

describe('Authorization: Token', () => {
  it.each(['Token', 'token', 'TOKEN', 'tOkEn'])('takes the keyword %s', async (keyword) => {
    const answer = await whoIs(`${keyword} ${person.token}`);
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({ id: person.id, username: person.username });
  });

  it.each([
    ['two spaces', (token: string) => `Token  ${token}`],
    ['a tab', (token: string) => `Token\t${token}`],
    ['spaces around', (token: string) => `  Token ${token}  `],
  ])('takes %s between or around the words', async (_what, header) => {
    expect((await whoIs(header(person.token))).status).toBe(200);
  });

  it('sets no cookie and touches no session', async () => {
    expect((await whoIs(`Token ${person.token}`)).setCookies).toEqual([]);
  });

  it.each([
    ['nothing behind the keyword', () => 'Token', 'Invalid token header. No credentials provided.'],
    ['only blanks behind it', () => 'Token   ', 'Invalid token header. No credentials provided.'],
    [
      'a token in two parts',
      () => 'Token abc def',
      'Invalid token header. Token string should not contain spaces.',
    ],
    [
      'a second scheme',
      (t: string) => `Token ${t}, Basic xyz`,
      'Invalid token header. Token string should not contain spaces.',
    ],
    [
      'a byte that is not UTF-8',
      () => 'Token \xff',
      'Invalid token header. Token string should not contain invalid characters.',
    ],
    [
      'an overlong UTF-8 sequence',
      () => 'Token \xc0\xaf',
      'Invalid token header. Token string should not contain invalid characters.',
    ],
    ['an unknown key', () => `Token ${'0'.repeat(40)}`, 'Invalid token.'],
    ['a key in UTF-8 beyond ASCII', () => 'Token \xc3\xa9', 'Invalid token.'],
    ['the key in upper case', (t: string) => `Token ${t.toUpperCase()}`, 'Invalid token.'],
    ['a part of the key', (t: string) => `Token ${t.slice(0, 39)}`, 'Invalid token.'],
    ['the key and more', (t: string) => `Token ${t}0`, 'Invalid token.'],
    ['a pattern', () => 'Token %', 'Invalid token.'],
    ['a very long key', () => `Token ${'a'.repeat(10_000)}`, 'Invalid token.'],
  ])('answers 401 to %s', async (_what, header, detail) => {
    const answer = await whoIs(header(person.token));
    expect(answer.status).toBe(401);
    expect(answer.json()).toEqual({ detail });
    expect(answer.headers['www-authenticate']).toBe('Token');
  });

  it('answers 401 to the key of an inactive account', async () => {
    const other = await app.register();
    await setActive(app.db, other.id, false);
    const answer = await whoIs(`Token ${other.token}`);
    expect(answer.status).toBe(401);
    expect(answer.json()).toEqual({ detail: 'User inactive or deleted.' });
  });

  it.each([
    ['an empty header', ''],
    ['only blanks', '   '],
    ['an unknown scheme', 'Foo bar'],
    ['the keyword of another library', 'Api-Key abc'],
    ['the key without a keyword', '0'.repeat(40)],
  ])('counts %s as no credentials at all', async (_what, header) => {
    const answer = await whoIs(header);
    expect(answer.status).toBe(401);
    expect(answer.json()).toEqual({ detail: 'Authentication credentials were not provided.' });
    expect((await app.send('/api/server/about', { headers: { Authorization: header } })).status).toBe(200);
  });

  it.each(['/api/server/about', '/api/auth/register'])(
    'refuses a bad token on the public %s too',
    async (path) => {
      const method = path.endsWith('register') ? 'POST' : 'GET';
      const answer = await app.send(path, { method, headers: { Authorization: 'Token bad' } });
      expect(answer.status).toBe(401);
      expect(answer.json()).toEqual({ detail: 'Invalid token.' });
    },
  );

  it('is not asked for by /api/auth/rules, which knows no credentials', async () => {
    expect((await app.send('/api/auth/rules', { headers: { Authorization: 'Token bad' } })).status).toBe(200);
  });

  it.each(['token', 'access_token', 'auth_token', 'key', 'api_key'])(
    'is never read from the query parameter %s',
    async (name) => {
      expect((await app.send(`${PROTECTED}?${name}=${person.token}`)).status).toBe(401);
    },
  );

  it('ends with a change of the password, for which a login handed it out', async () => {
    const other = await app.register();
    await app.send('/api/auth/password/change', {
      method: 'POST',
      headers: other.authorization,
      body: {
        old_password: other.password,
        new_password1: 'Otter-17-gluons',
        new_password2: 'Otter-17-gluons',
      },
    });
    expect((await whoIs(`Token ${other.token}`)).status).toBe(401);
  });
});
