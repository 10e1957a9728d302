import { describe, expect, it } from 'vitest';
import { addressesOf, deleteAddresses, insertAddress } from '../../support/address-rows.js';
import { createTestApp, useTestApp } from '../../support/app.js';
import { secondsUntilRetry, tallyOf } from '../../support/http.js';
import { linkOf, recipientOf, subjectOf, useMailbox } from '../../support/mailbox.js';
import { outboxOf } from '../../support/outbox-rows.js';
import { changeUser, setActive, setPassword } from '../../support/rows.js';

/** POST /api/auth/password/reset (CVAT 2.62, `PasswordResetSerializerEx`). */

const RESET = '/api/auth/password/reset';
const SENT = '{"detail":"Password reset e-mail has been sent."}';

const mailbox = useMailbox();
const app = useTestApp(() => ({ env: { ...mailbox.env, MAIL_REQUESTS_PER_CLIENT: 'none' } }));

const reset = (email: unknown, to = app) => to.send(RESET, { method: 'POST', body: { email } });

describe('POST /api/auth/password/reset', () => {
  it('mails a link with the base-36 id and a token', async () => {
    const account = await app.register();
    const answer = await reset(account.email);
    expect([answer.status, answer.text]).toEqual([200, SENT]);
    const mail = await mailbox.receive(app, account.email);
    expect(mail.parsed.subject).toBe('[Lab] Password Reset E-mail');
    expect(mail.parsed.from?.text).toBe('"CVAT" <noreply@example.org>');
    expect(linkOf(mail)).toMatch(
      new RegExp(
        `^/auth/password/reset/confirm\\?uid=${account.id.toString(36)}&token=[0-9a-z]{6}-[0-9a-f]{32}$`,
      ),
    );
    expect(mail.parsed.text).toContain(`Your user name is ${account.username}.`);
  });

  it('mails to the address as it was typed, found in any case', async () => {
    const account = await app.register();
    const typed = account.email.replace(account.username, account.username.toUpperCase());
    await reset(typed);
    expect(recipientOf(await mailbox.receive(app, typed))).not.toBe(account.email);
  });

  it('answers the same to an address that nobody has, that an inactive account has, and one with blanks around it', async () => {
    const [known, inactive] = [await app.register(), await app.register()];
    await setActive(app.db, inactive.id, false);
    for (const email of [`  ${known.email} `, inactive.email, 'nobody@example.org']) {
      const answer = await reset(email);
      expect([answer.status, answer.text]).toEqual([200, SENT]);
      expect(answer.setCookies).toEqual([]);
    }
    expect((await mailbox.collect(app)).map(recipientOf)).toEqual([known.email]);
  });

  it('mails to each active account of an address, also an unconfirmed second one, and one without a password', async () => {
    const [one, two, three] = [await app.register(), await app.register(), await app.register()];
    await changeUser(app.db, two.id, { email: one.email });
    await insertAddress(app.db, three.id, one.email);
    await setPassword(app.db, three.id, '!unusable');
    await reset(one.email);
    const mails = await mailbox.collect(app);
    expect(mails.map(recipientOf)).toEqual(Array(3).fill(one.email));
    const ids = mails
      .map(linkOf)
      .map((link) => Number.parseInt(new URL(link, 'http://x').searchParams.get('uid') ?? '', 36));
    expect(ids.sort((a, b) => a - b)).toEqual([one.id, two.id, three.id]);
  });

  it('adds the missing address row of the account, unconfirmed', async () => {
    const account = await app.register();
    await deleteAddresses(app.db, account.id);
    await reset(account.email);
    expect(await addressesOf(app.db, account.id)).toEqual([
      { email: account.email, verified: false, primary: false },
    ]);
  });

  it.each([
    ['a Kelvin sign for a k', 'kelvin', 'kelvin@kiosk.example', 'kelvin@\u212Aiosk.example'],
    ['a long s for an s', 'longs', 'longs@site.example', 'longs@\u017Fite.example'],
    ['a dotted capital I for an i', 'dotted', 'dotted@in.example', 'dotted@\u0130n.example'],
    ['wide letters', 'wides', 'wides@wide.example', 'wides@ｗｉｄｅ.example'],
  ])('never mails to an address that has %s (CVE-2019-19844)', async (_what, username, email, typed) => {
    await app.register(username, { email });
    await mailbox.collect(app);
    await reset(typed);
    expect((await mailbox.collect(app)).map(recipientOf).filter((to) => to !== email)).toEqual([]);
  });

  it.each([
    [undefined, 'This field is required.'],
    ['', 'This field may not be blank.'],
    [null, 'This field may not be null.'],
    ['nobody', 'Enter a valid email address.'],
    [['a@example.org'], 'Enter a valid email address.'],
    [5, 'Enter a valid email address.'],
    ['a@example.org\r\nBcc: b@example.org', 'Enter a valid email address.'],
    ['a@example.org, b@example.org', 'Enter a valid email address.'],
    ['<a@example.org>', 'Enter a valid email address.'],
  ])('answers 400 to %j', async (email, message) => {
    const answer = await reset(email);
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual({ email: [message] });
  });

  it('answers 405 to GET, and 401 to bad credentials', async () => {
    expect((await app.send(RESET)).status).toBe(405);
    const answer = await app.send(RESET, {
      method: 'POST',
      headers: { Authorization: 'Token bad' },
      body: { email: 'a@example.org' },
    });
    expect(answer.status).toBe(401);
  });

  it.each([
    ['Host', { Host: 'localhost' }, 200],
    ['Host of a stranger', { Host: 'evil.example' }, 400],
    [
      'X-Forwarded-Host',
      { 'X-Forwarded-Host': '127.0.0.1', 'X-Forwarded-Proto': 'https', 'X-Forwarded-Port': '81' },
      200,
    ],
    ['X-Forwarded-Host of a stranger', { 'X-Forwarded-Host': 'evil.example' }, 400],
    [
      'Forwarded',
      {
        Forwarded: 'host=evil.example;proto=https',
        'X-Host': 'evil.example',
        'X-Original-Host': 'evil.example',
      },
      200,
    ],
    ['Origin and Referer', { Origin: 'https://evil.example', Referer: 'https://evil.example/' }, 200],
  ])('takes no link from %s', async (_what, headers, status) => {
    const account = await app.register();
    const answer = await app.send(RESET, { method: 'POST', headers, body: { email: account.email } });
    expect(answer.status).toBe(status);
    const mails = await mailbox.collect(app);
    expect(mails.map(subjectOf)).toEqual(status === 200 ? ['Password Reset E-mail'] : []);
    for (const mail of mails) {
      expect(linkOf(mail)).toMatch(/^\/auth\/password\/reset\/confirm\?/);
      expect(mail.raw).not.toMatch(/evil|localhost|127\.0\.0\.1/);
    }
  });
});

describe('the limits on reset mails', () => {
  it('answer 429 to the sixth for one address in an hour, in any case, whether anybody has it or not', async () => {
    const account = await app.register();
    for (const email of [account.email, 'nobody-at-all@example.org']) {
      for (let i = 0; i < 5; i += 1)
        expect((await reset(i % 2 === 0 ? email : email.toUpperCase())).status).toBe(200);
      const answer = await reset(email);
      expect(answer.status).toBe(429);
      expect(secondsUntilRetry(answer, app.clock.now())).toBeGreaterThan(3000);
    }
    expect(await mailbox.collect(app)).toHaveLength(5);
    app.clock.advance(3_601_000);
    expect((await reset(account.email)).status).toBe(200);
    await mailbox.collect(app);
  });

  it('count at most the allowed number however many ask at once', async () => {
    const account = await app.register();
    const answers = await Promise.all(Array.from({ length: 20 }, () => reset(account.email)));
    expect(tallyOf(answers)).toEqual({ 200: 5, 429: 15 });
    expect(await mailbox.collect(app)).toHaveLength(5);
  });

  it('let a client who is over their own limit use up nobody’s mails', async () => {
    const other = await createTestApp({ env: { ...mailbox.env, MAIL_REQUESTS_PER_CLIENT: '2/hour' } });
    const account = await other.register();
    for (let i = 0; i < 2; i += 1) await reset('nobody@example.org', other);
    for (let i = 0; i < 8; i += 1) expect((await reset(account.email, other)).status).toBe(429);
    const answer = await other.send(RESET, {
      method: 'POST',
      from: '127.0.0.2',
      body: { email: account.email },
    });
    expect(answer.status).toBe(200);
    expect((await mailbox.collect(other)).map(recipientOf)).toEqual([account.email]);
    await other.close();
  });
});

describe('EMAIL_BACKEND=none', () => {
  it('answers a reset as always, and writes no mail', async () => {
    const other = await createTestApp({ env: { EMAIL_BACKEND: 'none' } });
    const account = await other.register();
    expect((await reset(account.email, other)).text).toBe(SENT);
    expect(await outboxOf(other.db)).toEqual([]);
    await other.close();
  });
});
