import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { type TestApp, useTestApp } from '../../support/app.js';
import { startScriptedProvider } from '../../support/hostile-provider.js';
import type { Browser } from '../../support/http.js';
import { outboxOf } from '../../support/outbox-rows.js';
import { insertIdentity, setPassword } from '../../support/rows.js';
import {
  beginSignOn,
  eventsOf,
  oneProvider,
  openIdEntry,
  problemIn,
  signOn,
  whoIs,
  writeAuthConfig,
} from '../../support/sign-on.js';
import { startCognito, startGitHub, startGoogle } from '../../support/social-providers.js';
import { createVisitor } from '../../support/visitor.js';

const provider = await startScriptedProvider();
const [google, github, cognito] = await Promise.all([startGoogle(), startGitHub(), startCognito()]);
afterAll(() => Promise.all([provider, google, github, cognito].map((one) => one.stop())));

const MAIL = { EMAIL_BACKEND: 'console' };

let counter = 0;
beforeEach(() => {
  counter += 1;
});
const person = (more: Readonly<Record<string, unknown>> = {}) => {
  provider.person = {
    sub: `r-${counter}`,
    email: `r${counter}@corp.example`,
    email_verified: true,
    preferred_username: `rules${counter}`,
    ...more,
  };
};
const enter = async (app: TestApp, browser = app.browser()) => {
  const problem = problemIn(await signOn(browser));
  return { problem, browser, self: problem === null ? await whoIs(browser) : null };
};

describe('Groups of the provider', () => {
  const app = useTestApp({
    env: {
      AUTH_CONFIG_PATH: oneProvider(provider, {
        groups: {
          admin: ['cvat-admins'],
          worker: ['cvat-workers'],
          require: ['cvat-admins', 'cvat-workers', 'cvat'],
        },
        organizations: { 'team-a': { slug: 'teama', role: 'supervisor' } },
      }),
    },
  });

  it('give roles, and take back what they gave when the person leaves them', async () => {
    person({ groups: ['cvat-admins'] });
    expect((await enter(app)).self).toMatchObject({ is_superuser: true, groups: ['admin', 'user'] });
    person({ groups: ['cvat-workers'] });
    expect((await enter(app)).self).toMatchObject({ is_superuser: false, groups: ['user', 'worker'] });
  });

  it('decide who can sign in, and a person who left them all loses what they gave', async () => {
    person({ groups: ['others'] });
    expect((await enter(app)).problem).toBe('group');
    person({ groups: ['cvat-admins'] });
    const { self } = await enter(app);
    person({ groups: [] });
    expect((await enter(app)).problem).toBe('group');
    const admin = await app.send('/api/users', {
      headers: { Authorization: `Basic ${Buffer.from('admin:correct horse battery').toString('base64')}` },
    });
    const row = (admin.json() as { results: { id: number; is_superuser: boolean }[] }).results.find(
      ({ id }) => id === self?.['id'],
    );
    expect(row).toMatchObject({ is_superuser: false });
  });

  it('may be a single text, which is one group', async () => {
    person({ groups: 'cvat-admins' });
    expect((await enter(app)).self).toMatchObject({ is_superuser: true });
    person({ groups: 'cvat-admins,cvat' });
    expect((await enter(app)).problem).toBe('group');
  });

  it('make people members of organizations while they are in them', async () => {
    const owner = await app.register();
    await app.send('/api/organizations', {
      method: 'POST',
      headers: owner.authorization,
      body: { slug: 'teama', name: 'Team A' },
    });
    const memberships = async (browser: Browser) =>
      ((await browser.send('/api/memberships?org=teama')).json() as { results?: { role: string }[] }).results;
    person({ groups: ['cvat', 'team-a'] });
    const { browser } = await enter(app);
    expect((await browser.send('/api/organizations')).json()).toMatchObject({ count: 1 });
    expect(await memberships(browser)).toEqual(
      expect.arrayContaining([expect.objectContaining({ role: 'supervisor' })]),
    );
    person({ groups: ['cvat'] });
    const later = await enter(app);
    expect((await later.browser.send('/api/organizations')).json()).toMatchObject({ count: 0 });
  });
});

describe('Registration modes hold for new people', () => {
  const env = { AUTH_CONFIG_PATH: oneProvider(provider, { email_domain: 'corp.example' }) };
  const closed = useTestApp({ env: { ...env, REGISTRATION_MODE: 'closed', ...MAIL } });
  const invite = useTestApp({ env: { ...env, REGISTRATION_MODE: 'invite', ...MAIL } });
  const approval = useTestApp({ env: { ...env, REGISTRATION_MODE: 'approval' } });
  const domains = useTestApp({ env: { ...env, REGISTRATION_EMAIL_DOMAINS: 'corp.example', ...MAIL } });

  it('closed, invite and approval', async () => {
    person();
    expect((await enter(closed)).problem).toBe('closed');
    expect((await enter(invite)).problem).toBe('invite');
    expect((await enter(approval)).problem).toBe('approval');
    expect((await enter(approval)).problem).toBe('inactive');
  });

  it('domains, for verified addresses only', async () => {
    person({ email_verified: false });
    expect((await enter(domains)).problem).toBe('domain');
    person();
    expect((await enter(domains)).problem).toBeNull();
  });
});

describe('Passwords that are turned off', () => {
  const app = useTestApp({
    env: {
      AUTH_CONFIG_PATH: writeAuthConfig({
        basic: { registration: { enabled: false }, login: { enabled: false } },
        sso: { enabled: true, identity_providers: [openIdEntry(provider)] },
      }),
    },
  });
  const login = (username: string, password: string) =>
    app.send('/api/auth/login', { method: 'POST', body: { username, password } });

  it('open no account but a superuser’s, which the log shows loudly', async () => {
    const admin = await login(app.admin.username, app.admin.password);
    expect(admin.status).toBe(200);
    expect(eventsOf(app, 'login.break_glass')).not.toEqual([]);
    const { id } = await app.container.administration.create({
      username: 'localperson',
      password: 'a long enough passphrase',
      email: 'local@example.org',
      isAdmin: false,
    });
    expect(id).toBeGreaterThan(0);
    const answer = await login('localperson', 'a long enough passphrase');
    expect(answer.status).toBe(400);
    expect(answer.text).toContain(
      '[Continue with Example ID](http://localhost:0/api/auth/oidc/idp/login/) if your account is there.',
    );
    expect(answer.text).toBe((await login('nobody-at-all', 'whatever it is')).text);
    const basic = Buffer.from('localperson:a long enough passphrase').toString('base64');
    const self = await app.send('/api/users/self', { headers: { Authorization: `Basic ${basic}` } });
    expect(self.status).toBe(401);
  });

  it('close registration with a password, and not the one of the provider', async () => {
    const body = {
      username: 'newcomer',
      email: 'n@example.org',
      password1: 'hX7!kd92ab',
      password2: 'hX7!kd92ab',
    };
    expect((await app.send('/api/auth/register', { method: 'POST', body })).status).toBe(403);
    person();
    expect((await enter(app)).problem).toBeNull();
  });
});

describe('Google, GitHub and Amazon Cognito', () => {
  const client = ({ clientId, clientSecret }: { clientId: string; clientSecret: string }) => ({
    client_id: clientId,
    client_secret: clientSecret,
  });
  const app = useTestApp({
    env: {
      AUTH_CONFIG_PATH: writeAuthConfig({
        social_account: {
          enabled: true,
          google: { ...client(google), server_url: google.issuer },
          github: { ...client(github), server_url: github.url },
          'amazon-cognito': { ...client(cognito), domain: cognito.url },
        },
      }),
    },
  });

  it('are listed as CVAT lists them', async () => {
    expect((await app.send('/api/auth/social')).json()).toMatchObject({
      google: { is_enabled: true, public_name: 'Google', icon: expect.stringContaining('<svg') },
      github: { is_enabled: true },
      'amazon-cognito': { is_enabled: true },
      sso: { is_enabled: false, selection_schema: 'email_address' },
    });
  });

  beforeEach(() => {
    cognito.person = { ...cognito.person, email: 'someone@cognito.example' };
  });

  it.each(['google', 'github', 'amazon-cognito'])('sign in with %s', async (id) => {
    const browser = app.browser();
    const answer = await signOn(browser, { family: 'social', id });
    expect([problemIn(answer), answer.headers.location]).toEqual([null, '/']);
    expect(await whoIs(browser)).not.toBeNull();
    const again = app.browser();
    await signOn(again, { family: 'social', id });
    expect((await whoIs(again))?.['id']).toBe((await whoIs(browser))?.['id']);
  });

  it('find the people whom a CVAT Enterprise stored, under the names that it gave to providers', async () => {
    const { id } = await app.register('cognito-person');
    const { sub } = cognito.person;
    await insertIdentity(app.db, { provider: 'amazon_cognito', uid: `old-${sub}`, userId: id, data: {} });
    cognito.person = { ...cognito.person, sub: `old-${sub}`, email: 'old@cognito.example' };
    const browser = app.browser();
    await signOn(browser, { family: 'social', id: 'amazon-cognito' });
    expect(await whoIs(browser)).toMatchObject({ id, username: 'cognito-person' });
    const { results } = (await browser.send('/api/auth/linked_accounts')).json() as { results: unknown };
    expect(results).toMatchObject([{ provider: 'amazon-cognito', provider_name: 'Amazon Cognito' }]);
  });

  it('have callbacks at the paths of CVAT', async () => {
    const address = new URL(await beginSignOn(app.browser(), { family: 'social', id: 'github' }));
    expect(address.searchParams.get('redirect_uri')).toBe(
      'http://localhost:0/api/auth/social/github/login/callback/',
    );
  });
});

describe('A forgotten password', () => {
  const app = useTestApp({ env: { ...MAIL, AUTH_CONFIG_PATH: oneProvider(provider) } });
  const forget = async (email: string) => {
    const answer = await app.send('/api/auth/password/reset', { method: 'POST', body: { email } });
    expect(answer.status).toBe(200);
    return (await outboxOf(app.db, { kind: 'password-reset' })).map(({ recipient }) => recipient);
  };

  it('brings no mail to people who sign in at a provider, and one to those who also have a password', async () => {
    person();
    await enter(app);
    expect(await forget(`r${counter}@corp.example`)).toEqual([]);
    const { id, email } = await app.register('both-ways');
    await insertIdentity(app.db, { provider: 'idp', uid: 'both', userId: id, data: {} });
    expect(await forget(email)).toEqual([email]);
  });

  it('brings a mail to people whose provider is gone', async () => {
    const { id, email } = await app.register('left-alone');
    await insertIdentity(app.db, { provider: 'former', uid: 'alone', userId: id, data: {} });
    await setPassword(app.db, id, `!${'x'.repeat(40)}`);
    expect(await forget(email)).toContain(email);
  });

  it('is told of the provider on the page', async () => {
    expect((await createVisitor(app).open('/account/reset')).words).toContain(
      'If you sign in with an identity provider, you have no password here',
    );
  });
});

describe('A provider that ends sessions (Back-Channel Logout 1.0)', () => {
  const app = useTestApp({ env: { AUTH_CONFIG_PATH: oneProvider(provider) } });
  const tell = (token: string) =>
    app.send('/api/auth/oidc/idp/backchannel-logout/', {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ logout_token: token }).toString(),
    });

  it('ends all sessions and the API token of the person, once for each notice', async () => {
    person();
    const { browser } = await enter(app);
    const token = await provider.logoutToken({ sub: `r-${counter}` });
    expect((await tell(token)).status).toBe(204);
    expect(await whoIs(browser)).toBeNull();
    expect((await tell(token)).status).toBe(400);
  });

  it.each([
    ['a nonce', { nonce: 'n' }],
    ['no event', { events: {} }],
    ['another audience', { aud: 'another' }],
    ['no subject', { sub: undefined }],
    ['no id', { jti: undefined }],
    ['an old time', { iat: Math.floor(Date.now() / 1000) - 600 }],
  ])('refuses a notice with %s', async (_what, claims) => {
    person();
    const { browser } = await enter(app);
    const token = await provider.logoutToken({ sub: `r-${counter}`, ...claims });
    expect((await tell(token)).status).toBe(400);
    expect(await whoIs(browser)).not.toBeNull();
  });
});
