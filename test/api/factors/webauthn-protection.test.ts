import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createTestApp, type TestAppOptions, useTestApp } from '../../support/app.js';
import type { Twist } from '../../support/authenticator.js';
import { FACTORS, factorActions } from '../../support/factor-actions.js';
import { countFactorRows } from '../../support/factor-rows.js';
import { KEYS, keyActions, PUBLIC_URL, UNKNOWN_KEY } from '../../support/key-actions.js';
import { insertAccessToken } from '../../support/rows.js';
import { whoIs } from '../../support/sign-on.js';

/** Who may change keys, and what an answer must not get away with. */

const app = useTestApp({ env: { PUBLIC_URL, LOG_LEVEL: 'trace' } });
const actions = keyActions(app);
const { enrol, signIn, creationOptions, make, finishAdding, add, keysOf, passkeyOptions, passkeySignIn } =
  actions;

const NOT_READABLE = {
  credential: ['The key could not be added: its answer is not for this site, or it is damaged.'],
};

async function start(options: TestAppOptions) {
  const other = await createTestApp(options);
  onTestFinished(other.close);
  return other;
}

/** What must be right in every answer. */
const TWISTS: readonly (readonly [string, Twist])[] = [
  ['from a page of another site', { origin: 'https://cvat.example.com' }],
  ['from a page of another port', { origin: `${PUBLIC_URL}:8443` }],
  ['from a page without encryption', { origin: 'http://cvat.example.org' }],
  ['from a page of a subdomain', { origin: 'https://evil.cvat.example.org' }],
  ['for another site', { rpId: 'example.org' }],
  ['in a frame of another site', { crossOrigin: true }],
  ['without a person', { isPresent: false }],
  ['of another kind', { type: 'payment.get' }],
];

describe('an answer', () => {
  it.each(TWISTS)('%s adds no key', async (_what, twist) => {
    const account = await app.register();
    const browser = await signIn(account);
    const { credential } = make(await creationOptions(browser), twist);
    const answer = await finishAdding(browser, 'x', credential);
    expect(answer.status).toBe(400);
    expect(Object.keys(answer.json() as object)).toEqual(['credential']);
    expect(await countFactorRows(app.db, account.id)).toBe(0);
  });

  it.each(TWISTS)('%s signs nobody in', async (_what, twist) => {
    const { account, browser, key } = await enrol();
    const passkey = await passkeySignIn(key, twist);
    expect([passkey.answer.status, passkey.answer.json()]).toEqual([400, { credential: [UNKNOWN_KEY] }]);
    expect(await whoIs(passkey.browser)).toBeNull();
    const begun = await actions.beginSignIn(account);
    const step = actions.answer(await actions.stepOptions(begun), key, twist);
    expect((await actions.finishStep(begun, step)).status).toBe(400);
    const proof = actions.answer(await actions.proofOptions(browser), key, twist);
    expect((await actions.finishProof(browser, proof)).status).toBe(400);
  });

  it('with the signature of another key signs nobody in', async () => {
    const [one, two] = [await enrol(), await enrol()];
    const forged = { ...two.key, id: one.key.id, userHandle: one.key.userHandle };
    expect((await passkeySignIn(forged)).answer.json()).toEqual({ credential: [UNKNOWN_KEY] });
  });

  it('with a key of an algorithm that was not offered adds no key', async () => {
    const browser = await signIn(await app.register());
    const { credential } = make(await creationOptions(browser), { algorithm: -35 });
    const answer = await finishAdding(browser, 'x', credential);
    expect([answer.status, answer.json()]).toEqual([400, NOT_READABLE]);
  });

  it('with an id of another account’s key adds no key, and that key goes on', async () => {
    const { key } = await enrol();
    const browser = await signIn(await app.register());
    const { credential } = make(await creationOptions(browser), { id: key.id });
    const answer = await finishAdding(browser, 'x', credential);
    expect([answer.status, answer.json()]).toEqual([
      400,
      { credential: ['This key was added to an account already.'] },
    ]);
    expect((await passkeySignIn(key)).answer.status).toBe(200);
  });

  it('that names another key than the one that it has adds no key', async () => {
    const browser = await signIn(await app.register());
    const { credential } = make(await creationOptions(browser));
    const id = Buffer.from('another id').toString('base64url');
    const answer = await finishAdding(browser, 'x', { ...credential, id, rawId: id });
    expect([answer.status, answer.json()]).toEqual([400, NOT_READABLE]);
  });

  it('to the options of another person adds no key', async () => {
    const [mine, theirs] = [await signIn(await app.register()), await signIn(await app.register())];
    const { credential } = make(await creationOptions(theirs));
    mine.jar.set('webauthn', theirs.jar.get('webauthn') ?? '');
    expect((await finishAdding(mine, 'x', credential)).status).toBe(400);
    expect((await finishAdding(theirs, 'x', credential)).status).toBe(201);
  });
});

/** What no browser sends. */
const BAD: readonly (readonly [string, (credential: Record<string, unknown>) => unknown])[] = [
  ['nothing', () => undefined],
  ['null', () => null],
  ['a text', () => 'credential'],
  ['a list', (credential) => [credential]],
  ['an empty object', () => ({})],
  ['no id', ({ id: _id, ...rest }) => rest],
  ['an id that is no base64url', (credential) => ({ ...credential, id: 'a+b/c=' })],
  ['a number as id', (credential) => ({ ...credential, id: 7 })],
  ['an endless id', (credential) => ({ ...credential, id: 'A'.repeat(1365) })],
  ['two ids', (credential) => ({ ...credential, rawId: 'AAAA' })],
  ['another type', (credential) => ({ ...credential, type: 'password' })],
  ['no response', ({ response: _response, ...rest }) => rest],
  ['an empty response', (credential) => ({ ...credential, response: {} })],
  ['a response of noise', (credential) => ({ ...credential, response: noise(credential['response']) })],
];

/** The same members, of which none is what it should be: the first stays, so that the challenge is right. */
function noise(response: unknown): object {
  const [[first = '', client] = [], ...others] = Object.entries(response as object) as [string, unknown][];
  const wrong = others.map(([name, value]) => [name, typeof value === 'string' ? 'o2NmbXRk' : value]);
  return Object.fromEntries([[first, client], ...wrong]);
}

describe('a body', () => {
  it.each(BAD)('with %s is refused with 400, wherever it is sent', async (_what, spoil) => {
    const { account, browser, key } = await enrol();
    const creation = make(await creationOptions(browser)).credential;
    const answers = [await finishAdding(browser, 'x', spoil(creation))];
    const begun = await actions.beginSignIn(account);
    const anonymous = app.browser();
    answers.push(
      await actions.finishProof(browser, spoil(actions.answer(await actions.proofOptions(browser), key))),
      await actions.finishStep(begun, spoil(actions.answer(await actions.stepOptions(begun), key))),
      await actions.finishSignIn(anonymous, spoil(actions.answer(await passkeyOptions(anonymous), key))),
    );
    for (const answer of answers) {
      expect(answer.status, answer.text).toBe(400);
      expect(Object.keys(answer.json() as object)).toEqual(['credential']);
    }
    expect((await keysOf(browser)).webauthn).toHaveLength(1);
  });

  it.each(['transports', 'attestationObject', 'clientDataJSON'])(
    'with a wrong %s adds no key',
    async (name) => {
      const browser = await signIn(await app.register());
      const { credential } = make(await creationOptions(browser));
      for (const value of [7, {}, ['x', 7], 'A', '{}', null]) {
        const response = { ...credential.response, [name]: value };
        expect((await finishAdding(browser, 'x', { ...credential, response })).status).toBe(400);
      }
    },
  );
});

const CHANGES = [
  ['POST', ''],
  ['POST', '/recovery-codes'],
  ['PATCH', '/1'],
  ['DELETE', '/1'],
] as const;

describe('a change of keys', () => {
  it.each(CHANGES)('%s /webauthn%s needs a session and its CSRF token', async (method, path) => {
    const account = await app.register();
    const browser = await signIn(account);
    const body = { name: 'x', credential: make(await creationOptions(browser)).credential };
    const key = `${String(account.id).padStart(8, 'p')}.${'s'.repeat(32)}`;
    await insertAccessToken(app.db, { ownerId: account.id, key });
    const session = 'This needs a session: sign in with a browser.';
    for (const [headers, detail] of [
      [{ Authorization: `Token ${account.token}` }, undefined],
      [account.basic, session],
      [{ Authorization: `Bearer ${key}` }, 'You do not have permission to perform this action.'],
    ] as const) {
      const answer = await app.send(KEYS + path, { method, headers, body });
      expect([answer.status, answer.json()]).toEqual([403, { detail: detail ?? session }]);
    }
    expect((await app.send(KEYS + path, { method, body })).status).toBe(401);
    const headers = { Cookie: browser.cookieHeader() };
    const forged = await app.send(KEYS + path, { method, headers, body });
    expect([forged.status, (forged.json() as { detail: string }).detail]).toEqual([
      403,
      expect.stringMatching(/^CSRF Failed/),
    ]);
    expect(await countFactorRows(app.db, account.id)).toBe(0);
  });

  it('does not reach the keys of others, nor what is no key', async () => {
    const [mine, theirs] = [await enrol(), await enrol()];
    for (const id of [theirs.keyId, 2_000_000_000, -1, 99_999_999_999, 'x']) {
      const path = `${KEYS}/${id}`;
      const renamed = await mine.browser.send(path, { method: 'PATCH', body: { name: 'Mine' } });
      const removed = await mine.browser.send(path, { method: 'DELETE' });
      expect([renamed.status, removed.status]).toEqual([404, 404]);
    }
    expect((await keysOf(theirs.browser)).webauthn).toEqual([expect.objectContaining({ name: 'My key' })]);
  });

  it('is not made by a session that ended meanwhile', async () => {
    const account = await app.register();
    const [mine, other] = [await signIn(account), await signIn(account)];
    const { credential } = make(await creationOptions(mine));
    await other.send('/api/auth/sessions?others=true', { method: 'DELETE' });
    expect((await finishAdding(mine, 'x', credential)).status).toBe(401);
    expect(await countFactorRows(app.db, account.id)).toBe(0);
  });

  it('by an administrator removes keys too', async () => {
    const { account, browser } = await enrol();
    const administrator = await signIn(app.admin);
    const path = `/api/users/${account.id}/factors`;
    expect((await administrator.send(path)).json()).toMatchObject({ webauthn: [{ name: 'My key' }] });
    expect((await administrator.send(path, { method: 'DELETE' })).status).toBe(204);
    expect(await whoIs(browser)).toBeNull();
    expect(await countFactorRows(app.db, account.id)).toBe(0);
  });
});

describe('what makes a key', () => {
  it('is in no log and in no other answer', async () => {
    const { account, browser, key } = await enrol();
    const id = key.id.toString('base64url');
    const from = app.logs.length;
    const credential = actions.answer(await actions.proofOptions(browser), key);
    await actions.finishProof(browser, credential);
    const { credential: added } = await add(browser, 'Second');
    const log = app.logs.slice(from).join('\n');
    const secrets = [
      credential.response.signature,
      credential.response.clientDataJSON,
      added.response.attestationObject,
      id,
      key.userHandle,
      browser.jar.get('webauthn') ?? '',
    ];
    for (const secret of secrets) expect(log).not.toContain(secret);
    for (const path of [FACTORS, `/api/users/${account.id}/factors`, '/api/users/self'])
      expect((await browser.send(path)).text).not.toContain(id);
  });

  it('outlives the secret key of the server, and so does the name of its account towards authenticators', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'keys-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const env = { PUBLIC_URL, DATA_DIR: folder };
    const first = await createTestApp({ env: { ...env, SECRET_KEY: 'a'.repeat(50) }, engines: 'embedded' });
    const { account, key } = await keyActions(first).enrol();
    await first.close();
    const second = await start({ env: { ...env, SECRET_KEY: 'b'.repeat(50) }, engines: 'embedded' });
    const own = keyActions(second);
    const { answer, browser } = await own.passkeySignIn(key);
    expect(answer.status, answer.text).toBe(200);
    const { user } = await own.creationOptions(browser);
    expect(user).toMatchObject({ id: key.userHandle, name: account.username });
  });
});

describe('a server', () => {
  it('with another host in PUBLIC_URL takes no key of the old one', async () => {
    const { key } = await enrol();
    const moved = await start({ env: { PUBLIC_URL: 'https://new.example.org' } });
    const old = keyActions(moved);
    const browser = moved.browser();
    const options = await old.passkeyOptions(browser);
    expect(options.rpId).toBe('new.example.org');
    const answer = await old.finishSignIn(browser, old.answer(options, key));
    expect(answer.status).toBe(400);
  });

  it('without MFA_WEBAUTHN adds no key and signs nobody in by one alone', async () => {
    const other = await start({ env: { PUBLIC_URL, MFA_WEBAUTHN: 'false' } });
    const account = await other.register();
    const browser = await keyActions(other).signIn(account);
    for (const [method, path] of CHANGES)
      expect((await browser.send(KEYS + path, { method, body: {} })).status).toBe(404);
    expect((await browser.send(`${KEYS}/options`)).status).toBe(404);
    expect((await other.send('/api/auth/login/passkey/options')).status).toBe(404);
    expect((await other.send('/api/auth/login/passkey', { method: 'POST', body: {} })).status).toBe(404);
    expect((await keyActions(other).proofOptions(browser)).allowCredentials).toEqual([]);
    expect(await factorActions(other).enrol(account)).toMatchObject({ account });
  });

  it('with a limit for addresses counts sign-ins with keys', async () => {
    const other = await start({ env: { PUBLIC_URL, THROTTLE_ANON: '4/min' } });
    const ask = (path: string) =>
      other.send(`/api/auth/login/${path}`, path.endsWith('/options') ? {} : { method: 'POST', body: {} });
    for (const path of ['passkey/options', 'passkey', 'key/options', 'key'])
      expect((await ask(path)).status).toBeLessThan(429);
    for (const path of ['passkey/options', 'key']) expect((await ask(path)).status).toBe(429);
  });
});
