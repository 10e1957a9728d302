import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useTestApp } from '../../support/app.js';
import { type Enrolled, FACTORS, factorActions } from '../../support/factor-actions.js';
import { startScriptedProvider } from '../../support/hostile-provider.js';
import type { Answer, Browser } from '../../support/http.js';
import { insertIdentity } from '../../support/rows.js';
import { oneProvider, signOn, whoIs } from '../../support/sign-on.js';

/** What a session of an account with a second factor must not do without a fresh proof, and signing in at a provider. */

const PUBLIC_URL = 'https://cvat.example.org';
const MINUTE = 60_000;
const provider = await startScriptedProvider();
afterAll(provider.stop);
const app = useTestApp({ env: { PUBLIC_URL, AUTH_CONFIG_PATH: oneProvider(provider) } });
const { enrol, nextCode, signInAgain } = factorActions(app);

const NEEDED = {
  detail: `This needs a proof of your second factor that is younger than 15 minutes, in a session. [Prove it](${PUBLIC_URL}/account/sign-in?step=prove), and do it again.`,
  code: 'second_factor_needed',
};
const prove = (browser: Pick<Browser, 'send'>, code: string) =>
  browser.send(`${FACTORS}/proof`, { method: 'POST', body: { code } });

type Ask = readonly [string, (browser: Pick<Browser, 'send'>, person: Enrolled) => Promise<Answer>];

const remove = { method: 'DELETE' };

/** Each does what changes who gets in, or gives away what the account has. */
const GUARDED: readonly Ask[] = [
  ['create a personal access token', (by) => by.send('/api/auth/access_tokens', post({ name: 'x' }))],
  ['replace the API token', (by) => by.send('/api/auth/api_token', post({}))],
  ['link an identity', (by) => by.send('/api/auth/linked_accounts', post({ provider: 'idp' }))],
  ['unlink an identity', (by) => by.send('/api/auth/linked_accounts/1', { method: 'DELETE' })],
  ['change the address', (by) => by.send('/api/auth/email/change', post({ email: 'new@example.org' }))],
  ['change the password', (by) => by.send('/api/auth/password/change', post({}))],
  ['delete the account', (by, { account }) => by.send(`/api/users/${account.id}`, { method: 'DELETE' })],
  [
    'change a personal access token',
    (by) => by.send('/api/auth/access_tokens/1', patch({ read_only: false })),
  ],
  [
    'replace the API token by the path for administrators',
    (by, { account }) => by.send(`/api/users/${account.id}/api_token`, post({})),
  ],
  [
    'change the address by the path for administrators',
    (by, { account }) => by.send(`/api/users/${account.id}`, patch({ email: 'new@example.org' })),
  ],
  [
    'change names and rights together',
    (by, { account }) =>
      by.send(`/api/users/${account.id}`, patch({ first_name: 'New', is_superuser: true })),
  ],
  ['change another account', (by) => by.send('/api/users/1', patch({ first_name: 'New' }))],
  ['create an account', (by) => by.send('/api/users', post({}))],
  ['make a link that sets a password', (by) => by.send('/api/users/1/password_reset_link', post({}))],
  ['remove the second factors of another account', (by) => by.send('/api/users/1/factors', remove)],
  ['unlink an identity of another account', (by) => by.send('/api/users/1/linked_accounts/1', remove)],
  ['delete another account', (by) => by.send('/api/users/1', remove)],
  ['delete an organization', (by) => by.send('/api/organizations/1', remove)],
  ['hand over an organization', (by) => by.send('/api/organizations/1/transfer', post({ user: 1 }))],
];

function patch(body: object) {
  return { method: 'PATCH', body };
}

function post(body: object) {
  return { method: 'POST', body };
}

describe('A session whose second factor was proved 15 minutes ago', () => {
  let person: Enrolled;
  beforeAll(async () => {
    person = await enrol();
    app.clock.advance(15 * MINUTE);
  });

  it.each(GUARDED)('does not %s', async (_what, ask) => {
    const answer = await ask(person.browser, person);
    expect([answer.status, answer.json()]).toEqual([403, NEEDED]);
  });

  it('is asked for it before anything else is said about the object', async () => {
    for (const path of ['/api/users/2000000000', '/api/organizations/2000000000'])
      expect((await person.browser.send(path, { method: 'DELETE' })).json()).toEqual(NEEDED);
  });

  it('goes on with everything else', async () => {
    expect((await person.browser.send('/api/users/self')).status).toBe(200);
    expect((await person.browser.send('/api/auth/access_tokens')).status).toBe(200);
    const renamed = await person.browser.send(`/api/users/${person.account.id}`, {
      method: 'PATCH',
      body: { first_name: 'New' },
    });
    expect(renamed.status).toBe(200);
  });

  it('does it after a fresh proof, under another key, and not after a wrong code', async () => {
    const { browser, secret } = person;
    const before = browser.jar.get('sessionid');
    expect((await prove(browser, '000000')).status).toBe(400);
    expect((await browser.send('/api/auth/access_tokens', post({ name: 'x' }))).status).toBe(403);
    expect((await prove(browser, nextCode(secret))).status).toBe(204);
    expect(browser.jar.get('sessionid')).not.toBe(before);
    const old = await app.send('/api/users/self', { headers: { Cookie: `sessionid=${before}` } });
    expect(old.status).toBe(401);
    expect((await browser.send('/api/auth/access_tokens', post({ name: 'x' }))).status).toBe(201);
    app.clock.advance(15 * MINUTE);
    expect((await browser.send('/api/auth/access_tokens', post({ name: 'x' }))).status).toBe(403);
  });
});

describe('A fresh proof', () => {
  it('is a sign-in with the second factor', async () => {
    const person = await enrol();
    app.clock.advance(15 * MINUTE);
    const browser = await signInAgain(person);
    expect((await browser.send('/api/auth/access_tokens', post({ name: 'x' }))).status).toBe(201);
  });

  it('is not what an API token has, although it came from such a sign-in', async () => {
    const { account, secret } = await enrol();
    const answer = await app.send('/api/auth/login', {
      method: 'POST',
      body: { username: account.username, password: account.password + nextCode(secret) },
    });
    const headers = { Authorization: `Token ${(answer.json() as { key: string }).key}` };
    expect((await app.send('/api/users/self', { headers })).status).toBe(200);
    const created = await app.send('/api/auth/access_tokens', { ...post({ name: 'x' }), headers });
    expect([created.status, created.json()]).toEqual([403, NEEDED]);
  });

  it('is asked of nobody without a second factor', async () => {
    const account = await app.register();
    const browser = app.browser();
    await browser.send('/api/auth/login', post({ username: account.username, password: account.password }));
    app.clock.advance(16 * MINUTE);
    expect((await browser.send('/api/auth/access_tokens', post({ name: 'x' }))).status).toBe(201);
    expect(
      (await app.send('/api/auth/access_tokens', { ...post({ name: 'y' }), headers: account.authorization }))
        .status,
    ).toBe(201);
  });

  it('is given in a session only', async () => {
    const { account, secret } = await enrol();
    const answer = await app.send('/api/auth/login', {
      method: 'POST',
      body: { username: account.username, password: account.password + nextCode(secret) },
    });
    const headers = { Authorization: `Token ${(answer.json() as { key: string }).key}` };
    const proved = await app.send(`${FACTORS}/proof`, { ...post({ code: nextCode(secret) }), headers });
    expect(proved.status).toBe(403);
  });
});

describe('A sign-in at an identity provider', () => {
  it('asks for the second factor of the account, and opens nothing before', async () => {
    const { account, secret } = await enrol();
    provider.person = { sub: `mfa-${account.id}`, email: account.email, email_verified: true };
    await insertIdentity(app.db, { provider: 'idp', uid: `mfa-${account.id}`, userId: account.id, data: {} });
    const browser = app.browser();
    const answer = await signOn(browser, { query: { next: '/account/tokens' } });
    expect([answer.status, answer.headers.location]).toEqual([
      302,
      `${PUBLIC_URL}/account/sign-in?step=code&next=%2Faccount%2Ftokens`,
    ]);
    expect(await whoIs(browser)).toBeNull();
    const finished = await browser.send('/api/auth/login/code', post({ code: nextCode(secret) }));
    expect(finished.status).toBe(200);
    expect(await whoIs(browser)).toMatchObject({ id: account.id });
  });

  it('opens none either for the user interface of CVAT Enterprise', async () => {
    const { account } = await enrol();
    provider.person = { sub: `ui-${account.id}`, email: account.email, email_verified: true };
    await insertIdentity(app.db, { provider: 'idp', uid: `ui-${account.id}`, userId: account.id, data: {} });
    const browser = app.browser();
    const { headers } = await signOn(browser, { query: { client: 'ui' } });
    const code = new URL(headers.location ?? '').searchParams.get('code');
    const answer = await browser.send('/api/auth/oidc/idp/login/token/', post({ code }));
    expect(answer.status).toBe(400);
    expect(await whoIs(browser)).toBeNull();
  });
});
