import { describe, expect, it } from 'vitest';
import { useTestApp } from '../../support/app.js';
import { FACTORS, factorActions } from '../../support/factor-actions.js';
import { COPIED, keyActions, PUBLIC_URL, STALE, UNKNOWN_KEY, WRONG_KEY } from '../../support/key-actions.js';
import { whoIs } from '../../support/sign-on.js';
import { useWorld } from '../../support/world.js';

/** Signing in with a passkey alone, with a key after the password, and proving a key again. */

const MINUTE = 60_000;
const app = useTestApp({ env: { PUBLIC_URL } });
const world = useWorld(app);
const totp = factorActions(app);
const {
  enrol,
  passkeyOptions,
  passkeySignIn,
  answer: answerOf,
  finishSignIn,
  stepOptions,
  finishStep,
  beginSignIn,
  proofOptions,
  finishProof,
  keysOf,
  signIn,
} = keyActions(app);

interface LoggedEvent {
  readonly event?: string;
}

/** @returns the security events that a call causes: their names */
async function eventsOf(call: () => Promise<unknown>): Promise<readonly (string | undefined)[]> {
  const from = app.logs.length;
  await call();
  return app.logs
    .slice(from)
    .map((line) => (JSON.parse(line) as LoggedEvent).event)
    .filter((event) => event !== undefined);
}

describe('a passkey alone', () => {
  it('signs in: a session, an API token and a fresh proof', async () => {
    const { account, key } = await enrol();
    const { answer, browser } = await passkeySignIn(key);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.json()).toEqual({ key: expect.stringMatching(/^[0-9a-f]{40}$/) });
    expect(await whoIs(browser)).toMatchObject({ id: account.id });
    const token = await browser.send('/api/auth/access_tokens', { method: 'POST', body: { name: 'x' } });
    expect(token.status).toBe(201);
    expect((await keysOf(browser)).webauthn[0]?.last_used_date).toMatch(/^20/);
  });

  it('is noted as such', async () => {
    const { key } = await enrol();
    const from = app.logs.length;
    await passkeySignIn(key);
    const events = app.logs.slice(from).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events).toContainEqual(expect.objectContaining({ event: 'login.succeeded', way: 'passkey' }));
  });

  it('is asked for in the same way by everybody, without a list of keys', async () => {
    await enrol();
    const options = await passkeyOptions(app.browser());
    expect(options).toEqual({
      rpId: 'cvat.example.org',
      challenge: expect.stringMatching(/^[\w-]{72}$/),
      timeout: 300_000,
      allowCredentials: [],
      userVerification: 'required',
    });
  });

  it('has to have verified its person', async () => {
    const { key } = await enrol();
    const { answer } = await passkeySignIn(key, { isVerified: false });
    expect([answer.status, answer.json()]).toEqual([400, { credential: [UNKNOWN_KEY] }]);
  });

  it('has to say whose it is', async () => {
    const { key } = await enrol();
    const { key: other } = await enrol();
    for (const userHandle of [null, other.userHandle])
      expect((await passkeySignIn(key, { userHandle })).answer.status).toBe(400);
  });

  it('of an inactive account is refused with the sentence for one that nobody has', async () => {
    const { account, key } = await enrol();
    const { key: unknown } = await enrol();
    await world.admin.send('PATCH', `/api/users/${account.id}`, { is_active: false });
    const inactive = (await passkeySignIn(key)).answer;
    const nobody = (await passkeySignIn({ ...unknown, id: Buffer.from('nobody has this id') })).answer;
    expect([inactive.status, inactive.json()]).toEqual([400, { credential: [UNKNOWN_KEY] }]);
    expect([nobody.status, nobody.json()]).toEqual([400, { credential: [UNKNOWN_KEY] }]);
  });
});

describe('a key after the password', () => {
  it('finishes the sign-in, without having verified its person', async () => {
    const { account, key } = await enrol();
    const browser = await beginSignIn(account);
    const options = await stepOptions(browser);
    expect(options.allowCredentials.map(({ id }) => id)).toEqual([key.id.toString('base64url')]);
    const credential = answerOf(options, key, { isVerified: false, userHandle: null });
    const answer = await finishStep(browser, credential);
    expect(answer.status, answer.text).toBe(200);
    expect(await whoIs(browser)).toMatchObject({ id: account.id });
  });

  it('is not the only way: a recovery code finishes it too, after the key was lost', async () => {
    const { account, recoveryCodes } = await enrol();
    const browser = await beginSignIn(account);
    const body = { code: recoveryCodes[0] };
    expect((await browser.send('/api/auth/login/code', { method: 'POST', body })).status).toBe(200);
    expect(await whoIs(browser)).toMatchObject({ id: account.id });
    const password = `${account.password} ${recoveryCodes[1]}`;
    expect((await signIn({ ...account, password })).jar.has('sessionid')).toBe(true);
  });

  it('is offered beside the app of an account that has both', async () => {
    const person = await totp.enrol();
    const { key } = await keyActions(app).add(person.browser);
    const browser = await beginSignIn(person.account);
    const credential = answerOf(await stepOptions(browser), key);
    expect((await finishStep(browser, credential)).status).toBe(200);
    expect((await totp.signInAgain(person)).jar.has('sessionid')).toBe(true);
  });

  it('is not asked for without a sign-in that has begun, and is nobody’s without a key', async () => {
    const browser = app.browser();
    const early = await browser.send('/api/auth/login/key/options');
    expect([early.status, early.json()]).toEqual([
      400,
      { non_field_errors: ['This sign-in is too old, or began in another browser. Sign in again.'] },
    ]);
    const { account } = await totp.enrol();
    expect((await stepOptions(await beginSignIn(account))).allowCredentials).toEqual([]);
  });

  it('of another account is refused, whatever it says', async () => {
    const [{ account }, other] = [await enrol(), await enrol()];
    const browser = await beginSignIn(account);
    const options = await stepOptions(browser);
    const answer = await finishStep(browser, answerOf(options, other.key, { userHandle: null }));
    expect([answer.status, answer.json()]).toEqual([400, { credential: [WRONG_KEY] }]);
    expect(await whoIs(browser)).toBeNull();
  });

  it('still works after five wrong codes: nobody can guess it', async () => {
    const { account, key } = await enrol();
    const browser = await beginSignIn(account);
    for (let count = 0; count < 6; count += 1)
      await browser.send('/api/auth/login/code', { method: 'POST', body: { code: '000000' } });
    expect((await finishStep(browser, answerOf(await stepOptions(browser), key))).status).toBe(200);
  });
});

describe('a proof by a key', () => {
  it('is fresh for 15 minutes, under another session key', async () => {
    const { browser, key } = await enrol();
    app.clock.advance(15 * MINUTE);
    const create = () => browser.send('/api/auth/access_tokens', { method: 'POST', body: { name: 'x' } });
    expect((await create()).status).toBe(403);
    const before = browser.jar.get('sessionid');
    expect((await finishProof(browser, answerOf(await proofOptions(browser), key))).status).toBe(204);
    expect(browser.jar.get('sessionid')).not.toBe(before);
    expect((await create()).status).toBe(201);
  });

  it('is given in a session only, with a key of one’s own', async () => {
    const [{ account, browser, key }, other] = [await enrol(), await enrol()];
    const wrong = await finishProof(browser, answerOf(await proofOptions(browser), other.key));
    expect([wrong.status, wrong.json()]).toEqual([400, { credential: [WRONG_KEY] }]);
    const body = { credential: answerOf(await proofOptions(browser), key) };
    for (const [path, options] of [
      ['/proof/webauthn/options', {}],
      ['/proof/webauthn', { method: 'POST', body }],
    ] as const) {
      const answer = await app.send(FACTORS + path, { ...options, headers: account.basic });
      expect(answer.status).toBe(401);
      expect((await app.send(FACTORS + path, options)).status).toBe(401);
    }
  });
});

describe('a key whose counter', () => {
  it('grows is accepted, and stays at 0 if it does not count', async () => {
    const counting = await enrol(undefined, { counter: 7 });
    for (const counter of [8, 9, 4_000_000_000])
      expect((await passkeySignIn(counting.key, { counter })).answer.status).toBe(200);
    const { key } = await enrol();
    for (let count = 0; count < 3; count += 1) expect((await passkeySignIn(key)).answer.status).toBe(200);
  });

  it.each([0, 6, 7])(
    'goes from 7 to %i may be a copy: nobody is signed in, and the log tells',
    async (counter) => {
      const { account, key } = await enrol(undefined, { counter: 7 });
      const events = await eventsOf(async () => {
        const { answer, browser } = await passkeySignIn(key, { counter });
        expect([answer.status, answer.json()]).toEqual([400, { credential: [COPIED] }]);
        expect(await whoIs(browser)).toBeNull();
      });
      expect(events).toEqual(['factor.copied', 'login.failed']);
      const browser = await beginSignIn(account);
      const step = await finishStep(browser, answerOf(await stepOptions(browser), key, { counter }));
      expect([step.status, step.json()]).toEqual([400, { credential: [COPIED] }]);
      expect((await passkeySignIn(key, { counter: 8 })).answer.status).toBe(200);
    },
  );

  it('stands still in two answers at once lets one of them in', async () => {
    const { key } = await enrol(undefined, { counter: 7 });
    const tries = await Promise.all([passkeySignIn(key, { counter: 8 }), passkeySignIn(key, { counter: 8 })]);
    expect(tries.map(({ answer }) => answer.status).sort()).toEqual([200, 400]);
  });
});

describe('a challenge', () => {
  it('counts once: an answer that is sent many times at once lets one in, also of a key that does not count', async () => {
    const { key } = await enrol();
    const browser = app.browser();
    const credential = answerOf(await passkeyOptions(browser), key);
    const headers = { Cookie: browser.cookieHeader() };
    const send = () => app.send('/api/auth/login/passkey', { method: 'POST', headers, body: { credential } });
    const answers = await Promise.all(Array.from({ length: 8 }, send));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const late = await send();
    expect([late.status, late.json()]).toEqual([400, { credential: [STALE] }]);
  });

  it('counts for five minutes', async () => {
    const { key } = await enrol();
    const browser = app.browser();
    const credential = answerOf(await passkeyOptions(browser), key);
    app.clock.advance(5 * MINUTE);
    expect((await finishSignIn(browser, credential)).json()).toEqual({ credential: [STALE] });
  });

  it('counts in the browser that asked for it alone', async () => {
    const { key } = await enrol();
    const [mine, other] = [app.browser(), app.browser()];
    const credential = answerOf(await passkeyOptions(mine), key);
    await passkeyOptions(other);
    for (const browser of [other, app.browser()])
      expect((await finishSignIn(browser, credential)).json()).toEqual({ credential: [STALE] });
    expect((await finishSignIn(mine, credential)).status).toBe(200);
  });

  it('counts for what it was asked for alone, and for nobody else', async () => {
    const [one, two] = [await enrol(), await enrol()];
    const browser = await beginSignIn(one.account);
    const passkey = answerOf(await passkeyOptions(browser), one.key);
    const step = answerOf(await stepOptions(browser), one.key);
    expect((await finishStep(browser, passkey)).json()).toEqual({ credential: [STALE] });
    expect((await finishSignIn(browser, step)).json()).toEqual({ credential: [STALE] });
    expect((await finishProof(one.browser, step)).json()).toEqual({ credential: [STALE] });
    const proof = answerOf(await proofOptions(one.browser), two.key);
    two.browser.jar.set('webauthn', one.browser.jar.get('webauthn') ?? '');
    expect((await finishProof(two.browser, proof)).json()).toEqual({ credential: [STALE] });
  });

  it('that was made up, or changed, counts for nothing', async () => {
    const { key } = await enrol();
    const browser = app.browser();
    const options = await passkeyOptions(browser);
    const changed = `${options.challenge.startsWith('A') ? 'B' : 'A'}${options.challenge.slice(1)}`;
    for (const challenge of [changed, '', 'A'.repeat(72), `${options.challenge}A`, '🔑'])
      expect((await finishSignIn(browser, answerOf(options, key, { challenge }))).status).toBe(400);
    expect((await finishSignIn(browser, answerOf(options, key))).status).toBe(200);
  });
});
