import { describe, expect, it, onTestFinished } from 'vitest';
import { signValue } from '../../../src/authentication/signing.js';
import { addressesOf, deleteAddresses } from '../../support/address-rows.js';
import { createTestApp, type TestAccount, useTestApp } from '../../support/app.js';
import { linkOf, recipientOf, subjectOf, useMailbox } from '../../support/mailbox.js';
import { insertAccessToken, readUser, setVerified } from '../../support/rows.js';

const SECRET_KEY = 'a secret key for tests, and for nothing else';

/** POST /api/auth/email/change and its link: ours, CVAT 2.62 lets only administrators change addresses. */

const CHANGE = '/api/auth/email/change';
const DONE = '/auth/email-confirmation';
const WRONG = '/auth/incorrect-email-confirmation';
const NEW_PASSWORD = 'Otter-43-leptons';
const LIFETIME = 259_200_000;
const SECOND = 1000;

const mailbox = useMailbox();
const app = useTestApp(() => ({
  env: {
    ...mailbox.env,
    SECRET_KEY,
    MAIL_REQUESTS_PER_CLIENT: 'none',
    ACCOUNT_EMAIL_VERIFICATION: 'optional',
    LOGIN_FAILURES_PER_ACCOUNT_AND_ADDRESS: '10/hour',
  },
}));

let counter = 0;
const newEmail = () => `new${(counter += 1)}@example.org`;
const ask = ({ authorization, password }: TestAccount, email: unknown, fields: object = {}) =>
  app.send(CHANGE, { method: 'POST', headers: authorization, body: { password, email, ...fields } });

/** Asks for a change. @returns the link of the mail */
async function request(account: TestAccount, email: string): Promise<string> {
  await mailbox.collect(app);
  const answer = await ask(account, email);
  if (answer.status !== 200) throw new Error(answer.text);
  return linkOf(await mailbox.receive(app, email));
}

const click = async (link: string) => (await app.send(link)).headers.location;
const emailOf = async ({ username }: TestAccount) => (await readUser(app.db, username)).email;
const changePassword = ({ authorization, password }: TestAccount) =>
  app.send('/api/auth/password/change', {
    method: 'POST',
    headers: authorization,
    body: { old_password: password, new_password1: NEW_PASSWORD, new_password2: NEW_PASSWORD },
  });

describe('POST /api/auth/email/change', () => {
  it('mails a link to the new address, and changes nothing yet', async () => {
    const account = await app.register();
    await mailbox.collect(app);
    const email = newEmail();
    const answer = await ask(account, email);
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({ detail: 'Confirmation e-mail sent to the new address.' });
    const [mail, ...others] = await mailbox.collect(app);
    if (mail === undefined) throw new Error('No mail arrived.');
    expect(others).toEqual([]);
    expect([recipientOf(mail), subjectOf(mail)]).toEqual([email, 'Confirm your new email address']);
    expect(linkOf(mail)).toMatch(/^\/api\/auth\/confirm-email-change\/[-:\w]+\/$/);
    expect(await emailOf(account)).toBe(account.email);
  });

  it.each([
    [
      'a wrong password',
      { password: 'wrong' },
      { password: ['Your password was entered incorrectly. Please enter it again.'] },
    ],
    ['no password', { password: undefined }, { password: ['This field is required.'] }],
    ['no address', { email: undefined }, { email: ['This field is required.'] }],
    ['a malformed address', { email: 'nobody' }, { email: ['Enter a valid email address.'] }],
    [
      'an address of 255 letters',
      { email: `${'a'.repeat(243)}@example.org` },
      { email: ['Ensure this field has no more than 254 characters.'] },
    ],
    [
      'both missing',
      { email: null, password: '' },
      { password: ['This field may not be blank.'], email: ['This field may not be null.'] },
    ],
  ])('answers 400 to %s', async (_what, fields, errors) => {
    const answer = await ask(await app.register(), newEmail(), fields);
    expect(answer.status).toBe(400);
    expect(answer.text).toBe(JSON.stringify(errors));
  });

  it('answers 400 to the address of before and to one that somebody else has, in any case', async () => {
    const [account, other] = [await app.register(), await app.register()];
    expect((await ask(account, account.email.toUpperCase())).json()).toEqual({
      email: ['This is already the e-mail address of the account.'],
    });
    expect((await ask(account, other.email.toUpperCase())).json()).toEqual({
      email: ['A user is already registered with this e-mail address.'],
    });
  });

  it('answers 401 to nobody and to a personal access token, and 405 to GET', async () => {
    const account = await app.register();
    await insertAccessToken(app.db, {
      ownerId: account.id,
      key: 'abcdefgh.0123456789abcdefghijklmnopqrstuv',
    });
    const body = { password: account.password, email: newEmail() };
    for (const headers of [{}, { Authorization: 'Bearer abcdefgh.0123456789abcdefghijklmnopqrstuv' }]) {
      expect((await app.send(CHANGE, { method: 'POST', headers, body })).status).toBe(401);
    }
    expect((await app.send(CHANGE, { headers: account.authorization })).status).toBe(405);
  });

  it('answers 429 after too many wrong passwords', async () => {
    const account = await app.register();
    for (let i = 0; i < 10; i += 1) await ask(account, newEmail(), { password: 'wrong' });
    expect((await ask(account, newEmail())).status).toBe(429);
  });

  it('answers 429 to the sixth mail of an account in an hour, and to the sixth for an address', async () => {
    const account = await app.register();
    for (let i = 0; i < 5; i += 1) expect((await ask(account, newEmail())).status).toBe(200);
    expect((await ask(account, newEmail())).status).toBe(429);
    const victim = newEmail();
    for (let i = 0; i < 5; i += 1) expect((await ask(await app.register(), victim)).status).toBe(200);
    expect((await ask(await app.register(), victim)).status).toBe(429);
    await mailbox.collect(app);
  });

  it('answers 400 without a mail server', async () => {
    const other = await createTestApp({ env: { EMAIL_BACKEND: 'none' } });
    const { authorization, password } = await other.register();
    const answer = await other.send(CHANGE, {
      method: 'POST',
      headers: authorization,
      body: { password, email: newEmail() },
    });
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual({ email: ['Email backend is not configured.'] });
    await other.close();
  });
});

describe('GET /api/auth/confirm-email-change/{key}/', () => {
  it('makes the new address the confirmed and only one, and tells the old one', async () => {
    const account = await app.register();
    const email = newEmail();
    const link = await request(account, email);
    expect(await click(link)).toBe(DONE);
    expect(await emailOf(account)).toBe(email);
    expect(await addressesOf(app.db, account.id)).toEqual([{ email, verified: true, primary: true }]);
    const mail = await mailbox.receive(app, account.email);
    expect(subjectOf(mail)).toBe('Your email address was changed');
    expect(mail.parsed.text).toContain(`is now ${email}.`);
    const login = await app.send('/api/auth/login', {
      method: 'POST',
      body: { email, password: account.password },
    });
    expect(login.status).toBe(200);
  });

  it('changes the address once, and leads to the same page however often it is opened', async () => {
    const account = await app.register();
    const email = newEmail();
    const link = await request(account, email);
    expect(await Promise.all([click(link), click(link), click(link)])).toEqual([DONE, DONE, DONE]);
    expect(await click(link)).toBe(DONE);
    expect(await emailOf(account)).toBe(email);
    const told = (await mailbox.collect(app)).filter((mail) => recipientOf(mail) === account.email);
    expect(told).toHaveLength(1);
  });

  it('works 3 days, to the second', async () => {
    app.clock.stop();
    onTestFinished(app.clock.go);
    const [early, late] = [await app.register(), await app.register()];
    const [first, second] = [await request(early, newEmail()), await request(late, newEmail())];
    app.clock.advance(LIFETIME - SECOND);
    expect(await click(first)).toBe(DONE);
    app.clock.advance(2 * SECOND);
    expect(await click(second)).toBe(WRONG);
    expect(await emailOf(late)).toBe(late.email);
  });

  it('does nothing once the password was changed: a thief of the old one asked for it', async () => {
    const account = await app.register();
    const link = await request(account, newEmail());
    expect((await changePassword(account)).status).toBe(200);
    expect(await click(link)).toBe(WRONG);
    expect(await emailOf(account)).toBe(account.email);
  });

  it('does nothing once another change was made, also when that one was taken back', async () => {
    const account = await app.register();
    const stolen = newEmail();
    const link = await request(account, stolen);
    expect(await click(await request(account, newEmail()))).toBe(DONE);
    expect(await click(link)).toBe(WRONG);
    expect(await click(await request(account, account.email))).toBe(DONE);
    expect(await emailOf(account)).toBe(account.email);
    expect(await click(link)).toBe(WRONG);
    expect(await emailOf(account)).toBe(account.email);
  });

  it('goes on working after a login and after somebody asked for a reset', async () => {
    const account = await app.register();
    await deleteAddresses(app.db, account.id);
    const link = await request(account, newEmail());
    await app.send('/api/auth/login', {
      method: 'POST',
      body: { username: account.username, password: account.password },
    });
    await app.send('/api/auth/password/reset', { method: 'POST', body: { email: account.email } });
    expect(await click(link)).toBe(DONE);
  });

  it('does nothing when somebody else has the address by now', async () => {
    const [account, other] = [await app.register(), await app.register()];
    const email = newEmail();
    const link = await request(account, email);
    expect(await click(await request(other, email.toUpperCase().replace('EXAMPLE.ORG', 'example.org')))).toBe(
      DONE,
    );
    expect(await click(link)).toBe(WRONG);
    expect(await emailOf(account)).toBe(account.email);
  });

  it('gives an address to one of two who click at once', async () => {
    const accounts = [await app.register(), await app.register(), await app.register()];
    const email = newEmail();
    const links: string[] = [];
    for (const account of accounts) links.push(await request(account, email));
    const answers = await Promise.all(links.map(click));
    expect(answers.filter((location) => location === DONE)).toHaveLength(1);
    expect((await Promise.all(accounts.map(emailOf))).filter((own) => own === email)).toHaveLength(1);
  });

  it('ends reset and confirmation links that went to the old address', async () => {
    const account = await app.register();
    const confirmation = linkOf(await mailbox.receive(app, account.email));
    await app.send('/api/auth/password/reset', { method: 'POST', body: { email: account.email } });
    const reset = new URL(linkOf(await mailbox.receive(app, account.email)), 'http://x').searchParams;
    expect(await click(await request(account, newEmail()))).toBe(DONE);
    expect(await click(confirmation)).toBe(WRONG);
    const body = {
      uid: reset.get('uid'),
      token: reset.get('token'),
      new_password1: NEW_PASSWORD,
      new_password2: NEW_PASSWORD,
    };
    const answer = await app.send('/api/auth/password/reset/confirm', { method: 'POST', body });
    expect(answer.json()).toEqual({ token: ['Invalid value'] });
  });

  it('is no key for the page that confirms addresses, and the other way round', async () => {
    const account = await app.register();
    const confirmation = linkOf(await mailbox.receive(app, account.email));
    const change = await request(account, newEmail());
    const [own, other] = ['account-confirm-email', 'confirm-email-change'];
    expect(await click(confirmation.replace(own, other))).toBe(WRONG);
    expect(await click(change.replace(other, own))).toBe(WRONG);
  });

  it.each([2 ** 31, 2 ** 53, 1e300, 0, -1, 1.5, '1', null, [1]])(
    'leads to the page for wrong links when the account it names is %j',
    async (userId) => {
      const key = signValue(
        { userId, to: newEmail(), state: '' },
        'cvat-auth-server.email-change',
        SECRET_KEY,
        app.clock.now(),
      );
      expect(await click(`/api/auth/confirm-email-change/${key}/`)).toBe(WRONG);
    },
  );

  it('ends the session of somebody else in the browser, and not one’s own', async () => {
    const [account, other] = [await app.register(), await app.register()];
    const browsers = [app.browser(), app.browser()] as const;
    for (const [i, { username, password }] of [account, other].entries()) {
      await browsers[i]?.send('/api/auth/login', { method: 'POST', body: { username, password } });
    }
    expect((await browsers[0].send(await request(account, newEmail()))).headers.location).toBe('/');
    expect((await browsers[0].send('/api/users/self')).status).toBe(200);
    expect((await browsers[1].send(await request(account, newEmail()))).headers.location).toBe(DONE);
    expect((await browsers[1].send('/api/users/self')).status).toBe(401);
  });

  it('confirms the address for a server that demands it', async () => {
    const account = await app.register();
    await setVerified(app.db, account.id, false);
    const email = newEmail();
    await click(await request(account, email));
    expect(
      (await addressesOf(app.db, account.id)).flatMap((row) => (row.verified ? [{ email: row.email }] : [])),
    ).toEqual([{ email }]);
  });
});
