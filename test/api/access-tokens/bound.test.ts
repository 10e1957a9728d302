import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EXPIRED_KEY } from '../../../src/features/api-docs/examples/people.js';
import { createTestApp, type TestApp, useTestApp } from '../../support/app.js';
import {
  insertMembership,
  insertTransfer,
  removeMember,
  setOwnerOnly,
  suspendMember,
} from '../../support/organization-rows.js';
import { changeUser, insertAccessToken, setAccessTokenName } from '../../support/rows.js';
import { takeSnapshot } from '../../support/tables.js';
import { buildWorld, SECRET_KEY } from '../docs/world.js';
import { ask, bindToken, giveToken, idOf, METHODS, SAFE, type Target, targetsOf } from './replay.js';

/**
 * A token that is bound to acme, and globex, of which its owner is a member too: on no route does it reach what is not
 * acme's. The routes are those of the server; a new one with parameters has to say here what it would name in globex.
 */

const LONG = 300_000;
const ACME = { org: 'acme' };
const SETTINGS = { SECRET_KEY, EMAIL_BACKEND: 'console', MAIL_REQUESTS_PER_RECIPIENT: 'none' };
/** Names that only globex, its people and tokens that are not bound to acme have. */
const OF_OTHERS = ['globex', 'zoe', 'elsewhere', EXPIRED_KEY];

let targets: readonly Target[];
/** What the parameters of a path name in globex. */
let inGlobex: Readonly<Record<string, string | number>>;
let headers: Record<string, string>;
const app = useTestApp({ env: SETTINGS });
beforeAll(() => {
  targets = targetsOf(app).filter(
    ({ route, method }) => route?.access.kind === 'policy' && method !== 'OPTIONS',
  );
});

const isSafe = ({ method }: Target) => SAFE.has(method);
const parameterOf = ({ view }: Target) => /^(.*?\/):(\w+)/.exec(view.path);

/** @param username `pablo` works for acme and maintains globex; `admin` works for acme and owns globex */
async function prepare(username: 'pablo' | 'admin'): Promise<void> {
  await buildWorld(app);
  await changeUser(app.db, await idOf(app, 'diego'), { username: 'zoe', firstName: 'zoe' });
  const [owner, zoe] = [await idOf(app, username), await idOf(app, 'zoe')];
  const membership = await insertMembership(app.db, { organizationId: 2, userId: zoe, role: 'worker' });
  await (username === 'admin'
    ? insertMembership(app.db, { organizationId: 1, userId: owner, role: 'worker' })
    : insertMembership(app.db, { organizationId: 2, userId: owner, role: 'maintainer' }));
  const unbound = await insertAccessToken(app.db, { ownerId: owner, key: `elsewher.${'e'.repeat(32)}` });
  const bound = await insertAccessToken(app.db, { ownerId: owner, key: `elsewhe2.${'e'.repeat(32)}` });
  await bindToken(app, bound, 2);
  await setAccessTokenName(app.db, [unbound, bound], 'elsewhere');
  await insertTransfer(app.db, { organizationId: 2, ownerId: 1, successorId: zoe });
  inGlobex = {
    '/api/users/': zoe,
    '/api/organizations/': 2,
    '/api/memberships/': membership,
    '/api/invitations/': EXPIRED_KEY,
    '/api/auth/access_tokens/': username === 'admin' ? unbound : bound,
    // Sessions are in no organization: a personal access token ends none.
    '/api/auth/sessions/': '0'.repeat(32),
    '/api/auth/linked_accounts/': 2_000_000_000,
    '/api/auth/factors/webauthn/': 2_000_000_000,
  };
  const token = await giveToken(app, username, 'read/write');
  await bindToken(app, token.id);
  headers = token.headers;
}

/** The same request about what is in globex; undefined where the path names nothing. */
function abroad(target: Target): Target | undefined {
  const [, collection = '', name = ''] = parameterOf(target) ?? [];
  if (name === '') return undefined;
  const value = inGlobex[collection];
  if (value === undefined) throw new Error(`What is ${target.view.path} in another organization?`);
  return { ...target, request: { ...target.request, path: { ...target.request.path, [name]: value } } };
}

const leave = (userId: number) => removeMember(app.db, 1, userId);
const suspend = (userId: number) => suspendMember(app.db, 1, userId);

const page = (text: string) => (JSON.parse(text) as { results: Record<string, unknown>[] }).results;
const get = async (path: string) => app.send(path, { headers });
const namesIn = async (path: string, name: string) =>
  page((await get(path)).text)
    .map((row) => row[name])
    .toSorted();

describe.each(['pablo', 'admin'] as const)('a token of %s that is bound to acme', (username) => {
  beforeEach(() => prepare(username));

  it('lists no row of anything else, on any route that reads', { timeout: LONG }, async () => {
    const failures: string[] = [];
    for (const target of targets.filter(isSafe)) {
      const { status, text } = await ask(app, target, headers, { ...ACME, page_size: 'all' });
      if (target.view.path.includes('/transfer')) continue;
      const found = OF_OTHERS.filter((name) => text.includes(name));
      if (found.length > 0) failures.push(`${target.name}: ${status} tells of ${found.join(', ')}`);
    }
    expect(failures).toEqual([]);
  });

  it('lists what is of acme', async () => {
    expect(await namesIn('/api/organizations?org=acme', 'slug')).toEqual(['acme']);
    expect(await namesIn('/api/users?org_id=1', 'username')).toEqual(
      ['carla', 'maria', 'pablo', ...(username === 'admin' ? ['admin'] : [])].toSorted(),
    );
    expect(new Set(await namesIn('/api/memberships?org=acme', 'organization'))).toEqual(new Set([1]));
    expect(new Set(await namesIn('/api/invitations?org=acme', 'organization'))).toEqual(new Set([1]));
    expect(new Set(await namesIn('/api/auth/access_tokens?org=acme', 'organization'))).toEqual(new Set([1]));
    expect((await get('/api/users/self?org=acme')).json()).toMatchObject({ username });
    const self = (await get('/api/auth/access_tokens/self?org=acme')).json() as { id: number };
    expect(self).toMatchObject({ organization: 1 });
    expect((await get(`/api/auth/access_tokens/${self.id}?org=acme`)).json()).toEqual(self);
  });

  it('neither sees nor touches anything of globex: missing or refused, as it is to strangers', {
    timeout: LONG,
  }, async () => {
    const before = await takeSnapshot(app.db);
    const failures: string[] = [];
    for (const target of targets) {
      const foreign = abroad(target);
      if (foreign === undefined) continue;
      const { status, text } = await ask(app, foreign, headers, ACME);
      const right = /^\/api\/(organizations|invitations)/.test(target.view.path) ? 404 : 403;
      if (status !== right || OF_OTHERS.some((name) => text.includes(name)))
        failures.push(`${target.name}: ${status} instead of ${right}`);
    }
    expect(failures).toEqual([]);
    expect(await takeSnapshot(app.db)).toEqual(before);
  });

  it('makes nothing that would be outside of acme', async () => {
    const before = await takeSnapshot(app.db);
    const post = (path: string, body: object) =>
      app.send(`${path}?org=acme`, { method: 'POST', headers, body });
    for (const [path, body] of [
      ['/api/organizations', { slug: 'own' }],
      ['/api/users', { username: 'newcomer', email: 'newcomer@example.org' }],
      ['/api/auth/access_tokens', { name: 'unbound' }],
      ['/api/auth/access_tokens', { name: 'bound', organization: 1 }],
    ] as const)
      expect([path, (await post(path, body)).status]).toEqual([path, 403]);
    expect(await takeSnapshot(app.db)).toEqual(before);
  });

  it.each([
    ['is removed', leave],
    ['is no active member', suspend],
  ])('is 403 on every route as soon as its owner %s', { timeout: LONG }, async (_how, end) => {
    await end(await idOf(app, username));
    const before = await takeSnapshot(app.db);
    const failures: string[] = [];
    for (const target of targets)
      for (const each of [target, abroad(target), missing(target)])
        for (const context of [ACME, { org: 'globex' }]) {
          if (each === undefined) continue;
          const { status } = await ask(app, each, headers, context);
          if (status !== 403) failures.push(`${target.name} ${JSON.stringify(context)}: ${status}`);
        }
    expect(failures).toEqual([]);
    expect(await takeSnapshot(app.db)).toEqual(before);
  });

  it('is as anybody to what is public', async () => {
    await leave(await idOf(app, username));
    expect((await get('/api/server/about')).status).toBe(200);
    expect((await get('/api/auth/rules')).status).toBe(200);
    expect((await get('/api/schema')).status).toBe(200);
    expect((await app.send('/api/auth/logout', { method: 'POST', headers })).status).toBe(200);
  });
});

/** The same request about what is not there; undefined where the path names nothing. */
function missing(target: Target): Target | undefined {
  const [, , name = ''] = parameterOf(target) ?? [];
  const value = name === 'key' ? 'm'.repeat(64) : 2_000_000_000;
  return name === ''
    ? undefined
    : { ...target, request: { ...target.request, path: { ...target.request.path, [name]: value } } };
}

it('every method of every route is asked, but for what nothing is decided about', () => {
  const asked = new Set(targets.map(({ view }) => view.path));
  const others = app.container.routes.filter(({ path }) => !asked.has(path));
  expect(new Set(others.map(({ access }) => access.kind))).not.toContain('policy');
  expect(targets.length).toBeGreaterThan(asked.size);
  expect(METHODS).toContain('PATCH');
});

describe('who owns an organization by its record alone, as a database of CVAT may have it', () => {
  it('neither binds a token to it nor uses one', async () => {
    await prepare('pablo');
    await setOwnerOnly(app.db, 1, await idOf(app, 'pablo'));

    expect((await get('/api/organizations?org=acme')).status).toBe(200);
    await leave(await idOf(app, 'pablo'));
    const owner = { Authorization: `Token ${'3'.repeat(40)}` };
    expect((await app.send('/api/organizations/1?org=acme', { headers: owner })).status).toBe(200);
    const answer = await app.send('/api/auth/access_tokens', {
      method: 'POST',
      headers: owner,
      body: { name: 'a', organization: 1 },
    });
    expect([answer.status, answer.json()]).toEqual([
      400,
      { organization: ['Invalid pk "1" - object does not exist.'] },
    ]);
    expect((await get('/api/organizations?org=acme')).status).toBe(403);
  });
});

describe('where the documentation is not public', () => {
  let closed: TestApp;
  beforeEach(async () => {
    closed = await createTestApp({ env: { ...SETTINGS, API_DOCS_PUBLIC: 'false' } });
  });
  afterEach(() => closed.close());

  it('it is for a bound token in its organization', async () => {
    await buildWorld(closed);
    const { id, headers: own } = await giveToken(closed, 'maria', 'read/write');
    await bindToken(closed, id);
    for (const path of ['/api/schema', '/api/docs', '/api/redoc']) {
      const status = async (context: string) => (await closed.send(path + context, { headers: own })).status;
      expect([path, await status('?org=acme')]).toEqual([path, 200]);
      for (const context of ['', '?org=', '?org=globex', '?org=nowhere'])
        expect([path + context, await status(context)]).toEqual([path + context, 403]);
    }
  });
});
