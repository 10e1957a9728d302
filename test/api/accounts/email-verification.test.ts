import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { addressesOf, deleteAddresses } from '../../support/address-rows.js';
import { createTestApp, type TestApp } from '../../support/app.js';
import { basicAuth, secondsUntilRetry } from '../../support/http.js';
import { linkOf, recipientOf, subjectOf, useMailbox } from '../../support/mailbox.js';
import { hasToken, readUser, setVerified } from '../../support/rows.js';

/** What registration and login do with an address that waits (allauth, `ACCOUNT_EMAIL_VERIFICATION`; CVAT `LoginViewEx`). */

const PASSWORD = 'Wiesel-42-quarks';
const SECOND = 1000;
const COOLDOWN = 180 * SECOND;
const KEY_LINK = /^\/api\/auth\/account-confirm-email\/[-:\w]+\/$/;

const mailbox = useMailbox();

let counter = 0;
function newcomer() {
  const username = `newcomer${(counter += 1)}`;
  return { username, email: `${username}@example.org`, password1: PASSWORD, password2: PASSWORD };
}

const start = (verification: string, env: Readonly<Record<string, string>> = {}) =>
  createTestApp({
    env: {
      ...mailbox.env,
      ACCOUNT_EMAIL_VERIFICATION: verification,
      MAIL_REQUESTS_PER_CLIENT: 'none',
      ...env,
    },
  });

describe('ACCOUNT_EMAIL_VERIFICATION=none', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await start('none');
  });
  afterAll(() => app.close());

  it('mails nothing, and has no page that confirms', async () => {
    await app.send('/api/auth/register', { method: 'POST', body: newcomer() });
    expect(await mailbox.collect(app)).toEqual([]);
    for (const path of [
      '/api/auth/account-confirm-email/Mg:1x:abc/',
      '/api/auth/account-confirm-email/Mg:1x:abc',
    ]) {
      const answer = await app.send(path);
      expect([answer.status, answer.text]).toEqual([404, '{"detail":"Not found."}']);
    }
  });
});

describe('ACCOUNT_EMAIL_VERIFICATION=optional', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await start('optional');
  });
  afterAll(() => app.close());

  it('lets the newcomer in at once and mails the link', async () => {
    const body = newcomer();
    const answer = await app.send('/api/auth/register', { method: 'POST', body });
    expect(answer.json()).toMatchObject({
      email_verification_required: false,
      key: expect.stringMatching(/^[0-9a-f]{40}$/),
    });
    expect(answer.setCookies.map((line) => line.split('=')[0])).toContain('sessionid');
    const mail = await mailbox.receive(app, body.email);
    expect(mail.parsed.subject).toBe('[Lab] Please Confirm Your Email Address');
    expect(linkOf(mail)).toMatch(KEY_LINK);
  });

  it('mails nothing to whom gave no address', async () => {
    const { email: _email, ...body } = newcomer();
    expect((await app.send('/api/auth/register', { method: 'POST', body })).status).toBe(201);
    expect(await mailbox.collect(app)).toEqual([]);
  });

  it('lets in whose address was never confirmed, and sends no second mail', async () => {
    const body = newcomer();
    await app.send('/api/auth/register', { method: 'POST', body });
    await mailbox.collect(app);
    app.clock.advance(COOLDOWN + SECOND);
    const login = await app.send('/api/auth/login', {
      method: 'POST',
      body: { username: body.username, password: PASSWORD },
    });
    expect(login.status).toBe(200);
    expect(await mailbox.collect(app)).toEqual([]);
  });
});

describe('ACCOUNT_EMAIL_VERIFICATION=mandatory', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await start('mandatory');
  });
  afterAll(() => app.close());

  const register = async () => {
    const body = newcomer();
    const answer = await app.send('/api/auth/register', { method: 'POST', body });
    if (answer.status !== 201) throw new Error(answer.text);
    return body;
  };
  const logIn = (body: object) =>
    app.send('/api/auth/login', { method: 'POST', body: { password: PASSWORD, ...body } });
  const resend = (email: unknown) => app.send('/api/auth/email/resend', { method: 'POST', body: { email } });

  it('asks for an address, which may not be blank', async () => {
    const { email: _email, ...body } = newcomer();
    for (const [fields, message] of [
      [{}, 'This field is required.'],
      [{ email: '' }, 'This field may not be blank.'],
    ] as const) {
      const answer = await app.send('/api/auth/register', { method: 'POST', body: { ...body, ...fields } });
      expect(answer.json()).toEqual({ email: [message] });
    }
  });

  it('makes an account without token, signs nobody in to its session, and mails the link', async () => {
    const body = newcomer();
    const browser = app.browser();
    const answer = await browser.send('/api/auth/register', { method: 'POST', body });
    expect(answer.status).toBe(201);
    expect(answer.json()).toMatchObject({
      username: body.username,
      email_verification_required: true,
      key: null,
    });
    expect(answer.setCookies.map((line) => line.split('=')[0])).toEqual(['sessionid', 'sessionfresh']);
    const self = await browser.send('/api/users/self');
    expect([self.status, self.setCookies]).toEqual([401, []]);
    const { id, lastLogin } = await readUser(app.db, body.username);
    expect(lastLogin).toBeNull();
    expect(await hasToken(app.db, id)).toBe(false);
    expect((await mailbox.collect(app)).map(subjectOf)).toEqual(['Please Confirm Your Email Address']);
  });

  it('refuses a login with right credentials by a text, and Basic by a 401', async () => {
    const { username, email } = await register();
    for (const login of [{ username }, { email }]) {
      const answer = await logIn(login);
      expect([answer.status, answer.text]).toEqual([400, 'Unverified email']);
      expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
      expect(answer.setCookies).toEqual([]);
    }
    const basic = await app.send('/api/users/self', {
      headers: { Authorization: basicAuth(username, PASSWORD) },
    });
    expect(basic.status).toBe(401);
    expect(basic.json()).toEqual({ detail: 'E-mail is not verified.' });
    expect((await logIn({ username, password: 'wrong' })).json()).toEqual({
      non_field_errors: ['Unable to log in with provided credentials.'],
    });
  });

  it('lets in after the click, and every later login is silent', async () => {
    const { username, email } = await register();
    expect((await app.send(linkOf(await mailbox.receive(app, email)))).headers.location).toBe(
      '/auth/email-confirmation',
    );
    expect((await logIn({ username })).status).toBe(200);
    expect(
      (await app.send('/api/users/self', { headers: { Authorization: basicAuth(username, PASSWORD) } }))
        .status,
    ).toBe(200);
    app.clock.advance(COOLDOWN + SECOND);
    expect((await logIn({ username })).status).toBe(200);
    expect(await mailbox.collect(app)).toEqual([]);
  });

  it.each([
    [
      'at a login',
      async (body: ReturnType<typeof newcomer>) => void (await logIn({ username: body.username })),
    ],
    [
      'when asked',
      async (body: ReturnType<typeof newcomer>) => void (await resend(body.email.toUpperCase())),
    ],
  ])('sends the link again %s, once in 180 seconds', async (_when, ask) => {
    app.clock.stop();
    onTestFinished(app.clock.go);
    const body = await register();
    await mailbox.collect(app);
    await ask(body);
    app.clock.advance(COOLDOWN - SECOND);
    await ask(body);
    expect(await mailbox.collect(app)).toEqual([]);
    app.clock.advance(2 * SECOND);
    await Promise.all([ask(body), ask(body), ask(body)]);
    const mails = await mailbox.collect(app);
    expect(mails.map(recipientOf)).toEqual([body.email]);
    expect(mails.map(subjectOf)).toEqual(['Please Confirm Your Email Address']);
    expect(mails.map(linkOf)[0]).toMatch(KEY_LINK);
  });

  it('sends nothing to whom gave a wrong password', async () => {
    const { username } = await register();
    await mailbox.collect(app);
    app.clock.advance(COOLDOWN + SECOND);
    await logIn({ username, password: 'wrong' });
    expect(await mailbox.collect(app)).toEqual([]);
  });

  it('mails the link to the address that an administrator corrected', async () => {
    const { username } = await register();
    await mailbox.collect(app);
    const headers = { Authorization: basicAuth(app.admin.username, app.admin.password) };
    const { id } = await readUser(app.db, username);
    await app.send(`/api/users/${id}`, {
      method: 'PATCH',
      headers,
      body: { email: `corrected-${username}@example.org` },
    });
    await logIn({ username });
    expect((await mailbox.collect(app)).map(recipientOf)).toEqual([`corrected-${username}@example.org`]);
  });

  it('answers several first logins of an account without an address row at once', async () => {
    const { username } = await register();
    const { id } = await readUser(app.db, username);
    await deleteAddresses(app.db, id);
    const answers = await Promise.all(Array.from({ length: 6 }, () => logIn({ username })));
    expect(answers.map(({ text }) => text)).toEqual(Array(6).fill('Unverified email'));
    expect((await addressesOf(app.db, id)).map(({ verified }) => verified)).toEqual([false]);
  });

  it('answers the same to a resend whoever has the address', async () => {
    const { email } = await register();
    const confirmed = await register();
    await setVerified(app.db, (await readUser(app.db, confirmed.username)).id, true);
    await mailbox.collect(app);
    app.clock.advance(COOLDOWN + SECOND);
    const answers = await Promise.all([email, confirmed.email, 'nobody@example.org'].map(resend));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`))).toEqual(
      new Set(['200 {"detail":"If the address waits for confirmation, a mail is on its way."}']),
    );
    expect((await mailbox.collect(app)).map(recipientOf)).toEqual([email]);
  });

  it('answers 400 to a resend without a good address', async () => {
    expect((await resend(undefined)).json()).toEqual({ email: ['This field is required.'] });
    expect((await resend('nobody')).json()).toEqual({ email: ['Enter a valid email address.'] });
    expect((await resend(['a@example.org'])).json()).toEqual({ email: ['Enter a valid email address.'] });
  });
});

describe('MAIL_REQUESTS_PER_CLIENT', () => {
  it('counts resends and resets together, and says when to come back', async () => {
    const app = await start('mandatory', {
      MAIL_REQUESTS_PER_CLIENT: '3/hour',
      MAIL_REQUESTS_PER_RECIPIENT: 'none',
    });
    const ask = (path: string) => app.send(path, { method: 'POST', body: { email: 'nobody@example.org' } });
    const [reset, resend] = ['/api/auth/password/reset', '/api/auth/email/resend'];
    for (const path of [reset, resend, reset]) expect((await ask(path)).status).toBe(200);
    for (const path of [reset, resend]) {
      const answer = await ask(path);
      expect(answer.status).toBe(429);
      expect(secondsUntilRetry(answer, app.clock.now())).toBeGreaterThan(3000);
    }
    app.clock.advance(3601 * SECOND);
    expect((await ask(reset)).status).toBe(200);
    await app.close();
  });
});
