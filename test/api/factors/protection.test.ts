import { describe, expect, it, onTestFinished } from 'vitest';
import { createTestApp, type TestAppOptions, useTestApp } from '../../support/app.js';
import { FACTORS, factorActions } from '../../support/factor-actions.js';
import { countFactorRows, moveTotp, totpOf } from '../../support/factor-rows.js';
import { insertAccessToken } from '../../support/rows.js';

/** Who may change second factors, and who learns what. */

const app = useTestApp({ env: { LOG_LEVEL: 'trace' } });
const { begin, confirm, remove, renew, codeOf, stateOf, secretOf, signIn, enrol, nextCode } =
  factorActions(app);

const CHANGES = [
  ['POST', '/totp'],
  ['POST', '/totp/confirm'],
  ['DELETE', '/totp'],
  ['POST', '/recovery-codes'],
] as const;

async function start(options: TestAppOptions) {
  const other = await createTestApp(options);
  onTestFinished(other.close);
  return other;
}

describe('a change of second factors', () => {
  it.each(CHANGES)('%s %s needs a session: no token and no password is enough', async (method, path) => {
    const account = await app.register();
    const key = `${String(account.id).padStart(8, 'k')}.${'s'.repeat(32)}`;
    await insertAccessToken(app.db, { ownerId: account.id, key });
    const session = 'This needs a session: sign in with a browser.';
    const ways = [
      { headers: account.authorization, detail: session },
      { headers: account.basic, detail: session },
      {
        headers: { Authorization: `Bearer ${key}` },
        detail: 'You do not have permission to perform this action.',
      },
    ];
    for (const { headers, detail } of ways) {
      const answer = await app.send(FACTORS + path, { method, headers, body: { code: '123456' } });
      expect([answer.status, answer.json()]).toEqual([403, { detail }]);
      expect((await app.send(FACTORS, { headers })).status).toBe(200);
    }
    expect((await app.send(FACTORS + path, { method, body: { code: '123456' } })).status).toBe(401);
    expect(await countFactorRows(app.db, account.id)).toBe(0);
  });

  it.each(CHANGES)('%s %s needs the CSRF token of the session', async (method, path) => {
    const { account, browser, secret } = await enrol();
    const before = await totpOf(app.db, account.id);
    const answer = await app.send(FACTORS + path, {
      method,
      headers: { Cookie: browser.cookieHeader() },
      body: { code: nextCode(secret) },
    });
    expect(answer.status).toBe(403);
    expect((answer.json() as { detail: string }).detail).toMatch(/^CSRF Failed/);
    expect(await totpOf(app.db, account.id)).toEqual(before);
  });

  it('is not made by a session that ended meanwhile', async () => {
    const account = await app.register();
    const [mine, other] = [await signIn(account), await signIn(account)];
    const code = codeOf(await secretOf(mine));
    await other.send('/api/auth/sessions?others=true', { method: 'DELETE' });
    expect((await confirm(mine, code)).status).toBe(401);
    expect((await stateOf(other)).totp.enabled).toBe(false);
  });

  it('by two sessions at once leaves one of them, with the change', async () => {
    const account = await app.register();
    const browsers = [await signIn(account), await signIn(account)];
    const [first = app.browser(), second = app.browser()] = browsers;
    const code = codeOf(await secretOf(first));
    const answers = await Promise.all([confirm(first, code), confirm(second, code)]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const states = await Promise.all(browsers.map((browser) => browser.send(FACTORS)));
    expect(states.map(({ status }) => status).sort()).toEqual([200, 401]);
  });
});

describe('the secret of an app', () => {
  it('is in the answer that begins it, and in no other answer, log or row', async () => {
    const account = await app.register();
    const browser = await signIn(account);
    const from = app.logs.length;
    const secret = await secretOf(browser);
    const code = codeOf(secret);
    const answers = [
      await confirm(browser, code),
      await begin(browser),
      await renew(browser, nextCode(secret)),
    ];
    for (const path of [FACTORS, `/api/users/${account.id}/factors`, '/api/users/self', '/api/auth/sessions'])
      answers.push(await browser.send(path));
    for (const { text } of answers) expect(text).not.toContain(secret);
    const log = app.logs.slice(from).join('\n');
    const codes = answers.flatMap(({ text }) => text.match(/[0-9a-z]{5}(-[0-9a-z]{5}){2}/g) ?? []);
    expect(codes).toHaveLength(20);
    for (const hidden of [secret, code, ...codes, 'otpauth:']) expect(log).not.toContain(hidden);
    const stored = (await totpOf(app.db, account.id))?.secret ?? Buffer.alloc(0);
    expect(stored).toHaveLength(1 + 12 + 16 + 20);
  });

  it('does not count for another account to which its row was moved, and gives 503, not 500', async () => {
    const thief = await enrol();
    const victim = await app.register();
    const browser = await signIn(victim);
    await moveTotp(app.db, thief.account.id, victim.id);
    const answer = await remove(browser, nextCode(thief.secret));
    expect(answer.status).toBe(503);
    expect(answer.json()).toEqual({
      detail:
        'The second factor of this account cannot be read: the SECRET_KEY of the server has changed. Use a recovery code, or ask an administrator to remove the factor.',
      code: 'second_factor_unreadable',
    });
    expect(answer.headers['retry-after']).toBe('3600');
    expect((await stateOf(browser)).totp.enabled).toBe(true);
  });

  it('that cannot be read leaves recovery codes, and can be begun again if it was not confirmed', async () => {
    const [one, two] = [await enrol(), await app.register()];
    const browser = await signIn(two);
    const foreign = await signIn(await app.register());
    await secretOf(foreign);
    await moveTotp(app.db, one.account.id, two.id);
    expect((await renew(one.browser, one.recoveryCodes[0] ?? '')).status).toBe(400);
    expect((await begin(one.browser)).status).toBe(201);
    // An account that has a factor, whichever it is, needs a proof of it.
    expect((await begin(browser)).status).toBe(403);
  });
});

describe('without MFA_TOTP and MFA_WEBAUTHN', () => {
  it('nothing can be set up, and the state is still shown', async () => {
    const other = await start({ env: { MFA_TOTP: 'false', MFA_WEBAUTHN: 'false' } });
    const actions = factorActions(other);
    const account = await other.register();
    const browser = await actions.signIn(account);
    for (const [method, path] of CHANGES)
      expect((await browser.send(FACTORS + path, { method, body: { code: '123456' } })).status).toBe(404);
    expect((await actions.stateOf(browser)).totp.enabled).toBe(false);
    expect((await browser.send(`/api/users/${account.id}/factors`)).status).toBe(200);
  });
});
