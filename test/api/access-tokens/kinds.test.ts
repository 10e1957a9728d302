import { beforeAll, describe, expect, it } from 'vitest';
import { HOUR } from '../../../src/kernel/clock.js';
import { useTestApp } from '../../support/app.js';
import { insertOrganization } from '../../support/organization-rows.js';
import { setGroups } from '../../support/rows.js';
import { takeSnapshot } from '../../support/tables.js';
import { buildWorld, SECRET_KEY } from '../docs/world.js';
import {
  ask,
  askerOf,
  asPerson,
  bindToken,
  effectOf,
  giveToken,
  idOf,
  type KindName,
  METHODS,
  pagesOf,
  SAFE,
  type Target,
  targetsOf,
} from './replay.js';

/** Kinds of tokens x routes x methods: the routes are those of the server, the requests those of its document. */

const LONG = 300_000;
const SETTINGS = {
  SECRET_KEY,
  EMAIL_BACKEND: 'console',
  LOGIN_FAILURES_PER_ADDRESS: 'none',
  LOGIN_FAILURES_PER_ACCOUNT: 'none',
  LOGIN_FAILURES_PER_ACCOUNT_AND_ADDRESS: 'none',
  MAIL_REQUESTS_PER_RECIPIENT: 'none',
  MAIL_REQUESTS_PER_CLIENT: 'none',
};

let targets: readonly Target[];
const app = useTestApp({ env: SETTINGS });
beforeAll(() => {
  targets = targetsOf(app);
});

const isPublic = ({ route, view }: Target) =>
  route === undefined ? view.isPublic : route.access.kind === 'public';
const isSafe = ({ method }: Target) => SAFE.has(method);
const isIgnored = ({ view }: Target) => view.accepted === 'none';
const takesTokens = ({ view }: Target) => view.accepted === 'all' || view.accepted.includes('access-token');
const isDecided = ({ route, method }: Target) => route?.access.kind === 'policy' && method !== 'OPTIONS';
/** Here is no identity provider, and no sign-in that has begun, so nobody gets further. */
const needsProvider = ({ view }: Target) =>
  /^\/api\/auth\/((social|oidc|sso)\/|login\/key\/options$)/.test(view.path);
/** A key answers in a session alone. */
const needsSession = ({ view }: Target) => /^\/api\/auth\/factors\/.*\/options$/.test(view.path);
/** What no token may change: accounts, tokens and sessions; passwords and addresses refuse it before. */
const isTaboo = ({ view }: Target) =>
  /^\/api\/(users|auth\/(access_tokens|api_token|factors|linked_accounts|sessions))\b/.test(view.path);

/** The tokens of one kind, made for their owners when they first need one. */
function tokensOf(
  kind: KindName,
  adapt: (token: { id: number; owner: string }) => Promise<unknown> = async () => 0,
) {
  const given = new Map<string, Record<string, string>>();
  return async (target: Target): Promise<Record<string, string>> => {
    const owner = askerOf(target);
    const known = given.get(owner);
    if (known !== undefined) return known;
    const { id, headers } = await giveToken(app, owner, kind);
    await adapt({ id, owner });
    given.set(owner, headers);
    return headers;
  };
}

type Expected = (target: Target) => number | Promise<number>;
interface Round {
  readonly headersOf: (target: Target) => Promise<Record<string, string>>;
  readonly expected: Expected;
  readonly context?: Readonly<Record<string, string>>;
}

/** Asks all of them in one world. @returns what is not as expected, so that a failure shows no table of hundreds of lines */
async function failuresOf(asked: readonly Target[], { headersOf, expected, context }: Round) {
  const failures: string[] = [];
  for (const target of asked) {
    const { status } = await ask(app, target, await headersOf(target), context);
    const right = await expected(target);
    if (status !== right) failures.push(`${target.name}: ${status} instead of ${right}`);
  }
  return failures;
}

/** The same, and nothing in the database may change. */
async function expectWithoutEffect(asked: readonly Target[], round: Round): Promise<void> {
  for (const target of asked) await round.headersOf(target);
  const before = await takeSnapshot(app.db);
  expect(await failuresOf(asked, round)).toEqual([]);
  expect(await takeSnapshot(app.db)).toEqual(before);
}

const anonymous = async (target: Target) => (await ask(app, target, {})).status;

it('the table has every address that the server mounts, and every method', () => {
  const own = new Set(targets.map(({ view }) => view.path));
  expect(own).toEqual(new Set(app.container.routes.map(({ path }) => path)));
  expect(targets).toHaveLength(own.size * METHODS.length);
  expect(pagesOf(app).map(({ path }) => path)).toEqual(expect.arrayContaining(['/readyz', '/api/schema']));
});

it('a token makes no difference to pages outside of the routes, and changes nothing there', {
  timeout: LONG,
}, async () => {
  await buildWorld(app);
  const tokens = [await giveToken(app, 'admin', 'read-only'), await giveToken(app, 'admin', 'read/write')];
  const before = await takeSnapshot(app.db);
  for (const { path, method } of pagesOf(app)) {
    const status = async (headers: Record<string, string>) =>
      (await app.send(path, { method, headers })).status;
    const expected = await status({});
    for (const { headers } of tokens)
      expect(`${method} ${path} ${await status(headers)}`).toBe(`${method} ${path} ${expected}`);
  }
  expect(await takeSnapshot(app.db)).toEqual(before);
});

describe.each<KindName>(['expired', 'revoked', 'stale', 'never used and stale', "of an inactive owner's"])(
  'a token that is %s',
  (kind) => {
    it('is 401 everywhere, on public routes too, and changes nothing', { timeout: LONG }, async () => {
      await buildWorld(app);
      const expected: Expected = (target) => (isIgnored(target) ? anonymous(target) : 401);
      await expectWithoutEffect(targets, { headersOf: tokensOf(kind), expected });
    });
  },
);

/** What a token gets that may read, and that may not write. */
const readerGets =
  (writing: number): Expected =>
  (target) => {
    if (isIgnored(target)) return anonymous(target);
    if (!takesTokens(target)) return 401;
    if (target.method === 'OPTIONS') return 200;
    if (target.route === undefined) return 405;
    if (needsSession(target)) return 403;
    return isSafe(target) ? 200 : writing;
  };

describe('a read-only token', () => {
  it('reads what its owner may read, and changes nothing on any route', { timeout: LONG }, async () => {
    await buildWorld(app);
    const asked = targets.filter((each) => isSafe(each) || !isPublic(each));
    const others = readerGets(403);
    const expected: Expected = (target) => (needsProvider(target) ? anonymous(target) : others(target));
    await expectWithoutEffect(asked, { headersOf: tokensOf('read-only'), expected });
  });

  it('brings about on public routes what nobody would', { timeout: LONG }, async () => {
    const effect = async (target: Target, isAnonymous: boolean) => {
      await buildWorld(app);
      // Mails to one address wait for one another.
      app.clock.advance(HOUR);
      const token = await giveToken(app, askerOf(target), 'read-only');
      const before = await takeSnapshot(app.db);
      const { status } = await ask(app, target, isAnonymous ? {} : token.headers);
      return { name: target.name, status, effect: effectOf(before, await takeSnapshot(app.db)) };
    };
    const asked = targets.filter((each) => !isSafe(each) && isPublic(each) && each.route !== undefined);
    const effects = [];
    for (const target of asked) {
      const alone = await effect(target, true);
      expect(await effect(target, false)).toEqual(alone);
      effects.push(...alone.effect);
    }
    expect(effects.map(({ table }) => table)).toContain('auth_server_outbox');
  });
});

/** Owners: the one of the example, who may, an administrator, and the one of the example without a role. */
const OWNERS = [
  { kind: 'who may', as: undefined, groups: undefined },
  { kind: 'an administrator', as: 'admin', groups: undefined },
  { kind: 'somebody in no group', as: undefined, groups: [] },
] as const;

describe.each(OWNERS)('a read/write token of $kind', ({ kind, as, groups }) => {
  const ofOwner = (target: Target): Target =>
    as === undefined ? target : { ...target, request: { ...target.request, as } };
  const world = async (target: Target) => {
    await buildWorld(app);
    if (groups !== undefined) await setGroups(app.db, await idOf(app, askerOf(target)), groups);
  };
  const losesGroups = async ({ owner }: { owner: string }) =>
    groups === undefined ? 0 : setGroups(app.db, await idOf(app, owner), groups);

  it('does what its owner may, but to accounts, tokens and sessions', { timeout: LONG }, async () => {
    const failures: string[] = [];
    for (const target of targets.map(ofOwner).filter((each) => isDecided(each) && !isSafe(each))) {
      await world(target);
      const owner = isTaboo(target) ? 403 : (await ask(app, target, await asPerson(app, target))).status;
      if (!isTaboo(target)) await world(target);
      const { headers } = await giveToken(app, askerOf(target), 'read/write');
      const before = await takeSnapshot(app.db);
      const { status } = await ask(app, target, headers);
      if (status !== owner) failures.push(`${target.name}: ${status} instead of ${owner}`);
      if (status === 403) expect(await takeSnapshot(app.db)).toEqual(before);
      else expect(status, target.name).toBeLessThan(kind === 'who may' ? 300 : 500);
    }
    expect(failures).toEqual([]);
  });

  it('reads what its owner may, and neither sees nor changes passwords and addresses', {
    timeout: LONG,
  }, async () => {
    await buildWorld(app);
    const asked = targets
      .map(ofOwner)
      .filter((each) => !isPublic(each) && (isSafe(each) || !takesTokens(each)));
    /** `self` is for tokens only, and the rules refuse it to who has no role. */
    const expected: Expected = async (target) => {
      if (groups === undefined || !isDecided(target)) return readerGets(403)(target);
      return target.view.accepted === 'all'
        ? (await ask(app, target, await asPerson(app, target))).status
        : 403;
    };
    await expectWithoutEffect(asked, { headersOf: tokensOf('read/write', losesGroups), expected });
  });
});

describe('a token that is bound to an organization', () => {
  const bound = () => tokensOf('read/write', ({ id }) => bindToken(app, id));
  const worldWithBeta = async () => {
    await buildWorld(app);
    // Requests that are limited count before they are refused.
    app.clock.advance(HOUR);
    for (const owner of ['admin', 'maria'])
      await insertOrganization(app.db, `beta-${owner}`, await idOf(app, owner));
  };
  const decided = () => targets.filter(isDecided);

  it.each([
    { org: 'beta-maria' },
    { org_id: '3' },
    { org: 'nowhere' },
    { org: 'acme', org_id: '1' },
    { org: '' },
    { org_id: '' },
    {},
  ])('is 403 for every decision in any other context: %j', { timeout: LONG }, async (context) => {
    await worldWithBeta();
    await expectWithoutEffect(decided(), { headersOf: bound(), expected: () => 403, context });
  });

  it('is 403 everywhere when its organization is gone', { timeout: LONG }, async () => {
    await worldWithBeta();
    const headersOf = bound();
    const asked = targets.filter((each) => isDecided(each) && !each.view.path.includes(':'));
    for (const target of asked) await headersOf(target);
    await app.send('/api/organizations/1', {
      method: 'DELETE',
      headers: { Authorization: `Token ${'2'.repeat(40)}` },
    });
    for (const context of [{}, { org: '' }, { org: 'beta-maria' }])
      await expectWithoutEffect(asked, { headersOf, expected: () => 403, context });
  });

  /** Their owner is no member, or it is not of the organization. */
  const isOutside = (target: Target) =>
    !['maria', 'pablo'].includes(askerOf(target)) ||
    target.name === 'POST /api/organizations' ||
    target.view.path === '/api/auth/access_tokens/:id';

  it('is good in it for what its owner may do there', { timeout: LONG }, async () => {
    const context = { org: 'acme' };
    const failures: string[] = [];
    for (const target of decided().filter((each) => !isTaboo(each) && !isSafe(each))) {
      await worldWithBeta();
      const owner = await ask(app, target, await asPerson(app, target), context);
      await worldWithBeta();
      const expected = () => (isOutside(target) ? 403 : owner.status);
      failures.push(...(await failuresOf([target], { headersOf: bound(), expected, context })));
    }
    await worldWithBeta();
    const reading = decided().filter(isSafe);
    const whatOwnerGets: Expected = async (target) => {
      if (isOutside(target)) return 403;
      return target.view.accepted === 'all'
        ? (await ask(app, target, await asPerson(app, target), context)).status
        : 200;
    };
    failures.push(...(await failuresOf(reading, { headersOf: bound(), expected: whatOwnerGets, context })));
    const forbidden = decided().filter((each) => isTaboo(each) && !isSafe(each));
    failures.push(...(await failuresOf(forbidden, { headersOf: bound(), expected: () => 403, context })));
    expect(failures).toEqual([]);
  });

  it('leaves the API token of its owner alone when it logs out', async () => {
    await buildWorld(app);
    const { id, headers } = await giveToken(app, 'maria', 'read/write');
    await bindToken(app, id);
    expect((await app.send('/api/auth/logout', { method: 'POST', headers })).status).toBe(200);
    const owner = { Authorization: `Token ${'2'.repeat(40)}` };
    expect((await app.send('/api/users/self', { headers: owner })).status).toBe(200);
  });
});
