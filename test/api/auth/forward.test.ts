import { beforeAll, describe, expect, it } from 'vitest';
import { type TestAccount, useTestApp } from '../../support/app.js';
import type { Browser } from '../../support/http.js';
import { insertOrganization } from '../../support/organization-rows.js';
import { bindAccessToken, changeUser, insertAccessToken, readUser, setActive } from '../../support/rows.js';
import { sessionActions } from '../../support/session-actions.js';
import { eventsOf } from '../../support/sign-on.js';

/** What a reverse proxy is told about the requests of others. Real proxies are in test/clients/forward-auth.test.ts. */

const HOST = 'cvat.example.org';
const PUBLIC_URL = `https://${HOST}`;
const app = useTestApp({ env: { PUBLIC_URL, FORWARD_AUTH_HOSTS: `${HOST}, .tools.example.org` } });
const closed = useTestApp({ env: { PUBLIC_URL } });
const far = useTestApp({ env: { PUBLIC_URL, FORWARD_AUTH_HOSTS: HOST, TRUSTED_PROXIES: '192.0.2.1' } });
const strict = useTestApp({ env: { PUBLIC_URL, FORWARD_AUTH_HOSTS: HOST, MFA_REQUIRED: 'all' } });
const { signIn } = sessionActions(app);

type Headers = Readonly<Record<string, string>>;
type Sender = Pick<Browser, 'send'>;

const FORWARDED: Headers = {
  'X-Forwarded-Host': HOST,
  'X-Forwarded-Proto': 'https',
  'X-Forwarded-Method': 'GET',
  'X-Forwarded-Uri': '/reports/?a=1&b=2',
};
const PAGE: Headers = { Accept: 'text/html,application/xhtml+xml' };
const HERE: Headers = { Origin: PUBLIC_URL };

const ask = (by: Sender, headers: Headers = {}, query = '') =>
  by.send(`/api/auth/forward${query}`, { headers: { ...FORWARDED, ...headers } });

let person: TestAccount;
let browser: Browser;
let personId: number;
beforeAll(async () => {
  person = await app.register('fiona');
  personId = (await readUser(app.db, 'fiona')).id;
  browser = await signIn(person);
});

let counter = 0;
async function accessToken(more: { readonly readOnly?: boolean; readonly boundTo?: number } = {}) {
  counter += 1;
  const key = `fwd${String(counter).padStart(5, '0')}.n9F1KTezy5EiehTHELxM5NZJeXgv7qTQ`;
  const id = await insertAccessToken(app.db, {
    ownerId: personId,
    key,
    readOnly: more.readOnly ?? false,
    revoked: false,
    expires: null,
    created: new Date(app.clock.now()),
    lastUsed: null,
  });
  if (more.boundTo !== undefined) await bindAccessToken(app.db, id, more.boundTo);
  return { Authorization: `Bearer ${key}` };
}

describe('A request that a proxy asks about passes', () => {
  it.each([
    ['an API token', async () => person.authorization],
    ['a password', async () => person.basic],
    ['a personal access token', () => accessToken()],
    ['a session', async () => ({ Cookie: `sessionid=${browser.jar.get('sessionid')}` })],
  ])('with %s, and the answer says who sends it', async (_what, headersOf) => {
    const answer = await ask(app, await headersOf());
    expect([answer.status, answer.text]).toEqual([200, '']);
    expect(answer.headers).toMatchObject({
      'remote-user': 'fiona',
      'remote-email': person.email,
      'remote-name': '',
      'remote-groups': 'user',
      'x-auth-request-user': 'fiona',
      'x-auth-request-email': person.email,
      'x-auth-request-groups': 'user',
      'x-auth-request-preferred-username': 'fiona',
      'cache-control': 'no-store',
    });
    expect(answer.headers).not.toHaveProperty('authorization');
  });

  it('with names in any script, as UTF-8, and without what could end a header', async () => {
    const account = await app.register('weiwei');
    const { id } = await readUser(app.db, 'weiwei');
    await changeUser(app.db, id, { firstName: '伟\r\nRemote-Groups: admin' });
    const { headers, status } = await ask(app, account.authorization);
    expect(status).toBe(200);
    expect(Buffer.from(String(headers['remote-name']), 'latin1').toString('utf8')).toBe(
      '伟  Remote-Groups: admin',
    );
    expect(headers['remote-groups']).toBe('user');
  });

  it('for a host below a domain that is configured', async () => {
    const headers = { ...person.authorization, 'X-Forwarded-Host': 'grafana.tools.example.org:8443' };
    expect((await ask(app, headers)).status).toBe(200);
  });

  it('by HEAD too, as some proxies ask', async () => {
    const headers = { ...FORWARDED, ...person.authorization };
    const answer = await app.send('/api/auth/forward', { method: 'HEAD', headers });
    expect([answer.status, answer.headers['remote-user']]).toEqual([200, 'fiona']);
  });
});

describe('A token for what stands behind', () => {
  it('is the API token, for a session and for a password', async () => {
    for (const headers of [{ Cookie: `sessionid=${browser.jar.get('sessionid')}` }, person.basic]) {
      const { authorization } = (await ask(app, headers, '?token=true')).headers;
      const self = await app.send('/api/users/self', { headers: { Authorization: String(authorization) } });
      expect([authorization?.split(' ')[0], self.json()]).toEqual([
        'Token',
        expect.objectContaining({ username: 'fiona' }),
      ]);
    }
  });

  it('is made where there was none, once', async () => {
    const account = await app.register();
    const own = await signIn(account);
    const Cookie = `sessionid=${own.jar.get('sessionid')}`;
    await own.send('/api/auth/api_token', { method: 'DELETE' });
    const answers = await Promise.all([1, 2, 3].map(() => ask(app, { Cookie }, '?token=true')));
    const tokens = new Set(answers.map(({ headers }) => headers.authorization));
    expect([answers.map(({ status }) => status), tokens.size]).toEqual([[200, 200, 200], 1]);
  });

  it('is the one that the request came with, so that it is worth no more', async () => {
    const headers = await accessToken({ readOnly: true });
    expect((await ask(app, headers, '?token=true')).headers.authorization).toBe(headers.Authorization);
  });
});

describe('A request that a proxy asks about is refused', () => {
  it('without credentials, and where a browser shows the answer it is led to the page to sign in', async () => {
    const plain = await ask(app);
    expect([plain.status, plain.headers.location, plain.headers['www-authenticate']]).toEqual([
      401,
      undefined,
      'Token',
    ]);
    const location = `${PUBLIC_URL}/account/sign-in?next=${encodeURIComponent('/reports/?a=1&b=2')}`;
    const shown = await ask(app, PAGE);
    expect([shown.status, shown.headers.location]).toEqual([401, location]);
    const led = await ask(app, PAGE, '?redirect=true');
    expect([led.status, led.headers.location]).toEqual([302, location]);
  });

  it.each([
    ['it is unsafe', { 'X-Forwarded-Method': 'POST' }],
    ['it is for another host, which has no cookies', { 'X-Forwarded-Host': 'grafana.tools.example.org' }],
    ['it came over http, where the cookies are not sent', { 'X-Forwarded-Proto': 'http' }],
    ['it is made by a program', { Accept: 'application/json' }],
  ])('and leads nobody if %s', async (_what, headers) => {
    const answer = await ask(app, { ...PAGE, ...headers }, '?redirect=true');
    expect([answer.status, answer.headers.location]).toEqual([401, undefined]);
  });

  it.each([
    ['//evil.example.com/', 400],
    ['/\\evil.example.com/', 400],
    ['https://evil.example.com/', 400],
    ['', 400],
    ['/a b', 400],
  ])('and leads to no other site: %s', async (uri, status) => {
    const answer = await ask(app, { ...PAGE, 'X-Forwarded-Uri': uri }, '?redirect=true');
    expect([answer.status, answer.headers.location]).toEqual([status, undefined]);
  });

  it.each([
    ['an unknown token', { Authorization: `Token ${'0'.repeat(40)}` }],
    ['a wrong password', { Authorization: `Basic ${Buffer.from('fiona:wrong').toString('base64')}` }],
    ['two credentials at odds', { Authorization: 'Bearer nonsense' }],
  ])('with %s', async (_what, headers) => {
    const answer = await ask(app, headers);
    expect([answer.status, answer.headers['remote-user']]).toEqual([401, undefined]);
  });

  it('with a session whose account was shut meanwhile', async () => {
    const account = await app.register();
    const own = await signIn(account);
    const Cookie = `sessionid=${own.jar.get('sessionid')}`;
    expect((await ask(app, { Cookie })).status).toBe(200);
    await setActive(app.db, (await readUser(app.db, account.username)).id, false);
    expect((await ask(app, { Cookie })).status).toBe(401);
  });

  it('with a token that is bound to an organization, or that may only read', async () => {
    const boundTo = await insertOrganization(app.db, 'bound', personId);
    expect((await ask(app, await accessToken({ boundTo }))).status).toBe(403);
    const reading = await accessToken({ readOnly: true });
    expect((await ask(app, reading)).status).toBe(200);
    expect((await ask(app, { ...reading, 'X-Forwarded-Method': 'DELETE' })).status).toBe(403);
  });

  it('for an account that has to set up a second factor first', async () => {
    const account = await strict.register();
    const headers = { ...account.authorization, ...PAGE };
    const refused = await ask(strict, headers);
    expect([refused.status, refused.json()]).toMatchObject([403, { code: 'second_factor_required' }]);
    const led = await ask(strict, headers, '?redirect=true');
    expect([led.status, led.headers.location]).toEqual([
      302,
      `${PUBLIC_URL}/account/security/enrol?next=${encodeURIComponent('/reports/?a=1&b=2')}`,
    ]);
  });
});

describe('An unsafe request in a session', () => {
  const unsafe = (headers: Headers) => {
    const Cookie = `sessionid=${browser.jar.get('sessionid')}`;
    return ask(app, { Cookie, 'X-Forwarded-Method': 'POST', ...headers });
  };

  it.each([
    ['Origin', HERE],
    ['Referer', { Referer: `${PUBLIC_URL}/reports/new` }],
  ])('passes if %s says that a page of the same host sent it', async (_what, headers) => {
    expect((await unsafe(headers)).status).toBe(200);
  });

  it.each([
    ['another site sent it', { Origin: 'https://evil.example.com' }],
    ['a page without an origin sent it', { Origin: 'null' }],
    ['its Referer is of another site', { Referer: 'https://evil.example.com/' }],
    ['its Origin is of this host over http', { Origin: `http://${HOST}` }],
    ['nothing says whose page sent it', {}],
    [
      'Origin is of another site and Referer of this one',
      { Origin: 'https://evil.example.com', Referer: `${PUBLIC_URL}/` },
    ],
  ])('is refused if %s', async (_what, headers) => {
    const before = eventsOf(app, 'csrf.refused').length;
    const answer = await unsafe(headers);
    expect([answer.status, answer.json()]).toEqual([
      403,
      { detail: expect.stringMatching(/^CSRF Failed: /) },
    ]);
    expect(eventsOf(app, 'csrf.refused')).toHaveLength(before + 1);
  });

  it('needs no such thing with a token, which no other site can send', async () => {
    const answer = await ask(app, { ...person.authorization, 'X-Forwarded-Method': 'POST' });
    expect(answer.status).toBe(200);
  });
});

describe('Nothing is told', () => {
  it('to a peer that is no trusted proxy, whatever it says', async () => {
    const account = await far.register();
    const answer = await far.send('/api/auth/forward', {
      headers: { ...FORWARDED, ...account.authorization },
    });
    expect([answer.status, answer.headers['remote-user']]).toEqual([403, undefined]);
  });

  it.each([
    ['for a host that is not configured', { 'X-Forwarded-Host': 'evil.example.com' }, 403],
    ['for a host whose name only ends like one', { 'X-Forwarded-Host': 'eviltools.example.org' }, 403],
    ['for several hosts', { 'X-Forwarded-Host': `${HOST}, evil.example.com` }, 403],
    ['without a method', { 'X-Forwarded-Method': '' }, 400],
    ['for what is no method', { 'X-Forwarded-Method': 'get' }, 400],
  ])('%s', async (_what, headers, status) => {
    const answer = await ask(app, { ...person.authorization, ...headers });
    expect([answer.status, answer.headers['remote-user']]).toEqual([status, undefined]);
  });

  it('without X-Forwarded-Host, which a proxy that asks about a request always sends', async () => {
    const { 'X-Forwarded-Host': _host, ...headers } = FORWARDED;
    expect(
      (await app.send('/api/auth/forward', { headers: { ...headers, ...person.authorization } })).status,
    ).toBe(403);
  });

  it('by a server for which no host is configured', async () => {
    expect((await ask(closed)).status).toBe(404);
  });

  it('to a rule that has no name, or that nobody has written', async () => {
    expect((await ask(app, person.authorization, '?rule=../users/allow')).status).toBe(400);
    const unknown = await ask(app, person.authorization, '?rule=reports');
    expect([unknown.status, unknown.json()]).toMatchObject([503, { code: 'opa_undefined' }]);
  });
});
