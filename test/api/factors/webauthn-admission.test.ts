import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { createTestApp, type TestApp } from '../../support/app.js';
import { FACTORS, factorActions } from '../../support/factor-actions.js';
import { startScriptedProvider } from '../../support/hostile-provider.js';
import { KEYS, keyActions, PUBLIC_URL } from '../../support/key-actions.js';
import { openIdEntry, whoIs, writeAuthConfig } from '../../support/sign-on.js';

/** Whom a passkey lets in: nobody whom their password would not, and nobody by a way around the settings. */

const provider = await startScriptedProvider();
afterAll(provider.stop);
const PASSWORDS_OFF = {
  AUTH_CONFIG_PATH: writeAuthConfig({
    basic: { login: { enabled: false } },
    sso: { enabled: true, identity_providers: [openIdEntry(provider)] },
  }),
};

/** @returns a function that starts the same server with other settings */
function restarting() {
  const folder = mkdtempSync(path.join(tmpdir(), 'keys-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const env = { PUBLIC_URL, DATA_DIR: folder };
  return async <T>(more: Readonly<Record<string, string>>, use: (app: TestApp) => Promise<T>): Promise<T> => {
    const app = await createTestApp({ env: { ...env, ...more }, engines: 'embedded' });
    try {
      return await use(app);
    } finally {
      await app.close();
    }
  };
}

describe('Where passwords are turned off, a passkey alone', () => {
  it('lets in superusers only, and the log shows it; with BREAK_GLASS=false nobody', async () => {
    const restart = restarting();
    const holders = await restart({}, async (app) => ({
      person: await keyActions(app).enrol(),
      root: await keyActions(app).enrol({ ...(await app.register()), ...app.admin }),
    }));
    await restart(PASSWORDS_OFF, async (app) => {
      const { passkeySignIn } = keyActions(app);
      const refused = await passkeySignIn(holders.person.key);
      expect([refused.answer.status, refused.answer.json()]).toEqual([
        400,
        { credential: ['Passkeys are turned off for this account: sign in at your identity provider.'] },
      ]);
      expect(await whoIs(refused.browser)).toBeNull();
      const from = app.logs.length;
      const { answer, browser } = await passkeySignIn(holders.root.key);
      expect([answer.status, await whoIs(browser)]).toEqual([
        200,
        expect.objectContaining({ username: app.admin.username }),
      ]);
      expect(app.logs.slice(from).join('\n')).toContain('login.break_glass');
    });
    await restart({ ...PASSWORDS_OFF, BREAK_GLASS: 'false' }, async (app) => {
      const { answer } = await keyActions(app).passkeySignIn(holders.root.key);
      expect(answer.status).toBe(400);
    });
  });
});

describe('Where addresses must be confirmed, a passkey alone', () => {
  it('opens no session before, and asks for the confirmation as a password does', async () => {
    const restart = restarting();
    const { key } = await restart({}, (app) => keyActions(app).enrol());
    await restart({ ACCOUNT_EMAIL_VERIFICATION: 'mandatory' }, async (app) => {
      const { answer, browser } = await keyActions(app).passkeySignIn(key);
      expect([answer.status, answer.json()]).toEqual([400, { non_field_errors: ['Unverified email'] }]);
      expect(await whoIs(browser)).toBeNull();
    });
  });
});

describe('Where MFA_REQUIRED asks for a second factor', () => {
  it('a key is one: people who can do nothing else add it, and then can do everything', async () => {
    const app = await createTestApp({ env: { PUBLIC_URL, MFA_REQUIRED: 'all', MFA_TOTP: 'false' } });
    onTestFinished(app.close);
    const account = await app.register();
    const browser = await keyActions(app).beginSignIn(account);
    await browser.send('/api/auth/login/code', { method: 'POST', body: {} });
    expect((await browser.send('/api/users/self')).status).toBe(403);
    expect((await browser.send(`${FACTORS}/proof/webauthn/options`)).status).toBe(403);
    const { recoveryCodes } = await keyActions(app).add(browser);
    expect(recoveryCodes).toHaveLength(10);
    expect((await browser.send('/api/users/self')).status).toBe(200);
  });
});

describe('Without MFA_WEBAUTHN, a key that was added before', () => {
  it('stays a second factor, and is not enough alone', async () => {
    const restart = restarting();
    const holder = await restart({}, (app) => keyActions(app).enrol());
    await restart({ MFA_WEBAUTHN: 'false' }, async (app) => {
      const { beginSignIn, stepOptions, finishStep, answer, keysOf } = keyActions(app);
      const browser = await beginSignIn(holder.account);
      const credential = answer(await stepOptions(browser), holder.key);
      expect((await finishStep(browser, credential)).status).toBe(200);
      expect((await keysOf(browser)).webauthn).toHaveLength(1);
      expect((await browser.send(`${KEYS}/${holder.keyId}`, { method: 'DELETE' })).status).toBe(404);
      expect((await app.send('/api/auth/login/passkey', { method: 'POST', body: {} })).status).toBe(404);
      const renewed = await factorActions(app).renew(browser, holder.recoveryCodes[0] ?? '');
      expect(renewed.status).toBe(201);
    });
  });
});

describe('The hint after a right password', () => {
  it('names what the account has', async () => {
    const app = await createTestApp({ env: { PUBLIC_URL } });
    onTestFinished(app.close);
    const page = `${PUBLIC_URL}/account/sign-in?step=code`;
    const hintOf = async ({ username, password }: { username: string; password: string }) => {
      const body = { username, password };
      const answer = await app.send('/api/auth/login', { method: 'POST', body });
      return (answer.json() as { non_field_errors: readonly string[] }).non_field_errors;
    };
    const { account } = await keyActions(app).enrol();
    expect(await hintOf(account)).toEqual([
      `Enter your password followed by a recovery code, or [use your passkey or security key here](${page}).`,
    ]);
    const both = await factorActions(app).enrol();
    await keyActions(app).add(both.browser);
    expect(await hintOf(both.account)).toEqual([
      `Enter your password followed by the six digits of your authenticator app, or [use your passkey or security key here](${page}).`,
    ]);
  });
});
