import { describe, expect, it } from 'vitest';
import { useTestApp } from '../../support/app.js';
import { FACTORS, factorActions } from '../../support/factor-actions.js';
import { countFactorRows } from '../../support/factor-rows.js';
import type { Browser } from '../../support/http.js';
import { KEYS, keyActions, PUBLIC_URL, STALE } from '../../support/key-actions.js';
import { subjectOf, useMailbox } from '../../support/mailbox.js';
import { hasToken } from '../../support/rows.js';
import { sessionActions } from '../../support/session-actions.js';

/** Adding, naming and removing passkeys and security keys, as their owner does it. */

const MINUTE = 60_000;
const mailbox = useMailbox();
const app = useTestApp(() => ({ env: { ...mailbox.env, PUBLIC_URL } }));
const { signIn, statusOf } = sessionActions(app);
const keys = keyActions(app);
const totp = factorActions(app);
const { creationOptions, make, finishAdding, add, enrol, keysOf, rename, remove } = keys;

const mailsOf = async (email: string) =>
  (await mailbox.collect(app)).filter(({ recipients }) => recipients.includes(email)).map(subjectOf);

describe('the options for a new key', () => {
  it('name this site and the account, and tell authenticators nothing else of it', async () => {
    const account = await app.register();
    const options = await creationOptions(await signIn(account));
    expect(options).toMatchObject({
      rp: { id: 'cvat.example.org' },
      user: { name: account.username, displayName: account.username },
      excludeCredentials: [],
      attestation: 'none',
    });
    const handle = Buffer.from(options.user.id, 'base64url');
    expect(handle).toHaveLength(32);
    for (const hint of [account.username, account.email])
      expect(handle.toString('latin1')).not.toContain(hint);
  });

  it('have a new challenge each time, and the same account', async () => {
    const browser = await signIn(await app.register());
    const [first, second] = [await creationOptions(browser), await creationOptions(browser)];
    expect(first.challenge).not.toBe(second.challenge);
    expect(first.user).toEqual(second.user);
    const other = await creationOptions(await signIn(await app.register()));
    expect(other.user.id).not.toBe(first.user.id);
  });

  it('exclude the keys that the account has', async () => {
    const { browser, key } = await enrol();
    expect((await creationOptions(browser)).excludeCredentials).toEqual([
      { id: key.id.toString('base64url'), type: 'public-key', transports: ['internal', 'hybrid'] },
    ]);
  });
});

describe('the first key of an account', () => {
  it('comes with ten recovery codes, and is shown by its name', async () => {
    const { browser, recoveryCodes } = await enrol();
    expect(new Set(recoveryCodes).size).toBe(10);
    expect(await keysOf(browser)).toEqual({
      totp: { enabled: false, created_date: null },
      recovery_codes: { remaining: 10 },
      webauthn: [
        {
          id: expect.any(Number),
          name: 'My key',
          created_date: expect.stringMatching(/^20.*Z$/),
          last_used_date: null,
        },
      ],
    });
  });

  it('ends the other sessions and the API token, and tells its owner', async () => {
    const account = await app.register();
    const [mine, other] = [await signIn(account), await signIn(account)];
    await mailbox.collect(app);
    await add(mine);
    expect([await statusOf(mine), await statusOf(other)]).toEqual([200, 401]);
    expect(await hasToken(app.db, account.id)).toBe(false);
    expect(await mailsOf(account.email)).toEqual([
      expect.stringContaining('A key was added to your account'),
    ]);
  });

  it('is a second factor: the session that added it has proved it, and a password alone is not enough', async () => {
    const { account, browser } = await enrol();
    const tokens = await browser.send('/api/auth/access_tokens', { method: 'POST', body: { name: 'x' } });
    expect(tokens.status).toBe(201);
    const { username, password } = account;
    const answer = await app.send('/api/auth/login', { method: 'POST', body: { username, password } });
    expect(answer.status).toBe(400);
    expect((await app.send('/api/users/self', { headers: account.basic })).status).toBe(401);
  });

  it('is kept once when a browser sends it twice at once', async () => {
    const account = await app.register();
    const browser = await signIn(account);
    const { credential } = make(await creationOptions(browser));
    const headers = { Cookie: browser.cookieHeader(), 'X-CSRFToken': browser.jar.get('csrftoken') ?? '' };
    const body = { name: 'Twice', credential };
    const send = () => app.send(KEYS, { method: 'POST', headers, body });
    const answers = await Promise.all([send(), send(), send()]);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(await countFactorRows(app.db, account.id)).toBe(1 + 10);
  });
});

describe('more factors', () => {
  it('come without new recovery codes, whichever is the first', async () => {
    const { browser } = await enrol();
    expect((await add(browser, 'Second')).recoveryCodes).toEqual([]);
    const secret = await totp.secretOf(browser);
    const app1 = await totp.confirm(browser, totp.codeOf(secret));
    expect([app1.status, totp.codesIn(app1)]).toEqual([200, []]);
    const other = await totp.enrol();
    expect((await add(other.browser)).recoveryCodes).toEqual([]);
    expect((await keysOf(other.browser)).recovery_codes.remaining).toBe(10);
  });

  it('need a fresh proof, of either kind', async () => {
    const { browser } = await enrol();
    app.clock.advance(15 * MINUTE);
    for (const path of ['/webauthn/options', '/webauthn', '/totp', '/totp/confirm']) {
      const sent = { method: 'POST', body: { name: 'x', code: '123456' } };
      const answer = await browser.send(FACTORS + path, path.endsWith('/options') ? {} : sent);
      expect([path, answer.status]).toEqual([path, 403]);
      expect(answer.json()).toMatchObject({ code: 'second_factor_needed' });
    }
  });

  it('are twenty keys at most', async () => {
    const { browser } = await enrol();
    for (let count = 1; count < 20; count += 1) await add(browser, `Key ${count}`);
    const { credential } = make(await creationOptions(browser));
    const answer = await finishAdding(browser, 'One more', credential);
    expect([answer.status, answer.json()]).toEqual([400, ['An account can have 20 keys. Remove one first.']]);
  });
});

describe('a key that is removed', () => {
  it('takes the recovery codes with it if it was the last factor, ends other sessions, and tells its owner', async () => {
    const { account, browser, keyId } = await enrol();
    await mailbox.collect(app);
    expect((await remove(browser, keyId)).status).toBe(204);
    expect(await countFactorRows(app.db, account.id)).toBe(0);
    expect(await mailsOf(account.email)).toEqual([
      expect.stringContaining('The second factor of your account was removed'),
    ]);
    expect((await signIn(account)).jar.has('sessionid')).toBe(true);
  });

  it('leaves the recovery codes while there is another factor', async () => {
    const { account, browser, keyId } = await enrol();
    await add(browser, 'Second');
    await mailbox.collect(app);
    expect((await remove(browser, keyId)).status).toBe(204);
    const state = await keysOf(browser);
    expect(state.webauthn.map(({ name }) => name)).toEqual(['Second']);
    expect(state.recovery_codes.remaining).toBe(10);
    expect(await mailsOf(account.email)).toEqual([
      expect.stringContaining('A second factor of your account was removed'),
    ]);
  });

  it('is not needed for the codes when the app goes: those stay with the key', async () => {
    const { browser, recoveryCodes } = await enrol();
    const secret = await totp.secretOf(browser);
    await totp.confirm(browser, totp.codeOf(secret));
    expect((await totp.remove(browser, totp.nextCode(secret))).status).toBe(204);
    expect((await keysOf(browser)).recovery_codes.remaining).toBe(10);
    expect((await totp.renew(browser, recoveryCodes[0] ?? '')).status).toBe(201);
  });

  it('needs a fresh proof', async () => {
    const { browser, keyId } = await enrol();
    app.clock.advance(15 * MINUTE);
    expect((await remove(browser, keyId)).json()).toMatchObject({ code: 'second_factor_needed' });
    expect((await keysOf(browser)).webauthn).toHaveLength(1);
  });

  it('does not sign in any more, and can be added again', async () => {
    const { browser, keyId, key } = await enrol();
    await remove(browser, keyId);
    expect((await keys.passkeySignIn(key)).answer.status).toBe(400);
    const again = make(await creationOptions(browser), { id: key.id });
    expect((await finishAdding(browser, 'Again', again.credential)).status).toBe(201);
  });
});

describe('the name of a key', () => {
  it('is changed, and is the only thing that changes', async () => {
    const { browser, keyId } = await enrol();
    const before = (await keysOf(browser)).webauthn[0];
    const answer = await rename(browser, keyId, '  Blue key ');
    expect([answer.status, answer.json()]).toEqual([200, { ...before, name: 'Blue key' }]);
  });

  it.each(['', ' ', 'x'.repeat(101), 7.5e3, null, 'a\0b'])('is not %j', async (name) => {
    const { browser, keyId } = await enrol();
    const answer = await browser.send(`${KEYS}/${keyId}`, { method: 'PATCH', body: { name } });
    expect(answer.status).toBe(name === 7.5e3 ? 200 : 400);
  });
});

describe('recovery codes of an account that has keys alone', () => {
  it('are replaced in a session that has just proved a key, and by a recovery code', async () => {
    const { browser, recoveryCodes } = await enrol();
    const fresh = await browser.send(`${KEYS}/recovery-codes`, { method: 'POST' });
    expect(fresh.status).toBe(201);
    const [code = ''] = totp.codesIn(fresh);
    expect(recoveryCodes).not.toContain(code);
    expect((await totp.renew(browser, recoveryCodes[0] ?? '')).status).toBe(400);
    expect((await totp.renew(browser, code)).status).toBe(201);
  });

  it('are not replaced without a code when the proof is old, nor where there is an app, or nothing', async () => {
    const renew = async (browser: Pick<Browser, 'send'>) => {
      const answer = await browser.send(`${KEYS}/recovery-codes`, { method: 'POST' });
      return [answer.status, answer.json()];
    };
    const { browser } = await enrol();
    app.clock.advance(15 * MINUTE);
    expect(await renew(browser)).toEqual([403, expect.objectContaining({ code: 'second_factor_needed' })]);
    const { browser: other } = await totp.enrol();
    await add(other);
    expect(await renew(other)).toEqual([400, ['Send a code of your authenticator app, or a recovery code.']]);
    const nobody = await signIn(await app.register());
    expect(await renew(nobody)).toEqual([400, ['No second factor is set up.']]);
  });
});

describe('an answer of a browser that adds a key', () => {
  it('counts for five minutes', async () => {
    const browser = await signIn(await app.register());
    const { credential } = make(await creationOptions(browser));
    app.clock.advance(5 * MINUTE);
    const answer = await finishAdding(browser, 'Late', credential);
    expect([answer.status, answer.json()]).toEqual([400, { credential: [STALE] }]);
  });

  it('counts in a second tab too, in which the options were asked for later', async () => {
    const browser = await signIn(await app.register());
    const [first, second] = [await creationOptions(browser), await creationOptions(browser)];
    expect((await finishAdding(browser, 'Second', make(second).credential)).status).toBe(201);
    expect((await finishAdding(browser, 'First', make(first).credential)).status).toBe(201);
  });

  it('may attest to anything: no maker is trusted, and no certificate is read', async () => {
    const browser = await signIn(await app.register());
    const statement = new Map([['x5c', [Buffer.from('not a certificate')]]]);
    await add(browser, 'Attested', { attestation: ['packed', statement] });
    await add(browser, 'Other', { attestation: ['android-safetynet', new Map([['ver', 'x']])] });
    expect((await keysOf(browser)).webauthn).toHaveLength(2);
  });

  it('says how browsers reach the key, of which only words that we know are kept', async () => {
    const { browser } = await enrol(undefined, { transports: ['usb', 'usb', '<script>', 'nfc'] });
    const [found] = (await creationOptions(browser)).excludeCredentials;
    expect(found).toMatchObject({ transports: ['usb', 'nfc'] });
  });
});
