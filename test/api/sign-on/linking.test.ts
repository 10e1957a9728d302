import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { type TestAccount, useTestApp } from '../../support/app.js';
import { startScriptedProvider } from '../../support/hostile-provider.js';
import type { Browser } from '../../support/http.js';
import { outboxOf } from '../../support/outbox-rows.js';
import { insertIdentity, setActive } from '../../support/rows.js';
import {
  comeBackFrom,
  eventsOf,
  openIdEntry,
  problemIn,
  signOn,
  whoIs,
  writeAuthConfig,
} from '../../support/sign-on.js';

const [provider, second] = await Promise.all([startScriptedProvider(), startScriptedProvider()]);
afterAll(() => Promise.all([provider.stop(), second.stop()]));
const app = useTestApp({
  env: {
    EMAIL_BACKEND: 'console',
    AUTH_CONFIG_PATH: writeAuthConfig({
      sso: {
        enabled: true,
        identity_providers: [
          openIdEntry(provider, { groups: { worker: ['cvat-workers'] } }),
          openIdEntry(second, { id: 'second', name: 'Second ID' }),
        ],
      },
    }),
  },
});

const LINKS = '/api/auth/linked_accounts';
const SECURITY = 'http://localhost:0/account/security';

let counter = 0;
beforeEach(() => {
  counter += 1;
  const person = { sub: `l-${counter}`, email: `l${counter}@corp.example`, email_verified: true };
  provider.person = person;
  second.person = person;
});

interface Entry {
  readonly id: number;
  readonly provider: string;
  readonly provider_name: string | null;
  readonly account: string;
}
const begin = (browser: Browser, id = 'idp') =>
  browser.send(LINKS, { method: 'POST', body: { provider: id } });
const link = async (browser: Browser, id = 'idp') => {
  const { url } = (await begin(browser, id)).json() as { url: string };
  return browser.send(await comeBackFrom(url));
};
const linksOf = async (browser: Browser): Promise<readonly Entry[]> =>
  ((await browser.send(LINKS)).json() as { results: Entry[] }).results;
const unlink = (browser: Browser, id: number | undefined) =>
  browser.send(`${LINKS}/${id}`, { method: 'DELETE' });

const logIn = async ({ username, password }: Pick<TestAccount, 'username' | 'password'>) => {
  const browser = app.browser();
  const answer = await browser.send('/api/auth/login', { method: 'POST', body: { username, password } });
  expect(answer.status).toBe(200);
  return browser;
};
const enter = async (username = `link-p${counter}`) => {
  const person = await app.register(username);
  return { person, browser: await logIn(person) };
};
const kindsOf = async (recipient: string) =>
  (await outboxOf(app.db, { recipient })).map(({ kind }) => kind).filter((kind) => /link/.test(kind));

describe('Linking an identity to an account', () => {
  it('lets its person sign in with it, keeps the session, and tells them by mail', async () => {
    const { person, browser } = await enter();
    const answer = await link(browser);
    expect([answer.status, answer.headers.location]).toEqual([302, `${SECURITY}?done=linked`]);
    expect(await linksOf(browser)).toMatchObject([
      { provider: 'idp', provider_name: 'Example ID', account: `l${counter}@corp.example` },
    ]);
    expect(await whoIs(browser)).toMatchObject({ id: person.id });
    const other = app.browser();
    await signOn(other);
    expect(await whoIs(other)).toMatchObject({ id: person.id, email: person.email });
    expect(eventsOf(app, 'account.linked')).toContainEqual(
      expect.objectContaining({ account: person.id, provider: 'idp' }),
    );
    expect(await kindsOf(person.email)).toEqual(['account-linked']);
  });

  it('gives what the groups of the identity give, and unlinking takes it back', async () => {
    provider.person = { ...provider.person, groups: ['cvat-workers'] };
    const { browser } = await enter();
    await link(browser);
    expect(await whoIs(browser)).toMatchObject({ groups: ['user', 'worker'] });
    const [entry] = await linksOf(browser);
    expect((await unlink(browser, entry?.id)).status).toBe(204);
    expect(await whoIs(browser)).toMatchObject({ groups: ['user'] });
  });

  it('twice changes nothing', async () => {
    const { browser } = await enter();
    await link(browser);
    expect(problemIn(await link(browser))).toBeNull();
    expect(await linksOf(browser)).toHaveLength(1);
  });

  it('is refused for an identity of another account, which keeps it', async () => {
    await signOn(app.browser());
    const { person, browser } = await enter();
    expect(problemIn(await link(browser))).toBe('linked_elsewhere');
    expect(await linksOf(browser)).toEqual([]);
    expect(eventsOf(app, 'account.link_refused')).toContainEqual(
      expect.objectContaining({ account: person.id, provider: 'idp', reason: 'linked_elsewhere' }),
    );
    const theirs = app.browser();
    await signOn(theirs);
    expect(await whoIs(theirs)).toMatchObject({ email: `l${counter}@corp.example` });
  });

  it('is refused for a second identity at one provider, and works at another provider', async () => {
    const { browser } = await enter();
    await link(browser);
    provider.person = { sub: `other-${counter}`, email: 'other@corp.example' };
    expect(problemIn(await link(browser))).toBe('other_identity');
    expect(problemIn(await link(browser, 'second'))).toBeNull();
    expect((await linksOf(browser)).map((one) => one.provider)).toEqual(['idp', 'second']);
  });

  it('leads back to the security page with the reason when the person cancels', async () => {
    const { browser } = await enter();
    const { url } = (await begin(browser)).json() as { url: string };
    const state = new URL(url).searchParams.get('state');
    const answer = await browser.send(
      `/api/auth/oidc/idp/login/callback/?error=access_denied&state=${state}`,
    );
    expect(answer.headers.location).toBe(`${SECURITY}?problem=cancelled&provider=idp`);
  });
});

describe('Linking is refused', () => {
  it('without a session, with a token, with Basic, and without a CSRF token', async () => {
    const { person, browser } = await enter();
    const body = { provider: 'idp' };
    expect((await app.send(LINKS, { method: 'POST', body })).status).toBe(401);
    for (const headers of [person.authorization, person.basic])
      expect((await app.send(LINKS, { method: 'POST', body, headers })).status).toBe(403);
    const forged = await app.send(LINKS, {
      method: 'POST',
      body,
      headers: { Cookie: browser.cookieHeader() },
    });
    expect(forged.status).toBe(403);
  });

  it('at an unknown provider, and without one', async () => {
    const { browser } = await enter();
    expect((await begin(browser, 'nowhere')).json()).toEqual({
      provider: ['"nowhere" is not a valid choice.'],
    });
    const answer = await browser.send(LINKS, { method: 'POST', body: {} });
    expect([answer.status, answer.json()]).toEqual([400, { provider: ['This field is required.'] }]);
  });

  it('in another browser, even of the same account', async () => {
    const { person, browser } = await enter();
    const { url } = (await begin(browser)).json() as { url: string };
    const back = await comeBackFrom(url);
    const other = await logIn(person);
    expect(problemIn(await other.send(back))).toBe('expired');
    expect(await linksOf(browser)).toEqual([]);
  });

  it('after another person has signed in in this browser, to either of them', async () => {
    const { browser } = await enter();
    const { url } = (await begin(browser)).json() as { url: string };
    const { username, password } = await app.register(`link-q${counter}`);
    await browser.send('/api/auth/login', { method: 'POST', body: { username, password } });
    expect(problemIn(await browser.send(await comeBackFrom(url)))).toBe('expired');
    expect(await linksOf(browser)).toEqual([]);
  });

  it('after the person has signed out', async () => {
    const { browser } = await enter();
    const { url } = (await begin(browser)).json() as { url: string };
    await browser.send('/api/auth/logout', { method: 'POST' });
    expect(problemIn(await browser.send(await comeBackFrom(url)))).toBe('expired');
    expect(await whoIs(browser)).toBeNull();
  });

  it('to a deactivated account', async () => {
    const { person, browser } = await enter();
    const { url } = (await begin(browser)).json() as { url: string };
    await setActive(app.db, person.id, false);
    expect(problemIn(await browser.send(await comeBackFrom(url)))).toBe('expired');
  });

  it('of one identity to two accounts at once: one gets it', async () => {
    const [one, two] = [await enter(), await enter(`link-z${counter}`)];
    const answers = await Promise.all([link(one.browser), link(two.browser)]);
    expect(answers.map(problemIn).sort()).toEqual(['linked_elsewhere', null].sort());
    const [first, other] = await Promise.all([linksOf(one.browser), linksOf(two.browser)]);
    expect(first.length + other.length).toBe(1);
  });
});

describe('Unlinking an identity', () => {
  it('ends the sign-in with it, and tells the person by mail', async () => {
    const { person, browser } = await enter();
    await link(browser);
    const [entry] = await linksOf(browser);
    expect((await unlink(browser, entry?.id)).status).toBe(204);
    const other = app.browser();
    await signOn(other);
    expect((await whoIs(other))?.['id']).not.toBe(person.id);
    expect(await kindsOf(person.email)).toEqual(['account-linked', 'account-unlinked']);
  });

  it('is refused for the last way in, and allowed once there is another', async () => {
    const browser = app.browser();
    await signOn(browser);
    const [entry] = await linksOf(browser);
    const refused = await unlink(browser, entry?.id);
    expect([refused.status, refused.json()]).toEqual([
      400,
      [
        'You could not sign in any more. Link another identity first, or ask an administrator for a password.',
      ],
    ]);
    await link(browser, 'second');
    expect((await unlink(browser, entry?.id)).status).toBe(204);
    expect((await linksOf(browser)).map((one) => one.provider)).toEqual(['second']);
  });

  it('counts an identity at a provider that is gone as no way in', async () => {
    const { person, browser } = await enter();
    await link(browser);
    await insertIdentity(app.db, {
      provider: 'former',
      uid: `f${counter}`,
      userId: person.id,
      data: { userinfo: { email: 'at@former.example' } },
    });
    const entries = await linksOf(browser);
    expect(entries).toMatchObject([
      { provider: 'idp' },
      { provider: 'former', provider_name: null, account: 'at@former.example' },
    ]);
    expect((await unlink(browser, entries[1]?.id)).status).toBe(204);
  });

  it('of another account is not found', async () => {
    const { browser } = await enter();
    await link(browser);
    const [entry] = await linksOf(browser);
    const stranger = await enter(`link-s${counter}`);
    expect((await unlink(stranger.browser, entry?.id)).status).toBe(404);
    expect(await linksOf(browser)).toHaveLength(1);
  });

  it.each(['0', '-1', '1.5', '99999999999', 'x', '%00'])('with the id %s is not found', async (id) => {
    const { browser } = await enter();
    expect((await browser.send(`${LINKS}/${id}`, { method: 'DELETE' })).status).toBe(404);
  });

  it('by an administrator may take the last way in, and ends the sessions', async () => {
    const browser = app.browser();
    await signOn(browser);
    const { id } = (await whoIs(browser)) ?? {};
    const admin = await logIn(app.admin);
    const listed = await admin.send(`/api/users/${id}/linked_accounts`);
    const [entry] = (listed.json() as { results: Entry[] }).results;
    const answer = await admin.send(`/api/users/${id}/linked_accounts/${entry?.id}`, { method: 'DELETE' });
    expect(answer.status).toBe(204);
    expect(await whoIs(browser)).toBeNull();
  });
});

it('an account with identities is deleted with them', async () => {
  const { person, browser } = await enter();
  await link(browser);
  const admin = await logIn(app.admin);
  expect((await admin.send(`/api/users/${person.id}`, { method: 'DELETE' })).status).toBe(204);
  const again = app.browser();
  await signOn(again);
  expect((await whoIs(again))?.['id']).not.toBe(person.id);
});
