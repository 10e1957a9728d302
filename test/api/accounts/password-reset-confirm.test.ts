import { describe, expect, it, onTestFinished } from 'vitest';
import { deleteAddress, insertAddress } from '../../support/address-rows.js';
import { type TestAccount, useTestApp } from '../../support/app.js';
import { linkOf, subjectOf, useMailbox } from '../../support/mailbox.js';
import { changeUser, insertAccessToken, setActive, setPassword } from '../../support/rows.js';

/** POST /api/auth/password/reset/confirm (dj-rest-auth `PasswordResetConfirmSerializer`). */

const CONFIRM = '/api/auth/password/reset/confirm';
const NEW = 'Otter-43-leptons';
const LIFETIME = 259_200_000;
const SECOND = 1000;

const mailbox = useMailbox();
const app = useTestApp(() => ({
  env: { ...mailbox.env, MAIL_REQUESTS_PER_CLIENT: 'none', MAIL_REQUESTS_PER_RECIPIENT: 'none' },
}));

interface Link {
  readonly uid: string;
  readonly token: string;
}

/** Asks for a reset and reads the mail. */
async function request({ email }: Pick<TestAccount, 'email'>): Promise<Link> {
  await app.send('/api/auth/password/reset', { method: 'POST', body: { email } });
  const { searchParams } = new URL(linkOf(await mailbox.receive(app, email)), 'http://x');
  return { uid: searchParams.get('uid') ?? '', token: searchParams.get('token') ?? '' };
}

const confirm = (fields: object) =>
  app.send(CONFIRM, { method: 'POST', body: { new_password1: NEW, new_password2: NEW, ...fields } });
const logIn = (username: string, password: string) =>
  app.send('/api/auth/login', { method: 'POST', body: { username, password } });

describe('POST /api/auth/password/reset/confirm answers 200', () => {
  it('sets the password, once, without a login', async () => {
    const account = await app.register();
    const link = await request(account);
    const answer = await confirm(link);
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({ detail: 'Password has been reset with the new password.' });
    expect(answer.setCookies).toEqual([]);
    expect((await logIn(account.username, NEW)).status).toBe(200);
    expect((await logIn(account.username, account.password)).status).toBe(400);
    expect((await confirm(link)).json()).toEqual({ token: ['Invalid value'] });
  });

  it('ends every session and the API token, keeps access tokens, and tells the account holder', async () => {
    const account = await app.register();
    await insertAccessToken(app.db, {
      ownerId: account.id,
      key: 'abcdefgh.0123456789abcdefghijklmnopqrstuv',
    });
    const browser = app.browser();
    await browser.send('/api/auth/login', {
      method: 'POST',
      body: { username: account.username, password: account.password },
    });
    await confirm(await request(account));
    expect((await browser.send('/api/users/self')).status).toBe(401);
    for (const [authorization, status] of [
      [`Token ${account.token}`, 401],
      ['Bearer abcdefgh.0123456789abcdefghijklmnopqrstuv', 200],
    ] as const) {
      expect((await app.send('/api/users/self', { headers: { Authorization: authorization } })).status).toBe(
        status,
      );
    }
    expect(subjectOf(await mailbox.receive(app, account.email))).toBe('Your password was changed');
  });

  it('and revokes personal access tokens when it is asked to', async () => {
    const account = await app.register();
    const key = `${`${account.id}`.padStart(8, 'y')}.${'y'.repeat(32)}`;
    await insertAccessToken(app.db, { ownerId: account.id, key });
    const answer = await confirm({ ...(await request(account)), revoke_access_tokens: true });
    expect(answer.status).toBe(200);
    const self = await app.send('/api/users/self', { headers: { Authorization: `Bearer ${key}` } });
    expect(self.status).toBe(401);
  });

  it('to an id in capitals', async () => {
    const account = await app.register();
    const { token } = await request(account);
    expect((await confirm({ uid: account.id.toString(36).toUpperCase(), token })).status).toBe(200);
  });

  it('to an account that has no password yet', async () => {
    const account = await app.register();
    await setPassword(app.db, account.id, '!unusable');
    expect((await confirm(await request(account))).status).toBe(200);
    expect((await logIn(account.username, NEW)).status).toBe(200);
  });

  it('to an inactive account, which still can not log in', async () => {
    const account = await app.register();
    const link = await request(account);
    await setActive(app.db, account.id, false);
    expect((await confirm(link)).status).toBe(200);
    expect((await logIn(account.username, NEW)).status).toBe(400);
  });

  it('3 days long, to the second', async () => {
    app.clock.stop();
    onTestFinished(app.clock.go);
    const [early, late] = [await app.register(), await app.register()];
    const [first, second] = [await request(early), await request(late)];
    app.clock.advance(LIFETIME - SECOND);
    expect((await confirm(first)).status).toBe(200);
    app.clock.advance(2 * SECOND);
    expect((await confirm(second)).json()).toEqual({ token: ['Invalid value'] });
  });

  it('to exactly one of many at once', async () => {
    const account = await app.register();
    const link = await request(account);
    const passwords = Array.from({ length: 50 }, (_, i) => `${NEW}-${i}`);
    const answers = await Promise.all(
      passwords.map((password) => confirm({ ...link, new_password1: password, new_password2: password })),
    );
    const won = passwords.filter((_, i) => answers[i]?.status === 200);
    expect(won).toHaveLength(1);
    expect(new Set(answers.filter(({ status }) => status !== 200).map(({ text }) => text))).toEqual(
      new Set(['{"token":["Invalid value"]}']),
    );
    expect((await logIn(account.username, won[0] ?? '')).status).toBe(200);
  });
});

describe('POST /api/auth/password/reset/confirm answers 400', () => {
  const REQUIRED = ['This field is required.'];
  const INVALID = ['Invalid value'];

  it('with all field errors, in the order of the fields', async () => {
    const answer = await app.send(CONFIRM, { method: 'POST', body: {} });
    expect(answer.status).toBe(400);
    expect(answer.text).toBe(
      JSON.stringify({ new_password1: REQUIRED, new_password2: REQUIRED, uid: REQUIRED, token: REQUIRED }),
    );
    const blank = ['This field may not be blank.'];
    expect((await confirm({ uid: '', token: '', new_password1: '', new_password2: '' })).text).toBe(
      JSON.stringify({ new_password1: blank, new_password2: blank, uid: blank, token: blank }),
    );
  });

  it.each([
    ['an id that nobody has', 'zzzzz'],
    ['an id beyond any', 'zzzzzzzzzzzzz'],
    ['an id of 14 digits', '00000000000001'],
    ['zero', '0'],
    ['a negative id', '-1'],
    ['a fraction', '1.5'],
    ['base 64', 'MQ'],
    ['words', 'not an id'],
    ['SQL', "1' or '1'='1"],
  ])('to %s, before the token', async (_what, uid) => {
    expect((await confirm({ uid, token: 'x-y', new_password2: 'other' })).json()).toEqual({ uid: INVALID });
  });

  it('to a token that is not the account’s, before the passwords', async () => {
    const [account, other] = [await app.register(), await app.register()];
    const [link, foreign] = [await request(account), await request(other)];
    const [stamp = '', hash = ''] = link.token.split('-');
    const later = (Number.parseInt(stamp, 36) + 1).toString(36);
    const bad = [
      'nonsense',
      '-',
      `${stamp}-`,
      `-${hash}`,
      `${stamp}-${hash}-x`,
      `${later}-${hash}`,
      `${stamp.toUpperCase()}-${hash}`,
    ];
    for (const token of [
      ...bad,
      `${stamp}-${hash.toUpperCase()}`,
      foreign.token,
      `${stamp}-${'0'.repeat(32)}`,
    ]) {
      if (token === link.token) continue;
      expect((await confirm({ uid: link.uid, token, new_password2: 'other' })).json()).toEqual({
        token: INVALID,
      });
    }
    expect((await confirm(link)).status).toBe(200);
  });

  it('to passwords that differ or are bad, after which the link still works', async () => {
    const account = await app.register('wilhelmina');
    const link = await request(account);
    expect((await confirm({ ...link, new_password2: 'x' })).json()).toEqual({
      new_password2: ['The two password fields didn’t match.'],
    });
    const bad = (password: string) => confirm({ ...link, new_password1: password, new_password2: password });
    expect((await bad('password1')).json()).toEqual({ new_password2: ['This password is too common.'] });
    expect((await bad('wilhelmina1')).json()).toEqual({
      new_password2: ['The password is too similar to the username.'],
    });
    expect((await bad('𝒜'.repeat(257))).json()).toEqual({
      new_password2: ['Password must be 256 characters or fewer.'],
    });
    expect((await confirm(link)).status).toBe(200);
  });
});

describe('a reset link ends with', () => {
  const dies = async (account: TestAccount, link: Link) => {
    expect((await confirm(link)).json()).toEqual({ token: ['Invalid value'] });
    expect((await logIn(account.username, NEW)).status).toBe(400);
  };

  it('a login in a later second', async () => {
    const account = await app.register();
    const link = await request(account);
    app.clock.advance(2 * SECOND);
    await logIn(account.username, account.password);
    await dies(account, link);
  });

  it('a changed password', async () => {
    const account = await app.register();
    const link = await request(account);
    const changed = 'Badger-44-gluons';
    const body = { old_password: account.password, new_password1: changed, new_password2: changed };
    await app.send('/api/auth/password/change', { method: 'POST', headers: account.authorization, body });
    await dies(account, link);
  });

  it('another e-mail address of the account', async () => {
    const account = await app.register();
    const link = await request(account);
    await app.send(`/api/users/${account.id}`, {
      method: 'PATCH',
      headers: account.authorization,
      body: { email: 'other@example.org' },
    });
    await changeUser(app.db, account.id, { email: 'other@example.org' });
    await dies(account, link);
  });

  it.each([
    ['an address that is added', (id: number) => insertAddress(app.db, id, 'more@example.org')],
    ['an address that is taken away', (id: number) => deleteAddress(app.db, id, 'second@example.org')],
  ])('%s', async (_what, change) => {
    const account = await app.register();
    await insertAddress(app.db, account.id, 'second@example.org');
    const link = await request(account);
    await change(account.id);
    await dies(account, link);
  });

  it('the use of a newer one', async () => {
    const account = await app.register();
    const old = await request(account);
    app.clock.advance(SECOND);
    const newer = await request(account);
    expect(newer.token).not.toBe(old.token);
    expect((await confirm(newer)).status).toBe(200);
    expect((await confirm(old)).json()).toEqual({ token: ['Invalid value'] });
  });

  it('neither a token nor Basic: they are no login', async () => {
    const account = await app.register();
    const link = await request(account);
    app.clock.advance(2 * SECOND);
    for (const headers of [account.authorization, account.basic])
      expect((await app.send('/api/users/self', { headers })).status).toBe(200);
    expect((await confirm(link)).status).toBe(200);
  });
});
