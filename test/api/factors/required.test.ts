import { beforeAll, describe, expect, it } from 'vitest';
import { type AnyRoute, groupViews } from '../../../src/platform/http/route.js';
import { type TestAccount, type TestApp, useTestApp } from '../../support/app.js';
import { FACTORS, factorActions } from '../../support/factor-actions.js';
import type { Browser } from '../../support/http.js';
import { changeUser, insertAccessToken, readUser, setGroups } from '../../support/rows.js';
import { whoIs } from '../../support/sign-on.js';

/** Accounts that have to have a second factor and lack it, by MFA_REQUIRED. */

const PUBLIC_URL = 'https://cvat.example.org';
const NEEDED = {
  detail: `Your account needs a second factor. [Set one up](${PUBLIC_URL}/account/security/enrol).`,
  code: 'second_factor_required',
};
const all = useTestApp({ env: { PUBLIC_URL, MFA_REQUIRED: 'all' } });
const admins = useTestApp({ env: { PUBLIC_URL, MFA_REQUIRED: 'admins' } });
const { codeOf, confirm, secretOf } = factorActions(all);

type Sender = Pick<Browser, 'send'>;
type Headers = Readonly<Record<string, string>>;

const post = (body: object) => ({ method: 'POST', body });
const logIn = (browser: Sender, { username, password }: Pick<TestAccount, 'username' | 'password'>) =>
  browser.send('/api/auth/login', post({ username, password }));

/** Signs in as far as a person without a factor comes. */
async function enter(app: Pick<TestApp, 'browser'>, account: TestAccount): Promise<Browser> {
  const browser = app.browser();
  expect((await logIn(browser, account)).status).toBe(400);
  expect((await browser.send('/api/auth/login/code', post({}))).status).toBe(200);
  return browser;
}

const guarded = (app: TestApp): readonly AnyRoute[] =>
  groupViews(app.container.routes)
    .flatMap(({ routes }) => [...routes.values()])
    .filter(({ access, isForEnrolment }) => access.kind !== 'public' && isForEnrolment !== true);

/** @returns what every route answers that is not open to everybody */
const sweep = (app: TestApp, sender: Sender, headers: Headers = {}): Promise<readonly string[]> =>
  Promise.all(
    guarded(app).map(async ({ method, path, operationId }) => {
      const url = path.replace(/:\w+/g, '1');
      const body = method === 'get' || method === 'delete' ? {} : { body: {} };
      const answer = await sender.send(url, { method: method.toUpperCase(), headers, ...body });
      const { code = '' } = answer.text.startsWith('{') ? (answer.json() as { code?: string }) : {};
      return `${operationId} ${answer.status} ${code}`.trim();
    }),
  );

describe('With MFA_REQUIRED=all, a right password', () => {
  it('opens no session by the API, and says where to go on', async () => {
    const account = await all.register();
    const browser = all.browser();
    const answer = await logIn(browser, account);
    expect([answer.status, answer.json()]).toEqual([
      400,
      {
        non_field_errors: [
          `Your account needs a second factor. [Set one up](${PUBLIC_URL}/account/sign-in?step=enrol).`,
        ],
      },
    ]);
    expect(browser.jar.has('sessionid')).toBe(false);
    expect(await whoIs(browser)).toBeNull();
  });

  it('is needed in the browser that goes on', async () => {
    const account = await all.register();
    expect((await logIn(all.browser(), account)).status).toBe(400);
    const other = await all.browser().send('/api/auth/login/code', post({}));
    expect([other.status, other.json()]).toEqual([
      400,
      {
        non_field_errors: ['This sign-in is too old, or began in another browser. Sign in again.'],
      },
    ]);
  });

  it('opens nothing before the browser goes on, on any route', async () => {
    const browser = all.browser();
    await logIn(browser, await all.register());
    const answers = await sweep(all, browser);
    expect(answers.filter((answer) => !answer.endsWith(' 401'))).toEqual([]);
    expect(answers.length).toBeGreaterThan(60);
  });
});

describe('With MFA_REQUIRED=all, an account without a second factor', () => {
  let account: TestAccount;
  beforeAll(async () => {
    const registered = await all.register();
    account = { ...registered, id: (await readUser(all.db, registered.username)).id };
  });

  it('can do nothing in a session but set one up', async () => {
    const browser = await enter(all, account);
    // One route is for personal access tokens alone.
    const answers = (await sweep(all, browser)).filter(
      (answer) => !answer.startsWith('auth_retrieve_access_tokens_self'),
    );
    expect(answers.filter((answer) => !answer.endsWith(' 403 second_factor_required'))).toEqual([]);
    expect(answers.length).toBeGreaterThan(60);
    expect((await browser.send('/api/users/self')).json()).toEqual(NEEDED);
    expect((await browser.send(FACTORS)).status).toBe(200);
  });

  it.each([
    ['its API token', ({ authorization }: TestAccount) => authorization],
    ['Basic', ({ basic }: TestAccount) => basic],
  ])('can do nothing with %s', async (_what, headersOf) => {
    const answers = await sweep(all, all, headersOf(account));
    expect(answers.filter((answer) => !/ 40[13]( second_factor_required)?$/.test(answer))).toEqual([]);
    expect(answers).toContain('users_retrieve_self 403 second_factor_required');
  });

  it('cannot set one up with its API token', async () => {
    const answer = await all.send(`${FACTORS}/totp`, { method: 'POST', headers: account.authorization });
    expect([answer.status, answer.json()]).toEqual([
      403,
      { detail: 'This needs a session: sign in with a browser.' },
    ]);
  });

  it('goes on with its personal access tokens, which are for programs', async () => {
    const key = 'needed01.n9F1KTezy5EiehTHELxM5NZJeXgv7qTQ';
    await insertAccessToken(all.db, {
      ownerId: account.id,
      key,
      readOnly: false,
      revoked: false,
      expires: null,
      created: new Date(all.clock.now()),
      lastUsed: null,
    });
    const headers = { Authorization: `Bearer ${key}` };
    expect((await all.send('/api/users/self', { headers })).status).toBe(200);
    // It is no way to a factor, and so to a session.
    expect((await all.send(`${FACTORS}/totp`, { method: 'POST', headers })).status).toBe(403);
  });

  it('can sign out, and set a password by mail, as everybody can', async () => {
    const browser = await enter(all, account);
    expect((await browser.send('/api/auth/logout', post({}))).status).toBe(200);
    expect((await browser.send(FACTORS)).status).toBe(401);
    expect((await all.send('/api/auth/password/reset', post({ email: account.email }))).status).toBe(200);
  });

  it('can do everything once it has set one up, and its API token from before has ended', async () => {
    const person = await all.register();
    const browser = await enter(all, person);
    const { username } = person;
    const secret = await secretOf(browser);
    expect((await browser.send('/api/users/self')).status).toBe(403);
    expect((await confirm(browser, '000000')).status).toBe(400);
    expect((await browser.send('/api/users/self')).status).toBe(403);
    expect((await confirm(browser, codeOf(secret))).status).toBe(200);
    expect(await whoIs(browser)).toMatchObject({ username });
    expect((await browser.send('/api/auth/access_tokens', post({ name: 'x' }))).status).toBe(201);
    expect((await all.send('/api/users/self', { headers: person.authorization })).status).toBe(401);
  });

  it('is free of the requirement in no session that registration opens', async () => {
    const browser = all.browser();
    const password = 'a long enough Sesame 1';
    const answer = await browser.send(
      '/api/auth/register',
      post({
        username: 'fresh-person',
        email: 'fresh-person@example.org',
        password1: password,
        password2: password,
      }),
    );
    expect(answer.status).toBe(201);
    expect((await browser.send('/api/users/self')).json()).toEqual(NEEDED);
  });
});

describe('With MFA_REQUIRED=admins', () => {
  const stand = async (account: TestAccount): Promise<number> =>
    (await admins.send('/api/users/self', { headers: account.authorization })).status;

  it.each([
    ['a superuser', { isSuperuser: true }],
    ['staff', { isStaff: true }],
  ])('%s needs a second factor', async (_what, fields) => {
    const account = await admins.register();
    expect(await stand(account)).toBe(200);
    await changeUser(admins.db, account.id, fields);
    expect(await stand(account)).toBe(403);
    expect((await logIn(admins, account)).status).toBe(400);
  });

  it('a member of the group admin needs one, and loses the need with the group', async () => {
    const account = await admins.register();
    await setGroups(admins.db, account.id, ['admin']);
    expect(await stand(account)).toBe(403);
    await setGroups(admins.db, account.id, ['user']);
    expect(await stand(account)).toBe(200);
  });

  it('everybody else goes on without', async () => {
    const account = await admins.register();
    expect((await logIn(admins, account)).status).toBe(200);
    expect(await stand(account)).toBe(200);
  });
});
