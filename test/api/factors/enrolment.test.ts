import { describe, expect, it } from 'vitest';
import { timestampAt } from '../../../src/kernel/timestamp.js';
import { useTestApp } from '../../support/app.js';
import { FACTORS, factorActions } from '../../support/factor-actions.js';
import { countFactorRows } from '../../support/factor-rows.js';
import { subjectOf, useMailbox } from '../../support/mailbox.js';
import { hasToken } from '../../support/rows.js';
import { sessionActions } from '../../support/session-actions.js';

/** Setting up and removing an authenticator app, as its owner does it. */

const mailbox = useMailbox();
const app = useTestApp(() => ({ env: mailbox.env }));
const { begin, confirm, remove, renew, codeOf, codesIn, stateOf, secretOf, enrol, nextCode, signInAgain } =
  factorActions(app);
const { signIn, statusOf } = sessionActions(app);

const NOTHING = {
  totp: { enabled: false, created_date: null },
  recovery_codes: { remaining: 0 },
  webauthn: [],
};
const WRONG = { code: ['The code is wrong or too old, or it was used before.'] };
const mailsOf = async (email: string) =>
  (await mailbox.collect(app)).filter(({ recipients }) => recipients.includes(email)).map(subjectOf);

describe('an app that is being set up', () => {
  it('is shown as a secret, as a link and as a QR code of the link', async () => {
    const account = await app.register();
    const browser = await signIn(account);
    const answer = await begin(browser);
    expect(answer.status).toBe(201);
    const { secret, otpauth_url, qr_svg } = answer.json() as Record<string, string>;
    expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(otpauth_url).toBe(
      `otpauth://totp/Lab:${account.username}?issuer=Lab&secret=${secret}&algorithm=SHA1&digits=6&period=30`,
    );
    expect(qr_svg).toMatch(/^<svg xmlns/);
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it('counts for nothing before it is confirmed', async () => {
    const browser = await signIn(await app.register());
    const secret = await secretOf(browser);
    expect(await stateOf(browser)).toEqual(NOTHING);
    const removed = await remove(browser, codeOf(secret));
    expect([removed.status, removed.json()]).toEqual([400, ['No authenticator app is set up.']]);
    const renewed = await renew(browser, codeOf(secret));
    expect([renewed.status, renewed.json()]).toEqual([400, ['No second factor is set up.']]);
  });

  it('is replaced when it is begun again, and only the newest is confirmed', async () => {
    const browser = await signIn(await app.register());
    const [first, second] = [await secretOf(browser), await secretOf(browser)];
    expect(first).not.toBe(second);
    const old = await confirm(browser, codeOf(first));
    expect([old.status, old.json()]).toEqual([400, WRONG]);
    expect((await confirm(browser, codeOf(second))).status).toBe(200);
  });

  it('is not there for a code before it is begun, nor after it was confirmed', async () => {
    const browser = await signIn(await app.register());
    const early = await confirm(browser, '123456');
    expect([early.status, early.json()]).toEqual([400, ['No authenticator app is being set up.']]);
    const { browser: enrolled, secret } = await enrol();
    expect((await confirm(enrolled, nextCode(secret))).json()).toEqual([
      'No authenticator app is being set up.',
    ]);
  });

  it('takes a code with a space, as apps show it', async () => {
    const browser = await signIn(await app.register());
    const code = codeOf(await secretOf(browser));
    expect((await confirm(browser, ` ${code.slice(0, 3)} ${code.slice(3)} `)).status).toBe(200);
  });

  it.each(['', '12345', '1234567', '١٢٣٤٥٦', '１２３４５６', '12345a', 'x'.repeat(65)])(
    'is not confirmed by %j',
    async (code) => {
      const browser = await signIn(await app.register());
      await secretOf(browser);
      const answer = await confirm(browser, code);
      expect(answer.status).toBe(400);
      expect(Object.keys(answer.json() as object)).toEqual(['code']);
      expect(await stateOf(browser)).toEqual(NOTHING);
    },
  );

  it('is confirmed once by many requests at once, which get one set of recovery codes', async () => {
    const account = await app.register();
    const browser = await signIn(account);
    const secret = await secretOf(browser);
    // The one that succeeds gives the session a new key, which the jar of a browser could lose to the others.
    const headers = { Cookie: browser.cookieHeader(), 'X-CSRFToken': browser.jar.get('csrftoken') ?? '' };
    const send = () => confirm({ send: (path, options) => app.send(path, { ...options, headers }) }, code);
    const code = codeOf(secret);
    const answers = await Promise.all(Array.from({ length: 8 }, send));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await stateOf(await signInAgain({ account, secret }))).recovery_codes.remaining).toBe(10);
  });
});

describe('a confirmed app', () => {
  it('is shown with its date and ten recovery codes, which nobody can guess', async () => {
    app.clock.stop();
    const { browser, recoveryCodes } = await enrol();
    app.clock.go();
    expect(new Set(recoveryCodes).size).toBe(10);
    for (const code of recoveryCodes)
      expect(code).toMatch(/^[0-9a-hjkmnp-tv-z]{5}-[0-9a-hjkmnp-tv-z]{5}-[0-9a-hjkmnp-tv-z]{5}$/);
    const state = await stateOf(browser);
    expect(state).toEqual({
      totp: { enabled: true, created_date: expect.stringMatching(/^20.*Z$/) },
      recovery_codes: { remaining: 10 },
      webauthn: [],
    });
    const since = state.totp.created_date ?? '';
    expect(Math.abs(Date.parse(since) - Date.parse(timestampAt(app.clock.now())))).toBeLessThan(60_000);
  });

  it('is not replaced by another one', async () => {
    const { browser, secret } = await enrol();
    const again = await begin(browser);
    expect([again.status, again.json()]).toEqual([
      400,
      ['An authenticator app is set up already. Remove it first.'],
    ]);
    expect((await renew(browser, nextCode(secret))).status).toBe(201);
  });

  it('ended the other sessions and the API token when it was added, and told its owner', async () => {
    const account = await app.register();
    const [mine, other] = [await signIn(account), await signIn(account)];
    await mailbox.collect(app);
    await confirm(mine, codeOf(await secretOf(mine)));
    expect([await statusOf(mine), await statusOf(other)]).toEqual([200, 401]);
    expect(await hasToken(app.db, account.id)).toBe(false);
    expect((await app.send('/api/users/self', { headers: account.authorization })).status).toBe(401);
    expect(await mailsOf(account.email)).toEqual(['Your account has a second factor']);
  });

  it('is removed by a code of it, which ends the same, and tells its owner', async () => {
    const { account, browser, secret } = await enrol();
    const other = await signInAgain({ account, secret });
    await mailbox.collect(app);
    expect((await remove(browser, nextCode(secret))).status).toBe(204);
    expect(await stateOf(browser)).toEqual(NOTHING);
    expect(await countFactorRows(app.db, account.id)).toBe(0);
    expect([await statusOf(browser), await statusOf(other)]).toEqual([200, 401]);
    expect(await hasToken(app.db, account.id)).toBe(false);
    expect(await mailsOf(account.email)).toEqual(['The second factor of your account was removed']);
  });

  it('is removed by a recovery code, for those who have lost it', async () => {
    const { browser, recoveryCodes } = await enrol();
    expect((await remove(browser, recoveryCodes[3] ?? '')).status).toBe(204);
    expect(await stateOf(browser)).toEqual(NOTHING);
  });

  it('stays after a wrong code, and nothing ends', async () => {
    const { account, browser, secret } = await enrol();
    const other = await signInAgain({ account, secret });
    await mailbox.collect(app);
    for (const use of [remove, renew]) {
      const answer = await use(browser, '000000');
      expect([answer.status, answer.json()]).toEqual([400, WRONG]);
    }
    expect((await stateOf(browser)).totp.enabled).toBe(true);
    expect([await statusOf(other), await hasToken(app.db, account.id)]).toEqual([200, true]);
    expect(await mailsOf(account.email)).toEqual([]);
  });

  it('can be set up again after it was removed, with another secret', async () => {
    const { account, browser, secret } = await enrol();
    await remove(browser, nextCode(secret));
    const again = await enrol(account);
    expect(again.secret).not.toBe(secret);
    expect((await remove(again.browser, nextCode(secret))).status).toBe(400);
  });

  it('goes with its account', async () => {
    const { account, browser } = await enrol();
    expect((await browser.send(`/api/users/${account.id}`, { method: 'DELETE' })).status).toBe(204);
    expect(await countFactorRows(app.db, account.id)).toBe(0);
  });
});

describe('recovery codes', () => {
  it('are replaced by a code of the app: those from before end, sessions stay, their owner is told', async () => {
    const { account, browser, secret, recoveryCodes } = await enrol();
    const other = await signInAgain({ account, secret });
    await mailbox.collect(app);
    const answer = await renew(browser, nextCode(secret));
    expect(answer.status).toBe(201);
    const codes = codesIn(answer);
    expect(new Set([...codes, ...recoveryCodes]).size).toBe(20);
    expect(await statusOf(other)).toBe(200);
    expect(await mailsOf(account.email)).toEqual(['Your recovery codes were replaced']);
    expect((await renew(browser, recoveryCodes[0] ?? '')).status).toBe(400);
    expect((await renew(browser, codes[0] ?? '')).status).toBe(201);
    expect((await stateOf(browser)).recovery_codes.remaining).toBe(10);
  });

  it('may be typed in capitals, with spaces, without hyphens, and with letters that look like digits', async () => {
    const { browser, recoveryCodes } = await enrol();
    const typed = (recoveryCodes[0] ?? '').replaceAll('-', ' ').replaceAll('0', 'O').replaceAll('1', 'l');
    expect((await renew(browser, ` ${typed.toUpperCase()} `)).status).toBe(201);
  });

  it('need a code in the body', async () => {
    const { browser } = await enrol();
    for (const [method, path] of [
      ['POST', '/recovery-codes'],
      ['DELETE', '/totp'],
      ['POST', '/totp/confirm'],
    ] as const) {
      const answer = await browser.send(FACTORS + path, { method, body: {} });
      expect([answer.status, answer.json()]).toEqual([400, { code: ['This field is required.'] }]);
    }
  });
});
