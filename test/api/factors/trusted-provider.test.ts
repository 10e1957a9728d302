import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { type TestAccount, type TestApp, useTestApp } from '../../support/app.js';
import { factorActions } from '../../support/factor-actions.js';
import { startScriptedProvider } from '../../support/hostile-provider.js';
import type { Browser } from '../../support/http.js';
import { insertIdentity, readUser } from '../../support/rows.js';
import { oneProvider, signOn, whoIs } from '../../support/sign-on.js';

/** Providers that are trusted to ask for a second factor themselves: `mfa: trust_amr`. */

const PUBLIC_URL = 'https://cvat.example.org';
const provider = await startScriptedProvider();
afterAll(provider.stop);
const trusting = { PUBLIC_URL, AUTH_CONFIG_PATH: oneProvider(provider, { mfa: 'trust_amr' }) };
const app = useTestApp({ env: trusting });
const strict = useTestApp({ env: { ...trusting, MFA_REQUIRED: 'all' } });
const doubtful = useTestApp({ env: { PUBLIC_URL, AUTH_CONFIG_PATH: oneProvider(provider) } });

const CODE_PAGE = `${PUBLIC_URL}/account/sign-in?step=code`;
const ENROLMENT_PAGE = `${PUBLIC_URL}/account/security/enrol?next=%2Faccount%2Ftokens`;
const LANDING = '/account/tokens';

/** What the ID token says of the sign-in, and nothing else does. */
const say = (claims: Readonly<Record<string, unknown>>) => {
  provider.claims = (request, person) => ({ ...provider.honestClaims(request, person), ...claims });
};

async function link(at: Pick<TestApp, 'db'>, { username, email }: TestAccount): Promise<void> {
  const { id } = await readUser(at.db, username);
  provider.person = { sub: `amr-${id}`, email, email_verified: true };
  await insertIdentity(at.db, { provider: 'idp', uid: `amr-${id}`, userId: id, data: {} });
}

const arrive = async (at: Pick<TestApp, 'browser'>, browser: Browser = at.browser()) => {
  const { headers } = await signOn(browser, { query: { next: LANDING } });
  return { browser, location: String(headers.location).replace(`&next=${encodeURIComponent(LANDING)}`, '') };
};

const createToken = async (browser: Browser): Promise<number> =>
  (await browser.send('/api/auth/access_tokens', { method: 'POST', body: { name: 'x' } })).status;

beforeEach(() => {
  provider.claims = provider.honestClaims;
  provider.userinfo = (_request, person) => person;
});

describe('A provider that is trusted for second factors', () => {
  it.each([
    ['more than one factor', ['mfa']],
    ['a password and a one-time password', ['pwd', 'otp']],
    ['a PIN and a hardware key', ['pin', 'hwk']],
  ])('spares people the code if it says that they used %s', async (_what, amr) => {
    const { enrol } = factorActions(app);
    const { account } = await enrol();
    await link(app, account);
    say({ amr });
    const { browser, location } = await arrive(app);
    expect(location).toBe(LANDING);
    expect(await whoIs(browser)).toMatchObject({ username: account.username });
  });

  it.each([
    ['says nothing of it', {}],
    ['says that a password was used', { amr: ['pwd'] }],
    ['names two ways to know something', { amr: ['pwd', 'pin'] }],
    ['names a key alone', { amr: ['hwk'] }],
    ['writes it in another way', { amr: 'mfa' }],
    ['says it of the class of the sign-in alone', { acr: 'mfa' }],
  ])('is not believed if it %s', async (_what, claims) => {
    const { enrol } = factorActions(app);
    const { account } = await enrol();
    await link(app, account);
    say(claims);
    const { browser, location } = await arrive(app);
    expect(location).toBe(CODE_PAGE);
    expect(await whoIs(browser)).toBeNull();
  });

  it('is not believed at its userinfo endpoint, which knows nothing of the sign-in', async () => {
    const { enrol } = factorActions(app);
    const { account } = await enrol();
    await link(app, account);
    provider.userinfo = (_request, person) => ({ ...person, amr: ['mfa'] });
    expect((await arrive(app)).location).toBe(CODE_PAGE);
  });

  it('gives a fresh proof if its own is fresh, and says so', async () => {
    const { enrol } = factorActions(app);
    const { account } = await enrol();
    await link(app, account);
    const seconds = Math.floor(app.clock.now() / 1000);
    say({ amr: ['mfa'], auth_time: seconds - 60 });
    expect(await createToken((await arrive(app)).browser)).toBe(201);
    say({ amr: ['mfa'], auth_time: seconds - 16 * 60 });
    expect(await createToken((await arrive(app)).browser)).toBe(403);
    say({ amr: ['mfa'], auth_time: undefined });
    expect(await createToken((await arrive(app)).browser)).toBe(403);
    // A clock that is ahead gives no proof that lasts.
    say({ amr: ['mfa'], auth_time: seconds + 3600 });
    const { browser } = await arrive(app);
    app.clock.advance(15 * 60_000);
    expect(await createToken(browser)).toBe(403);
  });

  it('is believed in the flow of the user interface of CVAT Enterprise', async () => {
    const { enrol } = factorActions(app);
    const { account } = await enrol();
    await link(app, account);
    say({ amr: ['mfa'], auth_time: Math.floor(app.clock.now() / 1000) });
    const browser = app.browser();
    const { headers } = await signOn(browser, { query: { client: 'ui' } });
    const code = new URL(headers.location ?? '').searchParams.get('code');
    const answer = await browser.send('/api/auth/oidc/idp/login/token/', { method: 'POST', body: { code } });
    expect(answer.status).toBe(200);
    expect(await createToken(browser)).toBe(201);
  });

  it('meets a requirement of this server', async () => {
    const account = await strict.register();
    await link(strict, account);
    say({ amr: ['pwd', 'mfa'] });
    const { browser, location } = await arrive(strict);
    expect(location).toBe(LANDING);
    expect(await whoIs(browser)).toMatchObject({ username: account.username });
  });

  it('leads to the page for setting a factor up if it did not ask for one', async () => {
    const account = await strict.register();
    await link(strict, account);
    say({ amr: ['pwd'] });
    const { browser, location } = await arrive(strict);
    expect(location).toBe(ENROLMENT_PAGE);
    expect((await browser.send('/api/users/self')).status).toBe(403);
    expect((await browser.send('/api/auth/factors')).status).toBe(200);
  });
});

describe('A provider that is not trusted for second factors', () => {
  it('spares nobody the code, whatever it says', async () => {
    const { enrol } = factorActions(doubtful);
    const { account } = await enrol();
    await link(doubtful, account);
    say({ amr: ['mfa'], auth_time: Math.floor(doubtful.clock.now() / 1000) });
    expect((await arrive(doubtful)).location).toBe(CODE_PAGE);
  });
});
