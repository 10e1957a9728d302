import { beforeAll, describe, expect, it } from 'vitest';
import { type TestAccount, useTestApp } from '../../support/app.js';
import { basicAuth } from '../../support/http.js';
import { readUser, setActive, setPassword } from '../../support/rows.js';

let person: TestAccount;
/** Their credentials end in a single `=` when they are encoded. */
let padded: TestAccount;
const app = useTestApp({
  env: { LOGIN_FAILURES_PER_ADDRESS: 'none', LOGIN_FAILURES_PER_ACCOUNT_AND_ADDRESS: 'none' },
});
beforeAll(async () => {
  person = await app.register();
  padded = await app.register('padded');
});

const whoIs = (authorization: string) =>
  app.send('/api/users/self', { headers: { Authorization: authorization } });
const encode = (text: string | Buffer) => Buffer.from(text).toString('base64');

const MALFORMED = 'Invalid basic header. Credentials not correctly base64 encoded.';
const WRONG = 'Invalid username/password.';

describe('Authorization: Basic', () => {
  it.each(['Basic', 'basic', 'BASIC'])('takes the keyword %s', async (keyword) => {
    const answer = await whoIs(`${keyword} ${encode(`${person.username}:${person.password}`)}`);
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({ id: person.id });
  });

  it('opens no session, sets no cookie and is no login', async () => {
    const before = await readUser(app.db, person.username);
    const answer = await whoIs(basicAuth(person.username, person.password));
    expect(answer.setCookies).toEqual([]);
    expect((await readUser(app.db, person.username)).lastLogin).toBe(before.lastLogin);
  });

  it('needs no CSRF token', async () => {
    const answer = await app.send('/api/auth/logout', { method: 'POST', headers: person.basic });
    expect(answer.status).toBe(200);
  });

  it('splits at the first colon only', async () => {
    const other = await app.register(undefined, { password1: 'a:b:Wiesel-42', password2: 'a:b:Wiesel-42' });
    expect((await whoIs(basicAuth(other.username, 'a:b:Wiesel-42'))).status).toBe(200);
    expect((await whoIs(basicAuth(other.username, 'a'))).status).toBe(401);
    expect((await whoIs(basicAuth(other.username, 'a:b:Wiesel-42:more'))).status).toBe(401);
  });

  it('reads credentials as UTF-8, and as Latin-1 when they are not', async () => {
    const password = 'Hübsche-Otter-9';
    const other = await app.register(undefined, { password1: password, password2: password });
    expect(
      (await whoIs(`Basic ${encode(Buffer.from(`${other.username}:${password}`, 'utf8'))}`)).status,
    ).toBe(200);
    expect(
      (await whoIs(`Basic ${encode(Buffer.from(`${other.username}:${password}`, 'latin1'))}`)).status,
    ).toBe(200);
  });

  it.each([
    ['surplus padding', (text: string) => `${text}====`],
    ['rubbish behind the padding', (text: string) => `${text}=garbage`],
    ['characters outside the alphabet', (text: string) => `${text.slice(0, 2)}*-_.${text.slice(2)}=`],
  ])('decodes base64 as leniently as Python, with %s', async (_what, change) => {
    const encoded = encode(`${padded.username}:${padded.password}`);
    expect(encoded).toMatch(/[^=]=$/);
    expect((await whoIs(`Basic ${change(encoded.slice(0, -1))}`)).status).toBe(200);
    expect((await whoIs(`Basic ${encoded.slice(0, -1)}`)).json()).toEqual({ detail: MALFORMED });
  });

  it.each([
    ['nothing behind the keyword', 'Basic', 'Invalid basic header. No credentials provided.'],
    ['three words', 'Basic a b', 'Invalid basic header. Credentials string should not contain spaces.'],
    ['missing padding', `Basic ${encode('ab:cd').replace(/=+$/, '')}`, MALFORMED],
    ['no colon', `Basic ${encode('nocolon')}`, MALFORMED],
    ['an impossible length', 'Basic YWJjZ', MALFORMED],
    ['nothing but foreign characters', 'Basic ****', MALFORMED],
    ['only padding', 'Basic ====', MALFORMED],
    ['an unknown name', basicAuth('nobody-at-all', 'x'), WRONG],
    ['an empty name', basicAuth('', 'x'), WRONG],
    ['an empty name and password', basicAuth('', ''), WRONG],
    ['NUL in the name', basicAuth('admin\0', 'x'), WRONG],
  ])('answers 401 to %s', async (_what, header, detail) => {
    const answer = await whoIs(header);
    expect(answer.status).toBe(401);
    expect(answer.json()).toEqual({ detail });
    expect(answer.headers['www-authenticate']).toBe('Token');
  });

  it.each([
    ['a wrong one', 'wrong'],
    ['an empty one', ''],
    ['the right one and more', 'Wiesel-42-quarks!'],
    ['the right one with NUL behind', 'Wiesel-42-quarks\0'],
    ['the right one with a blank before it', ' Wiesel-42-quarks'],
    ['one of a megabyte of digits, which no header may carry', '1'.repeat(8000)],
  ])('answers 401 to a password that is %s', async (_what, password) => {
    const answer = await whoIs(basicAuth(person.username, password));
    expect(answer.status).toBe(401);
    expect(answer.json()).toEqual({ detail: WRONG });
  });

  it('answers to an inactive account as to a wrong password', async () => {
    const other = await app.register();
    expect((await whoIs(basicAuth(other.username, other.password))).status).toBe(200);
    await setActive(app.db, other.id, false);
    const answer = await whoIs(basicAuth(other.username, other.password));
    expect(answer.status).toBe(401);
    expect(answer.json()).toEqual({ detail: WRONG });
    await setActive(app.db, other.id, true);
    expect((await whoIs(basicAuth(other.username, other.password))).status).toBe(200);
  });

  it('refuses the old password at once when the stored one changed, however often it was right before', async () => {
    const [first, second] = [await app.register(), await app.register()];
    const old = basicAuth(first.username, first.password);
    expect((await whoIs(old)).status).toBe(200);
    await setPassword(app.db, first.id, '!nobody-has-this');
    expect((await whoIs(old)).status).toBe(401);
    await setPassword(app.db, first.id, (await readUser(app.db, second.username)).password);
    expect((await whoIs(old)).status).toBe(200);
  });
});
