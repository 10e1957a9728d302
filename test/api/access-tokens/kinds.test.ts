import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../support/app.js';
import { insertOrganization } from '../../support/rows.js';
import { buildWorld, SECRET_KEY } from '../docs/world.js';
import {
  ask,
  askerOf,
  asPerson,
  bindToken,
  giveToken,
  idOf,
  type KindName,
  SAFE,
  type Snapshot,
  type Target,
  takeSnapshot,
  targetsOf,
} from './replay.js';

/** Kinds of tokens x routes x methods: the routes are those of the container, the requests those of the document. */

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

let app: TestApp;
let targets: readonly Target[];
beforeAll(async () => {
  app = await createTestApp({ env: SETTINGS });
  targets = targetsOf(app);
});
afterAll(() => app.close());

const isPublic = ({ route }: Target) => route?.access.kind === 'public';
const isSafe = ({ method }: Target) => SAFE.has(method);
const isIgnored = ({ view }: Target) => view.ways === 'none';
const takesTokens = ({ view }: Target) => view.ways === 'all' || view.ways.includes('access-token');
const isDecided = (target: Target) => target.route?.access.kind === 'policy';
/** What no token may change: accounts and personal access tokens; passwords and addresses refuse it before. */
const isTaboo = ({ view }: Target) => /^\/api\/(users|auth\/access_tokens)\b/.test(view.path);

/** The tokens of one kind, made for their owners when they first need one. */
function tokensOf(kind: KindName) {
  const given = new Map<string, Record<string, string>>();
  return async (target: Target): Promise<Record<string, string>> => {
    const owner = askerOf(target);
    const headers = given.get(owner) ?? (await giveToken(app, owner, kind)).headers;
    given.set(owner, headers);
    return headers;
  };
}

/** Only what is not as it should be, so that a failure shows no table of hundreds of lines. */
const wrong = (target: Target, status: number, expected: number): readonly string[] =>
  status === expected ? [] : [`${target.name}: ${status} instead of ${expected}`];

const anonymous = async (target: Target) => (await ask(app, target, {})).status;

describe.each<KindName>(['expired', 'revoked', 'stale', 'never used and stale', "of an inactive owner's"])(
  'a token that is %s',
  (kind) => {
    it('is 401 everywhere, on public routes too, and changes nothing', { timeout: LONG }, async () => {
      await buildWorld(app);
      const headers = tokensOf(kind);
      for (const target of targets) await headers(target);
      const before = await takeSnapshot(app);
      const failures: string[] = [];
      for (const target of targets) {
        const { status } = await ask(app, target, await headers(target));
        failures.push(...wrong(target, status, isIgnored(target) ? await anonymous(target) : 401));
      }
      expect(failures).toEqual([]);
      expect(await takeSnapshot(app)).toEqual(before);
    });
  },
);

describe('a read-only token', () => {
  const expectedOf = async (target: Target): Promise<number> => {
    if (isIgnored(target)) return anonymous(target);
    if (!takesTokens(target)) return 401;
    if (target.method === 'OPTIONS') return 200;
    if (target.route === undefined) return 405;
    return isSafe(target) ? 200 : 403;
  };

  it('reads what its owner may read, and changes nothing on any route', { timeout: LONG }, async () => {
    await buildWorld(app);
    const headers = tokensOf('read-only');
    for (const target of targets) await headers(target);
    const before = await takeSnapshot(app);
    const failures: string[] = [];
    for (const target of targets.filter((each) => isSafe(each) || !isPublic(each))) {
      const { status } = await ask(app, target, await headers(target));
      failures.push(...wrong(target, status, await expectedOf(target)));
    }
    expect(failures).toEqual([]);
    expect(await takeSnapshot(app)).toEqual(before);
  });

  /** How many rows each table lost and gained. */
  const effectOf = (before: Snapshot, after: Snapshot) =>
    [...after].flatMap(([table, rows]) => {
      const earlier = before.get(table) ?? [];
      const lost = earlier.filter((row) => !rows.includes(row)).length;
      const gained = rows.filter((row) => !earlier.includes(row)).length;
      return lost + gained === 0 ? [] : [{ table, lost, gained }];
    });

  it('brings about on public routes what nobody would', { timeout: LONG }, async () => {
    const effect = async (target: Target, kind: KindName | null) => {
      await buildWorld(app);
      const token = await giveToken(app, askerOf(target), 'read-only');
      const before = await takeSnapshot(app);
      const { status } = await ask(app, target, kind === null ? {} : token.headers);
      return { name: target.name, status, effect: effectOf(before, await takeSnapshot(app)) };
    };
    for (const target of targets.filter((each) => !isSafe(each) && isPublic(each))) {
      expect(await effect(target, 'read-only')).toEqual(await effect(target, null));
    }
  });
});

describe('a read/write token', () => {
  it('does what its owner may, but to accounts and tokens', { timeout: LONG }, async () => {
    const failures: string[] = [];
    for (const target of targets.filter((each) => isDecided(each) && !isSafe(each))) {
      await buildWorld(app);
      const owner = await ask(app, target, await asPerson(app, target));
      failures.push(...(owner.status < 300 ? [] : [`${target.name}: ${owner.status} to the owner`]));
      await buildWorld(app);
      const { headers } = await giveToken(app, askerOf(target), 'read/write');
      const before = await takeSnapshot(app);
      const { status } = await ask(app, target, headers);
      failures.push(...wrong(target, status, isTaboo(target) ? 403 : owner.status));
      if (status === 403) expect(await takeSnapshot(app)).toEqual(before);
    }
    expect(failures).toEqual([]);
  });

  it('reads, and neither sees nor changes passwords and addresses', { timeout: LONG }, async () => {
    await buildWorld(app);
    const headers = tokensOf('read/write');
    for (const target of targets) await headers(target);
    const before = await takeSnapshot(app);
    const failures: string[] = [];
    for (const target of targets.filter((each) => !isPublic(each) && (isSafe(each) || !takesTokens(each)))) {
      const isRead = takesTokens(target) && (target.route !== undefined || target.method === 'OPTIONS');
      const expected = isRead ? 200 : takesTokens(target) ? 405 : 401;
      const { status } = await ask(app, target, await headers(target));
      failures.push(...wrong(target, status, expected));
    }
    expect(failures).toEqual([]);
    expect(await takeSnapshot(app)).toEqual(before);
  });
});

describe('a token that is bound to an organization', () => {
  const CONTEXTS: readonly Readonly<Record<string, string>>[] = [
    { org: 'acme' },
    { org: 'beta' },
    { org: '' },
  ];

  const worldWithBeta = async (target: Target) => {
    await buildWorld(app);
    await insertOrganization(app.db, 'beta', await idOf(app, askerOf(target)));
  };

  /** Objects of an organization are decided upon in it, whatever context the request names. */
  const isInside = ({ view, route }: Target, { org }: Readonly<Record<string, string>>) =>
    org === 'acme' ||
    (route?.load !== undefined && /^\/api\/(organizations|memberships|invitations)\//.test(view.path));

  it.each(CONTEXTS)('is good for decisions in it only: with %j', { timeout: LONG }, async (context) => {
    const failures: string[] = [];
    for (const target of targets.filter((each) => isDecided(each) && each.method !== 'HEAD')) {
      await worldWithBeta(target);
      const owner = await ask(app, target, await asPerson(app, target), context);
      await worldWithBeta(target);
      const { id, headers } = await giveToken(app, askerOf(target), 'read/write');
      await bindToken(app, id);
      const { status } = await ask(app, target, headers, context);
      const mayDo = isInside(target, context) && (isSafe(target) || !isTaboo(target));
      const same = owner.status === 401 ? 200 : owner.status;
      failures.push(...wrong(target, status, mayDo || owner.status === 404 ? same : 403));
    }
    expect(failures).toEqual([]);
  });
});
